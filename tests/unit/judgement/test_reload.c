// What the stages take from new settings between two ticks, and what they keep.
#include "detectors/normals/normals.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/judgement/course.h"

#include <cmocka.h>

#define NORMAL 100 // intents in a bucket
#define END_S  (START_S + 3600)

// Well, then 60 % refused for 20 minutes, then well, then 90 % refused for 20 minutes.
static const struct phase phases[] = {
    {.seconds = 300, .bucket = WELL(NORMAL)},
    {.seconds = 1200, .bucket = {.demand = NORMAL, .succeeded = 40, .failed = 60}},
    {.seconds = 600, .bucket = WELL(NORMAL)},
    {.seconds = 1200, .bucket = {.demand = NORMAL, .succeeded = 10, .failed = 90}},
    {0},
};
static const struct course course = {phases, NORMAL};
static const struct scene scene = {course_second, course_mirror, jiangsu_and_zhejiang, &course};

// A rule book that knows one clause: the smallest grade, after 5 minutes anywhere.
static const char lax_book[] =
    "id: lax\nversion: \"1\"\ntitle: t\nregulator: r\ndomain: pboc\nverified: true\nfirst_report: "
    "1h\n"
    "first_report_cii: 1h\neffective_from: \"2025-08-01\"\napproved_by: \"\"\n"
    "approved_on: \"\"\nnext_review: \"\"\nclauses:\n  - {id: only, article: a, phrase: p, grade: "
    "common, metric: outage, scope: any, provinces: 1, in_peak: false, at_least: 5min}\n";

struct change {
    int64_t at_s;   // since START_S; 0: none
    int64_t normal; // 0: the same
    int64_t lost_percent;
    bool lax; // the rule book above
};

struct outcome {
    size_t interruptions;
    struct interruption first, last;
    int grade;
    char clause[32], rulebook[32]; // of the grade
};

static char book_path[64];

static void change_apply(struct line *line, struct fixture *fixture, const struct change *change)
{
    struct mistakes *mistakes = mistakes_new();
    struct fixture other;
    fixture_init(&other);
    fixture_normals(
        &other, (change->normal != 0 ? change->normal : NORMAL) * 360, jiangsu_and_zhejiang);
    if (change->lax) {
        other.rulebook_paths[0] = book_path;
    }
    if (change->lost_percent != 0) {
        fixture->settings.outages.lost_percent = change->lost_percent;
    }
    struct normals *normals = normals_new(&other.settings, mistakes);
    struct grades *grades = grades_new(&other.settings, mistakes);
    mistakes_print(mistakes, stderr);
    assert_non_null(normals);
    assert_non_null(grades);
    normals_take_tables(line->normals, normals);
    outages_take_thresholds(line->outages);
    grades_take_rulebooks(line->grades, grades);
    normals_free(normals);
    grades_free(grades);
    fixture_done(&other);
    mistakes_free(mistakes);
}

static void outcome_keep(const struct line *line, struct outcome *outcome)
{
    outcome->interruptions = line->interruption_count;
    if (line->interruption_count > 0) {
        outcome->first = line->interruptions[0];
        outcome->last = line->interruptions[line->interruption_count - 1];
    }
    if (line->grade != NULL && line->grade->criterion_count > 0) {
        const struct criterion *criterion = &line->grade->criteria[0];
        outcome->grade = line->grade->grade;
        snprintf(outcome->clause, sizeof(outcome->clause), "%s", criterion->clause->id);
        snprintf(outcome->rulebook, sizeof(outcome->rulebook), "%s", line->grade->rulebook->id);
    }
}

static struct outcome outcome_of(const struct change *changes, size_t count, int64_t until_s)
{
    struct outcome outcome = {0};
    struct fixture fixture;
    struct line line;
    int64_t from_s = START_S - LEAD_S;
    fixture_init(&fixture);
    fixture_normals(&fixture, NORMAL * 360, jiangsu_and_zhejiang);
    line_init(&line, &fixture);
    for (size_t i = 0; i < count && changes[i].at_s != 0; i++) {
        line_run(&line, &scene, from_s, START_S + changes[i].at_s);
        from_s = START_S + changes[i].at_s;
        change_apply(&line, &fixture, &changes[i]);
    }
    line_run(&line, &scene, from_s, START_S + until_s);
    outcome_keep(&line, &outcome);
    line_done(&line);
    fixture_done(&fixture);
    return outcome;
}

static void test_the_same_settings_change_nothing(void **state)
{
    (void)state;
    static const struct change changes[] = {
        {.at_s = 1}, {.at_s = 299}, {.at_s = 1000}, {.at_s = 2105}, {.at_s = 2106}, {.at_s = 3000}};
    struct outcome wanted = outcome_of(NULL, 0, 3600);
    struct outcome found = outcome_of(changes, sizeof(changes) / sizeof(changes[0]), 3600);
    assert_int_equal(wanted.interruptions, 2); // a province each
    assert_int_equal(found.interruptions, wanted.interruptions);
    assert_memory_equal(&found.first, &wanted.first, sizeof(found.first));
    assert_memory_equal(&found.last, &wanted.last, sizeof(found.last));
    assert_int_equal(found.grade, wanted.grade);
    assert_string_equal(found.clause, wanted.clause);
}

static const struct {
    const char *what;
    struct change changes[3];
    size_t interruptions;
    const char *first_from;
    const char *rulebook; // "": no grade
} rows[] = {
    {"none", {{0}}, 2, "10:35:00", "pboc-2025-4"},
    {"50 % is an interruption, before the first phase", {{.at_s = 200, .lost_percent = 50}}, 4,
        "10:05:00", "pboc-2025-4"},
    {"50 %, in the first phase: from the first bucket that is not final",
        {{.at_s = 900, .lost_percent = 50}}, 4, "10:14:30", "pboc-2025-4"},
    {"and 70 % again, before the second", {{.at_s = 200, .lost_percent = 50}, {.at_s = 300}}, 4,
        "10:05:00", "pboc-2025-4"},
    {"three times the normal volume: in the first phase 13 % of it is left",
        {{.at_s = 250, .normal = 3 * NORMAL}}, 4, "10:05:00", "pboc-2025-4"},
    {"the same, from the first phase's middle on", {{.at_s = 900, .normal = 3 * NORMAL}}, 4,
        "10:14:30", "pboc-2025-4"},
    {"another rule book, before the episode", {{.at_s = 200, .lax = true}}, 2, "10:35:00", "lax"},
    {"another rule book, while the episode is open", {{.at_s = 2400, .lax = true}}, 2, "10:35:00",
        "pboc-2025-4"},
    {"another one, and back, before the episode", {{.at_s = 200, .lax = true}, {.at_s = 250}}, 2,
        "10:35:00", "pboc-2025-4"},
};

static void test_changes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct outcome found = outcome_of(rows[i].changes, 3, 3600);
        if (found.interruptions != rows[i].interruptions ||
            found.first.from.ns != at(rows[i].first_from).ns ||
            strcmp(found.rulebook, rows[i].rulebook) != 0) {
            fail_msg("%s: %zu interruptions, the first from %s, judged by '%s'", rows[i].what,
                found.interruptions, text_of(found.first.from), found.rulebook);
        }
    }
}

static int set_up(void **state)
{
    (void)state;
    strcpy(book_path, "/tmp/rulebook-XXXXXX");
    int fd = mkstemp(book_path);
    bool good = fd >= 0 && write(fd, lax_book, strlen(lax_book)) == (ssize_t)strlen(lax_book);
    close(fd);
    return good ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    return unlink(book_path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_same_settings_change_nothing),
        cmocka_unit_test(test_changes),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
