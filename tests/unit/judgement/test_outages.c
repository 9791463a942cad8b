// Counters through normals, outages and grades: from when to when an interruption lasts, and when
// that can be known (T-D). Durations are in whole buckets here.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "tests/unit/judgement/course.h"

#include <cmocka.h>

static void test_T_R9_no_mean_over_half_an_hour(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"refused", 1000, {{1290, REFUSED(1000)}}, {{"10:00", "10:21:30"}}},
        {"unanswered", 1000, {{1290, UNANSWERED(1000)}}, {{"10:00", "10:21:30"}}},
        {"unanswered, attempts only", 1000, {{1290, UNANSWERED(1000)}}, {{"10:00", "10:21:30"}},
            .attempts_only = true},
    };
    CHECK(rows);
}

static void test_T_D12_D13_a_recovery_holds_180_seconds(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"T-D12", 1000, {{1200, REFUSED(1000)}, {180, WELL(1000)}, {600, REFUSED(1000)}},
            {{"10:00", "10:33"}}, 2, 2, "10:30"},
        {"T-D13", 1000, {{1200, REFUSED(1000)}, {190, WELL(1000)}, {600, REFUSED(1000)}},
            {{"10:00", "10:20"}, {"10:23:10", "10:33:10"}}, 0, 2},
    };
    CHECK(rows);
}

static void test_T_D14_the_whole_is_over_70_percent(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"T-D14", 1000,
            {{300, REFUSED(1000)}, {180, WELL(1000)}, {300, REFUSED(1000)},
                {480, {.demand = 1000, .succeeded = 310, .failed = 690}}},
            {{"10:00", "10:13"}}},
        {"as a whole exactly 70 %: two", 1000,
            {{240, REFUSED(1000)}, {180, WELL(1000)}, {180, REFUSED(1000)}},
            {{"10:00", "10:04"}, {"10:07", "10:10"}}},
    };
    CHECK(rows);
}

static void test_T_D19_every_start_is_considered(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"T-D19", 1000,
            {{120, REFUSED(1000)}, {180, WELL(1000)}, {120, REFUSED(1000)}, {180, WELL(1000)},
                {1260, REFUSED(1000)}},
            {{"10:00", "10:31"}}, 2, 2, "10:30"},
    };
    CHECK(rows);
}

static void test_two_provinces_fifteen_minutes(void **state)
{
    (void)state;
    static const struct phase phases[] = {{1200, UNANSWERED(1000)}, {0}};
    struct course course = {phases, 1000};
    struct fixture fixture;
    struct line line;
    fixture_init(&fixture);
    course_run(&line, &fixture, &course, jiangsu_and_zhejiang, true, 300);
    assert_int_equal(line.grade->grade, GRADE_LARGER);
    assert_string_equal(line.grade->criteria[0].clause->id, "9(1)(1)");
    assert_int_equal(grade_met_at(line.grade).ns, at("10:15").ns);
    // The last of the fifteen minutes' buckets is certain when 71 % of it is known to be lost: a
    // time limit behind its eighth second.
    assert_string_equal(text_of(line.decided_at[GRADE_LARGER]), text_of(at("10:15:28")));
    assert_false(line.grade->ongoing);
    line_done(&line);
}

// A total loss by error code is certain at the bucket's end; one by silence when more than 70 % of

// the bucket's requests have passed the time limit, which is before the last one has.

static void test_decidable_instant(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        struct phase phases[2];
        const char *suspected_at, *known_at;
    } rows[] = {
        {"refused", {{300, REFUSED(100)}}, NULL, "10:00:10"},
        {"unanswered", {{300, UNANSWERED(100)}}, "10:00:20", "10:00:38"},
        {"71 % unanswered: not before the last of them",
            {{300, {.demand = 100, .succeeded = 29, .unanswered = 71}}}, NULL, "10:00:40"},
        {"70 % unanswered", {{300, {.demand = 100, .succeeded = 30, .unanswered = 70}}}, NULL,
            NULL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct course course = {rows[i].phases, 100};
        struct fixture fixture;
        struct line line;
        fixture_init(&fixture);
        course_run(&line, &fixture, &course, jiangsu, true, 0);
        struct instant known = rows[i].known_at == NULL ? INSTANT_NEVER : at(rows[i].known_at);
        if (line.known_at.ns != known.ns) {
            fail_msg("%s: known at %s", rows[i].what, text_of(line.known_at));
        }
        if (rows[i].suspected_at != NULL) {
            assert_string_equal(text_of(line.suspected_at), text_of(at(rows[i].suspected_at)));
        }
        line_done(&line);
    }
}

// Requests open at the end of the capture say nothing.

static void test_what_is_open_is_not_decided(void **state)
{
    (void)state;
    static const struct phase phases[] = {{30, UNANSWERED(100)}, {0}};
    struct course course = {phases, 100};
    struct fixture fixture;
    struct line line;
    fixture_init(&fixture);
    course_run(&line, &fixture, &course, jiangsu, true, 0);
    assert_int_equal(line.interruption_count, 1);
    assert_true(line.interruptions[0].suspected);
    assert_true(line.grade->suspected);
    assert_int_equal(line.grade->grade, 0);
    line_done(&line);
}

// T-R3, T-R8, T-R11: silence.

// T-L1: a failure or two at night are nothing.

static struct mirror_second broken_mirror(const struct scene *scene, int64_t s)
{
    (void)scene;
    (void)s;
    return (struct mirror_second){ALIVE, SEEN, ANSWER, .resets = 3};
}

// One second of a capture that begins in a bucket is no outage of the rest of it, also where

