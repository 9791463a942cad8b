// The pure functions: stretches against a plain search, and sets of intervals.
#include "detectors/grades/intervals.h"
#include "detectors/outages/stretches.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "tests/unit/judgement/judgement.h"

#include <cmocka.h>

#define ITEMS 48

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 16;
}

// What the words say, in cubic time: of all stretches the longest, the earliest of equals, then
// what is left before and behind it.
static void plain_find(const struct stretch_item *items, size_t first, size_t end, size_t merge,
    struct stretch *ret, size_t *count)
{
    size_t best = 0, best_first = 0;
    for (size_t i = first; i < end; i++) {
        int64_t normal = 0, demand = 0;
        size_t run = 0;
        for (size_t j = i; j < end && items[i].bad; j++) {
            run = items[j].bad || items[j].unknown ? 0 : run + 1;
            normal += items[j].over_normal;
            demand += items[j].over_demand;
            if (run > merge) {
                break;
            }
            if (items[j].bad && (normal > 0 || demand > 0) && j - i + 1 > best) {
                best = j - i + 1;
                best_first = i;
            }
        }
    }
    if (best > 0) {
        plain_find(items, first, best_first, merge, ret, count);
        ret[(*count)++] = (struct stretch){best_first, best_first + best - 1};
        plain_find(items, best_first + best, end, merge, ret, count);
    }
}

static void test_stretches_are_the_longest(void **state)
{
    (void)state;
    uint32_t seed = 7;
    for (int round = 0; round < 20000; round++) {
        struct stretch_item items[ITEMS] = {0};
        struct stretch found[ITEMS], plain[ITEMS];
        size_t count = next_random(&seed) % ITEMS, merge = next_random(&seed) % 5;
        size_t plain_count = 0;
        uint32_t share = 1 + next_random(&seed) % 9;
        for (size_t i = 0; i < count; i++) {
            items[i].bad = next_random(&seed) % 10 < share;
            items[i].unknown = !items[i].bad && next_random(&seed) % 8 == 0;
            int64_t size = 1 + next_random(&seed) % 30;
            items[i].over_normal = items[i].bad ? size : -2 * size;
            items[i].over_demand = items[i].bad ? size - 15 : -size;
        }
        size_t found_count = stretches_find(items, count, merge, 1, false, found);
        plain_find(items, 0, count, merge, plain, &plain_count);
        assert_int_equal(found_count, plain_count);
        assert_memory_equal(found, plain, plain_count * sizeof(plain[0]));
    }
}

// The first item stands for several: the result is the one of the several.
static void test_the_first_item_may_stand_for_many(void **state)
{
    (void)state;
    uint32_t seed = 11;
    for (int round = 0; round < 20000; round++) {
        struct stretch_item items[ITEMS + 8] = {0};
        struct stretch found[ITEMS], plain[ITEMS + 8];
        size_t weight = 1 + next_random(&seed) % 8, count = 1 + next_random(&seed) % ITEMS;
        size_t merge = next_random(&seed) % 5, plain_count = 0;
        for (size_t i = 0; i < weight - 1 + count; i++) {
            int64_t size = next_random(&seed) % 30;
            items[i].bad = i < weight || next_random(&seed) % 2 == 0;
            items[i].over_normal = items[i].bad ? size : -2 * size;
            items[i].over_demand = i < weight ? size / 2 : items[i].bad ? size - 15 : -size;
        }
        plain_find(items, 0, weight - 1 + count, merge, plain, &plain_count);
        for (size_t i = 0; i < weight - 1; i++) {
            items[weight - 1].over_normal += items[i].over_normal;
            items[weight - 1].over_demand += items[i].over_demand;
        }
        size_t found_count = stretches_find(&items[weight - 1], count, merge, weight, false, found);
        assert_int_equal(found_count, plain_count);
        for (size_t i = 0; i < found_count; i++) {
            assert_int_equal(found[i].first == 0 ? 0 : found[i].first + weight - 1, plain[i].first);
            assert_int_equal(found[i].last + weight - 1, plain[i].last);
        }
    }
}

