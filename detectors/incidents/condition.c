// What an incident comes to: its figures, its provinces, and its state in words.
#include "detectors/incidents/incidents_parts.h"

#include <stdint.h>

bool interruption_is_main(const struct settings *settings, const struct interruption *interruption)
{
    const struct function_table *functions = &settings->networks[interruption->network].functions;
    return interruption->function < functions->function_count &&
           functions->functions[interruption->function].main;
}

// N of a sum is the sum of N: a surge of one province does not make up for the silence of another.
static void loss_add(struct loss *sum, const struct loss *part)
{
    sum->normal_milli += loss_total_milli(part);
    sum->demand += part->demand;
    sum->processed += part->processed;
    sum->unobserved += part->unobserved;
    sum->failed += part->failed;
    sum->never_arrived_milli += part->never_arrived_milli;
    if (part->coverage_milli < sum->coverage_milli) {
        sum->coverage_milli = part->coverage_milli;
    }
}

// What the figures of an incident are taken from: what is certain (or suspected) of it; without,
// its impairments by province; without, what may have been; the whole function's; a unit's.
static int part_rank(const struct interruption *part)
{
    bool possible = part->undeterminable || part->assumes != 0;
    if (part->kind == OUTAGE_INTERRUPTION) {
        return possible ? 2 : 0;
    }
    return part->unit != LABEL_NONE ? 4 : part->nationwide ? 3 : 1;
}

static int parts_rank(const struct grade *grade)
{
    int best = INT32_MAX;
    for (size_t i = 0; grade != NULL && i < grade->interruption_count; i++) {
        int rank = part_rank(&grade->interruptions[i]);
        best = rank < best ? rank : best;
    }
    return best;
}

struct loss incident_loss(
    const struct settings *settings, const struct incident *incident, int64_t *ret_normal_milli)
{
    const struct grade *grade = incident->measured;
    struct loss sums[2] = {{.coverage_milli = 1000}, {.coverage_milli = 1000}}; // others, main
    int64_t normal_milli[2] = {0};
    bool has_main = false;
    int rank = parts_rank(grade);
    for (size_t i = 0; grade != NULL && i < grade->interruption_count; i++) {
        const struct interruption *part = &grade->interruptions[i];
        bool main = interruption_is_main(settings, part);
        if (part_rank(part) != rank) {
            continue; // it holds what is counted already
        }
        loss_add(&sums[main], &part->loss);
        normal_milli[main] += part->loss.normal_milli;
        has_main |= main;
    }
    *ret_normal_milli = normal_milli[has_main];
    return sums[has_main];
}

void incident_provinces(const struct incident *incident, bool ret[static PROVINCES])
{
    const struct grade *grade = incident->measured;
    for (int i = 0; i < PROVINCES; i++) {
        ret[i] = false;
    }
    for (size_t i = 0; grade != NULL && i < grade->interruption_count; i++) {
        if (grade->interruptions[i].province < PROVINCES && !grade->interruptions[i].nationwide) {
            ret[grade->interruptions[i].province] = true;
        }
    }
    if (!grade_is_of_persons(grade)) {
        return;
    }
    for (size_t i = 0; i < grade->impact->place_count; i++) {
        ret[grade->impact->places[i].province] = true;
    }
}

// Nothing of it is an interruption: business is impaired.
static bool is_impairment(const struct incident *incident)
{
    int rank = parts_rank(incident->measured);
    return rank == 1 || rank == 3 || rank == 4;
}

static bool is_impaired_now(const struct incident *incident)
{
    const struct grade *grade = incident->measured;
    bool now = false;
    for (size_t i = 0; grade != NULL && i < grade->interruption_count; i++) {
        const struct interruption *one = &grade->interruptions[i];
        now |= one->kind == OUTAGE_IMPAIRMENT && one->calm_at.ns == INT64_MAX;
    }
    return now;
}

bool incident_is_suspicion(const struct incident *incident)
{
    return incident->grade == GRADE_NONE && incident->measured != NULL &&
           incident->measured->suspected;
}

