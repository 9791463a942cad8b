#include "dataplane/transactions/account.h"

#include <sodium.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

_Static_assert(crypto_shorthash_KEYBYTES == 16, "the key of SipHash");
_Static_assert(PAIRING_SECRET_BYTES % crypto_generichash_BYTES_MAX == 0, "made in whole blocks");

#define KEY_HEX_DIGITS 32

// The file's bytes; -1 with errno, or a rule that it breaks in *rule.
static ssize_t key_file_read(const char *path, char *text, size_t size, const char **rule)
{
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0) {
        return -1;
    }
    struct stat status;
    ssize_t count = -1;
    if (fstat(file, &status) != 0) {
        goto done;
    }
    if (!S_ISREG(status.st_mode)) {
        *rule = "must be a regular file";
    } else if ((status.st_mode & 077) != 0) {
        *rule = "must be readable by its owner only (chmod 600)";
    } else {
        count = read(file, text, size);
    }
done:
    close(file);
    return count;
}

void account_key_set(struct account_key *key, const uint8_t bytes[static 16])
{
    static const size_t block = crypto_generichash_BYTES_MAX;
    memcpy(key->bytes, bytes, sizeof(key->bytes));
    for (uint8_t i = 0; i < PAIRING_SECRET_BYTES / block; i++) {
        uint8_t name[] = {'p', 'a', 'i', 'r', 'i', 'n', 'g', i};
        crypto_generichash((uint8_t *)key->secret + i * block, block, name, sizeof(name),
            key->bytes, sizeof(key->bytes));
    }
}

static bool key_from_text(const char *text, size_t length, struct account_key *ret)
{
    uint8_t key[sizeof(ret->bytes)];
    if (length > 0 && text[length - 1] == '\n') {
        length--;
    }
    size_t bytes = 0;
    const char *end = NULL;
    bool fine = length == KEY_HEX_DIGITS &&
                sodium_hex2bin(key, sizeof(key), text, length, NULL, &bytes, &end) == 0 &&
                bytes == sizeof(key) && end == text + length;
    if (fine) {
        account_key_set(ret, key);
    }
    sodium_memzero(key, sizeof(key));
    return fine;
}

bool account_key_read(const char *path, struct account_key *ret, struct mistakes *mistakes)
{
    if (sodium_init() < 0) {
        mistake(mistakes, path, 0, 0, "the cryptographic library cannot be started");
        return false;
    }
    if (path == NULL || path[0] == '\0') {
        uint8_t bytes[sizeof(ret->bytes)];
        randombytes_buf(bytes, sizeof(bytes));
        account_key_set(ret, bytes);
        sodium_memzero(bytes, sizeof(bytes));
        return true;
    }
    char text[KEY_HEX_DIGITS + 2];
    const char *rule = NULL;
    ssize_t count = key_file_read(path, text, sizeof(text), &rule);
    struct account_key key;
    bool fine = count >= 0 && key_from_text(text, (size_t)count, &key);
    if (fine) {
        *ret = key;
    } else if (rule != NULL) {
        mistake(mistakes, path, 0, 0, "the account key's file %s", rule);
    } else if (count < 0) {
        mistake(mistakes, path, 0, 0, "the account key cannot be read: %s", strerror(errno));
    } else {
        mistake(mistakes, path, 0, 0, "the account key must be %d hex digits", KEY_HEX_DIGITS);
    }
    sodium_memzero(&key, sizeof(key));
    sodium_memzero(text, sizeof(text));
    return fine;
}

void account_key_done(struct account_key *key)
{
    if (key != NULL) {
        sodium_memzero(key, sizeof(*key));
    }
}

uint64_t account_hash(const struct account_key *key, const uint8_t *bytes, size_t length)
{
    uint64_t hash;
    crypto_shorthash((unsigned char *)&hash, bytes, length, key->bytes);
    return hash != 0 ? hash : 1;
}

void key_hash(const struct account_key *key, const uint64_t *words, size_t slots, uint64_t ret[2])
{
    key_sum sum = 0;
    for (size_t i = 0; i < slots; i++) {
        sum += key_slot_hash(key, i, words[2 * i], words[2 * i + 1]);
    }
    key_sum_spread(sum, ret);
}
