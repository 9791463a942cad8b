// The schema and its steps: version 0 is a new file; each later one is a step of its own, and all
// that are missing are one transaction. What a step cannot say in SQL is code here.
#include "config/memory.h"

#include "detectors/ledger/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// By the version that they lead to.
static const char *const schemas[LEDGER_VERSION + 1] = {
    [1] =
#include "detectors/ledger/schema.sql.inc"
        ,
    [2] =
#include "detectors/ledger/schema-2.sql.inc"
        ,
    [3] =
#include "detectors/ledger/schema-3.sql.inc"
        ,
};

int64_t store_version(sqlite3 *database)
{
    sqlite3_stmt *statement = NULL;
    int64_t version = -1;
    if (sqlite3_prepare_v2(database, "PRAGMA user_version", -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW) {
        version = sqlite3_column_int64(statement, 0);
    }
    sqlite3_finalize(statement);
    return version;
}

bool store_last_hash(sqlite3 *database, int64_t *ret_number, uint8_t ret[static HASH_BYTES])
{
    static const char last[] = "SELECT number, hash FROM entries ORDER BY number DESC LIMIT 1";
    sqlite3_stmt *statement = NULL;
    memset(ret, 0, HASH_BYTES);
    *ret_number = 0;
    if (sqlite3_prepare_v2(database, last, -1, &statement, NULL) != SQLITE_OK) {
        return false;
    }
    int result = sqlite3_step(statement);
    if (result == SQLITE_ROW && sqlite3_column_bytes(statement, 1) == HASH_BYTES) {
        memcpy(ret, sqlite3_column_blob(statement, 1), HASH_BYTES);
        *ret_number = sqlite3_column_int64(statement, 0);
    }
    sqlite3_finalize(statement);
    return result == SQLITE_ROW || result == SQLITE_DONE;
}

// One entry at the chain's end for a message of an older version.
static bool message_adopt(
    sqlite3_stmt *insert, const char *id, const char *mark, uint8_t hash[static HASH_BYTES])
{
    uint8_t next[HASH_BYTES];
    store_hash(hash, "message", id, mark, next);
    sqlite3_bind_text(insert, 1, id, -1, SQLITE_STATIC);
    sqlite3_bind_text(insert, 2, mark, -1, SQLITE_STATIC);
    sqlite3_bind_blob(insert, 3, hash, HASH_BYTES, SQLITE_STATIC);
    sqlite3_bind_blob(insert, 4, next, HASH_BYTES, SQLITE_STATIC);
    int result = sqlite3_step(insert);
    sqlite3_reset(insert);
    memcpy(hash, next, HASH_BYTES);
    return result == SQLITE_DONE;
}

// Of a ledger of version 1 or 2: its messages come into the chain.
static bool messages_adopt(sqlite3 *database)
{
    static const char all[] =
        "SELECT id, ledger_mark(topic, key, headers, value) FROM outbox ORDER BY number";
    static const char add[] =
        "INSERT INTO entries (kind, key, content, previous, hash) VALUES ('message', ?, ?, ?, ?)";
    sqlite3_stmt *messages = NULL, *insert = NULL;
    uint8_t hash[HASH_BYTES];
    int64_t number;
    bool good = sqlite3_prepare_v2(database, all, -1, &messages, NULL) == SQLITE_OK &&
                sqlite3_prepare_v2(database, add, -1, &insert, NULL) == SQLITE_OK &&
                store_last_hash(database, &number, hash);
    int result = SQLITE_ROW;
    while (good && (result = sqlite3_step(messages)) == SQLITE_ROW) {
        good = message_adopt(insert, (const char *)sqlite3_column_text(messages, 0),
            (const char *)sqlite3_column_text(messages, 1), hash);
    }
    sqlite3_finalize(messages);
    sqlite3_finalize(insert);
    return good && result == SQLITE_DONE;
}

bool store_make(sqlite3 *database, int64_t version)
{
    bool made = true;
    for (; made && version < LEDGER_VERSION; version++) {
        made = sqlite3_exec(database, schemas[version + 1], NULL, NULL, NULL) == SQLITE_OK;
        made = made && (version + 1 != 3 || messages_adopt(database));
    }
    return made;
}

// A step may make a table anew that others refer to, which SQLite allows only while it does not
// look at references, and that cannot be said inside a transaction.
bool store_migrate(sqlite3 *database, const char *path, char *error, size_t error_size)
{
    if (sqlite3_exec(database, "PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE", NULL, NULL, NULL) !=
        SQLITE_OK) {
        return store_refuse(database, path, error, error_size);
    }
    int64_t version = store_version(database);
    if (version < 0 || version > LEDGER_VERSION) {
        snprintf(error, error_size, "ledger '%s' has version %lld; this program knows %d", path,
            (long long)version, LEDGER_VERSION);
        return false;
    }
    return (store_make(database, version) &&
               sqlite3_exec(database, "COMMIT; PRAGMA foreign_keys = ON", NULL, NULL, NULL) ==
                   SQLITE_OK) ||
           store_refuse(database, path, error, error_size);
}
