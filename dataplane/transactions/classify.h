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

#define MERCHANT_REGION_AT 3 // characters of field 42 in front of the region digits

// Where a plan remembers the function of these wire bytes; what is there may be of others.
static inline struct function_memo *function_memo_at(
    struct plan *plan, uint64_t processing, uint64_t condition)
{
    uint64_t mixed = (processing ^ condition << 48) * 0x9E3779B97F4A7C15;
    return &plan->functions[mixed >> 32 & (FUNCTION_MEMOS - 1)];
}

static inline bool function_memo_is(
    const struct function_memo *memo, uint64_t processing, uint64_t condition)
{
    return memo->function != 0 && memo->processing == processing && memo->condition == condition;
}

// The same of the province and the four region digits.
static inline struct province_memo *province_memo_at(struct plan *plan, uint32_t region)
{
    return &plan->provinces[region * 0x9E3779B1u >> 16 & (PROVINCE_MEMOS - 1)];
}

static inline bool province_memo_is(const struct province_memo *memo, uint32_t region)
{
    return memo->province != PROVINCE_UNKNOWN && memo->region == region;
}
