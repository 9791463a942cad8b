// What the readers of a tick's parts share: one value or name each, checked. Private to
// dataplane/counters/.
#pragma once

#include "config/settings.h"

#include "dataplane/counters/counters.h"
#include "dataplane/counters/counters_fields.h"

#include <jansson.h>

#define SCAN_QUOTE_BYTES 64
#define SUM_MAX          (1LL << 48) // bytes of a link in a second: above any port, below overflow

struct scan {
    const struct settings *settings;
    struct counters *counters;
    char *error;
    size_t error_size;
};

// Puts "line N: sentence" in place, unless there is one already. Always false.
__attribute__((format(printf, 2, 3))) bool scan_refuse(struct scan *scan, const char *format, ...);
const char *scan_kind_of(const json_t *value);

// False, or NULL, when it was refused.
const char *scan_text(struct scan *scan, const json_t *object, const char *key);
bool scan_integer(struct scan *scan, const char *key, const json_t *value, int64_t min, int64_t max,
    int64_t *ret);
bool scan_second(struct scan *scan, const json_t *object, const char *key, int64_t *ret_s);
bool scan_link(struct scan *scan, const json_t *object, uint16_t *ret);
bool scan_cell_id(struct scan *scan, const json_t *object, struct cell *ret);
// network, link and function of what is not counted by cell.
bool scan_function_id(struct scan *scan, const json_t *object, uint16_t *ret_network,
    uint16_t *ret_link, uint16_t *ret_function);
// The link is one of the network's.
bool scan_link_fits(struct scan *scan, uint16_t link, uint16_t network);
bool scan_cell_fits(struct scan *scan, const struct cell *cell);

// A sum that is there, or 0.
bool scan_small(struct scan *scan, const json_t *object, const struct sum_field *field, int64_t min,
    void *record);

bool scan_is_one_of(const char *key, const char *const *names);
bool scan_is_sum(const char *key, const struct sum_field *fields, size_t count);

// An array of objects, allocated as `size` zeroed bytes each. NULL with *ret_count 0 when empty.
bool scan_array(struct scan *scan, const json_t *root, const char *key, size_t size, void **ret,
    size_t *ret_count);

// sparse_scan.c: "counterparties" and "codes" of a tick, when it has any.
bool scan_counterparties(struct scan *scan, const json_t *root, int64_t tick_s);
bool scan_codes(struct scan *scan, const json_t *root, int64_t tick_s);
// affected_scan.c: "affected" of a tick, when it has any.
bool scan_affected(struct scan *scan, const json_t *root, int64_t tick_s);

// counters_plain.c: one line that is written exactly as counters_print writes it and holds cells
// and links alone. False, and *ret untouched, when it is anything else, right or wrong.
bool counters_scan_plain(
    const struct settings *settings, const char *line, size_t length, struct counters *ret);
