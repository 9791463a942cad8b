// The curve of a cell: what share was lost, step by step; what was not seen is unknown, never 0; a
// long outage keeps its beginning, in longer steps.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "tests/unit/judgement/course.h"

#include <cmocka.h>

#define SHARE(point) ((point)->lost_milli * 10000 / (point)->total_milli)

static const struct interruption cell = {.function = PAYMENT, .province = JIANGSU};

static struct loss_curve curve_run(const struct phase *phases, const char *from, const char *to)
{
    struct course course = {phases, 100};
    struct fixture fixture;
    struct line line;
    struct loss_curve curve;
    fixture_init(&fixture);
    course_run(&line, &fixture, &course, jiangsu, true, 300);
    outages_curve(line.outages, &cell, at(from), at(to), &curve);
    line_done(&line);
    return curve;
}

static void point_check(const struct loss_curve *curve, size_t i, const char *from,
    enum loss_state state, int64_t share)
{
    const struct loss_point *point = &curve->points[i];
    assert_in_range(i, 0, curve->count - 1);
    assert_string_equal(text_of(point->from), text_of(at(from)));
    if (point->state != state) {
        fail_msg("%s: state %d, not %d", from, point->state, state);
    }
    if (state == LOSS_KNOWN || state == LOSS_PART) {
        assert_int_equal(SHARE(point), share);
    }
}

// Down, blind (the tap is dead), half back, well.
static void test_what_was_not_seen_is_unknown(void **state)
{
    (void)state;
    static const struct phase phases[] = {{300, REFUSED(100)}, {300, {0}, {0}, true},
        {90, {.demand = 100, .succeeded = 50, .failed = 50}}, {0}};
    struct loss_curve curve = curve_run(phases, "10:00", "10:13");
    assert_int_equal(curve.step_ns, 60 * NS_PER_S);
    assert_int_equal(curve.count, 14);
    point_check(&curve, 0, "10:00", LOSS_KNOWN, 10000);
    point_check(&curve, 4, "10:04", LOSS_KNOWN, 10000);
    for (size_t i = 6; i < 9; i++) { // a mirror is dead a minute after its last frame
        assert_int_equal(curve.points[i].state, LOSS_UNKNOWN);
        assert_int_equal(curve.points[i].lost_milli, 0);
    }
    point_check(&curve, 10, "10:10", LOSS_KNOWN, 5000);
    point_check(&curve, 11, "10:11", LOSS_KNOWN, 2500); // half a minute of it
    point_check(&curve, 12, "10:12", LOSS_KNOWN, 0);
}

// Behind the last tick of a run nobody looked: that is not "no business".
static void test_what_no_run_watched_is_unknown(void **state)
{
    (void)state;
    static const struct phase phases[] = {{300, REFUSED(100)}, {0}};
    struct loss_curve curve = curve_run(phases, "10:00", "10:30");
    point_check(&curve, 0, "10:00", LOSS_KNOWN, 10000);
    point_check(&curve, 20, "10:20", LOSS_UNKNOWN, 0);
    point_check(&curve, 30, "10:30", LOSS_UNKNOWN, 0);
}

static void test_what_is_open_is_not_told(void **state)
{
    (void)state;
    static const struct phase phases[] = {{600, UNANSWERED(100)}, {0}};
    struct loss_curve curve = curve_run(phases, "10:00", "10:14:59");
    point_check(&curve, 9, "10:09", LOSS_KNOWN, 10000);
    point_check(&curve, 13, "10:13", LOSS_KNOWN, 0);
    point_check(&curve, 14, "10:14", LOSS_OPEN, 0); // 10:15:00 was the last tick
}

// Of ten hours nothing is forgotten, and there are not more points than fit.
static void test_a_long_outage_keeps_its_beginning(void **state)
{
    (void)state;
    static const struct phase phases[] = {
        {3600, REFUSED(100)}, {9 * 3600, {.demand = 100, .succeeded = 20, .failed = 80}}, {0}};
    struct loss_curve curve = curve_run(phases, "10:00", "19:59:59");
    assert_int_equal(curve.step_ns, 30 * 60 * NS_PER_S);
    assert_int_equal(curve.count, 20);
    int64_t total_milli = 0;
    for (size_t i = 0; i < curve.count; i++) {
        assert_int_equal(curve.points[i].state, LOSS_KNOWN);
        assert_int_equal(SHARE(&curve.points[i]), i < 2 ? 10000 : 8000);
        total_milli += curve.points[i].total_milli;
    }
    assert_int_equal(total_milli, 10 * 360 * 100 * 1000);
}

static void test_a_cell_that_is_not_there_has_none(void **state)
{
    (void)state;
    static const struct phase phases[] = {{60, REFUSED(100)}, {0}};
    static const struct interruption other = {.function = PAYMENT, .province = ANHUI};
    struct course course = {phases, 100};
    struct fixture fixture;
    struct line line;
    struct loss_curve curve;
    fixture_init(&fixture);
    course_run(&line, &fixture, &course, jiangsu, true, 300);
    outages_curve(line.outages, &other, at("10:00"), at("10:05"), &curve);
    assert_int_equal(curve.count, 0);
    line_done(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_not_seen_is_unknown),
        cmocka_unit_test(test_what_no_run_watched_is_unknown),
        cmocka_unit_test(test_what_is_open_is_not_told),
        cmocka_unit_test(test_a_long_outage_keeps_its_beginning),
        cmocka_unit_test(test_a_cell_that_is_not_there_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
