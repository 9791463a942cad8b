// Which items a report has, who fills them, and how complete it is. Their order is that of the
// articles.
#include "config/memory.h"

#include "detectors/drafts/report.h"

#include <stdlib.h>
#include <string.h>

const char *const report_names[] = {
    "brief", "onset", "progress", "summary", "preliminary", "risk_answer", "not_reported"};

enum report_kind report_of_duty(const struct duty *duty)
{
    switch (duty->kind) {
    case DUTY_BRIEF: return duty->state == DUTY_NOT_REPORTED ? REPORT_NOT_REPORTED : REPORT_BRIEF;
    case DUTY_BRIEF_ATTENTION: return REPORT_BRIEF;
    case DUTY_ONSET:
    case DUTY_ONSET_ATTENTION: return REPORT_ONSET;
    case DUTY_PROGRESS:
    case DUTY_IMMEDIATE: return REPORT_PROGRESS;
    case DUTY_SUMMARY:
    case DUTY_PROMISED:
    case DUTY_REVISED: return REPORT_SUMMARY;
    case DUTY_PRELIMINARY: return REPORT_PRELIMINARY;
    case DUTY_RISK_ANSWER: return REPORT_RISK_ANSWER;
    default: return REPORTS;
    }
}

enum filler { BY_MACHINE, BY_PROPOSAL, BY_SETTINGS, BY_PERSON };
static const char *const filler_names[] = {"machine", "machine", "settings", "person"};

static const struct {
    const char *key, *name;
    enum filler filler;
    bool personal;
} kinds[ITEMS] = {
    [ITEM_GRADE] = {"grade", "初次确定的网络安全事件等级", BY_PROPOSAL, false},
    [ITEM_ONSET] = {"onset", "事发时间", BY_PROPOSAL, false},
    [ITEM_CLASSIFICATION] = {"classification", "网络安全事件分类", BY_PROPOSAL, false},
    [ITEM_NETWORK] = {"network", "影响的中国人民银行业务领域网络", BY_MACHINE, false},
    [ITEM_MLPS] = {"mlps", "网络安全保护等级", BY_SETTINGS, false},
    [ITEM_SITES] = {"sites", "涉及的数据中心", BY_PROPOSAL, false},
    [ITEM_INSTITUTION] = {"institution", "报告机构", BY_SETTINGS, false},
    [ITEM_REPORTED_AT] = {"reported_at", "报告时间", BY_PERSON, false},
    [ITEM_REPORTER] = {"reporter", "报告人", BY_PERSON, true},
    [ITEM_CONTACT] = {"contact", "联系方式", BY_PERSON, true},
    [ITEM_SCOPE] = {"scope", "影响范围和程度", BY_PROPOSAL, false},
    [ITEM_MEASURES] = {"measures_taken", "已采取的措施和效果", BY_PERSON, false},
    [ITEM_ANALYSIS] = {"analysis", "分析研判情况", BY_PERSON, false},
    [ITEM_LATEST_GRADE] = {"latest_grade", "最新确定的网络安全事件等级", BY_PROPOSAL, false},
    [ITEM_CHANGES] = {"changes", "影响的变化", BY_PROPOSAL, false},
    [ITEM_PROGRESS] = {"progress", "处置进展", BY_PERSON, false},
    [ITEM_NEXT_MEASURES] = {"next_measures", "下一步拟采取的措施", BY_PERSON, false},
    [ITEM_COORDINATION] = {"coordination", "需中国人民银行或其分支机构协调支持处置的事项",
        BY_PERSON, false},
    [ITEM_FINAL_GRADE] = {"final_grade", "最终确定的网络安全事件等级", BY_PERSON, false},
    [ITEM_HISTORY] = {"history", "处置历程回顾", BY_PROPOSAL, false},
    [ITEM_LOSSES] = {"losses", "影响损失评估", BY_PROPOSAL, false},
    [ITEM_ROOT_CAUSE] = {"root_cause", "技术或者管理问题根源分析", BY_PERSON, false},
    [ITEM_LESSONS] = {"lessons", "处置经验教训", BY_PERSON, false},
    [ITEM_IMPROVEMENTS] = {"improvements", "后续改进措施", BY_PERSON, false},
    [ITEM_SIGNER] = {"signer", "签发人", BY_PERSON, true},
    [ITEM_REMEDIES] = {"remedies", "为有效避免危害所采取的补救措施", BY_PERSON, false},
    [ITEM_PERSONS_NOTIFIED] = {"persons_notified", "依法通知个人的情况", BY_PERSON, false},
    [ITEM_MITIGATION_TOLD] = {"mitigation_told", "告知个人可以采取减轻危害措施的情况", BY_PERSON,
        false},
    [ITEM_RESPONSIBILITY] = {"responsibility", "直接负责的主管人员和其他直接责任人员的责任认定",
        BY_PERSON, true},
    [ITEM_SANCTIONS] = {"sanctions", "对应责任处理情况", BY_PERSON, true},
    [ITEM_LENIENCY] = {"leniency", "减轻或者免除责任处理的说明", BY_PERSON, true},
    [ITEM_PROMISED_DATE] = {"promised_date", "承诺报送事后调查总结报告的日期", BY_PERSON, false},
    [ITEM_NOTICE_AT] = {"notice_at", "收到风险提示的时间", BY_MACHINE, false},
    [ITEM_NOTICE] = {"notice", "风险提示的来源和内容", BY_PROPOSAL, true},
    [ITEM_NOTICE_NETWORK] = {"notice_network", "涉及的网络产品、服务", BY_PROPOSAL, false},
    [ITEM_SEEN] = {"seen", "流量监测记录", BY_PROPOSAL, false},
    [ITEM_CHECK] = {"check", "风险核查情况", BY_PERSON, false},
    [ITEM_VERDICT] = {"verdict", "风险是否属实、是否构成网络安全事件", BY_PERSON, false},
    [ITEM_RISK_MEASURES] = {"risk_measures", "采取的补救措施和处置情况", BY_PERSON, false},
    [ITEM_DECIDED_BY] = {"decided_by", "决定人", BY_PERSON, true},
    [ITEM_DECIDED_AT] = {"decided_at", "决定时间", BY_PERSON, false},
    [ITEM_REASON] = {"reason", "不报告的理由", BY_PERSON, true},
    [ITEM_INCOMPLETE] = {"incomplete", "缺项报送的说明", BY_PERSON, true},
};

