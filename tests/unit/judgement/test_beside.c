// What stands beside a bucket's outcomes: refusals whose codes jump, and whose the losses are.
#include "detectors/normals/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "tests/unit/judgement/judgement.h"

#include <cmocka.h>

#define START_S (10 * 3600LL)

static struct response_code codes[] = {{.code = (char[]){"51"}}, {.code = (char[]){"61"}}};

struct bench {
    struct fixture fixture;
    struct normals *normals;
};

static void bench_init(struct bench *bench)
{
    struct mistakes *mistakes = mistakes_new();
    fixture_init(&bench->fixture);
    bench->fixture.settings.networks[0].response_codes.codes = codes;
    bench->fixture.settings.networks[0].response_codes.code_count = 2;
    bench->normals = normals_new(&bench->fixture.settings, mistakes);
    assert_non_null(bench->normals);
    mistakes_free(mistakes);
}

static void bench_done(struct bench *bench)
{
    normals_free(bench->normals);
    fixture_done(&bench->fixture);
}

// The outcomes of bucket `b`, all in its first second, known at its end.
struct said {
    int32_t succeeded, failed, code_51, code_61;
    const struct counterparty_counts *parties;
    size_t party_count;
};

// The bucket's record, as it is given out at its end.
static struct normal bucket(struct bench *bench, int64_t b, struct said said)
{
    int64_t from_s = DAY_S + START_S + 10 * b;
    struct cell cell = {.province = JIANGSU};
    int32_t declined = said.code_51 + said.code_61;
    struct cell_counts cells[] = {{.cell = cell,
        .cohort_s = from_s,
        .demand = said.succeeded + said.failed + declined,
        .succeeded = said.succeeded,
        .failed = said.failed,
        .declined = declined}};
    struct code_counts refused[] = {
        {.cell = cell, .code = 0, .cohort_s = from_s, .declined = said.code_51},
        {.cell = cell, .code = 1, .cohort_s = from_s, .declined = said.code_61}};
    struct counterparty_counts parties[4];
    for (size_t i = 0; i < said.party_count; i++) {
        parties[i] = said.parties[i];
        parties[i].cohort_s = from_s;
    }
    struct counters counters = {.cells = cells,
        .cell_count = 1,
        .codes = refused,
        .code_count = 2,
        .counterparties = parties,
        .counterparty_count = said.party_count};
    const struct normal *records;
    for (int64_t s = 1; s <= 10; s++) {
        struct counters empty = {.tick = instant_from_s(from_s + s)};
        counters.tick = empty.tick;
        size_t count = normals_from_counters(bench->normals, s == 1 ? &counters : &empty, &records);
        for (size_t i = 0; s == 10 && i < count; i++) {
            if (records[i].from.ns == instant_from_s(from_s).ns) {
                return records[i];
            }
        }
    }
    fail_msg("bucket %lld was not given out", (long long)b);
    return (struct normal){0};
}

// 5 % of the refusals by 51, 1 % by 61, until enough outcomes are final.
static int64_t learn(struct bench *bench)
{
    for (int64_t b = 0; b < 20; b++) {
        struct normal normal =
            bucket(bench, b, (struct said){.succeeded = 94, .code_51 = 5, .code_61 = 1});
        assert_int_equal(normal.jumping, 0);
    }
    return 20;
}

static void test_jumps(void **state)
{
    static const struct {
        const char *what;
        struct said said;
        int64_t jumping;
    } rows[] = {
        {"as usual", {.succeeded = 94, .code_51 = 5, .code_61 = 1}, 0},
        {"5 times, but less than 10 points above", {.succeeded = 90, .code_51 = 0, .code_61 = 10},
            0},
        {"10 points above and more than 5 times", {.succeeded = 89, .code_61 = 11}, 11},
        {"10 points above, but not 5 times", {.succeeded = 76, .code_51 = 24}, 0},
        {"exactly 5 times", {.succeeded = 75, .code_51 = 25}, 25},
        {"only what jumps counts", {.succeeded = 55, .code_51 = 5, .code_61 = 40}, 40},
        {"too few intents", {.succeeded = 29, .code_61 = 20}, 0},
        {"just enough", {.succeeded = 30, .code_61 = 20}, 20},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bench bench;
        bench_init(&bench);
        struct normal normal = bucket(&bench, learn(&bench), rows[i].said);
        print_message("%s\n", rows[i].what);
        assert_int_equal(normal.jumping, rows[i].jumping);
        bench_done(&bench);
    }
}

