// What cannot be decided because too little was seen: neither an outage nor health (art. 12(1),
// T-L3), through normals, outages and grades.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "tests/unit/judgement/course.h"

#include <cmocka.h>

#define REASON "采集覆盖不足"

// Every answer that was not seen fits into what the tap lost.
#define GAPS                                                                                       \
    {                                                                                              \
        ALIVE, SEEN, ANSWER, .missing_answer_bytes = 100000                                        \
    }
#define HALF_SEEN                                                                                  \
    {                                                                                              \
        .demand = 100, .failed = 50, .unobserved = 50                                              \
    }
#define NONE_SEEN                                                                                  \
    {                                                                                              \
        .demand = 100, .unobserved = 100                                                           \
    }

static void test_R_12_2_undeterminable_is_at_least_larger(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"half failed, the other half was not seen: 30 min", 100, {{1800, HALF_SEEN, GAPS, true}},
            {{0}}, 2, 2, "10:30", .possible = {{"10:00", "10:30"}}},
        {"10 s less: 一般 is not met by any reading either", 100, {{1790, HALF_SEEN, GAPS, true}},
            .possible = {{"10:00", "10:29:50"}}},
        {"certain for 10 min, then not", 100, {{600, REFUSED(100)}, {1200, HALF_SEEN, GAPS, true}},
            {{"10:00", "10:10"}}, 2, 2, "10:30", .possible = {{"10:00", "10:30"}}},
        {"certain altogether: nothing is left that may have been", 100,
            {{600, REFUSED(100)}, {600, HALF_SEEN, GAPS, true}, {600, REFUSED(100)}},
            {{"10:00", "10:30"}}, 2, 2, "10:30"},
        {"it goes on", 100, {{1800, HALF_SEEN, GAPS, true}}, {{0}}, 2, 2, "10:30", .tail_s = 60,
            .possible = {{"10:00", "10:30", true}}},
    };
    CHECK(rows);
}

static void test_R_12_2_blindness_alone_is_no_grade(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"no answer is seen, none has failed: by the stricter reading only", 100,
            {{1800, NONE_SEEN, GAPS, true}}, {{0}}, 0, 2, .possible = {{"10:00", "10:30"}}},
        {"a dead tap may have been nothing: by the stricter reading only (T-R8)", 1000,
            {{1800, {0}, {0}, true}}, {{0}}, 0, 2},
        {"half of the answers are seen, and they are well", 100,
            {{1800, {.demand = 100, .succeeded = 50, .unobserved = 50}, GAPS, true}}},
        {"40 % fail, 5 % are not seen: less than 70 % in any case", 100,
            {{1800, {.demand = 100, .succeeded = 55, .failed = 40, .unobserved = 5}, GAPS, true}}},
        {"one bucket is too short for anything", 100, {{10, HALF_SEEN, GAPS, true}}},
        {"two are not", 100, {{20, HALF_SEEN, GAPS, true}}, .possible = {{"10:00", "10:00:20"}}},
    };
    CHECK(rows);
}

static void test_T_L3_needs_thirty_and_an_excess(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"29 have failed", 100,
            {{10, {.demand = 100, .failed = 29, .unobserved = 71}, GAPS, true},
                {1790, NONE_SEEN, GAPS, true}},
            {{0}}, 0, 2, .possible = {{"10:00", "10:30"}}},
        {"30 have", 100,
            {{10, {.demand = 100, .failed = 30, .unobserved = 70}, GAPS, true},
                {1790, NONE_SEEN, GAPS, true}},
            {{0}}, 2, 2, "10:30", .possible = {{"10:00", "10:30"}}},
        {"540 have, 27 % of those whose outcome is known, and usually none", 100,
            {{1800, {.demand = 100, .succeeded = 8, .failed = 3, .unobserved = 89}, GAPS, true}},
            {{0}}, 2, 2, "10:30", .possible = {{"10:00", "10:30"}}},
    };
    CHECK(rows);
}

static const struct criterion *criterion_of(const struct grade *grade, const char *clause)
{
    for (size_t i = 0; i < grade->criterion_count; i++) {
        if (strcmp(grade->criteria[i].clause->id, clause) == 0) {
            return &grade->criteria[i];
        }
    }
    return NULL;
}

