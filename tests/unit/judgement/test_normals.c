// Buckets beside their normal volume: when they are given out, and with which figures.
#include "detectors/normals/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/judgement/judgement.h"

#include <cmocka.h>

#define START_S (10 * 3600LL)

static const int jiangsu[] = {JIANGSU, 0};

struct bench {
    struct fixture fixture;
    struct normals *normals;
    const struct normal *records;
    size_t count;
};

static void bench_init(struct bench *bench, int64_t per_hour)
{
    struct mistakes *mistakes = mistakes_new();
    fixture_init(&bench->fixture);
    if (per_hour > 0) {
        fixture_normals(&bench->fixture, per_hour, jiangsu);
    }
    bench->normals = normals_new(&bench->fixture.settings, mistakes);
    assert_non_null(bench->normals);
    mistakes_free(mistakes);
}

static void bench_done(struct bench *bench)
{
    normals_free(bench->normals);
    fixture_done(&bench->fixture);
}

// One tick with at most one cell and one link.
static void tick(
    struct bench *bench, int64_t s, const struct cell_counts *cell, const struct link_counts *link)
{
    struct cell_counts cells[1];
    struct link_counts links[1];
    struct counters counters = {
        .tick = instant_from_s(DAY_S + START_S + s), .cells = cells, .links = links};
    if (cell != NULL) {
        cells[0] = *cell;
        cells[0].cell.province = JIANGSU;
        cells[0].cohort_s += DAY_S + START_S;
        counters.cell_count = 1;
    }
    if (link != NULL) {
        links[0] = *link;
        links[0].second += DAY_S + START_S;
        counters.link_count = 1;
    }
    bench->count = normals_from_counters(bench->normals, &counters, &bench->records);
}

static void test_silence_is_a_bucket(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, 3600);
    size_t given = 0;
    for (int64_t s = 0; s <= 40; s++) {
        tick(&bench, s, NULL, NULL);
        given += bench.count;
        if (s == 10) {
            assert_int_equal(bench.count, 1);
            assert_int_equal(bench.records[0].from.ns, at("10:00").ns);
            assert_int_equal(bench.records[0].normal_milli, 10000);
            assert_int_equal(bench.records[0].demand, 0);
            assert_false(bench.records[0].final);
        }
    }
    // At 10, 20, 30 and 40 one each, and at 40 the first one is final.
    assert_int_equal(given, 5);
    assert_int_equal(bench.count, 2);
    assert_true(bench.records[0].final);
    assert_false(bench.records[1].final);
    bench_done(&bench);
}

static void test_only_changes_are_given_out(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, 0);
    tick(&bench, 0, NULL, NULL);
    tick(&bench, 1, &(struct cell_counts){.cohort_s = 0, .demand = 3, .succeeded = 2}, NULL);
    assert_int_equal(bench.count, 1);
    assert_int_equal(bench.records[0].open, 1);
    assert_int_equal(bench.records[0].basis, BASIS_ATTEMPTS);
    tick(&bench, 2, NULL, NULL);
    assert_int_equal(bench.count, 0);
    tick(&bench, 10, NULL, NULL);
    assert_int_equal(bench.count, 1);
    tick(&bench, 31, &(struct cell_counts){.cohort_s = 0, .unanswered = 1}, NULL);
    assert_int_equal(bench.count, 1);
    assert_int_equal(bench.records[0].open, 0);
    assert_int_equal(bench.records[0].unanswered, 1);
    assert_int_equal(bench.records[0].traces, 1);
    tick(&bench, 40, NULL, NULL);
    assert_int_equal(bench.count, 1);
    assert_true(bench.records[0].final);
    for (int64_t s = 41; s < 100; s++) {
        tick(&bench, s, NULL, NULL);
        assert_int_equal(bench.count, 0);
    }
    bench_done(&bench);
}

