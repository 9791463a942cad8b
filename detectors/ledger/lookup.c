// What is in the file, looked at beside the thread that writes it.
#include "config/memory.h"

#include "detectors/ledger/ledger.h"
#include "detectors/ledger/reader.h"

#include <stdlib.h>

enum lookup_statement {
    LOOKUP_ENTRY,
    LOOKUP_DUTIES,
    LOOKUP_DRAFTS,
    LOOKUP_NOTICES,
    LOOKUP_STATEMENTS
};

static const char *const texts[LOOKUP_STATEMENTS] = {
    [LOOKUP_ENTRY] = "SELECT content FROM entries WHERE kind = ? AND key = ?",
    [LOOKUP_DUTIES] = ("SELECT e.content FROM duties d JOIN entries e ON e.number = d.entry"
                       " WHERE d.incident = ? ORDER BY d.entry"),
    [LOOKUP_DRAFTS] = "SELECT id FROM drafts WHERE incident = ? ORDER BY entry",
    [LOOKUP_NOTICES] = "SELECT DISTINCT incident FROM duties WHERE duty = ?",
};

struct ledger_lookup {
    sqlite3 *database;
    sqlite3_stmt *statements[LOOKUP_STATEMENTS];
};

struct ledger_lookup *ledger_lookup_open(const char *path, char *error, size_t error_size)
{
    struct ledger_lookup *lookup = memory_zeroed(1, sizeof(*lookup));
    bool opened = ledger_read(path, &lookup->database, error, error_size);
    for (int i = 0; opened && i < LOOKUP_STATEMENTS; i++) {
        opened = sqlite3_prepare_v2(lookup->database, texts[i], -1, &lookup->statements[i], NULL) ==
                 SQLITE_OK;
        if (!opened) {
            snprintf(error, error_size, "ledger '%s': %s", path, sqlite3_errmsg(lookup->database));
        }
    }
    if (!opened) {
        ledger_lookup_close(lookup);
        return NULL;
    }
    return lookup;
}

void ledger_lookup_close(struct ledger_lookup *lookup)
{
    if (lookup != NULL) {
        for (int i = 0; i < LOOKUP_STATEMENTS; i++) {
            sqlite3_finalize(lookup->statements[i]);
        }
        sqlite3_close(lookup->database);
        free(lookup);
    }
}

char *ledger_lookup_entry(struct ledger_lookup *lookup, const char *kind, const char *key)
{
    sqlite3_stmt *entry = lookup->statements[LOOKUP_ENTRY];
    sqlite3_bind_text(entry, 1, kind, -1, SQLITE_STATIC);
    sqlite3_bind_text(entry, 2, key, -1, SQLITE_STATIC);
    char *content = sqlite3_step(entry) == SQLITE_ROW
                        ? memory_text((const char *)sqlite3_column_text(entry, 0))
                        : NULL;
    sqlite3_reset(entry);
    return content;
}

static void rows_give(sqlite3_stmt *rows, const char *of,
    void (*give)(void *context, const char *text), void *context)
{
    sqlite3_bind_text(rows, 1, of, -1, SQLITE_STATIC);
    while (sqlite3_step(rows) == SQLITE_ROW) {
        give(context, (const char *)sqlite3_column_text(rows, 0));
    }
    sqlite3_reset(rows);
}

void ledger_lookup_duties(struct ledger_lookup *lookup, const char *incident,
    void (*give)(void *context, const char *json), void *context)
{
    rows_give(lookup->statements[LOOKUP_DUTIES], incident, give, context);
}

void ledger_lookup_drafts(struct ledger_lookup *lookup, const char *incident,
    void (*give)(void *context, const char *id), void *context)
{
    rows_give(lookup->statements[LOOKUP_DRAFTS], incident, give, context);
}

void ledger_lookup_notices(struct ledger_lookup *lookup, const char *duty,
    void (*give)(void *context, const char *id), void *context)
{
    rows_give(lookup->statements[LOOKUP_NOTICES], duty, give, context);
}
