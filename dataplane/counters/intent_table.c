#include "dataplane/counters/intent_table.h"

#include "config/memory.h"

#include <string.h>

#define FEWEST      16
#define STALE_SPARE 1024

bool intent_table_init(struct intent_table *table, size_t capacity)
{
    *table = (struct intent_table){.free_chains = CHAIN_NONE};
    table->capacity = (uint32_t)(capacity < FEWEST ? FEWEST : capacity);
    table->bucket_count = FEWEST;
    while (table->bucket_count < table->capacity) {
        table->bucket_count *= 2;
    }
    // While nothing fails none of it is touched.
    table->slots = memory_map_as_needed(table->capacity * sizeof(*table->slots));
    table->chains = memory_map_as_needed(table->capacity * sizeof(*table->chains));
    table->buckets = memory_map_as_needed(table->bucket_count * sizeof(*table->buckets));
    return table->slots != NULL && table->chains != NULL && table->buckets != NULL;
}

void intent_table_done(struct intent_table *table)
{
    memory_unmap(table->slots, table->capacity * sizeof(*table->slots));
    memory_unmap(table->chains, table->capacity * sizeof(*table->chains));
    memory_unmap(table->buckets, table->bucket_count * sizeof(*table->buckets));
}

// ---- slots

uint32_t table_append(struct intent_table *table, const struct intent_try *try, int64_t tick_s)
{
    uint32_t slot = (uint32_t)(table->end++ % table->capacity);
    table->slots[slot] = (struct try_slot){.try = *try,
        .tick_s = tick_s,
        .earlier = SLOT_NONE,
        .later = SLOT_NONE,
        .chain = CHAIN_NONE};
    return slot;
}

void table_forget_oldest(struct intent_table *table)
{
    table->begin++;
}

// ---- chains: buckets hold 1 + the index of a chain, as zeroed memory is to be empty

static uint32_t *bucket_of(const struct intent_table *table, uint64_t key)
{
    return &table->buckets[key & (table->bucket_count - 1)];
}

uint32_t table_chain_find(const struct intent_table *table, uint64_t key)
{
    uint32_t chain = *bucket_of(table, key) - 1;
    while (chain != CHAIN_NONE && table->chains[chain].key != key) {
        chain = table->chains[chain].next;
    }
    return chain;
}

uint32_t table_chain_make(struct intent_table *table, uint64_t key)
{
    uint32_t chain = table->free_chains;
    if (chain != CHAIN_NONE) {
        table->free_chains = table->chains[chain].next;
    } else {
        chain = table->used_chains++;
    }
    uint32_t *bucket = bucket_of(table, key);
    table->chains[chain] = (struct intent_chain){
        .key = key, .first = SLOT_NONE, .last = SLOT_NONE, .next = *bucket - 1};
    *bucket = chain + 1;
    table->chain_count++;
    filter_add(&table->filter, key);
    return chain;
}

static void filter_make(struct intent_table *table)
{
    memset(&table->filter, 0, sizeof(table->filter));
    for (uint64_t i = table->begin; i < table->end; i++) {
        const struct try_slot *slot = table_slot(table, i);
        if (slot->chain != CHAIN_NONE) {
            filter_add(&table->filter, slot->try.key);
        }
    }
    table->stale = 0;
}

static void chain_give(struct intent_table *table, uint32_t chain)
{
    uint32_t *bucket = bucket_of(table, table->chains[chain].key);
    if (*bucket - 1 == chain) {
        *bucket = table->chains[chain].next + 1;
    } else {
        uint32_t before = *bucket - 1;
        while (table->chains[before].next != chain) {
            before = table->chains[before].next;
        }
        table->chains[before].next = table->chains[chain].next;
    }
    table->chains[chain].next = table->free_chains;
    table->free_chains = chain;
    table->chain_count--;
    if (++table->stale > table->chain_count + STALE_SPARE) {
        filter_make(table);
    }
}

// By request. At the same instant a failed try is before a processed one, which so may serve it;
// the rest makes the order the same, whoever found which first.
static bool is_before(const struct intent_try *a, const struct intent_try *b)
{
    if (a->requested_at.ns != b->requested_at.ns) {
        return a->requested_at.ns < b->requested_at.ns;
    }
    bool a_processed = a->flags & TRY_PROCESSED, b_processed = b->flags & TRY_PROCESSED;
    if (a_processed != b_processed) {
        return b_processed;
    }
    if (a->known_at.ns != b->known_at.ns) {
        return a->known_at.ns < b->known_at.ns;
    }
    return memcmp(&a->cell, &b->cell, sizeof(a->cell)) < 0;
}

void table_chain_add(struct intent_table *table, uint32_t of, uint32_t slot)
{
    struct intent_chain *chain = &table->chains[of];
    struct try_slot *added = &table->slots[slot];
    uint32_t earlier = chain->last, later = SLOT_NONE;
    while (earlier != SLOT_NONE && is_before(&added->try, &table->slots[earlier].try)) {
        later = earlier;
        earlier = table->slots[earlier].earlier;
    }
    added->chain = of;
    added->earlier = earlier;
    added->later = later;
    *(earlier == SLOT_NONE ? &chain->first : &table->slots[earlier].later) = slot;
    *(later == SLOT_NONE ? &chain->last : &table->slots[later].earlier) = slot;
}

void table_chain_remove(struct intent_table *table, uint32_t slot)
{
    struct try_slot *removed = &table->slots[slot];
    struct intent_chain *chain = &table->chains[removed->chain];
    uint32_t earlier = removed->earlier, later = removed->later;
    *(earlier == SLOT_NONE ? &chain->first : &table->slots[earlier].later) = later;
    *(later == SLOT_NONE ? &chain->last : &table->slots[later].earlier) = earlier;
    if (chain->first == SLOT_NONE) {
        chain_give(table, removed->chain);
    }
    removed->chain = CHAIN_NONE;
}

uint32_t table_chain_processed(
    const struct intent_table *table, uint32_t chain, struct instant requested_at)
{
    uint32_t slot = table->chains[chain].last;
    while (slot != SLOT_NONE) {
        const struct try_slot *tried = &table->slots[slot];
        if (tried->try.requested_at.ns < requested_at.ns) {
            return SLOT_NONE;
        }
        if (tried->try.requested_at.ns == requested_at.ns && tried->try.flags & TRY_PROCESSED) {
            return slot;
        }
        slot = tried->earlier;
    }
    return SLOT_NONE;
}
