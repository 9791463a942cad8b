#include "detectors/drafts/drafts.h"
#include "detectors/kafka/kafka.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/incidents/sample.h"

#include <cmocka.h>

struct made {
    struct sample sample;
    struct grade grade;
    struct incident incident;
};

static void make(struct made *made, enum incident_event event, int grade)
{
    static const char *const met_at[] = {"", "10:30:00", "10:15:00", "11:30:00", "13:00:00"};
    sample_init(&made->sample);
    made->grade = sample_grade(&made->sample, 15);
    if (grade > 0) {
        sample_met(
            &made->sample, &made->grade, (enum sample_clause)(grade - 1), met_at[grade], NULL);
    }
    made->incident = (struct incident){.id = "00112233445566778899aabbccddeeff",
        .state = grade > 0 ? INCIDENT_GRADED : INCIDENT_SUSPECTED,
        .event = event,
        .sequence = 7,
        .at = at("10:15:00"),
        .first_suspected = at("10:00:00"),
        .onset = at("10:00:00"),
        .met_at = grade > 0 ? at(met_at[grade]) : INSTANT_NEVER,
        .met_larger_at = grade > 1 ? at("10:15:00") : INSTANT_NEVER,
        .conservative_larger_at = grade > 1 ? at("10:15:00") : INSTANT_NEVER,
        .attention_at = INSTANT_NEVER,
        .ended_at = INSTANT_NEVER,
        .grade = grade,
        .conservative_grade = grade,
        .measured = &made->grade};
}

// The value at a path like "unmapped/pboc/grade", as text.
static char *value_at(const char *json, const char *path)
{
    static char text[256];
    char part[64];
    json_t *root = json_loads(json, 0, NULL), *value = root;
    while (*path != '\0') {
        size_t length = strcspn(path, "/");
        snprintf(part, sizeof(part), "%.*s", (int)length, path);
        value = json_is_array(value) ? json_array_get(value, (size_t)atoi(part))
                                     : json_object_get(value, part);
        path += length + (path[length] == '/');
    }
    char *dumped = json_dumps(value, JSON_ENCODE_ANY);
    snprintf(text, sizeof(text), "%s", dumped != NULL ? dumped : "absent");
    free(dumped);
    json_decref(root);
    return text;
}

static void test_a_finding_says(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        enum incident_event event;
        int grade;
        const char *path, *value;
    } rows[] = {
        {"class", EVENT_OPENED, 0, "class_uid", "2004"},
        {"create", EVENT_OPENED, 0, "type_uid", "200401"},
        {"update", EVENT_ESCALATED, 2, "type_uid", "200402"},
        {"close", EVENT_CLOSED, 2, "type_uid", "200403"},
        {"suspected is new", EVENT_OPENED, 0, "status_id", "1"},
        {"graded is in progress", EVENT_ESCALATED, 2, "status_id", "2"},
        {"closed is archived", EVENT_CLOSED, 2, "status_id", "5"},
        {"severity suspected", EVENT_OPENED, 0, "severity_id", "2"},
        {"severity 一般", EVENT_ESCALATED, 1, "severity_id", "3"},
        {"severity 较大", EVENT_ESCALATED, 2, "severity_id", "4"},
        {"severity 重大", EVENT_ESCALATED, 3, "severity_id", "5"},
        {"severity 特别重大", EVENT_ESCALATED, 4, "severity_id", "6"},
        {"time is the tick in ms", EVENT_OPENED, 0, "time", "1773108900000"},
        {"start is the onset", EVENT_OPENED, 0, "start_time", "1773108000000"},
        {"no end while it goes on", EVENT_OPENED, 0, "end_time", "absent"},
        {"title", EVENT_ESCALATED, 2, "finding_info/title",
            "\"网上支付系统 上海市、江苏省 整体中断 较大\""},
        {"analytic", EVENT_ESCALATED, 2, "finding_info/analytic/name", "\"pboc-2025-4/9(1)(1)\""},
        {"clause", EVENT_ESCALATED, 2, "unmapped/pboc/met/0/art", "\"9(1)(1)\""},
        {"met_at", EVENT_ESCALATED, 2, "unmapped/pboc/met/0/met_at",
            "\"2026-03-10T10:15:00.000+08:00\""},
        {"share lost, rounded down", EVENT_ESCALATED, 2, "unmapped/pboc/ratio/lost_pct_x100",
            "9852"},
        {"both provinces' intents", EVENT_ESCALATED, 2, "unmapped/pboc/ratio/success", "1804"},
        {"provinces", EVENT_ESCALATED, 2, "unmapped/pboc/provinces/1", "\"32\""},
        {"due", EVENT_ESCALATED, 2, "unmapped/pboc/duties/0/due",
            "\"2026-03-10T11:00:00.000+08:00\""},
        {"outer limit", EVENT_ESCALATED, 2, "unmapped/pboc/duties/0/outer_limit",
            "\"2026-03-10T11:15:00.000+08:00\""},
        {"一般 has no brief", EVENT_ESCALATED, 1, "unmapped/pboc/duties", "[]"},
        {"not measured is said, not zero", EVENT_ESCALATED, 2, "unmapped/pboc/not_measured/0",
            "\"natural_persons\""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct made made;
        struct event events[INCIDENT_MESSAGES];
        make(&made, rows[i].event, rows[i].grade);
        assert_int_equal(events_from_incident(
                             &made.sample.settings, NULL, "tap-1", false, &made.incident, events),
            2);
        const char *value = value_at(events[0].value, rows[i].path);
        if (strcmp(value, rows[i].value) != 0) {
            fail_msg("%s: %s instead of %s", rows[i].what, value, rows[i].value);
        }
        assert_string_equal(events[0].value, events[1].value); // the state is the last finding
        event_done(&events[0]);
        event_done(&events[1]);
    }
}

