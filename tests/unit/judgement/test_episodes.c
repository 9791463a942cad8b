// What an episode keeps when later data come: grades fed with interruptions that change.
#include "detectors/incidents/incidents.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/unit/judgement/judgement.h"

#include <cmocka.h>

// What was graded is never lowered by later data; the next incident begins anew.
static void test_episodes(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    struct grades *grades = grades_of(&fixture);
    const struct grade *grade;
    struct interruption one = {.province = 32, .from = at("10:00"), .to = at("10:30")};
    assert_int_equal(grades_from_outages(grades, &one, 1, at("10:40"), &grade), 1);
    assert_int_equal(grade->grade, GRADE_LARGER);
    assert_false(grade->ongoing);
    one.to = at("10:29:50");
    assert_int_equal(grades_from_outages(grades, &one, 1, at("10:41"), &grade), 1);
    assert_int_equal(grade->grade, GRADE_LARGER);
    assert_int_equal(grade->first_suspected.ns, at("10:00").ns);
    // Nor does met_at move when it is found to have begun earlier.
    one.from = at("09:59:50");
    one.to = at("10:30");
    assert_int_equal(grades_from_outages(grades, &one, 1, at("10:41:10"), &grade), 1);
    assert_string_equal(text_of(grade->onset), text_of(at("09:59:50")));
    assert_string_equal(text_of(grade_met_at(grade)), text_of(at("10:30")));
    assert_int_equal(grade->criteria[0].measured, 1810000);
    // 30 min after the end, and what an interruption may be late, the episode is over.
    assert_int_equal(grades_from_outages(grades, &one, 1, at("11:00"), &grade), 1);
    assert_int_equal(grades_from_outages(grades, &one, 1, at("11:02"), &grade), 0);
    struct interruption two[] = {
        one, {.province = 32, .from = at("11:10"), .to = at("11:12"), .suspected = true}};
    assert_int_equal(grades_from_outages(grades, two, 2, at("11:12"), &grade), 1);
    assert_int_equal(grade->grade, GRADE_NONE);
    assert_true(grade->suspected);
    assert_int_equal(grade->first_suspected.ns, at("11:10").ns);
    assert_int_equal(grade->interruption_count, 1);
    grades_free(grades);
}

// T-C8: 重大 at three hours, then later data say 2:59. The grade stays, a person is asked to look.
static void test_T_C8_later_data_ask_for_a_review(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    struct grades *grades = grades_of(&fixture);
    struct incidents *incidents = incidents_new(&fixture.settings, "source");
    struct interruption one = {.province = 32, .from = at("10:00"), .to = at("13:00")};
    const struct grade *grade;
    const struct incident *events;
    static const struct {
        const char *tick, *to;
        bool review;
        size_t events;
    } rows[] = {
        {"13:05", "13:00", false, 3}, // opened, escalated, ended
        {"13:06", "12:59", true, 1}, {"13:07", "12:59", true, 0},
        {"13:08", "13:00", false, 1}, // and back: nothing is left to look at
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        one.to = at(rows[i].to);
        size_t count = grades_from_outages(grades, &one, 1, at(rows[i].tick), &grade);
        assert_int_equal(count, 1);
        assert_int_equal(grade->grade, GRADE_MAJOR);
        assert_int_equal(grade->conservative_grade, GRADE_MAJOR);
        assert_string_equal(text_of(grade_met_at(grade)), text_of(at("13:00")));
        assert_int_equal(grade->review, rows[i].review);
        assert_int_equal(grade->criteria[0].review, rows[i].review);
        assert_int_equal(grade->criteria[0].measured, 10800000);
        if (rows[i].review) {
            assert_int_equal(grade->criteria[0].later, 10740000);
        }
        count = incidents_from_grades(incidents, grade, 1, at(rows[i].tick), &events);
        assert_int_equal(count, rows[i].events);
        if (count > 0) {
            assert_int_equal(events[count - 1].grade, GRADE_MAJOR);
            assert_int_equal(incident_is_for_review(&events[count - 1]), rows[i].review);
        }
    }
    incidents_free(incidents);
    grades_free(grades);
}

// A suspicion that was taken back is no harm: it fixes the id, but neither the onset nor the end.
static void test_harm_is_what_was_decided(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    struct grades *grades = grades_of(&fixture);
    const struct grade *grade;
    struct interruption rumour = {
        .province = 32, .from = at("10:00"), .to = at("10:00:20"), .suspected = true};
    struct interruption both[] = {{.province = 32, .from = at("10:25"), .to = at("10:27")}, rumour};
    both[1].from = at("10:28");
    both[1].to = at("10:28:20");
    assert_int_equal(grades_from_outages(grades, &rumour, 1, at("10:00:20"), &grade), 1);
    assert_string_equal(text_of(grade->onset), text_of(at("10:00")));
    assert_int_equal(grades_from_outages(grades, NULL, 0, at("10:00:40"), &grade), 1);
    assert_int_equal(grades_from_outages(grades, both, 2, at("10:28:20"), &grade), 1);
    assert_string_equal(text_of(grade->first_suspected), text_of(at("10:00")));
    assert_string_equal(text_of(grade->onset), text_of(at("10:25")));
    assert_int_equal(grades_from_outages(grades, both, 1, at("10:29"), &grade), 1);
    assert_string_equal(text_of(grade->last_bad_end), text_of(at("10:27")));
    both[0].from = at("10:24:50");
    assert_int_equal(grades_from_outages(grades, both, 1, at("10:29:10"), &grade), 1);
    both[0].from = at("10:26");
    assert_int_equal(grades_from_outages(grades, both, 1, at("10:29:20"), &grade), 1);
    assert_string_equal(text_of(grade->onset), text_of(at("10:24:50")));
    grades_free(grades);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_episodes),
        cmocka_unit_test(test_T_C8_later_data_ask_for_a_review),
        cmocka_unit_test(test_harm_is_what_was_decided),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
