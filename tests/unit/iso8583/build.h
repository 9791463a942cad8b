// Writes messages as the field table of a dialect says, for tests of the reader. It shares the
// table with the reader; the table itself is held against messages written by hand.
#pragma once

#include "dataplane/transactions/dialect.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BUILT_MOST 65536

struct built {
    uint8_t bytes[BUILT_MOST];
    size_t length;
};

struct value {
    int field;        // ascending; 0 ends the list
    const char *text; // digits, characters; "hex:" and hex digits for anything else
};

// A dialect of config/dialects; the test fails with its mistakes when it cannot be read.
struct dialect *dialect_of(const char *name);

void built_add(struct built *built, const void *bytes, size_t length);
void built_add_hex(struct built *built, const char *hex);

// Message type, bitmaps and fields.
void body_build(
    const struct dialect *dialect, const char *mti, const struct value *values, struct built *ret);
// The same behind the dialect's header.
void message_build(
    const struct dialect *dialect, const char *mti, const struct value *values, struct built *ret);
// Appends a message's bytes with the framing around them.
void frame_add(
    const struct dialect *dialect, const uint8_t *message, size_t length, struct built *stream);

// `length` bytes alone in memory of exactly that size, so that a sanitizer sees one byte too far.
// Caller frees.
uint8_t *exactly(const uint8_t *bytes, size_t length);
