#include "dataplane/transactions/stencil.h"

#include "dataplane/transactions/accounts.h"
#include "dataplane/transactions/classify.h"

#define AMOUNT_DIGITS 12

// Adds a byte to the marked ones; from the front to the back. False when there is no room.
static bool mark(struct stencil *stencil, const uint8_t *bytes, size_t at, uint8_t mask)
{
    size_t row = stencil->row_count;
    if (row == 0 || at >= stencil->row_at[row - 1] + sizeof(sixteen_bytes)) {
        if (row == STENCIL_ROWS) {
            return false;
        }
        size_t last = stencil->length - sizeof(sixteen_bytes);
        stencil->row_at[row] = (uint16_t)(at < last ? at : last);
        stencil->rows[row].value = sixteen_at(bytes + stencil->row_at[row]);
        stencil->rows[row].mask = (sixteen_bytes){0};
        stencil->row_count++;
        row++;
    }
    uint8_t *masks = (uint8_t *)&stencil->rows[row - 1].mask;
    masks[at - stencil->row_at[row - 1]] |= mask;
    return true;
}

static bool mark_all(struct stencil *stencil, const uint8_t *bytes, size_t at, size_t count)
{
    bool fits = true;
    for (size_t i = 0; i < count; i++) {
        fits = fits && mark(stencil, bytes, at + i, 0xFF);
    }
    return fits;
}

static bool rows_make(struct stencil *stencil, const struct plan *plan, size_t header_bytes)
{
    const struct walk *walk = &stencil->walk;
    uint8_t masks[HEADER_BYTES_MOST] = {0};
    bool fits = header_bytes <= sizeof(masks);
    header_mask(walk->dialect, header_bytes, masks);
    for (size_t i = 0; fits && i < header_bytes; i++) {
        fits = masks[i] == 0 || mark(stencil, walk->bytes, i, masks[i]);
    }
    size_t shape_bytes = mti_bytes(walk->dialect) + plan->shape.bitmap_bytes;
    fits = fits && mark_all(stencil, walk->bytes, header_bytes, shape_bytes);
    for (size_t i = 0; fits && i < plan->step_count; i++) {
        const struct plan_step *step = &plan->steps[i];
        size_t bytes = step->step.length_bytes;
        fits = mark_all(stencil, walk->bytes, walk->at[step->field] - bytes, bytes);
    }
    return fits;
}

// A field of so many characters, of fixed length; *at its place.
static enum value_form fixed_form(
    const struct walk *walk, int field, size_t characters, uint16_t *at)
{
    const struct field_step *step = &walk->dialect->steps[field];
    *at = 0;
    if (!walk_has(walk, field)) {
        return VALUE_ABSENT;
    }
    *at = walk->at[field];
    bool plain = step->length_bytes == 0 && !step->halved && step->bytes == characters &&
                 walk_units(walk, field) == characters;
    return plain ? VALUE_PLAIN : VALUE_BY_WALK;
}

static enum value_form account_form(struct stencil *stencil)
{
    const struct walk *walk = &stencil->walk;
    size_t digits = walk_has(walk, 2) ? walk_units(walk, 2) : 0;
    if (digits == 0) {
        return walk_has(walk, 35) ? VALUE_BY_WALK : VALUE_ABSENT;
    }
    stencil->account_at = walk->at[2];
    stencil->account_digits = (uint8_t)digits;
    bool plain = !walk->dialect->steps[2].halved && walk_wire_bytes(walk, 2) == digits &&
                 digits <= WAITING_LONGEST && (size_t)walk->at[2] + WAITING_SPARE <= walk->length;
    return plain ? VALUE_PLAIN : VALUE_BY_WALK;
}

static void values_find(struct stencil *stencil, const struct plan *plan)
{
    const struct walk *walk = &stencil->walk;
    stencil->account = (uint8_t)account_form(stencil);
    stencil->amount = (uint8_t)fixed_form(walk, 4, AMOUNT_DIGITS, &stencil->amount_at);
    stencil->code = (uint8_t)fixed_form(walk, 39, 2, &stencil->code_at);
    stencil->processing_at = plan->processing_mask != 0 ? walk->at[3] : 0;
    stencil->condition_at = plan->condition_mask != 0 ? walk->at[25] : 0;
    stencil->function_plain = plan->functions_plain &&
                              stencil->processing_at + sizeof(uint64_t) <= walk->length &&
                              stencil->condition_at + sizeof(uint16_t) <= walk->length;
    stencil->province_plain = plan->province_plain;
    stencil->region_at = plan->province_plain ? (uint16_t)(walk->at[42] + MERCHANT_REGION_AT) : 0;
}

static struct stencil *stencil_choose(struct stencils *stencils, size_t set)
{
    for (size_t i = 0; i < STENCIL_WAYS; i++) {
        if (stencils->ways[set][i].parser == NULL) {
            return &stencils->ways[set][i];
        }
    }
    bool worth = stencils->misses[set]++ % STENCIL_PATIENCE == 0;
    return worth ? &stencils->ways[set][stencils->next[set]++ % STENCIL_WAYS] : NULL;
}

void stencil_learn(struct stencils *stencils, const struct parser *parser, struct plan *plan,
    const struct walk *walk, size_t header_bytes, bool from_ours)
{
    if (walk->length < STENCIL_BYTES) {
        return;
    }
    size_t set = stencil_set(parser, parser->dialect, walk->bytes, walk->length);
    struct stencil *stencil = stencil_choose(stencils, set);
    if (stencil == NULL) {
        return;
    }
    *stencil = (struct stencil){.plan = plan,
        .plan_turn = plan->turn,
        .length = (uint32_t)walk->length,
        .from_ours = from_ours,
        .over_table = walk->over_table,
        .left_over = walk->end < walk->length};
    stencil->walk = *walk;
    values_find(stencil, plan);
    bool ours_asked = from_ours ^ mti_is_answer(plan->mti);
    stencil->key_plain = key_recipe_make(parser, &plan->key, walk, ours_asked, &stencil->key);
    if (rows_make(stencil, plan, header_bytes)) {
        stencil->parser = parser;
    }
}

void stencils_clear(struct stencils *stencils)
{
    for (size_t i = 0; i < STENCIL_SETS * STENCIL_WAYS; i++) {
        stencils->ways[i / STENCIL_WAYS][i % STENCIL_WAYS].parser = NULL;
    }
}
