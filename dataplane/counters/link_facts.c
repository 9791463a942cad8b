#include "dataplane/counters/pending.h"
#include "dataplane/counters/tally.h"

struct link_counts *link_facts_at(struct link_facts *facts, uint16_t link, struct instant at)
{
    int64_t tick_s = tick_of(at);
    struct pending *pending = pending_at(facts->tally, tick_s);
    bool on_the_tick = at.ns == instant_from_s(tick_s).ns && pending->tick_s == tick_s;
    struct link_counts *counts = &pending->links[2 * (size_t)link + on_the_tick];
    if (counts->second == LINK_UNTOUCHED) {
        *counts = (struct link_counts){
            .link = link, .second = on_the_tick ? pending->tick_s : pending->tick_s - 1};
    }
    return counts;
}
