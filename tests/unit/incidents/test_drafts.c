#include "detectors/drafts/drafts.h"

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
    struct duty duty;
    struct drafts *drafts;
};

static void make(struct made *made)
{
    sample_init(&made->sample);
    made->grade = sample_grade(&made->sample, 15);
    sample_met(&made->sample, &made->grade, CLAUSE_LARGER, "10:15:00", NULL);
    made->grade.next = (struct next_threshold){&made->sample.clauses[CLAUSE_MAJOR], at("11:30:00")};
    made->grade.ahead[made->grade.ahead_count++] = made->grade.next;
    made->incident = (struct incident){.id = "00112233445566778899aabbccddeeff",
        .state = INCIDENT_GRADED,
        .event = EVENT_ESCALATED,
        .sequence = 2,
        .at = at("10:15:30"),
        .first_suspected = at("10:00:00"),
        .onset = at("10:00:00"),
        .met_at = at("10:15:00"),
        .met_larger_at = at("10:15:00"),
        .conservative_larger_at = at("10:15:00"),
        .attention_at = INSTANT_NEVER,
        .ended_at = INSTANT_NEVER,
        .grade = GRADE_LARGER,
        .conservative_grade = GRADE_LARGER,
        .measured = &made->grade};
    assert_true(duty_brief(&made->incident, &made->duty));
    made->duty.known_at = made->incident.at;
    made->duty.sequence = 2;
    made->drafts = sample_drafts(&made->sample);
}

static const struct draft *draft_of(struct made *made)
{
    const struct draft *draft = NULL;
    drafts_from_duties(made->drafts, &made->duty, 1, NULL, 0, made->incident.at, &draft);
    return draft;
}

static const char *item_text(const struct draft *draft, size_t item, const char *key)
{
    return json_string_value(
        json_object_get(json_array_get(json_object_get(draft->document, "items"), item), key));
}

// Art. 19, first sentence: the ten items in its order.
static void test_R_19_1_items(void **state)
{
    (void)state;
    static const struct {
        const char *item, *value, *filled_by, *state;
    } rows[] = {
        {"初次确定的网络安全事件等级", "较大", "machine", "confirm"},
        {"事发时间", "2026年3月10日 10:00（北京时间）", "machine", "confirm"},
        {"网络安全事件分类", "异常行为/访问异常（GB/T 20986-2023，代码 08001 未经核对，机器建议）",
            "machine", "confirm"},
        {"影响的中国人民银行业务领域网络", "网上支付系统", "machine", "filled"},
        {"网络安全保护等级", "第三级 S3A3，备案编号 31000099001", "settings", "filled"},
        {"涉及的数据中心", "上海数据中心", "machine", "confirm"},
        {"报告机构", "示例银行股份有限公司", "settings", "filled"},
        {"报告时间", "", "person", "missing"},
        {"报告人", "", "person", "missing"},
        {"联系方式", "", "person", "missing"},
    };
    struct made made;
    make(&made);
    const struct draft *draft = draft_of(&made);
    assert_string_equal(draft->id, "00112233445566778899aabbccddeeff/O1/1");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_string_equal(item_text(draft, i, "item"), rows[i].item);
        assert_string_equal(item_text(draft, i, "value"), rows[i].value);
        assert_string_equal(item_text(draft, i, "filled_by"), rows[i].filled_by);
        assert_string_equal(item_text(draft, i, "state"), rows[i].state);
        assert_string_equal(item_text(draft, i, "article"), "第十九条第一款");
        assert_non_null(strstr(draft->text, rows[i].item));
    }
    assert_int_equal(json_array_size(json_object_get(draft->document, "items")), 10);
    assert_int_equal(json_array_size(json_object_get(draft->document, "to_fill")), 3);
    drafts_free(made.drafts);
}

// One thing set otherwise, and the words that must, or must not, be in the document.
static void set_provisional(struct made *made)
{
    made->duty.provisional = true;
    made->duty.state = DUTY_TO_BE_DECIDED;
    made->incident.grade = GRADE_COMMON;
}

static void set_ended(struct made *made)
{
    made->incident.state = INCIDENT_RECOVERING;
    made->incident.ended_at = at("10:20:00");
}

