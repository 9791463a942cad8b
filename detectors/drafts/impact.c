// What was measured of the impact: functions, provinces, shares, persons. For a person to verify.
#include "detectors/drafts/report.h"

#define ROWS_MAX 40 // of impact: all provinces of one function, and some

static void ratio_print(FILE *out, const struct loss *loss)
{
    int64_t ratio = loss_ratio_x10000(loss);
    fprintf(out, "%lld.%02lld%%", (long long)(ratio / 100), (long long)(ratio % 100));
}

static const char *kind_chinese(const struct interruption *interruption)
{
    if (interruption->kind == OUTAGE_IMPAIRMENT) {
        return "业务无法正常开展，未处理和处理失败占";
    }
    if (interruption->assumes != 0) {
        return "从严口径下整体中断，未处理和处理失败占";
    }
    return interruption->undeterminable ? "可能整体中断（采集覆盖不足），确定未处理和处理失败占"
                                        : "未处理和处理失败占";
}

static void impact_row_print(
    FILE *out, const struct settings *settings, const struct interruption *interruption)
{
    const struct network_settings *network = &settings->networks[interruption->network];
    const struct loss *loss = &interruption->loss;
    char text[64], unit[UNIT_CHARACTERS + 32] = "";
    // Without a normal volume the ratio is of what was attempted, and must not read as more.
    const char *base = interruption->basis == BASIS_ATTEMPTS ? "尝试" : "正常";
    if (interruption->unit != LABEL_NONE) {
        snprintf(
            unit, sizeof(unit), "（业务单元 %s）", label_name(&network->units, interruption->unit));
    }
    fprintf(out, "  · %s %s%s：%s%s业务量 ",
        interruption->nationwide ? "全部省份" : province_name(interruption->province),
        function_name(&network->functions, interruption->function), unit,
        kind_chinese(interruption), base);
    ratio_print(out, loss);
    fprintf(out, "（%s %lld 笔，处理 %lld 笔，失败 %lld 笔，未到达 %lld 笔", base,
        (long long)(loss_total_milli(loss) / 1000), (long long)loss->processed,
        (long long)loss->failed, (long long)(loss->never_arrived_milli / 1000));
    if (interruption->undeterminable) {
        fprintf(out, "，结果未采集到 %lld 笔", (long long)loss->unobserved);
    }
    fputs("）\n", out);
    fprintf(out, "    自 %s 起", instant_format_chinese(interruption->from, text));
    fputs(interruption->ongoing ? "，持续中，已历时 " : "，历时 ", out);
    duration_print(out, (interruption->to.ns - interruption->from.ns) / NS_PER_MS);
    fputs("，其中高峰时段 ", out);
    duration_print(out, interruption->in_peak_ms);
    fprintf(out, "；流量可见度 %lld.%lld%%\n", (long long)(loss->coverage_milli / 10),
        (long long)(loss->coverage_milli % 10));
    if (interruption->whole_to.ns != 0) {
        fprintf(out, "    另含已批准变更窗口或计划内日切的时段（自 %s 起），不计入时长\n",
            instant_format_chinese(interruption->whole_from, text));
    }
}

static bool is_first_of_function(const struct grade *grade, size_t i)
{
    for (size_t j = 0; j < i; j++) {
        if (grade->interruptions[j].function == grade->interruptions[i].function) {
            return false;
        }
    }
    return true;
}

// "江苏省、浙江省；消费、取现": what a reader asks first.
void scope_print(FILE *out, const struct settings *settings, const struct incident *incident)
{
    const struct grade *grade = incident->measured;
    const struct network_settings *network = &settings->networks[incident->network];
    bool provinces[PROVINCES];
    const char *before = "  范围：";
    incident_provinces(incident, provinces);
    for (unsigned i = 0; i < PROVINCES; i++) {
        if (provinces[i]) {
            fprintf(out, "%s%s", before, province_name((uint8_t)i));
            before = "、";
        }
    }
    before = "；";
    for (size_t i = 0; i < grade->interruption_count; i++) {
        if (is_first_of_function(grade, i)) {
            fprintf(out, "%s%s", before,
                function_name(&network->functions, grade->interruptions[i].function));
            before = "、";
        }
    }
    fputs(grade->interruption_count > 0 ? "\n" : "", out);
}

static void places_print(
    FILE *out, const struct settings *settings, const struct incident *incident)
{
    const struct function_table *functions = &settings->networks[incident->network].functions;
    const struct impact *impact = incident->measured->impact;
    for (size_t i = 0; i < impact->place_count && i < ROWS_MAX; i++) {
        const struct place_impact *place = &impact->places[i];
        fprintf(out, "    · %s %s：自然人%lld个，法人和其他组织%lld个\n",
            province_name(place->province), function_name(functions, place->function),
            (long long)place->natural, (long long)place->legal);
    }
}

static void head_count_print(FILE *out, const char *name, const struct head_count *count)
{
    fprintf(out, "%s%lld个", name, (long long)count->best);
    if (count->low != count->high) {
        fprintf(out, "（%lld至%lld个）", (long long)count->low, (long long)count->high);
    }
}

