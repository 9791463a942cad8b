// The answer to a risk notice (art. 24): of a notice, not of an incident.
#include "detectors/drafts/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>

#include "tests/unit/incidents/sample.h"

#include <cmocka.h>

#define NOTICE "ffeeddccbbaa99887766554433221100"

struct made {
    struct sample sample;
    struct grade grade;
    struct incident incident; // of its network, as it happens
    struct duty duty;
    struct drafts *drafts;
};

static void make(struct made *made)
{
    const struct fact notice = {.kind = FACT_RISK_NOTICE,
        .id = NOTICE,
        .why = "风险提示函第 5 号",
        .by = "张三",
        .at = at("11:40:00"),
        .entered_at = at("11:40:00")};
    *made = (struct made){0};
    sample_init(&made->sample);
    made->grade = sample_grade(&made->sample, 95);
    made->incident = (struct incident){.id = "00112233445566778899aabbccddeeff",
        .state = INCIDENT_GRADED,
        .onset = at("10:00:00"),
        .ended_at = INSTANT_NEVER,
        .grade = GRADE_MAJOR,
        .conservative_grade = GRADE_MAJOR,
        .measured = &made->grade};
    made->duty = duty_blank(DUTY_RISK_ANSWER, NULL);
    memcpy(made->duty.subject, NOTICE, sizeof(NOTICE));
    made->duty.starts_at = at("11:40:00");
    made->duty.due_at = made->duty.outer_limit_at = at("17:00:00");
    made->drafts = sample_drafts(&made->sample);
    drafts_take_move(made->drafts, &notice);
}

static const struct draft *draft_of(struct made *made, bool duty, const char *time_of_day)
{
    const struct draft *draft = NULL;
    size_t count = drafts_from_duties(
        made->drafts, &made->duty, duty, &made->incident, 1, at(time_of_day), &draft);
    assert_in_range(count, 0, 1);
    return count == 1 ? draft : NULL;
}

static const char *value_of(const struct draft *draft, const char *key)
{
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(draft->document, "items"), i, item)
    {
        if (strcmp(json_string_value(json_object_get(item, "key")), key) == 0) {
            return json_string_value(json_object_get(item, "value"));
        }
    }
    return "(none)";
}

static void said_check(const char *text, const char *says)
{
    text = text == NULL ? "" : text;
    if (strstr(text, says) == NULL) {
        fail_msg("'%s' is not in\n%s", says, text);
    }
}

static void test_R_24_1_the_answer_to_a_risk_notice(void **state)
{
    (void)state;
    struct made made;
    make(&made);
    const struct draft *draft = draft_of(&made, true, "11:40:00");
    assert_non_null(draft);
    assert_string_equal(draft->id, NOTICE "/O9/1");
    json_t *missing = json_pack(
        "[ssssss]", "check", "verdict", "risk_measures", "reported_at", "reporter", "contact");
    assert_true(json_equal(json_object_get(draft->document, "missing"), missing));
    json_decref(missing);
    said_check(draft->text, "\n网络安全风险提示反馈\n");
    said_check(draft->text, "收到风险提示的时间：2026年3月10日 11:40（北京时间）");
    said_check(draft->text, "风险提示函第 5 号");
    assert_null(strstr(draft->shown_text, "风险提示函"));
    assert_null(json_object_get(draft->document, "facts"));
    drafts_free(made.drafts);
}

// What the sensor has of the network stands beside it, and proves nothing.
static void test_R_24_1_what_was_seen_of_the_network(void **state)
{
    (void)state;
    struct made made;
    make(&made);
    const char *seen = value_of(draft_of(&made, true, "11:40:00"), "seen");
    said_check(seen, "掌握该网络事件 1 起（含启动时恢复的，其余见台账）\n2026年3月10日 10:00");
    said_check(seen, "不能证明有无数据泄露");
    drafts_free(made.drafts);
    make(&made);
    made.incident.network = 1;
    seen = value_of(draft_of(&made, true, "11:40:00"), "seen");
    said_check(seen, "掌握该网络事件 0 起（含启动时恢复的，其余见台账）\n流量监测只反映");
    drafts_free(made.drafts);
}

static void test_R_24_1_a_fill_writes_a_new_version(void **state)
{
    (void)state;
    struct made made;
    struct fact fill = {.kind = FACT_FILL, .incident = NOTICE, .item = "check", .value = "已核查"};
    make(&made);
    draft_of(&made, true, "11:40:00");
    drafts_take_move(made.drafts, &fill);
    const struct draft *draft = draft_of(&made, false, "12:00:00");
    assert_non_null(draft);
    assert_string_equal(draft->id, NOTICE "/O9/2");
    assert_string_equal(value_of(draft, "check"), "已核查");
    assert_null(draft_of(&made, false, "12:01:00"));
    drafts_free(made.drafts);
}

// Not of notices alone: what a draft says of the sensor's clock.
static void test_the_clock_is_said_as_it_is_known(void **state)
{
    (void)state;
    static const struct {
        int result;
        struct timex now;
        const char *says;
        bool doubtful;
    } rows[] = {
        {-1, {0}, "未知（系统不提供），须人工核对", false},
        {TIME_ERROR, {.offset = 5}, "未同步，偏差未知，须人工核对", false},
        {TIME_OK, {.status = STA_UNSYNC}, "未同步，偏差未知，须人工核对", false},
        {TIME_OK, {.offset = -1500, .maxerror = 20000}, "-1500微秒，最大误差20000微秒", false},
        {TIME_OK, {.offset = 1500, .maxerror = 1000000, .status = STA_NANO},
            "+1微秒，最大误差1000000微秒", false},
        {TIME_OK, {.offset = 0, .maxerror = 1000001},
            "+0微秒，最大误差1000001微秒，可能超过1秒，时刻存疑，须人工核对", true},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sensor_clock clock = sensor_clock_from(rows[i].result, &rows[i].now);
        char *text = NULL;
        size_t size;
        FILE *out = open_memstream(&text, &size);
        sensor_clock_print(out, &clock);
        fclose(out);
        assert_string_equal(text, rows[i].says);
        assert_int_equal(sensor_clock_is_doubtful(&clock), rows[i].doubtful);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_R_24_1_the_answer_to_a_risk_notice),
        cmocka_unit_test(test_R_24_1_what_was_seen_of_the_network),
        cmocka_unit_test(test_R_24_1_a_fill_writes_a_new_version),
        cmocka_unit_test(test_the_clock_is_said_as_it_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
