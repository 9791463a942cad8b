// What the machine and the settings say of each item. What nobody knows is empty, never guessed.
#include "config/memory.h"

#include "detectors/drafts/report.h"
#include "detectors/facts/numbers.h"

#include <stdlib.h>
#include <string.h>

static bool is_set(const char *text)
{
    return text != NULL && text[0] != '\0';
}

static void grade_print_initial(FILE *out, const struct duty *duty)
{
    const struct incident *incident = duty->incident;
    int grade = incident_whole_grade(incident);
    if (duty->state == DUTY_TO_BE_DECIDED || duty->state == DUTY_NOT_REPORTED) {
        fprintf(out, "待判定（按默认口径：%s；按从严口径：%s）", grade_names_chinese[grade],
            grade_names_chinese[incident_whole_conservative(incident)]);
        return;
    }
    bool floor = grade_is_undeterminable(incident->measured) && incident->measured->grade == grade;
    const char *name = grade_names_chinese[grade];
    fprintf(out, floor ? "%s（无法准确定级，按%s上报，第十二条第一款）" : "%s", name, name);
}

// 初次确定 is the grade of the instant that started the clock, whatever came later.
static void grade_print_first(FILE *out, const struct incident *incident)
{
    const struct grade *grade = incident->measured;
    int first = GRADE_NONE;
    for (size_t i = 0; i < grade->criterion_count; i++) {
        const struct criterion *criterion = &grade->criteria[i];
        if (criterion->reading == NULL && criterion->met_at.ns == incident->met_larger_at.ns &&
            criterion->clause->grade > first) {
            first = criterion->clause->grade;
        }
    }
    fputs(grade_names_chinese[first > GRADE_NONE ? first : incident_whole_grade(incident)], out);
}

static const char *name_of(const struct network_settings *network)
{
    return is_set(network->name) ? network->name : network->id;
}

static void networks_print(
    FILE *out, const struct settings *settings, const struct incident *incident)
{
    size_t count;
    const struct incident *const *members = incident_members(&incident, &count);
    for (size_t i = 0; i < count; i++) {
        fprintf(out, "%s%s", i > 0 ? "、" : "", name_of(&settings->networks[members[i]->network]));
    }
}

// Of several networks each has its name in front; without any level the item is empty.
static void mlps_print(FILE *out, const struct settings *settings, const struct incident *incident)
{
    size_t count, known = 0;
    const struct incident *const *members = incident_members(&incident, &count);
    for (size_t i = 0; i < count; i++) {
        known += is_set(settings->networks[members[i]->network].mlps);
    }
    for (size_t i = 0; i < count && known == count; i++) {
        const struct network_settings *network = &settings->networks[members[i]->network];
        bool filing = is_set(network->mlps_filing);
        fprintf(out, "%s%s%s%s%s%s", i > 0 ? "；" : "", count > 1 ? name_of(network) : "",
            count > 1 ? "：" : "", network->mlps, filing ? "，备案编号 " : "",
            filing ? network->mlps_filing : "");
    }
}

// An interruption has no site; the sites of the network's links are those through which it ran.
static void sites_print(FILE *out, const struct settings *settings, const struct incident *incident)
{
    size_t count;
    const struct incident *const *members = incident_members(&incident, &count);
    const char *before = "";
    for (size_t site = 0; site < settings->site_count; site++) {
        bool runs = false;
        for (size_t i = 0; i < settings->link_count; i++) {
            for (size_t m = 0; m < count && settings->links[i].site == site; m++) {
                runs |= settings->links[i].network == members[m]->network;
            }
        }
        if (runs) {
            fprintf(out, "%s%s", before, settings->sites[site]);
            before = "、";
        }
    }
}

// GB/T 20986-2023. What a person has entered speaks for itself; 08 异常行为: an outage without a
// known cause is a change of the environment so that service cannot be given. The cause is a
// person's to find.
const char *classification_code(const struct grade *grade)
{
    static const char *const harms[] = {[HARM_LEAKED] = CLASS_LEAKED,
        [HARM_TAMPERED] = CLASS_TAMPERED,
        [HARM_DESTROYED] = CLASS_DATA_LOST,
        [HARM_LOST] = CLASS_DATA_LOST};
    for (size_t i = 0; i < grade->fact_count; i++) {
        const struct fact *fact = grade->facts[i];
        if (fact->kind == FACT_RANSOMWARE) {
            return CLASS_RANSOMWARE;
        }
        if (fact->kind == FACT_LEAK && grade->interruption_count == 0) {
            return harms[fact->harm];
        }
    }
    return CLASS_ACCESS;
}

