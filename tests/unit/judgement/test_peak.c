#include "detectors/normals/learned.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/judgement/judgement.h"

#include <cmocka.h>

#define HOUR_NS     (3600 * NS_PER_S)
#define HOUR_SLOTS  12
#define FULL_DAYS   28
#define NEW_YEAR_S  1767196800LL // 2026-01-01 00:00:00 in Shanghai
#define LAST_YEAR_S 1764518400LL // 2025-12-01

// A year in which one hour has `hour` intents of `year`, and the others share the rest.
static void year_fill(int64_t hour, int64_t year, int64_t volumes[static DAY_SLOTS])
{
    memset(volumes, 0, DAY_SLOTS * sizeof(*volumes));
    volumes[10 * HOUR_SLOTS] = hour - 7;
    volumes[10 * HOUR_SLOTS + 11] = 7;
    volumes[11 * HOUR_SLOTS] = year - hour;
}

static bool tenth_is_peak(int64_t hour, int64_t year)
{
    int64_t volumes[DAY_SLOTS];
    bool peak[DAY_SLOTS];
    year_fill(hour, year, volumes);
    peak_slots(volumes, HOUR_NS, peak);
    for (size_t s = 1; s < HOUR_SLOTS; s++) {
        assert_int_equal(peak[10 * HOUR_SLOTS + s], peak[10 * HOUR_SLOTS]);
    }
    return peak[10 * HOUR_SLOTS];
}

static void test_T_P1_exactly_3_percent_is_not_peak(void **state)
{
    (void)state;
    assert_false(tenth_is_peak(3000000, 100000000));
    assert_false(tenth_is_peak(300000000000000, 10000000000000000)); // no overflow
}

static void test_T_P2_one_more_is_peak(void **state)
{
    (void)state;
    assert_true(tenth_is_peak(3000001, 100000000));
    assert_true(tenth_is_peak(300000000000001, 10000000000000000));
}

static void test_T_P3_a_flat_day_is_all_peak(void **state)
{
    (void)state;
    int64_t volumes[DAY_SLOTS];
    bool peak[DAY_SLOTS];
    for (size_t s = 0; s < DAY_SLOTS; s++) {
        volumes[s] = 1000;
    }
    for (int64_t minutes = 5; minutes <= 60; minutes *= 2) { // the share is scaled with the slot
        peak_slots(volumes, (minutes == 40 ? 60 : minutes) * 60 * NS_PER_S, peak);
        for (size_t s = 0; s < DAY_SLOTS; s++) {
            assert_true(peak[s]);
        }
    }
}

// 15-minute slots by a documented method: 0.75 % is not peak, one more is.
static void test_T_P4_another_slot_has_its_part_of_the_share(void **state)
{
    (void)state;
    int64_t volumes[DAY_SLOTS] = {0};
    bool peak[DAY_SLOTS];
    volumes[0] = 750;
    volumes[100] = 99250;
    peak_slots(volumes, 900 * NS_PER_S, peak);
    assert_false(peak[0]);
    volumes[2] = 1;
    volumes[100]--;
    peak_slots(volumes, 900 * NS_PER_S, peak);
    assert_true(peak[0] && peak[1] && peak[2]);
    assert_false(peak[3]);
}

static void test_nothing_is_no_peak(void **state)
{
    (void)state;
    int64_t volumes[DAY_SLOTS] = {0};
    bool peak[DAY_SLOTS];
    peak_slots(volumes, HOUR_NS, peak);
    assert_false(peak[0] || peak[DAY_SLOTS - 1]);
}

// ---- from counters ------------------------------------------------------------------------------

struct bench {
    struct fixture fixture;
    struct peak_tables tables;
    struct normals *normals;
    int64_t now_s;
};

static void bench_init(struct bench *bench, int64_t from_s)
{
    struct mistakes *mistakes = mistakes_new();
    *bench = (struct bench){.now_s = from_s};
    fixture_init(&bench->fixture);
    bench->fixture.settings.normals = (struct normals_settings){
        .learn = true, .fewest_days = 3, .least_coverage = 90, .peak = {.slot_ns = HOUR_NS}};
    bench->tables.now.state = bench->tables.before.state = PEAK_NONE;
    bench->fixture.network.peak_hours_count = 0;
    bench->fixture.network.learned_peak = &bench->tables;
    bench->normals = normals_new(&bench->fixture.settings, mistakes);
    assert_non_null(bench->normals);
    mistakes_free(mistakes);
}

