// A clause is measured per main function (one of them over 70 % is enough, art. 31(5)):
//
//   one province    each interruption of each province by itself
//   two or more     the time with at least so many provinces down at once, joined over short gaps;
//                   province 00 is never the second one, province 99 (institutions of the whole
//                   country) is two of them
//   impaired        art. 10(3) names no province: the time in which any province, or the function
//                   as a whole, is impaired or down, joined
//
// gives lists of intervals, and a list is measured whole, or by what of it lies in peak hours. The
// stricter readings change how lists are made: with READING_CUMULATIVE all intervals of a province
// (or of the function) are one list, with READING_UNION two provinces need not be down at once.
#include "detectors/grades/evaluate.h"

#include "config/memory.h"

#include "detectors/grades/intervals.h"

#include <stdlib.h>
#include <string.h>

#define ANY_PROVINCE (-1) // a list is not of one province

struct clause_look {
    const struct evaluation *evaluation;
    const struct clause *clause;
    unsigned readings;
    int64_t fewest;                 // READING_HARMED: failed intents that are evidence of harm
    struct province_interval *down; // of the function in hand
    size_t down_count;
    struct interval *spans, *joined; // room for 2 * count
    struct measure *ret;
};

bool network_is_in_scope(const struct rulebook *rulebook, const struct network_settings *network)
{
    return network->in_china && (network->pboc_domain || rulebook->domain == DOMAIN_CHINA);
}

static bool is_special(const struct network_settings *network)
{
    bool special = network->special_class_count == 0; // unset: treated as special
    for (size_t i = 0; i < network->special_class_count; i++) {
        special |= network->special_class[i] != SPECIAL_NOT;
    }
    return special;
}

bool clause_concerns(const struct rulebook *rulebook, const struct clause *clause,
    const struct network_settings *network)
{
    return network_is_in_scope(rulebook, network) &&
           (clause->scope != SCOPE_SPECIAL_CLASS || is_special(network)) &&
           (clause->scope != SCOPE_FINANCIAL_SERVICE || network->financial_service) &&
           (clause->scope != SCOPE_CII || network->cii);
}

static struct instant end_of(
    const struct evaluation *evaluation, const struct interruption *interruption)
{
    if (interruption->ongoing && evaluation->ahead_ns > 0) {
        return instant_add(evaluation->tick, evaluation->ahead_ns);
    }
    return instant_min(interruption->to, evaluation->tick);
}

// The readings by which an interruption counts that stands on assumptions.
static unsigned readings_of(const struct interruption *one)
{
    static const unsigned readings[ASSUMPTIONS] = {
        READING_POSSIBLE, READING_LITERAL, READING_SILENCE, READING_CODES, READING_EXTERNAL};
    unsigned set = 0;
    for (unsigned i = 0; i < ASSUMPTIONS; i++) {
        set |= (one->assumes & 1u << i) != 0 ? readings[i] : 0;
    }
    return set;
}

// When it counts: what windows were cut out of as it was measured, by a stricter reading.
static struct interval span_of(const struct clause_look *look, const struct interruption *one)
{
    struct interval span = {one->from, end_of(look->evaluation, one)};
    if ((look->readings & READING_PLANNED) != 0 && one->whole_to.ns != 0) {
        span.from = one->whole_from;
        span.to = instant_max(span.to, instant_min(one->whole_to, look->evaluation->tick));
    }
    if ((look->readings & READING_EDGES) != 0) {
        struct instant last = instant_add(look->evaluation->tick, look->evaluation->ahead_ns);
        bool ended = span.to.ns == one->to.ns;
        span.from = instant_add(span.from, -one->edge_before_ns);
        span.to = ended ? instant_min(instant_add(span.to, one->edge_after_ns), last) : span.to;
    }
    return span;
}

// What is undeterminable counts by a stricter reading; for art. 12(1) where it holds harm itself.
static bool is_down(const struct clause_look *look, const struct interruption *one)
{
    bool impairment = one->kind == OUTAGE_IMPAIRMENT;
    if (one->suspected || (impairment && look->clause->metric != METRIC_IMPAIRED) ||
        (readings_of(one) & ~look->readings) != 0) {
        return false;
    }
    if (!one->undeterminable) {
        return true;
    }
    return (look->readings & READING_POSSIBLE) != 0 ||
           ((look->readings & READING_HARMED) != 0 && interruption_has_harm(one, look->fewest));
}

