// tapgrade ledger list, tapgrade ledger show: reading only, beside a run that writes.
#include "config/log.h"

#include "tools/commands.h"
#include "tools/ledger/ledger.h"

#include <sqlite3.h>

#include <argp.h>
#include <stdio.h>
#include <string.h>

#define ID_MAX 64

struct arguments {
    struct book book;
    const char *id; // show only
    bool wants_id;
};

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case 'c': arguments->book.settings_path = value; return 0;
    case 'l': arguments->book.given_path = value; return 0;
    case ARGP_KEY_ARG:
        if (!arguments->wants_id || arguments->id != NULL || strlen(value) > ID_MAX) {
            argp_error(state, "too much: '%.80s'", value);
        }
        arguments->id = value;
        return 0;
    case ARGP_KEY_END:
        if (arguments->book.settings_path == NULL) {
            argp_error(state, "-c SETTINGS is missing");
        }
        if (arguments->wants_id && arguments->id == NULL) {
            argp_error(state, "an ID is missing: of an incident or a fact");
        }
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    {"config", 'c', "SETTINGS", 0, "the settings file", 0},
    {"ledger", 'l', "FILE", 0, "another ledger than the sensor's own", 0},
    {0},
};

static const struct argp list_argp = {options, parse_option, "-c SETTINGS",
    "Lists the incidents of the ledger as they stood last, and the facts that persons have "
    "entered.",
    NULL, NULL, NULL};

static const struct argp show_argp = {options, parse_option, "-c SETTINGS ID",
    "Prints every entry about an incident, or a fact with who entered it and why, as JSON lines "
    "in the order of entry.",
    NULL, NULL, NULL};

// Rows of text columns, separated by two spaces; the number of rows, -1 after one sentence.
static long rows_print(const char *path, const char *query, const char *id)
{
    sqlite3 *database = NULL;
    sqlite3_stmt *statement = NULL;
    long rows = 0;
    int result = sqlite3_open_v2(path, &database, SQLITE_OPEN_READONLY, NULL);
    sqlite3_busy_timeout(database, 10000);
    if (result == SQLITE_OK) {
        result = sqlite3_prepare_v2(database, query, -1, &statement, NULL);
    }
    if (result == SQLITE_OK && id != NULL) {
        result = sqlite3_bind_text(statement, 1, id, -1, SQLITE_STATIC);
    }
    while (result == SQLITE_OK && (result = sqlite3_step(statement)) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(statement); i++) {
            const unsigned char *text = sqlite3_column_text(statement, i);
            printf("%s%s", i > 0 ? "  " : "", text == NULL ? "-" : (const char *)text);
        }
        putchar('\n');
        rows++;
        result = SQLITE_OK;
    }
    if (result != SQLITE_DONE) {
        log_error("ledger '%s': %s", path, sqlite3_errmsg(database));
        rows = -1;
    }
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return rows;
}

static const char incidents_query[] =
    "SELECT h.id, json_extract(h.json, '$.onset'), json_extract(h.json, '$.network'),"
    " json_extract(h.json, '$.state'), json_extract(h.json, '$.grade'),"
    " '从严 ' || json_extract(h.json, '$.conservative_grade')"
    " FROM incident_history h WHERE h.sequence ="
    " (SELECT max(sequence) FROM incidents i WHERE i.id = h.id) ORDER BY 2, 1";
static const char facts_query[] =
    "SELECT id, json_extract(json, '$.at'), json_extract(json, '$.network'),"
    " json_extract(json, '$.kind'), json_extract(json, '$.by'), json_extract(json, '$.why'),"
    " coalesce(json_extract(taken, '$.tick'), 'not taken yet') FROM fact_history";
static const char show_query[] =
    "SELECT content FROM entries WHERE key = ?1 OR key LIKE ?1 || '/%' AND kind <> 'draft_text'"
    " ORDER BY number";

static int arguments_parse(
    struct arguments *arguments, const struct argp *argp, const char *name, int argc, char **argv)
{
    argv[0] = (char *)(uintptr_t)name;
    argp_err_exit_status = EXIT_USAGE;
    argp_parse(argp, argc, argv, 0, NULL, arguments);
    return book_open(&arguments->book);
}

int ledger_list_main(int argc, char **argv)
{
    struct arguments arguments = {0};
    int status = arguments_parse(&arguments, &list_argp, "tapgrade ledger list", argc, argv);
    if (status == EXIT_DONE && (rows_print(arguments.book.path, incidents_query, NULL) < 0 ||
                                   rows_print(arguments.book.path, facts_query, NULL) < 0)) {
        status = EXIT_INPUT;
    }
    book_close(&arguments.book);
    return status;
}

int ledger_show_main(int argc, char **argv)
{
    struct arguments arguments = {.wants_id = true};
    int status = arguments_parse(&arguments, &show_argp, "tapgrade ledger show", argc, argv);
    if (status == EXIT_DONE) {
        bool plain = strspn(arguments.id, "0123456789abcdef") == strlen(arguments.id);
        long rows = plain ? rows_print(arguments.book.path, show_query, arguments.id) : 0;
        if (rows == 0) {
            log_error(
                "ledger '%s' has no incident and no fact '%s'", arguments.book.path, arguments.id);
        }
        status = rows > 0 ? EXIT_DONE : EXIT_INPUT;
    }
    book_close(&arguments.book);
    return status;
}
