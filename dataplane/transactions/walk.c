// The walk. A message is a bitmap and then the fields whose bits are set, without any mark between
// them: one wrong length and everything behind it is read wrong, so every length is checked against
// the bytes left. The bits are turned around so that bit 0 is the first field, and taken from the
// low end; a fixed field is one addition. That the sum of fixed fields ends inside the message is
// checked at the next length and at the end, before anybody may look at a value.
//
// A length above the table's that fits the message is no error: tables disagree (1987, CUPS),
// and the message's own length is the stronger witness.
#include "dataplane/transactions/walk.h"

#include "dataplane/transactions/digits.h"

#include <string.h>

#define LEFT_OVER_MOST 64 // some append a MAC or a block of their own that no bit announces

// Bit 0 of the result is the first field of the eight bytes.
static uint64_t fields_of(const uint8_t bytes[8])
{
    uint64_t bits = 0;
    memcpy(&bits, bytes, 8);
    _Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "byte 0 must be the low one");
    bits = (bits >> 1 & 0x5555555555555555) | (bits & 0x5555555555555555) << 1;
    bits = (bits >> 2 & 0x3333333333333333) | (bits & 0x3333333333333333) << 2;
    return (bits >> 4 & 0x0F0F0F0F0F0F0F0F) | (bits & 0x0F0F0F0F0F0F0F0F) << 4;
}

#define HEX 0x10 // marks those that are hex digits

// The four fields of a hex digit, the first one lowest.
static const uint8_t fields_of_hex[256] = {['0'] = 0x10,
    0x18,
    0x14,
    0x1C,
    0x12,
    0x1A,
    0x16,
    0x1E,
    0x11,
    0x19,
    ['A'] = 0x15,
    0x1D,
    0x13,
    0x1B,
    0x17,
    0x1F,
    ['a'] = 0x15,
    0x1D,
    0x13,
    0x1B,
    0x17,
    0x1F};

static bool word_from_hex(const uint8_t *text, uint64_t *ret)
{
    uint64_t word = 0;
    uint8_t all = HEX;
    for (int i = 15; i >= 0; i--) {
        uint8_t fields = fields_of_hex[text[i]];
        all &= fields;
        word = word << 4 | (fields & 15);
    }
    *ret = word;
    return (all & HEX) != 0;
}

// Reads one, two or three bitmaps; *at moves behind them.
static enum walk_result bitmaps_read(const struct dialect *dialect, const uint8_t *bytes,
    size_t length, size_t *at, uint64_t present[ISO_BITMAP_WORDS])
{
    size_t bitmap_bytes = dialect->bitmap == BITMAP_RAW ? 8 : 16, place = *at;
    uint64_t unknown = 0;
    present[0] = present[1] = present[2] = 0;
    for (int word = 0; word < ISO_BITMAP_WORDS; word++) {
        if (length < place || length - place < bitmap_bytes) {
            return WALK_SHORT;
        }
        uint64_t fields = 0;
        if (dialect->bitmap == BITMAP_RAW) {
            fields = fields_of(bytes + place);
        } else if (!word_from_hex(bytes + place, &fields)) {
            return WALK_BAD_BITMAP;
        }
        place += bitmap_bytes;
        bool more = word < ISO_BITMAP_WORDS - 1 && (fields & 1) != 0; // bits 1, 65: one more bitmap
        present[word] = fields & ~(uint64_t)more;
        unknown |= present[word] & ~dialect->known[word];
        if (!more) {
            break;
        }
    }
    *at = place;
    return unknown != 0 ? WALK_UNKNOWN_FIELD : WALK_FINE;
}

enum walk_result walk_message(const struct dialect *dialect, const uint8_t *bytes, size_t length,
    size_t bitmap_at, struct walk *restrict ret)
{
    enum walk_result result = bitmaps_read(dialect, bytes, length, &bitmap_at, ret->present);
    if (result != WALK_FINE) {
        return result;
    }
    size_t at = bitmap_at; // a copy that stays in a register
    bool over_table = false;
    for (unsigned word = 0; word < ISO_BITMAP_WORDS; word++) {
        for (uint64_t bits = ret->present[word]; bits != 0; bits &= bits - 1) {
            unsigned field = 64 * word + (unsigned)__builtin_ctzll(bits) + 1;
            const struct field_step step = dialect->steps[field];
            if (step.length_bytes == 0) {
                ret->at[field] = (uint16_t)at;
                at += step.bytes;
                continue;
            }
            if (at > length || length - at < step.length_bytes) {
                return WALK_SHORT;
            }
            uint32_t units = length_read(bytes + at, &step);
            at += step.length_bytes;
            size_t value_bytes = (((size_t)units << step.doubled) + step.halved) >> step.halved;
            if (length - at < value_bytes) { // which is also what NOT_A_LENGTH leads to
                return WALK_BAD_LENGTH;
            }
            over_table |= units > step.longest;
            ret->at[field] = (uint16_t)at;
            ret->units[field] = (uint16_t)units;
            ret->wire[field] = (uint16_t)value_bytes;
            at += value_bytes;
        }
    }
    ret->dialect = dialect;
    ret->bytes = bytes;
    ret->length = length;
    ret->end = at;
    ret->over_table = over_table;
    return at > length ? WALK_SHORT : WALK_FINE;
}

