// Counters through normals, outages and grades: what counts as lost, and what is not known
// (T-R and T-L).
#include "detectors/outages/buckets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "tests/unit/judgement/course.h"

#include <cmocka.h>

static void test_T_R1_exactly_70_percent_is_not(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"T-R1", 1000000, {{60, {.demand = 1000000, .succeeded = 300000, .failed = 700000}}}}};
    CHECK(rows);
}

static void test_T_R2_one_intent_more_is(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"T-R2", 1000000, {{60, {.demand = 1000000, .succeeded = 299999, .failed = 700001}}},
            {{"10:00", "10:01"}}},
        {"the refusals of the bank's rules are processed (T-R7)", 1000,
            {{60, {.demand = 1000, .declined = 900, .succeeded = 50, .failed = 50}}}},
        {"what is no online business does not count", 1000,
            {{60, {.demand = 2000, .excluded = 1000, .succeeded = 290, .failed = 710}}},
            {{"10:00", "10:01"}}},
    };
    CHECK(rows);
}

static void test_T_R6_demand_that_never_arrived_counts(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"T-R6: 71 %", 1000, {{60, {.demand = 500, .succeeded = 290, .failed = 210}}},
            {{"10:00", "10:01"}}},
        {"70 %", 1000, {{60, {.demand = 500, .succeeded = 300, .failed = 200}}}},
        {"attempts only: 42 %", 1000, {{60, {.demand = 500, .succeeded = 290, .failed = 210}}},
            .attempts_only = true},
        {"a surge is measured against itself: 60 %", 1000,
            {{60, {.demand = 3000, .succeeded = 1200, .failed = 1800}}}},
    };
    CHECK(rows);
}

static void test_coverage(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"all answers in a gap: undeterminable, no outage", 100,
            {{600, {.demand = 100, .unobserved = 100},
                {ALIVE, SEEN, ANSWER, .missing_answer_bytes = 100000}, true}},
            .possible = {{"10:00", "10:10"}}},
        {"not more answers than fit into the gap: an outage", 100,
            {{600, {.demand = 100, .unobserved = 100},
                {ALIVE, SEEN, ANSWER, .missing_answer_bytes = 10}, true}},
            {{"10:00", "10:10"}}},
        {"nine requests of ten were not seen: c = 0.1", 100,
            {{600, {.demand = 10, .succeeded = 10},
                {ALIVE, .seen_request_bytes = 1000, .missing_request_bytes = 9000, ANSWER,
                    .resets = 1},
                true}}},
        {"nine requests of ten did not come: lost", 100,
            {{600, {.demand = 10, .succeeded = 10},
                {ALIVE, .seen_request_bytes = 1000, ANSWER, .resets = 1}, true}},
            {{"10:00", "10:10"}}},
        {"the answers of requests that were not seen count", 100,
            {{600, {.demand = 10, .failed = 10, .orphans_processed = 90},
                {ALIVE, .seen_request_bytes = 9999, .missing_request_bytes = 1, ANSWER}, true}}},
        {"answers without a request, and none missing, do not", 100,
            {{600, {.demand = 100, .failed = 100, .orphans_processed = 90}, {ALIVE, SEEN, ANSWER},
                true}},
            {{"10:00", "10:10"}}},
    };
    CHECK(rows);
}

static void test_silence_needs_a_living_mirror_and_traces(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"T-R3: abrupt, with resets, mirror alive", 1000,
            {{10, {0}, {ALIVE, .resets = 50}, true}, {290, {0}, {ALIVE}, true}},
            {{"10:00", "10:05"}}},
        {"unanswered requests before it are traces", 1000,
            {{10, UNANSWERED(1000)}, {290, {0}, {ALIVE}, true}}, {{"10:00", "10:05"}}},
        {"T-R11: without traces", 1000, {{300, {0}, {ALIVE}, true}}},
        {"T-R8: the tap is dead", 1000, {{300, {0}, {0}, true}}},
        {"a dead tap with traces before it", 1000,
            {{10, {0}, {.resets = 1}, true}, {290, {0}, {0}, true}}},
        {"blind inside an outage is bad time (T-D16)", 1000,
            {{300, REFUSED(1000)}, {300, {0}, {0}, true}, {300, REFUSED(1000)}},
            {{"10:00", "10:15"}}},
    };
    CHECK(rows);
}

