// One walk over the bitmap and the fields behind it: where every field stands. Private to
// transactions/.
#pragma once

#include "dataplane/transactions/dialect.h"
#include "dataplane/transactions/digits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum walk_result {
    WALK_FINE,
    WALK_SHORT,         // the bytes end inside the bitmaps or a field without length
    WALK_BAD_BITMAP,    // not hex digits
    WALK_UNKNOWN_FIELD, // a field that the table has no row for
    WALK_BAD_LENGTH,    // not digits, or more than the bytes left
    WALK_LEFT_OVER,     // of walk_check only: much behind the last field
    WALK_BAD_DIGITS,    // of walk_check only: something else in a field that must be digits
};

#define NOT_A_LENGTH UINT32_MAX

static inline uint32_t bcd(uint8_t byte)
{
    uint32_t high = byte >> 4, low = byte & 15;
    return high > 9 || low > 9 ? NOT_A_LENGTH : 10 * high + low;
}

static inline uint32_t length_from_digits(const uint8_t *bytes, unsigned count)
{
    uint32_t length = 0;
    for (unsigned i = 0; i < count; i++) {
        if (digit_value(bytes[i]) > 9) {
            return NOT_A_LENGTH;
        }
        length = 10 * length + digit_value(bytes[i]);
    }
    return length;
}

// The length in front of a variable field: NOT_A_LENGTH when it is not in digits.
static inline uint32_t length_read(const uint8_t *bytes, const struct field_step *step)
{
    if (step->length_bcd) {
        uint32_t high = step->length_bytes == 2 ? bcd(bytes[0]) : 0;
        uint32_t low = bcd(bytes[step->length_bytes - 1]);
        return high == NOT_A_LENGTH || low == NOT_A_LENGTH ? NOT_A_LENGTH : 100 * high + low;
    }
    if (step->length_bytes == 2) {
        uint32_t high = digit_value(bytes[0]), low = digit_value(bytes[1]);
        return high > 9 || low > 9 ? NOT_A_LENGTH : 10 * high + low;
    }
    return length_from_digits(bytes, step->length_bytes);
}

struct walk {
    const struct dialect *dialect;
    const uint8_t *bytes;               // of the message
    size_t length;                      // of the message
    size_t end;                         // of its last field
    uint64_t present[ISO_BITMAP_WORDS]; // bit 0 of word 0 is field 1
    bool over_table;                    // a length above the table's
    uint16_t at[ISO_FIELDS];            // of the value, where present
    uint16_t units[ISO_FIELDS];         // of a value of variable length: digits, characters, bytes
    uint16_t wire[ISO_FIELDS];          // its bytes on the wire
};

// Walks from the bitmap on. *ret is complete only when the result is WALK_FINE.
enum walk_result walk_message(const struct dialect *dialect, const uint8_t *bytes, size_t length,
    size_t bitmap_at, struct walk *restrict ret);

// The same for bytes of which only `have` of `length` are there, and more suspicious. WALK_FINE
// when all that is there could belong to a message of that length.
enum walk_result walk_check(
    const struct dialect *dialect, const uint8_t *bytes, size_t have, size_t length, size_t at);

static inline bool walk_has(const struct walk *walk, int field)
{
    return (walk->present[(field - 1) / 64] >> ((field - 1) % 64) & 1) != 0;
}

// Digits, characters or bytes of a field that is present.
static inline size_t walk_units(const struct walk *walk, int field)
{
    const struct iso_field *row = &walk->dialect->fields[field];
    return row->kind == FIXED ? row->longest : walk->units[field];
}

// Bytes on the wire of a field that is present, without its length in front.
static inline size_t walk_wire_bytes(const struct walk *walk, int field)
{
    const struct field_step *step = &walk->dialect->steps[field];
    return step->length_bytes == 0 ? step->bytes : walk->wire[field];
}

static inline const uint8_t *walk_value(const struct walk *walk, int field)
{
    return walk->bytes + walk->at[field];
}

// Whether the field is there with `count` units that can be read. (A signed field in BCD has fewer
// bytes than units and is not for reading.)
static inline bool walk_has_units(const struct walk *walk, int field, size_t count)
{
    return walk_has(walk, field) && count <= walk_units(walk, field) &&
           (walk->dialect->steps[field].halved || count <= walk_wire_bytes(walk, field));
}

// Units [first, first + count) of a field as characters, BCD as '0'..'9' and ':'..'?' ('=' is D).
// False, nothing written, when the field is absent or shorter.
bool walk_characters(const struct walk *walk, int field, size_t first, size_t count, uint8_t *ret);

#define NUMBER_DIGITS 18

bool walk_number_bcd(const struct walk *walk, int field, size_t first, size_t count, uint64_t *ret);

// The same as a number of up to NUMBER_DIGITS. False, *ret untouched, also when they are not
// digits.
static inline __attribute__((always_inline)) bool walk_number(
    const struct walk *walk, int field, size_t first, size_t count, uint64_t *ret)
{
    if (count > NUMBER_DIGITS || !walk_has_units(walk, field, first + count)) {
        return false;
    }
    if (walk->dialect->steps[field].halved) {
        return walk_number_bcd(walk, field, first, count, ret);
    }
    return number_from_digits(walk_value(walk, field) + first, count, ret);
}
