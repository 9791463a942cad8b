#include "detectors/facts/facts.h"
#include "detectors/grades/grades.h"

#include <stdlib.h>
#include <string.h>

const struct choice fact_kinds[] = {
    {"leak", FACT_LEAK},
    {"ransomware", FACT_RANSOMWARE},
    {"notice", FACT_NOTICE},
    {"attention", FACT_ATTENTION},
    {"cannot_proceed", FACT_CANNOT_PROCEED},
    {"cause", FACT_CAUSE},
    {"confirm", FACT_CONFIRM},
    {"split", FACT_SPLIT},
    {"sent", FACT_SENT},
    {"received", FACT_RECEIVED},
    {"fill", FACT_FILL},
    {"ended", FACT_ENDED},
    {"decide", FACT_DECIDE},
    {"acknowledge", FACT_ACKNOWLEDGE},
    {"regrade", FACT_REGRADE},
    {"false_alarm", FACT_FALSE_ALARM},
    {"out_of_scope", FACT_OUT_OF_SCOPE},
    {"close", FACT_CLOSE},
    {"stage", FACT_STAGE},
    {"problem", FACT_PROBLEM},
    {"promise", FACT_PROMISE},
    {"returned", FACT_RETURNED},
    {"risk_notice", FACT_RISK_NOTICE},
    {"crime_suspected", FACT_CRIME_SUSPECTED},
    {"personal_information", FACT_PERSONAL_INFORMATION},
    {"correct", FACT_CORRECT},
    {"mute", FACT_MUTE},
    {0},
};

bool fact_is_move(const struct fact *fact)
{
    return fact->kind >= FACT_SENT && fact->kind != FACT_MUTE;
}

const struct choice data_kinds[] = {
    {"personal", DATA_PERSONAL},
    {"sensitive", DATA_SENSITIVE},
    {"credit", DATA_CREDIT},
    {"enterprise_credit", DATA_ENTERPRISE_CREDIT},
    {"property", DATA_PROPERTY},
    {"important", DATA_IMPORTANT},
    {"core", DATA_CORE},
    {"business", DATA_BUSINESS},
    {0},
};

const struct choice data_harms[] = {
    {"leaked", HARM_LEAKED},
    {"tampered", HARM_TAMPERED},
    {"destroyed", HARM_DESTROYED},
    {"lost", HARM_LOST},
    {0},
};

const struct choice authorities[] = {
    {"cac", AUTHORITY_CAC},
    {"police", AUTHORITY_POLICE},
    {"pboc", AUTHORITY_PBOC},
    {"pboc_shanghai", AUTHORITY_PBOC_SHANGHAI},
    {"pboc_provincial", AUTHORITY_PBOC_PROVINCIAL},
    {"pboc_planned_city", AUTHORITY_PBOC_PLANNED_CITY},
    {"pboc_prefecture", AUTHORITY_PBOC_PREFECTURE},
    {0},
};

const struct choice channels[] = {
    {"writing", CHANNEL_WRITING},
    {"phone", CHANNEL_PHONE},
    {"other", CHANNEL_OTHER},
    {0},
};

const struct choice sent_channels[] = {
    {"phone", CHANNEL_PHONE},
    {"im", CHANNEL_IM},
    {"email", CHANNEL_EMAIL},
    {"fax", CHANNEL_FAX},
    {"system", CHANNEL_SYSTEM},
    {"writing", CHANNEL_WRITING},
    {0},
};

const struct choice confirm_channels[] = {
    {"phone", CHANNEL_PHONE},
    {"im", CHANNEL_IM},
    {0},
};

const struct choice corrected_kinds[] = {
    {"sent", FACT_SENT},
    {"received", FACT_RECEIVED},
    {0},
};

const struct choice fact_grades[] = {
    {"common", GRADE_COMMON},
    {"larger", GRADE_LARGER},
    {"major", GRADE_MAJOR},
    {"maximum", GRADE_MAXIMUM},
    {0},
};

const struct choice regrades[] = {
    {"none", GRADE_NONE},
    {"common", GRADE_COMMON},
    {"larger", GRADE_LARGER},
    {"major", GRADE_MAJOR},
    {"maximum", GRADE_MAXIMUM},
    {0},
};

static const char *const data_names[] = {
    [DATA_PERSONAL] = "个人信息",
    [DATA_SENSITIVE] = "敏感个人信息",
    [DATA_CREDIT] = "个人征信信息",
    [DATA_ENTERPRISE_CREDIT] = "企业征信信息",
    [DATA_PROPERTY] = "财产信息",
    [DATA_IMPORTANT] = "重要数据",
    [DATA_CORE] = "核心数据",
    [DATA_BUSINESS] = "业务数据",
};

static const char *const harm_names[] = {
    [HARM_LEAKED] = "泄露",
    [HARM_TAMPERED] = "篡改",
    [HARM_DESTROYED] = "破坏",
    [HARM_LOST] = "丢失",
};

static const char *const authority_names[] = {
    [AUTHORITY_CAC] = "网信部门",
    [AUTHORITY_POLICE] = "公安机关",
    [AUTHORITY_PBOC] = "中国人民银行",
    [AUTHORITY_PBOC_SHANGHAI] = "中国人民银行上海总部",
    [AUTHORITY_PBOC_PROVINCIAL] = "中国人民银行省级分行",
    [AUTHORITY_PBOC_PLANNED_CITY] = "中国人民银行计划单列市分行",
    [AUTHORITY_PBOC_PREFECTURE] = "中国人民银行地市分行",
};

