// Adds facts up until their tick comes. Private to dataplane/. One tally takes what all pairings
// and streams of a process say (live, from issue to issue, each worker has its own and they are
// merged: sums do).
#pragma once

#include "config/settings.h"

#include "dataplane/counters/counters.h"
#include "dataplane/transactions/transactions.h"

struct tally;
struct processed;
struct account_key;
struct tally *tally_new(const struct settings *settings);
void tally_free(struct tally *tally);
// Whose records come now: where the processed ones are remembered, in their order.
void tally_hear(struct tally *tally, struct processed *processed);
// Under which merchants leave, as accounts do. It outlives the tally.
void tally_set_key(struct tally *tally, const struct account_key *key);

// counters/from_transactions.c. Business and advice... only KIND_BUSINESS reaches the cells;
// KIND_MANAGEMENT reaches link_counts; the other kinds are not counted. Duplicates and END flags
// are not counted.
void counters_from_transactions(
    struct tally *tally, const struct transaction *transactions, size_t count);

// The same of a business request that was just seen, as its record (OPEN) would be counted. `cell`
// is its cell's key (cell_key.h).
void counters_add_request(struct tally *tally, uint64_t cell, struct instant requested_at);

// What streams say of links. Zeroed but for the tally; remembers the second of the last instant.
struct link_facts {
    struct tally *tally;
    struct instant after, before; // what is remembered holds strictly between them ...
    const int64_t *block_tick_s;  // ... and as long as this is
    int64_t tick_s;               // this
    struct link_counts *links;    // every second one is of those instants
};

// The sums of a link's second, for adding to; valid until the tick is taken. Allocated at start for
// a window of seconds, found without a search.
struct link_counts *link_facts_find(struct link_facts *facts, uint16_t link, struct instant at);

static inline struct link_counts *link_facts_at(
    struct link_facts *facts, uint16_t link, struct instant at)
{
    if (__builtin_expect(at.ns > facts->after.ns && at.ns < facts->before.ns, 1) &&
        *facts->block_tick_s == facts->tick_s) {
        struct link_counts *counts = &facts->links[2 * (size_t)link];
        if (__builtin_expect(counts->second == facts->tick_s - 1, 1)) {
            return counts;
        }
    }
    return link_facts_find(facts, link, at);
}

// Adds what another tally took of a link at a tick.
void tally_add_link(struct tally *tally, int64_t tick_s, const struct link_counts *counts);

// The facts with known_at in (second - 1, second]. Each second is to be taken once, in order. The
// arrays in *ret belong to the tally and live until the next call. True when there was anything.
bool tally_take(struct tally *tally, int64_t second, struct counters *ret);