static void classification_print(
    FILE *out, const struct settings *settings, const struct incident *incident)
{
    const char *code = classification_code(incident->measured);
    const struct classification *class =
        classification_find(&settings->drafts.classifications, code);
    if (class != NULL) {
        fprintf(out, "%s/%s（GB/T 20986-2023，代码 %s%s，机器建议）", class->category, class->name,
            class->code, class->verified ? "" : " 未经核对");
    }
}

const struct fact *move_of(const struct incident *incident, enum fact_kind kind)
{
    const struct fact *last = NULL;
    for (size_t i = 0; i < incident->move_count; i++) {
        last = incident->moves[i]->kind == (int)kind ? incident->moves[i] : last;
    }
    return last;
}

static bool is_personal(const struct fact *fact)
{
    return fact->data == DATA_PERSONAL || fact->data == DATA_SENSITIVE ||
           fact->data == DATA_CREDIT || fact->data == DATA_PROPERTY;
}

enum involved personal_information(const struct incident *incident)
{
    const struct grade *grade = incident->measured;
    const struct fact *said = move_of(incident, FACT_PERSONAL_INFORMATION);
    if (said != NULL) {
        return said->involved ? INVOLVED_YES : INVOLVED_NO;
    }
    for (size_t i = 0; i < grade->fact_count; i++) {
        if (grade->facts[i]->kind == FACT_LEAK && is_personal(grade->facts[i])) {
            return INVOLVED_YES;
        }
    }
    return INVOLVED_UNKNOWN;
}

bool report_is_secret(const struct report *report)
{
    const struct settings *settings = report->settings;
    const struct incident *incident = report->duty->incident;
    size_t count;
    if (incident == NULL) {
        return settings->networks[report->duty->network].secrecy == SECRECY_WORK;
    }
    const struct incident *const *members = incident_members(&incident, &count);
    bool secret = false;
    for (size_t i = 0; i < count; i++) {
        secret |= settings->networks[members[i]->network].secrecy == SECRECY_WORK;
    }
    return secret;
}

// The longest stretch that stands, the share lost, whom it concerned.
static void degree_print(
    FILE *out, const struct settings *settings, const struct incident *incident)
{
    const struct grade *grade = incident->measured;
    int64_t longest_ms = 0, normal_milli;
    for (size_t i = 0; i < grade->interruption_count; i++) {
        const struct interruption *one = &grade->interruptions[i];
        int64_t ms = (one->to.ns - one->from.ns) / NS_PER_MS;
        bool certain = !one->undeterminable && one->assumes == 0 && one->kind != OUTAGE_IMPAIRMENT;
        longest_ms = certain && ms > longest_ms ? ms : longest_ms;
    }
    scope_print(out, settings, incident);
    if (grade->interruption_count > 0) {
        struct loss loss = incident_loss(settings, incident, &normal_milli);
        int64_t ratio = loss_ratio_x10000(&loss);
        fprintf(out, "  未处理和处理失败占比 %lld.%02lld%%，失败 %lld 笔，未到达 %lld 笔\n",
            (long long)(ratio / 100), (long long)(ratio % 100), (long long)loss.failed,
            (long long)(loss.never_arrived_milli / 1000));
    } else {
        fprintf(out, "  未处理和处理失败占比：不适用（%s）\n",
            incident_without_losses_chinese(incident));
    }
    if (longest_ms > 0) {
        fputs("  整体中断最长 ", out);
        duration_print(out, longest_ms);
        fputs("\n", out);
    }
    condition_print(out, settings, incident);
    persons_print(out, settings, incident);
}

static void changes_item_print(FILE *out, const struct report *report)
{
    struct snapshot now = snapshot_of(report);
    if (report->before == NULL) {
        fputs("此前没有可比的报告\n", out);
    } else {
        changes_print(out, report, report->before, &now);
    }
}

static void date_print(FILE *out, int64_t date)
{
    int64_t year;
    int month, day;
    if (date != 0) {
        date_split(date, &year, &month, &day);
        fprintf(out, "%lld年%d月%d日", (long long)year, month, day);
    }
}

static void instant_print(FILE *out, struct instant at)
{
    char text[64];
    if (at.ns != INSTANT_NEVER.ns) {
        fputs(instant_format_chinese(at, text), out);
    }
}

static void decision_print(FILE *out, const struct report *report, enum item_id id)
{
    const struct fact *decision = move_of(report->duty->incident, FACT_DECIDE);
    if (decision == NULL) {
        return;
    }
    if (id == ITEM_DECIDED_AT) {
        instant_print(out, decision->entered_at);
    } else {
        fputs(id == ITEM_DECIDED_BY ? decision->by : decision->why, out);
    }
}

static void text_print(FILE *out, const char *text)
{
    fputs(text != NULL ? text : "", out);
}

