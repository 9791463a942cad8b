// tapgrade ledger list, tapgrade ledger show: reading only, beside a run that writes.
#include "config/log.h"

#include "tools/commands.h"
#include "tools/ledger/ledger.h"

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
    case ARGP_KEY_ARG:
        if (!arguments->wants_id || arguments->id != NULL || strlen(value) > ID_MAX) {
            argp_error(state, "too much: '%.80s'", value);
        }
        arguments->id = value;
        return 0;
    case ARGP_KEY_END:
        if (arguments->wants_id && arguments->id == NULL) {
            argp_error(state, "an ID is missing: of an incident or a fact");
        }
        break;
    default: break;
    }
    return book_option(&arguments->book, key, value, state);
}

static const struct argp_option options[] = {BOOK_OPTIONS, {0}};

static const struct argp list_argp = {options, parse_option, "-c SETTINGS",
    "Lists the incidents of the ledger as they stood last, and the facts that persons have "
    "entered.\v"
    "Example:\n"
    "  tapgrade ledger list -c my/tapgrade.yaml",
    NULL, NULL, NULL};

static const struct argp show_argp = {options, parse_option, "-c SETTINGS ID",
    "Prints every entry about an incident, or a fact with who entered it and why, as JSON lines "
    "in the order of entry.\v"
    "ID: as `ledger list` prints it, or its beginning.\n\n"
    "Example:\n"
    "  tapgrade ledger show -c my/tapgrade.yaml 4f1c2a",
    NULL, NULL, NULL};

// Rows of text columns, separated by two spaces; the number of rows, -1 after one sentence.
static long rows_print(struct book *book, const char *query, const char *id)
{
    long rows = 0;
    sqlite3_stmt *statement = book_query(book, query, id, NULL);
    while (book_next(book, &statement)) {
        for (int i = 0; i < sqlite3_column_count(statement); i++) {
            const unsigned char *text = sqlite3_column_text(statement, i);
            printf("%s%s", i > 0 ? "  " : "", text == NULL ? "-" : (const char *)text);
        }
        putchar('\n');
        rows++;
    }
    return book->failed ? -1 : rows;
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
    " coalesce('refused: ' || json_extract(taken, '$.refused'), json_extract(taken, '$.tick'),"
    " 'not taken yet') FROM fact_history";
static const char show_query[] =
    "SELECT content FROM entries WHERE length(?1) >= 6 AND substr(key, 1, length(?1)) = ?1"
    " AND kind NOT IN ('draft_text', 'message')"
    " ORDER BY number";

int ledger_list_main(int argc, char **argv)
{
    struct arguments arguments = {0};
    book_parse(&list_argp, argv[0], argc, argv, &arguments);
    int status = book_read(&arguments.book);
    if (status == EXIT_DONE && (rows_print(&arguments.book, incidents_query, NULL) < 0 ||
                                   rows_print(&arguments.book, facts_query, NULL) < 0)) {
        status = EXIT_INPUT;
    }
    book_close(&arguments.book);
    return status;
}

int ledger_show_main(int argc, char **argv)
{
    struct arguments arguments = {.wants_id = true};
    book_parse(&show_argp, argv[0], argc, argv, &arguments);
    int status = book_read(&arguments.book);
    if (status == EXIT_DONE) {
        bool plain = strspn(arguments.id, "0123456789abcdef") == strlen(arguments.id);
        long rows = plain ? rows_print(&arguments.book, show_query, arguments.id) : 0;
        if (rows == 0) {
            log_error(
                "ledger '%s' has no incident and no fact '%s'", arguments.book.path, arguments.id);
        }
        status = rows > 0 ? EXIT_DONE : EXIT_INPUT;
    }
    book_close(&arguments.book);
    return status;
}
