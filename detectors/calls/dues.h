// The reports that are still to be sent, of all subjects: what a call says of the next one. Private
// to detectors/calls/.
#pragma once

#include "detectors/duties/duties.h"

struct due;
struct dues {
    struct due *dues;
    size_t count, capacity;
};
void dues_done(struct dues *dues);
// The duty as it stands; one that is not open, or has no end, is taken out.
void dues_keep(struct dues *dues, const struct duty *duty, bool open);
// When the next report of a subject is due; INSTANT_NEVER: none.
struct instant dues_next(const struct dues *dues, const char *subject);
