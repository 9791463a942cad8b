#include "config/memory.h"

#include "detectors/ledger/store.h"

#include <stdio.h>
#include <stdlib.h>

enum outbox_statement {
    OUTBOX_NEXT,
    OUTBOX_SECOND_NEXT,
    OUTBOX_CALL_NEXT,
    OUTBOX_MARK,
    OUTBOX_COUNT,
    OUTBOX_DUE,
    OUTBOX_OLDEST,
    OUTBOX_STATEMENTS
};

struct outbox {
    sqlite3 *database;
    sqlite3_stmt *statements[OUTBOX_STATEMENTS];
};

#define ROW     "SELECT number, id, topic, key, headers, value FROM outbox WHERE " WAITING
#define WAITING "state = 'pending' AND topic <> '" OUTBOX_CALL "'" WITHOUT(OUTBOX_REFUSED)
#define WITHOUT(kind)                                                                              \
    " AND NOT EXISTS (SELECT 1 FROM entries e WHERE e.kind = '" kind "' AND e.key = outbox.id)"

static const char *const texts[OUTBOX_STATEMENTS] = {
    [OUTBOX_NEXT] = ROW " AND number > ? ORDER BY number LIMIT 1",
    [OUTBOX_SECOND_NEXT] = ROW " AND number > ?" WITHOUT(OUTBOX_SECOND) " ORDER BY number LIMIT 1",
    [OUTBOX_CALL_NEXT] = "SELECT number, id, topic, key, headers, value FROM outbox"
                         " WHERE state = 'pending' AND topic = '" OUTBOX_CALL "' AND number > ?"
                         " ORDER BY number LIMIT 1",
    [OUTBOX_DUE] = "SELECT min(json_extract(headers, '$.ce_due')) FROM outbox WHERE " WAITING,
    [OUTBOX_OLDEST] = "SELECT json_extract(headers, '$.ce_time') FROM outbox WHERE " WAITING
                      " ORDER BY number LIMIT 1",
    [OUTBOX_MARK] = "UPDATE outbox SET attempts = attempts + 1, delivered_at = ?2,"
                    " state = CASE WHEN ?2 IS NULL THEN 'pending' ELSE 'delivered' END"
                    " WHERE number = ?1 AND state = 'pending'",
    [OUTBOX_COUNT] = "SELECT count(*) FROM outbox WHERE " WAITING,
};

struct outbox *outbox_open(const char *path, char *error, size_t error_size)
{
    struct outbox *outbox = memory_zeroed(1, sizeof(*outbox));
    bool opened = store_connect(path, &outbox->database, error, error_size);
    for (int i = 0; opened && i < OUTBOX_STATEMENTS; i++) {
        opened = sqlite3_prepare_v2(outbox->database, texts[i], -1, &outbox->statements[i], NULL) ==
                 SQLITE_OK;
        if (!opened) {
            snprintf(error, error_size, "ledger '%s': %s", path, outbox_error(outbox));
        }
    }
    if (!opened) {
        outbox_close(outbox);
        return NULL;
    }
    return outbox;
}

void outbox_close(struct outbox *outbox)
{
    if (outbox == NULL) {
        return;
    }
    for (int i = 0; i < OUTBOX_STATEMENTS; i++) {
        sqlite3_finalize(outbox->statements[i]);
    }
    sqlite3_close(outbox->database);
    free(outbox);
}

const char *outbox_error(struct outbox *outbox)
{
    return sqlite3_errmsg(outbox->database);
}

void outbox_rest(struct outbox *outbox)
{
    sqlite3_reset(outbox->statements[OUTBOX_NEXT]);
    sqlite3_reset(outbox->statements[OUTBOX_SECOND_NEXT]);
    sqlite3_reset(outbox->statements[OUTBOX_CALL_NEXT]);
}

static int row_read(
    struct outbox *outbox, sqlite3_stmt *next, int64_t number, struct outbox_row *ret)
{
    outbox_rest(outbox);
    sqlite3_bind_int64(next, 1, number);
    int result = sqlite3_step(next);
    if (result != SQLITE_ROW) {
        sqlite3_reset(next);
        return result == SQLITE_DONE ? 0 : -1;
    }
    *ret = (struct outbox_row){
        .number = sqlite3_column_int64(next, 0),
        .id = (const char *)sqlite3_column_text(next, 1),
        .topic = (const char *)sqlite3_column_text(next, 2),
        .key = (const char *)sqlite3_column_text(next, 3),
        .headers = (const char *)sqlite3_column_text(next, 4),
        .value = (const char *)sqlite3_column_text(next, 5),
    };
    return 1;
}

int outbox_next(struct outbox *outbox, int64_t number, struct outbox_row *ret)
{
    return row_read(outbox, outbox->statements[OUTBOX_NEXT], number, ret);
}

int outbox_second_next(struct outbox *outbox, int64_t number, struct outbox_row *ret)
{
    return row_read(outbox, outbox->statements[OUTBOX_SECOND_NEXT], number, ret);
}

int outbox_call_next(struct outbox *outbox, int64_t number, struct outbox_row *ret)
{
    return row_read(outbox, outbox->statements[OUTBOX_CALL_NEXT], number, ret);
}

static int instant_read(struct outbox *outbox, enum outbox_statement which, struct instant *ret)
{
    sqlite3_stmt *statement = outbox->statements[which];
    outbox_rest(outbox);
    int result = sqlite3_step(statement);
    const char *text =
        result == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
    bool found = text != NULL && instant_parse(text, ret);
    sqlite3_reset(statement);
    return result == SQLITE_ROW || result == SQLITE_DONE ? found : -1;
}

int outbox_due(struct outbox *outbox, struct instant *ret)
{
    return instant_read(outbox, OUTBOX_DUE, ret);
}

int outbox_oldest(struct outbox *outbox, struct instant *ret)
{
    return instant_read(outbox, OUTBOX_OLDEST, ret);
}

static bool mark_all(
    struct outbox *outbox, const int64_t *numbers, size_t count, const char *delivered_at)
{
    sqlite3_stmt *mark = outbox->statements[OUTBOX_MARK];
    for (size_t i = 0; i < count; i++) {
        sqlite3_bind_int64(mark, 1, numbers[i]);
        sqlite3_bind_text(mark, 2, delivered_at, -1, SQLITE_STATIC); // NULL binds NULL
        int result = sqlite3_step(mark);
        sqlite3_reset(mark);
        if (result != SQLITE_DONE) {
            return false;
        }
    }
    return true;
}

bool outbox_mark(
    struct outbox *outbox, const int64_t *numbers, size_t count, const char *delivered_at)
{
    sqlite3 *database = outbox->database;
    outbox_rest(outbox);
    bool marked = sqlite3_exec(database, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK &&
                  mark_all(outbox, numbers, count, delivered_at) &&
                  sqlite3_exec(database, "COMMIT", NULL, NULL, NULL) == SQLITE_OK;
    if (!marked && !sqlite3_get_autocommit(database)) {
        sqlite3_exec(database, "ROLLBACK", NULL, NULL, NULL);
    }
    return marked;
}

int64_t outbox_pending(struct outbox *outbox)
{
    sqlite3_stmt *count = outbox->statements[OUTBOX_COUNT];
    outbox_rest(outbox);
    int64_t pending = sqlite3_step(count) == SQLITE_ROW ? sqlite3_column_int64(count, 0) : -1;
    sqlite3_reset(count);
    return pending;
}
