#include "detectors/normals/learned.h"
#include "detectors/normals/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/judgement/judgement.h"

#include <cmocka.h>

#define HOUR_NS (3600 * NS_PER_S)

struct bench {
    struct fixture fixture;
    struct peak_tables tables;
    struct normals *normals;
    int64_t now_s;
    char path[64], folder[64];
    struct normal last; // of the last bucket that ended
};

static void normals_begin_new(struct bench *bench, bool loads, bool keeps)
{
    char digest[NORMALS_DIGEST_TEXT_MAX];
    struct mistakes *mistakes = mistakes_new();
    bench->tables = (struct peak_tables){.before.state = PEAK_NONE, .now.state = PEAK_NONE};
    bench->normals = normals_new(&bench->fixture.settings, mistakes);
    if (loads) {
        assert_true(normals_load(bench->normals, bench->path, digest, mistakes));
    }
    if (keeps) {
        assert_true(normals_keep(bench->normals, bench->path, mistakes));
    }
    mistakes_print(mistakes, stderr);
    assert_int_equal(mistakes_count(mistakes), 0);
    mistakes_free(mistakes);
}

static void bench_init(struct bench *bench)
{
    *bench = (struct bench){.now_s = DAY_S};
    fixture_init(&bench->fixture);
    bench->fixture.settings.normals = (struct normals_settings){
        .learn = true, .fewest_days = 3, .least_coverage = 90, .peak = {.slot_ns = HOUR_NS}};
    bench->fixture.network.peak_hours_count = 0;
    bench->fixture.network.learned_peak = &bench->tables;
    strcpy(bench->folder, "/tmp/tapgrade-store-XXXXXX");
    assert_non_null(mkdtemp(bench->folder));
    snprintf(bench->path, sizeof(bench->path), "%s/n.sqlite", bench->folder);
}

static void bench_done(struct bench *bench)
{
    char command[128];
    normals_free(bench->normals);
    fixture_done(&bench->fixture);
    snprintf(command, sizeof(command), "rm -r '%s'", bench->folder);
    assert_int_equal(system(command), 0);
}

static void bench_run(struct bench *bench, int64_t until_s)
{
    while (bench->now_s < until_s) {
        const struct normal *records;
        int32_t intents = 20 + (int32_t)(shanghai_second_of_day(bench->now_s) / 3600);
        struct cell_counts cell = {.cell = {.province = JIANGSU},
            .cohort_s = bench->now_s,
            .demand = intents,
            .succeeded = intents};
        struct link_counts link = {
            .second = bench->now_s, .frames = 10, .seen_request_bytes = intents};
        bench->now_s += 10;
        struct counters counters = {.tick = instant_from_s(bench->now_s),
            .cells = &cell,
            .cell_count = 1,
            .links = &link,
            .link_count = 1};
        size_t count = normals_from_counters(bench->normals, &counters, &records);
        for (size_t i = 0; i < count; i++) {
            bool ended = records[i].from.ns + 10 * NS_PER_S == counters.tick.ns;
            bench->last = ended ? records[i] : bench->last;
        }
    }
}

static int64_t number(const struct bench *bench, const char *query)
{
    sqlite3 *store = NULL;
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_open(bench->path, &store), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(store, query, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(store);
    return value;
}

static void digest_of(const struct bench *bench, char digest[static NORMALS_DIGEST_TEXT_MAX])
{
    struct mistakes *mistakes = mistakes_new();
    struct normals *normals = normals_new(&bench->fixture.settings, mistakes);
    assert_true(normals_load(normals, bench->path, digest, mistakes));
    normals_free(normals);
    mistakes_free(mistakes);
}

// Stopped and started in the middle of each day: the same is normal as without.
static void test_a_restart_forgets_nothing(void **state)
{
    (void)state;
    struct bench whole, parts;
    bench_init(&whole);
    bench_init(&parts);
    normals_begin_new(&whole, false, false);
    for (int64_t day = 0; day < 10; day++) {
        normals_begin_new(&parts, day > 0, true);
        bench_run(&parts, DAY_S + day * S_PER_DAY + 43200);
        normals_free(parts.normals);
    }
    normals_begin_new(&parts, true, true);
    bench_run(&parts, DAY_S + 10 * S_PER_DAY + 6 * 3600);
    bench_run(&whole, DAY_S + 10 * S_PER_DAY + 6 * 3600);
    assert_int_equal(parts.last.basis, BASIS_MEDIAN);
    assert_int_equal(parts.last.normal_milli, whole.last.normal_milli);
    assert_int_equal(parts.last.low_milli, whole.last.low_milli);
    bench_done(&whole);
    bench_done(&parts);
}

static void test_the_store_is_bounded(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench);
    normals_begin_new(&bench, false, true);
    bench_run(&bench, DAY_S + 60 * S_PER_DAY);
    normals_free(bench.normals);
    bench.normals = NULL;
    assert_int_equal(number(&bench, "SELECT count(*) FROM days WHERE closed=1"), 18);
    assert_int_equal(number(&bench, "SELECT max(n) FROM (SELECT count(*) AS n FROM days "
                                    "WHERE closed=1 GROUP BY kind)"),
        9);
    assert_in_range(number(&bench, "SELECT count(*) FROM days WHERE closed=0"), 1, 2);
    assert_int_equal(number(&bench, "SELECT full_days FROM years"), 58); // neither first nor last
    bench_done(&bench);
}