static void down_fill(struct clause_look *look, size_t function, bool without_unknown)
{
    look->down_count = 0;
    for (size_t i = 0; i < look->evaluation->count; i++) {
        const struct interruption *one = &look->evaluation->interruptions[i];
        struct interval span = span_of(look, one);
        if (one->function == function && is_down(look, one) && span.to.ns > span.from.ns &&
            !(without_unknown && one->province == PROVINCE_UNKNOWN)) {
            look->down[look->down_count++] =
                (struct province_interval){span, one->nationwide ? PROVINCES : one->province};
        }
    }
}

// Of all main functions, for the provinces that are told.
static void everything_down_fill(struct clause_look *look)
{
    const struct evaluation *evaluation = look->evaluation;
    const struct function_table *functions = &evaluation->network->functions;
    size_t count = 0;
    for (size_t i = 0; i < evaluation->count; i++) {
        const struct interruption *one = &evaluation->interruptions[i];
        struct interval span = span_of(look, one);
        if (one->function < functions->function_count && functions->functions[one->function].main &&
            is_down(look, one) && span.to.ns > span.from.ns) {
            look->down[count++] = (struct province_interval){span, one->province};
        }
    }
    look->down_count = count;
}

// Art. 10(3): a person's word that business cannot proceed is as good as what was measured.
static void entered_fill(struct clause_look *look)
{
    const struct evaluation *evaluation = look->evaluation;
    for (size_t i = 0; i < evaluation->fact_count; i++) {
        const struct fact *fact = evaluation->facts[i];
        struct instant now = instant_add(evaluation->tick, evaluation->ahead_ns);
        struct instant to = instant_min(fact->until, now);
        if (fact->kind == FACT_CANNOT_PROCEED && to.ns > fact->at.ns &&
            fact_counts(evaluation, fact)) {
            look->down[look->down_count++] =
                (struct province_interval){{fact->at, to}, PROVINCE_UNKNOWN};
        }
    }
}

// Adds the parts of an interval that count to *sum_ns; *met_at is when it reached the threshold.
static void interval_measure(const struct clause_look *look, const struct interval *interval,
    int64_t *sum_ns, struct instant *met_at)
{
    const struct network_settings *network = look->evaluation->network;
    int64_t threshold_ns = look->clause->at_least * NS_PER_MS;
    bool touch = look->clause->in_peak && (look->readings & READING_TOUCH) != 0;
    struct instant from = interval->from, part_from = from, part_to = interval->to, peak_from;
    if (touch && !peak_next(network, from, interval->to, &peak_from, &part_to)) {
        return;
    }
    part_to = interval->to;
    bool only_peak = look->clause->in_peak && !touch;
    while (!only_peak || peak_next(network, from, interval->to, &part_from, &part_to)) {
        int64_t part_ns = part_to.ns - part_from.ns;
        if (met_at->ns == INT64_MAX && *sum_ns + part_ns >= threshold_ns) {
            *met_at = instant_add(part_from, threshold_ns - *sum_ns);
            *met_at = touch ? instant_max(*met_at, peak_from) : *met_at;
        }
        *sum_ns += part_ns;
        from = part_to;
        if (!only_peak) {
            break;
        }
    }
}

static bool is_overlap(const struct interval *a, const struct interval *b)
{
    return a->from.ns < b->to.ns && b->from.ns < a->to.ns;
}

static int instant_compare(const void *left, const void *right)
{
    const struct instant *a = left, *b = right;
    return a->ns < b->ns ? -1 : a->ns > b->ns;
}

