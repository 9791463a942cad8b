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

#define KEY_FIELDS       8
#define KEY_PART_BYTES   100 // length and up to 99 bytes
#define CLASS_REVERSAL   4
#define CLASS_MANAGEMENT 8
#define ORIGINAL_DIGITS  42

struct key_part {
    const uint8_t *bytes;
    uint8_t count;
    bool odd; // the last nibble is padding
};

struct key_parts {
    struct key_part items[KEY_FIELDS];
    const uint8_t *fields;
    size_t count;
};

// Copies exactly `count` bytes, without a call for the short ones that nearly all are.
static inline void copy_short(uint8_t *to, const uint8_t *from, size_t count)
{
    if (count >= 8 && count <= 16) {
        uint64_t head, tail;
        memcpy(&head, from, 8);
        memcpy(&tail, from + count - 8, 8);
        memcpy(to, &head, 8);
        memcpy(to + count - 8, &tail, 8);
    } else if (count >= 4 && count < 8) {
        uint32_t head, tail;
        memcpy(&head, from, 4);
        memcpy(&tail, from + count - 4, 4);
        memcpy(to, &head, 4);
        memcpy(to + count - 4, &tail, 4);
    } else {
        memcpy(to, from, count);
    }
}

// The parts of the request's own key; an absent field is an empty part. False when the fields that
// identify are absent: the STAN, or in a key without it all of them.
static inline bool parts_from_walk(
    const struct walk *walk, uint8_t message_class, struct key_parts *ret)
{
    const struct dialect *dialect = walk->dialect;
    bool management = message_class == CLASS_MANAGEMENT && dialect->management_key_field_count > 0;
    ret->fields = management ? dialect->management_key_fields : dialect->key_fields;
    ret->count = management ? dialect->management_key_field_count : dialect->key_field_count;
    bool any = false, stan_wanted = false;
    for (size_t i = 0; i < ret->count; i++) {
        int field = ret->fields[i];
        stan_wanted |= field == 11;
        ret->items[i] = (struct key_part){0};
        if (walk_has(walk, field)) {
            any = true;
            size_t bytes = walk_wire_bytes(walk, field);
            const struct iso_field *row = &dialect->fields[field];
            ret->items[i] = (struct key_part){
                .bytes = walk_value(walk, field),
                .count = (uint8_t)bytes,
                .odd = dialect->steps[field].halved && row->right_pad &&
                       (walk_units(walk, field) & 1) != 0,
            };
        }
    }
    return any && (!stan_wanted || walk_has(walk, 11));
}

static inline void parts_hash(const struct parser *parser, const struct walk *walk,
    const struct key_parts *parts, struct mti mti, bool ours_asked, uint64_t ret[2])
{
    uint8_t text[8 + KEY_FIELDS * KEY_PART_BYTES];
    size_t count = 0;
    text[count++] = (uint8_t)parser->link_index;
    text[count++] = (uint8_t)(parser->link_index >> 8);
    text[count++] = (uint8_t)(mti.version << 4 | mti.class);
    text[count++] = (uint8_t)((mti.function & ~1) << 1 | ours_asked);
    for (size_t i = 0; i < parts->count; i++) {
        const struct key_part *part = &parts->items[i];
        text[count++] = part->count;
        if (part->count > 0) {
            copy_short(text + count, part->bytes, part->count);
            count += part->count;
            if (part->odd) {
                text[count - 1] &= 0xF0;
            }
        }
    }
    if (walk->dialect->batch_in_key && mti.class != CLASS_MANAGEMENT) {
        uint8_t batch[6]; // field 60.2; a sign-on gets a new one in its answer
        if (walk_characters(walk, 60, 2, sizeof(batch), batch)) {
            memcpy(text + count, batch, sizeof(batch));
            count += sizeof(batch);
        }
    }
    key_hash(&parser->key, text, count, ret);
}

bool key_from_walk(const struct parser *parser, const struct walk *walk, struct mti mti,
    bool ours_asked, uint64_t ret[2])
{
    struct key_parts parts;
    if (!parts_from_walk(walk, mti.class, &parts)) {
        return false;
    }
    parts_hash(parser, walk, &parts, mti, ours_asked, ret);
    return true;
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

// Puts the STAN and the date and time of field 90 in the places of fields 11 and 7. Both begin at
// an even digit, so a BCD field 90 has them byte by byte as their own fields would be.
static bool parts_from_original(const struct walk *walk, struct key_parts *parts)
{
    bool halved = walk->dialect->steps[90].halved;
    const uint8_t *original = walk_value(walk, 90);
    const uint8_t *stan = original + (halved ? 2 : 4);
    const uint8_t *time = original + (halved ? 5 : 10);
    if (is_zero(stan, halved ? 3 : 6, halved ? 0 : '0')) {
        return false;
    }
    for (size_t i = 0; i < parts->count; i++) {
        struct key_part *part = &parts->items[i];
        switch (parts->fields[i]) {
        case 11: *part = (struct key_part){.bytes = stan, .count = halved ? 3 : 6}; break;
        case 7: *part = (struct key_part){.bytes = time, .count = halved ? 5 : 10}; break;
        case 32:
            if (!id_agrees(walk, 20, 32)) {
                return false;
            }
            break;
        case 33:
            if (!id_agrees(walk, 31, 33)) {
                return false;
            }
            break;
        default: break; // terminal, merchant, RRN: a reversal repeats the original's
        }
    }
    return true;
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
    struct mti original;
    struct key_parts parts;
    ret[0] = ret[1] = 0;
    if (mti.class != CLASS_REVERSAL || !parts_from_walk(walk, 0, &parts)) {
        return;
    }
    if (walk_has(walk, 90)) {
        if (walk->dialect->fields[90].kind != FIXED ||
            walk->dialect->fields[90].form != FORM_DIGITS ||
            walk_units(walk, 90) != ORIGINAL_DIGITS || !original_mti(walk, &original) ||
            !parts_from_original(walk, &parts)) {
            return;
        }
    } else if (!terminal_original_mti(walk, &original)) {
        return;
    }
    parts_hash(parser, walk, &parts, original, ours_asked, ret);
}
