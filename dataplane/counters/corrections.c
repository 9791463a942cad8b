#include "dataplane/counters/corrections.h"

#include "config/memory.h"

#include "dataplane/counters/counters_fields.h"
#include "dataplane/transactions/transactions.h"

#include <stdlib.h>

void corrections_done(struct corrections *corrections)
{
    counters_sum_done(&corrections->deltas);
    counters_sum_done(&corrections->sum);
}

void corrections_begin(struct corrections *corrections)
{
    corrections->deltas.counters.cell_count = 0;
    corrections->deltas.counters.affected_count = 0;
}

// The last one again when it is of the same cell and second: storms come in runs.
static struct cell_counts *delta_of(struct corrections *corrections, const struct intent_try *try)
{
    struct counters *deltas = &corrections->deltas.counters;
    struct cell_counts delta = {.cell = try->cell, .cohort_s = instant_second(try->requested_at)};
    size_t count = deltas->cell_count;
    if (count > 0 && cell_counts_compare(&deltas->cells[count - 1], &delta) == 0) {
        return &deltas->cells[count - 1];
    }
    deltas->cells = memory_grow(
        deltas->cells, count, &corrections->deltas.cell_capacity, sizeof(*deltas->cells));
    deltas->cells[deltas->cell_count++] = delta;
    return &deltas->cells[count];
}

void correct_retry(struct corrections *corrections, const struct intent_try *try, int32_t sign)
{
    struct cell_counts *delta = delta_of(corrections, try);
    delta->demand -= sign;
    *(try->flags & TRY_UNANSWERED ? &delta->unanswered : &delta->failed) -= sign;
    delta->retries += sign;
}

void correct_ungrouped(struct corrections *corrections, const struct intent_try *try)
{
    delta_of(corrections, try)->ungrouped++;
}

static void add_person(struct corrections *corrections, const struct intent_try *try,
    enum affected_kind kind, uint64_t id, bool served)
{
    struct counters *deltas = &corrections->deltas.counters;
    deltas->affected = memory_grow(deltas->affected, deltas->affected_count,
        &corrections->deltas.affected_capacity, sizeof(*deltas->affected));
    deltas->affected[deltas->affected_count++] = (struct affected){.cell = try->cell,
        .cohort_s = instant_second(try->requested_at),
        .id = id,
        .kind = (uint8_t)kind,
        .served = served};
}

static enum affected_kind kind_of(uint8_t holder)
{
    return (holder & HOLDER_OF) == HOLDER_NATURAL ? AFFECTED_NATURAL
           : (holder & HOLDER_OF) == HOLDER_LEGAL ? AFFECTED_LEGAL
                                                  : AFFECTED_UNKNOWN;
}

void correct_affected(struct corrections *corrections, const struct intent_try *try, bool served)
{
    bool acquires = corrections->settings->links[try->cell.link].role == ROLE_ACQUIRER;
    bool has_merchant = acquires && try->merchant != 0;
    if (!served) {
        struct cell_counts *delta = delta_of(corrections, try);
        delta->affected++;
        delta->affected_unnamed += try->account == 0 && !has_merchant;
    }
    if (try->account != 0) {
        add_person(corrections, try, kind_of(try->holder), try->account, served);
    }
    if (has_merchant) {
        bool natural = (try->holder & MERCHANT_IS_PERSON) != 0;
        add_person(corrections, try, natural ? AFFECTED_NATURAL : AFFECTED_MERCHANT, try->merchant,
            served);
    }
}

// ---- adding

static void cells_sort(struct counters *deltas)
{
    size_t count = 0;
    qsort(deltas->cells, deltas->cell_count, sizeof(*deltas->cells), cell_counts_compare);
    for (size_t i = 0; i < deltas->cell_count; i++) {
        struct cell_counts *last = count > 0 ? &deltas->cells[count - 1] : NULL;
        if (last == NULL || cell_counts_compare(last, &deltas->cells[i]) != 0) {
            deltas->cells[count++] = deltas->cells[i];
            continue;
        }
        for (size_t j = 0; j < CELL_SUMS; j++) {
            *sum_small(last, &cell_sums[j]) += *sum_small(&deltas->cells[i], &cell_sums[j]);
        }
    }
    deltas->cell_count = count;
}

static void persons_sort(struct counters *deltas)
{
    size_t count = 0;
    qsort(deltas->affected, deltas->affected_count, sizeof(*deltas->affected), affected_compare);
    for (size_t i = 0; i < deltas->affected_count; i++) {
        if (count == 0 || affected_compare(&deltas->affected[count - 1], &deltas->affected[i])) {
            deltas->affected[count++] = deltas->affected[i];
        }
    }
    deltas->affected_count = count;
}

const struct counters *corrections_add(
    struct corrections *corrections, const struct counters *counters, uint64_t evicted)
{
    struct counters *deltas = &corrections->deltas.counters;
    if (deltas->cell_count == 0 && deltas->affected_count == 0 && evicted == 0) {
        return counters;
    }
    if (deltas->cell_count > 0) {
        cells_sort(deltas);
    }
    if (deltas->affected_count > 0) {
        persons_sort(deltas);
    }
    counters_sum_of(&corrections->sum, deltas, counters);
    corrections->sum.counters.evicted = counters->evicted + evicted;
    return &corrections->sum.counters;
}
