// What the subcommands ask of a ledger.
#include "config/log.h"

#include "detectors/ledger/reader.h"

#include "tools/commands.h"
#include "tools/ledger/ledger.h"

#include <stdio.h>
#include <string.h>

#define ID_DIGITS 6 // fewer would name an incident by chance

int book_read(struct book *book)
{
    char error[512];
    int status = book_open(book);
    if (status == EXIT_DONE && !ledger_read(book->path, &book->database, error, sizeof(error))) {
        log_error("%s", error);
        status = EXIT_INPUT;
    }
    return status;
}

static void say(struct book *book)
{
    log_error("ledger '%s': %s", book->path, sqlite3_errmsg(book->database));
}

sqlite3_stmt *book_query(struct book *book, const char *query, const char *one, const char *two)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(book->database, query, -1, &statement, NULL) != SQLITE_OK) {
        say(book);
        return NULL;
    }
    if (one != NULL) {
        sqlite3_bind_text(statement, 1, one, -1, SQLITE_TRANSIENT);
    }
    if (two != NULL) {
        sqlite3_bind_text(statement, 2, two, -1, SQLITE_TRANSIENT);
    }
    return statement;
}

bool book_next(struct book *book, sqlite3_stmt **statement)
{
    int result = *statement == NULL ? SQLITE_DONE : sqlite3_step(*statement);
    if (result == SQLITE_ROW) {
        return true;
    }
    if (result != SQLITE_DONE) {
        say(book);
        book->failed = true;
    }
    sqlite3_finalize(*statement);
    *statement = NULL;
    return false;
}

const char *book_text(sqlite3_stmt *statement, int column)
{
    const unsigned char *text = sqlite3_column_text(statement, column);
    return text == NULL ? "" : (const char *)text;
}

bool book_incident_id(struct book *book, const char *id, char ret[static FACT_ID_MAX])
{
    static const char query[] =
        "SELECT id FROM incidents WHERE substr(id, 1, length(?1)) = ?1 UNION"
        " SELECT incident FROM duties WHERE duty = 'O9' AND substr(incident, 1, length(?1)) = ?1"
        " LIMIT 2";
    size_t length = strlen(id), found = 0;
    bool plain =
        length >= ID_DIGITS && length < FACT_ID_MAX && strspn(id, "0123456789abcdef") == length;
    sqlite3_stmt *rows = plain ? book_query(book, query, id, NULL) : NULL;
    while (book_next(book, &rows)) {
        found++;
        snprintf(ret, FACT_ID_MAX, "%s", book_text(rows, 0));
    }
    if (found != 1 && !book->failed) {
        log_error("ledger '%s' has %s incident '%.40s'; `tapgrade ledger list` names them",
            book->path, found == 0 ? "no" : "more than one", id);
    }
    return found == 1;
}

static json_t *json_of(struct book *book, const char *query, const char *one, const char *two)
{
    json_t *json = NULL;
    sqlite3_stmt *rows = book_query(book, query, one, two);
    while (book_next(book, &rows)) {
        json_decref(json);
        json = json_loads(book_text(rows, 0), JSON_REJECT_DUPLICATES, NULL);
    }
    return json;
}

json_t *book_incident(struct book *book, const char *id, char ret_id[static FACT_ID_MAX])
{
    static const char query[] =
        "SELECT json FROM incident_history WHERE id = ? ORDER BY sequence DESC LIMIT 1";
    if (!book_incident_id(book, id, ret_id)) {
        return NULL;
    }
    json_t *incident = json_of(book, query, ret_id, NULL);
    return incident != NULL ? incident : book_duty(book, ret_id, "O9");
}

json_t *book_duty(struct book *book, const char *incident, const char *duty)
{
    static const char query[] = "SELECT json FROM duty_history WHERE incident = ? AND duty = ?"
                                " ORDER BY sequence DESC LIMIT 1";
    return json_of(book, query, incident, duty);
}

json_t *book_fact(struct book *book, const char *id)
{
    return json_of(book, "SELECT json FROM fact_history WHERE id = ?", id, NULL);
}
