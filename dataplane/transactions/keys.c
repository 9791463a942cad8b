// A pairing key is a keyed hash over: the link, the request's message type, the side that asked,
// and the dialect's key fields as they are on the wire, each with its length. An answer (x1x, x3x)
// is keyed under its request's type. The origin digit stays out: it carries the repeat bit, and
// centres answer an 0422 as 0432 or as 0430.
//
// Field 90 names the original by its type, STAN, date and time, acquirer and forwarder, the last
// two filled up with zeros on either side to 11 digits. Ids begin with zeros themselves, so the
// fill cannot be taken away; instead the reversal's own fields 32 and 33 are used, once their
// digits have been found in 90. When they differ the original cannot be named.
#include "dataplane/transactions/keys.h"

#include <string.h>

#define KEY_BATCH_BYTES  6
#define SLOT_BYTES       16
#define PART_SLOTS       13 // up to 99 units, in hex two bytes each
#define KEY_SLOTS        (1 + KEY_FIELDS * PART_SLOTS + 1)
#define CLASS_REVERSAL   4
#define CLASS_MANAGEMENT 8
#define ORIGINAL_DIGITS  42

_Static_assert(KEY_SLOTS <= KEY_SLOTS_MAX, "every text can be hashed");

// The STAN and the date and time of field 90, as fields 11 and 7 have them on the wire; NULL: the
// message's own.
struct original {
    const uint8_t *stan, *time;
    uint8_t stan_bytes, time_bytes;
};

// What is hashed: a head with the length of every part, and the parts in slots of their own, filled
// up with zeros. Each slot is written and read in the same words, so that nothing has to wait until
// a write in pieces has reached the cache.
struct key_text {
    uint64_t words[2 * KEY_SLOTS];
    size_t slots;
    uint64_t lengths; // a byte each, the last part lowest
};

static const uint64_t low_bytes[] = {0, 0xFF, 0xFFFF, 0xFFFFFF, 0xFFFFFFFF, 0xFFFFFFFFFF,
    0xFFFFFFFFFFFF, 0xFFFFFFFFFFFFFF, UINT64_MAX};

// Up to SLOT_BYTES; `spare`: so many may be read in any case.
static inline void slot_add(struct key_text *text, const uint8_t *bytes, size_t count, bool spare)
{
    uint64_t words[2] = {0};
    if (spare) {
        memcpy(words, bytes, SLOT_BYTES);
        words[0] &= low_bytes[count < 8 ? count : 8];
        words[1] &= low_bytes[count < 8 ? 0 : count - 8];
    } else {
        memcpy(words, bytes, count);
    }
    text->words[2 * text->slots] = words[0];
    text->words[2 * text->slots + 1] = words[1];
    text->slots++;
}

// `left`: bytes that may be read from `bytes` on.
static inline __attribute__((always_inline)) void part_add(
    struct key_text *text, const uint8_t *bytes, size_t count, size_t left)
{
    text->lengths = text->lengths << 8 | count;
    for (; count > SLOT_BYTES; count -= SLOT_BYTES, bytes += SLOT_BYTES, left -= SLOT_BYTES) {
        slot_add(text, bytes, SLOT_BYTES, true);
    }
    slot_add(text, bytes, count, left >= SLOT_BYTES);
}

// Bytes of a part in this message; *odd: the last half byte fills up, and may be 0 or F.
static inline size_t part_bytes(const struct walk *walk, const struct key_part *part, bool *odd)
{
    *odd = part->odd;
    if (part->kind == PART_VARIABLE) {
        *odd &= walk->units[part->field] & 1;
        return walk->wire[part->field];
    }
    return part->bytes;
}

// A field of the message; absent ones have a length of 0 and a slot.
static inline __attribute__((always_inline)) void field_add(
    struct key_text *text, const struct walk *walk, const struct key_part *part)
{
    bool odd;
    size_t at = walk->at[part->field], bytes = part_bytes(walk, part, &odd);
    part_add(text, walk->bytes + at, bytes, walk->length - at);
    if (odd) {
        size_t last = bytes - 1;
        text->words[2 * text->slots - 2 + last % SLOT_BYTES / 8] &= ~(UINT64_C(15) << last % 8 * 8);
    }
}

static struct key_part part_of(const struct walk *walk, int field)
{
    const struct iso_field *row = &walk->dialect->fields[field];
    struct key_part part = {.field = (uint8_t)field};
    if (!walk_has(walk, field)) {
        return part;
    }
    part.kind = row->kind == FIXED ? PART_FIXED : PART_VARIABLE;
    part.bytes = row->kind == FIXED ? (uint8_t)row->fixed_bytes : 0;
    part.odd = walk->dialect->steps[field].halved && row->right_pad &&
               (row->kind != FIXED || (row->longest & 1) != 0);
    return part;
}