// 江苏 is down for certain, 浙江 may be: together 15 minutes of two provinces.
static const struct grade *two_judge(struct grades *grades, int64_t failed, const char *to)
{
    const struct grade *grade;
    struct interruption both[] = {
        {.province = JIANGSU, .from = at("10:00"), .to = at(to)},
        {.province = ZHEJIANG, .from = at("10:00"), .to = at(to), .undeterminable = true},
    };
    both[0].ongoing = both[1].ongoing = true;
    both[1].usual = (struct usual){1000, 10, true};
    both[1].loss = (struct loss){.demand = 5000, .failed = failed, .unobserved = 5000 - failed};
    assert_int_equal(grades_from_outages(grades, both, 2, at(to), &grade), 1);
    return grade;
}

static void test_R_12_2_names_the_clause_that_may_be_met(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    struct grades *grades = grades_of(&fixture);
    const struct grade *grade = two_judge(grades, 2500, "10:10");
    assert_int_equal(grade->grade, GRADE_NONE);
    assert_string_equal(grade->next.clause->id, "12(1)");
    assert_string_equal(text_of(grade->next.at), text_of(at("10:15")));
    grade = two_judge(grades, 2500, "10:15");
    const struct criterion *floor = criterion_of(grade, "12(1)");
    assert_non_null(floor);
    assert_true(grade_is_undeterminable(grade));
    assert_int_equal(grade->grade, GRADE_LARGER);
    assert_string_equal(text_of(floor->met_at), text_of(at("10:15")));
    assert_string_equal(floor->stands_for->id, "9(1)(1)");
    assert_int_equal(floor->measured, 900000);
    assert_int_equal(floor->threshold, 900000);
    assert_string_equal(criterion_of(grade, "9(1)(1)")->reading, "采集覆盖不足的时段按整体中断计");
    assert_int_equal(grade->undeterminable_count, 1);
    assert_non_null(strstr(grade->undeterminable[0], REASON));
    assert_string_equal(grade->undeterminable_of[0], "duration");
    // A clause that is met for certain speaks first; nothing is lowered.
    grade = two_judge(grades, 2500, "13:00");
    assert_string_equal(grade->criteria[0].clause->id, "8(1)(2)");
    assert_false(grade_is_undeterminable(grade));
    grades_free(grades);
}

static void test_R_12_2_each_province_holds_harm_of_its_own(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    struct grades *grades = grades_of(&fixture);
    const struct grade *grade = two_judge(grades, 29, "10:20");
    assert_int_equal(grade->grade, GRADE_NONE);
    assert_int_equal(grade->conservative_grade, GRADE_LARGER);
    assert_int_equal(grade->undeterminable_count, 1);
    grades_free(grades);
}

// A mirror that sees no answers for days costs no more than one of a day.
static void test_what_may_have_been_for_days_is_told_in_pieces(void **state)
{
    (void)state;
    static const struct phase phases[] = {
        {27 * 3600, {.demand = 600, .unobserved = 600}, GAPS, true}, {0}};
    struct course course = {phases, 600};
    struct fixture fixture;
    struct line line;
    fixture_init(&fixture);
    fixture.settings.outages.bucket_ns = 60 * NS_PER_S;
    course_run(&line, &fixture, &course, jiangsu, true, 0);
    assert_int_equal(line.interruption_count, 2);
    assert_true(line.interruptions[0].undeterminable && line.interruptions[1].undeterminable);
    assert_false(line.interruptions[0].ongoing);
    assert_true(line.interruptions[1].ongoing);
    assert_string_equal(text_of(line.interruptions[0].from), text_of(at("10:00")));
    assert_int_equal(line.interruptions[0].to.ns, line.interruptions[1].from.ns);
    assert_int_equal(line.grade->grade, GRADE_NONE);
    assert_int_equal(line.grade->conservative_grade, GRADE_MAXIMUM);
    line_done(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_R_12_2_undeterminable_is_at_least_larger),
        cmocka_unit_test(test_R_12_2_blindness_alone_is_no_grade),
        cmocka_unit_test(test_T_L3_needs_thirty_and_an_excess),
        cmocka_unit_test(test_R_12_2_names_the_clause_that_may_be_met),
        cmocka_unit_test(test_R_12_2_each_province_holds_harm_of_its_own),
        cmocka_unit_test(test_what_may_have_been_for_days_is_told_in_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