// A stop leaves a wave of traces: half of the link's connections (it has four), or a third of what
// was asked, and three at least. What breaks on any day is none.
static void test_T_R3_one_trace_is_no_wave(void **state)
{
    (void)state;
#define THEN_SILENCE                                                                               \
    {                                                                                              \
        290, {0}, {ALIVE}, true                                                                    \
    }
    static const struct row rows[] = {
        {"two of four connections are reset", 1000,
            {{1, {0}, {ALIVE, .resets = 2}, true}, THEN_SILENCE}, {{"10:00", "10:04:50"}}},
        {"one of four", 1000, {{1, {0}, {ALIVE, .resets = 1}, true}, THEN_SILENCE}},
        {"two of four end in order", 1000, {{1, {0}, {ALIVE, .fins = 4}, true}, THEN_SILENCE},
            {{"10:00", "10:04:50"}}},
        {"one of four, and one side of another", 1000,
            {{1, {0}, {ALIVE, .fins = 3}, true}, THEN_SILENCE}},
        {"two connections knock in vain", 1000,
            {{1, {0}, {ALIVE, .syn_retries = 2}, true}, THEN_SILENCE}, {{"10:00", "10:04:50"}}},
        {"one", 1000, {{1, {0}, {ALIVE, .syn_retries = 1}, true}, THEN_SILENCE}},
        {"3 of the last 10 fail", 1000,
            {{10, {.demand = 10, .succeeded = 7, .failed = 3}, {ALIVE, SEEN, ANSWER}, true},
                THEN_SILENCE},
            {{"10:00", "10:05"}}},
        {"3 of 11", 1000,
            {{10, {.demand = 11, .succeeded = 8, .failed = 3}, {ALIVE, SEEN, ANSWER}, true},
                THEN_SILENCE}},
        {"both of the last two", 1000,
            {{10, {.demand = 2, .failed = 2}, {ALIVE, SEEN, ANSWER}, true}, THEN_SILENCE}},
        {"connections that end all day are none when they end", 1000,
            {{300, WELL(1000), {ALIVE, SEEN, ANSWER, .resets = 2}, true}, THEN_SILENCE}},
    };
    CHECK(rows);
}

// Behind a mirror that lost one of its sides nothing is known, unless there is harm in the rest.
static void test_T_R8_one_direction_is_gone(void **state)
{
    (void)state;
#define NO_ANSWERS                                                                                 \
    {                                                                                              \
        ALIVE, .seen_request_bytes = 10000, ANSWER, .missing_answer_bytes = 100000                 \
    }
#define NO_REQUESTS                                                                                \
    {                                                                                              \
        ALIVE, .missing_request_bytes = 10000, .seen_answer_bytes = 10000, ANSWER                  \
    }
    static const struct row rows[] = {
        {"the answers' side", 1000,
            {{1800, {.demand = 1000, .unobserved = 1000}, NO_ANSWERS, true}}},
        {"the requests' side", 1000, {{1800, {.orphans_processed = 1000}, NO_REQUESTS, true}}},
        {"the requests' side, in an outage that its answers tell", 1000,
            {{1800, {.orphans_failed = 1000}, NO_REQUESTS, true}}, {{"10:00", "10:30"}}, 2, 2,
            "10:30"},
        {"the answers' side, in an outage, and it comes back", 1000,
            {{600, REFUSED(1000)}, {300, {.demand = 1000, .unobserved = 1000}, NO_ANSWERS, true},
                {900, REFUSED(1000)}},
            {{"10:00", "10:30"}}, 2, 2, "10:30"},
        {"half of the time", 1000,
            {{500, REFUSED(1000)}, {900, {.demand = 1000, .unobserved = 1000}, NO_ANSWERS, true},
                {400, REFUSED(1000)}},
            {{"10:00", "10:30"}}, 2, 2, "10:30"},
        {"and it does not: it may have gone on (T-D16b)", 1000,
            {{600, REFUSED(1000)}, {1200, {.demand = 1000, .unobserved = 1000}, NO_ANSWERS, true}},
            {{"10:00", "10:10"}}, 2, 2, "10:30", .possible = {{"10:00", "10:30"}}},
        {"ten seconds of it say nothing of what followed", 1000,
            {{10, REFUSED(1000)}, {1790, {.demand = 1000, .unobserved = 1000}, NO_ANSWERS, true}},
            {{"10:00", "10:00:10"}}},
        {"a tap that dies in an outage", 1000, {{600, REFUSED(1000)}, {1200, {0}, {0}, true}},
            {{"10:00", "10:10"}}, 2, 2, "10:30", .possible = {{"10:00", "10:30"}}},
    };
    CHECK(rows);
}

