// What a message is about, from its fields: function, province, kind. Private to transactions/.
#pragma once

#include "dataplane/transactions/plan.h"

enum kind kind_from_mti(struct mti mti);

// The business function of a request, or of the request that this is the answer of. The plan
// remembers those it has had.
uint16_t function_from_walk(
    const struct parser *parser, struct plan *plan, const struct walk *walk);

// The link's override prefixes first, then the region digits of its province_sources in order. The
// plan remembers those that the region digits of field 42 decide alone.
uint8_t province_from_walk(const struct parser *parser, struct plan *plan, const struct walk *walk);

// Whether they may, by the link and by the fields that are there.
bool province_is_plain(const struct parser *parser, const struct walk *walk);