static void test_orphans_count_where_requests_are_missing(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        int64_t missing_at; // second in which request bytes are missing; -1: none
        bool counts;
    } rows[] = {
        {"none missing", -1, false},
        {"a limit before", 5, true},
        {"longer before", 4, false},
        {"in the same second", 35, true},
        {"after it", 36, false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bench bench;
        bench_init(&bench, 0);
        struct link_counts link = {.second = rows[i].missing_at, .missing_request_bytes = 100};
        const struct cell_counts orphan = {
            .cohort_s = 35, .orphans_processed = 2, .orphans_failed = 1};
        tick(&bench, 0, NULL, NULL);
        tick(&bench, 36, &orphan, NULL);
        // The gap becomes known after the orphan.
        tick(&bench, 37, NULL, rows[i].missing_at < 0 ? NULL : &link);
        tick(&bench, 40, NULL, NULL);
        assert_int_equal(bench.count, 1);
        if (bench.records[0].orphans_processed != (rows[i].counts ? 2 : 0) ||
            bench.records[0].orphans_failed != (rows[i].counts ? 1 : 0)) {
            fail_msg(
                "%s: %lld orphans", rows[i].what, (long long)bench.records[0].orphans_processed);
        }
        bench_done(&bench);
    }
}

static void test_overdue_is_learned(void **state)
{
    (void)state;
    int64_t latency[LATENCY_CLASSES] = {0};
    int64_t limit_ns = LIMIT_S * NS_PER_S;
    latency[3] = 999;
    assert_int_equal(latency_overdue_ns(latency, 999, limit_ns), limit_ns); // not learned yet
    latency[9] = 1;
    assert_int_equal(latency_overdue_ns(latency, 1000, limit_ns), 1600000); // 1.6 ms
    latency[9] = 2;
    assert_int_equal(latency_overdue_ns(latency, 1001, limit_ns), 102400000);
    latency[LATENCY_CLASSES - 1] = 1000;
    assert_int_equal(latency_overdue_ns(latency, 2001, limit_ns), limit_ns); // the last is open
    struct bench bench;
    bench_init(&bench, 0);
    tick(&bench, 0, NULL, &(struct link_counts){.second = -1, .latency = {[4] = 1000}});
    tick(&bench, 1, &(struct cell_counts){.cohort_s = 0, .demand = 5}, NULL);
    assert_int_equal(bench.records[0].overdue, 0);
    tick(&bench, 2, NULL, NULL);
    assert_int_equal(bench.count, 1);
    assert_int_equal(bench.records[0].overdue, 5);
    tick(&bench, 3, &(struct cell_counts){.cohort_s = 0, .succeeded = 2}, NULL);
    assert_int_equal(bench.records[0].overdue, 3);
    assert_int_equal(bench.records[0].open, 3);
    bench_done(&bench);
}

static void test_missing_answers_reach_back_a_limit(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, 3600);
    for (int64_t s = 0; s <= 60; s++) {
        struct link_counts link = {.second = 45, .missing_answer_bytes = 700};
        tick(&bench, s, NULL, s == 46 ? &link : NULL);
        for (size_t i = 0; s > 46 && i < bench.count; i++) {
            int64_t from_s = instant_second(bench.records[i].from) - DAY_S - START_S;
            // [from, from + 10 + 30) holds second 45 for 10, 20, 30 and 40.
            bool held = from_s >= 10 && from_s <= 40;
            assert_int_equal(bench.records[i].missing_answer_bytes, held ? 700 : 0);
        }
    }
    bench_done(&bench);
}

static void test_hostile_counters_are_counted(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, 3600);
    tick(&bench, 0, NULL, NULL);
    struct cell_counts cells[] = {
        {.cell = {.network = 7}, .cohort_s = DAY_S},
        {.cell = {.link = 9}, .cohort_s = DAY_S},
        {.cell = {.function = 4}, .cohort_s = DAY_S + START_S},
        {.cell = {.province = 200}, .cohort_s = DAY_S + START_S},
        {.cohort_s = DAY_S + START_S + 100},
        {.cohort_s = -5},
        {.cohort_s = DAY_S - 100000},
        {.cohort_s = INT64_MAX},
    };
    struct link_counts links[] = {{.link = 3}, {.second = -1}, {.second = INT64_MAX}};
    struct counters counters = {.tick = instant_from_s(DAY_S + START_S + 1),
        .cells = cells,
        .cell_count = 8,
        .links = links,
        .link_count = 3};
    const struct normal *records;
    assert_int_equal(normals_from_counters(bench.normals, &counters, &records), 0);
    assert_int_equal(normals_forgotten(bench.normals), 11);
    // A leap of a hundred years is an absence, not silence.
    counters = (struct counters){.tick = instant_from_s(DAY_S + 100 * 365 * S_PER_DAY)};
    assert_int_equal(normals_from_counters(bench.normals, &counters, &records), 0);
    bench_done(&bench);
}

