// Theory of operation
//
// One exchange, one pairing an owner. At each watermark the owners work one after the other, so
// their records come owner by owner. All that is known before the watermark is known by then, and
// nothing known earlier can come later: the records of one advance are sorted by (known_at,
// ordinal) and given to the sink, and nothing is held over. Records of one request with equal
// known_at keep the order in which its owner made them. Without a sink nothing is kept or sorted:
// the tally's sums do not depend on order.
//
// The sort is of keys, a merge sort that sees when two halves are in order already: with one owner
// only records of the very same instant move.
#include "dataplane/owners.h"

#include "config/log.h"

#include "dataplane/counters/processed.h"

#include <stdlib.h>
#include <string.h>

#define NEXT 32 // messages whose buckets are fetched while the piece in front of them is taken

struct record_key {
    struct instant known_at;
    uint64_t ordinal;
    size_t place;
};

struct owners {
    struct exchange *exchange;
    struct tally *tally;
    transaction_sink *sink;
    void *context;
    uint64_t by_outcome[16];
    struct transaction *records; // of this advance, as they came
    struct record_key *keys, *scratch;
    size_t record_count, record_capacity;
    size_t count;
    struct {
        struct pairing *pairing;
        struct processed *processed;
    } of[];
};

static void records_grow(struct owners *owners)
{
    size_t capacity = owners->record_capacity == 0 ? 1024 : 2 * owners->record_capacity;
    owners->records = reallocarray(owners->records, capacity, sizeof(*owners->records));
    owners->keys = reallocarray(owners->keys, capacity, sizeof(*owners->keys));
    owners->scratch = reallocarray(owners->scratch, capacity, sizeof(*owners->scratch));
    if (owners->records == NULL || owners->keys == NULL || owners->scratch == NULL) {
        log_error("no memory for %zu transactions that wait to be shown in order", capacity);
        abort();
    }
    owners->record_capacity = capacity;
}

static void owners_sink(void *context, const struct transaction *transaction)
{
    struct owners *owners = context;
    counters_from_transactions(owners->tally, transaction, 1);
    owners->by_outcome[transaction->outcome]++;
    if (owners->sink == NULL) {
        return;
    }
    if (owners->record_count == owners->record_capacity) {
        records_grow(owners);
    }
    size_t place = owners->record_count++;
    owners->records[place] = *transaction;
    owners->keys[place] = (struct record_key){transaction->known_at, transaction->ordinal, place};
}

// Of a business request, when nobody wants records.
static void owners_request(void *context, uint64_t cell, struct instant requested_at)
{
    struct owners *owners = context;
    counters_add_request(owners->tally, cell, requested_at);
    owners->by_outcome[OUTCOME_OPEN]++;
}

// ---- in order

static bool key_is_after(const struct record_key *a, const struct record_key *b)
{
    return a->known_at.ns != b->known_at.ns ? a->known_at.ns > b->known_at.ns
                                            : a->ordinal > b->ordinal;
}

static void keys_merge(
    struct record_key *keys, size_t middle, size_t count, struct record_key *scratch)
{
    if (!key_is_after(&keys[middle - 1], &keys[middle])) {
        return;
    }
    size_t left = 0, right = middle, out = 0;
    memcpy(scratch, keys, middle * sizeof(*keys));
    while (left < middle && right < count) {
        bool take_right = key_is_after(&scratch[left], &keys[right]);
        keys[out++] = take_right ? keys[right++] : scratch[left++];
    }
    memcpy(&keys[out], &scratch[left], (middle - left) * sizeof(*keys));
}

static void keys_sort(struct record_key *keys, size_t count, struct record_key *scratch)
{
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t from = 0; from + width < count; from += 2 * width) {
            size_t left = count - from;
            keys_merge(&keys[from], width, left < 2 * width ? left : 2 * width, scratch);
        }
    }
}

static bool keys_in_order(const struct record_key *keys, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (key_is_after(&keys[i - 1], &keys[i])) {
            return false;
        }
    }
    return true;
}

