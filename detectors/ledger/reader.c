// Reading beside a process that writes, also where nothing can be written: a ledger that was closed
// and lies on a medium or in a folder that is read-only has no -wal, and is read as it is.
#include "detectors/ledger/reader.h"

#include "detectors/ledger/store.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BUSY_MS 10000

// file:PATH?..., with what would end the path escaped.
static bool uri_make(const char *path, const char *how, char *ret, size_t size)
{
    size_t at = (size_t)snprintf(ret, size, "file:");
    for (; *path != '\0' && at + 4 < size; path++) {
        bool plain = strchr("?#%", *path) == NULL;
        at += (size_t)snprintf(ret + at, size - at, plain ? "%c" : "%%%02X", (unsigned char)*path);
    }
    int length = snprintf(ret + at, size - at, "?%s", how);
    return *path == '\0' && length > 0 && (size_t)length < size - at;
}

static int try_open(const char *path, const char *how, sqlite3 **ret)
{
    char uri[8192];
    if (!uri_make(path, how, uri, sizeof(uri))) {
        return SQLITE_CANTOPEN;
    }
    int result = sqlite3_open_v2(
        uri, ret, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL);
    if (result == SQLITE_OK) {
        sqlite3_busy_timeout(*ret, BUSY_MS);
        result = sqlite3_exec(*ret, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL);
    }
    return result;
}

static bool has_wal(const char *path)
{
    char name[4352];
    snprintf(name, sizeof(name), "%s-wal", path);
    return access(name, F_OK) == 0;
}

bool ledger_read(const char *path, sqlite3 **ret, char *error, size_t error_size)
{
    sqlite3 *database = NULL;
    *ret = NULL;
    if (access(path, F_OK) != 0) {
        snprintf(error, error_size, "there is no ledger '%s': a run or a replay makes it", path);
        return false;
    }
    int result = try_open(path, "mode=ro", &database);
    if ((result == SQLITE_CANTOPEN || (result & 0xff) == SQLITE_READONLY) && !has_wal(path)) {
        sqlite3_close(database);
        database = NULL;
        result = try_open(path, "immutable=1", &database);
    }
    if (result != SQLITE_OK || !store_functions_add(database)) {
        store_refuse(database, path, error, error_size);
        sqlite3_close(database);
        return false;
    }
    *ret = database;
    return true;
}
