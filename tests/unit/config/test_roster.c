// Who is called: by the days and hours of the duty, everybody of a step when nobody of it is on
// duty, and a roster without a gap.
#include "config/roster.h"
#include "config/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int64_t weekend[] = {DAY_WEEKEND}, workday[] = {DAY_WORKDAY};
static struct hours day[] = {{9 * 3600, 17 * 3600}},
                    night[] = {{0, 9 * 3600}, {17 * 3600, 24 * 3600}};

static struct roster_settings roster[] = {
    {.step = 1, .to = (char[]){"day"}, .hours = day, .hour_count = COUNT(day)},
    {.step = 1, .to = (char[]){"night"}, .hours = night, .hour_count = COUNT(night)},
    {.step = 2, .to = (char[]){"always"}},
    {.step = 3, .to = (char[]){"weekend"}, .days = weekend, .day_count = COUNT(weekend)},
    {.step = 3, .to = (char[]){"workday"}, .days = workday, .day_count = COUNT(workday)},
};

static int64_t second_of(const char *text)
{
    struct instant at;
    assert_true(instant_parse(text, &at));
    return instant_second(at);
}

// The names of a step's rows that are called, each behind a blank.
static void check(const char *at, int64_t step, const char *wanted)
{
    const struct calendar calendar = {0}; // Monday to Friday
    char called[64] = "";
    for (size_t i = 0; i < COUNT(roster); i++) {
        if (roster_is_called(&calendar, roster, COUNT(roster), i, step, second_of(at))) {
            strcat(strcat(called, " "), roster[i].to);
        }
    }
    assert_string_equal(called, wanted);
}

static void test_hours_and_days(void **state)
{
    (void)state;
    check("2026-03-10T08:59:59+08:00", 1, " night"); // a Tuesday
    check("2026-03-10T09:00:00+08:00", 1, " day");
    check("2026-03-10T16:59:59+08:00", 1, " day");
    check("2026-03-10T17:00:00+08:00", 1, " night");
    check("2026-03-10T12:00:00+08:00", 2, " always");
    check("2026-03-10T12:00:00+08:00", 3, " workday");
    check("2026-03-14T12:00:00+08:00", 3, " weekend");
}

static void test_nobody_on_duty_calls_all_of_the_step(void **state)
{
    (void)state;
    struct roster_settings last = roster[1];
    roster[1].hour_count = 1; // until 09:00
    check("2026-03-10T20:00:00+08:00", 1, " day night");
    roster[1] = last;
}

static void test_steps(void **state)
{
    (void)state;
    assert_int_equal(roster_steps(roster, COUNT(roster)), 3);
    assert_int_equal(roster_steps(roster, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hours_and_days),
        cmocka_unit_test(test_nobody_on_duty_calls_all_of_the_step),
        cmocka_unit_test(test_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
