// The reports after the brief: their items by arts. 17 and 19 to 22, who fills them, and when they
// are written anew.
#include "detectors/drafts/drafts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/incidents/sample.h"

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MOVES_MAX    16
#define ID           "00112233445566778899aabbccddeeff"

struct made {
    struct sample sample;
    struct grade grade;
    struct incident incident;
    struct duty duty;
    struct drafts *drafts;
    struct fact facts[MOVES_MAX];
    const struct fact *moves[MOVES_MAX];
};

// 重大 since 11:30, on-going.
static void make(struct made *made, enum duty_kind kind)
{
    *made = (struct made){0};
    sample_init(&made->sample);
    made->grade = sample_grade(&made->sample, 95);
    sample_met(&made->sample, &made->grade, CLAUSE_LARGER, "10:15:00", NULL);
    sample_met(&made->sample, &made->grade, CLAUSE_MAJOR, "11:30:00", NULL);
    made->incident = (struct incident){.id = ID,
        .state = INCIDENT_GRADED,
        .event = EVENT_ESCALATED,
        .sequence = 2,
        .at = at("11:35:00"),
        .first_suspected = at("10:00:00"),
        .onset = at("10:00:00"),
        .met_at = at("11:30:00"),
        .met_larger_at = at("10:15:00"),
        .conservative_larger_at = at("10:15:00"),
        .attention_at = INSTANT_NEVER,
        .ended_at = INSTANT_NEVER,
        .disposal_ended_at = INSTANT_NEVER,
        .person_grade = -1,
        .grade = GRADE_MAJOR,
        .conservative_grade = GRADE_MAJOR,
        .moves = made->moves,
        .measured = &made->grade};
    made->duty = duty_blank(kind, &made->incident);
    made->duty.starts_at = at("11:30:00");
    made->duty.due_at = made->duty.outer_limit_at = at("13:30:00");
    made->duty.at = at("11:35:00");
    made->drafts = sample_drafts(&made->sample);
}

static struct fact *move_add(struct made *made, enum fact_kind kind)
{
    struct fact *fact = &made->facts[made->incident.move_count];
    *fact = (struct fact){.kind = (int)kind, .at = at("11:40:00"), .entered_at = at("11:40:00")};
    strcpy(fact->by, "张三");
    strcpy(fact->why, "核实");
    made->moves[made->incident.move_count++] = fact;
    return fact;
}

static void fill_add(struct made *made, const char *duty, const char *item, const char *value)
{
    struct fact *fact = move_add(made, FACT_FILL);
    strcpy(fact->duty, duty);
    strcpy(fact->item, item);
    strcpy(fact->value, value);
}

static size_t write_at(
    struct made *made, bool duty, const char *time_of_day, const struct draft **ret)
{
    made->incident.at = at(time_of_day);
    return drafts_from_duties(
        made->drafts, &made->duty, duty, &made->incident, 1, at(time_of_day), ret);
}

static const struct draft *draft_of(struct made *made)
{
    const struct draft *draft = NULL;
    assert_int_equal(write_at(made, true, "11:35:00", &draft), 1);
    return draft;
}

static const json_t *item_of(const json_t *document, const char *key)
{
    const json_t *items = json_object_get(document, "items");
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i);
        if (strcmp(json_string_value(json_object_get(item, "key")), key) == 0) {
            return item;
        }
    }
    return NULL;
}

static const char *text_of(const struct draft *draft, const char *key, const char *what)
{
    const char *text = json_string_value(json_object_get(item_of(draft->document, key), what));
    return text != NULL ? text : "(none)";
}

static char *keys_of(const json_t *document, const char *list)
{
    const json_t *items = json_object_get(document, list);
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i);
        const char *key = json_is_string(item) ? json_string_value(item)
                                               : json_string_value(json_object_get(item, "key"));
        fprintf(out, "%s%s", i > 0 ? " " : "", key);
    }
    fclose(out);
    return text;
}

static void keys_check(const json_t *document, const char *list, const char *expected)
{
    char *keys = keys_of(document, list);
    assert_string_equal(keys, expected);
    free(keys);
}

static void said_check(const char *text, const char *says)
{
    if (strstr(text, says) == NULL) {
        fail_msg("'%s' is not in\n%s", says, text);
    }
}