// What a person has said of it; NULL: the machine's states.
static const char *const person_conditions[] = {[INCIDENT_DISPOSAL_ENDED] = "处置结束（人工认定）",
    [INCIDENT_SUMMARY_DUE] = "处置结束（人工认定），待提交总结报告",
    [INCIDENT_PRELIMINARY_FILED] = "处置结束（人工认定），已提交初步报告",
    [INCIDENT_SUMMARY_FILED] = "处置结束（人工认定），已提交总结报告",
    [INCIDENT_RETURNED] = "总结报告被退回，待修订",
    [INCIDENT_REFILED] = "总结报告已修订提交",
    [INCIDENT_CLOSED] = "已关闭（人工认定）",
    [INCIDENT_FALSE_ALARM] = "误报（人工认定）",
    [INCIDENT_OUT_OF_SCOPE] = "不属于本办法范围（人工认定）"};

const char *incident_condition_chinese(const struct incident *incident)
{
    const struct doubt *doubt = incident_doubt(incident);
    if (person_conditions[incident->state] != NULL) {
        return person_conditions[incident->state];
    }
    if (incident->opened_by != NULL) {
        return "依据人工录入的事实，未见对应的业务中断；处置是否结束须人工认定";
    }
    bool suspected = incident_is_suspicion(incident);
    if (grade_is_of_persons(incident->measured)) {
        return incident->ended_at.ns != INSTANT_NEVER.ns
                   ? "客户业务失败回落至日常水平；处置结束须人工核实"
                   : "未构成整体中断，部分客户业务失败明显超出日常，持续中";
    }
    if (incident->ended_at.ns != INSTANT_NEVER.ns) {
        if (doubt != NULL) {
            return doubt->ended;
        }
        if (is_impairment(incident)) {
            return "失败率回落至大面积受损以下；处置结束须人工核实";
        }
        if (!suspected && is_impaired_now(incident)) {
            return "整体中断结束，业务仍有受损；处置结束须人工核实";
        }
        return suspected ? "疑似整体中断未得到后续数据证实；业务受损情况须人工核实"
                         : "整体中断结束；业务受损情况及处置结束须人工核实";
    }
    if (is_impairment(incident)) {
        return "业务无法正常开展（失败明显超出日常），持续中";
    }
    if (suspected) {
        return "疑似整体中断，数据待定";
    }
    return doubt != NULL ? doubt->ongoing : "整体中断持续中";
}

const char *incident_name_chinese(const struct incident *incident)
{
    if (incident->opened_by != NULL) {
        return "人工录入事件";
    }
    if (incident_is_suspicion(incident)) {
        return "疑似整体中断";
    }
    if (grade_is_of_persons(incident->measured)) {
        return "部分客户业务失败";
    }
    return is_impairment(incident) ? "业务无法正常开展" : "整体中断";
}

const char *incident_without_losses_chinese(const struct incident *incident)
{
    const struct grade *grade = incident->measured;
    bool harm = false;
    if (grade == NULL || grade->interruption_count > 0) {
        return grade == NULL ? "未见对应的业务中断" : NULL;
    }
    for (size_t i = 0; i < grade->fact_count; i++) {
        int kind = grade->facts[i]->kind;
        harm |= kind == FACT_LEAK || kind == FACT_RANSOMWARE;
    }
    return grade_is_of_persons(grade) ? "未构成整体中断"
           : harm                     ? "非中断类事件"
                                      : "未见对应的业务中断";
}

const char *metric_name(const struct clause *clause)
{
    switch (clause->metric) {
    case METRIC_OUTAGE: return clause->in_peak ? "outage_peak_ms" : "outage_ms";
    case METRIC_IMPAIRED: return "impaired_ms";
    case METRIC_NATURAL_PERSONS: return "natural_persons";
    case METRIC_LEGAL_PERSONS: return "legal_persons";
    case METRIC_UNDETERMINABLE: return "undeterminable_ms";
    }
    return metric_is_entered(clause->metric) ? metric_names[clause->metric] : "other";
}