static void bench_done(struct bench *bench)
{
    normals_free(bench->normals);
    fixture_done(&bench->fixture);
}

// From 09:00 to 21:00 fifty intents a bucket, else two: 48 % and 0.16 % of an hour each.
static void bench_run(struct bench *bench, int64_t until_s, int64_t dead_from_s)
{
    while (bench->now_s < until_s) {
        const struct normal *records;
        int64_t hour = shanghai_second_of_day(bench->now_s) / 3600;
        bool dead = bench->now_s >= dead_from_s && bench->now_s < dead_from_s + 300;
        int32_t intents = dead ? 0 : hour >= 9 && hour < 21 ? 50 : 2;
        struct cell_counts cell = {.cell = {.province = JIANGSU},
            .cohort_s = bench->now_s,
            .demand = intents,
            .declined = intents}; // all results count
        struct link_counts link = {
            .second = bench->now_s, .frames = dead ? 0 : 10, .seen_request_bytes = intents};
        bench->now_s += 10;
        struct counters counters = {.tick = instant_from_s(bench->now_s),
            .cells = &cell,
            .cell_count = 1,
            .links = &link,
            .link_count = 1};
        normals_from_counters(bench->normals, &counters, &records);
    }
}

static enum peak_state state_at(const struct bench *bench, int64_t epoch_s)
{
    return network_peak_state(&bench->fixture.network, epoch_s);
}

// Of a last year with 28 full days the new year's own are no part; with 27 they are.
static void test_28_full_days_of_last_year_are_enough(void **state)
{
    (void)state;
    struct network_learned *learned = calloc(1, sizeof(*learned));
    struct year_volumes own;
    assert_non_null(learned);
    learned->years[0] = (struct year_volumes){.year = 2025, .full_days = FULL_DAYS, .volumes = {5}};
    learned->years[1] = (struct year_volumes){.year = 2026, .full_days = 1, .volumes = {3}};
    assert_true(peak_own_volumes(learned, 2026, &own));
    assert_int_equal(own.year, 2025);
    assert_int_equal(own.volumes[0], 5);
    learned->years[0].full_days = FULL_DAYS - 1;
    assert_true(peak_own_volumes(learned, 2026, &own));
    assert_int_equal(own.year, 2026);
    assert_int_equal(own.volumes[0], 8);
    learned->years[1].full_days = 0;
    assert_false(peak_own_volumes(learned, 2026, &own));
    free(learned);
}

static void test_28_full_days_are_provisional(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, DAY_S); // whose first day is not a full one
    int64_t closed_s = DAY_S + (FULL_DAYS + 1) * S_PER_DAY + S_PER_HOUR;
    bench_run(&bench, closed_s - 60, INT64_MAX - 300);
    assert_int_equal(state_at(&bench, bench.now_s + 30 * S_PER_DAY), PEAK_NONE);
    assert_true(network_is_peak(&bench.fixture.network, DAY_S + 3 * 3600));
    bench_run(&bench, closed_s + 60, INT64_MAX - 300);
    int64_t midnight_s = DAY_S + (FULL_DAYS + 2) * S_PER_DAY;
    assert_int_equal(state_at(&bench, midnight_s - 1), PEAK_NONE); // not before midnight
    assert_int_equal(state_at(&bench, midnight_s), PEAK_PROVISIONAL);
    for (int hour = 0; hour < 24; hour++) {
        bool peak = network_is_peak(&bench.fixture.network, midnight_s + hour * 3600);
        assert_int_equal(peak, hour >= 9 && hour < 21);
    }
    // An interruption over that midnight: every hour counts before it, the table's behind it.
    int64_t in_peak_ns = peak_ns(&bench.fixture.network, instant_from_s(midnight_s - 7200),
        instant_from_s(midnight_s + 10 * 3600));
    assert_int_equal(in_peak_ns, 3 * HOUR_NS);
    bench_done(&bench);
}

