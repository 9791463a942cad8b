// A network that is not seen: by phone in its peak hours, an operator's tone outside of them; again
// and again until somebody says that he knows, or it is seen. Incidents: tests/scenarios/called.
#include "detectors/calls/calls.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define MINUTE_NS (60 * NS_PER_S)

static struct hours peak[] = {{9 * 3600, 21 * 3600}};
static struct network_settings networks[] = {{.id = (char[]){"pay"},
    .name = (char[]){"网上支付系统"},
    .peak_hours = peak,
    .peak_hours_count = 1}};
static struct roster_settings roster[] = {{.step = 1}, {.step = 2}, {.step = 3}};
static const struct settings settings = {.networks = networks,
    .network_count = 1,
    .calls = {.repeat_ns = 5 * MINUTE_NS,
        .escalate_ns = 10 * MINUTE_NS,
        .roster = roster,
        .roster_count = 3}};

static struct instant at(const char *time)
{
    char text[64];
    struct instant instant;
    snprintf(text, sizeof(text), "2026-03-10T%s:00+08:00", time);
    assert_true(instant_parse(text, &instant));
    return instant;
}

static size_t tick(struct calls *calls, struct instant now, const struct health_change *change,
    const struct call **ret)
{
    const struct calls_input input = {.health = change, .health_count = change != NULL};
    return calls_from_tick(calls, &input, now, ret);
}

static struct health_change blind(bool raised)
{
    return (struct health_change){
        .kind = HEALTH_BLIND, .raised = raised, .reason_chinese = "未观测到业务"};
}

// The one call of a change; NULL: none.
static const struct call *change(struct calls *calls, const char *time, bool raised)
{
    const struct health_change change = blind(raised);
    const struct call *made;
    size_t count = tick(calls, at(time), &change, &made);
    assert_in_range(count, 0, 1);
    return count == 1 ? made : NULL;
}

// How many calls the seconds (from, to] make; *ret_steps the highest step.
static size_t pass(struct calls *calls, const char *from, const char *to, int64_t *ret_step)
{
    size_t count = 0;
    for (int64_t ns = at(from).ns + NS_PER_S; ns <= at(to).ns; ns += NS_PER_S) {
        const struct call *made;
        size_t some = tick(calls, (struct instant){ns}, NULL, &made);
        *ret_step = some > 0 ? made[some - 1].step : *ret_step;
        count += some;
    }
    return count;
}

static void test_in_peak_by_phone_until_it_is_seen(void **state)
{
    (void)state;
    struct calls *calls = calls_new(&settings);
    int64_t step = 0;
    const struct call *call = change(calls, "10:00", true);
    assert_non_null(call);
    assert_string_equal(call->subject, "blind/pay");
    assert_int_equal(call->level, CALL_PHONE);
    assert_int_equal(call->cause, CALL_BEGAN);
    assert_int_equal(call->step, 1);
    assert_non_null(strstr(call->text, "【电话】网上支付系统：未观测到业务"));
    assert_int_equal(pass(calls, "10:00", "10:09", &step), 1);
    assert_int_equal(step, 1);
    assert_int_equal(pass(calls, "10:09", "12:00", &step), 22);
    assert_int_equal(step, 3);
    assert_int_equal(pass(calls, "12:00", "15:30", &step), 3); // once an hour by then
    assert_int_equal(change(calls, "15:31", false)->cause, CALL_OVER);
    assert_int_equal(pass(calls, "15:31", "18:00", &step), 0);
    assert_int_equal(change(calls, "18:01", true)->step, 1); // from the beginning
    calls_free(calls);
}

static void test_outside_of_peak_one_tone(void **state)
{
    (void)state;
    struct calls *calls = calls_new(&settings);
    int64_t step = 0;
    const struct call *call = change(calls, "03:00", true);
    assert_int_equal(call->level, CALL_TONE);
    assert_int_equal(call->step, 0);
    assert_int_equal(pass(calls, "03:00", "05:00", &step), 0);
    assert_null(change(calls, "05:01", false));
    calls_free(calls);
}

static void test_who_mutes_a_network_knows_of_it(void **state)
{
    (void)state;
    struct calls *calls = calls_new(&settings);
    const struct fact mute = {.kind = FACT_MUTE, .until = at("10:30")};
    int64_t step = 0;
    change(calls, "10:00", true);
    calls_take_fact(calls, &mute);
    assert_int_equal(pass(calls, "10:00", "12:00", &step), 0);
    assert_null(change(calls, "12:01", false));
    assert_false(change(calls, "12:02", true)->muted); // it has ended
    calls_free(calls);
}

