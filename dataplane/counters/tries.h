// A try of an intent: what grouping (intents.c) needs of a transaction that failed, on its way from
// the worker that paired it. Private to dataplane/.
#pragma once

#include "dataplane/counters/counters.h"

enum try_flag {
    TRY_UNANSWERED = 0x01, // it is counted there, else under failed
    TRY_PROCESSED = 0x02,  // it is no failure, but may have served the intent of one
    TRY_REVERSED = 0x04,   // it was processed, and then reversed by a machine
};

// A try without an account has the key 0 and is of no intent that could be told.
struct intent_try {
    uint64_t key; // intent_key
    struct instant requested_at, known_at;
    uint64_t account, merchant; // keyed hashes; 0: none
    struct cell cell;
    uint8_t flags;  // enum try_flag
    uint8_t holder; // enum holder
};

// What the tries of one intent share. Accounts and merchants are keyed hashes, so nobody who sends
// traffic can choose two intents of different customers that meet; never 0.
static inline uint64_t intent_key(
    const struct cell *cell, uint64_t account, uint64_t amount, uint16_t merchant)
{
    uint64_t what = (uint64_t)merchant << 32 | (uint64_t)cell->network << 16 | cell->function;
    __uint128_t mixed = (__uint128_t)(account + amount * 0x9e3779b97f4a7c15u) *
                        (what * 0xff51afd7ed558ccdu ^ 0xbf58476d1ce4e5b9u);
    uint64_t key = (uint64_t)(mixed >> 64) ^ (uint64_t)mixed;
    return key != 0 ? key : 1;
}