// The provinces that are down in a list, and when the clause's last necessary one came.
static void provinces_of(const struct clause_look *look, const struct interval *list, size_t count,
    uint8_t bits[static PROVINCES / 8 + 1], struct instant *ret_complete)
{
    struct instant since[PROVINCES + 2];
    size_t found = 0;
    for (size_t i = 0; i < look->down_count; i++) {
        const struct province_interval *down = &look->down[i];
        bool overlaps = false;
        for (size_t j = 0; j < count && !overlaps; j++) {
            overlaps = is_overlap(&down->interval, &list[j]);
        }
        uint8_t bit = (uint8_t)(1u << (down->province % 8));
        if (overlaps && down->province < PROVINCES && (bits[down->province / 8] & bit) == 0) {
            bits[down->province / 8] |= bit;
            since[found++] = down->interval.from;
            if (down->province == PROVINCE_NATIONAL) { // two or more, who knows which
                since[found++] = down->interval.from;
            }
        }
    }
    qsort(since, found, sizeof(since[0]), instant_compare);
    size_t needed = (size_t)look->clause->provinces;
    *ret_complete = found >= needed ? since[needed - 1] : INSTANT_NEVER;
}

static void list_measure(
    const struct clause_look *look, const struct interval *list, size_t count, int province)
{
    int64_t sum_ns = 0;
    struct instant met_at = INSTANT_NEVER, complete_at;
    uint8_t bits[PROVINCES / 8 + 1] = {0};
    for (size_t i = 0; i < count; i++) {
        interval_measure(look, &list[i], &sum_ns, &met_at);
    }
    int64_t measured = sum_ns / NS_PER_MS;
    look->ret->measured = measured > look->ret->measured ? measured : look->ret->measured;
    if (met_at.ns == INT64_MAX) {
        return;
    }
    if (province >= 0) {
        bits[province / 8] = (uint8_t)(1u << (province % 8));
    } else {
        provinces_of(look, list, count, bits, &complete_at);
        bool together = look->clause->metric == METRIC_OUTAGE;
        met_at = together ? instant_max(met_at, complete_at) : met_at;
    }
    look->ret->met_at = instant_min(look->ret->met_at, met_at);
    for (size_t i = 0; i < sizeof(bits) && met_at.ns != INT64_MAX; i++) {
        look->ret->provinces[i] |= bits[i];
    }
}

static void lists_measure(
    const struct clause_look *look, const struct interval *spans, size_t count, int province)
{
    if ((look->readings & READING_CUMULATIVE) != 0) {
        list_measure(look, spans, count, province);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        list_measure(look, &spans[i], 1, province);
    }
}

// Each province by itself: those behind `at` in the list with the same province are taken with it.
static void province_measure(struct clause_look *look, size_t at, struct province_interval *own)
{
    size_t count = 0;
    for (size_t i = at; i < look->down_count; i++) {
        if (look->down[i].province == look->down[at].province) {
            own[count++] = look->down[i];
        }
    }
    size_t spans = intervals_at_once(own, count, 1, look->spans);
    lists_measure(look, look->spans, spans, look->down[at].province);
}

static void provinces_measure(struct clause_look *look, size_t function)
{
    bool done[PROVINCES] = {false};
    struct province_interval *own = memory_zeroed(look->evaluation->count + 1, sizeof(*own));
    down_fill(look, function, false);
    for (size_t i = 0; i < look->down_count; i++) {
        if (!done[look->down[i].province]) {
            done[look->down[i].province] = true;
            province_measure(look, i, own);
        }
    }
    free(own);
}

static void at_once_measure(struct clause_look *look, size_t function)
{
    const struct settings *settings = look->evaluation->settings;
    bool impaired = look->clause->metric == METRIC_IMPAIRED;
    bool any = impaired || (look->readings & READING_UNION) != 0;
    bool without_unknown = !impaired && (look->readings & READING_UNKNOWN_PROVINCE) == 0;
    down_fill(look, function, without_unknown);
    if (impaired) {
        entered_fill(look);
    }
    size_t least = any ? 1 : (size_t)look->clause->provinces;
    size_t spans = intervals_at_once(look->down, look->down_count, least, look->spans);
    size_t joined = intervals_join(look->spans, spans, settings->outages.merge_ns,
        settings->outages.lost_percent, look->joined);
    lists_measure(look, look->joined, joined, ANY_PROVINCE);
}

