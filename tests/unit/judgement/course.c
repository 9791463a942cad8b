#include "tests/unit/judgement/course.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

const int jiangsu[] = {JIANGSU, 0};
const int jiangsu_and_zhejiang[] = {JIANGSU, ZHEJIANG, 0};

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

struct second course_second(const struct scene *scene, int64_t s, int province)
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

struct mirror_second course_mirror(const struct scene *scene, int64_t s)
{
    const struct phase *phase = phase_at(scene, s);
    if (phase != NULL && phase->has_mirror) {
        return phase->mirror;
    }
    return (struct mirror_second){ALIVE, SEEN, ANSWER, .fast_answers = 100};
}

void course_run(struct line *line, struct fixture *fixture, const struct course *course,
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

// Of those that are certain, or of those that are undeterminable.
static void interruptions_check(
    const char *what, const struct line *line, bool undeterminable, const struct expected *expected)
{
    size_t count = 0;
    for (size_t i = 0; i < line->interruption_count; i++) {
        const struct interruption *one = &line->interruptions[i];
        if (one->undeterminable != undeterminable) {
            continue;
        }
        const struct expected *next = count < 4 ? &expected[count] : NULL;
        if (next == NULL || next->from == NULL || one->from.ns != at(next->from).ns ||
            one->to.ns != at(next->to).ns || one->ongoing != next->ongoing || one->suspected) {
            fail_msg("%s: %s to %s, ongoing %d, suspected %d, undeterminable %d", what,
                text_of(one->from), text_of(one->to), one->ongoing, one->suspected, undeterminable);
        }
        count++;
    }
    if (count < 4 && expected[count].from != NULL) {
        fail_msg("%s: not from %s, undeterminable %d", what, expected[count].from, undeterminable);
    }
}

static void row_check(const struct row *row)
{
    struct fixture fixture;
    struct line line;
    struct course course = {row->phases, row->normal};
    fixture_init(&fixture);
    course_run(&line, &fixture, &course, jiangsu, !row->attempts_only,
        row->tail_s == 0  ? 300
        : row->tail_s < 0 ? 0
                          : row->tail_s);
    interruptions_check(row->what, &line, false, row->expected);
    interruptions_check(row->what, &line, true, row->possible);
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

void rows_check(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        row_check(&rows[i]);
    }
}
