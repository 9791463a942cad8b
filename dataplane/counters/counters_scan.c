// Reads what counters_print writes, and nothing else: names must be those of the settings, arrays
// in their order, numbers in their ranges, so that what comes behind may trust the counters as if
// they came from packets.
#include "config/settings.h"

#include "dataplane/counters/counters.h"
#include "dataplane/counters/counters_fields.h"

#include <jansson.h>

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES_MAX (64 << 20)  // some 300,000 cells
#define SUM_MAX        (1LL << 48) // bytes of a link in a second: above any port, below overflow
#define QUOTE_BYTES    64

struct scan {
    const struct settings *settings;
    struct counters *counters;
    char *error;
    size_t error_size;
};

// Puts "line N: sentence" in place, unless there is one already. Always false.
__attribute__((format(printf, 2, 3))) static bool refuse(struct scan *scan, const char *format, ...)
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

static const char *kind_of(const json_t *value)
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

// ---- values: each takes its key out of the object, so that what is left at the end is unknown

static const char *scan_text(struct scan *scan, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    if (!json_is_string(value)) {
        refuse(scan, "'%s' must be a text and is %s", key, kind_of(value));
        return NULL;
    }
    return json_string_value(value);
}

static bool scan_integer(
    struct scan *scan, const char *key, const json_t *value, int64_t min, int64_t max, int64_t *ret)
{
    if (!json_is_integer(value)) {
        return refuse(scan, "'%s' must be an integer and is %s", key, kind_of(value));
    }
    int64_t number = json_integer_value(value);
    if (number < min || number > max) {
        return refuse(scan, "'%s' must be %lld to %lld and is %lld", key, (long long)min,
            (long long)max, (long long)number);
    }
    *ret = number;
    return true;
}

static bool scan_second(struct scan *scan, const json_t *object, const char *key, int64_t *ret_s)
{
    struct instant at;
    const char *text = scan_text(scan, object, key);
    if (text == NULL) {
        return false;
    }
    if (!instant_parse(text, &at) || at.ns % NS_PER_S != 0) {
        return refuse(scan,
            "'%s' must be a whole second like \"2026-03-10T10:30:00+08:00\" and is "
            "'%.*s'",
            key, QUOTE_BYTES, text);
    }
    *ret_s = at.ns / NS_PER_S;
    return true;
}

static bool is_one_of(const char *key, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (strcmp(key, *names) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_sum(const char *key, const struct sum_field *fields, size_t count)
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
    return refuse(scan, "the settings have no network '%.*s'", QUOTE_BYTES, id == NULL ? "" : id);
}

static bool scan_link(struct scan *scan, const json_t *object, uint16_t *ret)
{
    const char *id = scan_text(scan, object, "link");
    for (size_t i = 0; id != NULL && i < scan->settings->link_count; i++) {
        if (strcmp(scan->settings->links[i].id, id) == 0) {
            *ret = (uint16_t)i;
            return true;
        }
    }
    return refuse(scan, "the settings have no link '%.*s'", QUOTE_BYTES, id == NULL ? "" : id);
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
    return refuse(scan, "network '%s' has no function '%.*s'", scan->settings->networks[network].id,
        QUOTE_BYTES, id == NULL ? "" : id);
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
    return refuse(scan, "the settings have no site '%.*s'", QUOTE_BYTES, name == NULL ? "" : name);
}

static bool scan_province(struct scan *scan, const json_t *object, uint8_t *ret)
{
    const char *text = scan_text(scan, object, "province");
    if (text == NULL) {
        return false;
    }
    if (strlen(text) != 2 || strspn(text, "0123456789") != 2) {
        return refuse(scan, "'province' must be two digits and is '%.*s'", QUOTE_BYTES, text);
    }
    *ret = (uint8_t)((text[0] - '0') * 10 + (text[1] - '0'));
    return true;
}

// ---- records

static bool scan_cell_id(struct scan *scan, const json_t *object, struct cell *ret)
{
    return scan_network(scan, object, &ret->network) && scan_link(scan, object, &ret->link) &&
           scan_function(scan, object, ret->network, &ret->function) &&
           scan_province(scan, object, &ret->province) && scan_site(scan, object, &ret->site);
}

static bool scan_small(struct scan *scan, const json_t *object, const struct sum_field *field,
    int64_t min, void *record)
{
    const json_t *value = json_object_get(object, field->name);
    int64_t number = 0;
    if (value != NULL && !scan_integer(scan, field->name, value, min, INT32_MAX, &number)) {
        return false;
    }
    *sum_small(record, field) = (int32_t)number;
    return true;
}

static bool scan_cell(struct scan *scan, json_t *object, struct cell_counts *ret)
{
    static const char *const names[] = {
        "network", "link", "function", "province", "site", "cohort", NULL};
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        if (!is_one_of(key, names) && !is_sum(key, cell_sums, CELL_SUMS)) {
            return refuse(scan, "a cell has no '%.*s'", QUOTE_BYTES, key);
        }
    }
    if (!scan_cell_id(scan, object, &ret->cell) ||
        !scan_second(scan, object, "cohort", &ret->cohort_s)) {
        return false;
    }
    if (scan->settings->links[ret->cell.link].network != ret->cell.network) {
        return refuse(scan, "link '%s' is not of network '%s'",
            scan->settings->links[ret->cell.link].id,
            scan->settings->networks[ret->cell.network].id);
    }
    for (size_t i = 0; i < CELL_SUMS; i++) {
        if (!scan_small(scan, object, &cell_sums[i], INT32_MIN, ret)) {
            return false;
        }
    }
    return true;
}