// 整体中断 of a CII: all main functions that have any business are down at once, wherever.
static void whole_measure(struct clause_look *look)
{
    const struct evaluation *evaluation = look->evaluation;
    const struct function_table *functions = &evaluation->network->functions;
    const struct outages_settings *outages = &evaluation->settings->outages;
    struct province_interval *all =
        memory_zeroed(functions->function_count * (evaluation->count + 1) + 1, sizeof(*all));
    size_t count = 0, needed = 0;
    for (size_t f = 0; f < functions->function_count && needed < PROVINCES; f++) {
        bool counts = evaluation->in_business == NULL || evaluation->in_business[f];
        if (!functions->functions[f].main || !counts) {
            continue;
        }
        down_fill(look, f, false);
        size_t spans = intervals_at_once(look->down, look->down_count, 1, look->spans);
        for (size_t i = 0; i < spans; i++) { // its place stands for a province's
            all[count++] = (struct province_interval){look->spans[i], (uint8_t)needed};
        }
        needed++;
    }
    struct interval *spans = memory_zeroed(2 * count + 1, sizeof(*spans));
    struct interval *joined = memory_zeroed(2 * count + 1, sizeof(*joined));
    size_t found = needed == 0 ? 0 : intervals_at_once(all, count, needed, spans);
    size_t joins = intervals_join(spans, found, outages->merge_ns, outages->lost_percent, joined);
    everything_down_fill(look);
    lists_measure(look, joined, joins, ANY_PROVINCE);
    free(all);
    free(spans);
    free(joined);
}

bool evaluation_has_planned(const struct evaluation *evaluation)
{
    bool has = false;
    for (size_t i = 0; i < evaluation->count; i++) {
        has |= evaluation->interruptions[i].whole_to.ns != 0;
    }
    return has;
}

bool evaluation_has_possible(const struct evaluation *evaluation)
{
    bool has = false;
    for (size_t i = 0; i < evaluation->count; i++) {
        has |= evaluation->interruptions[i].undeterminable;
    }
    return has;
}

static void duration_measure(const struct evaluation *evaluation, const struct clause *clause,
    unsigned readings, int64_t fewest, struct measure *ret)
{
    size_t room = 2 * (evaluation->count + evaluation->fact_count) + 1;
    struct clause_look look = {evaluation, clause, readings, fewest,
        memory_zeroed(room, sizeof(*look.down)), 0, memory_zeroed(room, sizeof(*look.spans)),
        memory_zeroed(room, sizeof(*look.joined)), ret};
    *ret = (struct measure){.met_at = INSTANT_NEVER};
    const struct function_table *functions = &evaluation->network->functions;
    bool whole = clause->functions == FUNCTIONS_ALL && (readings & READING_ANY_FUNCTION) == 0;
    for (size_t f = 0; f < functions->function_count && !whole; f++) {
        if (functions->functions[f].main) {
            if (clause->metric == METRIC_OUTAGE && clause->provinces <= 1) {
                provinces_measure(&look, f);
            } else {
                at_once_measure(&look, f);
            }
        }
    }
    if (whole) {
        whole_measure(&look);
    }
    free(look.down);
    free(look.spans);
    free(look.joined);
}

// Of what is certainly interrupted of a main function more than this share, in percent, has no
// known province: whether it is one or several cannot be determined (T-D15).
#define UNKNOWN_PROVINCE_PERCENT 30

static bool is_province_unknown(const struct evaluation *evaluation)
{
    const struct function_table *functions = &evaluation->network->functions;
    bool unknown = false;
    for (size_t f = 0; f < functions->function_count; f++) {
        int64_t all_milli = 0, unknown_milli = 0;
        for (size_t i = 0; i < evaluation->count && functions->functions[f].main; i++) {
            const struct interruption *one = &evaluation->interruptions[i];
            bool counts = one->function == f && interruption_is_certain(one);
            int64_t milli = counts ? loss_total_milli(&one->loss) : 0;
            all_milli += milli;
            unknown_milli += one->province == PROVINCE_UNKNOWN ? milli : 0;
        }
        unknown |= (__int128)unknown_milli * 100 > (__int128)all_milli * UNKNOWN_PROVINCE_PERCENT;
    }
    return unknown;
}

