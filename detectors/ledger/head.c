// How far the chain has come stands beside the ledger too, in <ledger>-head: number and hash of the
// last entry. Without it a chain that somebody has cut off at its end, or a ledger that was put
// back to an earlier state, would fit. It is written behind each commit, over itself and of one
// length, so that a full disk does not stop it; killed in between it lags, which is no fault: the
// entry that it names is there. It only ever moves forward, and never when the chain does not hold
// the entry that it names: then it stays, as the trace of what is missing.
#include "detectors/ledger/reader.h"
#include "detectors/ledger/store.h"

#include <sodium.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define HEAD_FORMAT "tapgrade ledger head %020lld %s\n"
#define HEAD_SIZE   (21 + 20 + 1 + 2 * HASH_BYTES + 1)

static int head_open(const char *path, int flags)
{
    char name[4352];
    int length = snprintf(name, sizeof(name), "%s-head", path);
    if (length < 0 || (size_t)length >= sizeof(name)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return open(name, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
}

// 1: read, 0: it is empty, -1: it is something else.
static int head_scan(int file, struct ledger_head *ret)
{
    char text[HEAD_SIZE + 2] = "", again[HEAD_SIZE + 2];
    long long count;
    ssize_t length = pread(file, text, sizeof(text) - 1, 0);
    if (length <= 0) {
        return (int)length;
    }
    struct ledger_head head = {0};
    if (length != HEAD_SIZE ||
        sscanf(text, "tapgrade ledger head %20lld %64[0-9a-f]", &count, head.hash) != 2) {
        return -1;
    }
    snprintf(again, sizeof(again), HEAD_FORMAT, count, head.hash);
    head.count = count;
    *ret = head;
    return strcmp(text, again) == 0 ? 1 : -1;
}

enum head_state ledger_head_read(const char *path, struct ledger_head *ret)
{
    int file = head_open(path, O_RDONLY);
    if (file < 0) {
        return errno == ENOENT ? HEAD_MISSING : HEAD_UNREADABLE;
    }
    int result = head_scan(file, ret);
    close(file);
    return result == 1 ? HEAD_READ : HEAD_UNREADABLE;
}

bool store_head_fits(sqlite3 *database, const struct ledger_head *head)
{
    sqlite3_stmt *statement = NULL;
    char hash[HASH_TEXT_MAX] = "";
    if (head->count == 0) {
        return strspn(head->hash, "0") == sizeof(head->hash) - 1;
    }
    if (sqlite3_prepare_v2(database, "SELECT hash FROM entries WHERE number = ?", -1, &statement,
            NULL) == SQLITE_OK &&
        sqlite3_bind_int64(statement, 1, head->count) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_bytes(statement, 0) == HASH_BYTES) {
        sodium_bin2hex(hash, sizeof(hash), sqlite3_column_blob(statement, 0), HASH_BYTES);
    }
    sqlite3_finalize(statement);
    return strcmp(hash, head->hash) == 0;
}

bool ledger_holds(const char *path, const struct ledger_head *head, char *error, size_t error_size)
{
    sqlite3 *database;
    if (!ledger_read(path, &database, error, error_size)) {
        return false;
    }
    bool holds = store_head_fits(database, head);
    sqlite3_close(database);
    if (!holds) {
        snprintf(error, error_size, "ledger '%s': entry %lld is not the one that was kept", path,
            (long long)head->count);
    }
    return holds;
}

static bool head_put(int file, const struct ledger_head *head)
{
    char text[HEAD_SIZE + 2];
    int length = snprintf(text, sizeof(text), HEAD_FORMAT, (long long)head->count, head->hash);
    return pwrite(file, text, (size_t)length, 0) == length && fdatasync(file) == 0;
}

bool store_head_write(sqlite3 *database, const char *path, const struct ledger_head *head)
{
    struct ledger_head there = {0};
    int file = head_open(path, O_RDWR | O_CREAT);
    if (file < 0 || flock(file, LOCK_EX) != 0) { // the other process that writes entries
        close(file);
        return false;
    }
    int result = head_scan(file, &there);
    bool fits = result == 0 || (result == 1 && store_head_fits(database, &there));
    bool written = fits && ((result == 1 && there.count >= head->count) || head_put(file, head));
    close(file);
    return written;
}
