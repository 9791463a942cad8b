#include "dataplane/counters/counters_fields.h"
#include "dataplane/counters/pending.h"
#include "dataplane/counters/tally.h"

// For the instants of the block's first second, without its ends.
static void remember(struct link_facts *facts, struct pending *pending)
{
    facts->before = instant_from_s(pending->tick_s);
    facts->after = instant_add(facts->before, -NS_PER_S);
    facts->block_tick_s = &pending->tick_s;
    facts->tick_s = pending->tick_s;
    facts->links = pending->links;
}

struct link_counts *link_facts_find(struct link_facts *facts, uint16_t link, struct instant at)
{
    int64_t tick_s = tick_of(at);
    struct pending *pending = pending_at(facts->tally, tick_s);
    bool on_the_tick = at.ns == instant_from_s(tick_s).ns && pending->tick_s == tick_s;
    struct link_counts *counts = &pending->links[2 * (size_t)link + on_the_tick];
    if (counts->second == LINK_UNTOUCHED) {
        *counts = (struct link_counts){
            .link = link, .second = on_the_tick ? pending->tick_s : pending->tick_s - 1};
    }
    if (pending->tick_s == tick_s) {
        remember(facts, pending);
    }
    return counts;
}

static void link_counts_add(struct link_counts *to, const struct link_counts *from)
{
    struct link_counts added = *from;
    int32_t shortest = to->shortest_answer_bytes;
    if (shortest == 0 ||
        (from->shortest_answer_bytes != 0 && from->shortest_answer_bytes < shortest)) {
        shortest = from->shortest_answer_bytes;
    }
    for (size_t i = 0; i < LINK_BYTES; i++) {
        *sum_large(to, &link_bytes[i]) += *sum_large(&added, &link_bytes[i]);
    }
    for (size_t i = 0; i < LINK_EVENTS; i++) {
        *sum_small(to, &link_events[i]) += *sum_small(&added, &link_events[i]);
    }
    for (size_t i = 0; i < LATENCY_CLASSES; i++) {
        to->latency[i] += from->latency[i];
    }
    to->shortest_answer_bytes = shortest; // of all, no sum
}

void tally_add_link(struct tally *tally, int64_t tick_s, const struct link_counts *counts)
{
    bool on_the_tick = counts->second == tick_s;
    struct link_facts facts = {tally};
    struct instant at = {instant_from_s(tick_s).ns - !on_the_tick};
    link_counts_add(link_facts_at(&facts, counts->link, at), counts);
}
