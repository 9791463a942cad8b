// Exchanges that failed are found by the instants of their frames; the newest of too many.
#include "dataplane/counters/tries.h"
#include "dataplane/evidence/exchanges.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void add(struct exchanges *exchanges, struct intent_try try)
{
    exchanges_add(exchanges, &(struct counters){.tries = &try, .try_count = 1});
}

static enum frame_reason find(const struct exchanges *exchanges, uint16_t network, int64_t at_ns)
{
    struct exchange_index *index = exchange_index_new(exchanges, network);
    enum frame_reason reason = exchange_index_find(index, at_ns);
    exchange_index_free(index);
    return reason;
}

static void test_which_frames(void **state)
{
    (void)state;
    struct exchanges *exchanges = exchanges_new();
    add(exchanges,
        (struct intent_try){.requested_at = {100}, .known_at = {150}, .cell.network = 1});
    add(exchanges,
        (struct intent_try){
            .requested_at = {200}, .known_at = {500}, .flags = TRY_UNANSWERED, .cell.network = 1});
    add(exchanges,
        (struct intent_try){
            .requested_at = {300}, .known_at = {350}, .flags = TRY_PROCESSED, .cell.network = 1});
    assert_int_equal(find(exchanges, 1, 100), REASON_FAILED);
    assert_int_equal(find(exchanges, 1, 150), REASON_FAILED);
    assert_int_equal(find(exchanges, 1, 200), REASON_UNANSWERED);
    assert_int_equal(find(exchanges, 1, 500), REASON_NONE); // its limit, no frame
    assert_int_equal(find(exchanges, 1, 300), REASON_NONE); // it went well
    assert_int_equal(find(exchanges, 1, 101), REASON_NONE);
    assert_int_equal(find(exchanges, 0, 100), REASON_NONE); // another network's
    exchanges_free(exchanges);
}

static void test_the_newest_stay(void **state)
{
    (void)state;
    struct exchanges *exchanges = exchanges_new();
    const int64_t many = 300000;
    for (int64_t i = 1; i <= many; i++) {
        add(exchanges, (struct intent_try){.requested_at = {i * 10}, .known_at = {i * 10 + 5}});
    }
    struct exchange_index *index = exchange_index_new(exchanges, 0);
    assert_int_equal(exchange_index_find(index, 10), REASON_NONE);
    for (int64_t i = many - (1 << 18) + 1; i <= many; i++) {
        assert_int_equal(exchange_index_find(index, i * 10), REASON_FAILED);
        assert_int_equal(exchange_index_find(index, i * 10 + 5), REASON_FAILED);
    }
    exchange_index_free(index);
    exchanges_free(exchanges);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_which_frames),
        cmocka_unit_test(test_the_newest_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
