// A dialect is how one side of the world writes ISO 8583: framing, headers, encodings, field table,
// pairing key. Data in config/dialects/*.yaml, compiled here into a form that one walk over the
// bitmap can use.
#pragma once

#include "config/yaml.h"

#include "dataplane/transactions/digits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum length_form { LENGTH_ASCII, LENGTH_HEX, LENGTH_BINARY, LENGTH_BCD, LENGTH_NONE };
enum digits { DIGITS_ASCII, DIGITS_BCD };
enum bitmap_form { BITMAP_RAW, BITMAP_HEX };
enum message_header {
    HEADER_NONE,
    HEADER_CUPS,
    HEADER_TPDU,
    HEADER_POS,
    HEADER_BASE1,
    HEADER_BASE24
};

// How a message is found on the stream.
struct framing {
    enum length_form form;
    int64_t skip_before;    // bytes before the length (GICC, RBP: 2)
    int64_t length_bytes;   // of the length itself
    int64_t skip_after;     // bytes after the length that it does not count (CS: 2, RBP: 2)
    int64_t counted_before; // how many of the bytes up to and with the length the length counts
                            // (Amex: 2)
    int64_t trailer; // bytes after the text that the length counts and the message does not (BASE24
                     // TCP: 1)
    bool ends_with_etx; // LENGTH_NONE: the message ends with 0x03 (BASE24)
    bool zero_is_keepalive;
    int64_t longest; // longest message; a longer length is not one
};

// Of one message with its framing.
struct frame_bounds {
    size_t before;            // bytes in front of the message
    size_t trailer;           // and behind it
    size_t shortest, longest; // bytes in all; a framing without a length has none
};

enum field_kind { FIXED, LL, LLL, LLLL };
enum field_form { FORM_DIGITS, FORM_SIGNED_DIGITS, FORM_TEXT, FORM_RAW };

struct iso_field {
    uint8_t kind;         // enum field_kind
    uint8_t form;         // enum field_form
    uint8_t right_pad;    // BCD with an odd count of digits: padded on the right
    uint8_t length_form;  // of LL..LLLL: enum digits
    uint16_t longest;     // digits, characters or bytes, as `form` says
    uint16_t fixed_bytes; // on the wire when FIXED
    bool digits_bcd;      // FORM_DIGITS in BCD: two digits a byte
    bool raw_as_hex;      // FORM_RAW as two hex characters a byte
    bool known;           // in the table at all
};

// What the walk needs to pass one field: a fixed count of bytes, or a length of its own in front.
struct field_step {
    uint16_t bytes;       // of a FIXED field
    uint16_t longest;     // of the others, in the unit that the length counts
    uint8_t length_bytes; // of the length in front; 0: FIXED
    uint8_t length_bcd;   // the length is in BCD
    uint8_t halved;       // two units a byte
    uint8_t doubled;      // two bytes a unit
};

#define ISO_FIELDS       193 // fields 2 to 192; [0] is unused, [1] and [65] are bitmaps
#define ISO_BITMAP_WORDS 3

struct dialect {
    char *name;
    char *path;
    struct framing framing;
    enum message_header header;
    enum digits mti;
    enum bitmap_form bitmap;
    size_t shortest; // header, message type and one bitmap
    size_t mti_at;   // the header's bytes, as a rule
    struct frame_bounds frame;
    struct iso_field fields[ISO_FIELDS];
    struct field_step steps[ISO_FIELDS];
    uint64_t known[ISO_BITMAP_WORDS]; // bit 0 of word 0 is field 1
    uint8_t key_fields[8];            // request and answer carry the same values of these
    size_t key_field_count;
    uint8_t management_key_fields[8]; // the same for 08xx
    size_t management_key_field_count;
    bool batch_in_key; // POS: field 60.2
};

// NULL after mistakes, which name file:line:column.
struct dialect *dialect_read(const char *path, struct mistakes *mistakes);
void dialect_free(struct dialect *dialect);

// ---- framing.c: bytes of one direction of a connection → where the next message is
// --------------------

enum framing_result {
    FRAMING_WHOLE,     // *ret is a whole message
    FRAMING_PARTIAL,   // ret->consumed bytes are needed in all (0: at least one more)
    FRAMING_KEEPALIVE, // ret->consumed bytes without a message
    FRAMING_BAD,       // these bytes do not begin a message: resync
};

struct framed {
    uint32_t offset;   // of the message (its header included) from the bytes given
    uint32_t length;   // of the message
    uint32_t consumed; // to the next message
};

// framing_next for bytes that are one whole message to their last one, as they nearly always are.
// False when they are not, or when that is not quick to tell.
static inline bool framing_is_one(
    const struct dialect *dialect, const uint8_t *bytes, size_t length, struct framed *ret)
{
    const struct framing *framing = &dialect->framing;
    const struct frame_bounds *frame = &dialect->frame;
    if (length < frame->shortest || length > frame->longest) {
        return false;
    }
    uint32_t value = (uint32_t)(length - frame->before) + (uint32_t)framing->counted_before;
    const uint8_t *at = bytes + framing->skip_before;
    uint32_t announced = 0;
    if (framing->form == LENGTH_BINARY && framing->length_bytes == 2) {
        announced = (uint32_t)(at[0] << 8 | at[1]);
    } else if (framing->form != LENGTH_ASCII || framing->length_bytes != 4 ||
               !four_digits(at, &announced)) {
        return false;
    }
    *ret = (struct framed){.offset = (uint32_t)frame->before,
        .length = (uint32_t)(length - frame->before - frame->trailer),
        .consumed = (uint32_t)length};
    return announced == value;
}

// Looks at `length` bytes that should begin with a message. Bounded by framing.longest.
enum framing_result framing_next(
    const struct dialect *dialect, const uint8_t *bytes, size_t length, struct framed *ret);

// Whether the bytes are whole messages from the first to the last one, and nothing in them gainsays
// it. For bytes that stand behind others that were not seen.
bool framing_is_sound(const struct dialect *dialect, const uint8_t *bytes, size_t length);

// After a gap or bad bytes: the offset of the first place, from 0, where a message may begin: the
// framing, the header and the MTI are plausible and, when its bytes are there, so is the message
// behind it. `length` when there is none; bytes that could begin a message still incomplete are not
// jumped over.
size_t framing_resync(const struct dialect *dialect, const uint8_t *bytes, size_t length);
