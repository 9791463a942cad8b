// The keyed hash under which an account leaves the parser: SipHash-2-4 of libsodium. The clear
// number is never copied. The key comes from a file of mode 0600, or is made per run.
//
// Pairing keys leave no process and are shown nowhere. They are XXH3, 128 bits, under a secret that
// is made of the account key: who sends traffic must not be able to choose two that meet, and knows
// neither the secret nor any hash of it.
#pragma once

#include "config/yaml.h"

#include <stddef.h>
#include <stdint.h>

#define PAIRING_SECRET_BYTES 192

struct account_key {
    uint8_t bytes[16];
    uint8_t secret[PAIRING_SECRET_BYTES]; // of pairing keys; made of `bytes`
};

// Makes a key of its bytes.
void account_key_set(struct account_key *key, const uint8_t bytes[static 16]);

// Reads 32 hex digits. The file must be a regular file that only its owner may read. An empty path
// makes a random key. False with a mistake that names the file and the rule.
bool account_key_read(const char *path, struct account_key *ret, struct mistakes *mistakes);
// Overwrites the key.
void account_key_done(struct account_key *key);

// 64-bit hash; never 0. `bytes` are the digits as they are on the wire of one dialect.
uint64_t account_hash(const struct account_key *key, const uint8_t *bytes, size_t length);
// 128-bit hash for pairing keys.
void key_hash(const struct account_key *key, const uint8_t *bytes, size_t length, uint64_t ret[2]);