enum condition {
    ALWAYS,
    OF_ATTACK,              // 网络攻击事件 (art. 19(1))
    OF_PERSONAL,            // 个人信息泄露、篡改、丢失 (art. 20(1))
    OF_PERSONAL_FROM_MAJOR, // the same, of 重大 or above (art. 20(2))
    FROM_LARGER,            // 较大 or above (art. 21)
    AS_NEEDED,              // may stay empty
    AS_NEEDED_FROM_LARGER,
};

struct place {
    enum item_id id;
    enum condition condition;
    const char *article; // NULL: the report's
};

#define BRIEF_ITEMS                                                                                \
    {ITEM_GRADE}, {ITEM_ONSET}, {ITEM_CLASSIFICATION}, {ITEM_NETWORK}, {ITEM_MLPS}, {ITEM_SITES},  \
        {ITEM_INSTITUTION}, {ITEM_REPORTED_AT}, {ITEM_REPORTER},                                   \
    {                                                                                              \
        ITEM_CONTACT                                                                               \
    }
#define ART_20_1 "第二十条第一款"
#define ART_20_2 "第二十条第二款"
#define ART_21_1 "第二十一条第一款"

static const struct place brief[] = {BRIEF_ITEMS};
static const struct place onset[] = {
    BRIEF_ITEMS, {ITEM_SCOPE}, {ITEM_MEASURES}, {ITEM_ANALYSIS, OF_ATTACK, NULL}};
static const struct place progress[] = {BRIEF_ITEMS, {ITEM_LATEST_GRADE}, {ITEM_CHANGES},
    {ITEM_PROGRESS}, {ITEM_NEXT_MEASURES}, {ITEM_COORDINATION, AS_NEEDED, NULL},
    {ITEM_REMEDIES, OF_PERSONAL_FROM_MAJOR, ART_20_2},
    {ITEM_PERSONS_NOTIFIED, OF_PERSONAL_FROM_MAJOR, ART_20_2},
    {ITEM_MITIGATION_TOLD, OF_PERSONAL_FROM_MAJOR, ART_20_2}};
static const struct place summary[] = {{ITEM_FINAL_GRADE}, {ITEM_HISTORY}, {ITEM_LOSSES},
    {ITEM_ROOT_CAUSE}, {ITEM_LESSONS}, {ITEM_IMPROVEMENTS}, {ITEM_INSTITUTION}, {ITEM_REPORTED_AT},
    {ITEM_REPORTER}, {ITEM_CONTACT}, {ITEM_SIGNER}, {ITEM_REMEDIES, OF_PERSONAL, ART_20_1},
    {ITEM_PERSONS_NOTIFIED, OF_PERSONAL, ART_20_1}, {ITEM_MITIGATION_TOLD, OF_PERSONAL, ART_20_1},
    {ITEM_RESPONSIBILITY, FROM_LARGER, ART_21_1}, {ITEM_SANCTIONS, FROM_LARGER, ART_21_1},
    {ITEM_LENIENCY, AS_NEEDED_FROM_LARGER, "第二十二条"}};
