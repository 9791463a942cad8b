// The keyed hash under which an account leaves the parser: SipHash-2-4 of libsodium. The clear
// number is never copied. The key comes from a file of mode 0600, or is made per run.
//
// Pairing keys leave no process and are shown nowhere. They are NH, the universal hash of VMAC and
// UMAC (RFC 4418), with words of 64 bits: each pair of words, a secret added to both, multiplied to
// 128 bits, and the products added up. The secret is made of the account key: who sends traffic
// must not be able to choose two texts that meet, and knows neither the secret nor any hash of it.
// Two different texts meet with a probability of 2^-64 at most, over all secrets.
#pragma once

#include "config/yaml.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define KEY_SLOTS_MAX        108 // of 16 bytes
#define PAIRING_SECRET_BYTES (KEY_SLOTS_MAX * 16)

struct account_key {
    uint8_t bytes[16];
    uint64_t secret[2 * KEY_SLOTS_MAX]; // of pairing keys; made of `bytes`
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

__extension__ typedef unsigned __int128 key_sum;

// What the slot at this place of a text adds to its hash.
static inline key_sum key_slot_hash(
    const struct account_key *key, size_t place, uint64_t low, uint64_t high)
{
    return (key_sum)(low + key->secret[2 * place]) * (high + key->secret[2 * place + 1]);
}

// The sum of a text's slots, with its bits spread: tables go by some of them. Different sums stay
// different.
static inline void key_sum_spread(key_sum sum, uint64_t ret[2])
{
    uint64_t low = (uint64_t)sum, high = (uint64_t)(sum >> 64);
    high = (high ^ low >> 32) * 0x9E3779B97F4A7C15;
    high ^= high >> 32;
    ret[0] = low ^ high;
    ret[1] = high;
}

// 64-bit hash of a merchant's id, never 0. It must leave no process as it is. Ids of more than 16
// bytes are told apart by the first 8 and the last 8.
static inline uint64_t merchant_hash(
    const struct account_key *key, const uint8_t *bytes, size_t length)
{
    uint64_t low = 0, high = 0, hash[2];
    if (__builtin_expect(length >= sizeof(low), 1)) { // no call for a count that is not known
        memcpy(&low, bytes, sizeof(low));
        memcpy(&high, bytes + length - sizeof(high), sizeof(high));
    } else {
        memcpy(&low, bytes, length);
        memcpy(&high, bytes, length);
    }
    key_sum_spread(key_slot_hash(key, KEY_SLOTS_MAX - 1, low, high), hash);
    return hash[0] != 0 ? hash[0] : 1;
}

// 128-bit hash for pairing keys, of up to KEY_SLOTS_MAX slots of two words. Texts of different
// counts of slots must differ in the first.
void key_hash(const struct account_key *key, const uint64_t *words, size_t slots, uint64_t ret[2]);
