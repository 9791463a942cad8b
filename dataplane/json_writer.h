// Writes JSON into a small buffer and from there to a file: records of a capture come by the
// million. Nothing is escaped that the caller writes as a literal. Private to dataplane/.
#pragma once

#include "config/instant.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define JSON_WRITER_BYTES 4096

struct json_writer {
    FILE *out;
    size_t length;
    char bytes[JSON_WRITER_BYTES];
};

static inline void json_begin(struct json_writer *writer, FILE *out)
{
    writer->out = out;
    writer->length = 0;
}

// To the file. Errors stay in the file's error state.
void json_flush(struct json_writer *writer);

void json_bytes(struct json_writer *writer, const char *bytes, size_t length);
#define JSON_LITERAL(writer, text) json_bytes((writer), "" text "", sizeof(text) - 1)

void json_signed(struct json_writer *writer, int64_t value);
void json_unsigned(struct json_writer *writer, uint64_t value);
// The last `count` digits, with leading zeros.
void json_digits(struct json_writer *writer, uint64_t value, size_t count);
void json_hex(struct json_writer *writer, uint64_t value); // 16 digits
// RFC 3339 in +08:00, quoted, with 0 or 9 digits of the second's fraction.
void json_instant(struct json_writer *writer, struct instant at, size_t digits);
// UTF-8 text, quoted and escaped.
void json_text(struct json_writer *writer, const char *text);
// Bytes of the wire, quoted: what is not printable ASCII is escaped as U+0000 to U+00FF.
void json_wire_text(struct json_writer *writer, const uint8_t *bytes, size_t length);
