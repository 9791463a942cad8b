// The Chinese document: plain UTF-8 text that can be pasted into a form, a mail or a chat. Section
// one is the brief itself, item by item as in art. 19; what follows is for the person who decides.
#include "config/log.h"

#include "detectors/drafts/brief.h"

#include <stdlib.h>

#define ROWS_MAX 40 // of impact: all provinces of one function, and some

static const char line[] = "────────────────────────────────────────────────────────────\n";

static void duration_print(FILE *out, int64_t ms)
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

static void ratio_print(FILE *out, const struct loss *loss)
{
    int64_t ratio = loss_ratio_x10000(loss);
    fprintf(out, "%lld.%02lld%%", (long long)(ratio / 100), (long long)(ratio % 100));
}

static void instant_print(FILE *out, const char *name, struct instant at)
{
    char text[64];
    if (at.ns != INSTANT_NEVER.ns) {
        fprintf(out, "  %s:%s\n", name, instant_format_chinese(at, text));
    }
}

static void head_print(
    FILE *out, const struct settings *settings, const char *id, const struct duty *duty)
{
    const struct rulebook *rulebook = duty->incident->measured->rulebook;
    char text[64];
    fprintf(out, "%s【%s】\n", line, BRIEF_BANNER);
    if (brief_is_secret(settings, duty->incident)) {
        fprintf(out, "【%s】\n", BRIEF_SECRET);
    }
    fprintf(out, "%s%s\n\n", duty_names_chinese[duty->kind], duty->provisional ? "(待判定)" : "");
    fprintf(out, "草稿编号:%s\n", id);
    fprintf(out, "规则:%s(%s,版本 %s)\n", rulebook->title != NULL ? rulebook->title : "",
        rulebook->id, rulebook->version);
    fprintf(out, "数据截至:%s\n", instant_format_chinese(duty->incident->at, text));
    bool known = settings->institution.report_to[0] != '\0';
    fprintf(
        out, "报送对象:%s\n%s", known ? settings->institution.report_to : "【须人工填写】", line);
}

static void items_print(FILE *out, const struct item *items)
{
    static const char *const marks[] = {"", "  〔须确认〕", ""};
    fputs("一、报告内容(第十九条第一款)\n", out);
    for (int i = 0; i < BRIEF_ITEMS; i++) {
        fprintf(out, "  %2d. %s:%s%s\n", i + 1, items[i].name,
            items[i].state == ITEM_MISSING ? "【须人工填写】" : items[i].value,
            marks[items[i].state]);
    }
}

