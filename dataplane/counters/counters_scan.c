// Reads what counters_print writes, and nothing else: names must be those of the settings, arrays
// in their order, numbers in their ranges, so that what comes behind may trust the counters as if
// they came from packets.
#include "dataplane/counters/counters_scan.h"

#include <stdlib.h>
#include <string.h>

#define LINE_BYTES_MAX (64 << 20) // some 300,000 cells

// ---- records

static bool scan_cell(struct scan *scan, json_t *object, struct cell_counts *ret)
{
    static const char *const names[] = {
        "network", "link", "function", "province", "site", "unit", "cohort", NULL};
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        if (!scan_is_one_of(key, names) && !scan_is_sum(key, cell_sums, CELL_SUMS)) {
            return scan_refuse(scan, "a cell has no '%.*s'", SCAN_QUOTE_BYTES, key);
        }
    }
    if (!scan_cell_id(scan, object, &ret->cell) ||
        !scan_second(scan, object, "cohort", &ret->cohort_s) || !scan_cell_fits(scan, &ret->cell)) {
        return false;
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
        return scan_refuse(
            scan, "'latency' must be an array of at most %d integers", LATENCY_CLASSES);
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
        if (!scan_is_one_of(key, names) && !scan_is_sum(key, link_bytes, LINK_BYTES) &&
            !scan_is_sum(key, link_events, LINK_EVENTS)) {
            return scan_refuse(scan, "a link has no '%.*s'", SCAN_QUOTE_BYTES, key);
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
            good = scan_refuse(scan, "a cohort is later than its tick");
        } else if (good && i > 0 && cell_counts_compare(cell - 1, cell) >= 0) {
            good = scan_refuse(scan, "the cells are not in their order");
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
            good = scan_refuse(scan, "a link's second is later than its tick");
        } else if (good && i > 0 && link_counts_compare(link - 1, link) >= 0) {
            good = scan_refuse(scan, "the links are not in their order");
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
        if (!scan_is_one_of(key, names) && !scan_is_sum(key, port_sums, PORT_SUMS)) {
            return scan_refuse(scan, "a port has no '%.*s'", SCAN_QUOTE_BYTES, key);
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
    return good && scan_refuse(scan, "a port's link is unknown, up or down");
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
            good = scan_refuse(scan, "the ports are not in their order");
        }
    }
    return good;
}

static bool scan_root(struct scan *scan, json_t *root)
{
    static const char *const names[] = {"tick", "evicted", "merged", "clock_off_s", "cells",
        "links", "counterparties", "codes", "affected", "ports", NULL};
    struct counters *counters = scan->counters;
    int64_t tick_s, evicted, merged = 0, off_s = 0;
    const char *key;
    json_t *value;
    if (!json_is_object(root)) {
        return scan_refuse(scan, "a tick must be an object and is %s", scan_kind_of(root));
    }
    json_object_foreach(root, key, value)
    {
        if (!scan_is_one_of(key, names)) {
            return scan_refuse(scan, "a tick has no '%.*s'", SCAN_QUOTE_BYTES, key);
        }
    }
    value = json_object_get(root, "merged"); // live only
    if (value != NULL && !scan_integer(scan, "merged", value, 1, INT64_MAX, &merged)) {
        return false;
    }
    value = json_object_get(root, "clock_off_s"); // live only
    if (value != NULL && !scan_integer(scan, "clock_off_s", value, INT32_MIN, INT32_MAX, &off_s)) {
        return false;
    }
    if (!scan_second(scan, root, "tick", &tick_s) ||
        !scan_integer(scan, "evicted", json_object_get(root, "evicted"), 0, INT64_MAX, &evicted)) {
        return false;
    }
    counters->tick = instant_from_s(tick_s);
    counters->evicted = (uint64_t)evicted;
    counters->merged = (uint64_t)merged;
    counters->clock_off_s = off_s;
    return scan_cells(scan, root, tick_s) && scan_links(scan, root, tick_s) &&
           scan_counterparties(scan, root, tick_s) && scan_codes(scan, root, tick_s) &&
           scan_affected(scan, root, tick_s) && scan_ports(scan, root);
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
            scan_refuse(&scan, "longer than %d MiB", LINE_BYTES_MAX >> 20);
        } else if (ferror(in)) {
            scan_refuse(&scan, "the file cannot be read");
            got = -1;
        }
        return got;
    }
    if (counters_scan_plain(settings, line, length, ret)) {
        free(line);
        return 1;
    }
    json_error_t mistake;
    json_t *root = json_loadb(line, length, JSON_REJECT_DUPLICATES, &mistake);
    free(line);
    bool good =
        root == NULL ? scan_refuse(&scan, "not JSON: %s", mistake.text) : scan_root(&scan, root);
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
    free(counters->counterparties);
    free(counters->codes);
    free(counters->affected);
    free(counters->ports);
    *counters = (struct counters){.line = counters->line};
}