static void test_the_digest_is_of_what_it_holds(void **state)
{
    (void)state;
    struct bench bench;
    char one[NORMALS_DIGEST_TEXT_MAX], two[NORMALS_DIGEST_TEXT_MAX];
    bench_init(&bench);
    normals_begin_new(&bench, false, true);
    normals_free(bench.normals);
    digest_of(&bench, one);
    assert_string_equal(one, ""); // a file with nothing in it is as none
    normals_begin_new(&bench, true, true);
    bench_run(&bench, DAY_S + 3 * S_PER_DAY);
    normals_free(bench.normals);
    bench.normals = NULL;
    digest_of(&bench, one);
    assert_int_equal(strlen(one), NORMALS_DIGEST_TEXT_MAX - 1);
    sqlite3 *store = NULL;
    assert_int_equal(sqlite3_open(bench.path, &store), SQLITE_OK);
    assert_int_equal(sqlite3_exec(store, "VACUUM", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(store);
    digest_of(&bench, two);
    assert_string_equal(one, two);
    bench_done(&bench);
}

static void approve(const struct bench *bench, bool bank, const char *expected)
{
    char error[512] = "";
    bool slots[DAY_SLOTS] = {[100] = true};
    sqlite3 *store = normals_store_open(bench->path, true, error, sizeof(error));
    assert_non_null(store);
    struct approval approval = {.network = "pay",
        .year = 2025,
        .bank = bank,
        .slot_minutes = 60,
        .full_days = 365,
        .method = "",
        .approved_by = "张三",
        .approved_on = 20500,
        .slots = slots};
    bool done = normals_store_approve(store, &approval, error, sizeof(error));
    assert_string_equal(error, expected);
    assert_int_equal(done, *expected == '\0');
    sqlite3_close(store);
}

static void test_an_approved_table_is_frozen(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench);
    approve(&bench, false, "");
    approve(&bench, true,
        "the peak hours of network \"pay\" in 2025 were approved before, and an approved table is "
        "frozen");
    normals_begin_new(&bench, true, false);
    bench_run(&bench, DAY_S + 60); // in 2026
    assert_int_equal(network_peak_state(&bench.fixture.network, DAY_S), PEAK_APPROVED);
    assert_true(network_is_peak(&bench.fixture.network, DAY_S + 100 * DAY_SLOT_S));
    assert_false(network_is_peak(&bench.fixture.network, DAY_S + 101 * DAY_SLOT_S));
    sqlite3 *store = NULL;
    assert_int_equal(sqlite3_open(bench.path, &store), SQLITE_OK);
    assert_int_not_equal(
        sqlite3_exec(store, "UPDATE approvals SET approved_by='x'", NULL, NULL, NULL), SQLITE_OK);
    assert_int_not_equal(sqlite3_exec(store, "DELETE FROM approvals", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(store);
    bench_done(&bench);
}

static void test_another_version_is_refused(void **state)
{
    (void)state;
    char error[512], expected[512];
    struct bench bench;
    bench_init(&bench);
    sqlite3 *store = normals_store_open(bench.path, true, error, sizeof(error));
    assert_non_null(store);
    sqlite3_exec(store, "PRAGMA user_version = 7", NULL, NULL, NULL);
    sqlite3_close(store);
    assert_null(normals_store_open(bench.path, false, error, sizeof(error)));
    snprintf(
        expected, sizeof(expected), "normals '%s' has version 7; this program knows 1", bench.path);
    assert_string_equal(error, expected);
    bench_done(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_restart_forgets_nothing),
        cmocka_unit_test(test_the_store_is_bounded),
        cmocka_unit_test(test_the_digest_is_of_what_it_holds),
        cmocka_unit_test(test_an_approved_table_is_frozen),
        cmocka_unit_test(test_another_version_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
