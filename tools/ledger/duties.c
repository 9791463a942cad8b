// tapgrade ledger duties: what is due, the earliest first.
#include "config/clock.h"
#include "config/memory.h"

#include "tools/commands.h"
#include "tools/ledger/ledger.h"
#include "tools/ledger/table.h"
#include "tools/ledger/words.h"

#include <stdlib.h>
#include <string.h>

enum { OPTION_NOW = 0x100, OPTION_ALL, OPTION_FORM };

struct arguments {
    struct book book;
    const char *id;
    struct instant now; // INSTANT_NONE: by the clock
    bool all;
    enum table_form form;
};

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case OPTION_ALL: arguments->all = true; return 0;
    case OPTION_NOW:
        if (!instant_parse(value, &arguments->now)) {
            argp_error(state, "--now is a time such as 2026-03-10T11:00:00+08:00, not '%s'", value);
        }
        return 0;
    case OPTION_FORM:
        if (!table_form_of(value, &arguments->form)) {
            argp_error(state, "--form is table, csv or tsv, not '%s'", value);
        }
        return 0;
    case ARGP_KEY_ARG:
        if (arguments->id != NULL) {
            argp_error(state, "too much: '%.80s'", value);
        }
        arguments->id = value;
        return 0;
    default: return book_option(&arguments->book, key, value, state);
    }
}

static const struct argp_option options[] = {
    BOOK_OPTIONS,
    {"all", OPTION_ALL, NULL, 0, "also what was sent, or is not due any more", 1},
    {"now", OPTION_NOW, "TIME", 0, "count down from another time than now, for a replay's ledger",
        1},
    {"form", OPTION_FORM, "FORM", 0, "table csv tsv", 1},
    {0},
};

static const struct argp argp = {options, parse_option, "-c SETTINGS [ID]",
    "What must be reported, to whom, by when and how far it is, the earliest first; of one "
    "incident "
    "or of all.\v"
    "Examples:\n"
    "  tapgrade ledger duties -c my/tapgrade.yaml\n"
    "  tapgrade ledger duties -c my/tapgrade.yaml --all 4f1c2a",
    NULL, NULL, NULL};

// Each duty as it stands; the earliest first, those without an end last.
static const char query[] =
    "SELECT d.json, d.incident, d.duty FROM duty_history d"
    " WHERE (?1 = '' OR d.incident = ?1) AND d.sequence = (SELECT max(sequence) FROM duties l"
    " WHERE l.incident = d.incident AND l.duty = d.duty)"
    " ORDER BY json_extract(d.json, '$.due') IS NULL, json_extract(d.json, '$.due'), 2, 3";

static bool is_waiting(const json_t *duty)
{
    const char *state = json_word(duty, "state");
    return (strcmp(state, "open") == 0 || strcmp(state, "to_be_decided") == 0) &&
           strcmp(json_word(duty, "id"), "O10") != 0;
}

static void row_add(struct table *table, const json_t *duty, const char *subject, const char *key,
    struct instant now)
{
    char due_text[INSTANT_TEXT_MAX], sent_text[INSTANT_TEXT_MAX], countdown[COUNTDOWN_MAX] = "";
    struct instant due;
    if (is_waiting(duty) && instant_parse(json_word(duty, "due"), &due)) {
        countdown_word(due, now, countdown);
    }
    table_add(table, time_word(json_word(duty, "due"), due_text));
    table_add(table, countdown);
    table_add(table, subject);
    table_add(table, key);
    table_add(table, json_word(duty, "name"));
    table_add(table, duty_state_word(json_word(duty, "state")));
    table_add(table, time_word(json_word(duty, "sent_at"), sent_text));
    table_add(table, json_word(duty, "report_to"));
}

static struct instant now_of(const struct arguments *arguments)
{
    return arguments->now.ns != 0 ? arguments->now : instant_from_s(instant_second(wall_now()));
}

static int duties_print(struct arguments *arguments)
{
    static const char *const heads[] = {
        "应报时限", "倒计时", "事件", "义务", "报告", "状态", "报告时间", "报告对象"};
    char id[FACT_ID_MAX] = "";
    if (arguments->id != NULL && !book_incident_id(&arguments->book, arguments->id, id)) {
        return EXIT_INPUT;
    }
    struct table *table = table_new(heads, sizeof(heads) / sizeof(heads[0]));
    sqlite3_stmt *rows = book_query(&arguments->book, query, id, NULL);
    while (book_next(&arguments->book, &rows)) {
        json_t *duty = json_loads(book_text(rows, 0), 0, NULL);
        if (arguments->all || is_waiting(duty)) {
            row_add(table, duty, book_text(rows, 1), book_text(rows, 2), now_of(arguments));
        }
        json_decref(duty);
    }
    table_print(table, arguments->form, stdout);
    table_free(table);
    return arguments->book.failed ? EXIT_INPUT : EXIT_DONE;
}

int ledger_duties_main(int argc, char **argv)
{
    struct arguments arguments = {0};
    book_parse(&argp, argv[0], argc, argv, &arguments);
    int status = book_read(&arguments.book);
    status = status == EXIT_DONE ? duties_print(&arguments) : status;
    book_close(&arguments.book);
    return status;
}
