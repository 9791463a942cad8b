// By when it must be sent, and what is left for a person to do.
#include "detectors/drafts/report.h"

static void instant_print(FILE *out, const char *name, struct instant at)
{
    char text[64];
    if (at.ns != INSTANT_NEVER.ns) {
        fprintf(out, "  %s：%s\n", name, instant_format_chinese(at, text));
    }
}

static const char *start_of(const struct duty *duty)
{
    switch (duty->kind) {
    case DUTY_BRIEF:
    case DUTY_ONSET: return "起算（首次达到较大等级）";
    case DUTY_BRIEF_ATTENTION:
    case DUTY_ONSET_ATTENTION: return "起算（引发较大舆情）";
    case DUTY_PROGRESS: return "起算（达到重大等级或者上次进展报告）";
    case DUTY_IMMEDIATE: return "起算（出现重要情况）";
    case DUTY_RISK_ANSWER: return "起算（收到风险提示）";
    case DUTY_REVISED: return "起算（收到修改意见）";
    default: return "起算（处置结束）";
    }
}

// Minutes while they are few; nobody counts a fortnight in them.
static void left_time_print(FILE *out, int64_t left_s)
{
    int64_t minutes = left_s / 60, hours = left_s / S_PER_HOUR, days = left_s / S_PER_DAY;
    fputs("  自数据截至时刻起，距工作时限还有 ", out);
    if (minutes < 120) {
        fprintf(out, "%lld 分钟\n", (long long)minutes);
    } else if (hours < 48) {
        fprintf(out, "%lld 小时 %lld 分钟\n", (long long)hours, (long long)(minutes % 60));
    } else {
        fprintf(out, "%lld 天 %lld 小时\n", (long long)days, (long long)(hours % 24));
    }
}

static void left_print(FILE *out, const struct duty *duty, struct instant at)
{
    int64_t left_s = (duty->due_at.ns - at.ns) / NS_PER_S;
    if (duty->sent_at.ns != INSTANT_NEVER.ns) {
        instant_print(out, "已报送", duty->sent_at);
    } else if (duty->overdue_at_detection) {
        fputs("  ※ 发现时已超过最晚时限，请立即报送并说明\n", out);
    } else if (left_s >= 0) {
        left_time_print(out, left_s);
    } else {
        fputs("  ※ 已超过工作时限，请立即报送\n", out);
    }
}

// The earliest clock, and of whom nothing is known: both or none.
static void clocks_print(
    FILE *out, const struct settings *settings, const struct incident *incident)
{
    struct clock clocks[CLOCKS_MAX];
    const struct grade *grade = incident->measured;
    size_t count = duty_clocks(settings, incident, clocks);
    char text[64];
    for (size_t i = 0; i < count && count > 1; i++) {
        fprintf(out, "  %s%s%s:%s\n", i == 0 ? "最早时限 " : "其他时限 ",
            clocks[i].rulebook->regulator, clocks[i].provisional ? "（待判定）" : "",
            instant_format_chinese(clocks[i].due_at, text));
    }
    fputs("  上述时限未覆盖，须人工判断：", out);
    for (size_t i = 0; i < grade->not_covered_count; i++) {
        fprintf(out, "%s%s《%s》", i > 0 ? "、" : "", grade->not_covered[i]->regulator,
            grade->not_covered[i]->title);
    }
    for (size_t i = 0; i < incident->beside_count; i++) {
        const struct rulebook *book = incident->beside[i].rulebook;
        for (size_t j = 0; j < book->omit_count; j++) {
            fprintf(out, "、《%s》：%s", book->title, book->omits[j]);
        }
    }
    fputs(grade->not_covered_count == 0 ? "未配置的其他监管规则\n" : "\n", out);
}

void deadlines_print(FILE *out, const struct report *report)
{
    const struct duty *duty = report->duty;
    instant_print(out, start_of(duty), duty->starts_at);
    instant_print(out, "工作时限", duty->due_at);
    instant_print(out, "最晚时限", duty->outer_limit_at);
    left_print(out, duty, report->at);
    if (duty->calendar_missing) {
        fputs("  ※ 时限跨入尚无节假日安排的年度，须人工核对工作日\n", out);
        instant_print(out, "仅按周一至周五计，最早为", duty->earliest_due_at);
    }
    if (duty->provisional && duty->state == DUTY_TO_BE_DECIDED) {
        fputs(
            "  ※ 待判定：须由指定人员在时限前决定报送或者不报送，并记录理由（不报告依据）\n", out);
    }
    if (duty->incident != NULL) {
        clocks_print(out, report->settings, duty->incident);
    }
}

