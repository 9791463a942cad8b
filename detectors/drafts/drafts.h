// The record `draft`: the machine's text for a duty. A person completes and sends it; the machine
// never does.
#pragma once

#include "config/settings.h"

#include "detectors/duties/duties.h"

struct draft {
    char id[64]; // incident / duty / sequence
    const struct duty *duty;
    json_t *document; // the items of art. 19: {item, value, filled_by: machine | settings | person,
                      // article}
    char *text;       // the Chinese document, UTF-8
};

struct drafts;
struct drafts *drafts_new(const struct settings *settings);
void drafts_free(struct drafts *drafts);
// One tick: *ret are the drafts that were written at it.
size_t drafts_from_duties(struct drafts *drafts, const struct duty *duties, size_t count,
    struct instant tick, const struct draft **ret);
