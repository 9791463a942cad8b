#include "dataplane/transactions/dialect_file.h"

static const struct choice length_forms[] = {{"ascii", LENGTH_ASCII}, {"hex", LENGTH_HEX},
    {"binary", LENGTH_BINARY}, {"bcd", LENGTH_BCD}, {"none", LENGTH_NONE}, {NULL, 0}};
static const struct choice digit_forms[] = {
    {"ascii", DIGITS_ASCII}, {"bcd", DIGITS_BCD}, {NULL, 0}};
static const struct choice bitmap_forms[] = {{"raw", BITMAP_RAW}, {"hex", BITMAP_HEX}, {NULL, 0}};
static const struct choice binary_forms[] = {{"raw", BINARY_RAW}, {"hex", BINARY_HEX}, {NULL, 0}};
static const struct choice headers[] = {{"none", HEADER_NONE}, {"cups", HEADER_CUPS},
    {"tpdu", HEADER_TPDU}, {"pos", HEADER_POS}, {"base1", HEADER_BASE1}, {"base24", HEADER_BASE24},
    {NULL, 0}};
static const struct choice kinds[] = {
    {"fixed", FIXED}, {"ll", LL}, {"lll", LLL}, {"llll", LLLL}, {NULL, 0}};
static const struct choice forms[] = {{"digits", FORM_DIGITS}, {"signed", FORM_SIGNED_DIGITS},
    {"text", FORM_TEXT}, {"raw", FORM_RAW}, {NULL, 0}};
static const struct choice aligns[] = {{"left", ALIGN_LEFT}, {"right", ALIGN_RIGHT}, {NULL, 0}};

#define FRAMING(member) offsetof(struct framing, member)
static const struct field framing_fields[] = {
    {.name = "length", .type = FIELD_CHOICE, .offset = FRAMING(form), .choices = length_forms},
    {.name = "skip_before",
        .type = FIELD_INTEGER,
        .offset = FRAMING(skip_before),
        .optional = true,
        .min = 0,
        .max = 16,
        .unit = "bytes",
        .help = "in front of the length"},
    {.name = "length_bytes",
        .type = FIELD_INTEGER,
        .offset = FRAMING(length_bytes),
        .min = 0,
        .max = 8,
        .unit = "bytes",
        .help = "of the length itself"},
    {.name = "skip_after",
        .type = FIELD_INTEGER,
        .offset = FRAMING(skip_after),
        .optional = true,
        .min = 0,
        .max = 16,
        .unit = "bytes",
        .help = "behind the length, not counted by it"},
    {.name = "counted_before",
        .type = FIELD_INTEGER,
        .offset = FRAMING(counted_before),
        .optional = true,
        .min = 0,
        .max = 24,
        .unit = "bytes",
        .help = "bytes up to and with the length that it counts"},
    {.name = "trailer",
        .type = FIELD_INTEGER,
        .offset = FRAMING(trailer),
        .optional = true,
        .min = 0,
        .max = 16,
        .unit = "bytes",
        .help = "behind the message, counted by the length"},
    {.name = "ends_with_etx",
        .type = FIELD_BOOLEAN,
        .offset = FRAMING(ends_with_etx),
        .optional = true,
        .help = "no length: the message ends with the byte 0x03"},
    {.name = "zero_is_keepalive",
        .type = FIELD_BOOLEAN,
        .offset = FRAMING(zero_is_keepalive),
        .optional = true,
        .help = "a length of zero is a sign of life"},
    {.name = "longest",
        .type = FIELD_INTEGER,
        .offset = FRAMING(longest),
        .min = 16,
        .max = MESSAGE_LONGEST,
        .unit = "bytes",
        .help = "a longer length is not one"},
};
static const struct schema framing_schema = {
    .size = sizeof(struct framing), FIELDS(framing_fields)};