struct key_plan key_plan_of(const struct parser *parser, const struct walk *walk, struct mti mti)
{
    const struct dialect *dialect = parser->dialect;
    bool management = mti.class == CLASS_MANAGEMENT && dialect->management_key_field_count > 0;
    const uint8_t *fields = management ? dialect->management_key_fields : dialect->key_fields;
    size_t count = management ? dialect->management_key_field_count : dialect->key_field_count;
    struct key_plan plan = {.part_count = (uint8_t)count,
        .type = {(uint8_t)(mti.version << 4 | mti.class), (uint8_t)((mti.function & ~1) << 1)},
        .batch = dialect->batch_in_key && mti.class != CLASS_MANAGEMENT};
    bool any = false, has_stan = memchr(fields, 11, count) != NULL;
    for (size_t i = 0; i < count; i++) {
        plan.parts[i] = part_of(walk, fields[i]);
        any |= plan.parts[i].kind != PART_ABSENT;
    }
    plan.whole = has_stan ? walk_has(walk, 11) : any; // without the STAN in it, any field will do
    return plan;
}

static inline __attribute__((always_inline)) void parts_add(const struct key_plan *plan,
    const struct walk *walk, const struct original *original, struct key_text *text)
{
    for (size_t i = 0; i < plan->part_count; i++) {
        const struct key_part *part = &plan->parts[i];
        if (original != NULL && part->field == 11 && original->stan != NULL) {
            part_add(text, original->stan, original->stan_bytes, original->stan_bytes);
        } else if (original != NULL && part->field == 7 && original->time != NULL) {
            part_add(text, original->time, original->time_bytes, original->time_bytes);
        } else if (part->kind == PART_ABSENT) {
            part_add(text, walk->bytes, 0, 0);
        } else {
            field_add(text, walk, part);
        }
    }
}

// The first slot of a text: what else is in a key.
static inline void head_make(const struct parser *parser, const struct key_plan *plan,
    bool ours_asked, bool has_batch, uint64_t lengths, uint64_t ret[2])
{
    ret[0] = parser->link_index | (uint64_t)plan->type[0] << 16 |
             (uint64_t)(plan->type[1] | ours_asked) << 24 | (uint64_t)has_batch << 32;
    ret[1] = lengths;
}

static inline __attribute__((always_inline)) void key_finish(const struct parser *parser,
    const struct key_plan *plan, const struct walk *walk, bool ours_asked, struct key_text *text,
    uint64_t ret[2])
{
    // Field 60.2, the batch; a sign-on gets a new one in its answer.
    uint8_t batch[KEY_BATCH_BYTES];
    bool has_batch = plan->batch && walk_characters(walk, 60, 2, KEY_BATCH_BYTES, batch);
    if (has_batch) {
        slot_add(text, batch, KEY_BATCH_BYTES, false);
    }
    head_make(parser, plan, ours_asked, has_batch, text->lengths, text->words);
    key_hash(parser->key, text->words, text->slots, ret);
}

void key_from_walk(const struct parser *parser, const struct key_plan *plan,
    const struct walk *walk, bool ours_asked, uint64_t ret[2])
{
    struct key_text text;
    text.slots = 1; // the head comes last
    text.lengths = 0;
    parts_add(plan, walk, NULL, &text);
    key_finish(parser, plan, walk, ours_asked, &text, ret);
}

// ---- recipes

// The slots of one part. False when there is no room for them, or one cannot be read whole.
static bool part_slots(const struct walk *walk, const struct key_part *part, uint64_t *lengths,
    struct key_recipe *recipe)
{
    bool odd;
    bool absent = part->kind == PART_ABSENT;
    size_t bytes = part_bytes(walk, part, &odd), at = absent ? 0 : walk->at[part->field];
    *lengths = *lengths << 8 | bytes;
    for (bool first = true; first || bytes > 0; first = false) {
        if (recipe->slot_count == RECIPE_SLOTS || at + SLOT_BYTES > walk->length) {
            return false;
        }
        size_t count = bytes < SLOT_BYTES ? bytes : SLOT_BYTES, high = count < 8 ? 0 : count - 8;
        bytes -= count;
        struct key_slot slot = {
            .low = low_bytes[count < 8 ? count : 8], .high = low_bytes[high], .at = (uint32_t)at};
        if (odd && bytes == 0) {
            *(count > 8 ? &slot.high : &slot.low) &= ~(UINT64_C(15) << (count - 1) % 8 * 8);
        }
        recipe->slots[recipe->slot_count++] = slot;
        at += count;
    }
    return true;
}

