// What a tally holds of the seconds that have not been taken yet. Private to dataplane/counters/.
//
// A fact belongs to the tick that is the first whole second not before its known_at. Each pending
// tick has a block: cell deltas in an open-addressed table, and the links' facts in arrays by link.
// The packets of one tick lie in two seconds: those after tick - 1 s, in second tick - 1, and those
// at the very instant of the tick, in second tick. Blocks are found by tick, the last one used
// without a search, and are reused with what they have grown to.
#pragma once

#include "config/settings.h"

#include "dataplane/counters/counters.h"

#include <stdbool.h>

#define PENDING_BUCKETS 256

struct pending {
    int64_t tick_s;
    struct pending *next; // of the same bucket, or of the free ones
    struct cell_counts *cells;
    uint32_t *slots; // 1 + index into cells; 0: free
    uint32_t cell_count, cell_capacity;
    uint32_t slot_mask, slot_shift;
    struct link_counts *links; // [2 * link + (at the tick's instant)]; second: LINK_UNTOUCHED
};

#define LINK_UNTOUCHED INT64_MIN

struct tally {
    const struct settings *settings;
    struct pending *last; // used last; never NULL
    struct pending *buckets[PENDING_BUCKETS];
    struct pending *free;
    int64_t taken_s;     // the last tick taken
    struct pending *out; // taken: its arrays are the caller's until the next take
};

// The tick of an instant: the first whole second that is not before it.
static inline int64_t tick_of(struct instant at)
{
    int64_t second = instant_second(at);
    return second + (at.ns != second * NS_PER_S);
}

// The block of a tick. A fact that comes after its tick was taken, which the watermarks rule out,
// goes to the oldest block that is left rather than nowhere.
struct pending *pending_find(struct tally *tally, int64_t tick_s);

static inline struct pending *pending_at(struct tally *tally, int64_t tick_s)
{
    return tally->last->tick_s == tick_s ? tally->last : pending_find(tally, tick_s);
}

// The deltas of a cell and cohort. Valid until the next call.
struct cell_counts *pending_cell(
    struct pending *pending, const struct cell *cell, int64_t cohort_s);
