// What stands in front of the bitmap: the header that the dialect names, then the message type.
// Private to transactions/: framing looks at it to tell a message from noise, the parser to read
// it.
#pragma once

#include "dataplane/transactions/dialect.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum header_result {
    HEADER_FINE,
    HEADER_SHORT, // fine as far as the bytes go
    HEADER_BAD,
};

struct header {
    size_t bytes;     // in front of the message type
    size_t announced; // CUPS: what the header says is the length of header and message; 0 unknown
    bool rejected;    // the message type behind is the request's
    bool test;        // not production
};

enum header_result header_parse(
    const struct dialect *dialect, const uint8_t *bytes, size_t length, struct header *ret);

#define HEADER_BYTES_MOST 46 // of a message that was not sent back

// Which bits of a header of so many bytes decide what header_parse says of it. Of a message that
// was not sent back: then others that have the same ones were not either.
void header_mask(
    const struct dialect *dialect, size_t header_bytes, uint8_t ret[static HEADER_BYTES_MOST]);

// The digits of a message type (ISO 8583).
struct mti {
    uint8_t version, class, function, origin;
};

// The same for bytes that may end inside.
enum header_result mti_parse_part(
    const struct dialect *dialect, const uint8_t *bytes, size_t length, struct mti *ret);

// By digit: bit n says that the digit may be n. Version 0-2, 8, 9; class 1-8; function 0-7; origin
// 0-5.
#define MTI_VERSIONS  0x307u
#define MTI_CLASSES   0x1FEu
#define MTI_FUNCTIONS 0x0FFu
#define MTI_ORIGINS   0x03Fu

static inline enum header_result mti_parse(
    const struct dialect *dialect, const uint8_t *bytes, size_t length, struct mti *ret)
{
    if (dialect->mti == DIGITS_BCD || length < 4) {
        return mti_parse_part(dialect, bytes, length, ret);
    }
    uint8_t a = bytes[0] - '0', b = bytes[1] - '0', c = bytes[2] - '0', d = bytes[3] - '0';
    *ret = (struct mti){a, b, c, d};
    bool small = (a | b | c | d) < 16;
    return small && (MTI_VERSIONS >> a & MTI_CLASSES >> b & MTI_FUNCTIONS >> c & MTI_ORIGINS >> d &
                        1)
               ? HEADER_FINE
               : HEADER_BAD;
}

static inline size_t mti_bytes(const struct dialect *dialect)
{
    return dialect->mti == DIGITS_BCD ? 2 : 4;
}

static inline bool mti_is_answer(struct mti mti)
{
    return (mti.function & 1) != 0; // x1x, x3x, x5x, x7x
}

// The header, the message type and one bitmap: no message is shorter. Kept as dialect->shortest.
size_t message_shortest(const struct dialect *dialect);
// Where the message type stands, as a rule. Kept as dialect->mti_at.
size_t message_mti_at(const struct dialect *dialect);