// something breaks all the time.

static void test_the_first_bucket_is_seen_in_part(void **state)
{
    (void)state;
    static const struct phase phases[] = {{0}};
    struct course course = {phases, 1000};
    struct scene scene = {course_second, broken_mirror, jiangsu, &course};
    for (int64_t begin = 0; begin < 10; begin++) {
        struct fixture fixture;
        struct line line;
        fixture_init(&fixture);
        fixture_normals(&fixture, 360000, jiangsu);
        line_init(&line, &fixture);
        line_run(&line, &scene, START_S + begin, START_S + 120);
        assert_int_equal(line.interruption_count, 0);
        assert_int_equal(line.suspected_at.ns, INT64_MAX);
        line_done(&line);
    }
}

// Open requests between two bad buckets may all succeed: until then nothing joins the two.

static void test_open_buckets_join_nothing(void **state)
{
    (void)state;
    struct fixture fixture;
    struct normal normals[7] = {0};
    const struct interruption *found;
    fixture_init(&fixture);
    fixture.links[0].time_limit_ns = 120 * NS_PER_S;
    struct outages *outages = outages_new(&fixture.settings);
    for (int i = 0; i < 7; i++) {
        bool bad = i < 2 || i == 6;
        normals[i] = (struct normal){.province = JIANGSU,
            .basis = BASIS_ATTEMPTS,
            .from = instant_add(at("10:00"), i * 10 * NS_PER_S),
            .demand = 100,
            .failed = bad ? 100 : 0,
            .open = bad ? 0 : 100,
            .alive_frames = 1};
    }
    struct instant tick = instant_add(at("10:00"), 70 * NS_PER_S);
    assert_int_equal(outages_from_normals(outages, normals, 7, tick, &found), 3);
    assert_int_equal(found[0].to.ns, at("10:00:20").ns);
    assert_int_equal(found[1].from.ns, at("10:01:00").ns);
    // Even if all of them succeed, 3 of 7 have failed: impaired throughout.
    assert_int_equal(found[2].kind, OUTAGE_IMPAIRMENT);
    assert_int_equal(found[2].from.ns, at("10:00").ns);
    assert_int_equal(found[2].to.ns, at("10:01:10").ns);
    for (int i = 2; i < 6; i++) {
        normals[i].failed = 100;
        normals[i].open = 0;
    }
    tick = instant_add(tick, NS_PER_S);
    assert_int_equal(outages_from_normals(outages, &normals[2], 4, tick, &found), 1);
    assert_int_equal(found[0].to.ns, at("10:01:10").ns);
    outages_free(outages);
}

// The beginning of a long outage is carried on as sums: its figures and its merging stay the same.
static void test_hours_are_one_interruption(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"3 h, 180 s, 30 min", 1000,
            {{10800, REFUSED(1000)}, {180, WELL(1000)}, {1800, REFUSED(1000)}},
            {{"10:00", "13:33"}}, 3, 3, "13:00"},
        {"3 h, 190 s, 30 min", 1000,
            {{10800, REFUSED(1000)}, {190, WELL(1000)}, {1800, REFUSED(1000)}},
            {{"10:00", "13:00"}, {"13:03:10", "13:33:10"}}, 3, 3, "13:00"},
        {"before it 10 s that are bad and 60 s that are not", 1000,
            {{10, REFUSED(1000)}, {60, WELL(1000)}, {10800, UNANSWERED(1000)}},
            {{"10:00", "13:01:10"}}, 3, 3, "13:00"},
        {"the longest stretch holds what is carried, though a shorter one would overlap it", 1000,
            {{10800, {.demand = 1000, .succeeded = 290, .failed = 710}}, {180, WELL(1000)},
                {3000, {.demand = 1000, .succeeded = 290, .failed = 710}}, {180, WELL(1000)},
                {3000, {.demand = 1000, .succeeded = 265, .failed = 735}}},
            {{"10:00", "13:53"}, {"13:56", "14:46"}}, 3, 3, "13:00"},
    };
    CHECK(rows);
    static const struct phase phases[] = {
        {10800, {.demand = 800, .succeeded = 100, .failed = 690, .unobserved = 10}}, {0}};
    struct course course = {phases, 1000};
    struct fixture fixture;
    struct line line;
    fixture_init(&fixture);
    course_run(&line, &fixture, &course, jiangsu, true, 300);
    assert_int_equal(line.interruption_count, 1);
    const struct loss *loss = &line.interruptions[0].loss;
    assert_int_equal(loss->normal_milli, 1080000000);
    assert_int_equal(loss->demand, 864000);
    assert_int_equal(loss->processed, 108000);
    assert_int_equal(loss->unobserved, 0); // no byte of an answer is missing
    assert_int_equal(loss->never_arrived_milli, 216000000);
    assert_false(line.interruptions[0].ongoing);
    line_done(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_T_R9_no_mean_over_half_an_hour),
        cmocka_unit_test(test_T_D12_D13_a_recovery_holds_180_seconds),
        cmocka_unit_test(test_T_D14_the_whole_is_over_70_percent),
        cmocka_unit_test(test_T_D19_every_start_is_considered),
        cmocka_unit_test(test_two_provinces_fifteen_minutes),
        cmocka_unit_test(test_decidable_instant),
        cmocka_unit_test(test_what_is_open_is_not_decided),
        cmocka_unit_test(test_the_first_bucket_is_seen_in_part),
        cmocka_unit_test(test_open_buckets_join_nothing),
        cmocka_unit_test(test_hours_are_one_interruption),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
