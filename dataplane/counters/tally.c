#include "dataplane/counters/tally.h"

#include "config/log.h"

#include "dataplane/counters/counters_fields.h"
#include "dataplane/counters/pending.h"
#include "dataplane/counters/tries.h"

#include <stdlib.h>
#include <string.h>

#define CELLS_AT_FIRST 64
#define SLOTS_A_CELL   8 // a power of two; a look-up finds its cell at once, as a rule
#define SPARE_BLOCKS   4 // besides those for as long as bytes wait behind a gap

static void *must(void *memory)
{
    if (memory == NULL) {
        log_error("no memory for counters");
        abort();
    }
    return memory;
}

static void slots_make(struct pending *pending)
{
    size_t slots = SLOTS_A_CELL * (size_t)pending->cell_capacity;
    pending->slots = must(calloc(slots, sizeof(*pending->slots)));
    pending->slot_mask = (uint32_t)(slots - 1);
    pending->slot_shift = (uint32_t)__builtin_clzll(pending->slot_mask);
}

static struct pending *pending_new(const struct settings *settings)
{
    struct pending *pending = must(calloc(1, sizeof(*pending)));
    size_t links = 2 * settings->link_count + 1;
    pending->cell_capacity = CELLS_AT_FIRST;
    pending->cells = must(calloc(CELLS_AT_FIRST, sizeof(*pending->cells)));
    slots_make(pending);
    pending->links = must(calloc(links, sizeof(*pending->links)));
    for (size_t i = 0; i < links; i++) {
        pending->links[i].second = LINK_UNTOUCHED;
    }
    return pending;
}

static void pending_free(struct pending *pending)
{
    while (pending != NULL) {
        struct pending *next = pending->next;
        free(pending->cells);
        free(pending->slots);
        free(pending->links);
        rows_done(&pending->counterparties);
        rows_done(&pending->codes);
        free(pending->tries);
        free(pending);
        pending = next;
    }
}

// Of no instant.
static void pending_retire(struct pending *pending)
{
    pending->tick_s = INT64_MIN;
    pending->from = INSTANT_NEVER;
}

struct tally *tally_new(const struct settings *settings)
{
    struct tally *tally = calloc(1, sizeof(*tally));
    if (tally == NULL) {
        return NULL;
    }
    tally->settings = settings;
    tally->taken_s = INT64_MIN;
    int64_t blocks = settings->packets.hold_ns / NS_PER_S + SPARE_BLOCKS;
    for (int64_t i = 0; i < blocks; i++) {
        struct pending *pending = pending_new(settings);
        pending->next = tally->free;
        tally->free = pending;
    }
    tally->out = pending_new(settings);
    pending_retire(tally->out);
    tally->last = tally->out;
    tally->facts.tally = tally;
    return tally;
}

void tally_free(struct tally *tally)
{
    if (tally == NULL) {
        return;
    }
    for (size_t i = 0; i < PENDING_BUCKETS; i++) {
        pending_free(tally->buckets[i]);
    }
    pending_free(tally->free);
    pending_free(tally->out);
    free(tally);
}

void tally_hear(struct tally *tally, struct processed *processed)
{
    tally->processed = processed;
}

void tally_set_key(struct tally *tally, const struct account_key *key)
{
    tally->key = key;
}

// ---- blocks

struct pending *pending_find(struct tally *tally, int64_t tick_s)
{
    if (tick_s <= tally->taken_s) {
        tick_s = tally->taken_s + 1;
    }
    struct pending **bucket = &tally->buckets[(uint64_t)tick_s % PENDING_BUCKETS];
    struct pending *pending = *bucket;
    while (pending != NULL && pending->tick_s != tick_s) {
        pending = pending->next;
    }
    if (pending == NULL) {
        pending = tally->free;
        if (pending != NULL) {
            tally->free = pending->next;
        } else {
            pending = pending_new(tally->settings);
        }
        pending->tick_s = tick_s;
        pending->from = instant_from_s(tick_s - 1);
        pending->next = *bucket;
        *bucket = pending;
    }
    tally->last = pending;
    return pending;
}

static struct pending *pending_unlink(struct tally *tally, int64_t tick_s)
{
    struct pending **at = &tally->buckets[(uint64_t)tick_s % PENDING_BUCKETS];
    while (*at != NULL && (*at)->tick_s != tick_s) {
        at = &(*at)->next;
    }
    struct pending *pending = *at;
    if (pending != NULL) {
        *at = pending->next;
    }
    return pending;
}

