#include "dataplane/counters/counters_scan.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

// Puts "line N: sentence" in place, unless there is one already. Always false.
bool scan_refuse(struct scan *scan, const char *format, ...)
{
    if (scan->error_size == 0 || scan->error[0] != '\0') {
        return false;
    }
    int length = snprintf(scan->error, scan->error_size, "line %zu: ", scan->counters->line);
    if (length > 0 && (size_t)length < scan->error_size) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(scan->error + length, scan->error_size - (size_t)length, format, arguments);
        va_end(arguments);
    }
    for (char *at = scan->error; *at != '\0'; at++) {
        if ((unsigned char)*at < ' ' || *at == 0x7f) {
            *at = '?'; // of a quoted offender: must not reach a terminal
        }
    }
    return false;
}

const char *scan_kind_of(const json_t *value)
{
    static const char *const names[] = {[JSON_OBJECT] = "an object",
        [JSON_ARRAY] = "an array",
        [JSON_STRING] = "a text",
        [JSON_INTEGER] = "an integer",
        [JSON_REAL] = "a fraction",
        [JSON_TRUE] = "true",
        [JSON_FALSE] = "false",
        [JSON_NULL] = "null"};
    return value == NULL ? "absent" : names[json_typeof(value)];
}

// ---- values

const char *scan_text(struct scan *scan, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    if (!json_is_string(value)) {
        scan_refuse(scan, "'%s' must be a text and is %s", key, scan_kind_of(value));
        return NULL;
    }
    return json_string_value(value);
}

bool scan_integer(
    struct scan *scan, const char *key, const json_t *value, int64_t min, int64_t max, int64_t *ret)
{
    if (!json_is_integer(value)) {
        return scan_refuse(scan, "'%s' must be an integer and is %s", key, scan_kind_of(value));
    }
    int64_t number = json_integer_value(value);
    if (number < min || number > max) {
        return scan_refuse(scan, "'%s' must be %lld to %lld and is %lld", key, (long long)min,
            (long long)max, (long long)number);
    }
    *ret = number;
    return true;
}

bool scan_second(struct scan *scan, const json_t *object, const char *key, int64_t *ret_s)
{
    struct instant at;
    const char *text = scan_text(scan, object, key);
    if (text == NULL) {
        return false;
    }
    if (!instant_parse(text, &at) || at.ns % NS_PER_S != 0) {
        return scan_refuse(scan,
            "'%s' must be a whole second like \"2026-03-10T10:30:00+08:00\" and is "
            "'%.*s'",
            key, SCAN_QUOTE_BYTES, text);
    }
    *ret_s = at.ns / NS_PER_S;
    return true;
}

bool scan_is_one_of(const char *key, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (strcmp(key, *names) == 0) {
            return true;
        }
    }
    return false;
}

bool scan_small(struct scan *scan, const json_t *object, const struct sum_field *field, int64_t min,
    void *record)
{
    const json_t *value = json_object_get(object, field->name);
    int64_t number = 0;
    if (value != NULL && !scan_integer(scan, field->name, value, min, INT32_MAX, &number)) {
        return false;
    }
    *sum_small(record, field) = (int32_t)number;
    return true;
}

bool scan_is_sum(const char *key, const struct sum_field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(key, fields[i].name) == 0) {
            return true;
        }
    }
    return false;
}

// ---- names

static bool scan_network(struct scan *scan, const json_t *object, uint16_t *ret)
{
    const char *id = scan_text(scan, object, "network");
    for (size_t i = 0; id != NULL && i < scan->settings->network_count; i++) {
        if (strcmp(scan->settings->networks[i].id, id) == 0) {
            *ret = (uint16_t)i;
            return true;
        }
    }
    return scan_refuse(
        scan, "the settings have no network '%.*s'", SCAN_QUOTE_BYTES, id == NULL ? "" : id);
}

bool scan_link(struct scan *scan, const json_t *object, uint16_t *ret)
{
    const char *id = scan_text(scan, object, "link");
    for (size_t i = 0; id != NULL && i < scan->settings->link_count; i++) {
        if (strcmp(scan->settings->links[i].id, id) == 0) {
            *ret = (uint16_t)i;
            return true;
        }
    }
    return scan_refuse(
        scan, "the settings have no link '%.*s'", SCAN_QUOTE_BYTES, id == NULL ? "" : id);
}