static void test_envelope(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        bool replay;
        int message;
        const char *header, *value;
    } rows[] = {
        {"id", false, 0, "ce_id", "\"00112233445566778899aabbccddeeff/7/incident.escalated\""},
        {"id of the state", false, 1, "ce_id",
            "\"00112233445566778899aabbccddeeff/7/incident.state\""},
        {"type", false, 0, "ce_type", "\"io.tapgrade.incident.escalated.v1\""},
        {"version", false, 0, "ce_specversion", "\"1.0\""},
        {"source, encoded", false, 0, "ce_source", "\"/tapgrade/C1000000000000/tap%201%2Fx\""},
        {"subject", false, 0, "ce_subject", "\"pay\""},
        {"sequence sorts as text", false, 0, "ce_sequence", "\"0000000007\""},
        {"severity", false, 0, "ce_severitynumber", "\"17\""},
        {"schema", false, 0, "ce_dataschema", "\"urn:tapgrade:schema:finding.v1\""},
        {"schema of the state", false, 1, "ce_dataschema", "\"urn:tapgrade:schema:incident.v1\""},
        {"content", false, 0, "content-type", "\"application/json\""},
        {"time is event time", false, 0, "ce_time", "\"2026-03-10T10:15:00.000+08:00\""},
        {"live", false, 0, "ce_replay", "absent"},
        {"replay", true, 0, "ce_replay", "\"true\""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct made made;
        struct event events[INCIDENT_MESSAGES];
        make(&made, EVENT_ESCALATED, GRADE_LARGER);
        events_from_incident(
            &made.sample.settings, NULL, "tap 1/x", rows[i].replay, &made.incident, events);
        const char *value = value_at(events[rows[i].message].headers, rows[i].header);
        if (strcmp(value, rows[i].value) != 0) {
            fail_msg("%s: %s instead of %s", rows[i].what, value, rows[i].value);
        }
        assert_string_equal(events[0].topic, "tapgrade.finding.v1");
        assert_string_equal(events[1].topic, "tapgrade.incident.v1");
        assert_string_equal(events[0].key, made.incident.id);
        event_done(&events[0]);
        event_done(&events[1]);
    }
}

// The end of the interruption is in progress, not resolved: the disposal goes on.
static void test_recovered_is_not_resolved(void **state)
{
    (void)state;
    struct made made;
    struct event events[INCIDENT_MESSAGES];
    make(&made, EVENT_RECOVERED, GRADE_LARGER);
    made.incident.state = INCIDENT_RECOVERING;
    made.incident.ended_at = at("10:20:00");
    events_from_incident(&made.sample.settings, NULL, "tap-1", false, &made.incident, events);
    assert_string_equal(value_at(events[0].value, "status_id"), "2");
    assert_string_equal(value_at(events[0].value, "end_time"), "1773109200000");
    assert_null(strstr(events[0].value, "已恢复"));
    event_done(&events[0]);
    event_done(&events[1]);
}

// The title of what is only suspected says so.
static void test_a_suspicion_has_its_title(void **state)
{
    (void)state;
    struct made made;
    struct event events[INCIDENT_MESSAGES];
    make(&made, EVENT_OPENED, GRADE_NONE);
    made.grade.suspected = true;
    events_from_incident(&made.sample.settings, NULL, "tap-1", false, &made.incident, events);
    assert_non_null(strstr(value_at(events[0].value, "finding_info/title"), " 疑似整体中断 "));
    event_done(&events[0]);
    event_done(&events[1]);
}

static void test_nothing_of_a_state_secret_leaves(void **state)
{
    (void)state;
    struct made made;
    struct event events[INCIDENT_MESSAGES];
    make(&made, EVENT_ESCALATED, GRADE_LARGER);
    made.sample.networks[0].secrecy = SECRECY_STATE;
    assert_int_equal(
        events_from_incident(&made.sample.settings, NULL, "tap-1", false, &made.incident, events),
        0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_finding_says),
        cmocka_unit_test(test_envelope),
        cmocka_unit_test(test_recovered_is_not_resolved),
        cmocka_unit_test(test_a_suspicion_has_its_title),
        cmocka_unit_test(test_nothing_of_a_state_secret_leaves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
