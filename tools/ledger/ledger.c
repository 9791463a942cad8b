// tapgrade ledger: what persons do with the ledger (台账, art. 25). A run reads and writes the same
// file meanwhile; rows that are put in here it notices within a second.
#include "tools/ledger/ledger.h"

#include "config/clock.h"
#include "config/log.h"

#include "detectors/json.h"

#include "tools/commands.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int (*main)(int argc, char **argv);
    const char *arguments, *description;
} commands[] = {
    {"list", ledger_list_main, "", "one line an incident, and one a fact"},
    {"show", ledger_show_main, "ID", "all that is recorded of an incident or a fact, JSON lines"},
    {"duties", ledger_duties_main, "[ID]", "what is due, by when, and how far it is"},
    {"draft", ledger_draft_main, "ID", "the machine's newest draft of a report"},
    {"register", ledger_register_main, "", "the register of art. 25: table, CSV or TSV"},
    {"fact", ledger_fact_main, "KIND", "enter what traffic cannot show: a leak, a notice, 舆情"},
    {"acknowledge", ledger_move_main, "ID", "a person has seen it"},
    {"decide", ledger_move_main, "ID yes|no", "report a provisional brief, or not (不报告依据)"},
    {"fill", ledger_move_main, "ID ITEM TEXT", "an item of a report that only a person knows"},
    {"sent", ledger_move_main, "ID DUTY", "a report went out: how, and to whom"},
    {"received", ledger_move_main, "ID DUTY", "the authority has it: 接报联系人"},
    {"correct", ledger_move_main, "ID DUTY WHAT", "`sent` or `received` was entered wrongly"},
    {"stage", ledger_move_main, "ID", "阶段性成果: a progress report at once"},
    {"problem", ledger_move_main, "ID", "新的重大问题: a progress report at once"},
    {"end", ledger_move_main, "ID", "处置结束"},
    {"promise", ledger_move_main, "ID DATE", "the day on which the summary will be there"},
    {"returned", ledger_move_main, "ID", "the summary came back with formal comments"},
    {"regrade", ledger_move_main, "ID GRADE", "a person's grade: the only way down"},
    {"group", ledger_move_main, "ID confirm|split", "it belongs to its group, or does not"},
    {"false-alarm", ledger_move_main, "ID", "it was none"},
    {"out-of-scope", ledger_move_main, "ID", "it is not one of the PBOC's domain"},
    {"personal-information", ledger_move_main, "ID yes|no", "个人信息 is involved (art. 20)"},
    {"crime", ledger_move_main, "ID", "a crime is suspected (art. 4)"},
    {"risk-notice", ledger_move_main, "DATE", "the PBOC warned, and asks for an answer by then"},
    {"close", ledger_move_main, "ID", "nothing more is due"},
    {"export", ledger_export_main, "ID",
        "what an inspector gets of an incident: a folder (art. 26)"},
    {"verify", ledger_verify_main, "", "whether any byte was changed since it was written"},
    {"backup", ledger_backup_main, "FILE", "a verified copy, while a run writes"},
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void print_help(FILE *out)
{
    fputs("Usage: tapgrade ledger COMMAND -c SETTINGS [ARGUMENT...] [OPTION...]\n\n"
          "The ledger (台账, art. 25): append-only, hash-chained, kept at least 3 years.\n\n",
        out);
    for (size_t i = 0; i < COMMANDS; i++) {
        fprintf(out, "  %-20s %-16s %s\n", commands[i].name, commands[i].arguments,
            commands[i].description);
    }
    fputs(
        "\n`tapgrade ledger COMMAND --help` teaches each, with an example. Where the settings have "
        "several\ninstitutions each has its own ledger: --institution ID says whose.\n",
        out);
}

int ledger_main(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        print_help(stdout);
        return EXIT_DONE;
    }
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            return commands[i].main(argc - 1, argv + 1);
        }
    }
    fprintf(stderr, "tapgrade ledger: no such command: '%s'; `tapgrade ledger --help` lists them\n",
        argv[1]);
    return EXIT_USAGE;
}

static int institution_index(const struct settings *settings, const char *id)
{
    for (size_t i = 0; i < settings->institution_count; i++) {
        if (strcmp(settings->institutions[i].id, id) == 0) {
            return (int)i;
        }
    }
    return -1;
}

static int institution_of_network(const struct settings *settings, const char *id)
{
    for (size_t i = 0; id != NULL && i < settings->network_count; i++) {
        if (strcmp(settings->networks[i].id, id) == 0) {
            return settings->networks[i].institution;
        }
    }
    return -1;
}

