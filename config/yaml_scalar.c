#include "config/yaml_scalar.h"

#include "config/instant.h"
#include "config/yaml_field.h"

#include <stdlib.h>
#include <string.h>

static bool is_plain(const yaml_node_t *node)
{
    return node->type == YAML_SCALAR_NODE && node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

static bool is_nothing(const yaml_node_t *node)
{
    static const char *const words[] = {"", "~", "null", "Null", "NULL"};
    for (size_t i = 0; is_plain(node) && i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(scalar_text(node), words[i]) == 0) {
            return true;
        }
    }
    return false;
}

const char *yaml_found(const yaml_node_t *node, char text[static FOUND_MAX])
{
    if (node->type == YAML_SEQUENCE_NODE) {
        return "a list";
    }
    if (node->type == YAML_MAPPING_NODE) {
        return "a record";
    }
    if (is_nothing(node)) {
        return "nothing";
    }
    const char *value = scalar_text(node);
    size_t length = strlen(value);
    bool cut = length > QUOTED_MAX;
    for (length = cut ? QUOTED_MAX : length; cut && ((uint8_t)value[length] & 0xc0) == 0x80;) {
        length--;
    }
    snprintf(text, FOUND_MAX, "\"%.*s%s\"", (int)length, value, cut ? "..." : "");
    return text;
}

// A text or a number; complains and returns NULL for anything else. `rule` says what is wanted.
static const char *scalar_read(
    struct reader *reader, const struct field *field, const yaml_node_t *node, const char *rule)
{
    char text[FOUND_MAX];
    if (node->type != YAML_SCALAR_NODE || is_nothing(node)) {
        COMPLAIN(
            reader, node, "%s must be %s, found %s", field->name, rule, yaml_found(node, text));
        return NULL;
    }
    if (strlen(scalar_text(node)) != node->data.scalar.length) {
        COMPLAIN(reader, node, "%s holds a NUL character", field->name);
        return NULL;
    }
    return scalar_text(node);
}

bool yaml_text_read(
    struct reader *reader, const struct field *field, const yaml_node_t *node, void *ret)
{
    const char *text = scalar_read(reader, field, node, "a text");
    if (text == NULL) {
        return false;
    }
    char *copy = strdup(text);
    if (copy == NULL) {
        COMPLAIN(reader, node, "not enough memory");
        return false;
    }
    *(char **)ret = copy;
    return true;
}

// Decimal, without leading zeros (YAML 1.1 would read those as octal), plus sign or underscores.
static bool integer_parse(const char *text, int64_t *ret)
{
    bool negative = *text == '-';
    const char *digits = text + negative;
    int64_t value = 0;
    if (*digits == '\0' || (digits[0] == '0' && digits[1] != '\0')) {
        return false;
    }
    for (; *digits != '\0'; digits++) {
        int digit = *digits - '0';
        if (digit < 0 || digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, digit, &value)) {
            return false;
        }
    }
    if (!negative && value == INT64_MIN) {
        return false;
    }
    *ret = negative ? value : -value;
    return true;
}

bool yaml_integer_read(
    struct reader *reader, const struct field *field, const yaml_node_t *node, void *ret)
{
    char text[FOUND_MAX];
    int64_t value;
    const char *unit = field->unit == NULL ? "" : field->unit;
    if (!is_plain(node) || !integer_parse(scalar_text(node), &value)) {
        COMPLAIN(
            reader, node, "%s must be an integer, found %s", field->name, yaml_found(node, text));
        return false;
    }
    if (field_has_range(field) && (value < field->min || value > field->max)) {
        COMPLAIN(reader, node, "%s must be %lld to %lld%s%s, found %lld", field->name,
            (long long)field->min, (long long)field->max, *unit == '\0' ? "" : " ", unit,
            (long long)value);
        return false;
    }
    *(int64_t *)ret = value;
    return true;
}

bool yaml_duration_read(
    struct reader *reader, const struct field *field, const yaml_node_t *node, void *ret)
{
    static const char rule[] = "a duration such as 250ms, 30s, 15min or 1h30min";
    char found_text[FOUND_MAX], min[INSTANT_TEXT_MAX], max[INSTANT_TEXT_MAX];
    int64_t value;
    const char *text = scalar_read(reader, field, node, rule);
    if (text == NULL) {
        return false;
    }
    if (!duration_parse(text, &value)) {
        COMPLAIN(reader, node, "%s must be %s, found %s", field->name, rule,
            yaml_found(node, found_text));
        return false;
    }
    if (field_has_range(field) && (value < field->min || value > field->max)) {
        COMPLAIN(reader, node, "%s must be %s to %s, found %s", field->name,
            duration_format(field->min, min), duration_format(field->max, max),
            yaml_found(node, found_text));
        return false;
    }
    *(int64_t *)ret = value;
    return true;
}

bool yaml_boolean_read(
    struct reader *reader, const struct field *field, const yaml_node_t *node, void *ret)
{
    char text[FOUND_MAX];
    bool yes = is_plain(node) && strcmp(scalar_text(node), "true") == 0;
    if (!yes && !(is_plain(node) && strcmp(scalar_text(node), "false") == 0)) {
        COMPLAIN(reader, node, "%s must be true or false, found %s", field->name,
            yaml_found(node, text));
        return false;
    }
    *(bool *)ret = yes;
    return true;
}

// "one of a, b, c"
static void choices_format(const struct choice *choices, char *text, size_t size)
{
    size_t length = (size_t)snprintf(text, size, "one of");
    for (size_t i = 0; choices[i].name != NULL && length < size; i++) {
        length += (size_t)snprintf(
            text + length, size - length, "%s %s", i == 0 ? "" : ",", choices[i].name);
    }
}

static bool choice_find(
    struct reader *reader, const struct field *field, const yaml_node_t *node, int *ret)
{
    char rule[512], text[FOUND_MAX];
    choices_format(field->choices, rule, sizeof(rule));
    const char *name = scalar_read(reader, field, node, rule);
    for (const struct choice *c = field->choices; name != NULL && c->name != NULL; c++) {
        if (strcmp(c->name, name) == 0) {
            *ret = c->value;
            return true;
        }
    }
    if (name != NULL) {
        COMPLAIN(
            reader, node, "%s must be %s, found %s", field->name, rule, yaml_found(node, text));
    }
    return false;
}

bool yaml_choice_read(
    struct reader *reader, const struct field *field, const yaml_node_t *node, void *ret)
{
    return choice_find(reader, field, node, ret);
}

// An element of FIELD_CHOICES.
bool yaml_choice_element_read(
    struct reader *reader, const struct field *field, const yaml_node_t *node, void *ret)
{
    int value;
    if (!choice_find(reader, field, node, &value)) {
        return false;
    }
    *(int64_t *)ret = value;
    return true;
}

bool yaml_parsed_read(
    struct reader *reader, const struct field *field, const yaml_node_t *node, void *ret)
{
    char found_text[FOUND_MAX];
    const char *text = scalar_read(reader, field, node, field->parsed->rule);
    if (text == NULL) {
        return false;
    }
    if (!field->parsed->parse(text, ret)) {
        COMPLAIN(reader, node, "%s must be %s, found %s", field->name, field->parsed->rule,
            yaml_found(node, found_text));
        return false;
    }
    return true;
}