static void records_deliver(struct owners *owners)
{
    if (!keys_in_order(owners->keys, owners->record_count)) {
        keys_sort(owners->keys, owners->record_count, owners->scratch);
    }
    for (size_t i = 0; i < owners->record_count; i++) {
        owners->sink(owners->context, &owners->records[owners->keys[i].place]);
    }
    owners->record_count = 0;
}

// ---- the owners

struct owners *owners_new(const struct settings *settings, size_t count, struct tally *tally,
    transaction_sink *sink, void *context)
{
    struct owners *owners = calloc(1, sizeof(*owners) + count * sizeof(owners->of[0]));
    if (owners == NULL) {
        return NULL;
    }
    owners->exchange = exchange_new(count);
    owners->tally = tally;
    owners->sink = sink;
    owners->context = context;
    owners->count = count;
    bool made = owners->exchange != NULL;
    for (size_t i = 0; made && i < count; i++) {
        owners->of[i].pairing = pairing_new(settings, sink != NULL, owners_sink, owners);
        owners->of[i].processed = processed_new((size_t)settings->intents.processed);
        made = owners->of[i].pairing != NULL && owners->of[i].processed != NULL;
        if (made && sink == NULL) {
            pairing_tell_requests(owners->of[i].pairing, owners_request);
        }
    }
    if (!made) {
        owners_free(owners);
        return NULL;
    }
    return owners;
}

void owners_free(struct owners *owners)
{
    if (owners == NULL) {
        return;
    }
    for (size_t i = 0; i < owners->count; i++) {
        pairing_free(owners->of[i].pairing);
        processed_free(owners->of[i].processed);
    }
    exchange_free(owners->exchange);
    free(owners->records);
    free(owners->keys);
    free(owners->scratch);
    free(owners);
}

// Those that will have to wait are fetched when it is their turn.
void owners_put(struct owners *owners, const struct message *messages, size_t count)
{
    if (owners->count == 1 && !exchange_waits(owners->exchange, 0)) {
        pairing_fetch(owners->of[0].pairing, messages, count);
    }
    exchange_put(owners->exchange, messages, count);
}

// What did not have to wait was fetched when it was put.
static void owner_take(struct owners *owners, size_t owner, struct instant watermark)
{
    struct pairing *pairing = owners->of[owner].pairing;
    const struct message *messages, *next;
    size_t count;
    bool is_fetched = owners->count == 1 && !exchange_waits(owners->exchange, owner);
    tally_hear(owners->tally, owners->of[owner].processed);
    while ((count = exchange_take(owners->exchange, owner, watermark, &messages)) > 0) {
        if (is_fetched) {
            transactions_from_fetched(pairing, messages, count);
            continue;
        }
        if (count < NEXT) { // a short piece of many
            size_t fetched = exchange_next(owners->exchange, owner, NEXT, &next);
            pairing_fetch(pairing, next, fetched);
        }
        transactions_from_messages(pairing, messages, count);
    }
}

void owners_advance(struct owners *owners, struct instant watermark)
{
    for (size_t i = 0; i < owners->count; i++) {
        owner_take(owners, i, watermark);
        pairing_advance(owners->of[i].pairing, watermark);
    }
    records_deliver(owners);
}

void owners_end(struct owners *owners, struct instant last)
{
    for (size_t i = 0; i < owners->count; i++) {
        owner_take(owners, i, INSTANT_NEVER);
        pairing_advance(owners->of[i].pairing, last);
        pairing_end(owners->of[i].pairing);
    }
    records_deliver(owners);
}

const struct processed *owners_processed(const struct owners *owners, size_t owner)
{
    return owners->of[owner].processed;
}

void owners_counts(const struct owners *owners, struct transaction_counts *ret)
{
    uint64_t *sums = (uint64_t *)ret; // nothing but uint64_t
    for (size_t i = 0; i < owners->count; i++) {
        const uint64_t *counts = (const uint64_t *)pairing_counts(owners->of[i].pairing);
        for (size_t j = 0; j < sizeof(*ret) / sizeof(uint64_t); j++) {
            sums[j] += counts[j];
        }
    }
}

const uint64_t *owners_by_outcome(const struct owners *owners)
{
    return owners->by_outcome;
}