static void institutions_list(const struct settings *settings, char *ret, size_t size)
{
    size_t length = 0;
    ret[0] = '\0';
    for (size_t i = 0; i < settings->institution_count && length < size; i++) {
        length += (size_t)snprintf(
            ret + length, size - length, "%s%s", i > 0 ? ", " : "", settings->institutions[i].id);
    }
}

// Whose ledger of several; false after one sentence.
static bool institution_choose(struct book *book)
{
    const struct settings *settings = book->settings;
    char ids[1024];
    institutions_list(settings, ids, sizeof(ids));
    if (book->institution_id != NULL) {
        book->institution = institution_index(settings, book->institution_id);
        if (book->institution < 0) {
            log_error("the settings have no institution '%.80s'; they have %s",
                book->institution_id, ids);
        }
    } else if (settings->institution_count == 1) {
        book->institution = 0;
    } else {
        book->institution = institution_of_network(settings, book->network_id);
        if (book->institution < 0) {
            log_error("each institution has a ledger of its own: --institution is one of %s", ids);
        }
    }
    return book->institution >= 0;
}

// A ledger that is given by its path is somebody's too, when it lies where a run writes it.
static int institution_of_path(const struct book *book, const char *own)
{
    char path[LEDGER_PATH_MAX];
    for (size_t i = 0; i < book->settings->institution_count; i++) {
        if (ledger_path_of(book->settings, (uint16_t)i, own, path) &&
            strcmp(path, book->given_path) == 0) {
            return (int)i;
        }
    }
    return -1;
}

bool book_takes(const struct book *book, const struct fact *fact, char *error, size_t error_size)
{
    const struct network_settings *network = &book->settings->networks[fact->network];
    if (book->institution < 0 || network->institution == book->institution) {
        return true;
    }
    snprintf(error, error_size,
        "network \"%s\" is of institution \"%s\", and this is the ledger of "
        "\"%s\"",
        network->id, network->institution_id, book->settings->institutions[book->institution].id);
    return false;
}

int book_open(struct book *book)
{
    struct outputs outputs;
    bool named;
    struct mistakes *mistakes = mistakes_new();
    book->settings = settings_read(book->settings_path, mistakes);
    mistakes_print(mistakes, stderr);
    mistakes_free(mistakes);
    if (book->settings == NULL) {
        return EXIT_INPUT;
    }
    outputs_name(book->settings, book->settings->sensor, &outputs);
    if (book->given_path != NULL) {
        int length = snprintf(book->path, sizeof(book->path), "%s", book->given_path);
        named = length >= 0 && (size_t)length < sizeof(book->path);
        book->institution = institution_of_path(book, outputs.ledger_path);
    } else if (!institution_choose(book)) {
        return EXIT_INPUT;
    } else {
        named = ledger_path_of(
            book->settings, (uint16_t)book->institution, outputs.ledger_path, book->path);
    }
    if (!named) {
        log_error("the path of the ledger is too long");
        return EXIT_INPUT;
    }
    return EXIT_DONE;
}

error_t book_option(struct book *book, int key, char *value, struct argp_state *state)
{
    switch (key) {
    case 'c': book->settings_path = value; return 0;
    case BOOK_LEDGER: book->given_path = value; return 0;
    case BOOK_INSTITUTION: book->institution_id = value; return 0;
    case ARGP_KEY_END:
        if (book->settings_path == NULL) {
            argp_error(state, "-c SETTINGS is missing");
        }
        if (book->given_path != NULL && book->institution_id != NULL) {
            argp_error(state, "--ledger names a file, --institution its own: not both");
        }
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

void book_parse(const struct argp *argp, const char *name, int argc, char **argv, void *arguments)
{
    static char whole[64];
    snprintf(whole, sizeof(whole), "tapgrade ledger %s", name);
    argv[0] = whole;
    argp_err_exit_status = EXIT_USAGE;
    argp_parse(argp, argc, argv, 0, NULL, arguments);
}

void book_close(struct book *book)
{
    sqlite3_close(book->database);
    book->database = NULL;
    settings_free(book->settings);
    book->settings = NULL;
}

void book_times_set(json_t *fact, bool of_replay)
{
    char now[INSTANT_TEXT_MAX];
    instant_format((struct instant){wall_now().ns / NS_PER_MS * NS_PER_MS}, 3, now);
    if (json_object_get(fact, "at") == NULL) {
        json_set_text(fact, "at", now);
    }
    // A replay has its own time: what is entered into it was entered when it was.
    const char *at = json_string_value(json_object_get(fact, "at"));
    if (json_object_get(fact, "entered_at") == NULL) {
        json_set_text(fact, "entered_at", of_replay ? at : now);
    }
}