// Whether a value is what its field may hold. Only of fields without which a message is of no use
// (processing code, amount, time, STAN): others are sent blank by some, and must not hide a
// message.
static bool digits_are_fine(
    const struct iso_field *row, int field, const uint8_t *bytes, size_t units)
{
    bool needed = field == 3 || field == 4 || field == 7 || field == 11;
    if (!needed || row->form != FORM_DIGITS || (row->digits_bcd && (units & 1) != 0)) {
        return true;
    }
    for (size_t i = 0; i < (row->digits_bcd ? units / 2 : units); i++) {
        if (row->digits_bcd ? bcd(bytes[i]) == NOT_A_LENGTH : digit_value(bytes[i]) > 9) {
            return false;
        }
    }
    return true;
}

// One field at *at of a message of which `have` of `length` bytes are there; *at moves behind it,
// perhaps beyond `have`.
static enum walk_result field_check(const struct dialect *dialect, int field, const uint8_t *bytes,
    size_t have, size_t length, size_t *at)
{
    const struct field_step *step = &dialect->steps[field];
    const struct iso_field *row = &dialect->fields[field];
    size_t value_bytes = step->bytes, units = row->longest;
    if (length < *at || length - *at < step->length_bytes) {
        return WALK_SHORT;
    }
    if (step->length_bytes != 0) {
        if (have - *at < step->length_bytes) {
            *at = length; // how far the field goes is still to come, and so is all behind it
            return WALK_FINE;
        }
        uint32_t announced = length_read(bytes + *at, step);
        units = announced;
        value_bytes = (((size_t)announced << step->doubled) + step->halved) >> step->halved;
        *at += step->length_bytes;
        if (announced == NOT_A_LENGTH) {
            return WALK_BAD_LENGTH;
        }
    }
    if (length - *at < value_bytes) {
        return WALK_BAD_LENGTH;
    }
    if (have >= *at + value_bytes && !digits_are_fine(row, field, bytes + *at, units)) {
        return WALK_BAD_DIGITS;
    }
    *at += value_bytes;
    return WALK_FINE;
}

enum walk_result walk_check(
    const struct dialect *dialect, const uint8_t *bytes, size_t have, size_t length, size_t at)
{
    uint64_t present[ISO_BITMAP_WORDS];
    enum walk_result result = bitmaps_read(dialect, bytes, have, &at, present);
    if (result == WALK_SHORT && have < length) {
        return WALK_FINE; // the bitmaps are still to come
    }
    if (result != WALK_FINE) {
        return result;
    }
    for (int word = 0; word < ISO_BITMAP_WORDS; word++) {
        for (uint64_t bits = present[word]; bits != 0; bits &= bits - 1) {
            if (at >= have && have < length) {
                return WALK_FINE; // the other fields are still to come
            }
            int field = 64 * word + __builtin_ctzll(bits) + 1;
            result = field_check(dialect, field, bytes, have, length, &at);
            if (result != WALK_FINE) {
                return result;
            }
        }
    }
    size_t end = dialect->framing.form == LENGTH_NONE ? have : length; // without one: not known yet
    return end > at && end - at > LEFT_OVER_MOST ? WALK_LEFT_OVER : WALK_FINE;
}

// Where the BCD digits of a field begin, in nibbles: padding of an odd count may stand in front.
static size_t first_nibble(const struct walk *walk, int field)
{
    return (walk_units(walk, field) & 1) != 0 && !walk->dialect->fields[field].right_pad;
}

bool walk_characters(const struct walk *walk, int field, size_t first, size_t count, uint8_t *ret)
{
    if (!walk_has_units(walk, field, first + count)) {
        return false;
    }
    const uint8_t *value = walk_value(walk, field);
    if (!walk->dialect->steps[field].halved) {
        memcpy(ret, value + first, count);
        return true;
    }
    size_t nibble = first_nibble(walk, field) + first, i = 0;
    for (; (nibble & 1) == 0 && count - i >= 8; i += 8, nibble += 8) {
        characters_from_bcd(value + nibble / 2, ret + i);
    }
    for (; i < count; i++, nibble++) {
        uint8_t byte = value[nibble / 2];
        ret[i] = (uint8_t)('0' + ((nibble & 1) != 0 ? byte & 15 : byte >> 4));
    }
    return true;
}

bool walk_number_bcd(const struct walk *walk, int field, size_t first, size_t count, uint64_t *ret)
{
    if (!walk_has_units(walk, field, first + count)) {
        return false;
    }
    if (count == 0 || count > 14) { // seldom; 14 digits are in eight bytes, wherever they begin
        uint8_t characters[NUMBER_DIGITS];
        return count <= sizeof(characters) &&
               walk_characters(walk, field, first, count, characters) &&
               number_from_digits(characters, count, ret);
    }
    size_t begin = first_nibble(walk, field) + first, end = begin + count;
    const uint8_t *value = walk_value(walk, field);
    uint64_t nibbles = 0;
    for (size_t i = begin / 2; i < (end + 1) / 2; i++) {
        nibbles = nibbles << 8 | value[i];
    }
    nibbles = nibbles >> 4 * (end & 1) & ((UINT64_C(1) << 4 * count) - 1);
    return number_from_nibbles(nibbles, ret);
}