static void onset_print(FILE *out, const struct incident *incident)
{
    instant_print(out, incident->group != NULL ? incident->group->onset : incident->onset);
}

// As the entry says by which it counts as sent.
static void incomplete_print(FILE *out, const struct duty *duty)
{
    const struct incident *incident = duty->incident;
    for (size_t i = 0; i < incident->move_count; i++) {
        if (strcmp(incident->moves[i]->id, duty->sent_entry) == 0) {
            fputs(incident->moves[i]->incomplete, out);
        }
    }
}

static void notice_value_print(FILE *out, const struct report *report, enum item_id id)
{
    const struct fact *notice = report->notice->fact;
    switch (id) {
    case ITEM_NOTICE_AT: instant_print(out, notice->at); break;
    case ITEM_NOTICE: text_print(out, notice->why); break;
    case ITEM_NOTICE_NETWORK:
        text_print(out, name_of(&report->settings->networks[notice->network]));
        break;
    case ITEM_SEEN: seen_print(out, report); break;
    default: break; // a person's
    }
}

static void incident_value_print(FILE *out, const struct report *report, enum item_id id)
{
    const struct settings *settings = report->settings;
    const struct incident *incident = report->duty->incident;
    bool early = report->kind != REPORT_PROGRESS && report->kind != REPORT_PRELIMINARY;
    switch (id) {
    case ITEM_GRADE:
        early ? grade_print_initial(out, report->duty) : grade_print_first(out, incident);
        break;
    case ITEM_LATEST_GRADE:
        text_print(out, grade_names_chinese[incident_whole_grade(incident)]);
        break;
    case ITEM_FINAL_GRADE:
        text_print(
            out, incident->person_grade >= 0 ? grade_names_chinese[incident->person_grade] : "");
        break;
    case ITEM_ONSET:
        onset_print(out, incident);
        fputs(sensor_clock_is_doubtful(&report->clock) ? CLOCK_DOUBT : "", out);
        break;
    case ITEM_CLASSIFICATION: classification_print(out, settings, incident); break;
    case ITEM_NETWORK: networks_print(out, settings, incident); break;
    case ITEM_MLPS: mlps_print(out, settings, incident); break;
    case ITEM_SITES: sites_print(out, settings, incident); break;
    case ITEM_SCOPE:
    case ITEM_LOSSES: degree_print(out, settings, incident); break;
    case ITEM_CHANGES: changes_item_print(out, report); break;
    case ITEM_HISTORY: history_print(out, settings, incident); break;
    case ITEM_PROMISED_DATE: date_print(out, incident->promised_date); break;
    case ITEM_DECIDED_BY:
    case ITEM_DECIDED_AT:
    case ITEM_REASON: decision_print(out, report, id); break;
    case ITEM_INCOMPLETE: incomplete_print(out, report->duty); break;
    default: break; // a person's
    }
}

static void value_print(FILE *out, const struct report *report, enum item_id id)
{
    const struct institution_settings *institution =
        institution_of(report->settings, report->duty->network);
    switch (id) {
    case ITEM_INSTITUTION: text_print(out, institution->name); break;
    case ITEM_REPORTED_AT: instant_print(out, report->duty->sent_at); break;
    case ITEM_REPORTER: text_print(out, institution->reporter); break;
    case ITEM_CONTACT: text_print(out, institution->contact); break;
    default:
        if (report->duty->incident != NULL) {
            incident_value_print(out, report, id);
        } else {
            notice_value_print(out, report, id);
        }
    }
}

// Lines of a value begin without blanks: the document gives them theirs.
static char *lines_trim(char *text)
{
    char *to = text;
    bool start = true;
    for (const char *from = text; *from != '\0'; from++) {
        if (!start || *from != ' ') {
            start = *from == '\n';
            *to++ = *from;
        }
    }
    *to = '\0';
    while (to > text && to[-1] == '\n') {
        *--to = '\0';
    }
    return text;
}

char *item_value(const struct report *report, enum item_id id)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = memory_stream(&text, &size);
    value_print(out, report, id);
    fclose(out);
    return lines_trim(text);
}

char *shown_text(const struct item *item)
{
    if (item->personal && item->value[0] != '\0') {
        return memory_text("（已填写，见台账）");
    }
    bool typed = strcmp(item->filled_by, "person") == 0;
    char *text = typed ? numbers_masked(item->value) : memory_text(item->value), *cut;
    size_t length = SHOWN_BYTES_MAX;
    if (strlen(text) <= SHOWN_BYTES_MAX) {
        return text;
    }
    while (((uint8_t)text[length] & 0xc0) == 0x80) {
        length--; // never inside a character
    }
    if (asprintf(&cut, "%.*s…（全文见台账）", (int)length, text) < 0) {
        abort();
    }
    free(text);
    return cut;
}