#define BRIEF_KEYS                                                                                 \
    "grade onset classification network mlps sites institution reported_at reporter contact"

static void test_R_19_1_the_onset_report(void **state)
{
    (void)state;
    struct made made;
    make(&made, DUTY_ONSET);
    const struct draft *draft = draft_of(&made);
    keys_check(draft->document, "items", BRIEF_KEYS " scope measures_taken");
    keys_check(draft->document, "missing", "reported_at reporter contact measures_taken");
    assert_string_equal(text_of(draft, "scope", "filled_by"), "machine");
    assert_string_equal(text_of(draft, "scope", "state"), "confirm");
    said_check(text_of(draft, "scope", "value"), "范围：上海市、江苏省；消费");
    said_check(text_of(draft, "scope", "value"), "整体中断最长 1小时35分");
    said_check(draft->text, "四、时限（第十五条第一款，24小时内）");
    fill_add(&made, "O2", "classification", "02008 网络攻击/拒绝服务");
    fill_add(&made, "", "measures_taken", "已切换至备用中心\n五、伪造的标题");
    assert_int_equal(write_at(&made, false, "11:41:00", &draft), 1);
    keys_check(draft->document, "items", BRIEF_KEYS " scope measures_taken analysis");
    keys_check(draft->document, "missing", "reported_at reporter contact analysis");
    assert_string_equal(text_of(draft, "classification", "filled_by"), "person");
    said_check(text_of(draft, "classification", "machine"), "异常行为/访问异常");
    said_check(draft->text, "已采取的措施和效果：\n      已切换至备用中心\n      五、伪造的标题\n");
    drafts_free(made.drafts);
}

static void test_R_19_2_the_progress_report(void **state)
{
    (void)state;
    struct made made;
    make(&made, DUTY_PROGRESS);
    const struct draft *draft = draft_of(&made);
    keys_check(draft->document, "items",
        BRIEF_KEYS " latest_grade changes progress next_measures coordination");
    keys_check(draft->document, "missing", "reported_at reporter contact progress next_measures");
    assert_string_equal(text_of(draft, "grade", "value"), "较大");
    assert_string_equal(text_of(draft, "latest_grade", "value"), "重大");
    assert_string_equal(text_of(draft, "coordination", "state"), "as_needed");
    assert_string_equal(text_of(draft, "changes", "article"), "第十九条第二款");
    drafts_free(made.drafts);
}

// Art. 16: every two hours, what has changed since the report before that was sent.
static void test_R_16_1_a_progress_report_says_what_has_changed(void **state)
{
    (void)state;
    struct made made;
    make(&made, DUTY_PROGRESS);
    const struct draft *draft = draft_of(&made);
    assert_string_equal(text_of(draft, "changes", "value"), "此前没有可比的报告");
    made.duty.event = DUTY_MOVED;
    made.duty.state = DUTY_SENT;
    made.duty.sent_at = at("11:50:00");
    assert_int_equal(write_at(&made, true, "11:50:00", &draft), 1);
    assert_string_equal(draft->id, ID "/O3/1/2");
    assert_string_equal(text_of(draft, "reported_at", "value"), "2026年3月10日 11:50（北京时间）");
    made.duty = duty_blank(DUTY_PROGRESS, &made.incident);
    strcpy(made.duty.key, "O3/2");
    made.duty.due_at = made.duty.outer_limit_at = at("13:50:00");
    assert_int_equal(write_at(&made, true, "11:50:00", &draft), 1);
    said_check(text_of(draft, "changes", "value"), "没有变化");
    made.incident.grade = GRADE_MAXIMUM;
    made.sample.interruptions[1].loss.failed += 500;
    made.duty.event = DUTY_WARNED;
    assert_int_equal(write_at(&made, true, "13:26:00", &draft), 1);
    assert_string_equal(draft->id, ID "/O3/2/2");
    const char *changes = text_of(draft, "changes", "value");
    said_check(
        changes, "与 O3/1（2026年3月10日 11:50（北京时间））相比：\n等级：重大 → 特别重大\n");
    said_check(changes, "失败笔数：");
    assert_null(strstr(changes, "省份"));
    drafts_free(made.drafts);
}

