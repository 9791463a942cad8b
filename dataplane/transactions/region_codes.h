// Which four-digit region codes a link's messages have had, and which code system they fit: a link
// whose province_sources say the wrong one has provinces, but wrong ones. Which codes there were is
// remembered, not how often, so that a packet costs nothing: one is noted where its province is
// looked up for the first time. All workers note in the same bits, any thread may read them.
#pragma once

#include "config/settings.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REGION_CODES 10000

struct region_codes {
    uint64_t bits[(REGION_CODES + 63) / 64];
};

void region_codes_see(struct region_codes *codes, uint64_t region);

// A source of provinces whose codes fit the other system better.
struct region_misfit {
    uint16_t link;              // index
    int64_t field;              // of the source
    enum code_system codes;     // as the settings say
    size_t seen, pboc, gbt2260; // different codes: all, in the PBOC's table, by GB/T 2260
};

// Of one source. False when its codes fit, or too few were seen to say so.
bool region_codes_judge(const struct region_codes *codes, const struct regions *regions,
    enum code_system configured, struct region_misfit *ret);
