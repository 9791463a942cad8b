// tapgrade ledger fact: options → one JSON line, checked by the same reader as any other → a row of
// the ledger, or standard output.
#include "config/log.h"

#include "detectors/facts/facts.h"
#include "detectors/json.h"
#include "detectors/ledger/ledger.h"

#include "tools/commands.h"
#include "tools/ledger/ledger.h"

#include <argp.h>
#include <stdlib.h>
#include <string.h>

struct arguments {
    struct book book;
    const char *kind;
    bool print;
    json_t *fact;
};

enum option_key {
    OPTION_BY = 0x100,
    OPTION_WHY,
    OPTION_AT,
    OPTION_UNTIL,
    OPTION_INCIDENT,
    OPTION_REPLACES,
    OPTION_DATA,
    OPTION_HARM,
    OPTION_RECORDS,
    OPTION_POSSIBLE,
    OPTION_SOCIAL_HARM,
    OPTION_AUTHORITY,
    OPTION_CHANNEL,
    OPTION_GRADE,
    OPTION_PRINT,
    OPTION_ENTERED,
};

static const struct argp_option options[] = {
    {"config", 'c', "SETTINGS", 0, "the settings file", 0}, // whose ledger is told by the network
    {"ledger", BOOK_LEDGER, "FILE", 0, "another ledger than the sensor's own", 0},
    {"network", 'n', "ID", 0, "the network that it is about", 1},
    {"by", OPTION_BY, "NAME", 0, "who enters it", 1},
    {"why", OPTION_WHY, "TEXT", 0, "on what it stands; no card or account number", 1},
    {"at", OPTION_AT, "TIME", 0, "since when it is so; now", 1},
    {"incident", OPTION_INCIDENT, "ID", 0, "what it belongs to; `new`: an incident of its own", 1},
    {"replaces", OPTION_REPLACES, "ID", 0, "an earlier fact that does not count any more", 1},
    {"data", OPTION_DATA, "KIND", 0,
        "leak: personal sensitive credit enterprise_credit property important core business", 2},
    {"harm", OPTION_HARM, "WHAT", 0, "leak: leaked tampered destroyed lost", 2},
    {"records", OPTION_RECORDS, "N", 0, "leak: how many", 2},
    {"possible", OPTION_POSSIBLE, NULL, 0, "leak: it may have happened", 2},
    {"social-harm", OPTION_SOCIAL_HARM, NULL, 0, "leak: society was harmed", 2},
    {"authority", OPTION_AUTHORITY, "WHO", 0,
        "notice: cac police pboc pboc_shanghai pboc_provincial pboc_planned_city pboc_prefecture",
        3},
    {"channel", OPTION_CHANNEL, "HOW", 0, "notice: writing phone other", 3},
    {"grade", OPTION_GRADE, "GRADE", 0, "notice: common larger major maximum", 3},
    {"until", OPTION_UNTIL, "TIME", 0, "cannot_proceed: when it was over; mute: a day at the most",
        4},
    {"print", OPTION_PRINT, NULL, 0, "print the line for `replay --facts`, enter nothing", 5},
    {"entered-at", OPTION_ENTERED, "TIME", 0,
        "with --print: when a replay gets to know it, in the capture's time; at --at", 5},
    {0},
};

static const char *key_of(int option)
{
    switch (option) {
    case 'n': return "network";
    case OPTION_BY: return "by";
    case OPTION_WHY: return "why";
    case OPTION_AT: return "at";
    case OPTION_UNTIL: return "until";
    case OPTION_INCIDENT: return "incident";
    case OPTION_REPLACES: return "replaces";
    case OPTION_DATA: return "data";
    case OPTION_HARM: return "harm";
    case OPTION_AUTHORITY: return "authority";
    case OPTION_CHANNEL: return "channel";
    case OPTION_GRADE: return "grade";
    case OPTION_ENTERED: return "entered_at";
    default: return NULL;
    }
}

