// Walks the chain from its first entry. What it cannot see: entries cut off at the end, when nobody
// has kept the last hash elsewhere (the messages on Kafka are such a copy).
#include "detectors/ledger/store.h"

#include <sodium.h>

#include <stdio.h>
#include <string.h>

static const char all_entries[] =
    "SELECT number, kind, key, content, previous, hash FROM entries ORDER BY number";

static bool entry_fits(
    sqlite3_stmt *entry, int64_t expected, const uint8_t previous[static HASH_BYTES])
{
    uint8_t hash[HASH_BYTES];
    if (sqlite3_column_int64(entry, 0) != expected ||
        sqlite3_column_bytes(entry, 4) != HASH_BYTES ||
        sqlite3_column_bytes(entry, 5) != HASH_BYTES ||
        memcmp(sqlite3_column_blob(entry, 4), previous, HASH_BYTES) != 0) {
        return false;
    }
    store_hash(previous, (const char *)sqlite3_column_text(entry, 1),
        (const char *)sqlite3_column_text(entry, 2), (const char *)sqlite3_column_text(entry, 3),
        hash);
    return memcmp(sqlite3_column_blob(entry, 5), hash, HASH_BYTES) == 0;
}

static bool chain_walk(sqlite3 *database, const char *path, char *error, size_t error_size)
{
    uint8_t previous[HASH_BYTES] = {0};
    sqlite3_stmt *entry = NULL;
    int result = sqlite3_prepare_v2(database, all_entries, -1, &entry, NULL);
    bool fits = result == SQLITE_OK;
    for (int64_t number = 1; fits && (result = sqlite3_step(entry)) == SQLITE_ROW; number++) {
        fits = entry_fits(entry, number, previous);
        if (!fits) {
            snprintf(error, error_size,
                "ledger '%s': the hash chain is broken at entry %lld (%s '%s')", path,
                (long long)number, (const char *)sqlite3_column_text(entry, 1),
                (const char *)sqlite3_column_text(entry, 2));
        } else {
            memcpy(previous, sqlite3_column_blob(entry, 5), HASH_BYTES);
        }
    }
    if (fits && result != SQLITE_DONE) {
        fits = false;
    }
    if (!fits && result != SQLITE_ROW) {
        snprintf(error, error_size, "ledger '%s': %s", path, sqlite3_errmsg(database));
    }
    sqlite3_finalize(entry);
    return fits;
}

bool ledger_verify(const char *path, char *error, size_t error_size)
{
    sqlite3 *database = NULL;
    bool fits = sodium_init() >= 0;
    if (sqlite3_open_v2(path, &database, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK) {
        snprintf(error, error_size, "ledger '%s': %s", path, sqlite3_errmsg(database));
        fits = false;
    }
    fits = fits && chain_walk(database, path, error, error_size);
    sqlite3_close(database);
    return fits;
}