static bool scan_latency(struct scan *scan, const json_t *object, int32_t *ret)
{
    const json_t *array = json_object_get(object, "latency");
    if (array == NULL) {
        return true;
    }
    if (!json_is_array(array) || json_array_size(array) > LATENCY_CLASSES) {
        return refuse(scan, "'latency' must be an array of at most %d integers", LATENCY_CLASSES);
    }
    for (size_t i = 0; i < json_array_size(array); i++) {
        int64_t number;
        if (!scan_integer(scan, "latency", json_array_get(array, i), 0, INT32_MAX, &number)) {
            return false;
        }
        ret[i] = (int32_t)number;
    }
    return true;
}

static bool scan_link_counts(struct scan *scan, json_t *object, struct link_counts *ret)
{
    static const char *const names[] = {"link", "second", "latency", NULL};
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        if (!is_one_of(key, names) && !is_sum(key, link_bytes, LINK_BYTES) &&
            !is_sum(key, link_events, LINK_EVENTS)) {
            return refuse(scan, "a link has no '%.*s'", QUOTE_BYTES, key);
        }
    }
    if (!scan_link(scan, object, &ret->link) ||
        !scan_second(scan, object, "second", &ret->second)) {
        return false;
    }
    for (size_t i = 0; i < LINK_BYTES; i++) {
        const json_t *bytes = json_object_get(object, link_bytes[i].name);
        if (bytes != NULL && !scan_integer(scan, link_bytes[i].name, bytes, 0, SUM_MAX,
                                 sum_large(ret, &link_bytes[i]))) {
            return false;
        }
    }
    for (size_t i = 0; i < LINK_EVENTS; i++) {
        if (!scan_small(scan, object, &link_events[i], 0, ret)) {
            return false;
        }
    }
    return scan_latency(scan, object, ret->latency);
}

// ---- arrays

// An array of objects, allocated as `size` zeroed bytes each. NULL with *ret_count 0 when empty.
static bool scan_array(
    struct scan *scan, const json_t *root, const char *key, size_t size, void **ret, size_t *count)
{
    const json_t *array = json_object_get(root, key);
    if (!json_is_array(array)) {
        return refuse(scan, "'%s' must be an array and is %s", key, kind_of(array));
    }
    size_t length = json_array_size(array);
    for (size_t i = 0; i < length; i++) {
        if (!json_is_object(json_array_get(array, i))) {
            return refuse(scan, "'%s' must hold objects", key);
        }
    }
    *ret = length == 0 ? NULL : calloc(length, size);
    if (length > 0 && *ret == NULL) {
        return refuse(scan, "no memory for %zu '%s'", length, key);
    }
    *count = length;
    return true;
}

static bool scan_cells(struct scan *scan, const json_t *root, int64_t tick_s)
{
    struct counters *counters = scan->counters;
    void *cells = NULL;
    bool good =
        scan_array(scan, root, "cells", sizeof(*counters->cells), &cells, &counters->cell_count);
    counters->cells = cells;
    for (size_t i = 0; good && i < counters->cell_count; i++) {
        struct cell_counts *cell = &counters->cells[i];
        good = scan_cell(scan, json_array_get(json_object_get(root, "cells"), i), cell);
        if (good && cell->cohort_s > tick_s) {
            good = refuse(scan, "a cohort is later than its tick");
        } else if (good && i > 0 && cell_counts_compare(cell - 1, cell) >= 0) {
            good = refuse(scan, "the cells are not in their order");
        }
    }
    return good;
}

static bool scan_links(struct scan *scan, const json_t *root, int64_t tick_s)
{
    struct counters *counters = scan->counters;
    void *links = NULL;
    bool good =
        scan_array(scan, root, "links", sizeof(*counters->links), &links, &counters->link_count);
    counters->links = links;
    for (size_t i = 0; good && i < counters->link_count; i++) {
        struct link_counts *link = &counters->links[i];
        good = scan_link_counts(scan, json_array_get(json_object_get(root, "links"), i), link);
        if (good && link->second > tick_s) {
            good = refuse(scan, "a link's second is later than its tick");
        } else if (good && i > 0 && link_counts_compare(link - 1, link) >= 0) {
            good = refuse(scan, "the links are not in their order");
        }
    }
    return good;
}

