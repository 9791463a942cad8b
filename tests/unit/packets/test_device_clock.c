// A device's ticks become instants: at any rate, over a wrap, with clocks that are read late, drift
// and are set anew. Both clocks are arithmetic here.
#include "dataplane/packets/device_clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define START_S 1773109800LL

// What a device's clock shows so long after the start: its ticks a second, its first tick.
static const struct {
    const char *what;
    int64_t hz;
    uint64_t first;
    int64_t jitter_ns; // between reading one clock and the other, 0 to this
    int64_t most_ns;   // that a stamp may be off, once ten seconds have passed
} rows[] = {
    {"nanoseconds", NS_PER_S, 0, 0, 2},
    {"nanoseconds since 1970", NS_PER_S, (uint64_t)START_S *NS_PER_S, 0, 2},
    {"78.125 MHz", 78125000, 12345, 0, 14},
    {"a slow clock", 1000, 7, 0, 1000001},
    {"a fast one", 4000000000, 7, 0, 2},
    {"a wrap in the first second", 156250000, UINT64_MAX - 1000, 0, 10},
    {"read late", 156250000, 99, 2000, 4000},
};

static uint64_t ticks_after(int64_t hz, uint64_t first, int64_t ns)
{
    return first + (uint64_t)((__int128)ns * hz / NS_PER_S);
}

static struct instant after(int64_t ns)
{
    return instant_add(instant_from_s(START_S), ns);
}

static void test_rates(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct device_clock clock;
        struct instant at;
        int64_t hz = rows[i].hz;
        print_message("%s\n", rows[i].what);
        device_clock_begin(&clock, rows[i].first, after(0));
        assert_false(device_clock_convert(&clock, rows[i].first, &at)); // no rate yet
        for (int64_t second = 1; second <= 1000; second++) {
            int64_t ns = second * NS_PER_S;
            int64_t late_ns = rows[i].jitter_ns == 0 ? 0 : second * 7919 % rows[i].jitter_ns;
            device_clock_observe(&clock, ticks_after(hz, rows[i].first, ns), after(ns + late_ns));
            int64_t before_ns = ns - 300 * NS_PER_MS, behind_ns = ns + 900 * NS_PER_MS;
            assert_true(
                device_clock_convert(&clock, ticks_after(hz, rows[i].first, before_ns), &at));
            assert_true(second < 10 || llabs(at.ns - after(before_ns).ns) <= rows[i].most_ns);
            assert_true(
                device_clock_convert(&clock, ticks_after(hz, rows[i].first, behind_ns), &at));
            assert_true(second < 10 || llabs(at.ns - after(behind_ns).ns) <= rows[i].most_ns);
        }
    }
}

// 40 ppm fast at first, 20 ppm after ten minutes: what is left is far below what clocks differ by.
static void test_drift(void **state)
{
    (void)state;
    struct device_clock clock;
    struct instant at;
    uint64_t ticks = 5;
    device_clock_begin(&clock, ticks, after(0));
    for (int64_t second = 1; second <= 2000; second++) {
        ticks += second < 600 ? 1000040000 : 1000020000;
        device_clock_observe(&clock, ticks, after(second * NS_PER_S));
        assert_true(device_clock_convert(&clock, ticks, &at));
        assert_true(llabs(at.ns - after(second * NS_PER_S).ns) < 200000);
    }
    assert_true(llabs(at.ns - after(2000 * NS_PER_S).ns) < 100000);
}

static void test_steps(void **state)
{
    (void)state;
    static const int64_t steps_ns[] = {
        -3600 * NS_PER_S, -2 * NS_PER_MS, 2 * NS_PER_MS, NS_PER_S, 86400 * NS_PER_S};
    for (size_t i = 0; i < sizeof(steps_ns) / sizeof(steps_ns[0]); i++) {
        struct device_clock clock;
        struct instant at;
        device_clock_begin(&clock, 0, after(0));
        for (int64_t second = 1; second <= 20; second++) {
            struct instant now = after(second * NS_PER_S + (second < 10 ? 0 : steps_ns[i]));
            device_clock_observe(&clock, (uint64_t)second * 1000000, now);
            assert_true(device_clock_convert(&clock, (uint64_t)second * 1000000 + 500000, &at));
            assert_true(llabs(at.ns - now.ns - NS_PER_S / 2) < 1000);
        }
    }
}

static void test_no_clock(void **state)
{
    (void)state;
    struct device_clock clock;
    struct instant at = {1};
    device_clock_begin(&clock, 42, after(0));
    device_clock_observe(&clock, 42, after(NS_PER_S)); // stands still
    assert_false(device_clock_convert(&clock, 42, &at));
    device_clock_observe(&clock, 43, after(NS_PER_S + 1000)); // too soon for a rate
    assert_false(device_clock_convert(&clock, 43, &at));
    device_clock_begin(&clock, 0, after(0));
    device_clock_observe(&clock, 10, after(NS_PER_S));          // ten ticks a second
    assert_false(device_clock_convert(&clock, INT64_MAX, &at)); // beyond what can be written
    assert_false(device_clock_convert(&clock, (uint64_t)INT64_MIN, &at));
    assert_int_equal(at.ns, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rates),
        cmocka_unit_test(test_drift),
        cmocka_unit_test(test_steps),
        cmocka_unit_test(test_no_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
