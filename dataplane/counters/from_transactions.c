// Which fact adds to which sum. Cells count business only, in the second of the request; what is
// said of a link counts in the second in which it became known.
#include "config/tables.h"

#include "dataplane/counters/pending.h"
#include "dataplane/counters/processed.h"
#include "dataplane/counters/tally.h"
#include "dataplane/counters/tries.h"
#include "dataplane/transactions/account.h"

#include <string.h>

#define LATENCY_UNIT_NS 100000

static const uint8_t sum_of_outcome[] = {
    [OUTCOME_OPEN] = offsetof(struct cell_counts, demand),
    [OUTCOME_SUCCEEDED] = offsetof(struct cell_counts, succeeded),
    [OUTCOME_DECLINED] = offsetof(struct cell_counts, declined),
    [OUTCOME_FAILED] = offsetof(struct cell_counts, failed),
    [OUTCOME_UNANSWERED] = offsetof(struct cell_counts, unanswered),
    [OUTCOME_UNOBSERVED] = offsetof(struct cell_counts, unobserved),
    [OUTCOME_EXCLUDED] = offsetof(struct cell_counts, excluded),
    [OUTCOME_THROTTLED] = offsetof(struct cell_counts, throttled),
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
           outcome == OUTCOME_FAILED || outcome == OUTCOME_EXCLUDED || outcome == OUTCOME_THROTTLED;
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
        counts->slow += outcome == OUTCOME_FAILED && (transaction->flags & TRANSACTION_SLOW) != 0;
        counts->planned +=
            outcome == OUTCOME_EXCLUDED && (transaction->flags & TRANSACTION_PLANNED) != 0;
    }
    if (is_answered(outcome)) {
        counts->degraded += (transaction->flags & TRANSACTION_DEGRADED) != 0;
        counts->unlisted_codes += (transaction->flags & TRANSACTION_UNLISTED_CODE) != 0;
    }
    if ((transaction->flags & TRANSACTION_REPEATED) && outcome != OUTCOME_LATE) {
        counts->repeats++; // once: an open record carries no flag yet
    }
}

static inline struct cell cell_of(const struct transaction *transaction)
{
    return (struct cell){
        .network = transaction->network,
        .link = transaction->link,
        .function = transaction->function,
        .province = transaction->province,
        .site = transaction->site,
        .unit = transaction->unit,
    };
}

// In batches refusals come in waves, which say nothing.
static void count_code(struct tally *tally, struct pending *pending, int64_t cohort_s,
    const struct transaction *transaction)
{
    const struct cell cell = cell_of(transaction);
    const struct function_table *functions = &tally->settings->networks[cell.network].functions;
    bool batch =
        cell.function < functions->function_count && functions->functions[cell.function].batch;
    if (batch || transaction->code == 0 || (transaction->flags & TRANSACTION_ORPHAN)) {
        return;
    }
    struct row_key key = {cell_key(&cell), cohort_s, transaction->code};
    void *fresh;
    struct code_counts *counts = rows_find(&pending->codes, &key, sizeof(*counts), &fresh);
    if (counts == NULL) {
        counts = fresh;
        counts->cell = cell;
        counts->code = transaction->code - 1;
        counts->cohort_s = cohort_s;
    }
    counts->declined++;
}

static int32_t *counterparty_sum(struct counterparty_counts *counts, enum outcome outcome)
{
    switch (outcome) {
    case OUTCOME_SUCCEEDED:
    case OUTCOME_DECLINED: return &counts->processed;
    case OUTCOME_FAILED: return &counts->failed;
    case OUTCOME_UNANSWERED: return &counts->unanswered;
    default: return NULL;
    }
}

static struct counterparty_counts *counterparty_find(struct tally *tally, struct pending *pending,
    const struct cell *cell, int64_t cohort_s, uint16_t counterparty)
{
    const struct cell of = {
        .network = cell->network, .link = cell->link, .function = cell->function};
    struct row_key key = {cell_key(&of), cohort_s, counterparty};
    void *fresh;
    struct counterparty_counts *counts =
        rows_find(&pending->counterparties, &key, sizeof(*counts), &fresh);
    if (counts == NULL) {
        const struct label_table *table = &tally->settings->links[cell->link].counterparties;
        counts = fresh;
        counts->network = cell->network;
        counts->link = cell->link;
        counts->function = cell->function;
        counts->cohort_s = cohort_s;
        memccpy(counts->counterparty, label_name(table, counterparty), '\0',
            sizeof(counts->counterparty) - 1);
    }
    return counts;
}

static void count_counterparty(struct tally *tally, struct pending *pending, int64_t cohort_s,
    const struct transaction *transaction)
{
    const struct cell cell = cell_of(transaction);
    struct counterparty_counts none;
    if (counterparty_sum(&none, transaction->outcome) != NULL &&
        !(transaction->flags & TRANSACTION_ORPHAN)) {
        struct counterparty_counts *counts =
            counterparty_find(tally, pending, &cell, cohort_s, transaction->counterparty);
        *counterparty_sum(counts, transaction->outcome) += 1;
    }
}

// The merchant's hash leaves no process before it was hashed once more as accounts are.
static uint64_t merchant_of(const struct tally *tally, const struct transaction *transaction)
{
    uint64_t merchant = transaction->merchant;
    return merchant == 0 || tally->key == NULL
               ? merchant
               : account_hash(tally->key, (const uint8_t *)&merchant, sizeof(merchant));
}

static uint64_t key_of(const struct cell *cell, const struct transaction *transaction)
{
    return transaction->account == 0 ? 0
                                     : intent_key(cell, transaction->account, transaction->amount,
                                           transaction->merchant_tag);
}

