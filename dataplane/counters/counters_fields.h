// The sums of the counters by name, once for both directions. Private to dataplane/counters/.
#pragma once

#include "dataplane/counters/counters.h"

struct sum_field {
    const char *name;
    size_t offset;
};

#define CELL_SUMS         21
#define LINK_BYTES        7  // int64_t
#define LINK_EVENTS       12 // int32_t
#define PORT_SUMS         4
#define COUNTERPARTY_SUMS 3

extern const struct sum_field cell_sums[CELL_SUMS]; // int32_t
extern const struct sum_field link_bytes[LINK_BYTES];
extern const struct sum_field link_events[LINK_EVENTS];
extern const struct sum_field counterparty_sums[COUNTERPARTY_SUMS]; // int32_t
extern const struct sum_field code_sum;                             // int32_t
extern const struct sum_field port_sums[PORT_SUMS];                 // int64_t
extern const char *const port_link_names[];

static inline int32_t *sum_small(void *record, const struct sum_field *field)
{
    return (int32_t *)((char *)record + field->offset);
}

static inline int64_t *sum_large(void *record, const struct sum_field *field)
{
    return (int64_t *)((char *)record + field->offset);
}

// By (network, link, function, province, site, cohort) and by (link, second).
int cell_counts_compare(const void *a, const void *b);
int link_counts_compare(const void *a, const void *b);
int counterparty_counts_compare(const void *a, const void *b);
int code_counts_compare(const void *a, const void *b);
// By (cell, cohort, kind, served, id). The first is of what one group of a line holds.
int affected_group_compare(const struct affected *a, const struct affected *b);
int affected_compare(const void *a, const void *b);
