// Counters through normals, outages and grades, while a function is closed (T-R10). 2026-03-10 is a
// Tuesday.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "tests/unit/judgement/course.h"

#include <cmocka.h>

static int64_t workdays[] = {DAY_WORKDAY}, weekends[] = {DAY_WEEKEND};
static struct hours until_ten = {9 * 3600, 10 * 3600}, until_ten_past = {9 * 3600, 10 * 3600 + 600};

#define ROW(day_list, hours_list)                                                                  \
    {                                                                                              \
        .days = (day_list), .day_count = 1, .hours = (hours_list), .hour_count = 1,                \
        .scope.functions = {                                                                       \
            1 << PAYMENT                                                                           \
        }                                                                                          \
    }
static struct service_settings closes_at_ten = ROW(workdays, &until_ten),
                               closes_at_ten_past = ROW(workdays, &until_ten_past),
                               weekends_only = ROW(weekends, &until_ten_past);
static struct service_day_settings today_till_ten = {
    .hours = &until_ten, .hour_count = 1, .scope.functions = {1 << PAYMENT}};

static const struct {
    const char *what;
    struct service_settings *service;
    struct service_day_settings *day; // set to the day of the course
    struct phase phases[4];
    struct expected expected[2];
} rows[] = {
    {"T-R10: closed by the calendar, silence", &closes_at_ten, NULL,
        {{10, {0}, {ALIVE, .resets = 50}, true}, {2390, {0}, {ALIVE}, true}}},
    {"T-R10: closed by the calendar, who asks is refused", &closes_at_ten, NULL,
        {{2400, REFUSED(1000)}}},
    {"closed by the calendar, without an answer", &closes_at_ten, NULL, {{2400, UNANSWERED(1000)}}},
    {"an outage ends with the business day", &closes_at_ten_past, NULL, {{2400, REFUSED(1000)}},
        {{"10:00", "10:10"}}},
    {"... and silence after it does not make it longer", &closes_at_ten_past, NULL,
        {{600, REFUSED(1000)}, {1800, {0}, {ALIVE}, true}}, {{"10:00", "10:10"}}},
    {"open on other days only", &weekends_only, NULL, {{2400, REFUSED(1000)}}},
    {"a day of its own", &closes_at_ten_past, &today_till_ten, {{2400, REFUSED(1000)}}},
    {"always open", NULL, NULL, {{2400, REFUSED(1000)}}, {{"10:00", "10:40"}}},
};

static void row_check(size_t i)
{
    struct course course = {rows[i].phases, 1000};
    struct fixture fixture;
    struct line line;
    fixture_init(&fixture);
    fixture.settings.services = rows[i].service;
    fixture.settings.service_count = rows[i].service != NULL;
    fixture.settings.service_days = rows[i].day;
    fixture.settings.service_day_count = rows[i].day != NULL;
    today_till_ten.date = date_of_second(DAY_S);
    course_run(&line, &fixture, &course, jiangsu, true, 300);
    size_t expected = rows[i].expected[0].from != NULL;
    if (line.interruption_count != expected ||
        (expected > 0 && (line.interruptions[0].from.ns != at(rows[i].expected[0].from).ns ||
                             line.interruptions[0].to.ns != at(rows[i].expected[0].to).ns ||
                             line.interruptions[0].ongoing))) {
        fail_msg("%s: %zu interruptions", rows[i].what, line.interruption_count);
    }
    if (expected == 0 && line.grade != NULL) {
        fail_msg("%s: grade %d, conservative %d", rows[i].what, line.grade->grade,
            line.grade->conservative_grade);
    }
    line_done(&line);
    fixture_done(&fixture);
}

static void test_T_R10_a_closed_function_is_not_interrupted(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        row_check(i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_T_R10_a_closed_function_is_not_interrupted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