// A jump teaches nothing; before anything is known nothing jumps.
static void test_jumps_are_not_learned(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench);
    struct said wave = {.succeeded = 50, .code_61 = 50};
    int64_t b = 0;
    assert_int_equal(bucket(&bench, b++, wave).jumping, 0);
    bench_done(&bench);
    bench_init(&bench);
    for (b = learn(&bench); b < 200; b++) {
        assert_int_equal(bucket(&bench, b, wave).jumping, 50);
    }
    bench_done(&bench);
}

// So many units as are watched, and not one more; their provinces have all of them.
static void test_units_are_bounded(void **state)
{
    (void)state;
    struct bench bench;
    struct cell_counts cells[UNITS_MOST + 10];
    size_t count = sizeof(cells) / sizeof(cells[0]), units = 0;
    int64_t from_s = DAY_S + START_S, demand = 0;
    const struct normal *records;
    struct mistakes *mistakes = mistakes_new();
    fixture_init(&bench.fixture);
    bench.fixture.network.units.count = count;
    bench.normals = normals_new(&bench.fixture.settings, mistakes);
    for (size_t i = 0; i < count; i++) {
        cells[i] = (struct cell_counts){.cell = {.province = JIANGSU,
                                            .function = i == 0 ? QUERY : PAYMENT,
                                            .unit = (uint16_t)(i + 1)},
            .cohort_s = from_s,
            .demand = 1,
            .succeeded = 1};
    }
    struct counters counters = {
        .tick = instant_from_s(from_s + 1), .cells = cells, .cell_count = count};
    size_t found = normals_from_counters(bench.normals, &counters, &records);
    for (size_t i = 0; i < found; i++) {
        units += records[i].unit != LABEL_NONE;
        demand += records[i].unit == LABEL_NONE ? records[i].demand : 0;
        assert_true(records[i].unit == LABEL_NONE || records[i].demand == 1);
        assert_true(records[i].unit == LABEL_NONE || records[i].function == PAYMENT);
    }
    assert_int_equal(units, UNITS_MOST);
    assert_int_equal(demand, count);
    mistakes_free(mistakes);
    bench_done(&bench);
}

static void test_parties(void **state)
{
    static const struct counterparty_counts one[] = {
        {.counterparty = "01030000", .processed = 2, .failed = 30, .unanswered = 8},
        {.counterparty = "01050000", .processed = 40, .failed = 1},
        {.counterparty = "other", .processed = 10, .failed = 50}};
    static const struct counterparty_counts equal[] = {
        {.counterparty = "b", .failed = 5}, {.counterparty = "a", .processed = 1, .failed = 5}};
    (void)state;
    struct bench bench;
    bench_init(&bench);
    struct normal normal = bucket(&bench, 0, (struct said){.succeeded = 9, .failed = 1});
    assert_int_equal(normal.party_known + normal.others_known, 0);
    // The named one that lost most; ten more have failed that name none.
    normal = bucket(
        &bench, 1, (struct said){.succeeded = 60, .failed = 99, .parties = one, .party_count = 3});
    assert_int_equal(normal.party_known, 40);
    assert_int_equal(normal.party_failed, 38);
    assert_int_equal(normal.others_known, 119);
    assert_int_equal(normal.others_failed, 61);
    normal = bucket(
        &bench, 2, (struct said){.succeeded = 1, .failed = 10, .parties = equal, .party_count = 2});
    assert_int_equal(normal.party_known, 6); // of equals the first name
    normal = bucket(&bench, 3, (struct said){.succeeded = 5});
    assert_int_equal(normal.party_known + normal.others_known, 0);
    bench_done(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_jumps),
        cmocka_unit_test(test_jumps_are_not_learned),
        cmocka_unit_test(test_units_are_bounded),
        cmocka_unit_test(test_parties),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