// A tick 5 s into a bucket in which 4 a second are normal, the first of a capture or of what the
// journal keeps: `strays` answers of requests asked before it, of which nobody has the demand.
static void tick_begin(struct bench *bench, int32_t strays)
{
    int64_t now_s = DAY_S + START_S + 5;
    struct cell_counts cells[] = {
        {.cell = {.province = JIANGSU}, .cohort_s = now_s - 20, .succeeded = strays},
        {.cell = {.province = JIANGSU}, .cohort_s = now_s - 3, .succeeded = strays},
        {.cell = {.province = JIANGSU}, .cohort_s = now_s - 1, .demand = 5, .succeeded = 2}};
    struct counterparty_counts party = {.cohort_s = now_s - 3, .processed = strays};
    size_t left_out = strays > 0 ? 0 : 2;
    struct counters counters = {.tick = instant_from_s(now_s),
        .cells = &cells[left_out],
        .cell_count = 3 - left_out,
        .counterparties = &party,
        .counterparty_count = strays > 0 ? 1 : 0};
    bench->count = normals_from_counters(bench->normals, &counters, &bench->records);
}

static void test_what_was_asked_before_the_start_is_left_out(void **state)
{
    (void)state;
    struct bench benches[2];
    for (size_t i = 0; i < 2; i++) {
        bench_init(&benches[i], 4 * 3600);
        tick_begin(&benches[i], i == 0 ? 13 : 0);
    }
    assert_int_equal(benches[0].count, 1);
    assert_int_equal(benches[0].records[0].from.ns, at("10:00").ns);
    assert_int_equal(benches[0].records[0].open, 3);
    assert_int_equal(benches[0].records[0].succeeded, 2);
    assert_int_equal(normals_forgotten(benches[0].normals), 3);
    assert_int_equal(normals_forgotten(benches[1].normals), 0);
    // An outage at the start is as bad with them as without, from the first bucket on.
    for (int64_t s = 6; s < 80; s++) {
        static const struct cell_counts late = {.cohort_s = 3, .failed = 1};
        tick(&benches[0], s, s == 7 ? &late : NULL, NULL);
        tick(&benches[1], s, NULL, NULL);
        assert_int_equal(benches[0].count, benches[1].count);
        for (size_t i = 0; i < benches[0].count; i++) {
            const struct normal *one = &benches[0].records[i], *other = &benches[1].records[i];
            assert_int_equal(one->from.ns, other->from.ns);
            assert_int_equal(one->open, other->open);
            assert_int_equal(one->overdue, other->overdue);
            assert_int_equal(one->succeeded, other->succeeded);
            assert_int_equal(one->failed, other->failed);
            assert_int_equal(one->normal_milli, other->normal_milli);
            assert_true(one->open >= 0);
        }
    }
    bench_done(&benches[0]);
    bench_done(&benches[1]);
}

// Ticks that came together: what was asked in any of their seconds is whole.
static void test_a_start_with_merged_ticks_is_whole(void **state)
{
    (void)state;
    struct bench bench;
    bench_init(&bench, 3600);
    int64_t now_s = DAY_S + START_S + 5;
    struct cell_counts cells[] = {
        {.cell = {.province = JIANGSU}, .cohort_s = now_s - 5, .succeeded = 1},
        {.cell = {.province = JIANGSU}, .cohort_s = now_s - 4, .demand = 1}};
    struct counters counters = {
        .tick = instant_from_s(now_s), .cells = cells, .cell_count = 2, .merged = 3};
    bench.count = normals_from_counters(bench.normals, &counters, &bench.records);
    assert_int_equal(bench.count, 1);
    assert_int_equal(bench.records[0].open, 1);
    assert_int_equal(normals_forgotten(bench.normals), 1);
    bench_done(&bench);
}

#define HEADER "network,function,province,hour,normal_per_hour\n"