static void test_R_19_3_the_summary(void **state)
{
    (void)state;
    struct made made;
    make(&made, DUTY_SUMMARY);
    made.incident.grade = GRADE_COMMON;
    const struct draft *draft = draft_of(&made);
    keys_check(draft->document, "items",
        "final_grade history losses root_cause lessons improvements institution reported_at "
        "reporter contact signer");
    keys_check(draft->document, "missing",
        "final_grade root_cause lessons improvements reported_at reporter contact signer");
    said_check(text_of(draft, "history", "value"),
        "2026年3月10日 10:00（北京时间） 网上支付系统 首次受损（事发时间）\n");
    said_check(text_of(draft, "history", "value"),
        "2026年3月10日 10:15（北京时间） 达到较大（第九条第一项）\n");
    assert_false(json_is_true(json_object_get(draft->document, "complete")));
    static const char *const items[] = {"final_grade", "root_cause", "lessons", "improvements",
        "reported_at", "reporter", "contact", "signer"};
    for (size_t i = 0; i < COUNT(items); i++) {
        fill_add(&made, "O5", items[i], "已填写");
    }
    assert_int_equal(write_at(&made, false, "12:00:00", &draft), 1);
    assert_true(json_is_true(json_object_get(draft->document, "complete")));
    said_check(draft->text, "须填写：无");
    drafts_free(made.drafts);
}

