// Account hashes of several messages at once. Private to dataplane/.
//
// SipHash is a chain of steps that wait for each other, so one takes as long as eight beside each
// other do in a vector unit. So account numbers that stay where they are until the burst ends are
// only noted here, where they stand and where their hash belongs, and hashed eight at a time. What
// is noted is never the number itself. The hashes are account_hash's.
#pragma once

#include "dataplane/transactions/account.h"

#define ACCOUNTS_WAITING 64
#define WAITING_SHORTEST 16 // digits: two words and a tail, as nearly all cards have
#define WAITING_LONGEST  19
#define WAITING_SPARE    24 // bytes that must be there from the first digit on

struct waiting_account {
    const uint8_t *digits;
    const struct account_key *key;
    uint64_t *to;
    uint64_t count; // of digits
};

struct accounts {
    size_t count;
    struct waiting_account waiting[ACCOUNTS_WAITING];
};

#define ACCOUNTS_AT_ONCE 8

#ifdef __x86_64__
// Exactly ACCOUNTS_AT_ONCE under one key, on a processor that has this unit.
void accounts_hash_avx2(const struct waiting_account *of);
void accounts_hash_avx512(const struct waiting_account *of);
#endif

// Hashes all that wait.
void accounts_hash(struct accounts *accounts);

// `digits` and `to` must stay until accounts_hash.
static inline void accounts_add(struct accounts *accounts, const struct account_key *key,
    const uint8_t *digits, size_t count, uint64_t *to)
{
    if (__builtin_expect(accounts->count == ACCOUNTS_WAITING, 0)) {
        accounts_hash(accounts);
    }
    accounts->waiting[accounts->count++] = (struct waiting_account){digits, key, to, count};
}