static void test_table_mistakes(void **state)
{
    (void)state;
    static const struct {
        const char *what, *text, *sentence; // NULL: none
    } rows[] = {
        {"well", HEADER "pay,payment,32,10,360.125\r\n\npay,other,00,0,0\n", NULL},
        {"empty", "", "the first line is the header"},
        {"no header", "pay,payment,32,10,360\n", ":1: the first line is the header"},
        {"columns", HEADER "pay,payment,32,10\n", ":2: a row has the 5 columns"},
        {"too many", HEADER "pay,payment,32,10,3,4\n", ":2: a row has the 5 columns"},
        {"network", HEADER "bay,payment,32,10,360\n", ":2: network is the id"},
        {"function", HEADER "pay,pay,32,10,360\n", ":2: function is the id"},
        {"province", HEADER "pay,payment,98,10,360\n", "province is a GB/T 2260 code"},
        {"all provinces", HEADER "pay,payment,*,10,360\n", "not \"*\"; a normal volume belongs"},
        {"hour", HEADER "pay,payment,32,24,360\n", "hour is 0 to 23, not \"24\""},
        {"volume", HEADER "pay,payment,32,10,-1\n", "normal_per_hour is 0 to"},
        {"decimals", HEADER "pay,payment,32,10,1.2345\n", "normal_per_hour is 0 to"},
        {"huge", HEADER "pay,payment,32,10,99999999999999999999\n", "normal_per_hour is 0 to"},
        {"twice", HEADER "pay,payment,32,10,1\npay,payment,32,10,1\n", ":3: a normal volume is"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fixture fixture;
        struct mistakes *mistakes = mistakes_new();
        char *text = NULL;
        size_t size = 0;
        fixture_init(&fixture);
        fixture_table(&fixture, rows[i].text);
        struct normals *normals = normals_new(&fixture.settings, mistakes);
        FILE *out = open_memstream(&text, &size);
        mistakes_print(mistakes, out);
        fclose(out);
        bool expected =
            rows[i].sentence == NULL ? size == 0 : strstr(text, rows[i].sentence) != NULL;
        if (!expected || (normals == NULL) != (rows[i].sentence != NULL)) {
            fail_msg("%s: %s", rows[i].what, text);
        }
        free(text);
        normals_free(normals);
        mistakes_free(mistakes);
        fixture_done(&fixture);
    }
}

static void test_volume_is_rounded_half_up(void **state)
{
    (void)state;
    struct volumes volumes = {{[10] = 360125, [11] = VOLUME_NONE}};
    int64_t ten = DAY_S + START_S;
    assert_int_equal(volumes_milli(&volumes, ten, 10), 1000); // 1000.347
    assert_int_equal(volumes_milli(&volumes, ten + 3599, 9), 900);
    assert_int_equal(volumes_milli(&volumes, ten + 3600, 10), VOLUME_NONE);
    volumes.hourly_milli[10] = 180; // 0.5
    assert_int_equal(volumes_milli(&volumes, ten, 10), 1);
    assert_int_equal(volumes_milli(NULL, ten, 10), VOLUME_NONE);
}

// The mirror of one link is dead, and the other lives: 江苏, which is only on the first, is silent
// in front of a dead mirror, whatever is seen and missing elsewhere; 浙江 is on the second.
static void test_a_link_of_others_says_nothing(void **state)
{
    (void)state;
    static const int provinces[] = {JIANGSU, ZHEJIANG, ANHUI, 0};
    struct bench bench;
    struct mistakes *mistakes = mistakes_new();
    fixture_init(&bench.fixture);
    fixture_normals(&bench.fixture, 3600, provinces);
    bench.fixture.settings.link_count = 2;
    bench.normals = normals_new(&bench.fixture.settings, mistakes);
    mistakes_free(mistakes);
    for (int64_t s = 0; s <= 60; s++) {
        int64_t second = DAY_S + START_S + s - 1;
        struct cell_counts cells[] = {
            {.cell = {.link = 0, .province = JIANGSU}, .cohort_s = second, .demand = 1},
            {.cell = {.link = 1, .province = ZHEJIANG}, .cohort_s = second, .demand = 1}};
        struct link_counts links[] = {{.link = 0, .second = second, .frames = 5},
            {.link = 1, .second = second, .frames = 7, .missing_request_bytes = 3, .fins = 1}};
        bool dead = s > 10;
        struct counters counters = {.tick = instant_from_s(second + 1),
            .cells = dead ? &cells[1] : cells,
            .cell_count = dead ? 1 : 2,
            .links = dead ? &links[1] : links,
            .link_count = dead ? 1 : 2};
        bench.count = normals_from_counters(bench.normals, &counters, &bench.records);
    }
    static const struct {
        const char *what;
        int64_t frames, missing;
    } rows[] = {
        {"on the dead link", 0, 0}, {"on the living one", 70, 30}, {"on none so far", 70, 30}};
    size_t found = 0;
    for (size_t i = 0; i < bench.count; i++) {
        const struct normal *normal = &bench.records[i];
        if (normal_is_of_province(normal) && normal->from.ns == at("10:00:50").ns) {
            if (normal->alive_frames != rows[found].frames ||
                normal->missing_request_bytes != rows[found].missing) {
                fail_msg("%s: %lld frames, %lld bytes missing", rows[found].what,
                    (long long)normal->alive_frames, (long long)normal->missing_request_bytes);
            }
            found++;
        }
    }
    assert_int_equal(found, 3);
    bench_done(&bench);
}

// 江苏 is on both links, three requests of four on the second, and is asked of the first alone when
// the second's mirror dies. What the second would have shown is unknown: from the first bucket on
// without traces it is quiet, and after a minute without a frame it is dark. The shares stand
// still.
static void test_R_31_1_a_dead_mirror_takes_its_share(void **state)
{
    (void)state;
    static const int provinces[] = {JIANGSU, 0};
    struct bench bench;
    struct mistakes *mistakes = mistakes_new();
    fixture_init(&bench.fixture);
    fixture_normals(&bench.fixture, 4 * 3600, provinces);
    bench.fixture.settings.link_count = 2;
    bench.normals = normals_new(&bench.fixture.settings, mistakes);
    mistakes_free(mistakes);
    static const struct {
        const char *what, *bucket;
        int64_t covered, quiet, dark;
        bool dead;
    } rows[] = {
        {"both live", "10:00:50", 40000, 0, 0, false},
        {"a tenth of the first link's bytes is missing", "10:01:30", 39000, 0, 0, false},
        {"the second has no frame in the bucket", "10:02:00", 40000, 30000, 0, false},
        {"none for 50 s", "10:02:40", 40000, 30000, 0, false},
        {"none for a minute", "10:02:50", 10000, 0, 30000, true},
        {"none for nine minutes", "10:11:00", 10000, 0, 30000, true},
        {"it lives again", "10:12:00", 40000, 0, 0, false},
    };
    size_t found = 0;
    for (int64_t s = 1; s <= 800; s++) {
        int64_t second = DAY_S + START_S + s - 1;
        bool dead = s > 120 && s <= 720;
        struct cell_counts cells[] = {
            {.cell = {.link = 0, .province = JIANGSU}, .cohort_s = second, .demand = 1},
            {.cell = {.link = 1, .province = JIANGSU}, .cohort_s = second, .demand = 3}};
        struct link_counts links[] = {{.link = 0,
                                          .second = second,
                                          .frames = 5,
                                          .seen_request_bytes = 90,
                                          .missing_request_bytes = s > 90 && s <= 100 ? 10 : 0},
            {.link = 1, .second = second, .frames = 7, .seen_request_bytes = 900}};
        struct counters counters = {.tick = instant_from_s(second + 1),
            .cells = cells,
            .cell_count = dead ? 1 : 2,
            .links = links,
            .link_count = dead ? 1 : 2};
        bench.count = normals_from_counters(bench.normals, &counters, &bench.records);
        for (size_t i = 0; i < bench.count; i++) {
            const struct normal *normal = &bench.records[i];
            if (normal->final && found < 7 && normal->from.ns == at(rows[found].bucket).ns) {
                if (normal->covered_milli != rows[found].covered ||
                    normal->quiet_milli != rows[found].quiet ||
                    normal->dark_milli != rows[found].dark || normal->dead != rows[found].dead) {
                    fail_msg("%s: covered %lld, quiet %lld, dark %lld, dead %d", rows[found].what,
                        (long long)normal->covered_milli, (long long)normal->quiet_milli,
                        (long long)normal->dark_milli, normal->dead);
                }
                found++;
            }
        }
    }
    assert_int_equal(found, 7);
    bench_done(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_silence_is_a_bucket),
        cmocka_unit_test(test_only_changes_are_given_out),
        cmocka_unit_test(test_orphans_count_where_requests_are_missing),
        cmocka_unit_test(test_overdue_is_learned),
        cmocka_unit_test(test_missing_answers_reach_back_a_limit),
        cmocka_unit_test(test_hostile_counters_are_counted),
        cmocka_unit_test(test_what_was_asked_before_the_start_is_left_out),
        cmocka_unit_test(test_a_start_with_merged_ticks_is_whole),
        cmocka_unit_test(test_table_mistakes),
        cmocka_unit_test(test_volume_is_rounded_half_up),
        cmocka_unit_test(test_a_link_of_others_says_nothing),
        cmocka_unit_test(test_R_31_1_a_dead_mirror_takes_its_share),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