const char *const channel_names_chinese[] = {
    [CHANNEL_NONE] = "",
    [CHANNEL_WRITING] = "书面",
    [CHANNEL_PHONE] = "电话",
    [CHANNEL_OTHER] = "其他方式",
    [CHANNEL_IM] = "即时通信工具",
    [CHANNEL_EMAIL] = "电子邮件",
    [CHANNEL_FAX] = "传真",
    [CHANNEL_SYSTEM] = "中国人民银行指定的信息系统",
};

static const char *const other_names[] = {
    [FACT_RANSOMWARE] = "遭受勒索恶意程序攻击并造成危害后果",
    [FACT_ATTENTION] = "引发较大舆情",
    [FACT_CANNOT_PROCEED] = "业务无法正常开展",
    [FACT_CAUSE] = "原因已录入台账",
    [FACT_CONFIRM] = "确认归入同组",
    [FACT_SPLIT] = "移出同组",
    [FACT_ENDED] = "处置结束",
    [FACT_ACKNOWLEDGE] = "已有人接手",
    [FACT_FALSE_ALARM] = "认定为误报",
    [FACT_OUT_OF_SCOPE] = "认定为不属于本办法范围",
    [FACT_CLOSE] = "关闭",
    [FACT_STAGE] = "取得阶段性成果",
    [FACT_PROBLEM] = "出现新的重大问题",
    [FACT_RETURNED] = "总结报告被退回",
    [FACT_MUTE] = "暂停呼叫",
    [FACT_CRIME_SUSPECTED] = "涉嫌犯罪，另须向公安机关报案（第四条）",
};

static void notice_chinese(const struct fact *fact, char text[static FACT_TEXT_MAX])
{
    bool prefecture = fact->authority == AUTHORITY_PBOC_PREFECTURE;
    bool pboc = fact->authority >= AUTHORITY_PBOC && !prefecture;
    bool oral = pboc && fact->channel != CHANNEL_WRITING;
    snprintf(text, FACT_TEXT_MAX, "%s%s告知应当分级为%s%s", authority_names[fact->authority],
        channel_names_chinese[fact->channel], grade_names_chinese[fact->grade],
        prefecture ? "（不适用：非上海总部、省级分行、计划单列市分行）"
        : oral     ? "（尚无书面告知，须人工确认）"
                   : "");
}

const char *duty_key_chinese(const char *key)
{
    static const char *const names[] = {"", "事发简要报告", "事发报告", "事中进展报告",
        "事中进展报告", "事后调查总结报告", "初步报告", "总结报告", "修改后的总结报告",
        "风险提示反馈", "台账"};
    size_t number = strtoul(key + (key[0] == 'O'), NULL, 10);
    return names[number < sizeof(names) / sizeof(names[0]) ? number : 0];
}

// The instant is that of its line.
static void correct_chinese(const struct fact *fact, char text[static FACT_TEXT_MAX])
{
    const char *report = duty_key_chinese(fact->duty);
    const char *what = fact->corrects == FACT_SENT ? "报送" : "接报";
    if (fact->withdrawn) {
        snprintf(text, FACT_TEXT_MAX, "更正：%s（%s）并未%s", report, fact->duty, what);
    } else {
        const char *how = fact->corrects == FACT_SENT ? channel_names_chinese[fact->channel] : "";
        snprintf(text, FACT_TEXT_MAX, "更正：%s（%s）的%s时间%s%s", report, fact->duty, what,
            how[0] != '\0' ? "，渠道为" : "", how);
    }
}

static void move_chinese(const struct fact *fact, char text[static FACT_TEXT_MAX])
{
    char date[DATE_TEXT_MAX];
    date_format(&fact->date, date, sizeof(date));
    switch (fact->kind) {
    case FACT_SENT:
        snprintf(text, FACT_TEXT_MAX, "%s（%s）已报送（%s）", duty_key_chinese(fact->duty),
            fact->duty, channel_names_chinese[fact->channel]);
        break;
    case FACT_RECEIVED:
        snprintf(
            text, FACT_TEXT_MAX, "%s（%s）已确认收到", duty_key_chinese(fact->duty), fact->duty);
        break;
    case FACT_FILL: snprintf(text, FACT_TEXT_MAX, "已填写 %s", fact->item); break;
    case FACT_DECIDE:
        snprintf(text, FACT_TEXT_MAX, "%s（%s）决定%s报告", duty_key_chinese(fact->duty),
            fact->duty, fact->report ? "" : "不");
        break;
    case FACT_REGRADE:
        snprintf(text, FACT_TEXT_MAX, "人工定级为%s", grade_names_chinese[fact->grade]);
        break;
    case FACT_PROMISE: snprintf(text, FACT_TEXT_MAX, "承诺 %s 前提交总结报告", date); break;
    case FACT_RISK_NOTICE:
        snprintf(text, FACT_TEXT_MAX, "收到人民银行风险提示，%s 前反馈", date);
        break;
    case FACT_PERSONAL_INFORMATION:
        snprintf(text, FACT_TEXT_MAX, "%s个人信息", fact->involved ? "涉及" : "不涉及");
        break;
    case FACT_CORRECT: correct_chinese(fact, text); break;
    default: snprintf(text, FACT_TEXT_MAX, "%s", other_names[fact->kind]); break;
    }
}

const char *fact_chinese(const struct fact *fact, char text[static FACT_TEXT_MAX])
{
    if (fact->kind == FACT_NOTICE) {
        notice_chinese(fact, text);
    } else if (fact->kind == FACT_LEAK) {
        snprintf(text, FACT_TEXT_MAX, "%s%s%s %lld 条%s", data_names[fact->data],
            fact->possible ? "可能" : "", harm_names[fact->harm], (long long)fact->records,
            fact->social_harm ? "，导致社会危害" : "");
    } else {
        move_chinese(fact, text);
    }
    return text;
}