#define ROW(member) offsetof(struct field_row, member)
static const struct field row_fields[] = {
    {.name = "number", .type = FIELD_INTEGER, .offset = ROW(number), .min = 2, .max = 192},
    {.name = "kind", .type = FIELD_CHOICE, .offset = ROW(kind), .choices = kinds},
    {.name = "form", .type = FIELD_CHOICE, .offset = ROW(form), .choices = forms},
    {.name = "length", .type = FIELD_INTEGER, .offset = ROW(length), .min = 1, .max = 9999},
    {.name = "digits",
        .type = FIELD_CHOICE,
        .offset = ROW(digits),
        .choices = digit_forms,
        .optional = true},
    {.name = "lengths",
        .type = FIELD_CHOICE,
        .offset = ROW(lengths),
        .choices = digit_forms,
        .optional = true},
    {.name = "binary",
        .type = FIELD_CHOICE,
        .offset = ROW(binary),
        .choices = binary_forms,
        .optional = true},
    {.name = "align",
        .type = FIELD_CHOICE,
        .offset = ROW(align),
        .choices = aligns,
        .optional = true},
    {.name = "name", .type = FIELD_TEXT, .offset = ROW(name), .optional = true},
};
static const struct field_row row_defaults = {
    .digits = AS_DIALECT, .lengths = AS_DIALECT, .binary = AS_DIALECT, .align = AS_DIALECT};
static const struct schema row_schema = {
    .size = sizeof(struct field_row), .defaults = &row_defaults, FIELDS(row_fields)};

#define TABLE(member) offsetof(struct table_file, member)
static const struct field table_fields[] = {
    {.name = "name", .type = FIELD_TEXT, .offset = TABLE(name)},
    {.name = "base", .type = FIELD_TEXT, .offset = TABLE(base)},
    {.name = "fields",
        .type = FIELD_RECORDS,
        .offset = TABLE(rows),
        .count_offset = TABLE(row_count),
        .schema = &row_schema},
};
const struct schema table_schema = {.size = sizeof(struct table_file), FIELDS(table_fields)};

#define FILE_(member) offsetof(struct dialect_file, member)
static const struct field dialect_fields[] = {
    {.name = "name", .type = FIELD_TEXT, .offset = FILE_(name)},
    {.name = "base", .type = FIELD_TEXT, .offset = FILE_(base)},
    {.name = "framing", .type = FIELD_RECORD, .offset = FILE_(framing), .schema = &framing_schema},
    {.name = "header", .type = FIELD_CHOICE, .offset = FILE_(header), .choices = headers},
    {.name = "mti", .type = FIELD_CHOICE, .offset = FILE_(mti), .choices = digit_forms},
    {.name = "bitmap", .type = FIELD_CHOICE, .offset = FILE_(bitmap), .choices = bitmap_forms},
    {.name = "digits", .type = FIELD_CHOICE, .offset = FILE_(digits), .choices = digit_forms},
    {.name = "lengths", .type = FIELD_CHOICE, .offset = FILE_(lengths), .choices = digit_forms},
    {.name = "binary", .type = FIELD_CHOICE, .offset = FILE_(binary), .choices = binary_forms},
    {.name = "key",
        .type = FIELD_INTEGERS,
        .offset = FILE_(key),
        .count_offset = FILE_(key_count),
        .min = 2,
        .max = 192},
    {.name = "management_key",
        .type = FIELD_INTEGERS,
        .offset = FILE_(management_key),
        .count_offset = FILE_(management_key_count),
        .min = 2,
        .max = 192},
    {.name = "batch_in_key",
        .type = FIELD_BOOLEAN,
        .offset = FILE_(batch_in_key),
        .optional = true},
    {.name = "fields",
        .type = FIELD_RECORDS,
        .offset = FILE_(rows),
        .count_offset = FILE_(row_count),
        .schema = &row_schema,
        .optional = true},
};
const struct schema dialect_schema = {.size = sizeof(struct dialect_file), FIELDS(dialect_fields)};
