// Cut-overs 日切: what is planned is not graded, and one that takes too long counts from its start.
#include "detectors/grades/grades.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "tests/unit/judgement/judgement.h"

#include <cmocka.h>

struct word {
    const char *begins, *ends; // NULL: it does not come
};

static const struct {
    const char *what;
    struct word words[2];
    struct stated stated[2];
    int grade, conservative;
    const char *met_at;
} rows[] = {
    {"none", {{0}}, {{JIANGSU, "10:00", "10:40"}}, 2, 2, "10:30"},
    {"within the limit", {{"10:00", "10:29:58"}}, {{JIANGSU, "10:00:10", "10:29:50"}}, 0, 0, NULL},
    {"what fails behind it", {{"10:00", "10:19:59"}}, {{JIANGSU, "10:00", "10:49:59"}}, 0, 2, NULL},
    {"... for long", {{"10:00", "10:19:59"}}, {{JIANGSU, "10:00", "10:50"}}, 2, 2, "10:50"},
    {"it takes longer: from its start", {{"10:00", "10:40"}}, {{JIANGSU, "10:00", "10:40"}}, 2, 2,
        "10:30"},
    {"it never ends: from its start", {{"10:00", NULL}}, {{JIANGSU, "10:00", "10:50"}}, 2, 2,
        "10:30"},
    {"the end without a begin", {{NULL, "10:20"}}, {{JIANGSU, "10:00", "10:40"}}, 2, 2, "10:30"},
    {"the word comes twice", {{"10:00", NULL}, {"10:05", "10:25"}}, {{JIANGSU, "10:00", "10:25"}},
        0, 0, NULL},
    {"a cut-over of another day", {{"10:00", NULL}, {"12:00", "12:20"}},
        {{JIANGSU, "12:00", "12:20"}}, 0, 0, NULL},
};

static void see(struct grades *grades, const char *time, bool ends)
{
    struct link_counts link = {.link = 0, .second = instant_second(at(time))};
    struct counters counters = {.tick = at(time), .links = &link, .link_count = 1};
    link.cutover_begins = !ends;
    link.cutover_ends = ends;
    grades_see_counters(grades, &counters);
}

static void test_cutovers_are_planned_up_to_their_limit(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fixture fixture;
        fixture_init(&fixture);
        fixture.settings.grades.cutover_max_ns = 30 * 60 * NS_PER_S;
        struct grades *grades = grades_of(&fixture);
        for (size_t word = 0; word < 2; word++) {
            if (rows[i].words[word].begins != NULL) {
                see(grades, rows[i].words[word].begins, false);
            }
            if (rows[i].words[word].ends != NULL) {
                see(grades, rows[i].words[word].ends, true);
            }
        }
        const struct grade *grade = judge(&fixture, grades, rows[i].stated, NULL);
        int found = grade == NULL ? 0 : grade->grade;
        int conservative = grade == NULL ? 0 : grade->conservative_grade;
        struct instant met_at = grade == NULL ? INSTANT_NEVER : grade_met_at(grade);
        struct instant expected = rows[i].met_at == NULL ? INSTANT_NEVER : at(rows[i].met_at);
        if (found != rows[i].grade || conservative != rows[i].conservative ||
            met_at.ns != expected.ns) {
            fail_msg("%s: grade %d, conservative %d, met at %s", rows[i].what, found, conservative,
                text_of(met_at));
        }
        grades_free(grades);
        fixture_done(&fixture);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cutovers_are_planned_up_to_their_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