static void test_other_alarms_call_nobody(void **state)
{
    (void)state;
    struct calls *calls = calls_new(&settings);
    struct health_change silent = blind(true);
    const struct call *made;
    silent.kind = HEALTH_LINK_SILENT;
    assert_int_equal(tick(calls, at("10:00"), &silent, &made), 0);
    calls_free(calls);
}

// What the one call of these duties says; NULL: none is made.
static const char *duty_call(
    struct calls *calls, const char *time, const struct duty *duties, size_t count)
{
    const struct calls_input input = {.duties = duties, .duty_count = count};
    const struct call *made;
    size_t told = calls_from_tick(calls, &input, at(time), &made);
    assert_in_range(told, 0, 1);
    return told == 1 ? made->text : NULL;
}

// The second report of an incident is called for as the first was, after that one was sent.
static void test_the_next_report_is_called_for(void **state)
{
    (void)state;
    static const struct grade grade;
    struct calls *calls = calls_new(&settings);
    const struct fact acknowledged = {
        .kind = FACT_ACKNOWLEDGE, .incident = "00112233445566778899aabbccddeeff"};
    struct incident incident = {.id = "00112233445566778899aabbccddeeff",
        .grade = GRADE_LARGER,
        .conservative_grade = GRADE_LARGER,
        .ended_at = INSTANT_NEVER,
        .measured = &grade};
    struct duty duties[] = {
        {.key = "O1", .state = DUTY_OPEN, .event = DUTY_BEGAN, .due_at = at("11:00")},
        {.key = "O2", .state = DUTY_OPEN, .event = DUTY_BEGAN, .due_at = at("23:30")}};
    const struct calls_input begins = {
        .incidents = &incident, .incident_count = 1, .duties = duties, .duty_count = 2};
    const struct call *made;
    memcpy(duties[0].subject, incident.id, sizeof(incident.id));
    memcpy(duties[1].subject, incident.id, sizeof(incident.id));
    assert_int_equal(calls_from_tick(calls, &begins, at("10:30"), &made), 1);
    calls_take_fact(calls, &acknowledged);

    duties[0].event = DUTY_HALF;
    assert_non_null(strstr(duty_call(calls, "10:45", duties, 1), "；报送时限 2026-03-10 11:00"));
    duties[0].event = DUTY_MOVED;
    duties[0].state = DUTY_SENT;
    assert_null(duty_call(calls, "10:50", duties, 1));

    static const struct {
        const char *time, *cause;
        enum duty_event event;
    } rows[] = {{"17:00", "报送时限临近；报送时限 2026-03-10 23:30", DUTY_HALF},
        {"20:54", "报送时限临近；报送时限 2026-03-10 23:30", DUTY_WARNED},
        {"23:31", "报送已逾期；报送时限 2026-03-10 23:30", DUTY_OVERDUE}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        duties[1].event = rows[i].event;
        const char *text = duty_call(calls, rows[i].time, &duties[1], 1);
        assert_non_null(text);
        assert_non_null(strstr(text, rows[i].cause));
    }
    calls_free(calls);
}

static struct duty risk_notice(enum duty_event event, enum duty_state state)
{
    struct duty duty = {.kind = DUTY_RISK_ANSWER,
        .key = "O9",
        .state = state,
        .event = event,
        .due_at = at("17:00")};
    snprintf(duty.subject, sizeof(duty.subject), "ffeeddccbbaa99887766554433221100");
    return duty;
}

static const char *notice_call(
    struct calls *calls, const char *time, enum duty_event event, enum duty_state state)
{
    struct duty duty = risk_notice(event, state);
    return duty_call(calls, time, &duty, 1);
}

// Whoever mutes a network for its traffic has not seen a paper about it.
static void test_who_mutes_a_network_knows_no_notice(void **state)
{
    (void)state;
    struct calls *calls = calls_new(&settings);
    const struct fact mute = {.kind = FACT_MUTE, .until = at("18:00")};
    const struct fact acknowledged = {
        .kind = FACT_ACKNOWLEDGE, .incident = "ffeeddccbbaa99887766554433221100"};
    const struct call *made;
    int64_t step = 0;
    assert_non_null(notice_call(calls, "10:00", DUTY_BEGAN, DUTY_OPEN));
    assert_non_null(notice_call(calls, "17:00", DUTY_OVERDUE, DUTY_OPEN));
    calls_take_fact(calls, &mute);
    assert_int_equal(tick(calls, at("17:05"), NULL, &made), 1);
    assert_false(made->muted);
    assert_int_equal(pass(calls, "17:05", "18:30", &step), 17); // every 5 minutes as before
    calls_take_fact(calls, &acknowledged);
    assert_int_equal(pass(calls, "18:30", "19:30", &step), 0);
    calls_free(calls);
}

