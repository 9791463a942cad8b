// The first look at a move, so that who mistypes it hears of it at once, by the rules of the run:
// the incident and its duties are made of what the ledger says of them, with what was entered and
// not yet taken. The run judges again, at its tick, with all that it knows.
#include "detectors/drafts/drafts.h"

#include "tools/ledger/moves.h"
#include "tools/ledger/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MISSING_MAX 1536

struct desk {
    struct book *book;
    struct incidents *incidents;
    const struct incident *incident; // NULL: of a notice
    struct duties *duties;
};

static void duties_take(struct desk *desk, const char *subject)
{
    static const char query[] =
        "SELECT d.json FROM duty_history d WHERE d.incident = ?1 AND d.sequence ="
        " (SELECT max(sequence) FROM duties l WHERE l.incident = ?1 AND l.duty = d.duty)"
        " ORDER BY (SELECT min(entry) FROM duties l WHERE l.incident = ?1 AND l.duty = d.duty)";
    sqlite3_stmt *rows = book_query(desk->book, query, subject, NULL);
    while (book_next(desk->book, &rows)) {
        json_t *json = json_loads(book_text(rows, 0), 0, NULL);
        duties_take_told(desk->duties, desk->incident, json);
        json_decref(json);
    }
}

static void move_take(struct desk *desk, const struct fact *move)
{
    char error[1024];
    if (fact_is_move(move) &&
        move_is_possible(desk->duties, desk->incident, move, "", error, sizeof(error))) {
        duties_take_move(desk->duties, desk->incident, move, move->entered_at);
        (void)incidents_take_move(desk->incidents, move);
    }
}

// What no run has taken yet, in the order of entry.
static void waiting_take(struct desk *desk, const char *subject)
{
    static const char query[] = "SELECT json FROM fact_history WHERE taken IS NULL"
                                " AND json_extract(json, '$.incident') = ?1";
    char error[1024];
    struct fact *fact = calloc(1, sizeof(*fact));
    sqlite3_stmt *rows = book_query(desk->book, query, subject, NULL);
    while (book_next(desk->book, &rows)) {
        if (fact != NULL &&
            fact_read_again(book_text(rows, 0), desk->book->settings, fact, error, sizeof(error))) {
            move_take(desk, fact);
        }
    }
    free(fact);
}

struct desk *desk_open(struct book *book, const json_t *incident, const char *subject)
{
    struct desk *desk = calloc(1, sizeof(*desk));
    if (desk == NULL) {
        abort();
    }
    desk->book = book;
    desk->incidents = incidents_new(book->settings, "");
    desk->incident = incident != NULL ? incidents_put_told(desk->incidents, incident) : NULL;
    desk->duties = duties_new(book->settings);
    duties_take(desk, subject);
    waiting_take(desk, subject);
    return desk;
}

void desk_close(struct desk *desk)
{
    if (desk != NULL) {
        duties_free(desk->duties);
        incidents_free(desk->incidents);
        free(desk);
    }
}

const struct duty *desk_duty(const struct desk *desk, const char *subject, const char *name)
{
    return duty_named(desk->duties, subject, name);
}

// Of a notice there is no incident that would say it.
static uint16_t network_of(const struct desk *desk, const json_t *move)
{
    const struct settings *settings = desk->book->settings;
    size_t i = 0;
    while (i < settings->network_count &&
           strcmp(settings->networks[i].id, json_word(move, "network")) != 0) {
        i++;
    }
    return (uint16_t)(i < settings->network_count ? i : 0);
}

bool desk_has_no_entry(struct desk *desk, const json_t *move, char *error, size_t error_size)
{
    bool received = strcmp(json_word(move, "corrects"), "received") == 0;
    struct fact asked = {.kind = FACT_CORRECT, .withdrawn = true};
    asked.corrects = received ? FACT_RECEIVED : FACT_SENT;
    asked.network = network_of(desk, move);
    snprintf(asked.incident, sizeof(asked.incident), "%s", json_word(move, "incident"));
    snprintf(asked.duty, sizeof(asked.duty), "%s", json_word(move, "duty"));
    snprintf(error, error_size, "%s was entered before entries were named: it stands", asked.duty);
    (void)move_is_possible(desk->duties, desk->incident, &asked, "", error, error_size);
    return false;
}

// ---- what a report lacks

// Whether a person has filled the item since it was drafted, and was not refused.
static bool is_filled(struct desk *desk, const struct duty *duty, const char *item)
{
    static const char query[] =
        "SELECT json_extract(json, '$.duty') FROM fact_history"
        " WHERE json_extract(json, '$.kind') = 'fill' AND json_extract(json, '$.incident') = ?1"
        " AND json_extract(json, '$.item') = ?2"
        " AND (taken IS NULL OR json_extract(taken, '$.refused') IS NULL)";
    bool filled = false;
    sqlite3_stmt *rows = book_query(desk->book, query, duty->subject, item);
    while (book_next(desk->book, &rows)) {
        const char *of = book_text(rows, 0);
        filled |= of[0] == '\0' || strcmp(of, duty->key) == 0;
    }
    return filled;
}

static void missing_name(
    struct desk *desk, const struct duty *duty, const json_t *draft, char *text, size_t size)
{
    size_t i, length = 0;
    json_t *item;
    json_array_foreach(json_object_get(draft, "items"), i, item)
    {
        const char *key = json_word(item, "key");
        if (strcmp(json_word(item, "state"), "missing") == 0 && !item_is_of_sent(key) &&
            length + 1 < size && !is_filled(desk, duty, key)) {
            length += (size_t)snprintf(text + length, size - length, "%s%s %s",
                length > 0 ? ", " : "", json_word(item, "item"), key);
        }
    }
}

// By its newest draft; what has none yet the run looks at.
static void missing_fill(struct desk *desk, const struct duty *duty, char *text, size_t size)
{
    static const char query[] = "SELECT json FROM draft_history WHERE incident = ?1"
                                " AND substr(id, 1, length(?1 || ?2) + 2) = ?1 || '/' || ?2 || '/'";
    json_t *draft = NULL;
    sqlite3_stmt *rows = book_query(desk->book, query, duty->subject, duty->key);
    while (book_next(desk->book, &rows)) { // the last is the newest
        json_decref(draft);
        draft = json_loads(book_text(rows, 0), 0, NULL);
    }
    missing_name(desk, duty, draft, text, size);
    json_decref(draft);
}

bool desk_allows(struct desk *desk, const struct fact *move, char *error, size_t error_size)
{
    char missing[MISSING_MAX] = "";
    const struct duty *report = move_report(desk->duties, move);
    if (report != NULL) {
        missing_fill(desk, report, missing, sizeof(missing));
    }
    return (move->kind != FACT_FILL || fill_is_possible(move, desk->incident, error, error_size)) &&
           move_is_possible(desk->duties, desk->incident, move, missing, error, error_size);
}
