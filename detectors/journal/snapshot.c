#include "detectors/journal/segments.h"

#include <sqlite3.h>

#include <sys/stat.h>
#include <unistd.h>

static bool copy(sqlite3 *source, sqlite3 *target)
{
    sqlite3_backup *backup = sqlite3_backup_init(target, "main", source, "main");
    bool done = backup != NULL && sqlite3_backup_step(backup, -1) == SQLITE_DONE;
    return sqlite3_backup_finish(backup) == SQLITE_OK && done;
}

bool snapshot_take(const char *from, const char *to)
{
    sqlite3 *source = NULL, *target = NULL;
    mode_t mask = umask(0077);
    bool good =
        sqlite3_open_v2(from, &source, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
        sqlite3_open_v2(to, &target, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) == SQLITE_OK;
    umask(mask);
    good = good && copy(source, target);
    // As one file, without those that go with a write-ahead log.
    good =
        good && sqlite3_exec(target, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL) == SQLITE_OK;
    sqlite3_close(source);
    good = sqlite3_close(target) == SQLITE_OK && good;
    if (!good) {
        unlink(to);
    }
    return good;
}
