// Pairing with many transactions open at once, against an oracle that knows one key at a time:
// answers that are lost, late, too late or come twice, and requests that come twice, in any mix.
#include "dataplane/transactions/transactions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/pairing/rig.h"

#include <cmocka.h>

#define BURST    64
#define REMEMBER 4 // limits (rig.c)

struct row {
    const char *what;
    uint32_t requests;
    int64_t apart_ns, latency_ns, limit_ns;
    int64_t room;       // settings: transactions.open
    uint32_t most_open; // that many are open at once at least
    bool evicts;        // the oracle does not know which ones
    bool with_details;  // records carry what a person reads
    bool one_bucket;    // half of the key is the same: look-ups go on and on
};

static const struct row rows[] = {
    {"a million open at once", 1200000, 1000, 1050000000, 1300000000, 1400000, 1000000, false,
        false},
    {"a small table, used again and again", 300000, 1000, 900000, 4000000, 17000, 800, false, true},
    {"limits shorter than most answers", 200000, 1000, 5000000, 4000000, 17000, 3000, false, false},
    {"a table that is too small for what it remembers", 300000, 1000, 900000, 4000000, 3000, 800,
        true, true},
    {"a table that is too small for what is open", 300000, 1000, 9000000, 20000000, 3000, 2000,
        true, false},
    {"hardly any room at all", 20000, 1000, 90000, 400000, 16, 10, true, true},
    {"all of one bucket", 20000, 1000, 9000, 40000, 1000, 8, false, true, true},
    {"all of one bucket, and too many of them", 20000, 1000, 9000, 40000, 50, 8, true, true, true},
};

struct event {
    int64_t at_ns;
    uint32_t key;
    bool answer;
};

enum knowledge { NOTHING, OPEN, ANSWERED, EXPIRED, LATE };

struct known { // of a key
    int64_t asked_ns;
    uint8_t knowledge;
    bool slow;
};

struct oracle {
    const struct row *row;
    const struct event *events;
    size_t event_count, next; // the next one that has no record yet
    struct known *keys;
    uint32_t open, most_open;
    uint64_t evicted_open;
};

// ---- the traffic

static int event_compare(const void *a, const void *b)
{
    const struct event *one = a, *two = b;
    if (one->at_ns != two->at_ns) {
        return one->at_ns < two->at_ns ? -1 : 1;
    }
    return one->key != two->key ? (one->key < two->key ? -1 : 1) : one->answer - two->answer;
}

static void answer_add(
    const struct row *row, struct event *events, size_t *count, uint32_t key, uint64_t random)
{
    int64_t asked_ns = key * row->apart_ns, limit_ns = row->limit_ns;
    int64_t spread = (int64_t)(random >> 16 & 0xffff), after_ns = 0;
    switch (random % 16) {
    case 0: return; // lost
    case 1: after_ns = limit_ns + REMEMBER * limit_ns / 65536 * spread; break;
    case 2: after_ns = limit_ns; break; // at the deadline
    case 3: after_ns = limit_ns + 1; break;
    case 4: after_ns = REMEMBER * limit_ns + (int64_t)(random >> 8 & 1); break;
    case 5: after_ns = row->latency_ns / 2000; break;
    default: after_ns = row->latency_ns + row->latency_ns / 655360 * spread; break;
    }
    events[(*count)++] = (struct event){asked_ns + after_ns, key, true};
    if (random >> 32 & 8) { // a second one
        after_ns += 2 * limit_ns / 65536 * (int64_t)(random >> 40 & 0xffff);
        events[(*count)++] = (struct event){asked_ns + after_ns, key, true};
    }
}

static struct event *events_new(const struct row *row, size_t *ret)
{
    struct event *events = calloc(4 * (size_t)row->requests, sizeof(*events));
    size_t count = 0;
    for (uint32_t key = 0; key < row->requests; key++) {
        uint64_t random = rig_mix(key + 77);
        int64_t asked_ns = key * row->apart_ns;
        events[count++] = (struct event){asked_ns, key, false};
        if (random % 29 == 0) { // a second copy, some so late that it is another request
            int64_t after_ns = row->limit_ns / 8 * (int64_t)(random >> 48 & 15);
            events[count++] = (struct event){asked_ns + after_ns, key, false};
        }
        answer_add(row, events, &count, key, random);
    }
    qsort(events, count, sizeof(*events), event_compare);
    *ret = count;
    return events;
}

static struct message message_of_event(
    const struct row *row, const struct event *event, uint64_t ordinal)
{
    struct message message = event->answer ? rig_answer(event->key, event->at_ns, ordinal, "00")
                                           : rig_request(event->key, event->at_ns, ordinal);
    message.account = event->key + 1;
    message.key[1] = row->one_bucket ? 1 : message.key[1];
    return message;
}

// ---- the oracle

static void oracle_learn(struct oracle *oracle, struct known *key, enum knowledge knowledge)
{
    oracle->open += (knowledge == OPEN) - (key->knowledge == OPEN);
    oracle->most_open = oracle->open > oracle->most_open ? oracle->open : oracle->most_open;
    key->knowledge = (uint8_t)knowledge;
}

static void oracle_forget(struct oracle *oracle, struct known *key, int64_t now_ns)
{
    int64_t limit_ns = oracle->row->limit_ns;
    bool quick = key->knowledge == ANSWERED && !key->slow;
    int64_t remembered_ns = quick ? limit_ns + limit_ns / 4 : REMEMBER * limit_ns;
    if (key->knowledge != OPEN && now_ns > key->asked_ns + remembered_ns) {
        key->knowledge = NOTHING;
    }
}

