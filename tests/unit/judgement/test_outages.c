// Counters through normals, outages and grades: what is an interruption, from when to when, and
// when that can be known (regulation.md 1.3). Durations are in whole buckets here.
#include "detectors/outages/buckets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "tests/unit/judgement/judgement.h"

#include <cmocka.h>

#define START_S (10 * 3600LL) // the first phase begins at 10:00
#define LEAD_S  120           // and before it all is well

static const int jiangsu[] = {JIANGSU, 0};
static const int two[] = {JIANGSU, ZHEJIANG, 0};

// What the provinces live through, phase by phase; all is well before and after. Counts are for one
// bucket of 10 seconds, and spread over its seconds.
struct phase {
    int32_t seconds; // 0 ends the list
    struct second bucket;
    struct mirror_second mirror; // used when `has_mirror`
    bool has_mirror;
};

struct course {
    const struct phase *phases;
    int32_t normal; // intents in a bucket when all is well
};

static int32_t share(int32_t count, int64_t s)
{
    int32_t at = (int32_t)(s % 10);
    return count * (at + 1) / 10 - count * at / 10;
}

static const struct phase *phase_at(const struct scene *scene, int64_t s)
{
    const struct course *course = scene->context;
    int64_t from_s = START_S;
    for (const struct phase *phase = course->phases; phase->seconds != 0; phase++) {
        if (s >= from_s && s < from_s + phase->seconds) {
            return phase;
        }
        from_s += phase->seconds;
    }
    return NULL;
}

static struct second course_second(const struct scene *scene, int64_t s, int province)
{
    (void)province;
    const struct course *course = scene->context;
    const struct phase *phase = phase_at(scene, s);
    struct second bucket = {.demand = course->normal, .succeeded = course->normal};
    if (phase != NULL) {
        bucket = phase->bucket;
    }
    return (struct second){share(bucket.demand, s), share(bucket.succeeded, s),
        share(bucket.declined, s), share(bucket.failed, s), share(bucket.unanswered, s),
        share(bucket.unobserved, s), share(bucket.excluded, s), share(bucket.orphans_processed, s),
        share(bucket.orphans_failed, s)};
}

#define ALIVE  .frames = 100
#define SEEN   .seen_request_bytes = 10000
#define ANSWER .shortest_answer_bytes = 100

static struct mirror_second course_mirror(const struct scene *scene, int64_t s)
{
    const struct phase *phase = phase_at(scene, s);
    if (phase != NULL && phase->has_mirror) {
        return phase->mirror;
    }
    return (struct mirror_second){ALIVE, SEEN, ANSWER, .fast_answers = 100};
}

#define WELL(count)                                                                                \
    {                                                                                              \
        .demand = (count), .succeeded = (count)                                                    \
    }
#define REFUSED(count)                                                                             \
    {                                                                                              \
        .demand = (count), .failed = (count)                                                       \
    }
#define UNANSWERED(count)                                                                          \
    {                                                                                              \
        .demand = (count), .unanswered = (count)                                                   \
    }

// Runs a course in these provinces, with their normal volume known, until `tail_s` behind its end.
static void course_run(struct line *line, struct fixture *fixture, const struct course *course,
    const int *provinces, bool with_normals, int64_t tail_s)
{
    struct scene scene = {course_second, course_mirror, provinces, course};
    int64_t end_s = START_S;
    for (const struct phase *phase = course->phases; phase->seconds != 0; phase++) {
        end_s += phase->seconds;
    }
    if (with_normals) {
        fixture_normals(fixture, (int64_t)course->normal * 360, provinces);
    }
    line_init(line, fixture);
    line_run(line, &scene, START_S - LEAD_S, end_s + tail_s);
}

struct expected {
    const char *from, *to;
    bool ongoing;
};

struct row {
    const char *what;
    int32_t normal;
    struct phase phases[6];
    struct expected expected[4];
    int grade, conservative;
    const char *met_at;
    bool attempts_only;
    int32_t tail_s; // 0: 300
};

static void interruptions_check(
    const char *what, const struct line *line, const struct expected *expected)
{
    size_t count = 0;
    while (count < 4 && expected[count].from != NULL) {
        count++;
    }
    if (line->interruption_count != count) {
        fail_msg("%s: %zu interruptions, not %zu", what, line->interruption_count, count);
    }
    for (size_t i = 0; i < count; i++) {
        const struct interruption *one = &line->interruptions[i];
        if (one->from.ns != at(expected[i].from).ns || one->to.ns != at(expected[i].to).ns ||
            one->ongoing != expected[i].ongoing || one->suspected) {
            fail_msg("%s: %s to %s, ongoing %d, suspected %d", what, text_of(one->from),
                text_of(one->to), one->ongoing, one->suspected);
        }
    }
}