static void set_suspected(struct made *made)
{
    made->grade.suspected = true;
    made->incident.grade = GRADE_NONE;
}

static void set_assumptions(struct made *made)
{
    made->grade.all_hours_peak = made->grade.attempts_only = true;
}

static void set_attempts(struct made *made)
{
    made->grade.attempts_only = true;
    made->sample.interruptions[0].basis = made->sample.interruptions[1].basis = BASIS_ATTEMPTS;
}

static void set_evicted(struct made *made)
{
    made->grade.evicted = true;
}

static void set_merged(struct made *made)
{
    made->grade.ticks_merged = true;
}

static void set_secret_work(struct made *made)
{
    made->sample.networks[0].secrecy = SECRECY_WORK;
}

static void set_reporter(struct made *made)
{
    static char reporter[] = "值班员甲";
    made->sample.institutions[0].reporter = reporter;
}

static void set_no_mlps(struct made *made)
{
    made->sample.networks[0].mlps = NULL;
}

static void set_no_authority(struct made *made)
{
    static char empty[] = "";
    static char branch[] = "中国人民银行江苏省分行";
    made->sample.institutions[0].report_to = empty;
    made->sample.institutions[0].domicile = branch;
}

static void set_late(struct made *made)
{
    made->duty.overdue_at_detection = true;
}

static void set_lower(struct made *made)
{
    made->incident.grade = GRADE_MAJOR;
}

static void set_nothing(struct made *made)
{
    (void)made;
}

static void test_what_the_document_says(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        void (*set)(struct made *made);
        const char *says, *never;
    } rows[] = {
        {"banner", set_nothing, "【机器草稿，须人工核实】", "工作秘密"},
        {"rule book", set_nothing, "（pboc-2025-4，版本 2026.1）", NULL},
        {"as of", set_nothing, "数据截至：2026年3月10日 10:15:30（北京时间）", NULL},
        {"share, rounded down", set_nothing, "江苏省 消费：未处理和处理失败占正常业务量 98.52%",
            NULL},
        {"scope", set_nothing, "  范围：上海市、江苏省；消费\n", NULL},
        {"duration", set_nothing, "已历时 15分，其中高峰时段 15分", "未达级"},
        {"clause", set_nothing,
            "第九条第一项 → 较大：实测 15分，阈值 15分以上，达到时刻 2026年3月10日 "
            "10:15（北京时间）",
            NULL},
        {"next threshold", set_nothing,
            "若情况不变：2026年3月10日 11:30（北京时间）达到重大（第八条第一项）", NULL},
        {"working deadline", set_nothing, "工作时限：2026年3月10日 11:00（北京时间）", NULL},
        {"outer limit", set_nothing, "最晚时限：2026年3月10日 11:15（北京时间）", NULL},
        {"time left", set_nothing, "距工作时限还有 44 分钟", "超过"},
        {"ongoing", set_nothing, "状态：整体中断持续中", "已恢复"},
        {"ended is not recovered", set_ended, "整体中断结束；业务受损情况及处置结束须人工核实",
            "已恢复"},
        {"suspected", set_suspected, "疑似整体中断，数据待定", "持续中\n"},
        {"provisional", set_provisional, "待判定（按默认口径：一般；按从严口径：较大）", NULL},
        {"provisional asks for a decision", set_provisional, "不报告依据", NULL},
        {"assumptions", set_assumptions, "计算依据：全部时段按高峰；仅按尝试量", NULL},
        {"attempts are not the normal volume", set_attempts, "占尝试业务量 98.52%（尝试 61210 笔",
            "正常"},
        {"evicted", set_evicted, "计算依据：采集表满，部分交易或连接记录被逐出，数值须人工核实\n",
            NULL},
        {"merged", set_merged, "计算依据：计数延迟合并，部分事实的获知时间晚于实际\n", "逐出"},
        {"work secret", set_secret_work, "不得通过互联网渠道报告", NULL},
        {"what a person fills", set_nothing, "须填写：报告时间；报告人；联系方式", NULL},
        {"the settings' reporter", set_reporter, "须填写：报告时间；联系方式",
            "报告人：【须人工填写】"},
        {"no level in the settings", set_no_mlps, "网络安全保护等级：【须人工填写】", NULL},
        {"R-14.1 no authority in the settings: by kind and place", set_no_authority,
            "报送对象：中国人民银行江苏省分行\n", NULL},
        {"late", set_late, "发现时已超过最晚时限", NULL},
        {"later data say less", set_lower, "等级不自动下调，须人工复核", NULL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct made made;
        make(&made);
        rows[i].set(&made);
        const struct draft *draft = draft_of(&made);
        if (strstr(draft->text, rows[i].says) == NULL) {
            fail_msg("%s: '%s' is not in\n%s", rows[i].what, rows[i].says, draft->text);
        }
        if (rows[i].never != NULL && strstr(draft->text, rows[i].never) != NULL) {
            fail_msg("%s: '%s' is in\n%s", rows[i].what, rows[i].never, draft->text);
        }
        drafts_free(made.drafts);
    }
}