// an answer that was not sent after all is due again, with its calls; also when it was
// thought to be for more than a day.
static void test_a_notice_that_is_due_again_is_called_for(void **state)
{
    (void)state;
    for (int late = 0; late < 2; late++) {
        struct calls *calls = calls_new(&settings);
        const struct call *made;
        assert_non_null(notice_call(calls, "10:00", DUTY_BEGAN, DUTY_OPEN));
        assert_null(notice_call(calls, "10:30", DUTY_MOVED, DUTY_SENT));
        struct instant now = at(late == 0 ? "11:00" : "10:31");
        now = instant_add(now, late * S_PER_DAY * NS_PER_S);
        tick(calls, now, NULL, &made);
        struct duty duty = risk_notice(DUTY_MOVED, DUTY_OPEN);
        struct calls_input input = {.duties = &duty, .duty_count = 1};
        assert_int_equal(calls_from_tick(calls, &input, now, &made), 1);
        assert_int_equal(made->level, CALL_TONE);
        duty.event = DUTY_OVERDUE;
        now = instant_add(now, 60 * MINUTE_NS);
        assert_int_equal(calls_from_tick(calls, &input, now, &made), 1);
        assert_int_equal(made->level, CALL_PHONE);
        assert_int_equal(made->cause, CALL_OVERDUE);
        now = instant_add(now, 5 * MINUTE_NS);
        assert_int_equal(tick(calls, now, NULL, &made), 1);
        calls_free(calls);
    }
}

// nothing of a state secret leaves, and a call leaves for the bank's gateway. The ledger has
// all of it.
static void test_a_call_names_no_state_secret(void **state)
{
    (void)state;
    static const struct {
        enum secrecy secrecy;
        bool names;
    } rows[] = {{SECRECY_NONE, true}, {SECRECY_WORK, true}, {SECRECY_STATE, false}};
    static const char *const words[] = {"pay", "网上支付系统", "grade", "较大", "中断"};
    struct institution_settings institution = {.id = (char[]){"bank"}, .code = (char[]){"C1"}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct network_settings network = networks[0];
        struct settings one = settings;
        const struct call call = {.subject = NETWORK_PREFIX "pay",
            .level = CALL_PHONE,
            .step = 1,
            .at = at("10:00"),
            .grade = GRADE_LARGER,
            .conservative_grade = GRADE_LARGER,
            .text = "【电话】网上支付系统：等级较大，整体中断"};
        struct event event;
        network.secrecy = rows[i].secrecy;
        one.networks = &network;
        one.institutions = &institution;
        one.institution_count = 1;
        one.kafka.topic_prefix = (char[]){"tapgrade"};
        event_from_call(&one, "sensor", &call, &event);
        for (size_t w = 0; w < sizeof(words) / sizeof(words[0]); w++) {
            assert_int_equal(strstr(event.value, words[w]) != NULL, rows[i].names);
        }
        assert_int_equal(strstr(event.headers, "pay") != NULL, rows[i].names);
        assert_int_equal(strstr(event.id, "pay") != NULL, rows[i].names);
        assert_int_equal(strstr(event.key, "pay") != NULL, rows[i].names);
        assert_int_equal(strstr(event.headers, "\"17\"") != NULL, rows[i].names);
        assert_int_equal(
            strstr(event.value, "\"message\":\"涉密事项，请查看台账\"") != NULL, !rows[i].names);
        assert_non_null(strstr(event.value, "\"step\":1"));
        event_done(&event);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_in_peak_by_phone_until_it_is_seen),
        cmocka_unit_test(test_outside_of_peak_one_tone),
        cmocka_unit_test(test_who_mutes_a_network_knows_of_it),
        cmocka_unit_test(test_other_alarms_call_nobody),
        cmocka_unit_test(test_the_next_report_is_called_for),
        cmocka_unit_test(test_who_mutes_a_network_knows_no_notice),
        cmocka_unit_test(test_a_notice_that_is_due_again_is_called_for),
        cmocka_unit_test(test_a_call_names_no_state_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