static void row_check(const struct row *row)
{
    struct fixture fixture;
    struct line line;
    struct course course = {row->phases, row->normal};
    fixture_init(&fixture);
    course_run(&line, &fixture, &course, jiangsu, !row->attempts_only,
        row->tail_s == 0 ? 300 : row->tail_s);
    interruptions_check(row->what, &line, row->expected);
    int grade = line.grade == NULL ? 0 : line.grade->grade;
    int conservative = line.grade == NULL ? 0 : line.grade->conservative_grade;
    if (grade != row->grade || conservative != row->conservative) {
        fail_msg("%s: grade %d, conservative %d", row->what, grade, conservative);
    }
    if (row->met_at != NULL && grade_met_at(line.grade).ns != at(row->met_at).ns) {
        fail_msg("%s: met at %s", row->what, text_of(grade_met_at(line.grade)));
    }
    line_done(&line);
}

static void rows_check(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        row_check(&rows[i]);
    }
}

#define CHECK(rows) rows_check(rows, sizeof(rows) / sizeof((rows)[0]))

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
    course_run(&line, &fixture, &course, two, true, 300);
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

static void test_coverage(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"all answers in a gap: undeterminable, no outage", 100,
            {{600, {.demand = 100, .unobserved = 100},
                {ALIVE, SEEN, ANSWER, .missing_answer_bytes = 100000}, true}}},
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

// T-R3, T-R8, T-R11: silence.
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

// T-L1: a failure or two at night are nothing.
static void test_T_L1_too_few_are_nothing(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"2 failures, none before", 0, {{10, REFUSED(2)}}, .attempts_only = true},
        {"29 failures", 0, {{10, REFUSED(29)}}, .attempts_only = true},
        {"30 failures, and nothing for a quarter of an hour", 0, {{10, REFUSED(30)}},
            {{"10:00", "10:00:10"}}, .attempts_only = true, .tail_s = 1200},
    };
    CHECK(rows);
}

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
        {"all is well", {100000, 100, 100, .alive = true}, false, BUCKET_GOOD, false},
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
        {"silence, not final", {100000, .alive = true}, false, BUCKET_OPEN, false},
        {"silence with traces", {100000, .alive = true}, true, BUCKET_BAD, true},
        {"silence without traces", {100000, .alive = true, .final = true}, false, BUCKET_BLIND,
            false},
        {"silence of the mirror, too", {100000, .final = true}, true, BUCKET_BLIND, false},
        {"what arrived is bad enough by itself", {100000, 80, 0, .alive = false, .final = true},
            false, BUCKET_BAD, true},
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
    assert_int_equal(outages_from_normals(outages, normals, 7, tick, &found), 2);
    assert_int_equal(found[0].to.ns, at("10:00:20").ns);
    assert_int_equal(found[1].from.ns, at("10:01:00").ns);
    for (int i = 2; i < 6; i++) {
        normals[i].failed = 100;
        normals[i].open = 0;
    }
    tick = instant_add(tick, NS_PER_S);
    assert_int_equal(outages_from_normals(outages, &normals[2], 4, tick, &found), 1);
    assert_int_equal(found[0].to.ns, at("10:01:10").ns);
    outages_free(outages);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_T_R1_exactly_70_percent_is_not),
        cmocka_unit_test(test_T_R2_one_intent_more_is),
        cmocka_unit_test(test_T_R6_demand_that_never_arrived_counts),
        cmocka_unit_test(test_T_R9_no_mean_over_half_an_hour),
        cmocka_unit_test(test_T_D12_D13_a_recovery_holds_180_seconds),
        cmocka_unit_test(test_T_D14_the_whole_is_over_70_percent),
        cmocka_unit_test(test_T_D19_every_start_is_considered),
        cmocka_unit_test(test_two_provinces_fifteen_minutes),
        cmocka_unit_test(test_decidable_instant),
        cmocka_unit_test(test_what_is_open_is_not_decided),
        cmocka_unit_test(test_coverage),
        cmocka_unit_test(test_silence_needs_a_living_mirror_and_traces),
        cmocka_unit_test(test_T_D16_unknown_time_is_told),
        cmocka_unit_test(test_low_volume_is_widened),
        cmocka_unit_test(test_T_L1_too_few_are_nothing),
        cmocka_unit_test(test_the_first_bucket_is_seen_in_part),
        cmocka_unit_test(test_bucket_states),
        cmocka_unit_test(test_open_buckets_join_nothing),
        cmocka_unit_test(test_loss_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
