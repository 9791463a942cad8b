#include "tests/unit/iso8583/build.h"

#include "config/yaml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct dialect *dialect_of(const char *name)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/config/dialects/%s.yaml", getenv("TAPGRADE_SOURCE"), name);
    struct mistakes *mistakes = mistakes_new();
    struct dialect *dialect = dialect_read(path, mistakes);
    if (dialect == NULL) {
        mistakes_print(mistakes, stderr);
        abort();
    }
    mistakes_free(mistakes);
    return dialect;
}

void built_add(struct built *built, const void *bytes, size_t length)
{
    if (built->length + length > BUILT_MOST) {
        abort();
    }
    memcpy(built->bytes + built->length, bytes, length);
    built->length += length;
}

static int hex_digit(char character)
{
    if (character >= '0' && character <= '9') {
        return character - '0';
    }
    return (character | 0x20) - 'a' + 10;
}

void built_add_hex(struct built *built, const char *hex)
{
    while (*hex != '\0') {
        if (*hex == ' ') {
            hex++;
            continue;
        }
        uint8_t byte = (uint8_t)(hex_digit(hex[0]) << 4 | hex_digit(hex[1]));
        built_add(built, &byte, 1);
        hex += 2;
    }
}

static void add_bcd(struct built *built, const char *digits, size_t count, bool left)
{
    char text[2048] = "";
    snprintf(text, sizeof(text), "%s%.*s%s", (count & 1) != 0 && !left ? "0" : "", (int)count,
        digits, (count & 1) != 0 && left ? "0" : "");
    for (char *equals; (equals = strchr(text, '=')) != NULL;) {
        *equals = 'D';
    }
    built_add_hex(built, text);
}

static void add_digits(struct built *built, enum digits form, const char *digits)
{
    if (form == DIGITS_BCD) {
        add_bcd(built, digits, strlen(digits), false);
    } else {
        built_add(built, digits, strlen(digits));
    }
}

static void add_raw(struct built *built, const struct iso_field *field, const struct built *raw)
{
    for (size_t i = 0; i < raw->length; i++) {
        char hex[3];
        snprintf(hex, sizeof(hex), "%02X", raw->bytes[i]);
        built_add(built, field->raw_as_hex ? (const void *)hex : &raw->bytes[i],
            field->raw_as_hex ? 2 : 1);
    }
}

static void add_field(struct built *built, const struct iso_field *field, const char *text)
{
    static const int digits_of[] = {0, 2, 3, 4};
    static struct built raw;
    raw.length = 0;
    if (strncmp(text, "hex:", 4) == 0) {
        built_add_hex(&raw, text + 4);
    } else {
        built_add(&raw, text, strlen(text));
    }
    if (field->kind != FIXED) {
        char length[8];
        snprintf(length, sizeof(length), "%0*zu", digits_of[field->kind], raw.length);
        add_digits(built, field->length_form, length);
    }
    if (field->form == FORM_RAW) {
        add_raw(built, field, &raw);
    } else if (field->form == FORM_DIGITS && field->digits_bcd) {
        add_bcd(built, text, raw.length, field->right_pad);
    } else if (field->form == FORM_SIGNED_DIGITS && field->digits_bcd) {
        built_add(built, text, 1);
        add_bcd(built, text + 1, raw.length - 1, false);
    } else {
        built_add(built, raw.bytes, raw.length);
    }
}

static void add_bitmaps(
    struct built *built, const struct dialect *dialect, const struct value *values)
{
    uint8_t bits[24] = {0};
    int last = 0;
    for (const struct value *v = values; v->field != 0; v++) {
        bits[(v->field - 1) / 8] |= (uint8_t)(0x80 >> (v->field - 1) % 8);
        last = v->field;
    }
    bits[0] |= last > 64 ? 0x80 : 0;
    bits[8] |= last > 128 ? 0x80 : 0;
    size_t count = last > 128 ? 24 : last > 64 ? 16 : 8;
    struct iso_field as_hex = {.raw_as_hex = dialect->bitmap == BITMAP_HEX};
    static struct built raw;
    raw.length = 0;
    built_add(&raw, bits, count);
    add_raw(built, &as_hex, &raw);
}

void body_build(
    const struct dialect *dialect, const char *mti, const struct value *values, struct built *ret)
{
    ret->length = 0;
    add_digits(ret, dialect->mti, mti);
    add_bitmaps(ret, dialect, values);
    for (const struct value *v = values; v->field != 0; v++) {
        add_field(ret, &dialect->fields[v->field], v->text);
    }
}

static void add_header(struct built *built, const struct dialect *dialect, size_t body)
{
    char cups[64];
    uint8_t base1[22] = {22, 1, 2, (uint8_t)((22 + body) >> 8), (uint8_t)(22 + body)};
    switch (dialect->header) {
    case HEADER_NONE: break;
    case HEADER_CUPS:
        snprintf(cups, sizeof(cups), ".%c%04zu%-11s%-11s%s%c%s%c%s", 2, 46 + body, "00010000",
            "03062900", "000", 1, "00000000", 1, "00000");
        built_add(built, cups, 46);
        break;
    case HEADER_TPDU: built_add_hex(built, "6000030000"); break;
    case HEADER_POS: built_add_hex(built, "6000030000 603100311122"); break;
    case HEADER_BASE1: built_add(built, base1, sizeof(base1)); break;
    case HEADER_BASE24: built_add(built, "ISO026000055", 12); break;
    }
}

void message_build(
    const struct dialect *dialect, const char *mti, const struct value *values, struct built *ret)
{
    static struct built body;
    body_build(dialect, mti, values, &body);
    ret->length = 0;
    add_header(ret, dialect, body.length);
    built_add(ret, body.bytes, body.length);
}

static void add_length(struct built *built, const struct framing *framing, size_t value)
{
    char text[16];
    int digits = (int)framing->length_bytes;
    switch (framing->form) {
    case LENGTH_ASCII: snprintf(text, sizeof(text), "%0*zu", digits, value); break;
    case LENGTH_HEX: snprintf(text, sizeof(text), "%0*zX", digits, value); break;
    case LENGTH_BINARY: snprintf(text, sizeof(text), "%0*zX", 2 * digits, value); break;
    case LENGTH_BCD: snprintf(text, sizeof(text), "%0*zu", 2 * digits, value); break;
    case LENGTH_NONE: return;
    }
    if (framing->form == LENGTH_ASCII || framing->form == LENGTH_HEX) {
        built_add(built, text, strlen(text));
    } else {
        built_add_hex(built, text);
    }
}

void frame_add(
    const struct dialect *dialect, const uint8_t *message, size_t length, struct built *stream)
{
    static const uint8_t zeros[16];
    const struct framing *framing = &dialect->framing;
    built_add(stream, zeros, (size_t)framing->skip_before);
    add_length(
        stream, framing, length + (size_t)framing->counted_before + (size_t)framing->trailer);
    built_add(stream, zeros, (size_t)framing->skip_after);
    built_add(stream, message, length);
    if (framing->ends_with_etx || framing->trailer == 1) {
        built_add(stream, "\x03", 1);
    }
}

uint8_t *exactly(const uint8_t *bytes, size_t length)
{
    uint8_t *copy = malloc(length > 0 ? length : 1);
    if (copy == NULL) {
        abort();
    }
    memcpy(copy, bytes, length);
    return copy;
}