// Art. 12(1): the first clause of at least this grade that would be met if what is undeterminable,
// and holds harm, were an interruption.
static void undeterminable_measure(
    const struct evaluation *evaluation, const struct clause *floor, struct measure *ret)
{
    unsigned readings = READING_HARMED;
    readings |= is_province_unknown(evaluation) ? READING_UNKNOWN_PROVINCE : 0;
    *ret = (struct measure){.met_at = INSTANT_NEVER};
    if (readings == READING_HARMED && !evaluation_has_possible(evaluation)) {
        return;
    }
    for (size_t i = 0; i < evaluation->rulebook->clause_count; i++) {
        const struct clause *clause = &evaluation->rulebook->clauses[i];
        struct measure measure;
        if (clause->metric != METRIC_OUTAGE || clause->grade < floor->grade ||
            !clause_concerns(evaluation->rulebook, clause, evaluation->network)) {
            continue;
        }
        duration_measure(evaluation, clause, readings, floor->at_least, &measure);
        if (measure.met_at.ns < ret->met_at.ns) {
            *ret = measure;
            ret->stands_for = clause;
        }
    }
}

// Until the first harm outside of a window all was as approved: nothing was met before.
static struct instant unplanned_since(const struct evaluation *evaluation)
{
    struct instant since = INSTANT_NEVER;
    for (size_t i = 0; i < evaluation->count; i++) {
        since = instant_min(since, evaluation->interruptions[i].from);
    }
    return since;
}

void clause_measure(const struct evaluation *evaluation, const struct clause *clause,
    unsigned readings, struct measure *ret)
{
    if (clause->metric == METRIC_UNDETERMINABLE) {
        undeterminable_measure(evaluation, clause, ret);
    } else if (metric_is_of_persons(clause->metric)) {
        persons_measure(evaluation, clause, readings, ret);
    } else if (metric_is_entered(clause->metric)) {
        facts_measure(evaluation, clause, readings, ret);
    } else {
        duration_measure(evaluation, clause, readings, 0, ret);
    }
    bool timed = !metric_is_of_persons(clause->metric); // persons know when a window was overrun
    if (timed && (readings & READING_PLANNED) != 0 && ret->met_at.ns != INT64_MAX) {
        ret->met_at = instant_max(ret->met_at, unplanned_since(evaluation));
    }
}

static unsigned leak_readings(const struct evaluation *evaluation)
{
    unsigned readings = evaluation->fact_count > 1 ? READING_DATA_SUM : 0;
    for (size_t i = 0; i < evaluation->fact_count; i++) {
        readings |= evaluation->facts[i]->possible ? READING_MAY_HAVE : 0;
    }
    return readings;
}

static unsigned assumed_readings(const struct evaluation *evaluation)
{
    unsigned set = 0;
    for (size_t i = 0; i < evaluation->count; i++) {
        const struct interruption *one = &evaluation->interruptions[i];
        set |= readings_of(one) | (one->undeterminable ? READING_POSSIBLE : 0);
        set |= one->edge_before_ns + one->edge_after_ns > 0 ? READING_EDGES : 0;
    }
    return set;
}

unsigned clause_readings(const struct evaluation *evaluation, const struct clause *clause)
{
    unsigned readings =
        READING_TOUCH | READING_UNION | READING_CUMULATIVE | READING_UNKNOWN_PROVINCE;
    if (clause->metric == METRIC_UNDETERMINABLE || clause->metric == METRIC_NOTICE) {
        return 0; // a stricter reading determines; and a word is a word
    }
    if (clause->metric == METRIC_PBOC_NOTICE) {
        return evaluation->fact_count > 0 ? READING_ORAL : 0;
    }
    if (metric_is_of_persons(clause->metric)) {
        return persons_readings(evaluation, clause);
    }
    if (metric_is_entered(clause->metric)) {
        return leak_readings(evaluation);
    }
    readings |= clause->functions == FUNCTIONS_ALL ? READING_ANY_FUNCTION : 0;
    readings |= evaluation_has_planned(evaluation) ? READING_PLANNED : 0;
    return readings | assumed_readings(evaluation);
}
