#include "tools/ledger/folder.h"

#include "config/memory.h"

#include <sodium.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES  4352
#define BLOCK_BYTES 65536

struct folder {
    char *path;
    char *sums;
    size_t sums_size;
    FILE *list; // of sums
    int mistake;
    char name[256]; // where the mistake was
};

struct folder *folder_new(const char *path, char *error, size_t error_size)
{
    if (sodium_init() < 0 || mkdir(path, 0700) != 0) {
        snprintf(error, error_size, "the folder '%s' cannot be made: %s", path, strerror(errno));
        return NULL;
    }
    struct folder *folder = memory_zeroed(1, sizeof(*folder));
    folder->path = memory_text(path);
    folder->list = open_memstream(&folder->sums, &folder->sums_size);
    return folder;
}

static void mistake_keep(struct folder *folder, const char *name)
{
    if (folder->mistake == 0) {
        folder->mistake = errno != 0 ? errno : EIO;
        snprintf(folder->name, sizeof(folder->name), "%s", name);
    }
}

// -1 after a mistake, which is kept.
static int file_make(struct folder *folder, const char *name)
{
    char path[PATH_BYTES];
    const char *slash = strchr(name, '/');
    errno = 0;
    if (slash != NULL) {
        snprintf(path, sizeof(path), "%s/%.*s", folder->path, (int)(slash - name), name);
        (void)mkdir(path, 0700);
    }
    snprintf(path, sizeof(path), "%s/%s", folder->path, name);
    int file = folder->mistake != 0 || folder->list == NULL
                   ? -1
                   : open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0) {
        mistake_keep(folder, name);
    }
    return file;
}

static bool write_all(int file, const uint8_t *bytes, size_t size)
{
    while (size > 0) {
        ssize_t written = write(file, bytes, size);
        if (written <= 0) {
            return false;
        }
        bytes += written;
        size -= (size_t)written;
    }
    return true;
}

static void file_close(struct folder *folder, const char *name, int file, bool written,
    crypto_hash_sha256_state *state)
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    char text[2 * sizeof(hash) + 1];
    if (fsync(file) != 0 || close(file) != 0 || !written) {
        mistake_keep(folder, name);
        return;
    }
    crypto_hash_sha256_final(state, hash);
    sodium_bin2hex(text, sizeof(text), hash, sizeof(hash));
    fprintf(folder->list, "%s  %s\n", text, name);
}

void folder_put(struct folder *folder, const char *name, const void *bytes, size_t size)
{
    crypto_hash_sha256_state state;
    int file = file_make(folder, name);
    if (file >= 0) {
        crypto_hash_sha256_init(&state);
        crypto_hash_sha256_update(&state, bytes, size);
        file_close(folder, name, file, write_all(file, bytes, size), &state);
    }
}

void folder_put_text(struct folder *folder, const char *name, const char *text)
{
    folder_put(folder, name, text, strlen(text));
}

bool folder_copy(struct folder *folder, const char *name, const char *from)
{
    static uint8_t block[BLOCK_BYTES];
    crypto_hash_sha256_state state;
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = in < 0 ? -1 : file_make(folder, name);
    bool written = out >= 0;
    ssize_t got = 0;
    crypto_hash_sha256_init(&state);
    while (written && (got = read(in, block, sizeof(block))) > 0) {
        crypto_hash_sha256_update(&state, block, (size_t)got);
        written = write_all(out, block, (size_t)got);
    }
    if (out >= 0) {
        file_close(folder, name, out, written && got == 0, &state);
    }
    if (in >= 0) {
        close(in);
    }
    return in >= 0;
}

// The hash of what lies at a path, which is synced.
static bool file_sum(int file, crypto_hash_sha256_state *state)
{
    static uint8_t block[BLOCK_BYTES];
    ssize_t got = 0;
    crypto_hash_sha256_init(state);
    while (file >= 0 && (got = read(file, block, sizeof(block))) > 0) {
        crypto_hash_sha256_update(state, block, (size_t)got);
    }
    return got == 0;
}

void folder_write(struct folder *folder, const char *name,
    bool (*write)(const char *path, const void *what, char *error, size_t error_size),
    const void *what)
{
    char path[PATH_BYTES], error[512];
    crypto_hash_sha256_state state;
    snprintf(path, sizeof(path), "%s/%s", folder->path, name);
    errno = 0;
    if (folder->mistake != 0 || !write(path, what, error, sizeof(error)) ||
        chmod(path, 0600) != 0) {
        mistake_keep(folder, name);
        return;
    }
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    bool good = file_sum(file, &state);
    if (file < 0) {
        mistake_keep(folder, name);
    } else {
        file_close(folder, name, file, good, &state);
    }
}

static void sums_write(struct folder *folder)
{
    static const char name[] = "SHA256SUMS";
    int file = file_make(folder, name);
    bool written = file >= 0 && write_all(file, (const uint8_t *)folder->sums, folder->sums_size);
    if (file >= 0 && (fsync(file) != 0 || close(file) != 0 || !written)) {
        mistake_keep(folder, name);
    }
}

bool folder_end(struct folder *folder, char *error, size_t error_size)
{
    if (folder->list == NULL || fflush(folder->list) != 0) {
        errno = ENOMEM;
        mistake_keep(folder, "SHA256SUMS");
    }
    sums_write(folder);
    bool good = folder->mistake == 0;
    if (!good) {
        snprintf(error, error_size, "'%s/%s' cannot be written: %s", folder->path, folder->name,
            strerror(folder->mistake));
    }
    if (folder->list != NULL) {
        fclose(folder->list);
    }
    free(folder->sums);
    free(folder->path);
    free(folder);
    return good;
}
