#include "config/memory.h"

#include "detectors/ledger/store.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool store_facts(struct store *store, int64_t after, char **ret_json, int64_t *ret_entry)
{
    sqlite3_stmt *next = store->statements[STORE_FACT_NEXT];
    sqlite3_bind_int64(next, 1, after);
    bool found = sqlite3_step(next) == SQLITE_ROW;
    if (found) {
        *ret_entry = sqlite3_column_int64(next, 0);
        *ret_json = memory_text((const char *)sqlite3_column_text(next, 1));
    }
    sqlite3_reset(next);
    return found;
}

bool ledger_add(const char *path, struct change_set *changes, char *error, size_t error_size)
{
    struct store store;
    bool written = store_open(&store, path, error, error_size);
    if (written) {
        written = store_write(&store, changes, error, error_size) == STORE_DONE;
        store_close(&store);
    }
    change_set_free(changes);
    return written;
}

bool ledger_add_fact(
    const char *path, const char *id, const char *json, char *error, size_t error_size)
{
    if (access(path, F_OK) != 0) {
        snprintf(error, error_size, "there is no ledger '%s': a run or a replay makes it", path);
        return false;
    }
    struct change_set *changes = change_set_new(INSTANT_NONE);
    change_set_add_fact(changes, id, json);
    return ledger_add(path, changes, error, error_size);
}