static void test_a_day_of_flapping_is_bounded(void **state)
{
    (void)state;
    static struct stretch_item items[8640];
    static struct stretch found[8640];
    for (size_t i = 0; i < 8640; i++) {
        items[i].bad = i % 3 == 0;
        items[i].over_normal = items[i].over_demand = i % 3 == 0 ? 30 : -70;
    }
    assert_int_equal(stretches_find(items, 8640, 18, 1, false, found), 2880);
}

static struct instant minute(int64_t minutes)
{
    return instant_from_s(minutes * 60);
}

static void test_at_once(void **state)
{
    (void)state;
    const struct province_interval down[] = {{{minute(0), minute(10)}, 11},
        {{minute(0), minute(15)}, 12}, {{minute(10), minute(15)}, 13},
        {{minute(12), minute(20)}, 12}};
    struct interval ret[8];
    assert_int_equal(intervals_at_once(down, 4, 2, ret), 1);
    assert_int_equal(ret[0].from.ns, minute(0).ns);
    assert_int_equal(ret[0].to.ns, minute(15).ns);
    assert_int_equal(intervals_at_once(down, 4, 1, ret), 1);
    assert_int_equal(ret[0].to.ns, minute(20).ns);
    assert_int_equal(intervals_at_once(down, 4, 3, ret), 0);
    assert_int_equal(intervals_at_once(down, 0, 1, ret), 0);
}

static void test_join(void **state)
{
    (void)state;
    const struct interval apart[] = {{minute(0), minute(2)}, {minute(5), minute(7)},
        {minute(10), minute(31)}, {minute(40), minute(41)}};
    struct interval ret[4];
    size_t count = intervals_join(apart, 4, minute(3).ns, 70, ret);
    assert_int_equal(count, 2);
    assert_int_equal(ret[0].from.ns, minute(0).ns); // 25 of 31 minutes: 80.6 %
    assert_int_equal(ret[0].to.ns, minute(31).ns);
    assert_int_equal(ret[1].from.ns, minute(40).ns);
}

// In cubic time, as the words say.
static void plain_join(
    const struct interval *intervals, size_t first, size_t end, struct interval *ret, size_t *count)
{
    size_t best_first = first, best_last = first;
    int64_t best_ns = -1;
    for (size_t i = first; i < end; i++) {
        int64_t covered_ns = 0;
        for (size_t j = i; j < end; j++) {
            int64_t all_ns = intervals[j].to.ns - intervals[i].from.ns;
            covered_ns += intervals[j].to.ns - intervals[j].from.ns;
            if ((i == j || covered_ns * 100 > all_ns * 70) && all_ns > best_ns) {
                best_first = i;
                best_last = j;
                best_ns = all_ns;
            }
        }
    }
    if (first < end) {
        plain_join(intervals, first, best_first, ret, count);
        ret[(*count)++] = (struct interval){intervals[best_first].from, intervals[best_last].to};
        plain_join(intervals, best_last + 1, end, ret, count);
    }
}

static void test_joins_are_the_longest(void **state)
{
    (void)state;
    uint32_t seed = 11;
    for (int round = 0; round < 20000; round++) {
        struct interval intervals[16], found[16], plain[16];
        size_t count = next_random(&seed) % 16, plain_count = 0;
        int64_t at_ns = 0;
        for (size_t i = 0; i < count; i++) {
            at_ns += 1 + next_random(&seed) % 5;
            intervals[i].from.ns = at_ns;
            at_ns += 1 + next_random(&seed) % 10;
            intervals[i].to.ns = at_ns;
        }
        plain_join(intervals, 0, count, plain, &plain_count);
        assert_int_equal(intervals_join(intervals, count, 5, 70, found), plain_count);
        assert_memory_equal(found, plain, plain_count * sizeof(plain[0]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stretches_are_the_longest),
        cmocka_unit_test(test_the_first_item_may_stand_for_many),
        cmocka_unit_test(test_a_day_of_flapping_is_bounded),
        cmocka_unit_test(test_at_once),
        cmocka_unit_test(test_join),
        cmocka_unit_test(test_joins_are_the_longest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