static void check_arguments(const struct arguments *arguments, struct argp_state *state)
{
    if (arguments->kind == NULL) {
        argp_error(state, "a KIND is missing");
    }
    if (!arguments->print && json_object_get(arguments->fact, "entered_at") != NULL) {
        argp_error(state, "--entered-at goes with --print: what is entered is entered now");
    }
}

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    char *end;
    switch (key) {
    case OPTION_PRINT: arguments->print = true; return 0;
    case OPTION_POSSIBLE: json_set_flag(arguments->fact, "possible", true); return 0;
    case OPTION_SOCIAL_HARM: json_set_flag(arguments->fact, "social_harm", true); return 0;
    case OPTION_RECORDS:
        json_set_integer(arguments->fact, "records", strtoll(value, &end, 10));
        if (end == value || *end != '\0') {
            argp_error(state, "--records is a number, not '%s'", value);
        }
        return 0;
    case ARGP_KEY_ARG:
        if (arguments->kind != NULL) {
            argp_error(state, "one KIND only, not also '%s'", value);
        }
        arguments->kind = value;
        json_set_text(arguments->fact, "kind", value);
        return 0;
    case ARGP_KEY_END:
        check_arguments(arguments, state);
        return book_option(&arguments->book, key, value, state);
    default: break;
    }
    if (key_of(key) == NULL) {
        return book_option(&arguments->book, key, value, state);
    }
    if (json_object_set_new(arguments->fact, key_of(key), json_string(value)) != 0) {
        argp_error(state, "--%s is not UTF-8", key_of(key));
    }
    return 0;
}

static const struct argp argp = {options, parse_option, "-c SETTINGS KIND",
    "Enters what traffic cannot show, for good: who, since when and why stand in the ledger. A run "
    "takes it at its next "
    "tick. Times are RFC 3339, such as 2026-03-10T14:00:00+08:00.\v"
    "KIND: leak ransomware notice attention (较大舆情) cannot_proceed cause confirm split "
    "mute\n\n"
    "Examples:\n"
    "  tapgrade ledger fact -c s.yaml leak -n pay --by 张三 --why DLP --data personal --harm "
    "leaked --records 60000\n"
    "  tapgrade ledger fact -c s.yaml notice -n pay --by 张三 --why 来函 --authority pboc "
    "--channel writing --grade major\n"
    "  tapgrade ledger fact ... --at 2026-03-10T14:00:00+08:00 --print > facts.jsonl; tapgrade "
    "replay --facts facts.jsonl ...",
    NULL, NULL, NULL};

static int enter(struct arguments *arguments)
{
    char error[1024], *text = json_compact(arguments->fact);
    struct fact fact;
    bool good = fact_read(text, arguments->book.settings, &fact, error, sizeof(error)) &&
                book_takes(&arguments->book, &fact, error, sizeof(error));
    free(text);
    if (!good) {
        log_error("%s", error);
        return EXIT_INPUT;
    }
    json_t *json = fact_json(arguments->book.settings, &fact);
    text = json_compact(json);
    json_decref(json);
    if (arguments->print) {
        puts(text);
    } else if (ledger_add_fact(arguments->book.path, fact.id, text, error, sizeof(error))) {
        printf("%s\n", fact.id);
    } else {
        log_error("%s", error);
        good = false;
    }
    free(text);
    return good ? EXIT_DONE : EXIT_INPUT;
}

int ledger_fact_main(int argc, char **argv)
{
    struct arguments arguments = {.fact = json_object()};
    argv[0] = (char[]){"tapgrade ledger fact"};
    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    book_times_set(arguments.fact, arguments.print);
    arguments.book.network_id = json_string_value(json_object_get(arguments.fact, "network"));
    int status = book_open(&arguments.book);
    status = status == EXIT_DONE ? enter(&arguments) : status;
    book_close(&arguments.book);
    json_decref(arguments.fact);
    return status;
}
