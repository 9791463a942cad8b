// Progress reports (art. 16) whose sending was entered wrongly: which of them runs afterwards.
#include "detectors/duties/duties.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/incidents/sample.h"

#include <cmocka.h>

static struct sample sample;
static struct incident incident;
static struct duties *duties;

static void tick(const char *time)
{
    const struct duty *told;
    duties_see_incidents(duties, &incident, 1);
    duties_from_incidents(duties, &incident, 1, at(time), &told);
}

// 重大 since 12:00, so O3/1 runs.
static int start(void **state)
{
    (void)state;
    sample_init(&sample);
    incident = (struct incident){.id = "00112233445566778899aabbccddeeff",
        .onset = at("10:00:00"),
        .met_at = at("12:00:00"),
        .met_larger_at = at("12:00:00"),
        .met_major_at = at("12:00:00"),
        .conservative_larger_at = at("12:00:00"),
        .attention_at = INSTANT_NEVER,
        .ended_at = INSTANT_NEVER,
        .disposal_ended_at = INSTANT_NEVER,
        .grade = GRADE_MAJOR,
        .conservative_grade = GRADE_MAJOR};
    duties = duties_new(&sample.settings);
    tick("12:00:00");
    return 0;
}

static int stop(void **state)
{
    (void)state;
    duties_free(duties);
    return 0;
}

static void take(struct fact *move, const char *time)
{
    char error[256];
    memcpy(move->incident, incident.id, sizeof(incident.id));
    move->at = move->entered_at = at(time);
    if (!move_is_possible(duties, &incident, move, "", error, sizeof(error))) {
        fail_msg("%s %s", time, error);
    }
    duties_take_move(duties, &incident, move, at(time));
    tick(time);
}

static void stage(const char *time)
{
    take(&(struct fact){.kind = FACT_STAGE}, time);
}

static void sent(const char *key, const char *time)
{
    struct fact move = {.kind = FACT_SENT, .channel = CHANNEL_PHONE};
    snprintf(move.duty, sizeof(move.duty), "%s", key);
    take(&move, time);
}

static void end(const char *time)
{
    take(&(struct fact){.kind = FACT_ENDED}, time);
    incident.disposal_ended_at = at(time);
}

static void correct(const char *key, const char *time, bool withdrawn)
{
    struct fact move = {.kind = FACT_CORRECT,
        .corrects = FACT_SENT,
        .withdrawn = withdrawn,
        .channel = withdrawn ? CHANNEL_NONE : CHANNEL_PHONE};
    snprintf(move.duty, sizeof(move.duty), "%s", key);
    take(&move, time);
}

#define expect(key, state)              expect_at(key, state, NULL, __LINE__)
#define expect_cause(key, state, cause) expect_at(key, state, cause, __LINE__)
static void expect_at(const char *key, const char *state, const char *cause, int line)
{
    const struct duty *duty = duties_get(duties, incident.id, key);
    if (duty == NULL || strcmp(duty_state_names[duty->state], state) != 0 ||
        (cause != NULL && (duty->cause == NULL || strcmp(duty->cause, cause) != 0))) {
        fail_msg("line %d: %s is %s (%s)", line, key,
            duty != NULL ? duty_state_names[duty->state] : "not there",
            duty != NULL && duty->cause != NULL ? duty->cause : "");
    }
}

static void expect_from(const char *key, const char *time)
{
    const struct duty *duty = duties_get(duties, incident.id, key);
    assert_non_null(duty);
    assert_int_equal(duty->starts_at.ns, at(time).ns);
}

static void test_end_lapses_what_was_reopened(void **state)
{
    (void)state;
    sent("O3/1", "13:00:00");
    correct("O3/1", "13:10:00", true);
    expect("O3/1", "open");
    expect("O3/2", "lapsed");
    end("13:20:00");
    expect_cause("O3/1", "lapsed", "处置结束");
}

static void test_sent_after_all(void **state)
{
    (void)state;
    stage("12:30:00");
    sent("O4/1", "12:40:00");
    correct("O4/1", "12:50:00", true);
    expect("O3/1", "open");
    expect_cause("O4/1", "open", "处置取得阶段性进展");
    sent("O4/1", "12:55:00");
    expect("O3/1", "lapsed");
    expect("O3/2", "lapsed");
    expect("O3/3", "open");
    correct("O4/1", "13:00:00", true);
    expect("O3/1", "open");
    expect("O3/2", "lapsed");
    expect("O3/3", "lapsed");
}

static void test_a_later_report_stands_for_it(void **state)
{
    (void)state;
    stage("12:30:00");
    sent("O3/1", "12:35:00");
    sent("O4/1", "12:40:00");
    correct("O3/1", "12:50:00", true);
    expect_cause("O3/1", "lapsed", "已由立即进展报告代替");
    expect("O3/2", "lapsed");
    expect("O3/3", "open");
    correct("O4/1", "12:55:00", true); // nothing was sent at all
    expect("O3/1", "open");
    expect("O3/2", "lapsed");
    expect("O3/3", "lapsed");
}

static void test_behind_the_end_none_runs(void **state)
{
    (void)state;
    stage("12:30:00");
    sent("O3/1", "12:35:00");
    sent("O4/1", "12:40:00");
    end("12:45:00");
    correct("O4/1", "12:50:00", true);
    expect_cause("O3/2", "lapsed", "处置结束");
    expect("O4/1", "open");
    correct("O3/1", "12:55:00", true);
    expect_cause("O3/1", "lapsed", "处置结束");
}

// One paper answers two: which of them began a progress report is not told by the instant.
static void test_two_at_one_instant(void **state)
{
    (void)state;
    stage("12:30:00");
    stage("12:31:00");
    sent("O4/1", "12:40:00"); // begins O3/2
    sent("O4/2", "12:40:00"); // begins O3/3 in its place
    correct("O4/2", "12:50:00", true);
    expect("O3/2", "open");
    expect_from("O3/2", "12:40:00");
    expect("O3/3", "lapsed");
}

static void test_the_other_one_moves(void **state)
{
    (void)state;
    stage("12:30:00");
    stage("12:31:00");
    sent("O4/1", "12:40:00");
    sent("O4/2", "12:40:00");
    correct("O4/1", "12:35:00", false);
    expect_from("O3/2", "12:35:00");
    expect_from("O3/3", "12:40:00");
    correct("O4/1", "12:45:00", true); // O4/2 stands for it
    expect("O3/1", "lapsed");
    expect("O3/2", "lapsed");
    expect("O3/3", "open");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_end_lapses_what_was_reopened, start, stop),
        cmocka_unit_test_setup_teardown(test_sent_after_all, start, stop),
        cmocka_unit_test_setup_teardown(test_a_later_report_stands_for_it, start, stop),
        cmocka_unit_test_setup_teardown(test_behind_the_end_none_runs, start, stop),
        cmocka_unit_test_setup_teardown(test_two_at_one_instant, start, stop),
        cmocka_unit_test_setup_teardown(test_the_other_one_moves, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
