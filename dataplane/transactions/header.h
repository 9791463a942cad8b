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

// The digits of a message type (protocols.md 1.1).
struct mti {
    uint8_t version, class, function, origin;
};

enum header_result mti_parse(
    const struct dialect *dialect, const uint8_t *bytes, size_t length, struct mti *ret);
size_t mti_bytes(const struct dialect *dialect);

static inline bool mti_is_answer(struct mti mti)
{
    return (mti.function & 1) != 0; // x1x, x3x, x5x, x7x
}

// The header, the message type and one bitmap: no message is shorter.
size_t message_shortest(const struct dialect *dialect);
