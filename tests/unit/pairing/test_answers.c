// What a record takes from its request and from its answer.
#include "dataplane/transactions/transactions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/unit/pairing/rig.h"

#include <cmocka.h>

#define S NS_PER_S

static void keep_last(void *context, const struct transaction *transaction)
{
    *(struct transaction *)context = *transaction;
}

// A record carries what its request said, and what its answer said.
static void test_record(void **state)
{
    (void)state;
    struct settings *settings = rig_settings(64);
    struct transaction last;
    struct pairing *pairing = pairing_new(settings, true, keep_last, &last);
    struct message messages[] = {rig_request(7, 5, 10), rig_answer(7, S, 11, "51")};
    messages[0].link = messages[1].link = RIG_POS;
    messages[0].function = 1;
    messages[0].holder = HOLDER_LEGAL;
    messages[0].unit = 2;
    messages[1].counterparty = 1; // the request named none
    messages[1].province = 44;    // the request's counts: its demand has been counted there
    messages[1].account = 0;
    transactions_from_messages(pairing, messages, 2);
    assert_int_equal(last.requested_at.ns, rig_at(5).ns);
    assert_int_equal(last.answered_at.ns, rig_at(S).ns);
    assert_int_equal(last.known_at.ns, rig_at(S).ns);
    assert_int_equal(last.ordinal, 10);
    assert_int_equal(last.account, 7);
    assert_int_equal(last.amount, 700);
    assert_int_equal(last.link, RIG_POS);
    assert_int_equal(last.function, 1);
    assert_int_equal(last.mti, 200);
    assert_int_equal(last.province, 32);
    assert_int_equal(last.site, 1);
    assert_int_equal(last.holder, HOLDER_LEGAL);
    assert_int_equal(last.unit, 2);
    assert_int_equal(last.counterparty, 1);
    assert_int_equal(last.code, 3); // 1 + its place in the table
    assert_int_equal(last.answer_length, 180);
    assert_memory_equal(last.code_text, "51", 2);
    assert_int_equal(last.client.port, 40000);
    assert_int_equal(last.server.port, 5000);

    struct message orphan = rig_answer(8, 2 * S, 12, "00");
    transactions_from_messages(pairing, &orphan, 1);
    assert_int_equal(last.requested_at.ns, rig_at(2 * S).ns);
    assert_int_equal(last.client.port, 40000); // the request's sender, also without a request
    assert_int_equal(last.server.port, 5000);
    pairing_free(pairing);
    rig_settings_free(settings);
}

// An answer later than its function's limit is a failure, though the link's limit has not passed.
static void test_slow(void **state)
{
    static const struct {
        const char *what;
        int64_t taken_ns;
        const char *code;
        uint16_t function;
        enum outcome outcome;
        unsigned flags;
    } answers[] = {
        {"at the limit", 5 * S, "00", 1, OUTCOME_SUCCEEDED, 0},
        {"behind it", 5 * S + 1, "00", 1, OUTCOME_FAILED, TRANSACTION_SLOW},
        {"a refusal behind it", 20 * S, "51", 1, OUTCOME_FAILED, TRANSACTION_SLOW},
        {"a failure needs no other reason", 20 * S, "96", 1, OUTCOME_FAILED, 0},
        {"what does not count", 20 * S, "95", 1, OUTCOME_EXCLUDED, 0},
        {"a function without a limit", 30 * S, "00", 0, OUTCOME_SUCCEEDED, 0},
        {"no known function", 30 * S, "00", 2, OUTCOME_SUCCEEDED, 0},
        {"the link's limit is the outer one", 30 * S + 1, "00", 1, OUTCOME_LATE, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        struct settings *settings = rig_settings(64);
        struct transaction last;
        struct pairing *pairing = pairing_new(settings, true, keep_last, &last);
        struct message pair[] = {
            rig_request(1, 0, 1), rig_answer(1, answers[i].taken_ns, 2, answers[i].code)};
        pair[0].function = pair[1].function = answers[i].function;
        transactions_from_messages(pairing, pair, 2);
        if (last.outcome != answers[i].outcome || last.flags != answers[i].flags) {
            fail_msg("%s: %s %x", answers[i].what, outcome_names[last.outcome], last.flags);
        }
        pairing_free(pairing);
        rig_settings_free(settings);
    }
}

// Also when the answer was captured first.
static void test_mismatched(void **state)
{
    static const struct {
        const char *what;
        uint64_t amount, account; // of the answer; the request has 100 and 1
        uint64_t mismatched;
    } answers[] = {
        {"the same", 100, 1, 0},
        {"says nothing of either", 0, 0, 0},
        {"another amount", 90, 1, 1},
        {"another account", 100, 2, 1},
        {"both", 90, 2, 1},
    };
    (void)state;
    for (size_t i = 0; i < 2 * sizeof(answers) / sizeof(answers[0]); i++) {
        struct settings *settings = rig_settings(64);
        struct transaction last;
        struct message pair[] = {rig_request(1, 0, 1), rig_answer(1, 1, 2, "00")};
        pair[1].amount = answers[i / 2].amount;
        pair[1].account = answers[i / 2].account;
        settings->packets.disorder_ns = S;
        struct pairing *pairing = pairing_new(settings, true, keep_last, &last);
        transactions_from_messages(pairing, &pair[i % 2], 1);
        transactions_from_messages(pairing, &pair[1 - i % 2], 1);
        assert_int_equal(pairing_counts(pairing)->paired, 1);
        if (pairing_counts(pairing)->mismatched != answers[i / 2].mismatched) {
            fail_msg("%s, %s first", answers[i / 2].what, i % 2 == 0 ? "request" : "answer");
        }
        pairing_free(pairing);
        rig_settings_free(settings);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_record),
        cmocka_unit_test(test_slow),
        cmocka_unit_test(test_mismatched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