// Five minutes of a dead mirror: the day is no full one.
static void test_a_day_that_was_not_seen_is_not_counted(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, DAY_S);
    int64_t closed_s = DAY_S + (FULL_DAYS + 1) * S_PER_DAY + S_PER_HOUR;
    bench_run(&bench, closed_s + 60, DAY_S + 5 * S_PER_DAY + 12 * 3600);
    assert_int_equal(state_at(&bench, bench.now_s + 2 * S_PER_DAY), PEAK_NONE);
    bench_run(&bench, closed_s + S_PER_DAY + 60, INT64_MAX - 300);
    assert_int_equal(state_at(&bench, bench.now_s + 2 * S_PER_DAY), PEAK_PROVISIONAL);
    bench_done(&bench);
}

// 30 full days of December: they alone are the year's table from January on, whatever comes.
static void test_last_year_stands_alone(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, LAST_YEAR_S);
    bench_run(&bench, NEW_YEAR_S + 2 * S_PER_DAY, INT64_MAX - 300);
    assert_int_equal(bench.tables.now.state, PEAK_PROVISIONAL);
    assert_int_equal(bench.tables.now.year, 2025);
    struct peak_table before = bench.tables.now;
    bench_run(&bench, NEW_YEAR_S + 40 * S_PER_DAY, INT64_MAX - 300);
    assert_memory_equal(&bench.tables.now, &before, sizeof(before));
    bench_done(&bench);
}

static void test_the_banks_hours_win(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, DAY_S);
    bench_run(&bench, DAY_S + 31 * S_PER_DAY, INT64_MAX - 300);
    bench.fixture.peak_hours[0] = (struct hours){8 * 3600, 20 * 3600};
    bench.fixture.network.peak_hours_count = 1;
    assert_int_equal(state_at(&bench, bench.now_s), PEAK_BANK);
    assert_true(network_is_peak(&bench.fixture.network, DAY_S + 8 * 3600));
    assert_false(network_is_peak(&bench.fixture.network, DAY_S + 20 * 3600));
    bench_done(&bench);
}

static void test_T_P5_a_learned_table_has_the_same_edges(void **state)
{
    (void)state;
    static const struct {
        const char *from;
        bool peak;
    } rows[] = {{"08:59:59.999", false}, {"09:00:00.000", true}, {"20:59:59.999", true},
        {"21:00:00.000", false}};
    struct bench bench;
    bench_init(&bench, DAY_S);
    for (size_t s = 9 * HOUR_SLOTS; s < 21 * HOUR_SLOTS; s++) {
        bench.tables.now.slots[s] = true;
    }
    bench.tables.now.state = PEAK_APPROVED;
    bench.tables.before = bench.tables.now;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct instant from = at(rows[i].from);
        int64_t ns = peak_ns(&bench.fixture.network, from, instant_add(from, NS_PER_MS));
        assert_int_equal(ns, rows[i].peak ? NS_PER_MS : 0);
    }
    int64_t ns = peak_ns(
        &bench.fixture.network, at("08:00"), instant_add(at("08:00"), 3 * S_PER_DAY * NS_PER_S));
    assert_int_equal(ns, 3 * 12 * HOUR_NS);
    bench_done(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_T_P1_exactly_3_percent_is_not_peak),
        cmocka_unit_test(test_T_P2_one_more_is_peak),
        cmocka_unit_test(test_T_P3_a_flat_day_is_all_peak),
        cmocka_unit_test(test_T_P4_another_slot_has_its_part_of_the_share),
        cmocka_unit_test(test_nothing_is_no_peak),
        cmocka_unit_test(test_28_full_days_of_last_year_are_enough),
        cmocka_unit_test(test_28_full_days_are_provisional),
        cmocka_unit_test(test_a_day_that_was_not_seen_is_not_counted),
        cmocka_unit_test(test_last_year_stands_alone),
        cmocka_unit_test(test_the_banks_hours_win),
        cmocka_unit_test(test_T_P5_a_learned_table_has_the_same_edges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
