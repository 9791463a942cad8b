// What a message is about, from its fields: function, province, kind. Private to transactions/.
#pragma once

#include "dataplane/transactions/header.h"
#include "dataplane/transactions/iso8583.h"
#include "dataplane/transactions/walk.h"

enum kind kind_from_mti(struct mti mti);

// The business function of a request, or of the request that this is the answer of.
uint16_t function_from_walk(const struct parser *parser, const struct walk *walk, struct mti mti);

// The link's override prefixes first, then the region digits of its province_sources in order.
uint8_t province_from_walk(const struct parser *parser, const struct walk *walk);