static const char *kind_chinese(const struct interruption *interruption)
{
    if (interruption->kind == OUTAGE_IMPAIRMENT) {
        return "业务无法正常开展,未处理和处理失败占";
    }
    if (interruption->assumes != 0) {
        return "从严口径下整体中断,未处理和处理失败占";
    }
    return interruption->undeterminable ? "可能整体中断(采集覆盖不足),确定未处理和处理失败占"
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
    fprintf(out, "  · %s %s%s:%s%s业务量 ",
        interruption->nationwide ? "全部省份" : province_name(interruption->province),
        function_name(&network->functions, interruption->function), unit,
        kind_chinese(interruption), base);
    ratio_print(out, loss);
    fprintf(out, "(%s %lld 笔,处理 %lld 笔,失败 %lld 笔,未到达 %lld 笔", base,
        (long long)(loss_total_milli(loss) / 1000), (long long)loss->processed,
        (long long)loss->failed, (long long)(loss->never_arrived_milli / 1000));
    if (interruption->undeterminable) {
        fprintf(out, ",结果未采集到 %lld 笔", (long long)loss->unobserved);
    }
    fputs(")\n", out);
    fprintf(out, "    自 %s 起", instant_format_chinese(interruption->from, text));
    fputs(interruption->ongoing ? ",持续中,已历时 " : ",历时 ", out);
    duration_print(out, (interruption->to.ns - interruption->from.ns) / NS_PER_MS);
    fputs(",其中高峰时段 ", out);
    duration_print(out, interruption->in_peak_ms);
    fprintf(out, ";流量可见度 %lld.%lld%%\n", (long long)(loss->coverage_milli / 10),
        (long long)(loss->coverage_milli % 10));
    if (interruption->whole_to.ns != 0) {
        fprintf(out, "    另含已批准变更窗口或计划内日切的时段(自 %s 起),不计入时长\n",
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

// "江苏省、浙江省;消费、取现": what a reader asks first.
static void scope_print(FILE *out, const struct settings *settings, const struct incident *incident)
{
    const struct grade *grade = incident->measured;
    const struct network_settings *network = &settings->networks[incident->network];
    bool provinces[PROVINCES];
    const char *before = "  范围:";
    incident_provinces(incident, provinces);
    for (unsigned i = 0; i < PROVINCES; i++) {
        if (provinces[i]) {
            fprintf(out, "%s%s", before, province_name((uint8_t)i));
            before = "、";
        }
    }
    before = ";";
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
        fprintf(out, "    · %s %s:自然人%lld个,法人和其他组织%lld个\n",
            province_name(place->province), function_name(functions, place->function),
            (long long)place->natural, (long long)place->legal);
    }
}

static void head_count_print(FILE *out, const char *name, const struct head_count *count)
{
    fprintf(out, "%s%lld个", name, (long long)count->best);
    if (count->low != count->high) {
        fprintf(out, "(%lld至%lld个)", (long long)count->low, (long long)count->high);
    }
}

// Whom the default readings leave out: a person decides.
static void not_counted_print(
    FILE *out, const char *why, const int64_t counts[static PERSON_CLASSES])
{
    if (counts[CLASS_NATURAL] + counts[CLASS_LEGAL] > 0) {
        fprintf(out, "  未计入:%s自然人%lld个,法人和其他组织%lld个,是否计入待判定\n", why,
            (long long)counts[CLASS_NATURAL], (long long)counts[CLASS_LEGAL]);
    }
}

// 已实际影响: whom arts. 7(2) to 10(2) ask for.
static void persons_print(
    FILE *out, const struct settings *settings, const struct incident *incident)
{
    const struct impact *impact = incident->measured->impact;
    if (!incident->measured->persons_measured || impact == NULL) {
        fputs(incident->measured->persons_measured ? "  影响用户数:未见超出日常的失败\n"
                                                   : "  影响用户数:尚未测量,须人工核实\n",
            out);
        return;
    }
    head_count_print(out, "  影响用户数:自然人", &impact->by_class[CLASS_NATURAL]);
    head_count_print(out, ",法人和其他组织", &impact->by_class[CLASS_LEGAL]);
    if (impact->estimated > 0) {
        fprintf(out, ";其中测算%lld个", (long long)impact->estimated);
    }
    if (impact->seen[AFFECTED_UNKNOWN] > 0) {
        fprintf(
            out, ";持有人类型未知%lld个,暂按自然人计", (long long)impact->seen[AFFECTED_UNKNOWN]);
    }
    if (impact->never_succeeded >= 0) {
        fprintf(out, ";至今未办成业务%lld个", (long long)impact->never_succeeded);
    }
    fputc('\n', out);
    not_counted_print(out, "失败限于单一交易对手,涉及", impact->external);
    not_counted_print(out, "处于经批准的变更窗口内,涉及", impact->planned);
    places_print(out, settings, incident);
}

static void member_print(
    FILE *out, const struct settings *settings, const struct incident *incident)
{
    const struct grade *grade = incident->measured;
    fprintf(out, "  状态:%s\n", incident_condition_chinese(incident));
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
static void impact_print(
    FILE *out, const struct settings *settings, const struct incident *incident)
{
    size_t count;
    const struct incident *const *members = incident_members(&incident, &count);
    fputs("二、影响(机器测得,供核实)\n", out);
    if (count > 1) {
        fprintf(out, "  同组 %zu 个网络(%s,第十二条第二款),整体按最高等级;各网络等级分别保留\n",
            count, incident->group->confirmed ? "人工已确认" : "机器建议,须人工确认或者拆分");
    }
    for (size_t i = 0; i < count; i++) {
        if (count > 1) {
            fprintf(out, "  〔%s〕默认口径:%s,从严口径:%s\n",
                settings->networks[members[i]->network].name,
                grade_names_chinese[members[i]->grade],
                grade_names_chinese[members[i]->conservative_grade]);
        }
        member_print(out, settings, members[i]);
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
        fprintf(out, "    - %s → %s:%s ", criterion->clause->article,
            grade_names_chinese[criterion->clause->grade],
            metric_is_entered(criterion->clause->metric) ? "人工录入" : "实测");
        measure_print(out, criterion->clause, criterion->measured);
        fputs(",阈值 ", out);
        measure_print(out, criterion->clause, criterion->threshold);
        fprintf(out, "以上,达到时刻 %s", instant_format_chinese(criterion->met_at, text));
        if (criterion->stands_for != NULL) {
            fprintf(out, ";无法准确定级,按%s上报:未采集到的结果若为失败,即达到%s",
                grade_names_chinese[criterion->clause->grade], criterion->stands_for->article);
        }
        if (criterion->review) {
            fputs(";须人工复核:后续数据为 ", out);
            measure_print(out, criterion->clause, criterion->later);
        }
        fprintf(out, "%s%s\n", stricter ? ";口径:" : "", stricter ? criterion->reading : "");
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
        fprintf(out, "%s    - %s:%s\n", i == 0 ? "  人工录入的事实:\n" : "",
            instant_format_chinese(grade->facts[i]->at, at), fact_chinese(grade->facts[i], text));
    }
}

static void grading_print(FILE *out, const struct incident *incident)
{
    const struct grade *grade = incident->measured;
    char text[64];
    fprintf(out, "三、定级依据\n  默认口径:%s\n", grade_names_chinese[incident->grade]);
    criteria_print(out, grade, false);
    fprintf(out, "  从严口径:%s\n", grade_names_chinese[incident->conservative_grade]);
    criteria_print(out, grade, true);
    facts_print(out, grade);
    for (size_t i = 0; i < grade->undeterminable_count; i++) {
        fprintf(out, "  不能准确判定:%s\n", grade->undeterminable[i]);
    }
    for (size_t i = 0; i < grade->ahead_count; i++) {
        const struct next_threshold *ahead = &grade->ahead[i];
        fprintf(out, "  若情况不变:%s 达到 %s(%s)\n", instant_format_chinese(ahead->at, text),
            grade_names_chinese[ahead->clause->grade], ahead->clause->article);
    }
}

static void basis_print(FILE *out, const struct settings *settings, const struct incident *incident)
{
    struct basis_texts basis = brief_basis(settings, incident);
    fputs("  计算依据:", out);
    for (size_t i = 0; basis.texts[i] != NULL; i++) {
        fprintf(out, "%s%s", i > 0 ? ";" : "", basis.texts[i]);
    }
    fputs(basis.texts[0] == NULL ? "按已设定的正常业务量和高峰时段\n" : "\n", out);
}

static void deadlines_print(FILE *out, const struct duty *duty)
{
    int64_t left_s = (duty->due_at.ns - duty->incident->at.ns) / NS_PER_S;
    bool attention = duty->kind == DUTY_BRIEF_ATTENTION;
    fprintf(out, "四、时限(第十五条第%s款,1小时内)\n", attention ? "二" : "一");
    instant_print(
        out, attention ? "起算(引发较大舆情)" : "起算(首次达到较大等级)", duty->starts_at);
    instant_print(out, "工作时限", duty->due_at);
    instant_print(out, "最晚时限", duty->outer_limit_at);
    if (duty->overdue_at_detection) {
        fputs("  ※ 发现时已超过最晚时限,请立即报送并说明\n", out);
    } else if (left_s >= 0) {
        fprintf(out, "  自数据截至时刻起,距工作时限还有 %lld 分钟\n", (long long)(left_s / 60));
    } else {
        fputs("  ※ 已超过工作时限,请立即报送\n", out);
    }
    if (duty->provisional) {
        fputs("  ※ 待判定:须由指定人员在时限前决定报送或者不报送,并记录理由(不报告依据)\n", out);
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
            clocks[i].rulebook->regulator, clocks[i].provisional ? "(待判定)" : "",
            instant_format_chinese(clocks[i].due_at, text));
    }
    fputs("  上述时限未覆盖,须人工判断:", out);
    for (size_t i = 0; i < grade->not_covered_count; i++) {
        fprintf(out, "%s%s《%s》", i > 0 ? "、" : "", grade->not_covered[i]->regulator,
            grade->not_covered[i]->title);
    }
    for (size_t i = 0; i < incident->beside_count; i++) {
        const struct rulebook *book = incident->beside[i].rulebook;
        for (size_t j = 0; j < book->omit_count; j++) {
            fprintf(out, "、《%s》:%s", book->title, book->omits[j]);
        }
    }
    fputs(grade->not_covered_count == 0 ? "未配置的其他监管规则\n" : "\n", out);
}

static void to_do_print(FILE *out, const struct item *items)
{
    static const char *const titles[] = {NULL, "须确认", "须填写"};
    fputs("五、人工事项\n", out);
    for (int state = ITEM_MISSING; state >= ITEM_CONFIRM; state--) {
        int count = 0;
        fprintf(out, "  %s:", titles[state]);
        for (int i = 0; i < BRIEF_ITEMS; i++) {
            if ((int)items[i].state == state) {
                fprintf(out, "%s%s", count++ > 0 ? "、" : "", items[i].name);
            }
        }
        fputs(count == 0 ? "无\n" : "\n", out);
    }
    fprintf(
        out, "  系统不会自行报送;核实、补全后由报告人报送,邮件、传真须电话确认收悉。\n%s", line);
}

char *brief_text(const struct settings *settings, const char *id, const struct duty *duty)
{
    struct item items[BRIEF_ITEMS];
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL) {
        log_error("out of memory: draft %s", id);
        abort();
    }
    brief_items(settings, duty, items);
    head_print(out, settings, id, duty);
    items_print(out, items);
    impact_print(out, settings, duty->incident);
    grading_print(out, duty->incident);
    basis_print(out, settings, duty->incident);
    deadlines_print(out, duty);
    clocks_print(out, settings, duty->incident);
    to_do_print(out, items);
    fclose(out);
    return text;
}
