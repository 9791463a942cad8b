// The tries that intents.c remembers, in fixed memory: slots in the order in which they came, which
// are also linked by key in the order of their requests. Private to dataplane/counters/.
#pragma once

#include "dataplane/counters/tries.h"

#include <stdbool.h>
#include <stdint.h>

#define SLOT_NONE    UINT32_MAX
#define CHAIN_NONE   UINT32_MAX
#define FILTER_WORDS 1024

enum slot_state {
    SLOT_RETRY = 0x01,    // taken out of demand: another try counts for its intent
    SLOT_AFFECTED = 0x02, // it was said whom this affects
    SLOT_SERVED = 0x04,   // and that they got through later
};

struct try_slot {
    struct intent_try try;
    int64_t tick_s;          // in which it came
    uint32_t earlier, later; // of the same chain
    uint32_t chain;          // CHAIN_NONE: of none, or of none any more
    uint8_t state;           // enum slot_state
};

// All tries of one key.
struct intent_chain {
    uint64_t key;
    uint32_t first, last; // slots
    uint32_t next;        // of the same bucket, or of the free ones
    bool touched;         // is to be grouped again
};

// Which keys may be there: small enough to stay in the nearest cache.
struct key_filter {
    uint64_t words[FILTER_WORDS];
};

static inline void filter_add(struct key_filter *filter, uint64_t key)
{
    filter->words[key >> 54] |= UINT64_C(1) << (key >> 48 & 63);
}

static inline bool filter_has(const struct key_filter *filter, uint64_t key)
{
    return (filter->words[key >> 54] >> (key >> 48 & 63) & 1) != 0;
}

struct intent_table {
    struct try_slot *slots;
    uint32_t capacity;
    uint64_t begin, end; // slots in use, counted without end
    struct intent_chain *chains;
    uint32_t *buckets;
    uint32_t bucket_count; // a power of two
    uint32_t free_chains, used_chains, chain_count;
    struct key_filter filter;
    uint32_t stale; // chains given back that are still in the filter
};

bool intent_table_init(struct intent_table *table, size_t capacity);
void intent_table_done(struct intent_table *table);

static inline struct try_slot *table_slot(const struct intent_table *table, uint64_t number)
{
    return &table->slots[number % table->capacity];
}

static inline bool table_is_full(const struct intent_table *table)
{
    return table->end - table->begin == table->capacity;
}

// A slot that came in this tick, of no chain. The table must not be full.
uint32_t table_append(struct intent_table *table, const struct intent_try *try, int64_t tick_s);
// The oldest slot goes. It must be of no chain.
void table_forget_oldest(struct intent_table *table);

uint32_t table_chain_find(const struct intent_table *table, uint64_t key);
uint32_t table_chain_make(struct intent_table *table, uint64_t key);
// Puts the slot in its order among the tries of the chain.
void table_chain_add(struct intent_table *table, uint32_t chain, uint32_t slot);
// Takes it out again; an empty chain is given back.
void table_chain_remove(struct intent_table *table, uint32_t slot);
// The processed try of the chain with this request, or SLOT_NONE.
uint32_t table_chain_processed(
    const struct intent_table *table, uint32_t chain, struct instant requested_at);
