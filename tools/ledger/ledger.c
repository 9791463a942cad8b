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
    fputs("\n`tapgrade ledger COMMAND --help` teaches each, with an example.\n", out);
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

int book_open(struct book *book)
{
    struct outputs outputs;
    struct mistakes *mistakes = mistakes_new();
    book->settings = settings_read(book->settings_path, mistakes);
    mistakes_print(mistakes, stderr);
    mistakes_free(mistakes);
    if (book->settings == NULL) {
        return EXIT_INPUT;
    }
    outputs_name(book->settings, book->settings->sensor, &outputs);
    int length = snprintf(book->path, sizeof(book->path), "%s",
        book->given_path != NULL ? book->given_path : outputs.ledger_path);
    if (length < 0 || (size_t)length >= sizeof(book->path)) {
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
    case ARGP_KEY_END:
        if (book->settings_path == NULL) {
            argp_error(state, "-c SETTINGS is missing");
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
