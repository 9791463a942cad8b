// Which fact adds to which sum. Cells count business only, in the second of the request; what is
// said of a link counts in the second in which it became known.
#include "config/tables.h"

#include "dataplane/counters/pending.h"
#include "dataplane/counters/tally.h"

#define LATENCY_UNIT_NS 100000

static const uint8_t sum_of_outcome[] = {
    [OUTCOME_OPEN] = offsetof(struct cell_counts, demand),
    [OUTCOME_SUCCEEDED] = offsetof(struct cell_counts, succeeded),
    [OUTCOME_DECLINED] = offsetof(struct cell_counts, declined),
    [OUTCOME_FAILED] = offsetof(struct cell_counts, failed),
    [OUTCOME_UNANSWERED] = offsetof(struct cell_counts, unanswered),
    [OUTCOME_UNOBSERVED] = offsetof(struct cell_counts, unobserved),
    [OUTCOME_EXCLUDED] = offsetof(struct cell_counts, excluded),
    [OUTCOME_LATE] = offsetof(struct cell_counts, late),
};

static void orphan_count(struct cell_counts *counts, enum outcome outcome)
{
    counts->orphans_processed += outcome == OUTCOME_SUCCEEDED || outcome == OUTCOME_DECLINED;
    counts->orphans_failed += outcome == OUTCOME_FAILED;
}

static bool is_answered(enum outcome outcome)
{
    return outcome == OUTCOME_SUCCEEDED || outcome == OUTCOME_DECLINED ||
           outcome == OUTCOME_FAILED || outcome == OUTCOME_EXCLUDED;
}

static size_t latency_class(int64_t latency_ns)
{
    uint64_t units = (uint64_t)latency_ns / LATENCY_UNIT_NS;
    size_t class = units == 0 ? 0 : 63 - (size_t)__builtin_clzll(units);
    return class < LATENCY_CLASSES ? class : LATENCY_CLASSES - 1;
}

// The time taken of answers in time, the length of every answer that is one (a message sent back
// by the centre is the request).
static void link_count_answer(struct tally *tally, const struct transaction *transaction)
{
    struct link_counts *link =
        link_facts_at(&tally->facts, transaction->link, transaction->known_at);
    if (transaction->answer_length > 0 &&
        (link->shortest_answer_bytes == 0 ||
            transaction->answer_length < link->shortest_answer_bytes)) {
        link->shortest_answer_bytes = transaction->answer_length;
    }
    int64_t latency_ns = transaction->answered_at.ns - transaction->requested_at.ns;
    bool timed = is_answered(transaction->outcome) && !(transaction->flags & TRANSACTION_ORPHAN);
    if (timed && latency_ns >= 0) { // captured in disorder: not known
        link->latency[latency_class(latency_ns)]++;
    }
}

static int32_t *cell_sum(struct cell_counts *counts, uint8_t outcome)
{
    return (int32_t *)((char *)counts + sum_of_outcome[outcome]);
}

static void count_flagged(struct cell_counts *counts, const struct transaction *transaction)
{
    enum outcome outcome = transaction->outcome;
    if (transaction->flags & TRANSACTION_ORPHAN) {
        orphan_count(counts, outcome);
    } else {
        *cell_sum(counts, outcome) += 1;
    }
    if (is_answered(outcome)) {
        counts->degraded += (transaction->flags & TRANSACTION_DEGRADED) != 0;
        counts->unlisted_codes += (transaction->flags & TRANSACTION_UNLISTED_CODE) != 0;
    }
    if ((transaction->flags & TRANSACTION_REPEATED) && outcome != OUTCOME_LATE) {
        counts->repeats++; // once: an open record carries no flag yet
    }
}

static void count_business(struct tally *tally, const struct transaction *transaction)
{
    struct cell cell = {
        .network = transaction->network,
        .link = transaction->link,
        .function = transaction->function,
        .province = transaction->province,
        .site = transaction->site,
    };
    struct pending *pending = pending_of(tally, transaction->known_at);
    struct cell_counts *counts =
        pending_cell(pending, &cell, pending_cohort(pending, transaction->requested_at));
    if (transaction->flags == 0) {
        *cell_sum(counts, transaction->outcome) += 1;
    } else {
        count_flagged(counts, transaction);
    }
    if (transaction->answered_at.ns != INSTANT_NONE.ns &&
        !(transaction->flags & TRANSACTION_REJECTED)) {
        link_count_answer(tally, transaction);
    }
}

static void count_management(struct tally *tally, const struct transaction *transaction)
{
    struct link_facts *facts = &tally->facts;
    if (transaction->outcome == OUTCOME_OPEN) {
        link_facts_at(facts, transaction->link, transaction->known_at)->management_requests++;
    } else if (transaction->outcome == OUTCOME_UNANSWERED) {
        link_facts_at(facts, transaction->link, transaction->known_at)->management_unanswered++;
    }
}

void counters_from_transactions(
    struct tally *tally, const struct transaction *transactions, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct transaction *transaction = &transactions[i];
        if (transaction->outcome == OUTCOME_DUPLICATE || (transaction->flags & TRANSACTION_END)) {
            continue;
        }
        if (transaction->kind == KIND_BUSINESS) {
            count_business(tally, transaction);
        } else if (transaction->kind == KIND_MANAGEMENT) {
            count_management(tally, transaction);
        }
    }
}