// A recovery begins with a success (T-L2): where nobody asks any more, nothing has recovered.
static void test_T_L2_silence_is_no_recovery(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"400 s of silence between failures", 100,
            {{600, REFUSED(100)}, {400, {0}}, {600, REFUSED(100)}}, {{"10:00", "10:26:40"}}, 0, 0,
            .attempts_only = true},
        {"silence, then success: it ended with its last failure", 100,
            {{600, REFUSED(100)}, {400, {0}}, {300, WELL(100)}}, {{"10:00", "10:10"}},
            .attempts_only = true},
        {"success for 180 s is too short, also behind silence", 100,
            {{600, REFUSED(100)}, {400, {0}}, {180, WELL(100)}, {600, REFUSED(100)}},
            {{"10:00", "10:29:40"}}, .attempts_only = true},
        {"one success, and silence behind it, are a recovery", 100,
            {{600, REFUSED(100)}, {10, WELL(100)}, {180, {0}}, {600, REFUSED(100)}},
            {{"10:00", "10:10"}, {"10:13:10", "10:23:10"}}, .attempts_only = true},
        {"nobody asks again", 100, {{600, REFUSED(100)}, {1200, {0}}}, {{"10:00", "10:10", true}},
            .attempts_only = true, .tail_s = -1},
    };
    CHECK(rows);
}

static void test_T_D16_unknown_time_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        int32_t blind_s;
        bool undeterminable;
    } rows[] = {{"T-D16: 16 %", 300, false}, {"T-D16b: 26 %", 480, true}};
    for (size_t i = 0; i < 2; i++) {
        struct phase phases[] = {{300, REFUSED(1000)}, {rows[i].blind_s, {0}, {0}, true},
            {1560 - rows[i].blind_s, REFUSED(1000)}, {0}};
        struct course course = {phases, 1000};
        struct fixture fixture;
        struct line line;
        fixture_init(&fixture);
        course_run(&line, &fixture, &course, jiangsu, true, 300);
        assert_int_equal(line.interruption_count, 1);
        assert_int_equal(
            line.interruptions[0].to.ns - line.interruptions[0].from.ns, 1860 * NS_PER_S);
        assert_int_equal(line.interruptions[0].unknown_ns, rows[i].blind_s * NS_PER_S);
        assert_int_equal(line.grade->undeterminable_count, rows[i].undeterminable);
        assert_int_equal(line.grade->grade, GRADE_LARGER);
        line_done(&line);
    }
}

static void test_low_volume_is_widened(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"6 in a bucket: minutes decide", 6, {{1800, UNANSWERED(6)}}, {{"10:00", "10:30"}}, 2, 2,
            "10:30"},
        {"one in a bucket: five minutes decide, aligned", 1, {{1800, REFUSED(1)}},
            {{"10:00", "10:30"}}, 2, 2, "10:30", .attempts_only = true, .tail_s = 600},
        {"a bad minute of 5 that are well is too few by itself", 1,
            {{60, REFUSED(1)}, {240, WELL(1)}}, .attempts_only = true},
    };
    CHECK(rows);
}

static void test_T_L1_too_few_are_nothing(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"2 failures, none before", 0, {{10, REFUSED(2)}}, .attempts_only = true},
        {"29 failures", 0, {{10, REFUSED(29)}}, .attempts_only = true},
        {"30 failures, and nothing for a quarter of an hour", 0, {{10, REFUSED(30)}},
            {{"10:00", "10:00:10", true}}, .attempts_only = true, .tail_s = 1200},
    };
    CHECK(rows);
}

// At 03:00 three people pay in each of two provinces; two of the three fail.
static struct second three_at_night(const struct scene *scene, int64_t s, int province)
{
    (void)scene;
    (void)province;
    int64_t since_s = s - 3 * 3600;
    bool asked = since_s == 0 || since_s == 61 || since_s == 122;
    bool failed = asked && since_s > 0;
    return (struct second){.demand = asked, .succeeded = asked && !failed, .failed = failed};
}

static struct mirror_second busy_mirror(const struct scene *scene, int64_t s)
{
    (void)scene;
    (void)s;
    return (struct mirror_second){ALIVE, SEEN, ANSWER, .resets = 3};
}