static void test_a_state_secret_has_no_draft(void **state)
{
    (void)state;
    struct made made;
    make(&made);
    made.sample.networks[0].secrecy = SECRECY_STATE;
    const struct draft *draft;
    assert_int_equal(
        drafts_from_duties(made.drafts, &made.duty, 1, NULL, 0, made.incident.at, &draft), 0);
    drafts_free(made.drafts);
}

// A name that is far too long is whole in the ledger, and cut between two characters in a message.
static void test_a_long_name_stays_utf8(void **state)
{
    (void)state;
    static char name[3 * 400 + 4];
    struct made made;
    for (int shift = 0; shift < 3; shift++) {
        memset(name, 'x', (size_t)shift);
        for (int i = 0; i < 399; i++) {
            memcpy(name + shift + 3 * i, "银", 4);
        }
        make(&made);
        made.sample.institutions[0].name = name;
        const struct draft *draft = draft_of(&made);
        assert_string_equal(item_text(draft, 6, "value"), name);
        const char *shown = json_string_value(json_object_get(
            json_array_get(json_object_get(draft->shown_document, "items"), 6), "value"));
        size_t length = (size_t)(strstr(shown, "…（全文见台账）") - shown);
        assert_true(length > 597 && length <= 600);
        assert_int_equal((length - (size_t)shift) % 3, 0);
        drafts_free(made.drafts);
    }
}

// Art. 12(1): the draft says what is not known, why, and which clause it may be.
static void test_R_12_2_what_is_not_known_is_said(void **state)
{
    (void)state;
    static const char *const expected[] = {
        "较大（无法准确定级，按较大上报，第十二条第一款）",
        "状态：可能整体中断持续中，采集覆盖不足，无法准确判定",
        "可能整体中断（采集覆盖不足），确定未处理和处理失败占正常业务量 49.01%",
        "失败 30000 笔，未到达 0 笔，结果未采集到 30308 笔）",
        "无法准确定级，按较大上报：未采集到的结果若为失败，即达到",
        "不能准确判定：采集覆盖不足",
    };
    struct made made;
    make(&made);
    for (size_t i = 0; i < 2; i++) {
        struct interruption *one = &made.sample.interruptions[i];
        one->undeterminable = true;
        one->loss.unobserved = 30308;
        one->loss.failed -= 30308;
    }
    made.grade.criteria[0].stands_for = &made.sample.clauses[CLAUSE_LARGER];
    made.grade.undeterminable_of[made.grade.undeterminable_count] = "coverage";
    made.grade.undeterminable[made.grade.undeterminable_count++] = "采集覆盖不足";
    const struct draft *draft = draft_of(&made);
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        if (strstr(draft->text, expected[i]) == NULL) {
            fail_msg("%s is not in %s", expected[i], draft->text);
        }
    }
    drafts_free(made.drafts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_R_19_1_items),
        cmocka_unit_test(test_R_12_2_what_is_not_known_is_said),
        cmocka_unit_test(test_what_the_document_says),
        cmocka_unit_test(test_a_state_secret_has_no_draft),
        cmocka_unit_test(test_a_long_name_stays_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