// Whom the default readings leave out: a person decides.
static void not_counted_print(
    FILE *out, const char *why, const int64_t counts[static PERSON_CLASSES])
{
    if (counts[CLASS_NATURAL] + counts[CLASS_LEGAL] > 0) {
        fprintf(out, "  未计入：%s自然人%lld个，法人和其他组织%lld个，是否计入待判定\n", why,
            (long long)counts[CLASS_NATURAL], (long long)counts[CLASS_LEGAL]);
    }
}

// Whom a leak concerns shows in no failure: that none was seen says nothing of it.
static void nobody_print(FILE *out, const struct incident *incident)
{
    const char *without = incident_without_losses_chinese(incident);
    if (incident->opened_by != NULL && without != NULL) {
        fprintf(out, "  影响用户数：不适用（%s），涉及人数须人工核实\n", without);
    } else {
        fputs(incident->measured->persons_measured ? "  影响用户数：未见超出日常的失败\n"
                                                   : "  影响用户数：尚未测量，须人工核实\n",
            out);
    }
}

// 已实际影响: whom arts. 7(2) to 10(2) ask for.
void persons_print(FILE *out, const struct settings *settings, const struct incident *incident)
{
    const struct impact *impact = incident->measured->impact;
    if (impact == NULL || !incident->measured->persons_measured) {
        nobody_print(out, incident);
        return;
    }
    head_count_print(out, "  影响用户数：自然人", &impact->by_class[CLASS_NATURAL]);
    head_count_print(out, "，法人和其他组织", &impact->by_class[CLASS_LEGAL]);
    if (impact->estimated > 0) {
        fprintf(out, "；其中测算%lld个", (long long)impact->estimated);
    }
    if (impact->seen[AFFECTED_UNKNOWN] > 0) {
        fprintf(
            out, "；持有人类型未知%lld个，暂按自然人计", (long long)impact->seen[AFFECTED_UNKNOWN]);
    }
    if (impact->never_succeeded >= 0) {
        fprintf(out, "；至今未办成业务%lld个", (long long)impact->never_succeeded);
    }
    fputc('\n', out);
    not_counted_print(out, "失败限于单一交易对手，涉及", impact->external);
    not_counted_print(out, "处于经批准的变更窗口内，涉及", impact->planned);
    places_print(out, settings, incident);
}

void condition_print(FILE *out, const struct settings *settings, const struct incident *incident)
{
    (void)settings;
    fprintf(out, "  状态：%s\n", incident_condition_chinese(incident));
}

static void member_print(
    FILE *out, const struct settings *settings, const struct incident *incident)
{
    const struct grade *grade = incident->measured;
    condition_print(out, settings, incident);
    scope_print(out, settings, incident);
    for (size_t i = 0; i < grade->interruption_count && i < ROWS_MAX; i++) {
        impact_row_print(out, settings, &grade->interruptions[i]);
    }
    if (grade->interruption_count > ROWS_MAX) {
        fprintf(out, "  · 另有 %zu 段从略\n", grade->interruption_count - ROWS_MAX);
    }
    persons_print(out, settings, incident);
}

// Several networks that were hit at once: each with its own grade (art. 12(2)).
void impact_print(FILE *out, const struct settings *settings, const struct incident *incident)
{
    size_t count;
    const struct incident *const *members = incident_members(&incident, &count);
    if (count > 1) {
        fprintf(out,
            "  同组 %zu 个网络（%s，第十二条第二款），整体按最高等级；各网络等级分别保留\n", count,
            incident->group->confirmed ? "人工已确认" : "机器建议，须人工确认或者拆分");
    }
    for (size_t i = 0; i < count; i++) {
        if (count > 1) {
            fprintf(out, "  〔%s〕默认口径：%s，从严口径：%s\n",
                settings->networks[members[i]->network].name,
                grade_names_chinese[members[i]->grade],
                grade_names_chinese[members[i]->conservative_grade]);
        }
        member_print(out, settings, members[i]);
    }
}

// What the branch of a province that was hit reports to the PBOC branch of its domicile (art. 14).
static void province_print(FILE *out, const struct settings *settings,
    const struct incident *incident, const struct annex_settings *annex)
{
    const struct grade *grade = incident->measured;
    fprintf(out, "  %s：%s，报送 %s\n", province_name((uint8_t)annex->province), annex->name,
        annex->report_to);
    for (size_t i = 0; i < grade->interruption_count && i < ROWS_MAX; i++) {
        if (grade->interruptions[i].province == annex->province) {
            impact_row_print(out, settings, &grade->interruptions[i]);
        }
    }
}

void annex_print(FILE *out, const struct settings *settings, const struct incident *incident)
{
    size_t count;
    const struct incident *const *members = incident_members(&incident, &count);
    const struct institution_settings *institution = institution_of(settings, incident->network);
    for (size_t m = 0; m < count; m++) { // a group is of one institution
        bool hit[PROVINCES];
        incident_provinces(members[m], hit);
        for (size_t i = 0; i < institution->annex_count; i++) {
            if (hit[institution->annexes[i].province % PROVINCES]) {
                province_print(out, settings, members[m], &institution->annexes[i]);
            }
        }
    }
}
