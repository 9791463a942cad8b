// tapgrade ledger register: 台账 as art. 25 asks for it: 事发时间, 事发报告时间, PBOC 接报联系人
// and the contents of each report, one row a report; an incident without one has a row of its own.
#include "tools/commands.h"
#include "tools/ledger/ledger.h"
#include "tools/ledger/table.h"
#include "tools/ledger/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPTION_FORM = 0x100 };

struct arguments {
    struct book book;
    enum table_form form;
};

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    if (key == OPTION_FORM) {
        if (!table_form_of(value, &arguments->form)) {
            argp_error(state, "--form is table, csv or tsv, not '%s'", value);
        }
        return 0;
    }
    return book_option(&arguments->book, key, value, state);
}

static const struct argp_option options[] = {
    BOOK_OPTIONS,
    {"form", OPTION_FORM, "FORM", 0, "table csv tsv; csv opens in office programs", 1},
    {0},
};

static const struct argp argp = {options, parse_option, "-c SETTINGS",
    "The register of art. 25 (网络安全事件报告台账): each incident with each report, when it was "
    "sent "
    "and how, who received it, and which draft it goes back to. It is kept 3 years from the last "
    "entry at least; this program deletes nothing.\v"
    "Example:\n"
    "  tapgrade ledger register -c my/tapgrade.yaml --form csv > 台账.csv",
    NULL, NULL, NULL};

// The latest word of each incident and report; the person's entries about it that were not refused,
// or what a later correction says in their place. The draft is the last one that was written before
// the report was sent; where words of it were entered before, and taken only after that, the first
// one that has them.
#define SENT     "(a.kind = 'sent' OR (a.kind = 'correct' AND a.corrects = 'sent'))"
#define RECEIVED "(a.kind = 'received' OR (a.kind = 'correct' AND a.corrects = 'received'))"
#define WORDS    "a.kind IN ('fill', 'personal_information', 'promise', 'regrade')"
#define DRAFT                                                                                      \
    "p.incident = i.id"                                                                            \
    " AND substr(p.id, 1, length(i.id || r.duty) + 2) = i.id || '/' || r.duty || '/'"
static const char query[] =
    "WITH accepted AS (SELECT f.id, f.json, json_extract(f.json, '$.incident') AS incident,"
    "  json_extract(f.json, '$.duty') AS duty, json_extract(f.json, '$.kind') AS kind,"
    "  json_extract(f.json, '$.corrects') AS corrects, s.entry"
    "  FROM fact_history f JOIN facts s ON s.id = f.id"
    "  WHERE f.taken IS NULL OR json_extract(f.taken, '$.refused') IS NULL),"
    " sent AS (SELECT incident, duty, max(entry) AS entry FROM accepted WHERE kind = 'sent'"
    "  GROUP BY incident, duty),"
    " words AS (SELECT s.incident, s.duty, max(t.entry) AS taken FROM sent s"
    "  JOIN accepted a ON a.incident = s.incident AND a.entry < s.entry AND " WORDS
    "  AND coalesce(a.duty, s.duty) = s.duty"
    "  JOIN facts_taken t ON t.id = a.id AND t.entry > s.entry GROUP BY s.incident, s.duty),"
    " latest AS (SELECT h.id, h.json FROM incident_history h WHERE h.sequence ="
    "  (SELECT max(sequence) FROM incidents i WHERE i.id = h.id)),"
    " reports AS (SELECT d.incident, d.duty, d.json FROM duty_history d WHERE d.sequence ="
    "  (SELECT max(sequence) FROM duties l WHERE l.incident = d.incident AND l.duty = d.duty)"
    "  AND json_extract(d.json, '$.id') <> 'O10')"
    " SELECT i.id, i.json, r.json,"
    "  (SELECT a.json FROM accepted a WHERE a.incident = i.id AND a.duty = r.duty"
    "   AND " SENT " ORDER BY a.entry DESC LIMIT 1),"
    "  (SELECT a.json FROM accepted a WHERE a.incident = i.id AND a.duty = r.duty"
    "   AND " RECEIVED " ORDER BY a.entry DESC LIMIT 1),"
    "  coalesce((SELECT p.id FROM drafts p, words w WHERE w.incident = i.id AND w.duty = r.duty"
    "   AND " DRAFT " AND p.entry > w.taken ORDER BY p.entry LIMIT 1),"
    "  (SELECT p.id FROM drafts p WHERE " DRAFT
    "   AND p.entry < coalesce((SELECT s.entry FROM sent s WHERE s.incident = i.id"
    "   AND s.duty = r.duty), 9e18) ORDER BY p.entry DESC LIMIT 1)),"
    "  r.duty FROM latest i LEFT JOIN reports r ON r.incident = i.id"
    " WHERE ?1 = '' OR i.id = ?1"
    " ORDER BY json_extract(i.json, '$.onset'), i.id, json_extract(r.json, '$.starts_at'), r.duty";

