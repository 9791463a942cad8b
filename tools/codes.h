// Says in the log which links' region codes fit the other code system better than the one of the
// settings, each once.
#pragma once

#include "config/settings.h"

#include "dataplane/transactions/region_codes.h"

#define MISFITS_MAX 64

struct codes_told {
    struct region_misfit list[MISFITS_MAX];
    size_t count;
};

void codes_warn(const struct settings *settings, const struct region_misfit *misfits, size_t count,
    struct codes_told *told);
