// By which clauses it has its grade, by which reading, and what is not known.
#include "detectors/drafts/report.h"

void duration_print(FILE *out, int64_t ms)
{
    int64_t s = ms / 1000;
    if (s >= S_PER_HOUR) {
        fprintf(out, "%lld小时", (long long)(s / S_PER_HOUR));
    }
    if (s >= 60) {
        fprintf(out, "%lld分", (long long)(s % S_PER_HOUR / 60));
    }
    if (s % 60 != 0 || s < 60) {
        fprintf(out, "%lld秒", (long long)(s % 60));
    }
}

static void measure_print(FILE *out, const struct clause *clause, int64_t value)
{
    bool duration = metric_is_duration(clause->metric) || clause->metric == METRIC_UNDETERMINABLE;
    if (duration) {
        duration_print(out, value);
    } else {
        fprintf(out, "%lld %s", (long long)value, metric_unit_chinese(clause->metric));
    }
}

static void criteria_print(FILE *out, const struct grade *grade, bool stricter)
{
    bool any = false;
    char text[64];
    for (size_t i = 0; i < grade->criterion_count; i++) {
        const struct criterion *criterion = &grade->criteria[i];
        if ((criterion->reading != NULL) != stricter) {
            continue;
        }
        any = true;
        fprintf(out, "    - %s → %s：%s ", criterion->clause->article,
            grade_names_chinese[criterion->clause->grade],
            metric_is_entered(criterion->clause->metric) ? "人工录入" : "实测");
        measure_print(out, criterion->clause, criterion->measured);
        fputs("，阈值 ", out);
        measure_print(out, criterion->clause, criterion->threshold);
        fprintf(out, "以上，达到时刻 %s", instant_format_chinese(criterion->met_at, text));
        if (criterion->stands_for != NULL) {
            fprintf(out, "；无法准确定级，按%s上报：未采集到的结果若为失败，即达到%s",
                grade_names_chinese[criterion->clause->grade], criterion->stands_for->article);
        }
        if (criterion->review) {
            fputs("；须人工复核：后续数据为 ", out);
            measure_print(out, criterion->clause, criterion->later);
        }
        fprintf(out, "%s%s\n", stricter ? "；口径：" : "", stricter ? criterion->reading : "");
    }
    if (!any) {
        fputs(stricter && grade->criterion_count > 0 ? "    - 同默认口径\n" : "    - 无\n", out);
    }
}

// What a person has entered; who did stays in the ledger.
static void facts_print(FILE *out, const struct grade *grade)
{
    char text[FACT_TEXT_MAX], at[64];
    for (size_t i = 0; i < grade->fact_count; i++) {
        fprintf(out, "%s    - %s：%s\n", i == 0 ? "  人工录入的事实：\n" : "",
            instant_format_chinese(grade->facts[i]->at, at), fact_chinese(grade->facts[i], text));
    }
}

static void levels_print(FILE *out, const struct incident *incident)
{
    const struct grade *grade = incident->measured;
    char text[64];
    fprintf(out, "  默认口径：%s\n", grade_names_chinese[incident->grade]);
    criteria_print(out, grade, false);
    fprintf(out, "  从严口径：%s\n", grade_names_chinese[incident->conservative_grade]);
    criteria_print(out, grade, true);
    facts_print(out, grade);
    for (size_t i = 0; i < grade->undeterminable_count; i++) {
        fprintf(out, "  不能准确判定：%s\n", grade->undeterminable[i]);
    }
    for (size_t i = 0; i < grade->ahead_count; i++) {
        const struct next_threshold *ahead = &grade->ahead[i];
        fprintf(out, "  若情况不变：%s达到%s（%s）\n", instant_format_chinese(ahead->at, text),
            grade_names_chinese[ahead->clause->grade], ahead->clause->article);
    }
}

struct basis_texts report_basis(const struct settings *settings, const struct incident *incident)
{
    const struct grade *grade = incident->measured;
    struct basis_texts basis = {0};
    size_t count = 0;
    if (grade->all_hours_peak) {
        basis.texts[count++] = "全部时段按高峰";
    }
    if (grade->peak == PEAK_PROVISIONAL) {
        basis.texts[count++] = "高峰时段为未经批准的暂定统计";
    }
    if (grade->attempts_only) {
        basis.texts[count++] = "仅按尝试量";
    }
    if (grade->evicted) {
        basis.texts[count++] = "采集表满，部分交易或连接记录被逐出，数值须人工核实";
    }
    if (grade->ticks_merged) {
        basis.texts[count++] = "计数延迟合并，部分事实的获知时间晚于实际";
    }
    if (settings->networks[incident->network].special_class_count == 0) {
        basis.texts[count++] = "网络类别未设定，按特别类别从严";
    }
    if (incident_is_for_review(incident)) {
        basis.texts[count++] = "后续数据低于已发布等级，等级不自动下调，须人工复核";
    }
    return basis;
}

static void basis_print(FILE *out, const struct settings *settings, const struct incident *incident)
{
    struct basis_texts basis = report_basis(settings, incident);
    fputs("  计算依据：", out);
    for (size_t i = 0; basis.texts[i] != NULL; i++) {
        fprintf(out, "%s%s", i > 0 ? "；" : "", basis.texts[i]);
    }
    bool entered = incident->opened_by != NULL && incident->measured->interruption_count == 0;
    const char *usual = entered ? "按人工录入的事实" : "按已设定的正常业务量和高峰时段";
    fprintf(out, "%s\n", basis.texts[0] == NULL ? usual : "");
}

void grading_print(FILE *out, const struct settings *settings, const struct incident *incident)
{
    levels_print(out, incident);
    basis_print(out, settings, incident);
}

// What a person has to settle before the grade is certain.
void open_questions_print(FILE *out, const struct incident *incident)
{
    const struct grade *grade = incident->measured;
    if (personal_information(incident) == INVOLVED_UNKNOWN) {
        fputs("  是否涉及个人信息泄露、篡改、丢失（第二十条）：待人工判断\n", out);
    }
    for (size_t i = 0; i < grade->undeterminable_count; i++) {
        fprintf(out, "  %s：无法准确判定（第十二条第一款）\n", grade->undeterminable[i]);
    }
    for (size_t i = 0; i < grade->criterion_count; i++) {
        if (grade->criteria[i].reading != NULL && i < 12) {
            fprintf(out, "  是否采用从严口径“%s”（%s → %s）\n", grade->criteria[i].reading,
                grade->criteria[i].clause->article,
                grade_names_chinese[grade->criteria[i].clause->grade]);
        }
    }
    if (incident_is_for_review(incident)) {
        fputs("  后续数据低于已发布等级：是否调低须人工决定\n", out);
    }
}
