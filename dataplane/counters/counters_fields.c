#include "dataplane/counters/counters_fields.h"

#include <string.h>

#define CELL(name)                                                                                 \
    {                                                                                              \
#name, offsetof(struct cell_counts, name)                                                  \
    }
#define LINK(name)                                                                                 \
    {                                                                                              \
#name, offsetof(struct link_counts, name)                                                  \
    }

const struct sum_field cell_sums[CELL_SUMS] = {
    CELL(demand),
    CELL(succeeded),
    CELL(declined),
    CELL(failed),
    CELL(unanswered),
    CELL(unobserved),
    CELL(excluded),
    CELL(late),
    CELL(orphans_processed),
    CELL(orphans_failed),
    CELL(degraded),
    CELL(unlisted_codes),
    CELL(repeats),
    CELL(throttled),
    CELL(reversed),
    CELL(slow),
    CELL(planned),
    CELL(retries),
    CELL(ungrouped),
    CELL(affected),
    CELL(affected_unnamed),
};

const struct sum_field link_bytes[LINK_BYTES] = {
    LINK(frames),
    LINK(their_frames),
    LINK(our_frames),
    LINK(seen_request_bytes),
    LINK(seen_answer_bytes),
    LINK(missing_request_bytes),
    LINK(missing_answer_bytes),
};

const struct sum_field link_events[LINK_EVENTS] = {
    LINK(shortest_answer_bytes),
    LINK(syns),
    LINK(syn_retries),
    LINK(resets),
    LINK(fins),
    LINK(connections),
    LINK(management_requests),
    LINK(management_unanswered),
    LINK(sign_ons),
    LINK(sign_offs),
    LINK(cutover_begins),
    LINK(cutover_ends),
};

const struct sum_field counterparty_sums[COUNTERPARTY_SUMS] = {
    {"processed", offsetof(struct counterparty_counts, processed)},
    {"failed", offsetof(struct counterparty_counts, failed)},
    {"unanswered", offsetof(struct counterparty_counts, unanswered)},
};

const struct sum_field code_sum = {"declined", offsetof(struct code_counts, declined)};

const struct sum_field port_sums[PORT_SUMS] = {
    {"frames", offsetof(struct port_facts, frames)},
    {"missed", offsetof(struct port_facts, missed)},
    {"without_buffer", offsetof(struct port_facts, without_buffer)},
    {"errors", offsetof(struct port_facts, errors)},
};
const char *const port_link_names[] = {"unknown", "up", "down"};
const char *const affected_kind_names[] = {"natural", "legal", "unknown", "merchant"};

#define COMPARE(a, b)                                                                              \
    if ((a) != (b))                                                                                \
    return (a) < (b) ? -1 : 1

static int cell_compare(const struct cell *a, const struct cell *b)
{
    COMPARE(a->network, b->network);
    COMPARE(a->link, b->link);
    COMPARE(a->function, b->function);
    COMPARE(a->province, b->province);
    COMPARE(a->site, b->site);
    COMPARE(a->unit, b->unit);
    return 0;
}

int cell_counts_compare(const void *one, const void *other)
{
    const struct cell_counts *a = one, *b = other;
    int order = cell_compare(&a->cell, &b->cell);
    if (order != 0) {
        return order;
    }
    COMPARE(a->cohort_s, b->cohort_s);
    return 0;
}

int affected_group_compare(const struct affected *a, const struct affected *b)
{
    int order = cell_compare(&a->cell, &b->cell);
    if (order != 0) {
        return order;
    }
    COMPARE(a->cohort_s, b->cohort_s);
    COMPARE(a->kind, b->kind);
    COMPARE(a->served, b->served);
    return 0;
}

int affected_compare(const void *one, const void *other)
{
    const struct affected *a = one, *b = other;
    int order = affected_group_compare(a, b);
    if (order != 0) {
        return order;
    }
    COMPARE(a->id, b->id);
    return 0;
}

int counterparty_counts_compare(const void *one, const void *other)
{
    const struct counterparty_counts *a = one, *b = other;
    COMPARE(a->network, b->network);
    COMPARE(a->link, b->link);
    COMPARE(a->function, b->function);
    int order = strcmp(a->counterparty, b->counterparty);
    if (order != 0) {
        return order;
    }
    COMPARE(a->cohort_s, b->cohort_s);
    return 0;
}

int code_counts_compare(const void *one, const void *other)
{
    const struct code_counts *a = one, *b = other;
    int order = cell_compare(&a->cell, &b->cell);
    if (order != 0) {
        return order;
    }
    COMPARE(a->code, b->code);
    COMPARE(a->cohort_s, b->cohort_s);
    return 0;
}

int link_counts_compare(const void *one, const void *other)
{
    const struct link_counts *a = one, *b = other;
    COMPARE(a->link, b->link);
    COMPARE(a->second, b->second);
    return 0;
}