static bool scan_function(struct scan *scan, const json_t *object, uint16_t network, uint16_t *ret)
{
    const struct function_table *table = &scan->settings->networks[network].functions;
    const char *id = scan_text(scan, object, "function");
    for (size_t i = 0; id != NULL && i <= table->function_count; i++) {
        if (strcmp(function_id(table, i), id) == 0) {
            *ret = (uint16_t)i;
            return true;
        }
    }
    return scan_refuse(scan, "network '%s' has no function '%.*s'",
        scan->settings->networks[network].id, SCAN_QUOTE_BYTES, id == NULL ? "" : id);
}

static bool scan_site(struct scan *scan, const json_t *object, uint8_t *ret)
{
    const char *name = scan_text(scan, object, "site");
    for (size_t i = 0; name != NULL && i < scan->settings->site_count && i <= UINT8_MAX; i++) {
        if (strcmp(scan->settings->sites[i], name) == 0) {
            *ret = (uint8_t)i;
            return true;
        }
    }
    return scan_refuse(
        scan, "the settings have no site '%.*s'", SCAN_QUOTE_BYTES, name == NULL ? "" : name);
}

static bool scan_province(struct scan *scan, const json_t *object, uint8_t *ret)
{
    const char *text = scan_text(scan, object, "province");
    if (text == NULL) {
        return false;
    }
    if (strlen(text) != 2 || strspn(text, "0123456789") != 2) {
        return scan_refuse(
            scan, "'province' must be two digits and is '%.*s'", SCAN_QUOTE_BYTES, text);
    }
    *ret = (uint8_t)((text[0] - '0') * 10 + (text[1] - '0'));
    return true;
}

// Only a cell of a unit has one.
static bool scan_unit(struct scan *scan, const json_t *object, uint16_t network, uint16_t *ret)
{
    const struct label_table *units = &scan->settings->networks[network].units;
    const json_t *value = json_object_get(object, "unit");
    const char *name = value == NULL ? "" : scan_text(scan, object, "unit");
    for (size_t i = 0; name != NULL && i <= units->count; i++) {
        if (strcmp(label_name(units, (uint16_t)i), name) == 0 && (i > 0 || value == NULL)) {
            *ret = (uint16_t)i;
            return true;
        }
    }
    return scan_refuse(scan, "network '%s' has no unit '%.*s'",
        scan->settings->networks[network].id, SCAN_QUOTE_BYTES, name == NULL ? "" : name);
}

bool scan_function_id(struct scan *scan, const json_t *object, uint16_t *ret_network,
    uint16_t *ret_link, uint16_t *ret_function)
{
    return scan_network(scan, object, ret_network) && scan_link(scan, object, ret_link) &&
           scan_function(scan, object, *ret_network, ret_function);
}

bool scan_cell_id(struct scan *scan, const json_t *object, struct cell *ret)
{
    return scan_function_id(scan, object, &ret->network, &ret->link, &ret->function) &&
           scan_province(scan, object, &ret->province) && scan_site(scan, object, &ret->site) &&
           scan_unit(scan, object, ret->network, &ret->unit);
}

bool scan_link_fits(struct scan *scan, uint16_t link, uint16_t network)
{
    const struct settings *settings = scan->settings;
    return settings->links[link].network == network ||
           scan_refuse(scan, "link '%s' is not of network '%s'", settings->links[link].id,
               settings->networks[network].id);
}

bool scan_cell_fits(struct scan *scan, const struct cell *cell)
{
    return scan_link_fits(scan, cell->link, cell->network);
}

// ---- arrays

bool scan_array(
    struct scan *scan, const json_t *root, const char *key, size_t size, void **ret, size_t *count)
{
    const json_t *array = json_object_get(root, key);
    if (!json_is_array(array)) {
        return scan_refuse(scan, "'%s' must be an array and is %s", key, scan_kind_of(array));
    }
    size_t length = json_array_size(array);
    for (size_t i = 0; i < length; i++) {
        if (!json_is_object(json_array_get(array, i))) {
            return scan_refuse(scan, "'%s' must hold objects", key);
        }
    }
    *ret = length == 0 ? NULL : calloc(length, size);
    if (length > 0 && *ret == NULL) {
        return scan_refuse(scan, "no memory for %zu '%s'", length, key);
    }
    *count = length;
    return true;
}
