// What a message is about, from its fields: function, province, kind. Private to transactions/.
#pragma once

#include "dataplane/transactions/plan.h"

enum kind kind_from_mti(struct mti mti);

// The business function of a request, or of the request that this is the answer of. The plan
// remembers those it has had.
uint16_t function_from_walk(
    const struct parser *parser, struct plan *plan, const struct walk *walk);

// The link's override prefixes first, then the region digits of its province_sources in order.
uint8_t province_from_walk(const struct parser *parser, const struct walk *walk);
