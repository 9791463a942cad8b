// What the counters' evictions and merged ticks do to grades.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/judgement/judgement.h"

#include <cmocka.h>

// Counters that are not as good as they should be flag what was measured meanwhile, and that only.
static void test_flags_of_the_counters(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        const char *at; // of a tick
        uint64_t before, evicted, merged;
        const char *until; // the interruption is known; NULL: it goes on
        bool flag_evicted, flag_merged;
    } rows[] = {
        {"as good as they should be", "10:05", 0, 0, 0, NULL, false, false},
        {"evicted meanwhile", "10:05", 0, 1, 0, NULL, true, false},
        {"the same as before", "10:05", 7, 7, 0, NULL, false, false},
        {"a process begins anew", "10:05", 7, 0, 0, NULL, false, false},
        {"merged meanwhile", "10:05", 0, 0, 1, NULL, false, true},
        {"both", "10:05", 3, 9, 2, NULL, true, true},
        {"a time limit before the onset", "09:59:30", 0, 1, 1, NULL, false, false},
        {"just behind that", "09:59:31", 0, 1, 1, NULL, true, true},
        {"before the end was known", "10:10", 0, 1, 1, "10:10", true, true},
        {"after the end was known", "10:12", 0, 1, 1, "10:10", false, false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fixture fixture;
        fixture_init(&fixture);
        struct grades *grades = grades_of(&fixture);
        const struct grade *grade;
        bool ongoing = rows[i].until == NULL;
        struct interruption one = {.province = 32,
            .from = at("10:00"),
            .to = ongoing ? INSTANT_NEVER : at(rows[i].until),
            .ongoing = ongoing};
        struct counters first = {.tick = at("09:58"), .evicted = rows[i].before};
        struct counters counters = {
            .tick = at(rows[i].at), .evicted = rows[i].evicted, .merged = rows[i].merged};
        struct counters last = {.tick = at("10:15"), .evicted = rows[i].evicted};
        grades_see_counters(grades, &first);
        grades_see_counters(grades, &counters);
        grades_see_counters(grades, &last);
        assert_int_equal(grades_from_outages(grades, &one, 1, at("10:15"), &grade), 1);
        if (grade->evicted != rows[i].flag_evicted || grade->ticks_merged != rows[i].flag_merged) {
            fail_msg(
                "%s: evicted %d, merged %d", rows[i].what, grade->evicted, grade->ticks_merged);
        }
        grades_free(grades);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_flags_of_the_counters)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