static enum outcome oracle_request(struct oracle *oracle, struct known *key, int64_t now_ns)
{
    if (key->knowledge != NOTHING) {
        return OUTCOME_DUPLICATE;
    }
    key->asked_ns = now_ns;
    key->slow = false;
    oracle_learn(oracle, key, OPEN);
    return OUTCOME_OPEN;
}

// OUTCOME_SUCCEEDED of an answer without a request: an orphan.
static enum outcome oracle_answer(struct oracle *oracle, struct known *key, int64_t now_ns)
{
    switch (key->knowledge) {
    case OPEN:
        key->slow = now_ns - key->asked_ns > oracle->row->limit_ns / 4;
        oracle_learn(oracle, key, ANSWERED);
        return OUTCOME_SUCCEEDED;
    case EXPIRED: oracle_learn(oracle, key, LATE); return OUTCOME_LATE;
    case ANSWERED:
    case LATE: return OUTCOME_DUPLICATE;
    default: return OUTCOME_SUCCEEDED;
    }
}

// What is said without a message: an open request expires, or is evicted.
static void check_silent(struct oracle *oracle, const struct transaction *transaction)
{
    struct known *key = &oracle->keys[transaction->account - 1];
    assert_int_equal(key->knowledge, OPEN);
    assert_int_equal(transaction->requested_at.ns, rig_at(key->asked_ns).ns);
    if (transaction->outcome == OUTCOME_UNANSWERED) {
        assert_int_equal(
            transaction->known_at.ns, rig_at(key->asked_ns + oracle->row->limit_ns).ns);
        oracle_learn(oracle, key, EXPIRED);
        return;
    }
    assert_true(oracle->row->evicts);
    oracle->evicted_open++;
    oracle_learn(oracle, key, NOTHING);
}

// The table forgot it earlier: a request is a new one, an answer is an orphan.
static bool is_evicted(
    const struct oracle *oracle, const struct known *key, const struct transaction *transaction)
{
    bool unknown = transaction->outcome == OUTCOME_OPEN || transaction->flags & TRANSACTION_ORPHAN;
    return oracle->row->evicts && unknown && key->knowledge != NOTHING && key->knowledge != OPEN;
}

static void check_paired(
    const struct oracle *oracle, const struct known *key, const struct transaction *transaction)
{
    if (oracle->row->with_details) {
        assert_int_equal(transaction->client.port, 40000);
        assert_int_equal(transaction->server.port, 5000);
    }
    assert_int_equal(transaction->amount, 100 * (transaction->account - 1));
    if (transaction->outcome != OUTCOME_DUPLICATE && !(transaction->flags & TRANSACTION_ORPHAN)) {
        assert_int_equal(transaction->requested_at.ns, rig_at(key->asked_ns).ns);
    }
}

static void check(void *context, const struct transaction *transaction)
{
    struct oracle *oracle = context;
    if (transaction->outcome == OUTCOME_UNANSWERED || transaction->outcome == OUTCOME_UNOBSERVED) {
        check_silent(oracle, transaction);
        return;
    }
    const struct event *event = &oracle->events[oracle->next++];
    struct known *key = &oracle->keys[event->key];
    assert_int_equal(transaction->account, event->key + 1); // nobody else's
    assert_int_equal(transaction->known_at.ns, rig_at(event->at_ns).ns);
    oracle_forget(oracle, key, event->at_ns);
    if (key->knowledge == OPEN) {
        assert_true(event->at_ns <= key->asked_ns + oracle->row->limit_ns);
    }
    if (is_evicted(oracle, key, transaction)) {
        oracle_learn(oracle, key, NOTHING);
    }
    bool orphan = event->answer && key->knowledge == NOTHING;
    assert_int_equal((transaction->flags & TRANSACTION_ORPHAN) != 0, orphan);
    assert_int_equal(transaction->outcome, event->answer
                                               ? oracle_answer(oracle, key, event->at_ns)
                                               : oracle_request(oracle, key, event->at_ns));
    check_paired(oracle, key, transaction);
}

// ---- together

static void play(
    const struct row *row, struct pairing *pairing, const struct event *events, size_t count)
{
    struct message burst[BURST];
    for (size_t i = 0; i < count; i += BURST) {
        size_t n = count - i < BURST ? count - i : BURST;
        for (size_t j = 0; j < n; j++) {
            burst[j] = message_of_event(row, &events[i + j], i + j);
        }
        transactions_from_messages(pairing, burst, n);
        pairing_advance(pairing, burst[n - 1].at);
    }
    pairing_advance(pairing, INSTANT_NEVER);
}

static void row_check(const struct row *row)
{
    print_message("%s\n", row->what);
    struct settings *settings = rig_settings(row->room);
    settings->links[RIG_CUPS].time_limit_ns = row->limit_ns;
    struct oracle oracle = {.row = row, .keys = calloc(row->requests, sizeof(*oracle.keys))};
    struct event *events = events_new(row, &oracle.event_count);
    oracle.events = events;
    struct pairing *pairing = pairing_new(settings, row->with_details, check, &oracle);
    play(row, pairing, events, oracle.event_count);
    const struct transaction_counts *counts = pairing_counts(pairing);
    assert_int_equal(oracle.next, oracle.event_count);
    assert_int_equal(oracle.open, 0);
    assert_true(oracle.most_open >= row->most_open);
    assert_int_equal(counts->mismatched, 0);
    assert_int_equal(counts->evicted > 0, row->evicts);
    assert_int_equal(counts->evicted_open, oracle.evicted_open);
    pairing_free(pairing);
    free(events);
    free(oracle.keys);
    rig_settings_free(settings);
}

static void test_many(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        row_check(&rows[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_many)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
