#include "dataplane/transactions/classify.h"

#include "dataplane/transactions/region_codes.h"

#include <string.h>

#define OVERRIDE_CHARACTERS 20

enum kind kind_from_mti(struct mti mti)
{
    switch (mti.class) {
    case 1:
    case 2:
        if (mti.function >= 4) {
            return KIND_OTHER; // notifications, instructions
        }
        return mti.function >= 2 ? KIND_ADVICE : KIND_BUSINESS;
    case 3: return KIND_FILE;
    case 4: return KIND_REVERSAL;
    case 5: return KIND_RECONCILIATION;
    case 8: return KIND_MANAGEMENT;
    default: return KIND_OTHER;
    }
}

// All digits of a field as a number up to `most`; -1 when absent, longer or not digits.
static inline __attribute__((always_inline)) int32_t small_number(
    const struct walk *walk, int field, size_t digits)
{
    uint64_t number;
    bool fits = walk_has(walk, field) && walk_units(walk, field) == digits &&
                walk_number(walk, field, 0, digits, &number);
    return fits ? (int32_t)number : -1;
}

static uint16_t function_from_fields(
    const struct parser *parser, struct mti mti, const struct walk *walk)
{
    int request =
        mti.version * 1000 + mti.class * 100 + (mti.function & ~1) * 10 + (mti.origin & ~1);
    int32_t processing = small_number(walk, 3, 6);
    int32_t condition = small_number(walk, 25, 2);
    return (uint16_t)function_find(&parser->network->functions, request, processing, condition);
}

// The wire bytes of a fixed field under `mask`, which has none when it is absent. False when so
// many cannot be read there.
static inline bool masked_bytes(
    const struct walk *walk, int field, size_t count, uint64_t mask, uint64_t *ret)
{
    *ret = 0;
    if (mask == 0) {
        return true;
    }
    if (walk->at[field] + count > walk->length) {
        return false;
    }
    memcpy(ret, walk_value(walk, field), count);
    *ret &= mask;
    return true;
}

uint16_t function_from_walk(const struct parser *parser, struct plan *plan, const struct walk *walk)
{
    uint64_t processing, condition;
    if (!plan->functions_plain || !masked_bytes(walk, 3, 8, plan->processing_mask, &processing) ||
        !masked_bytes(walk, 25, 2, plan->condition_mask, &condition)) {
        return function_from_fields(parser, plan->mti, walk);
    }
    struct function_memo *memo = function_memo_at(plan, processing, condition);
    if (!function_memo_is(memo, processing, condition)) {
        *memo = (struct function_memo){.processing = processing,
            .condition = (uint16_t)condition,
            .function = (uint16_t)(1 + function_from_fields(parser, plan->mti, walk))};
    }
    return memo->function - 1;
}

static uint8_t province_from_overrides(const struct parser *parser, const struct walk *walk)
{
    static const uint8_t fields[] = {42, 32, 33};
    const struct province_overrides *overrides = &parser->link->overrides;
    for (size_t i = 0; overrides->count > 0 && i < sizeof(fields); i++) {
        uint8_t value[OVERRIDE_CHARACTERS];
        size_t count = walk_has(walk, fields[i]) ? walk_units(walk, fields[i]) : 0;
        count = count < sizeof(value) ? count : sizeof(value);
        if (count > 0 && walk_characters(walk, fields[i], 0, count, value)) {
            uint8_t province = province_overrides_find(overrides, fields[i], value, count);
            if (province != PROVINCE_UNKNOWN) {
                return province;
            }
        }
    }
    return PROVINCE_UNKNOWN;
}

// The four region digits: in the merchant id behind the acquirer's three, in an institution id
// behind its four. 0000, a head office, is in no table.
static bool region_digits(const struct walk *walk, int field, uint64_t *ret)
{
    if (field == 42) {
        return walk_number(walk, 42, MERCHANT_REGION_AT, 4, ret);
    }
    return walk_has(walk, field) && walk_units(walk, field) == 8 &&
           walk_number(walk, field, 4, 4, ret);
}

static uint8_t province_from_region(
    const struct regions *regions, enum code_system codes, uint64_t region)
{
    if (codes == CODES_PBOC) {
        return regions->pboc[region];
    }
    uint8_t province = (uint8_t)(region / 100);
    return regions->province[province] ? province : PROVINCE_UNKNOWN;
}

static uint8_t province_from_source(
    const struct parser *parser, const struct walk *walk, size_t index)
{
    const struct province_source *source = &parser->link->province_sources[index];
    uint64_t region;
    if (!region_digits(walk, (int)source->field, &region)) {
        return PROVINCE_UNKNOWN;
    }
    if (parser->seen_codes != NULL) {
        region_codes_see(&parser->seen_codes[index], region);
    }
    return province_from_region(&parser->settings->regions, source->codes, region);
}

static uint8_t province_from_fields(const struct parser *parser, const struct walk *walk)
{
    uint8_t province = province_from_overrides(parser, walk);
    for (size_t i = 0; province == PROVINCE_UNKNOWN && i < parser->link->province_source_count;
         i++) {
        province = province_from_source(parser, walk, i);
    }
    return province;
}

bool province_is_plain(const struct parser *parser, const struct walk *walk)
{
    const struct link_settings *link = parser->link;
    return link->overrides.count == 0 && link->province_source_count > 0 &&
           link->province_sources[0].field == 42 && walk_has(walk, 42) &&
           walk->dialect->steps[42].bytes >= MERCHANT_REGION_AT + 4 &&
           !walk->dialect->steps[42].halved;
}

uint8_t province_from_walk(const struct parser *parser, struct plan *plan, const struct walk *walk)
{
    if (!plan->province_plain) {
        return province_from_fields(parser, walk);
    }
    uint32_t region;
    memcpy(&region, walk_value(walk, 42) + MERCHANT_REGION_AT, sizeof(region));
    struct province_memo *memo = province_memo_at(plan, region);
    if (province_memo_is(memo, region)) {
        return memo->province;
    }
    uint8_t province = province_from_source(parser, walk, 0);
    if (province == PROVINCE_UNKNOWN) { // other fields may tell
        return province_from_fields(parser, walk);
    }
    *memo = (struct province_memo){.region = region, .province = province};
    return province;
}
