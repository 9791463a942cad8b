// Messages that found no room in the ring to their owner (live only: a replay waits): what the
// owner must know all the same, so that they are unobserved and nobody's failure. Private to
// dataplane/.
#pragma once

#include "config/settings.h"

#include "dataplane/counters/tally.h"
#include "dataplane/mesh.h"

struct overflow;

// Of one worker. NULL when there is no memory.
struct overflow *overflow_new(const struct settings *settings, size_t workers);
void overflow_free(struct overflow *overflow);

// The message to that worker is lost. Its bytes count as missing on its link.
void overflow_note(
    struct overflow *overflow, size_t to, const struct message *message, struct tally *tally);
// Tells the owners, as far as there is room by now. False while something is left to tell.
bool overflow_tell(struct overflow *overflow, struct mesh *mesh, size_t self);
// The instant of the first thing left to tell, which no watermark may pass; INSTANT_NEVER without.
struct instant overflow_oldest(const struct overflow *overflow);
// Messages lost so far.
uint64_t overflow_lost(const struct overflow *overflow);