// Art. 18(1): e-mail and fax alone need a confirmation, and a phone call or an instant message
// gives it; no instant message for a work secret.
static const char *how_to_send(const struct report *report)
{
    if (report->kind == REPORT_SUMMARY || report->kind == REPORT_PRELIMINARY) {
        return "  系统不会自行报送；核实、补全后书面报送并加盖公章，另有电子化规定的还须电子化报送"
               "（第十八条第二款）。\n";
    }
    if (report->kind == REPORT_RISK_ANSWER) {
        return "  "
               "系统不会自行反馈；核实、补全后按通报要求的方式和日期反馈；经核查构成网络安全事件的"
               "，"
               "另按事件报告（第二十四条）。\n";
    }
    return report_is_secret(report)
               ? "  系统不会自行报送；核实、补全后由报告人报送；以传真报送的，须电话确认收悉"
                 "（第十八条第一款）。\n"
               : "  系统不会自行报送；核实、补全后由报告人报送；以电子邮件、传真报送的，须电话或者"
                 "即时通信工具确认收悉（第十八条第一款）。\n";
}

// Art. 18: how each report may go.
static void channel_print(FILE *out, const struct report *report)
{
    unsigned allowed = duty_channels(report->settings, report->duty);
    const char *before = "  可用渠道：";
    for (int channel = 0; channel <= CHANNEL_SYSTEM; channel++) {
        if ((allowed & (1u << channel)) != 0) {
            fprintf(out, "%s%s", before, channel_names_chinese[channel]);
            before = "、";
        }
    }
    fputs(allowed != 0 ? "\n" : "", out);
    if (report_is_secret(report)) {
        fprintf(out, "  %s\n", REPORT_SECRET);
    }
    fputs(how_to_send(report), out);
}

static void names_print(
    FILE *out, const struct report *report, enum item_state state, const char *title)
{
    size_t count = 0;
    for (size_t i = 0; i < report->item_count; i++) {
        if (report->items[i].state == state) {
            fprintf(out, "%s%s%s%s", count == 0 ? "  " : "", count == 0 ? title : "",
                count == 0 ? "：" : "；", report->items[i].name);
            count++;
        }
    }
    if (count > 0) {
        fputs("\n", out);
    } else if (state != ITEM_AS_NEEDED) {
        fprintf(out, "  %s：无\n", title);
    }
}

void to_do_print(FILE *out, const struct report *report)
{
    names_print(out, report, ITEM_MISSING, "须填写");
    names_print(out, report, ITEM_CONFIRM, "须确认");
    names_print(out, report, ITEM_AS_NEEDED, "如有须填写");
    channel_print(out, report);
}

static const char *involved_chinese(enum involved involved)
{
    static const char *const names[] = {[INVOLVED_UNKNOWN] = "待人工判断",
        [INVOLVED_NO] = "不涉及（人工认定）",
        [INVOLVED_YES] = "涉及（人工认定）"};
    return names[involved];
}

// Who entered a cause, and in which words, is for the ledger: a cause is often a person.
static void cause_print(FILE *out, const struct grade *grade, const char *said)
{
    bool entered = false;
    for (size_t i = 0; i < grade->fact_count; i++) {
        entered |= grade->facts[i]->kind == FACT_CAUSE;
    }
    fprintf(out, "  初步原因：%s\n",
        said != NULL ? said
        : entered    ? "已录入台账"
                     : "未录入，须人工判断");
}

void first_page_print(FILE *out, const struct report *report)
{
    const struct incident *incident = report->duty->incident;
    char text[64];
    condition_print(out, report->settings, incident);
    scope_print(out, report->settings, incident);
    cause_print(out, incident->measured, NULL);
    fprintf(out, "  个人信息：%s\n", involved_chinese(personal_information(incident)));
    if (incident->attention_at.ns != INSTANT_NEVER.ns) {
        instant_print(out, "较大舆情", incident->attention_at);
    } else {
        fputs("  较大舆情：未录入\n", out);
    }
    fprintf(out, "  传感器 %s 时钟：时间取自%s，与标准时间的偏差：", report->settings->sensor,
        incident->opened_by != NULL ? "人工录入" : "报文");
    sensor_clock_print(out, &report->clock);
    fputs("\n", out);
    fprintf(out, "  最近时限：%s\n", instant_format_chinese(report->duty->due_at, text));
}
