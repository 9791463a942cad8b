// Whose frames: of a sensor that watches several institutions each gets those of its own links.
// Private to dataplane/evidence/.
#pragma once

#include "config/settings.h"

#include "dataplane/evidence/frame_ring.h"

struct whose;
// Of the network's institution. NULL, for which all frames are its own, when there is one only.
struct whose *whose_new(const struct settings *settings, uint16_t network);
void whose_free(struct whose *whose);
// Frames of no link are nobody's.
bool whose_has(const struct whose *whose, const struct frame_record *record);