static bool scan_port(struct scan *scan, json_t *object, struct port_facts *ret)
{
    static const char *const names[] = {"port", "link", NULL};
    const char *key, *link = json_string_value(json_object_get(object, "link"));
    json_t *value;
    int64_t port = 0;
    json_object_foreach(object, key, value)
    {
        if (!is_one_of(key, names) && !is_sum(key, port_sums, PORT_SUMS)) {
            return refuse(scan, "a port has no '%.*s'", QUOTE_BYTES, key);
        }
    }
    bool good =
        scan_integer(scan, "port", json_object_get(object, "port"), 0, PORTS_MAX - 1, &port);
    for (size_t i = 0; good && i < PORT_SUMS; i++) {
        const json_t *sum = json_object_get(object, port_sums[i].name);
        int64_t *value_at = sum_large(ret, &port_sums[i]);
        good = sum == NULL || scan_integer(scan, port_sums[i].name, sum, 0, SUM_MAX, value_at);
    }
    ret->port = (uint16_t)port;
    for (int i = PORT_LINK_UNKNOWN; good && link != NULL && i <= PORT_LINK_DOWN; i++) {
        if (strcmp(link, port_link_names[i]) == 0) {
            ret->link = (enum port_link)i;
            return true;
        }
    }
    return good && refuse(scan, "a port's link is unknown, up or down");
}

// Only ticks of a live run have them.
static bool scan_ports(struct scan *scan, const json_t *root)
{
    struct counters *counters = scan->counters;
    void *ports = NULL;
    if (json_object_get(root, "ports") == NULL) {
        return true;
    }
    size_t size = sizeof(*counters->ports);
    bool good = scan_array(scan, root, "ports", size, &ports, &counters->port_count);
    counters->ports = ports;
    for (size_t i = 0; good && i < counters->port_count; i++) {
        struct port_facts *facts = &counters->ports[i];
        good = scan_port(scan, json_array_get(json_object_get(root, "ports"), i), facts);
        if (good && i > 0 && facts[-1].port >= facts->port) {
            good = refuse(scan, "the ports are not in their order");
        }
    }
    return good;
}

static bool scan_root(struct scan *scan, json_t *root)
{
    static const char *const names[] = {
        "tick", "evicted", "merged", "cells", "links", "ports", NULL};
    struct counters *counters = scan->counters;
    int64_t tick_s, evicted, merged = 0;
    const char *key;
    json_t *value;
    if (!json_is_object(root)) {
        return refuse(scan, "a tick must be an object and is %s", kind_of(root));
    }
    json_object_foreach(root, key, value)
    {
        if (!is_one_of(key, names)) {
            return refuse(scan, "a tick has no '%.*s'", QUOTE_BYTES, key);
        }
    }
    value = json_object_get(root, "merged"); // live only
    if (value != NULL && !scan_integer(scan, "merged", value, 1, INT64_MAX, &merged)) {
        return false;
    }
    if (!scan_second(scan, root, "tick", &tick_s) ||
        !scan_integer(scan, "evicted", json_object_get(root, "evicted"), 0, INT64_MAX, &evicted)) {
        return false;
    }
    counters->tick = instant_from_s(tick_s);
    counters->evicted = (uint64_t)evicted;
    counters->merged = (uint64_t)merged;
    return scan_cells(scan, root, tick_s) && scan_links(scan, root, tick_s) &&
           scan_ports(scan, root);
}

// ---- lines

// The next line without its end. 1: *ret is the caller's, 0: end, -1: too long or no memory.
static int line_read(FILE *in, char **ret, size_t *ret_length)
{
    size_t length = 0, capacity = 4096;
    char *line = malloc(capacity);
    int byte = EOF;
    while (line != NULL && (byte = getc_unlocked(in)) != EOF && byte != '\n') {
        if (length == capacity) {
            char *grown = capacity >= LINE_BYTES_MAX ? NULL : realloc(line, capacity *= 2);
            if (grown == NULL) {
                free(line);
                return -1;
            }
            line = grown;
        }
        line[length++] = (char)byte;
    }
    if (line == NULL || (byte == EOF && length == 0)) {
        free(line);
        return line == NULL ? -1 : 0;
    }
    *ret = line;
    *ret_length = length;
    return 1;
}

int counters_scan(
    FILE *in, const struct settings *settings, struct counters *ret, char *error, size_t error_size)
{
    char *line;
    size_t length;
    *ret = (struct counters){.line = ret->line + 1};
    struct scan scan = {settings, ret, error, error_size};
    if (error_size > 0) {
        error[0] = '\0';
    }
    int got = line_read(in, &line, &length);
    if (got <= 0) {
        if (got < 0) {
            refuse(&scan, "longer than %d MiB", LINE_BYTES_MAX >> 20);
        } else if (ferror(in)) {
            refuse(&scan, "the file cannot be read");
            got = -1;
        }
        return got;
    }
    json_error_t mistake;
    json_t *root = json_loadb(line, length, JSON_REJECT_DUPLICATES, &mistake);
    free(line);
    bool good = root == NULL ? refuse(&scan, "not JSON: %s", mistake.text) : scan_root(&scan, root);
    json_decref(root);
    if (!good) {
        counters_free(ret);
    }
    return good ? 1 : -1;
}

void counters_free(struct counters *counters)
{
    free(counters->cells);
    free(counters->links);
    free(counters->ports);
    *counters = (struct counters){.line = counters->line};
}
