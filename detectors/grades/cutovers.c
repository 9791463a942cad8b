#include "detectors/grades/cutovers.h"

#include "config/memory.h"

#include <string.h>

#define KEPT_NS (2 * S_PER_DAY * NS_PER_S)

// The network's last one, while it is not over and could still be planned.
static struct cutover *open_find(
    const struct cutovers *cutovers, const struct settings *settings, uint16_t network, int64_t ns)
{
    for (size_t i = cutovers->count; i-- > 0;) {
        struct cutover *cutover = &cutovers->list[i];
        if (cutover->network == network) {
            bool open = cutover->to.ns == INSTANT_NEVER.ns &&
                        ns - cutover->from.ns <= settings->grades.cutover_max_ns;
            return open ? cutover : NULL;
        }
    }
    return NULL;
}

// Each link of a network hears the word, and may hear it again: the first one counts.
static void begin(
    struct cutovers *cutovers, const struct settings *settings, uint16_t network, int64_t second)
{
    if (open_find(cutovers, settings, network, second * NS_PER_S) != NULL) {
        return;
    }
    cutovers->list =
        memory_grow(cutovers->list, cutovers->count, &cutovers->capacity, sizeof(*cutovers->list));
    cutovers->list[cutovers->count++] =
        (struct cutover){network, instant_from_s(second), INSTANT_NEVER};
}

static void forget(struct cutovers *cutovers, struct instant tick)
{
    size_t old = 0;
    while (old < cutovers->count && cutovers->list[old].from.ns + KEPT_NS < tick.ns) {
        old++;
    }
    if (old > 0) {
        cutovers->count -= old;
        memmove(cutovers->list, &cutovers->list[old], cutovers->count * sizeof(*cutovers->list));
    }
}

void cutovers_see(
    struct cutovers *cutovers, const struct settings *settings, const struct counters *counters)
{
    for (size_t i = 0; i < counters->link_count; i++) {
        const struct link_counts *link = &counters->links[i];
        uint16_t network = settings->links[link->link].network;
        if (link->cutover_begins > 0) {
            begin(cutovers, settings, network, link->second);
        }
        if (link->cutover_ends > 0) {
            int64_t end_ns = (link->second + 1) * NS_PER_S;
            struct cutover *open = open_find(cutovers, settings, network, end_ns);
            if (open != NULL) {
                open->to = (struct instant){end_ns};
            }
        }
    }
    forget(cutovers, counters->tick);
}

bool cutover_next(const struct cutovers *cutovers, const struct settings *settings,
    uint16_t network, struct instant tick, struct instant from, struct instant end,
    struct instant *ret_from, struct instant *ret_to)
{
    for (size_t i = 0; i < cutovers->count; i++) {
        const struct cutover *cutover = &cutovers->list[i];
        struct instant to = instant_min(cutover->to, tick);
        bool planned = to.ns - cutover->from.ns <= settings->grades.cutover_max_ns;
        struct instant begin_at = instant_max(cutover->from, from);
        if (cutover->network == network && planned && begin_at.ns < instant_min(to, end).ns) {
            *ret_from = begin_at;
            *ret_to = instant_min(to, end);
            return true;
        }
    }
    return false;
}
