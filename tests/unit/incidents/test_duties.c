#include "detectors/duties/duties.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "tests/unit/incidents/sample.h"

#include <cmocka.h>

static struct instant when(const char *text)
{
    struct instant ret;
    assert_true(instant_parse(text, &ret));
    return ret;
}

// the working deadline is onset + 1 h as long as that is ahead of the instant at
// which the duty begins; the outer limit is that instant + 1 h.
static void test_deadlines(void **state)
{
    (void)state;
    static const struct {
        const char *what, *onset, *starts_at, *due_at, *outer_limit_at;
    } rows[] = {
        {"T-K1: 30 minutes after the onset", "2026-03-10T10:00:00+08:00",
            "2026-03-10T10:30:00+08:00", "2026-03-10T11:00:00+08:00", "2026-03-10T11:30:00+08:00"},
        {"15 minutes after the onset", "2026-03-10T10:00:00+08:00", "2026-03-10T10:15:00+08:00",
            "2026-03-10T11:00:00+08:00", "2026-03-10T11:15:00+08:00"},
        {"onset + 1 h is a millisecond ahead", "2026-03-10T10:00:00.001+08:00",
            "2026-03-10T11:00:00+08:00", "2026-03-10T11:00:00.001+08:00",
            "2026-03-10T12:00:00+08:00"},
        {"onset + 1 h is the very instant: not ahead", "2026-03-10T10:00:00+08:00",
            "2026-03-10T11:00:00+08:00", "2026-03-10T12:00:00+08:00", "2026-03-10T12:00:00+08:00"},
        {"a persons' criterion hours after the onset", "2026-03-10T10:00:00+08:00",
            "2026-03-10T15:20:00+08:00", "2026-03-10T16:20:00+08:00", "2026-03-10T16:20:00+08:00"},
        {"met at the onset", "2026-03-10T10:00:00+08:00", "2026-03-10T10:00:00+08:00",
            "2026-03-10T11:00:00+08:00", "2026-03-10T11:00:00+08:00"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct instant due, outer;
        duty_deadlines(when(rows[i].onset), when(rows[i].starts_at), &due, &outer);
        if (due.ns != when(rows[i].due_at).ns || outer.ns != when(rows[i].outer_limit_at).ns) {
            fail_msg("%s", rows[i].what);
        }
    }
}

static struct incident incident_met(const char *onset, const char *met_larger_at)
{
    return (struct incident){.id = "00112233445566778899aabbccddeeff",
        .sequence = 2,
        .onset = when(onset),
        .met_at = when(met_larger_at),
        .met_larger_at = when(met_larger_at),
        .conservative_larger_at = when(met_larger_at),
        .attention_at = INSTANT_NEVER,
        .ended_at = INSTANT_NEVER,
        .grade = GRADE_LARGER,
        .conservative_grade = GRADE_LARGER};
}

static void test_T_K9_a_holiday_changes_nothing(void **state)
{
    (void)state;
    struct incident incident =
        incident_met("2026-09-30T22:00:00+08:00", "2026-09-30T23:30:00+08:00");
    struct duty duty;
    assert_true(duty_brief(&incident, &duty));
    assert_int_equal(duty.due_at.ns, when("2026-10-01T00:30:00+08:00").ns);
    assert_int_equal(duty.outer_limit_at.ns, when("2026-10-01T00:30:00+08:00").ns);
}

// public attention asks for a brief of its own, unless 较大 is met by then, which asks for
// one.
static void test_T_C6_attention_before_the_grade(void **state)
{
    (void)state;
    static const struct {
        const char *what, *attention_at;
        bool asked;
    } rows[] = {
        {"a millisecond before 较大 is met", "2026-03-10T10:29:59.999+08:00", true},
        {"at that instant", "2026-03-10T10:30:00+08:00", false},
        {"a millisecond later", "2026-03-10T10:30:00.001+08:00", false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct incident incident =
            incident_met("2026-03-10T10:00:00+08:00", "2026-03-10T10:30:00+08:00");
        struct duty duty;
        incident.attention_at = when(rows[i].attention_at);
        if (duty_brief_attention(&incident, &duty) != rows[i].asked) {
            fail_msg("%s: asked %d", rows[i].what, !rows[i].asked);
        }
    }
}

// The records of one tick; *ret is the first of a key.
static size_t step(struct duties *duties, const struct incident *incidents, size_t count,
    const char *tick, const char *key, const struct duty **ret)
{
    const struct duty *all;
    duties_see_incidents(duties, incidents, count);
    size_t found = 0;
    size_t told = duties_from_incidents(duties, incidents, count, when(tick), &all);
    for (size_t i = 0; i < told; i++) {
        if (strcmp(all[i].key, key) == 0 && found++ == 0) {
            *ret = &all[i];
        }
    }
    return found;
}

static void test_T_K10_overdue_at_detection(void **state)
{
    (void)state;
    static const struct {
        const char *what, *tick;
        bool overdue;
    } rows[] = {
        {"90 min after met_at", "2026-03-10T12:00:00+08:00", true},
        {"at the limit: in time", "2026-03-10T11:30:00+08:00", false},
        {"a second later", "2026-03-10T11:30:01+08:00", true},
        {"at once", "2026-03-10T10:30:00+08:00", false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sample sample;
        struct incident incident =
            incident_met("2026-03-10T10:00:00+08:00", "2026-03-10T10:30:00+08:00");
        const struct duty *duty;
        sample_init(&sample);
        struct duties *duties = duties_new(&sample.settings);
        size_t told = step(duties, &incident, 1, rows[i].tick, "O1", &duty);
        bool alarm = told == 2 && duty[1].event == DUTY_OVERDUE;
        if (duty->overdue_at_detection != rows[i].overdue || alarm != rows[i].overdue) {
            fail_msg("%s", rows[i].what);
        }
        assert_int_equal(duty->outer_limit_at.ns, when("2026-03-10T11:30:00+08:00").ns);
        duties_free(duties);
    }
}

// What a duty does as its incident moves on.
static void test_provisional_then_firm_then_raised(void **state)
{
    (void)state;
    struct sample sample;
    struct incident incident =
        incident_met("2026-03-10T10:00:00+08:00", "2026-03-10T10:15:00+08:00");
    const struct duty *duty;
    sample_init(&sample);
    struct duties *duties = duties_new(&sample.settings);
    incident.met_larger_at = incident.met_at = incident.conservative_larger_at = INSTANT_NEVER;
    incident.grade = incident.conservative_grade = GRADE_COMMON;
    assert_int_equal(step(duties, &incident, 1, "2026-03-10T10:10:00+08:00", "O1", &duty), 0);

    incident.conservative_grade = GRADE_LARGER;
    incident.conservative_larger_at = when("2026-03-10T10:15:00+08:00");
    assert_int_equal(step(duties, &incident, 1, "2026-03-10T10:15:00+08:00", "O1", &duty), 1);
    assert_true(duty->provisional);
    assert_int_equal(duty->starts_at.ns, when("2026-03-10T10:15:00+08:00").ns);
    assert_int_equal(step(duties, &incident, 1, "2026-03-10T10:16:00+08:00", "O1", &duty), 0);

    incident.grade = GRADE_LARGER;
    incident.met_larger_at = when("2026-03-10T10:30:00+08:00");
    assert_int_equal(step(duties, &incident, 1, "2026-03-10T10:30:00+08:00", "O1", &duty), 1);
    assert_false(duty->provisional);
    assert_int_equal(duty->starts_at.ns, when("2026-03-10T10:30:00+08:00").ns);
    assert_int_equal(duty->known_at.ns, when("2026-03-10T10:30:00+08:00").ns);

    incident.conservative_grade = GRADE_MAJOR; // firm: the stricter readings decide nothing more
    assert_int_equal(step(duties, &incident, 1, "2026-03-10T12:00:00+08:00", "O1", &duty), 1);
    assert_int_equal(duty->event, DUTY_OVERDUE); // nobody has sent it
    incident.grade = GRADE_MAJOR;                // a raise: handed on, its clock not restarted
    assert_int_equal(step(duties, &incident, 1, "2026-03-10T13:00:00+08:00", "O1", &duty), 1);
    assert_int_equal(duty->outer_limit_at.ns, when("2026-03-10T11:30:00+08:00").ns);
    assert_int_equal(duty->known_at.ns, when("2026-03-10T10:30:00+08:00").ns);
    assert_false(duty->overdue_at_detection);
    duties_free(duties);
}

// The last of an incident's events in one tick carries all facts; one duty comes of it.
static void test_two_events_of_one_tick_are_one_duty(void **state)
{
    (void)state;
    struct sample sample;
    struct incident both[2] = {
        incident_met("2026-03-10T10:00:00+08:00", "2026-03-10T10:15:00+08:00"),
        incident_met("2026-03-10T10:00:00+08:00", "2026-03-10T10:15:00+08:00")};
    const struct duty *duty;
    sample_init(&sample);
    struct duties *duties = duties_new(&sample.settings);
    both[1].sequence = 3;
    assert_int_equal(step(duties, both, 2, "2026-03-10T10:15:00+08:00", "O1", &duty), 1);
    assert_int_equal(duty->incident->sequence, 3);
    duties_free(duties);
}

// Two institutions on one sensor: each network's duties go where art. 14 sends its institution.
static void test_R_14_1_each_institution_has_its_receiver(void **state)
{
    (void)state;
    static char zhejiang[] = "中国人民银行浙江省分行", jiangsu[] = "中国人民银行江苏省分行",
                nobody[] = "";
    static const struct {
        int type, level;
        bool systemic;
        const char *receiver;
    } rows[] = {
        {INSTITUTION_STATE_BANK, LEVEL_HEAD_OFFICE, false, "中国人民银行"},
        {INSTITUTION_STATE_BANK, LEVEL_BRANCH, false, zhejiang},
        {INSTITUTION_CITY_BANK, LEVEL_HEAD_OFFICE, false, zhejiang},
        {INSTITUTION_CITY_BANK, LEVEL_HEAD_OFFICE, true, "中国人民银行"},
        {INSTITUTION_PAYMENT, LEVEL_HEAD_OFFICE, false, zhejiang},
        {INSTITUTION_PAYMENT, LEVEL_HEAD_OFFICE, true, "中国人民银行"},
        {INSTITUTION_PERSONAL_CREDIT, LEVEL_HEAD_OFFICE, false, "中国人民银行"},
        {INSTITUTION_PBOC_BRANCH, LEVEL_BRANCH, false, zhejiang},
        {INSTITUTION_SECURITIES, LEVEL_HEAD_OFFICE, false,
            "中国证监会派出机构，由其通报中国人民银行浙江省分行"},
        {INSTITUTION_OTHER, LEVEL_HEAD_OFFICE, false, zhejiang},
    };
    struct sample sample;
    char text[REPORT_TO_MAX];
    sample_init(&sample);
    sample.settings.institution_count = 2;
    sample.institutions[1] = sample.institutions[0];
    sample.institutions[0].domicile = jiangsu;
    sample.institutions[0].report_to = nobody;
    sample.institutions[1].report_to = nobody;
    sample.institutions[1].domicile = zhejiang;
    sample.networks[1].institution = 1;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        sample.institutions[1].type = rows[i].type;
        sample.institutions[1].level = rows[i].level;
        sample.institutions[1].systemic = rows[i].systemic;
        assert_string_equal(duty_report_to(&sample.settings, 1, text), rows[i].receiver);
        assert_string_equal(duty_report_to(&sample.settings, 0, text), jiangsu);
    }
}

#define NOTICE "ffeeddccbbaa99887766554433221100"

static struct fact of_notice(enum fact_kind kind, uint16_t network)
{
    struct fact fact = {.kind = kind,
        .network = network,
        .duty = "O9",
        .channel = CHANNEL_EMAIL,
        .at = at("12:00:00"),
        .entered_at = at("12:00:00")};
    snprintf(fact.incident, sizeof(fact.incident), NOTICE);
    return fact;
}

// A command knows a notice by what the ledger says of its answer.
static void test_R_24_1_a_notice_of_any_network_takes_moves(void **state)
{
    (void)state;
    struct sample sample;
    sample_init(&sample);
    sample.networks[1].secrecy = SECRECY_WORK;
    const struct fact notice = {.kind = FACT_RISK_NOTICE,
        .id = NOTICE,
        .network = 1,
        .date = date_make(2026, 3, 13),
        .at = at("11:40:00"),
        .entered_at = at("11:40:00")};
    struct duties *run = duties_new(&sample.settings), *desk = duties_new(&sample.settings);
    const struct duty *records;
    char error[512];
    duties_take_move(run, NULL, &notice, at("11:40:00"));
    assert_int_equal(duties_from_incidents(run, NULL, 0, at("11:40:01"), &records), 1);
    json_t *told = duty_json(&sample.settings, records);
    duties_take_told(desk, NULL, told);
    struct fact move = of_notice(FACT_ACKNOWLEDGE, 1);
    assert_true(move_is_possible(desk, NULL, &move, "", error, sizeof(error)));
    move = of_notice(FACT_SENT, 1);
    assert_false(move_is_possible(desk, NULL, &move, "", error, sizeof(error)));
    assert_non_null(strstr(error, "work secrets"));
    move = of_notice(FACT_ACKNOWLEDGE, 0);
    assert_false(move_is_possible(desk, NULL, &move, "", error, sizeof(error)));
    assert_string_equal(error, "the notice is of network \"cash\"");
    json_object_set_new(told, "network", json_string("gone"));
    json_object_set_new(told, "notice", json_string("another"));
    duties_take_told(desk, NULL, told);
    assert_null(duties_get(desk, "another", "O9"));
    json_decref(told);
    duties_free(run);
    duties_free(desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_R_24_1_a_notice_of_any_network_takes_moves),
        cmocka_unit_test(test_R_14_1_each_institution_has_its_receiver),
        cmocka_unit_test(test_deadlines),
        cmocka_unit_test(test_T_K9_a_holiday_changes_nothing),
        cmocka_unit_test(test_T_C6_attention_before_the_grade),
        cmocka_unit_test(test_T_K10_overdue_at_detection),
        cmocka_unit_test(test_provisional_then_firm_then_raised),
        cmocka_unit_test(test_two_events_of_one_tick_are_one_duty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
