// A copy of a ledger while others write it: all pages in one read transaction, for which no writer
// of a WAL file waits. The copy is no WAL file, so that it can be read from a medium that is
// read-only; it has its own head, and counts as made when it has been verified.
#include "detectors/ledger/reader.h"
#include "detectors/ledger/store.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static bool pages_copy(sqlite3 *from, sqlite3 *to)
{
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
    int result = backup == NULL ? SQLITE_ERROR : sqlite3_backup_step(backup, -1);
    return sqlite3_backup_finish(backup) == SQLITE_OK && result == SQLITE_DONE;
}

// A file of that name is nobody's to write over.
static bool target_make(const char *path, char *error, size_t error_size)
{
    char head[4352];
    snprintf(head, sizeof(head), "%s-head", path);
    int file =
        access(head, F_OK) == 0 ? -1 : open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) {
        snprintf(
            error, error_size, "'%s' or '%s-head' is there already, or cannot be made", path, path);
        return false;
    }
    close(file);
    return true;
}

static void target_remove(const char *path)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal", "-head"};
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        char name[4352];
        snprintf(name, sizeof(name), "%s%s", path, suffixes[i]);
        unlink(name);
    }
}

static bool head_copy(sqlite3 *database, const char *path)
{
    uint8_t hash[HASH_BYTES];
    struct ledger_head head = {0};
    if (!store_last_hash(database, &head.count, hash)) {
        return false;
    }
    for (int i = 0; i < HASH_BYTES; i++) {
        snprintf(&head.hash[2 * i], 3, "%02x", hash[i]);
    }
    return store_head_write(database, path, &head);
}

static bool copy_make(sqlite3 *from, const char *path, char *error, size_t error_size)
{
    sqlite3 *to = NULL;
    bool made = sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) ==
                    SQLITE_OK &&
                pages_copy(from, to) &&
                sqlite3_exec(to, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL) == SQLITE_OK &&
                head_copy(to, path);
    if (!made) {
        store_refuse(to, path, error, error_size);
    }
    return sqlite3_close(to) == SQLITE_OK && made;
}

bool ledger_backup(
    const char *path, const char *to, struct ledger_head *ret_head, char *error, size_t error_size)
{
    sqlite3 *from = NULL;
    if (!ledger_read(path, &from, error, error_size)) {
        return false;
    }
    bool made = target_make(to, error, error_size);
    if (made) {
        made = copy_make(from, to, error, error_size) &&
               ledger_verify(to, ret_head, error, error_size);
        if (!made) {
            target_remove(to);
        }
    }
    sqlite3_close(from);
    return made;
}
