#include "dataplane/counters/tally.h"

#include "config/log.h"

#include "dataplane/counters/counters_fields.h"
#include "dataplane/counters/pending.h"

#include <stdlib.h>
#include <string.h>

#define CELLS_AT_FIRST 64 // two slots each
#define SPARE_BLOCKS   4  // besides those for as long as bytes wait behind a gap

static void *must(void *memory)
{
    if (memory == NULL) {
        log_error("no memory for counters");
        abort();
    }
    return memory;
}

static struct pending *pending_new(const struct settings *settings)
{
    struct pending *pending = must(calloc(1, sizeof(*pending)));
    size_t links = 2 * settings->link_count + 1;
    pending->cell_capacity = CELLS_AT_FIRST;
    pending->slot_mask = 2 * CELLS_AT_FIRST - 1;
    pending->slot_shift = (uint32_t)__builtin_clzll(pending->slot_mask);
    pending->cells = must(calloc(CELLS_AT_FIRST, sizeof(*pending->cells)));
    pending->slots = must(calloc(2 * CELLS_AT_FIRST, sizeof(*pending->slots)));
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
        free(pending);
        pending = next;
    }
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
    tally->out->tick_s = INT64_MIN; // of no instant
    tally->last = tally->out;
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
    for (size_t i = 0; i < 2 * link_count; i++) {
        pending->links[i].second = LINK_UNTOUCHED;
    }
}

// ---- cells

static uint32_t cell_slot(const struct pending *pending, const struct cell *cell, int64_t cohort_s)
{
    uint64_t bits;
    _Static_assert(sizeof(bits) == sizeof(*cell), "a cell is hashed as one number");
    memcpy(&bits, cell, sizeof(bits));
    bits = (bits ^ (uint64_t)cohort_s * 0xff51afd7ed558ccdu) * 0x9e3779b97f4a7c15u;
    return (uint32_t)(bits >> pending->slot_shift);
}

static uint32_t *cell_slot_find(
    const struct pending *pending, const struct cell *cell, int64_t cohort_s)
{
    uint32_t slot = cell_slot(pending, cell, cohort_s);
    for (;; slot = (slot + 1) & pending->slot_mask) {
        uint32_t index = pending->slots[slot];
        if (index == 0) {
            return &pending->slots[slot];
        }
        const struct cell_counts *counts = &pending->cells[index - 1];
        if (counts->cohort_s == cohort_s && memcmp(&counts->cell, cell, sizeof(*cell)) == 0) {
            return &pending->slots[slot];
        }
    }
}

static void cells_grow(struct pending *pending)
{
    uint32_t capacity = 2 * pending->cell_capacity;
    pending->cells = must(reallocarray(pending->cells, capacity, sizeof(*pending->cells)));
    free(pending->slots);
    pending->slots = must(calloc(2 * (size_t)capacity, sizeof(*pending->slots)));
    pending->cell_capacity = capacity;
    pending->slot_mask = 2 * capacity - 1;
    pending->slot_shift = (uint32_t)__builtin_clzll(pending->slot_mask);
    for (uint32_t i = 0; i < pending->cell_count; i++) {
        const struct cell_counts *counts = &pending->cells[i];
        *cell_slot_find(pending, &counts->cell, counts->cohort_s) = i + 1;
    }
}

struct cell_counts *pending_cell(struct pending *pending, const struct cell *cell, int64_t cohort_s)
{
    uint32_t *slot = cell_slot_find(pending, cell, cohort_s);
    if (*slot != 0) {
        return &pending->cells[*slot - 1];
    }
    if (pending->cell_count == pending->cell_capacity) {
        cells_grow(pending);
        slot = cell_slot_find(pending, cell, cohort_s);
    }
    struct cell_counts *counts = &pending->cells[pending->cell_count++];
    *counts = (struct cell_counts){.cell = *cell, .cohort_s = cohort_s};
    *slot = pending->cell_count;
    return counts;
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
    pending->tick_s = INT64_MIN;
    qsort(pending->cells, pending->cell_count, sizeof(*pending->cells), cell_counts_compare);
    ret->cells = pending->cells;
    ret->cell_count = pending->cell_count;
    ret->links = pending->links;
    ret->link_count = links_compact(pending, link_count);
    return true;
}
