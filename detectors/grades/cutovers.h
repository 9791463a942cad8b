// Cut-overs 日切: from the network's word that one begins (field 70 = 201) to its word that it is
// over (202). One that takes no longer than grades.cutover_max is planned, as an approved window
// is; one that takes longer is not, from its start. Private to detectors/grades/.
#pragma once

#include "config/settings.h"

#include "dataplane/counters/counters.h"

struct cutover {
    uint16_t network;
    struct instant from, to; // to: INSTANT_NEVER until the second word
};

struct cutovers {
    struct cutover *list; // by from
    size_t count, capacity;
};

// Takes the words of a tick; forgets cut-overs that began more than two days before it.
void cutovers_see(
    struct cutovers *cutovers, const struct settings *settings, const struct counters *counters);
// The first time in [from, end) that is inside a planned cut-over of the network, as it stands at
// the tick. False, and nothing set, when there is none.
bool cutover_next(const struct cutovers *cutovers, const struct settings *settings,
    uint16_t network, struct instant tick, struct instant from, struct instant end,
    struct instant *ret_from, struct instant *ret_to);
