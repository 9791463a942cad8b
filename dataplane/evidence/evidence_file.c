#include "dataplane/evidence/evidence_file.h"

#include "config/memory.h"

#include <sodium.h>

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_BYTES 4096

struct evidence_file {
    char path[PATH_BYTES], part[PATH_BYTES];
    FILE *out;
    bool encrypts;
    int error; // errno of the first thing that could not be written
    uint64_t bytes;
    crypto_hash_sha256_state hash;
    crypto_secretstream_xchacha20poly1305_state stream;
    size_t held;
    uint8_t piece[EVIDENCE_PIECE_BYTES];
    uint8_t sealed[EVIDENCE_PIECE_BYTES + crypto_secretstream_xchacha20poly1305_ABYTES];
};

static void put(struct evidence_file *file, const void *bytes, size_t size)
{
    crypto_hash_sha256_update(&file->hash, bytes, size);
    file->bytes += size;
    if (fwrite(bytes, 1, size, file->out) != size && file->error == 0) {
        file->error = errno;
    }
}

static void piece_put(struct evidence_file *file, uint8_t tag)
{
    if (!file->encrypts) {
        put(file, file->piece, file->held);
    } else {
        unsigned long long size;
        crypto_secretstream_xchacha20poly1305_push(
            &file->stream, file->sealed, &size, file->piece, file->held, NULL, 0, tag);
        uint32_t length = htole32((uint32_t)size);
        put(file, &length, sizeof(length));
        put(file, file->sealed, (size_t)size);
    }
    file->held = 0;
}

static bool encryption_begin(struct evidence_file *file, const uint8_t *recipient)
{
    uint8_t key[crypto_secretstream_xchacha20poly1305_KEYBYTES];
    uint8_t sealed[sizeof(key) + crypto_box_SEALBYTES];
    uint8_t header[crypto_secretstream_xchacha20poly1305_HEADERBYTES];
    crypto_secretstream_xchacha20poly1305_keygen(key);
    bool good = crypto_box_seal(sealed, key, sizeof(key), recipient) == 0;
    crypto_secretstream_xchacha20poly1305_init_push(&file->stream, header, key);
    sodium_memzero(key, sizeof(key));
    put(file, EVIDENCE_MAGIC, EVIDENCE_MAGIC_BYTES);
    put(file, sealed, sizeof(sealed));
    put(file, header, sizeof(header));
    file->encrypts = true;
    return good;
}

static FILE *part_open(const char *path)
{
    int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    return descriptor < 0 ? NULL : fdopen(descriptor, "wb");
}

struct evidence_file *evidence_file_new(
    const char *path, const uint8_t *recipient, char *error, size_t error_size)
{
    struct evidence_file *file = memory_zeroed(1, sizeof(*file));
    int length = snprintf(file->path, sizeof(file->path), "%s", path);
    int part_length = snprintf(file->part, sizeof(file->part), "%s.part", path);
    bool fits = length >= 0 && part_length >= 0 && (size_t)part_length < sizeof(file->part);
    file->out = fits ? part_open(file->part) : NULL;
    if (file->out == NULL) {
        snprintf(error, error_size, "evidence '%s' cannot be made: %s", path,
            fits ? strerror(errno) : "its path is too long");
        free(file);
        return NULL;
    }
    crypto_hash_sha256_init(&file->hash);
    if (recipient != NULL && !encryption_begin(file, recipient)) {
        snprintf(error, error_size, "evidence '%s': the recipient's key is none", path);
        fclose(file->out);
        unlink(file->part);
        free(file);
        return NULL;
    }
    return file;
}

void evidence_file_add(struct evidence_file *file, const void *bytes, size_t size)
{
    for (const uint8_t *at = bytes; size > 0;) {
        size_t room = sizeof(file->piece) - file->held, some = size < room ? size : room;
        memcpy(file->piece + file->held, at, some);
        file->held += some;
        at += some;
        size -= some;
        if (file->held == sizeof(file->piece)) {
            piece_put(file, 0);
        }
    }
}

bool evidence_file_done(struct evidence_file *file, uint8_t hash[static EVIDENCE_HASH_BYTES],
    uint64_t *ret_bytes, char *error, size_t error_size)
{
    piece_put(file, crypto_secretstream_xchacha20poly1305_TAG_FINAL);
    crypto_hash_sha256_final(&file->hash, hash);
    *ret_bytes = file->bytes;
    if (file->error == 0 && (fflush(file->out) != 0 || fsync(fileno(file->out)) != 0)) {
        file->error = errno;
    }
    fclose(file->out);
    if (file->error == 0 && rename(file->part, file->path) != 0) {
        file->error = errno;
    }
    bool done = file->error == 0;
    if (!done) {
        snprintf(error, error_size, "evidence '%s' cannot be written: %s", file->path,
            strerror(file->error));
        unlink(file->part);
    }
    sodium_memzero(file, sizeof(*file)); // the stream's key
    free(file);
    return done;
}

bool evidence_key_read(
    const char *path, uint8_t key[static EVIDENCE_KEY_BYTES], char *error, size_t error_size)
{
    char text[2 * EVIDENCE_KEY_BYTES + 3] = "";
    const char *end = NULL;
    size_t bytes = 0;
    FILE *in = fopen(path, "re");
    bool read = in != NULL && fgets(text, sizeof(text), in) != NULL;
    int reason = errno;
    if (in != NULL) {
        fclose(in);
    }
    bool good =
        read &&
        sodium_hex2bin(key, EVIDENCE_KEY_BYTES, text, strlen(text), NULL, &bytes, &end) == 0 &&
        bytes == EVIDENCE_KEY_BYTES && (*end == '\n' || *end == '\0');
    if (!good) {
        snprintf(error, error_size, "key '%s' %s", path,
            in == NULL ? strerror(reason) : "is not one line of 64 hex digits");
    }
    sodium_memzero(text, sizeof(text));
    return good;
}