// Art. 17 asks for the promised date; the rest is what a reader needs to know of which incident.
static const struct place preliminary[] = {{ITEM_PROMISED_DATE}, {ITEM_LATEST_GRADE}, {ITEM_ONSET},
    {ITEM_NETWORK}, {ITEM_PROGRESS}, {ITEM_INSTITUTION}, {ITEM_REPORTED_AT}, {ITEM_REPORTER},
    {ITEM_CONTACT}};
// Art. 24: what was checked and done, by the notice's own date. When it is an incident, the reports
// of an incident begin beside it.
static const struct place risk_answer[] = {{ITEM_NOTICE_AT}, {ITEM_NOTICE}, {ITEM_NOTICE_NETWORK},
    {ITEM_SEEN}, {ITEM_CHECK}, {ITEM_VERDICT}, {ITEM_RISK_MEASURES},
    {ITEM_NEXT_MEASURES, AS_NEEDED, NULL}, {ITEM_INSTITUTION}, {ITEM_REPORTED_AT}, {ITEM_REPORTER},
    {ITEM_CONTACT}};
// A page of our own: art. 12(1) and the punishment of a missed report ask for it.
static const struct place not_reported[] = {{ITEM_GRADE}, {ITEM_ONSET}, {ITEM_NETWORK},
    {ITEM_DECIDED_BY}, {ITEM_DECIDED_AT}, {ITEM_REASON}};

#define PLACES(array) array, sizeof(array) / sizeof((array)[0])

static const struct {
    const struct place *places;
    size_t count;
    const char *article;
} reports[REPORTS] = {
    [REPORT_BRIEF] = {PLACES(brief), "第十九条第一款"},
    [REPORT_ONSET] = {PLACES(onset), "第十九条第一款"},
    [REPORT_PROGRESS] = {PLACES(progress), "第十九条第二款"},
    [REPORT_SUMMARY] = {PLACES(summary), "第十九条第三款"},
    [REPORT_PRELIMINARY] = {PLACES(preliminary), "第十七条"},
    [REPORT_RISK_ANSWER] = {PLACES(risk_answer), "第二十四条"},
    [REPORT_NOT_REPORTED] = {PLACES(not_reported), "第十二条第一款"},
};

bool report_has_item(enum report_kind kind, const char *key)
{
    for (size_t i = 0; kind < REPORTS && i < reports[kind].count; i++) {
        if (strcmp(kinds[reports[kind].places[i].id].key, key) == 0) {
            return true;
        }
    }
    return false;
}

// "O3/2" → progress; "": every report.
static bool is_report_of_key(enum report_kind kind, const char *duty_key)
{
    static const enum report_kind by_number[] = {REPORTS, REPORT_BRIEF, REPORT_ONSET,
        REPORT_PROGRESS, REPORT_PROGRESS, REPORT_SUMMARY, REPORT_PRELIMINARY, REPORT_SUMMARY,
        REPORT_SUMMARY, REPORT_RISK_ANSWER, REPORTS};
    if (duty_key[0] == '\0') {
        return true;
    }
    long number = duty_key[0] == 'O' ? strtol(duty_key + 1, NULL, 10) : 0;
    return number > 0 && number < (long)(sizeof(by_number) / sizeof(by_number[0])) &&
           by_number[number] == kind;
}

bool drafts_have_item(const char *duty_key, const char *item)
{
    for (int kind = 0; kind < REPORT_NOT_REPORTED; kind++) {
        if (is_report_of_key((enum report_kind)kind, duty_key) &&
            report_has_item((enum report_kind)kind, item)) {
            return true;
        }
    }
    return false;
}

size_t drafts_item(size_t place, const char **ret_key, const char **ret_name)
{
    if (place < ITEM_DECIDED_BY) {
        *ret_key = kinds[place].key;
        *ret_name = kinds[place].name;
    }
    return ITEM_DECIDED_BY;
}