static void test_T_L1_two_provinces_at_three_in_the_morning(void **state)
{
    (void)state;
    static const int64_t volumes[] = {-1, 0, 12, 100}; // an hour; -1: attempts only
    struct scene scene = {three_at_night, busy_mirror, jiangsu_and_zhejiang, NULL};
    for (size_t i = 0; i < sizeof(volumes) / sizeof(volumes[0]); i++) {
        struct fixture fixture;
        struct line line;
        fixture_init(&fixture);
        if (volumes[i] >= 0) {
            fixture_normals(&fixture, volumes[i], jiangsu_and_zhejiang);
        }
        line_init(&line, &fixture);
        line_run(&line, &scene, 3 * 3600 - 1800, 4 * 3600);
        assert_int_equal(line.interruption_count, 0);
        assert_int_equal(line.suspected_at.ns, INT64_MAX);
        assert_null(line.grade);
        line_done(&line);
    }
}

static void test_bucket_states(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        struct bucket bucket;
        bool traced;
        enum bucket_state expected;
        bool suspect;
    } rows[] = {
        {"all is well", {100000, 100, 100}, false, BUCKET_GOOD, false},
        {"30 of 100 are enough, whatever is open", {100000, 100, 30, .open = 70}, false,
            BUCKET_GOOD, false},
        {"29 and one open: not yet", {100000, 100, 29, .open = 1}, false, BUCKET_OPEN, false},
        {"29 and one overdue: suspect", {100000, 100, 29, .open = 1, .overdue = 1}, false,
            BUCKET_OPEN, true},
        {"28 and one open: bad, even if it succeeds", {100000, 100, 28, .open = 1}, false,
            BUCKET_BAD, true},
        {"unobserved before it is final: not yet",
            {100000, 100, 0, .unobserved = 30, .unobserved_capped = 0}, false, BUCKET_OPEN, false},
        {"unobserved, capped", {100000, 100, 0, 30, 0, .final = true}, false, BUCKET_BAD, false},
        {"unobserved, in the gap", {100000, 100, 0, 30, 30, .final = true}, false,
            BUCKET_UNDETERMINABLE, false},
        {"silence, not final", {100000}, false, BUCKET_OPEN, false},
        {"silence with traces", {100000}, true, BUCKET_BAD, true},
        {"silence without traces", {100000, .final = true}, false, BUCKET_BLIND, false},
        {"silence of the mirror, too", {100000, .quiet_milli = 100000, .final = true}, true,
            BUCKET_BLIND, false},
        {"half behind a dead mirror, all is well in front", {50000, 50, 50, .dark_milli = 50000},
            false, BUCKET_GOOD, false},
        {"71 % behind a dead mirror, all is well in front",
            {29000, 29, 29, .dark_milli = 71000, .dead = true, .final = true}, false, BUCKET_BLIND,
            false},
        {"70 % behind it", {30000, 30, 30, .dark_milli = 70000, .dead = true, .final = true}, false,
            BUCKET_GOOD, false},
        {"29 % behind it, all has failed in front",
            {71000, 71, 0, .failed = 71, .dark_milli = 29000, .dead = true}, false, BUCKET_BAD,
            true},
        {"30 % behind it, all has failed in front",
            {70000, 70, 0, .failed = 70, .dark_milli = 30000, .dead = true, .final = true}, false,
            BUCKET_UNDETERMINABLE, false},
        {"what arrived is bad enough by itself",
            {100000, 80, 0, .quiet_milli = 100000, .final = true}, false, BUCKET_BAD, true},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        enum bucket_state found = bucket_decide(&rows[i].bucket, rows[i].traced, 70);
        if (found != rows[i].expected) {
            fail_msg("%s: state %d, not %d", rows[i].what, (int)found, (int)rows[i].expected);
        }
        if (!rows[i].bucket.final &&
            bucket_is_suspect(&rows[i].bucket, rows[i].traced, 70) != rows[i].suspect) {
            fail_msg("%s: suspect %d", rows[i].what, !rows[i].suspect);
        }
    }
}

// 31 of 100 fail, and 1 % usually does: 30 points beyond what is usual, which is rounded up.
static void test_R_10_3_what_is_usual_is_rounded_up(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        int64_t usual_failed; // of 300,000
        bool impaired;
    } rows[] = {
        {"1 % exactly", 3000, true},
        {"a little more", 3001, false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct normal normal = {.demand = 100,
            .succeeded = 69,
            .failed = 31,
            .usual = {.known = 300000, .failed = rows[i].usual_failed, .learned = true},
            .final = true};
        struct bucket bucket;
        bucket_from_normal(&normal, &bucket);
        bucket.state = BUCKET_GOOD;
        if (bucket_is_impaired(&bucket, 30, 30000) != rows[i].impaired) {
            fail_msg("%s: impaired %d", rows[i].what, !rows[i].impaired);
        }
    }
}

