// The ticks of several workers as one: sums of the same tick, also where one of them was late and
// put several together; a worker that is over holds nobody up.
#include "dataplane/counters/counters_merge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define WORKERS 3

// A tick of one worker: its second, the ticks before it that are in it, demand of one cell.
struct put {
    int64_t second;
    uint64_t merged;
    int32_t demand;
};

static const struct {
    const char *what;
    struct put puts[WORKERS][5]; // up to second 0
    struct put wanted[5];
} rows[] = {
    {"the same ticks",
        {{{10, 0, 1}, {11, 0, 2}}, {{10, 0, 10}, {11, 0, 20}}, {{10, 0, 100}, {11, 0, 200}}},
        {{10, 0, 111}, {11, 0, 222}}},
    {"one worker has not come so far",
        {{{10, 0, 1}, {11, 0, 2}}, {{10, 0, 10}}, {{10, 0, 100}, {11, 0, 200}}}, {{10, 0, 111}}},
    {"one worker has not begun", {{{10, 0, 1}}, {{0}}, {{10, 0, 100}}}, {{0}}},
    {"one worker put two together",
        {{{10, 0, 1}, {12, 1, 2}, {13, 0, 3}}, {{10, 0, 10}, {11, 0, 20}, {12, 0, 30}, {13, 0, 40}},
            {{10, 0, 100}, {11, 0, 200}, {12, 0, 300}, {13, 0, 400}}},
        {{10, 0, 111}, {12, 1, 552}, {13, 0, 443}}},
    {"two put different ones together",
        {{{10, 0, 1}, {12, 1, 2}, {13, 0, 3}}, {{10, 0, 10}, {11, 0, 20}, {13, 1, 40}},
            {{10, 0, 100}, {11, 0, 200}, {12, 0, 300}, {13, 0, 400}}},
        {{10, 0, 111}, {13, 2, 965}}},
    {"together from the first one on",
        {{{12, 2, 1}}, {{10, 0, 10}, {11, 0, 20}, {12, 0, 30}}, {{12, 2, 300}}}, {{12, 2, 361}}},
};

static void put_all(struct counters_ring *ring, const struct put *puts, uint64_t evicted)
{
    for (; puts->second != 0; puts++) {
        struct cell_counts cell = {.cohort_s = puts->second, .demand = puts->demand};
        struct counters counters = {.tick = instant_from_s(puts->second),
            .cells = &cell,
            .cell_count = 1,
            .evicted = evicted,
            .merged = puts->merged};
        counters_ring_put(ring, &counters);
    }
}

static int32_t demand_of(const struct counters *counters)
{
    int32_t demand = 0;
    for (size_t i = 0; i < counters->cell_count; i++) {
        demand += counters->cells[i].demand;
    }
    return demand;
}

static void check(struct counters_merge *merge, const struct put *wanted)
{
    const struct counters *counters;
    for (; (counters = counters_merge_head(merge)) != NULL; wanted++) {
        assert_ptr_equal(counters_merge_head(merge), counters);
        assert_int_equal(instant_second(counters->tick), wanted->second);
        assert_int_equal(counters->merged, wanted->merged);
        assert_int_equal(demand_of(counters), wanted->demand);
        assert_int_equal(counters->evicted, 1 + 2 + 3);
        counters_merge_pop(merge);
    }
    assert_int_equal(wanted->second, 0);
}

static void test_sums(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct counters_ring *rings[WORKERS];
        print_message("%s\n", rows[i].what);
        for (size_t worker = 0; worker < WORKERS; worker++) {
            rings[worker] = counters_ring_new(8);
            put_all(rings[worker], rows[i].puts[worker], worker + 1);
        }
        struct counters_merge *merge = counters_merge_new(rings, WORKERS, NULL);
        check(merge, rows[i].wanted);
        assert_false(counters_merge_is_over(merge));
        counters_merge_free(merge);
        for (size_t worker = 0; worker < WORKERS; worker++) {
            counters_ring_free(rings[worker]);
        }
    }
}

static void test_ends(void **state)
{
    (void)state;
    for (size_t count = 1; count <= 2; count++) {
        struct counters_ring *rings[] = {counters_ring_new(8), counters_ring_new(8)};
        struct counters_merge *merge = counters_merge_new(rings, count, NULL);
        put_all(rings[0], (struct put[]){{10, 0, 1}, {11, 0, 2}, {0}}, 0);
        put_all(rings[1], (struct put[]){{10, 0, 10}, {0}}, 0);
        counters_ring_close(rings[0]);
        assert_false(counters_merge_is_over(merge));
        counters_ring_close(rings[1]);
        assert_int_equal(demand_of(counters_merge_head(merge)), count == 1 ? 1 : 11);
        counters_merge_pop(merge);
        assert_false(counters_merge_is_over(merge));
        assert_int_equal(demand_of(counters_merge_head(merge)), 2); // the other one is over
        counters_merge_pop(merge);
        assert_null(counters_merge_head(merge));
        assert_true(counters_merge_is_over(merge));
        counters_merge_free(merge);
        counters_ring_free(rings[0]);
        counters_ring_free(rings[1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sums),
        cmocka_unit_test(test_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