static json_t *json_of(sqlite3_stmt *row, int column)
{
    return json_loads(book_text(row, column), 0, NULL);
}

// What a person has entered of a report; NULL when a correction says that it did not happen.
static json_t *entry_of(sqlite3_stmt *row, int column)
{
    json_t *entry = json_of(row, column);
    if (json_is_true(json_object_get(entry, "withdrawn"))) {
        json_decref(entry);
        entry = NULL;
    }
    return entry;
}

static void row_add(struct table *table, sqlite3_stmt *row)
{
    char text[INSTANT_TEXT_MAX], channel[CHANNEL_WORD_MAX];
    json_t *incident = json_of(row, 1), *duty = json_of(row, 2), *sent = entry_of(row, 3);
    json_t *received = entry_of(row, 4);
    table_add(table, book_text(row, 0));
    table_add(table, json_word(incident, "network_name"));
    table_add(table, json_word(incident, "grade"));
    table_add(table, incident_state_word(json_word(incident, "state")));
    table_add(table, time_word(json_word(incident, "onset"), text));
    table_add(table, book_text(row, 6));
    table_add(table, json_word(duty, "name"));
    table_add(table, duty_state_word(json_word(duty, "state")));
    table_add(table, time_word(json_word(duty, "due"), text));
    table_add(table, time_word(json_word(sent, "at"), text));
    table_add(table, channel_word(json_word(sent, "channel"), channel));
    table_add(table, json_word(sent, "recipient"));
    table_add(table, json_word(sent, "incomplete"));
    table_add(table, time_word(json_word(received, "at"), text));
    table_add(table, json_word(received, "contact"));
    table_add(table, book_text(row, 5));
    json_decref(incident);
    json_decref(duty);
    json_decref(sent);
    json_decref(received);
}

struct table *register_table(struct book *book, const char *incident)
{
    static const char *const heads[] = {"事件编号", "业务网络", "等级", "事件状态", "事发时间",
        "义务", "报告", "报告状态", "应报时限", "事发报告时间", "报告渠道", "接收单位", "缺项说明",
        "接报时间", "接报联系人", "对应的报告内容"};
    struct table *table = table_new(heads, sizeof(heads) / sizeof(heads[0]));
    sqlite3_stmt *rows = book_query(book, query, incident, NULL);
    while (book_next(book, &rows)) {
        row_add(table, rows);
    }
    return table;
}

int ledger_register_main(int argc, char **argv)
{
    struct arguments arguments = {0};
    book_parse(&argp, argv[0], argc, argv, &arguments);
    int status = book_read(&arguments.book);
    if (status == EXIT_DONE) {
        struct table *table = register_table(&arguments.book, "");
        table_print(table, arguments.form, stdout);
        table_free(table);
        status = arguments.book.failed ? EXIT_INPUT : EXIT_DONE;
    }
    book_close(&arguments.book);
    return status;
}