static void test_loss_is_told(void **state)
{
    (void)state;
    static const struct phase phases[] = {
        {60, {.demand = 500, .succeeded = 200, .declined = 90, .failed = 210}}, {0}};
    struct course course = {phases, 1000};
    struct fixture fixture;
    struct line line;
    fixture_init(&fixture);
    course_run(&line, &fixture, &course, jiangsu, true, 300);
    assert_int_equal(line.interruption_count, 1);
    const struct interruption *one = &line.interruptions[0];
    assert_int_equal(one->loss.normal_milli, 6000000);
    assert_int_equal(one->loss.demand, 3000);
    assert_int_equal(one->loss.processed, 1740);
    assert_int_equal(one->loss.failed, 1260);
    assert_int_equal(one->loss.never_arrived_milli, 3000000);
    assert_int_equal(one->loss.coverage_milli, 1000);
    assert_int_equal(loss_total_milli(&one->loss), 6000000);
    assert_int_equal(loss_ratio_x10000(&one->loss), 7100);
    assert_true(loss_is_over(&one->loss, 70));
    assert_false(loss_is_over(&one->loss, 71));
    assert_int_equal(one->in_peak_ms, 60000);
    assert_int_equal(one->basis, BASIS_TABLE);
    line_done(&line);
}

// What cannot be told from retries is no demand beyond what is usual at most: of 1000, 1098.
static void test_T_R4_without_accounts_demand_is_capped(void **state)
{
    static const struct {
        const char *what;
        enum basis basis;
        int64_t demand, failed, ungrouped, capped, most_permille;
    } caps[] = {
        {"as usual", BASIS_TABLE, 1098, 898, 898, 1098},
        {"one more", BASIS_TABLE, 1099, 899, 899, 1098},
        {"a storm", BASIS_TABLE, 5000, 4800, 4800, 1098},
        {"retries told", BASIS_TABLE, 5000, 4800, 0, 5000},
        {"some told", BASIS_TABLE, 5000, 4800, 1000, 4000},
        {"days differ by a tenth: 1000 + sqrt(100^2 + 98^2)", BASIS_MEDIAN, 5000, 4800, 4800, 1140,
            1100},
        {"days do not differ", BASIS_MEDIAN, 5000, 4800, 4800, 1098, 1000},
        {"nothing normal to compare with", BASIS_ATTEMPTS, 5000, 4800, 4800, 5000},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(caps) / sizeof(caps[0]); i++) {
        struct normal normal = {.basis = caps[i].basis,
            .normal_milli = 1000000,
            .covered_milli = 1000000,
            .most_permille = caps[i].most_permille,
            .demand = caps[i].demand,
            .succeeded = caps[i].demand - caps[i].failed,
            .failed = caps[i].failed,
            .ungrouped = caps[i].ungrouped};
        struct bucket bucket;
        bucket_from_normal(&normal, &bucket);
        if (bucket.demand != caps[i].capped || bucket.demand - bucket.processed != bucket.failed) {
            fail_msg("%s: demand %ld, failed %ld", caps[i].what, bucket.demand, bucket.failed);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_T_R1_exactly_70_percent_is_not),
        cmocka_unit_test(test_T_R2_one_intent_more_is),
        cmocka_unit_test(test_T_R6_demand_that_never_arrived_counts),
        cmocka_unit_test(test_coverage),
        cmocka_unit_test(test_silence_needs_a_living_mirror_and_traces),
        cmocka_unit_test(test_T_R3_one_trace_is_no_wave),
        cmocka_unit_test(test_T_R8_one_direction_is_gone),
        cmocka_unit_test(test_T_L2_silence_is_no_recovery),
        cmocka_unit_test(test_T_D16_unknown_time_is_told),
        cmocka_unit_test(test_low_volume_is_widened),
        cmocka_unit_test(test_T_L1_too_few_are_nothing),
        cmocka_unit_test(test_T_L1_two_provinces_at_three_in_the_morning),
        cmocka_unit_test(test_bucket_states),
        cmocka_unit_test(test_T_R4_without_accounts_demand_is_capped),
        cmocka_unit_test(test_R_10_3_what_is_usual_is_rounded_up),
        cmocka_unit_test(test_loss_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