static void pending_clear(struct pending *pending, size_t link_count)
{
    memset(pending->slots, 0, ((size_t)pending->slot_mask + 1) * sizeof(*pending->slots));
    pending->cell_count = 0;
    rows_clear(&pending->counterparties);
    rows_clear(&pending->codes);
    pending->try_count = 0;
    for (size_t i = 0; i < 2 * link_count; i++) {
        pending->links[i].second = LINK_UNTOUCHED;
    }
}

// ---- cells

static struct cell_slot *slot_find(const struct pending *pending, uint64_t cell, int64_t cohort_s)
{
    struct cell_slot *slot = pending_slot(pending, cell, cohort_s);
    while (slot->index != 0 && (slot->cell != cell || slot->cohort_s != cohort_s)) {
        slot = slot == &pending->slots[pending->slot_mask] ? pending->slots : slot + 1;
    }
    return slot;
}

static void cells_grow(struct pending *pending)
{
    uint32_t capacity = 2 * pending->cell_capacity;
    struct cell_slot *old = pending->slots, *end = old + pending->slot_mask + 1;
    pending->cells = must(reallocarray(pending->cells, capacity, sizeof(*pending->cells)));
    pending->cell_capacity = capacity;
    slots_make(pending);
    for (const struct cell_slot *slot = old; slot < end; slot++) {
        if (slot->index != 0) {
            *slot_find(pending, slot->cell, slot->cohort_s) = *slot;
        }
    }
    free(old);
}

struct cell_counts *pending_cell_find(struct pending *pending, uint64_t key, int64_t cohort_s)
{
    struct cell_slot *slot = slot_find(pending, key, cohort_s);
    if (slot->index != 0) {
        return &pending->cells[slot->index - 1];
    }
    if (pending->cell_count == pending->cell_capacity) {
        cells_grow(pending);
        slot = slot_find(pending, key, cohort_s);
    }
    struct cell_counts *counts = &pending->cells[pending->cell_count++];
    *counts = (struct cell_counts){.cell = cell_of_key(key), .cohort_s = cohort_s};
    *slot = (struct cell_slot){key, cohort_s, pending->cell_count};
    return counts;
}

// ---- tries

void pending_add_try(struct pending *pending, const struct intent_try *try)
{
    if (pending->try_count == pending->try_capacity) {
        size_t capacity = pending->try_capacity == 0 ? 64 : 2 * pending->try_capacity;
        pending->tries = must(reallocarray(pending->tries, capacity, sizeof(*pending->tries)));
        pending->try_capacity = capacity;
    }
    pending->tries[pending->try_count++] = *try;
}

// ---- taking

// Moves the touched links to the front; they are in order of (link, second) already.
static size_t links_compact(struct pending *pending, size_t link_count)
{
    size_t count = 0;
    for (size_t i = 0; i < 2 * link_count; i++) {
        if (pending->links[i].second != LINK_UNTOUCHED) {
            pending->links[count++] = pending->links[i];
        }
    }
    return count;
}

static void sparse_take(struct pending *pending, struct counters *ret)
{
    ret->counterparties = (struct counterparty_counts *)pending->counterparties.records;
    ret->counterparty_count = pending->counterparties.count;
    ret->codes = (struct code_counts *)pending->codes.records;
    ret->code_count = pending->codes.count;
    if (ret->counterparty_count > 1) {
        qsort(ret->counterparties, ret->counterparty_count, sizeof(*ret->counterparties),
            counterparty_counts_compare);
    }
    if (ret->code_count > 1) {
        qsort(ret->codes, ret->code_count, sizeof(*ret->codes), code_counts_compare);
    }
}

bool tally_take(struct tally *tally, int64_t second, struct counters *ret)
{
    size_t link_count = tally->settings->link_count;
    struct pending *pending = pending_unlink(tally, second);
    *ret = (struct counters){.tick = instant_from_s(second)};
    tally->taken_s = second;
    if (pending == NULL) {
        return false;
    }
    pending_clear(tally->out, link_count);
    tally->out->next = tally->free;
    tally->free = tally->out;
    tally->out = pending;
    tally->last = pending; // its tick is in the past
    pending->next = NULL;
    pending_retire(pending);
    qsort(pending->cells, pending->cell_count, sizeof(*pending->cells), cell_counts_compare);
    ret->cells = pending->cells;
    ret->cell_count = pending->cell_count;
    sparse_take(pending, ret);
    ret->affected = NULL; // intents.h puts them into the sums of all workers
    ret->affected_count = 0;
    ret->tries = pending->tries;
    ret->try_count = pending->try_count;
    ret->links = pending->links;
    ret->link_count = links_compact(pending, link_count);
    return true;
}
