// Prints a record so that yaml_read reads it back as the same record: one key a line, lists of
// plain values in one line, texts in quotes unless they can be nothing but a text.
#include "config/instant.h"
#include "config/yaml_field.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define INDENT 2

struct printer {
    FILE *out;
    bool with_help;
};

static void indent_print(const struct printer *printer, int indent)
{
    fprintf(printer->out, "%*s", indent, "");
}

// Words that YAML readers take for something else than a text, in any case of letters.
static bool is_reserved(const char *text)
{
    static const char *const words[] = {
        "true", "false", "yes", "no", "on", "off", "y", "n", "null", "nan", "inf"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcasecmp(text, words[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_letter(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// A byte of a character beyond ASCII that is no blank, control or mark in any reader's eyes. 0xc2
// leads the C1 controls and the no-break space, 0xe2 the line separators, 0xef the byte order mark.
static bool is_beyond_ascii(unsigned char c)
{
    return c >= 0x80 && c != 0xc2 && c != 0xe2 && c != 0xef;
}

// Begins with a letter, a slash or a character beyond ASCII, and has nothing but those, digits and
// `._/-` behind it: no reader can take that for anything but a text.
static bool is_safe_plain(const char *text)
{
    const unsigned char *c = (const unsigned char *)text;
    if (!is_letter(*c) && !is_beyond_ascii(*c) && *c != '/') {
        return false;
    }
    for (; *c != '\0'; c++) {
        bool digit = *c >= '0' && *c <= '9';
        if (!is_letter(*c) && !digit && !is_beyond_ascii(*c) && strchr("._/-", *c) == NULL) {
            return false;
        }
    }
    return !is_reserved(text);
}

// The character at `text`, and in *ret_length its bytes. What is not UTF-8 counts byte by byte.
static uint32_t character(const unsigned char *text, size_t *ret_length)
{
    size_t length = text[0] < 0xc0 ? 1 : text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;
    uint32_t value = length == 1 ? text[0] : text[0] & (0x7fU >> length);
    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xc0) != 0x80) {
            *ret_length = 1;
            return text[0];
        }
        value = value << 6 | (text[i] & 0x3fU);
    }
    *ret_length = length;
    return value;
}

static void character_print(FILE *out, const unsigned char *text, size_t length, uint32_t value)
{
    bool is_printable = (value >= 0x20 && value <= 0x7e) || (value >= 0xa0 && length > 1);
    bool is_special = value == 0x2028 || value == 0x2029 || value == 0xfeff ||
                      (value >= 0xfffe && value <= 0xffff);
    if (value == '"' || value == '\\') {
        fprintf(out, "\\%c", (int)value);
    } else if (value == '\n' || value == '\t' || value == '\r') {
        fprintf(out, "\\%c", value == '\n' ? 'n' : value == '\t' ? 't' : 'r');
    } else if (is_printable && !is_special) {
        fwrite(text, 1, length, out);
    } else {
        fprintf(out, value < 0x100 ? "\\x%02" PRIX32 : "\\u%04" PRIX32, value);
    }
}

static void text_print(FILE *out, const char *text)
{
    text = text == NULL ? "" : text;
    if (is_safe_plain(text)) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (size_t length; *text != '\0'; text += length) {
        const unsigned char *bytes = (const unsigned char *)text;
        uint32_t value = character(bytes, &length);
        character_print(out, bytes, length, value);
    }
    fputc('"', out);
}

static void parsed_print(FILE *out, const struct parsed *parsed, const void *value)
{
    char text[512] = "";
    parsed->format(value, text, sizeof(text));
    text_print(out, text);
}

// A value that fits into a line: a scalar or an element of a list of scalars.
static void value_print(FILE *out, const struct field *field, const void *value)
{
    char text[INSTANT_TEXT_MAX];
    const char *name;
    switch (field->type) {
    case FIELD_TEXT:
    case FIELD_TEXTS: text_print(out, *(char *const *)value); break;
    case FIELD_INTEGER:
    case FIELD_INTEGERS: fprintf(out, "%" PRId64, *(const int64_t *)value); break;
    case FIELD_DURATION: fputs(duration_format(*(const int64_t *)value, text), out); break;
    case FIELD_BOOLEAN: fputs(*(const bool *)value ? "true" : "false", out); break;
    case FIELD_CHOICE:
        name = choice_name(field->choices, *(const int *)value);
        text_print(out, name);
        break;
    case FIELD_CHOICES:
        name = choice_name(field->choices, *(const int64_t *)value);
        text_print(out, name);
        break;
    case FIELD_PARSED:
    case FIELD_PARSEDS: parsed_print(out, field->parsed, value); break;
    case FIELD_RECORD:
    case FIELD_RECORDS: break;
    }
}

static void range_print(const struct printer *printer, const struct field *field)
{
    char min[INSTANT_TEXT_MAX], max[INSTANT_TEXT_MAX];
    const char *separator = "(";
    if (field->choices != NULL) {
        fprintf(printer->out, " (");
        for (const struct choice *c = field->choices; c->name != NULL; c++) {
            fprintf(printer->out, "%s%s", c == field->choices ? "" : ", ", c->name);
        }
        fprintf(printer->out, ")");
        return;
    }
    if (field->unit != NULL) {
        fprintf(printer->out, " (%s", field->unit);
        separator = ", ";
    }
    if (field_has_range(field) && field->type == FIELD_DURATION) {
        fprintf(printer->out, "%s%s to %s", field->unit == NULL ? " (" : separator,
            duration_format(field->min, min), duration_format(field->max, max));
    } else if (field_has_range(field)) {
        fprintf(printer->out, "%s%" PRId64 " to %" PRId64, field->unit == NULL ? " (" : separator,
            field->min, field->max);
    }
    if (field->unit != NULL || field_has_range(field)) {
        fputc(')', printer->out);
    }
}

static void help_print(const struct printer *printer, const struct field *field, int indent)
{
    if (!printer->with_help || field->help == NULL) {
        return;
    }
    indent_print(printer, indent);
    fprintf(printer->out, "# %s", field->help);
    range_print(printer, field);
    if (field->live) {
        fputs(" [live]", printer->out);
    }
    fputc('\n', printer->out);
}

// Whether an optional value is what it would be when it is left out.
static bool is_default(const struct field *field, const void *record, const void *defaults)
{
    static const char zeroes[64];
    const char *value = (const char *)record + field->offset;
    const char *usual = defaults == NULL ? zeroes : (const char *)defaults + field->offset;
    if (field->type == FIELD_RECORD) {
        const struct schema *schema = field->schema;
        for (size_t i = 0; i < schema->field_count; i++) {
            if (!is_default(
                    &schema->fields[i], value, defaults == NULL ? schema->defaults : usual)) {
                return false;
            }
        }
        return true;
    }
    if (field_is_list(field)) {
        return *(const size_t *)(const void *)((const char *)record + field->count_offset) == 0;
    }
    if (field->type == FIELD_TEXT) {
        const char *a = *(char *const *)(const void *)value;
        const char *b = *(char *const *)(const void *)usual;
        return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
    }
    size_t size = field->type == FIELD_BOOLEAN  ? sizeof(bool)
                  : field->type == FIELD_CHOICE ? sizeof(int)
                  : field->type == FIELD_PARSED ? field->parsed->size
                                                : sizeof(int64_t);
    return (defaults != NULL || size <= sizeof(zeroes)) && memcmp(value, usual, size) == 0;
}

static void record_print(const struct printer *printer, const struct schema *schema,
    const void *record, int indent, bool in_list);

static void list_print(
    const struct printer *printer, const struct field *field, const void *record, int indent)
{
    const char *elements = *(char *const *)(const void *)((const char *)record + field->offset);
    size_t count = *(const size_t *)(const void *)((const char *)record + field->count_offset);
    size_t size = field_element_size(field);
    if (field->type == FIELD_RECORDS && count > 0) {
        fputc('\n', printer->out);
        for (size_t i = 0; i < count; i++) {
            struct printer once = *printer;
            once.with_help = printer->with_help && i == 0; // the others have the same keys
            record_print(&once, field->schema, elements + i * size, indent + INDENT, true);
        }
        return;
    }
    fputs(" [", printer->out);
    for (size_t i = 0; i < count; i++) {
        fputs(i == 0 ? "" : ", ", printer->out);
        value_print(printer->out, field, elements + i * size);
    }
    fputs("]\n", printer->out);
}

static void field_print(const struct printer *printer, const struct field *field,
    const void *record, int indent, bool dash)
{
    const void *value = (const char *)record + field->offset;
    help_print(printer, field, indent);
    indent_print(printer, dash ? indent - INDENT : indent);
    fprintf(printer->out, "%s%s:", dash ? "- " : "", field->name);
    if (field_is_list(field)) {
        list_print(printer, field, record, indent);
    } else if (field->type == FIELD_RECORD) {
        fputc('\n', printer->out);
        record_print(printer, field->schema, value, indent + INDENT, false);
    } else {
        fputc(' ', printer->out);
        value_print(printer->out, field, value);
        fputc('\n', printer->out);
    }
}

// In a list the first key carries the dash, and all keys stand behind it. A record without any key
// to print is "{}".
static void record_print(const struct printer *printer, const struct schema *schema,
    const void *record, int indent, bool in_list)
{
    bool first = true;
    int keys_indent = in_list ? indent + INDENT : indent;
    for (size_t i = 0; i < schema->field_count; i++) {
        const struct field *field = &schema->fields[i];
        if (field->optional && is_default(field, record, schema->defaults)) {
            continue;
        }
        if (printer->with_help && indent == 0 && !first) {
            fputc('\n', printer->out);
        }
        field_print(printer, field, record, keys_indent, in_list && first);
        first = false;
    }
    if (first) {
        indent_print(printer, indent);
        fputs(in_list ? "- {}\n" : "{}\n", printer->out);
    }
}

void yaml_print(FILE *out, const struct schema *schema, const void *record, bool with_help)
{
    struct printer printer = {.out = out, .with_help = with_help};
    record_print(&printer, schema, record, 0, false);
}