static void try_failed(struct tally *tally, struct pending *pending, const struct cell *cell,
    const struct transaction *transaction, enum try_flag flags)
{
    pending_add_try(pending, &(struct intent_try){.key = key_of(cell, transaction),
                                 .requested_at = transaction->requested_at,
                                 .known_at = transaction->known_at,
                                 .account = transaction->account,
                                 .merchant = merchant_of(tally, transaction),
                                 .cell = *cell,
                                 .flags = (uint8_t)flags,
                                 .holder = transaction->holder});
}

// What the grouping of intents wants to know: who failed, and where to look for those who did not.
static inline void try_concluded(
    struct tally *tally, struct pending *pending, const struct transaction *transaction)
{
    if (transaction->outcome == OUTCOME_SUCCEEDED || transaction->outcome == OUTCOME_DECLINED) {
        if (tally->processed != NULL && transaction->account != 0) {
            const struct cell cell = cell_of(transaction);
            processed_add(tally->processed, key_of(&cell, transaction), transaction->requested_at,
                transaction->known_at);
        }
    } else if (transaction->outcome == OUTCOME_FAILED) {
        const struct cell cell = cell_of(transaction);
        try_failed(tally, pending, &cell, transaction, 0);
    } else if (transaction->outcome == OUTCOME_UNANSWERED) {
        const struct cell cell = cell_of(transaction);
        try_failed(tally, pending, &cell, transaction, TRY_UNANSWERED);
    }
}

// It counted as succeeded, and did not.
static void count_reversed(struct tally *tally, const struct transaction *transaction)
{
    struct cell cell = cell_of(transaction);
    struct pending *pending = pending_of(tally, transaction->known_at);
    int64_t cohort_s = pending_cohort(pending, transaction->requested_at);
    struct cell_counts *counts = pending_cell(pending, cell_key(&cell), cohort_s);
    counts->succeeded--;
    counts->failed++;
    counts->reversed++;
    try_failed(tally, pending, &cell, transaction, TRY_REVERSED);
    if (transaction->counterparty != LABEL_NONE) {
        struct counterparty_counts *party =
            counterparty_find(tally, pending, &cell, cohort_s, transaction->counterparty);
        party->processed--;
        party->failed++;
    }
}

// The cell's key, from the record's own parts: a cell that is written first has to be waited for.
static inline uint64_t cell_key_of(const struct transaction *transaction)
{
    return cell_key_of_link(transaction->network, transaction->link, transaction->site) |
           cell_key_of_business(transaction->function, transaction->province, transaction->unit);
}

void counters_add_request(struct tally *tally, uint64_t cell, struct instant requested_at)
{
    struct pending *pending = pending_of(tally, requested_at);
    pending_cell(pending, cell, pending_cohort(pending, requested_at))->demand++;
}

static void count_business(struct tally *tally, const struct transaction *transaction)
{
    struct pending *pending = pending_of(tally, transaction->known_at);
    int64_t cohort_s = pending_cohort(pending, transaction->requested_at);
    struct cell_counts *counts = pending_cell(pending, cell_key_of(transaction), cohort_s);
    if (transaction->flags == 0) {
        *cell_sum(counts, transaction->outcome) += 1;
    } else {
        count_flagged(counts, transaction);
    }
    if (!(transaction->flags & TRANSACTION_ORPHAN) && transaction->outcome != OUTCOME_OPEN) {
        try_concluded(tally, pending, transaction);
    }
    if (__builtin_expect(transaction->outcome == OUTCOME_DECLINED, 0)) {
        count_code(tally, pending, cohort_s, transaction);
    }
    if (__builtin_expect(transaction->counterparty != LABEL_NONE, 0)) {
        count_counterparty(tally, pending, cohort_s, transaction);
    }
    if (transaction->answered_at.ns != INSTANT_NONE.ns &&
        !(transaction->flags & TRANSACTION_REJECTED)) {
        link_count_answer(tally, transaction);
    }
}

// Codes of field 70.
#define SIGN_ON        1
#define SIGN_OFF       2
#define CUTOVER_BEGINS 201
#define CUTOVER_ENDS   202

static void count_management(struct tally *tally, const struct transaction *transaction)
{
    struct link_facts *facts = &tally->facts;
    if (transaction->outcome == OUTCOME_OPEN) {
        struct link_counts *counts = link_facts_at(facts, transaction->link, transaction->known_at);
        counts->management_requests++;
        counts->sign_ons += transaction->unit == SIGN_ON;
        counts->sign_offs += transaction->unit == SIGN_OFF;
        counts->cutover_begins += transaction->unit == CUTOVER_BEGINS;
        counts->cutover_ends += transaction->unit == CUTOVER_ENDS;
    } else if (transaction->outcome == OUTCOME_UNANSWERED) {
        link_facts_at(facts, transaction->link, transaction->known_at)->management_unanswered++;
    }
}

void counters_from_transactions(
    struct tally *tally, const struct transaction *transactions, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct transaction *transaction = &transactions[i];
        if (transaction->outcome >= OUTCOME_DUPLICATE || (transaction->flags & TRANSACTION_END)) {
            if (transaction->outcome == OUTCOME_REVERSED && transaction->kind == KIND_BUSINESS) {
                count_reversed(tally, transaction);
            }
            continue;
        }
        if (transaction->kind == KIND_BUSINESS) {
            count_business(tally, transaction);
        } else if (transaction->kind == KIND_MANAGEMENT) {
            count_management(tally, transaction);
        }
    }
}