bool key_recipe_make(const struct parser *parser, const struct key_plan *plan,
    const struct walk *walk, bool ours_asked, struct key_recipe *ret)
{
    uint64_t head[2], lengths = 0;
    ret->slot_count = 0;
    for (size_t i = 0; i < plan->part_count; i++) {
        if (!part_slots(walk, &plan->parts[i], &lengths, ret)) {
            return false;
        }
    }
    head_make(parser, plan, ours_asked, false, lengths, head);
    ret->head = key_slot_hash(parser->key, 0, head[0], head[1]);
    return !plan->batch;
}

// Whether the 11 digits of field 90 at `first` are this id with zeros on one side.
static bool id_agrees(const struct walk *walk, size_t first, int id_field)
{
    uint8_t filled[11], id[11];
    if (!walk_characters(walk, 90, first, sizeof(filled), filled)) {
        return false;
    }
    size_t count = 0;
    if (walk_has(walk, id_field)) {
        count = walk_units(walk, id_field);
        if (count > sizeof(id) || !walk_characters(walk, id_field, 0, count, id)) {
            return false;
        }
    }
    size_t fill = sizeof(filled) - count;
    static const uint8_t zeros[11] = "00000000000";
    if (memcmp(filled, zeros, sizeof(filled)) == 0) {
        return true; // field 90 leaves it open: the reversal's own
    }
    return (memcmp(filled, id, count) == 0 && memcmp(filled + count, zeros, fill) == 0) ||
           (memcmp(filled + fill, id, count) == 0 && memcmp(filled, zeros, fill) == 0);
}

// The type of the original; false when it is no request.
static bool original_mti(const struct walk *walk, struct mti *ret)
{
    uint8_t digits[4];
    if (!walk_characters(walk, 90, 0, sizeof(digits), digits)) {
        return false;
    }
    *ret = (struct mti){(uint8_t)(digits[0] - '0'), (uint8_t)(digits[1] - '0'),
        (uint8_t)(digits[2] - '0'), (uint8_t)(digits[3] - '0')};
    return ret->version <= 9 && ret->class >= 1 && ret->class <= 8 && ret->function <= 7 &&
           !mti_is_answer(*ret);
}

static bool is_zero(const uint8_t *bytes, size_t count, uint8_t zero)
{
    for (size_t i = 0; i < count; i++) {
        if (bytes[i] != zero) {
            return false;
        }
    }
    return true;
}

// Whether a field is part of the dialect's key for business.
static bool is_key_field(const struct dialect *dialect, int field)
{
    return memchr(dialect->key_fields, field, dialect->key_field_count) != NULL;
}

// Field 90's STAN, date and time. Both begin at an even digit, so a BCD field 90 has them byte by
// byte as their own fields would be. False when it names nothing, or somebody else's message.
static bool original_parse(const struct walk *walk, struct mti *mti, struct original *ret)
{
    const struct dialect *dialect = walk->dialect;
    const struct iso_field *row = &dialect->fields[90];
    bool halved = dialect->steps[90].halved;
    if (row->kind != FIXED || row->form != FORM_DIGITS || row->longest != ORIGINAL_DIGITS ||
        !original_mti(walk, mti)) {
        return false;
    }
    const uint8_t *value = walk_value(walk, 90);
    *ret = (struct original){.stan = value + (halved ? 2 : 4),
        .stan_bytes = halved ? 3 : 6,
        .time = value + (halved ? 5 : 10),
        .time_bytes = halved ? 5 : 10};
    return !is_zero(ret->stan, ret->stan_bytes, halved ? 0 : '0') &&
           (!is_key_field(dialect, 32) || id_agrees(walk, 20, 32)) &&
           (!is_key_field(dialect, 33) || id_agrees(walk, 31, 33));
}

// Terminals reverse under the STAN of the original, and 60.1 says what it was: 10 and 11 are
// pre-authorizations (0100), the others financial (0200).
static bool terminal_original_mti(const struct walk *walk, struct mti *ret)
{
    uint64_t type;
    if (!walk->dialect->batch_in_key || !walk_number(walk, 60, 0, 2, &type)) {
        return false;
    }
    *ret = (struct mti){.version = 0, .class = type == 10 || type == 11 ? 1 : 2};
    return true;
}

void original_from_walk(const struct parser *parser, const struct walk *walk, struct mti mti,
    bool ours_asked, uint64_t ret[2])
{
    struct mti of;
    struct original original = {0};
    ret[0] = ret[1] = 0;
    if (mti.class != CLASS_REVERSAL) {
        return;
    }
    if (walk_has(walk, 90) ? original_parse(walk, &of, &original)
                           : terminal_original_mti(walk, &of)) {
        struct key_plan plan = key_plan_of(parser, walk, of);
        struct key_text text;
        text.slots = 1;
        text.lengths = 0;
        parts_add(&plan, walk, &original, &text);
        key_finish(parser, &plan, walk, ours_asked, &text, ret);
    }
}
