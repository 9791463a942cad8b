// Which frames of a copy are evidence, and the file that they become. Private to
// dataplane/evidence/.
#pragma once

#include "dataplane/evidence/evidence_file.h"
#include "dataplane/evidence/exchanges.h"
#include "dataplane/evidence/frame_ring.h"

struct evidence_place {
    const struct settings *settings;
    char *folder;
    const uint8_t *recipient; // NULL: in clear
};

// Fills everything of *ret but `request`, which is given. `snapshot` may be NULL: no memory.
void evidence_write(const struct evidence_place *place, const struct frame_snapshot *snapshot,
    const struct exchange_index *index, struct evidence *ret);
