#include "dataplane/transactions/plan.h"

#include "dataplane/transactions/classify.h"

#include <stdlib.h>

// Fields of which the values are read, besides those of the keys.
static const uint8_t fields_read[] = {
    2, 3, 4, 7, 11, 18, 25, 32, 33, 35, 39, 41, 42, 60, 70, 90, 100};
_Static_assert(sizeof(fields_read) + 16 <= PLAN_PLACES, "there is a place for each");

static bool is_read(const struct dialect *dialect, int field)
{
    return memchr(fields_read, field, sizeof(fields_read)) != NULL ||
           memchr(dialect->key_fields, field, dialect->key_field_count) != NULL ||
           memchr(dialect->management_key_fields, field, dialect->management_key_field_count) !=
               NULL;
}

static void place_add(struct plan *plan, int field, size_t offset)
{
    plan->places[plan->place_count++] = (struct plan_place){
        .field = (uint8_t)field, .behind = plan->step_count, .offset = (uint16_t)offset};
}

// False when there are too many variable fields.
static bool steps_plan(struct plan *plan, const struct dialect *dialect)
{
    size_t gap = 0, fixed = plan->shape.bitmap_bytes;
    plan->step_count = plan->place_count = 0;
    for (int word = 0; word < ISO_BITMAP_WORDS; word++) {
        for (uint64_t bits = plan->present[word]; bits != 0; bits &= bits - 1) {
            int field = 64 * word + __builtin_ctzll(bits) + 1;
            const struct field_step step = dialect->steps[field];
            fixed += (size_t)step.length_bytes + step.bytes;
            if (step.length_bytes == 0) {
                if (is_read(dialect, field)) {
                    place_add(plan, field, gap);
                }
                gap += step.bytes;
                continue;
            }
            if (plan->step_count == PLAN_STEPS) {
                return false;
            }
            plan->steps[plan->step_count++] =
                (struct plan_step){.gap = (uint16_t)(gap + step.length_bytes),
                    .field = (uint8_t)field,
                    .half_bytes = step.halved    ? 1
                                  : step.doubled ? 4
                                                 : 2,
                    .step = step};
            gap = 0;
        }
    }
    plan->fixed_bytes = (uint16_t)fixed; // a message had as many
    return true;
}

// Bytes of a fixed field when they can be compared as a whole: it is absent, or of `digits` digits.
static bool is_plain(const struct plan *plan, const struct dialect *dialect, int field,
    unsigned digits, unsigned *bytes)
{
    const struct iso_field *row = &dialect->fields[field];
    bool there = (plan->present[0] >> (field - 1) & 1) != 0;
    *bytes = there ? row->fixed_bytes : 0;
    return !there || (row->kind == FIXED && row->form == FORM_DIGITS && row->longest == digits);
}

static void functions_plan(struct plan *plan, const struct dialect *dialect)
{
    unsigned processing, condition;
    memset(plan->functions, 0, sizeof(plan->functions));
    plan->functions_plain =
        is_plain(plan, dialect, 3, 6, &processing) && is_plain(plan, dialect, 25, 2, &condition);
    if (plan->functions_plain) {
        plan->processing_mask = (UINT64_C(1) << (8 * processing)) - 1;
        plan->condition_mask = (uint16_t)((1u << (8 * condition)) - 1);
    }
}

static uint8_t flags_from(struct mti mti)
{
    unsigned flags = mti_is_answer(mti) ? MESSAGE_ANSWER : 0;
    flags |= (mti.origin & 1) != 0 ? MESSAGE_REPEAT : 0;
    flags |= mti.function == 4 || mti.function == 5 ? MESSAGE_NOTICE : 0;
    return (uint8_t)flags;
}

// All but the steps.
static void facts_plan(
    struct plan *plan, const struct parser *parser, struct mti mti, const struct walk *walk)
{
    plan->mti = mti;
    plan->mti_number =
        (uint16_t)(mti.version * 1000 + mti.class * 100 + mti.function * 10 + mti.origin);
    plan->kind = (uint8_t)kind_from_mti(mti);
    plan->flags = flags_from(mti);
    plan->labelled = plan->kind == KIND_MANAGEMENT || parser->network->units.count > 0 ||
                     parser->network->holders.count + parser->network->merchants.count > 0 ||
                     parser->link->counterparties.count > 0;
    memcpy(plan->present, walk->present, sizeof(plan->present));
    plan->key = key_plan_of(parser, walk, mti);
    functions_plan(plan, parser->dialect);
    plan->province_plain = province_is_plain(parser, walk);
    memset(plan->provinces, 0, sizeof(plan->provinces));
}

struct plans *plans_new(void)
{
    return calloc(1, sizeof(struct plans));
}

void plans_free(struct plans *plans)
{
    free(plans);
}

void plans_clear(struct plans *plans)
{
    struct plan *plan = &plans->sets[0][0];
    for (size_t i = 0; i < PLAN_SETS * PLAN_WAYS; i++) {
        plan[i].shape.parser = NULL;
    }
    stencils_clear(&plans->stencils);
}

struct plan *plans_add(struct plans *plans, const struct parser *parser, const struct shape *shape,
    struct mti mti, const struct walk *walk)
{
    struct plan *plan = &plans->unkept;
    facts_plan(plan, parser, mti, walk);
    if (shape == NULL) {
        return plan;
    }
    plan->shape = *shape;
    if (!steps_plan(plan, parser->dialect)) {
        return plan;
    }
    size_t set = shape->hash % PLAN_SETS, way = plans->next[set]++ % PLAN_WAYS;
    struct plan *kept = &plans->sets[set][way];
    *kept = *plan;
    kept->turn = ++plans->turns; // what was known of the plan that stood here is no longer true
    return kept;
}

bool plan_walk(
    const struct plan *plan, const uint8_t *bytes, size_t length, size_t at, struct walk *ret)
{
    if (length - at < plan->fixed_bytes) {
        return false;
    }
    size_t left = length - at - plan->fixed_bytes; // for values of variable length
    uint16_t behind[PLAN_STEPS + 1], *here = behind;
    at += plan->shape.bitmap_bytes;
    *here = (uint16_t)at;
    bool over_table = false;
    const struct plan_step *end = plan->steps + plan->step_count;
    for (const struct plan_step *row = plan->steps; row != end; row++) {
        at += row->gap;
        uint32_t units = length_read(bytes + at - row->step.length_bytes, &row->step);
        size_t value_bytes = ((size_t)units * row->half_bytes + 1) >> 1;
        if (value_bytes > left) { // which is also what NOT_A_LENGTH leads to
            return false;
        }
        left -= value_bytes;
        over_table |= units > row->step.longest;
        ret->at[row->field] = (uint16_t)at;
        ret->units[row->field] = (uint16_t)units;
        ret->wire[row->field] = (uint16_t)value_bytes;
        at += value_bytes;
        *++here = (uint16_t)at;
    }
    for (size_t i = 0; i < plan->place_count; i++) {
        const struct plan_place place = plan->places[i];
        ret->at[place.field] = (uint16_t)(behind[place.behind] + place.offset);
    }
    memcpy(ret->present, plan->present, sizeof(ret->present));
    ret->dialect = plan->shape.parser->dialect;
    ret->bytes = bytes;
    ret->length = length;
    ret->end = length - left;
    ret->over_table = over_table;
    return true;
}
