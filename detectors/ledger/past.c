#include "detectors/ledger/store.h"

#include <stdio.h>
#include <unistd.h>

static const char newest_events[] =
    "SELECT i.id, e.content FROM incidents i JOIN entries e ON e.number = i.entry"
    " WHERE i.sequence = (SELECT max(sequence) FROM incidents WHERE id = i.id) ORDER BY i.entry";
static const char facts_taken[] =
    "SELECT e.content, t.content FROM facts_taken s JOIN entries t ON t.number = s.entry"
    " JOIN facts f ON f.id = s.id JOIN entries e ON e.number = f.entry ORDER BY s.entry";

static bool rows_read(sqlite3 *database, const char *query,
    void (*row)(void *context, const char *first, const char *second), void *context)
{
    sqlite3_stmt *statement = NULL;
    int result = sqlite3_prepare_v2(database, query, -1, &statement, NULL);
    while (result == SQLITE_OK || result == SQLITE_ROW) {
        result = sqlite3_step(statement);
        if (result == SQLITE_ROW) {
            row(context, (const char *)sqlite3_column_text(statement, 0),
                (const char *)sqlite3_column_text(statement, 1));
        }
    }
    sqlite3_finalize(statement);
    return result == SQLITE_DONE;
}

bool ledger_read_past(
    const char *path, const struct ledger_past *past, char *error, size_t error_size)
{
    sqlite3 *database = NULL;
    if (access(path, F_OK) != 0) {
        return true;
    }
    if (!store_connect(path, &database, error, error_size)) {
        return false;
    }
    bool good = rows_read(database, newest_events, past->incident, past->context) &&
                rows_read(database, facts_taken, past->taken, past->context);
    if (!good) {
        snprintf(error, error_size, "ledger '%s': %s", path, sqlite3_errmsg(database));
    }
    sqlite3_close(database);
    return good;
}
