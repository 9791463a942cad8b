// A record with a field of every type, and a good file of it, one key a line.
#pragma once

#include "config/settings.h"
#include "config/yaml.h"

#include "tests/unit/config/scratch.h"

enum colour { RED, GREEN, BLUE };

struct inner {
    char *name;
    int64_t size;
};

struct sample {
    char *text;
    int64_t integer, duration_ns;
    bool boolean;
    enum colour choice;
    struct hours parsed;
    struct inner inner;
    char **texts;
    size_t text_count;
    int64_t *integers;
    size_t integer_count;
    int64_t *choices;
    size_t choice_count;
    struct hours *parseds;
    size_t parsed_count;
    struct inner *records;
    size_t record_count;
};

static const struct choice colours[] = {{"red", RED}, {"green", GREEN}, {"blue", BLUE}, {0}};

static const struct parsed hours = {
    .size = sizeof(struct hours),
    .parse = hours_parse,
    .format = hours_format,
    .rule = "hours",
};

static const struct field inner_fields[] = {
    {.name = "name", .type = FIELD_TEXT, FIELD_AT(struct inner, name), .help = "A name"},
    {.name = "size",
        .type = FIELD_INTEGER,
        FIELD_AT(struct inner, size),
        .optional = true,
        .min = 1,
        .max = 9,
        .help = "A size"},
};

static const struct schema inner_schema = {
    .size = sizeof(struct inner), .defaults = &(struct inner){.size = 3}, FIELDS(inner_fields)};

static const struct field sample_fields[] = {
    {.name = "text", .type = FIELD_TEXT, FIELD_AT(struct sample, text), .help = "A text"},
    {.name = "integer",
        .type = FIELD_INTEGER,
        FIELD_AT(struct sample, integer),
        .min = -5,
        .max = 10,
        .unit = "bytes",
        .help = "A number"},
    {.name = "duration",
        .type = FIELD_DURATION,
        FIELD_AT(struct sample, duration_ns),
        .min = NS_PER_S,
        .max = 60 * NS_PER_S,
        .help = "A duration"},
    {.name = "boolean", .type = FIELD_BOOLEAN, FIELD_AT(struct sample, boolean), .help = "Yes"},
    {.name = "choice",
        .type = FIELD_CHOICE,
        FIELD_AT(struct sample, choice),
        .choices = colours,
        .help = "A colour"},
    {.name = "parsed",
        .type = FIELD_PARSED,
        FIELD_AT(struct sample, parsed),
        .parsed = &hours,
        .help = "Hours"},
    {.name = "inner",
        .type = FIELD_RECORD,
        FIELD_AT(struct sample, inner),
        .schema = &inner_schema,
        .help = "A record"},
    {.name = "texts",
        .type = FIELD_TEXTS,
        FIELD_LIST(struct sample, texts, text_count),
        .help = "Texts"},
    {.name = "integers",
        .type = FIELD_INTEGERS,
        FIELD_LIST(struct sample, integers, integer_count),
        .help = "Numbers"},
    {.name = "choices",
        .type = FIELD_CHOICES,
        FIELD_LIST(struct sample, choices, choice_count),
        .choices = colours,
        .help = "Colours"},
    {.name = "parseds",
        .type = FIELD_PARSEDS,
        FIELD_LIST(struct sample, parseds, parsed_count),
        .parsed = &hours,
        .help = "More hours"},
    {.name = "records",
        .type = FIELD_RECORDS,
        FIELD_LIST(struct sample, records, record_count),
        .schema = &inner_schema,
        .help = "Records"},
};

static const struct schema sample_schema = {.size = sizeof(struct sample), FIELDS(sample_fields)};

static const char *const good_lines[] = {
    "text: a\n",
    "integer: 5\n",
    "duration: 30s\n",
    "boolean: true\n",
    "choice: red\n",
    "parsed: 09:00-10:00\n",
    "inner: {name: x}\n",
    "texts: [a, b]\n",
    "integers: [1, -2]\n",
    "choices: [red, blue]\n",
    "parseds: ['00:00-24:00']\n",
    "records: [{name: y}, {name: z, size: 4}]\n",
};

// The good file with line `number` replaced; the whole text when number is 0.
static inline const char *sample_text(size_t number, const char *replacement)
{
    static char text[4096];
    if (number == 0) {
        return replacement;
    }
    text[0] = '\0';
    for (size_t i = 0; i < sizeof(good_lines) / sizeof(good_lines[0]); i++) {
        strcat(text, i + 1 == number ? replacement : good_lines[i]);
    }
    return text;
}

static inline bool sample_read(const char *text, struct sample *ret, struct mistakes *mistakes)
{
    return yaml_read(scratch_write("s.yaml", text, strlen(text)), &sample_schema, ret, mistakes);
}