// Art. 20: personal information; in progress reports from 重大 on.
static void test_R_20_1_personal_information_asks_for_three_items(void **state)
{
    (void)state;
#define THREE "remedies persons_notified mitigation_told"
    static const struct {
        enum duty_kind kind;
        int grade;
        bool involved;
        const char *keys;
    } rows[] = {
        {DUTY_SUMMARY, GRADE_COMMON, true, THREE},
        {DUTY_SUMMARY, GRADE_COMMON, false, NULL},
        {DUTY_PROGRESS, GRADE_MAJOR, true, THREE},
        {DUTY_PROGRESS, GRADE_LARGER, true, NULL},
        {DUTY_PROGRESS, GRADE_MAJOR, false, NULL},
        {DUTY_ONSET, GRADE_MAJOR, true, NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct made made;
        make(&made, rows[i].kind);
        made.incident.grade = rows[i].grade;
        const struct draft *draft = draft_of(&made);
        said_check(draft->text, "是否涉及个人信息泄露、篡改、丢失（第二十条）：待人工判断");
        assert_null(item_of(draft->document, "remedies"));
        move_add(&made, FACT_PERSONAL_INFORMATION)->involved = rows[i].involved;
        assert_int_equal(write_at(&made, false, "11:41:00", &draft), 1);
        assert_null(strstr(draft->text, "是否涉及个人信息"));
        char *missing = keys_of(draft->document, "missing");
        assert_int_equal(strstr(missing, THREE) != NULL, rows[i].keys != NULL);
        assert_int_equal(item_of(draft->document, "remedies") != NULL, rows[i].keys != NULL);
        free(missing);
        drafts_free(made.drafts);
    }
}

// Arts. 21, 22: from 较大 on who is responsible; leniency only when a person says so.
static void test_R_21_1_responsibility_from_larger_on(void **state)
{
    (void)state;
    for (int grade = GRADE_COMMON; grade <= GRADE_MAXIMUM; grade++) {
        struct made made;
        make(&made, DUTY_SUMMARY);
        made.incident.grade = grade;
        const struct draft *draft = draft_of(&made);
        bool asked = grade >= GRADE_LARGER;
        assert_int_equal(item_of(draft->document, "responsibility") != NULL, asked);
        assert_int_equal(item_of(draft->document, "sanctions") != NULL, asked);
        if (asked) {
            assert_string_equal(text_of(draft, "responsibility", "state"), "missing");
            assert_string_equal(text_of(draft, "responsibility", "value"), "");
            assert_string_equal(text_of(draft, "leniency", "state"), "as_needed");
            assert_string_equal(text_of(draft, "leniency", "article"), "第二十二条");
        }
        drafts_free(made.drafts);
    }
}

static void test_R_17_2_the_preliminary_report_names_the_promised_date(void **state)
{
    (void)state;
    struct made made;
    make(&made, DUTY_PRELIMINARY);
    const struct draft *draft = draft_of(&made);
    assert_string_equal(text_of(draft, "promised_date", "state"), "missing");
    move_add(&made, FACT_PROMISE);
    made.incident.promised_date = date_make(2026, 5, 8);
    assert_int_equal(write_at(&made, false, "11:41:00", &draft), 1);
    assert_string_equal(text_of(draft, "promised_date", "value"), "2026年5月8日");
    assert_string_equal(text_of(draft, "promised_date", "filled_by"), "person");
    drafts_free(made.drafts);
}

// Art. 18: how each report may go, and what never goes over the Internet.
static void test_R_18_1_the_document_names_the_channel(void **state)
{
    (void)state;
    struct made made;
    make(&made, DUTY_ONSET);
    said_check(draft_of(&made)->text,
        "可用渠道：电话、即时通信工具、电子邮件、传真、中国人民银行指定的信息系统\n");
    said_check(draft_of(&made)->text,
        "以电子邮件、传真报送的，须电话或者即时通信工具确认收悉（第十八条第一款）");
    drafts_free(made.drafts);
    make(&made, DUTY_ONSET);
    made.sample.networks[0].secrecy = SECRECY_WORK;
    const struct draft *draft = draft_of(&made);
    said_check(draft->text, "可用渠道：电话、传真、中国人民银行指定的信息系统\n");
    said_check(draft->text, "以传真报送的，须电话确认收悉（第十八条第一款）");
    said_check(draft->text, "【涉及工作秘密，不得通过互联网渠道报告（第十八条第一款）】");
    assert_null(strstr(draft->text, "公章"));
    drafts_free(made.drafts);
}

static void test_R_18_2_the_summary_is_sealed(void **state)
{
    (void)state;
    struct made made;
    make(&made, DUTY_SUMMARY);
    const struct draft *draft = draft_of(&made);
    said_check(draft->text, "可用渠道：书面\n");
    said_check(draft->text, "书面报送并加盖公章");
    drafts_free(made.drafts);
}

// Names of persons stand in the document and in the ledger, and leave in no message.
static void test_names_of_persons_do_not_leave(void **state)
{
    (void)state;
    static const char *const items[] = {
        "reporter", "contact", "signer", "responsibility", "sanctions", "leniency"};
    struct made made;
    make(&made, DUTY_SUMMARY);
    for (size_t i = 0; i < COUNT(items); i++) {
        fill_add(&made, "", items[i], "李四 13800000000");
    }
    const struct draft *draft = draft_of(&made);
    char *document = json_dumps(draft->document, 0), *shown = json_dumps(draft->shown_document, 0);
    assert_non_null(strstr(document, "李四"));
    assert_non_null(strstr(draft->text, "签发人：李四 13800000000"));
    assert_null(strstr(shown, "李四"));
    assert_null(strstr(draft->shown_text, "李四"));
    assert_null(strstr(shown, "13800000000"));
    assert_null(strstr(draft->shown_text, "13800000000"));
    said_check(draft->shown_text, "签发人：（已填写，见台账）");
    free(document);
    free(shown);
    drafts_free(made.drafts);
}

// T-C10, the page: measured, threshold, both readings, who, why.
static void test_T_C10_not_to_report_is_filed_on_a_page(void **state)
{
    (void)state;
    struct made made;
    make(&made, DUTY_BRIEF);
    made.duty.provisional = true;
    made.duty.event = DUTY_MOVED;
    made.duty.state = DUTY_NOT_REPORTED;
    made.incident.grade = GRADE_COMMON;
    made.grade.criteria[1].reading = "触及高峰即计全程";
    struct fact *decision = move_add(&made, FACT_DECIDE);
    strcpy(decision->duty, "O1");
    strcpy(decision->why, "仅两分钟触及高峰时段");
    const struct draft *draft = draft_of(&made);
    assert_string_equal(
        json_string_value(json_object_get(draft->document, "report")), "not_reported");
    said_check(draft->text, "网络安全事件不报告依据");
    said_check(draft->text, "待判定（按默认口径：一般；按从严口径：重大）");
    said_check(draft->text, "决定人：张三");
    said_check(draft->text, "不报告的理由：仅两分钟触及高峰时段");
    said_check(draft->text, "实测");
    said_check(draft->text, "阈值");
    said_check(draft->text, "口径：触及高峰即计全程");
    assert_null(strstr(draft->shown_text, "张三"));
    drafts_free(made.drafts);
}

// What was written stays: the same words again write nothing, another fill writes a version.
static void test_a_fill_writes_a_new_version(void **state)
{
    (void)state;
    struct made made;
    make(&made, DUTY_ONSET);
    const struct draft *draft = draft_of(&made);
    assert_string_equal(draft->id, ID "/O2/1");
    assert_int_equal(write_at(&made, false, "11:36:00", &draft), 0);
    fill_add(&made, "O5", "root_cause", "未定");
    assert_int_equal(write_at(&made, false, "11:37:00", &draft), 0);
    fill_add(&made, "", "measures_taken", "甲");
    assert_int_equal(write_at(&made, false, "11:38:00", &draft), 1);
    assert_string_equal(draft->id, ID "/O2/2");
    assert_string_equal(text_of(draft, "measures_taken", "value"), "甲");
    fill_add(&made, "O2", "measures_taken", "乙");
    assert_int_equal(write_at(&made, false, "11:39:00", &draft), 1);
    assert_string_equal(text_of(draft, "measures_taken", "value"), "乙");
    drafts_free(made.drafts);
}

// A raise is in every report that is still open, not only in the one that it asks for.
static void test_R_12_4_a_raise_is_in_every_open_report(void **state)
{
    (void)state;
    struct made made;
    make(&made, DUTY_ONSET);
    made.incident.grade = GRADE_LARGER;
    const struct draft *draft = draft_of(&made);
    assert_string_equal(text_of(draft, "grade", "value"), "较大");
    made.incident.grade = GRADE_MAJOR;
    made.duty = duty_blank(DUTY_IMMEDIATE, &made.incident);
    made.duty.due_at = made.duty.outer_limit_at = at("11:50:00");
    assert_int_equal(write_at(&made, true, "11:35:00", &draft), 2);
    assert_string_equal(draft[0].id, ID "/O4/1/1");
    assert_string_equal(draft[1].id, ID "/O2/2");
    assert_string_equal(text_of(&draft[1], "grade", "value"), "重大");
    drafts_free(made.drafts);
}

static void test_items_by_duty(void **state)
{
    (void)state;
    assert_true(drafts_have_item("", "root_cause"));
    assert_true(drafts_have_item("O3/7", "next_measures"));
    assert_true(drafts_have_item("O8/1", "signer"));
    assert_true(drafts_have_item("O1-15(2)", "contact"));
    assert_false(drafts_have_item("O1", "root_cause"));
    assert_false(drafts_have_item("", "decided_by"));
    assert_true(drafts_have_item("O9", "contact"));
    assert_true(drafts_have_item("O9", "verdict"));
    assert_false(drafts_have_item("O9", "root_cause"));
    assert_false(drafts_have_item("O1", "verdict"));
    assert_false(drafts_have_item("O10", "contact"));
    assert_false(drafts_have_item("O0", "contact"));
    assert_false(drafts_have_item("x", "contact"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_R_19_1_the_onset_report),
        cmocka_unit_test(test_R_19_2_the_progress_report),
        cmocka_unit_test(test_R_16_1_a_progress_report_says_what_has_changed),
        cmocka_unit_test(test_R_19_3_the_summary),
        cmocka_unit_test(test_R_20_1_personal_information_asks_for_three_items),
        cmocka_unit_test(test_R_21_1_responsibility_from_larger_on),
        cmocka_unit_test(test_R_17_2_the_preliminary_report_names_the_promised_date),
        cmocka_unit_test(test_R_18_1_the_document_names_the_channel),
        cmocka_unit_test(test_R_18_2_the_summary_is_sealed),
        cmocka_unit_test(test_names_of_persons_do_not_leave),
        cmocka_unit_test(test_T_C10_not_to_report_is_filed_on_a_page),
        cmocka_unit_test(test_a_fill_writes_a_new_version),
        cmocka_unit_test(test_R_12_4_a_raise_is_in_every_open_report),
        cmocka_unit_test(test_items_by_duty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