const char *fill_of(const struct report *report, const char *item)
{
    const char *value = NULL;
    const struct incident *incident = report->duty->incident;
    size_t count = incident != NULL ? incident->move_count : report->notice->move_count;
    for (size_t i = 0; i < count; i++) {
        const struct fact *move = incident != NULL ? incident->moves[i] : report->notice->moves[i];
        bool ours = move->duty[0] == '\0' || strcmp(move->duty, report->duty->key) == 0;
        if (move->kind == FACT_FILL && ours && strcmp(move->item, item) == 0) {
            value = move->value;
        }
    }
    return value;
}

// An attack is what its class says: 01 恶意程序 and 02 网络攻击.
static bool is_attack(const struct report *report)
{
    const char *said = fill_of(report, "classification");
    const char *code = classification_code(report->duty->incident->measured);
    if (said == NULL) {
        return strncmp(code, "01", 2) == 0 || strncmp(code, "02", 2) == 0;
    }
    return strstr(said, "网络攻击") != NULL || strstr(said, "恶意程序") != NULL;
}

static bool applies(const struct report *report, enum condition condition)
{
    const struct incident *incident = report->duty->incident;
    if (incident == NULL) {
        return true; // nothing about a notice depends on a grade
    }
    int grade = incident_whole_grade(incident);
    switch (condition) {
    case OF_ATTACK: return is_attack(report);
    case OF_PERSONAL: return personal_information(incident) == INVOLVED_YES;
    case OF_PERSONAL_FROM_MAJOR:
        return personal_information(incident) == INVOLVED_YES && grade >= GRADE_MAJOR;
    case FROM_LARGER:
    case AS_NEEDED_FROM_LARGER: return grade >= GRADE_LARGER;
    default: return true;
    }
}

// Of what has a value without a fill: settings name the reporter, and that it was sent, a duty
// says.
static const char *source_of(enum item_id id, enum filler filler)
{
    bool settings = id == ITEM_REPORTER || id == ITEM_CONTACT;
    return filler_names[settings ? BY_SETTINGS : id == ITEM_REPORTED_AT ? BY_MACHINE : filler];
}

static void item_fill(const struct report *report, const struct place *place, struct item *item)
{
    enum filler filler = kinds[place->id].filler;
    bool as_needed = place->condition == AS_NEEDED || place->condition == AS_NEEDED_FROM_LARGER;
    const char *said = fill_of(report, kinds[place->id].key);
    *item = (struct item){.key = kinds[place->id].key,
        .name = kinds[place->id].name,
        .article = place->article != NULL ? place->article : reports[report->kind].article,
        .filled_by = filler_names[filler],
        .personal = kinds[place->id].personal,
        .value = item_value(report, place->id)};
    if (said != NULL) {
        bool other = item->value[0] != '\0' && strcmp(item->value, said) != 0;
        item->machine = other ? item->value : NULL;
        if (!other) {
            free(item->value);
        }
        item->value = memory_text(said);
        item->filled_by = filler_names[BY_PERSON];
        item->state = ITEM_FILLED;
    } else if (item->value[0] == '\0') {
        item->filled_by = filler_names[BY_PERSON];
        item->state = as_needed ? ITEM_AS_NEEDED : ITEM_MISSING;
    } else {
        item->state = filler == BY_PROPOSAL ? ITEM_CONFIRM : ITEM_FILLED;
        item->filled_by = source_of(place->id, filler);
    }
}

// Art. 19: what was not known when it was sent; why is a person's word.
static void incomplete_fill(struct report *report)
{
    static const struct place place = {ITEM_INCOMPLETE, ALWAYS, NULL};
    if (report->duty->incomplete && report->kind != REPORT_NOT_REPORTED) {
        item_fill(report, &place, &report->items[report->item_count++]);
    }
}

void report_fill(struct report *report)
{
    report->item_count = 0;
    for (size_t i = 0; i < reports[report->kind].count; i++) {
        const struct place *place = &reports[report->kind].places[i];
        if (applies(report, place->condition)) {
            item_fill(report, place, &report->items[report->item_count++]);
        }
    }
    incomplete_fill(report);
}

void report_missing(const struct report *report, char *text, size_t size)
{
    size_t length = 0;
    text[0] = '\0';
    for (size_t i = 0; i < report->item_count && length + 1 < size; i++) {
        const struct item *item = &report->items[i];
        if (item->state == ITEM_MISSING && !item_is_of_sent(item->key)) {
            length += (size_t)snprintf(text + length, size - length, "%s%s %s",
                length > 0 ? ", " : "", item->name, item->key);
        }
    }
}

void report_done(struct report *report)
{
    for (size_t i = 0; i < report->item_count; i++) {
        free(report->items[i].value);
        free(report->items[i].machine);
    }
    report->item_count = 0;
}
