// From what the clauses measure to a grade. Every clause is measured by the default readings; where
// they do not meet it, by all stricter readings at once, and the criterion then names the smallest
// set of readings that makes the difference. What has once been met stays met in the episode: later
// data may shorten an interruption, but the machine lowers nothing (art. 12(3) knows only raising).
#include "detectors/grades/criteria.h"

#include "config/memory.h"

#include <stdlib.h>
#include <string.h>

#define AHEAD_NS (2 * S_PER_DAY * NS_PER_S) // how far `next` looks

static const char *const reading_names[READINGS] = {
    "触及高峰即计全程",
    "各省中断时间取并集",
    "多次中断累计",
    "省份未知的业务视为另一省份",
    "采集覆盖不足的时段按整体中断计",
    "一项主要功能中断视同整体中断",
    "各类、各次泄露数据合计",
    "可能泄露的按已泄露计",
    "尚无书面告知的按书面告知计",
    "超出窗口的变更自窗口内首个中断时刻起计",
    "起止时刻按所在时段向外取整",
    "按条文原意以正常业务量为分母",
    "未观测到业务且无中断迹象的时段按整体中断计",
    "占比突增的拒绝应答码按处理失败计",
    "限于单一交易对手的失败计入本机构",
    "持有人类型未知的按法人和其他组织计",
    "未到达或者未载明客户的业务每笔按一个客户计",
    "计数误差取上限",
};

void reading_texts_free(struct reading_texts *texts)
{
    for (unsigned set = 0; set < 1u << READINGS; set++) {
        free(texts->texts[set]);
        texts->texts[set] = NULL;
    }
}

static const char *readings_name(struct reading_texts *texts, unsigned set)
{
    char text[512] = "";
    for (unsigned i = 0; i < READINGS && texts->texts[set] == NULL; i++) {
        if ((set & 1u << i) != 0) {
            size_t length = strlen(text);
            snprintf(text + length, sizeof(text) - length, "%s%s", length > 0 ? "、" : "",
                reading_names[i]);
        }
    }
    if (texts->texts[set] == NULL) {
        texts->texts[set] = memory_text(text);
    }
    return texts->texts[set];
}

struct instant grade_met_at(const struct grade *grade)
{
    struct instant met_at = INSTANT_NEVER;
    for (size_t i = 0; i < grade->criterion_count; i++) {
        const struct criterion *criterion = &grade->criteria[i];
        if (criterion->reading == NULL && criterion->clause->grade == grade->grade) {
            met_at = instant_min(met_at, criterion->met_at);
        }
    }
    return met_at;
}

bool grade_is_undeterminable(const struct grade *grade)
{
    bool only = grade->grade > GRADE_NONE;
    for (size_t i = 0; i < grade->criterion_count; i++) {
        const struct criterion *criterion = &grade->criteria[i];
        bool gives = criterion->reading == NULL && criterion->clause->grade == grade->grade;
        only &= !gives || criterion->stands_for != NULL;
    }
    return only;
}

static void criterion_add(struct grade *grade, const struct clause *clause, unsigned readings,
    const char *reading, const struct measure *measure)
{
    struct criterion *criterion = &grade->criteria[grade->criterion_count++];
    *criterion = (struct criterion){.clause = clause,
        .stands_for = measure->stands_for,
        .undeterminable = measure->stands_for != NULL || (readings & READING_POSSIBLE) != 0,
        .reading = reading,
        .measured = measure->measured,
        .threshold = (measure->stands_for != NULL ? measure->stands_for : clause)->at_least,
        .met_at = measure->met_at};
    memcpy(criterion->provinces, measure->provinces, sizeof(criterion->provinces));
}

static bool is_met(const struct evaluation *evaluation, const struct clause *clause, unsigned set)
{
    struct measure measure;
    clause_measure(evaluation, clause, set, &measure);
    return measure.met_at.ns != INT64_MAX;
}

// A smallest set of stricter readings that meets the clause, out of `all`, which does: one or two
// where they are enough, else what is left when none can be left out any more.
static unsigned readings_reduce(
    const struct evaluation *evaluation, const struct clause *clause, unsigned all)
{
    for (unsigned one = 1; one <= all; one <<= 1) {
        if ((all & one) != 0 && is_met(evaluation, clause, one)) {
            return one;
        }
    }
    for (unsigned one = 1; one <= all; one <<= 1) {
        for (unsigned other = one << 1; (all & one) != 0 && other <= all; other <<= 1) {
            if ((all & other) != 0 && is_met(evaluation, clause, one | other)) {
                return one | other;
            }
        }
    }
    unsigned set = all;
    for (unsigned one = 1; one <= all; one <<= 1) {
        if ((set & one) != 0 && is_met(evaluation, clause, set & ~one)) {
            set &= ~one;
        }
    }
    return set;
}

// The stricter readings that meet the clause, and what all of them measure; 0: not even they do.
static unsigned readings_find(
    const struct evaluation *evaluation, const struct clause *clause, struct measure *ret)
{
    unsigned all = clause_readings(evaluation, clause);
    if (all == 0) {
        return 0;
    }
    clause_measure(evaluation, clause, all, ret);
    return ret->met_at.ns != INT64_MAX ? readings_reduce(evaluation, clause, all) : 0;
}

static void clause_evaluate(const struct evaluation *evaluation, const struct clause *clause,
    struct reading_texts *texts, struct grade *grade)
{
    struct measure measure;
    if (!clause_concerns(evaluation->rulebook, clause, evaluation->network)) {
        return;
    }
    clause_measure(evaluation, clause, 0, &measure);
    if (measure.met_at.ns != INT64_MAX) {
        criterion_add(grade, clause, 0, NULL, &measure);
        return;
    }
    unsigned set = readings_find(evaluation, clause, &measure);
    if (set != 0) {
        criterion_add(grade, clause, set, readings_name(texts, set), &measure);
    }
}

// Whether the grade is determined anyway: a criterion by the default readings gives it.
static bool is_determined(const struct grade *grade, int level)
{
    bool determined = false;
    for (size_t i = 0; i < grade->criterion_count; i++) {
        const struct criterion *criterion = &grade->criteria[i];
        determined |= criterion->reading == NULL && criterion->clause->grade >= level;
    }
    return determined;
}

// All clauses, and at last those for what they do not determine.
static void clauses_evaluate(
    const struct evaluation *evaluation, struct reading_texts *texts, struct grade *grade)
{
    for (int floor = 0; floor <= 1; floor++) {
        for (size_t i = 0; i < grade->rulebook->clause_count; i++) {
            const struct clause *clause = &grade->rulebook->clauses[i];
            bool is_floor = clause->metric == METRIC_UNDETERMINABLE;
            if (is_floor == floor && !(is_floor && is_determined(grade, clause->grade))) {
                clause_evaluate(evaluation, clause, texts, grade);
            }
        }
    }
}

// Later data say less: the criterion stays as it was, with what they say beside it (art. 12(3)).
static struct criterion review(
    const struct evaluation *evaluation, const struct criterion *criterion)
{
    const struct clause *clause = criterion->clause;
    struct criterion kept = *criterion;
    struct measure measure;
    clause_measure(evaluation, clause, 0, &measure);
    kept.review = criterion->reading == NULL;
    kept.later = measure.measured;
    return kept;
}

// What was met before and is not any more; and what is still met stays met since the instant that
// was told: a clock that a person watches does not move.
static void criteria_keep(
    const struct evaluation *evaluation, struct grade *grade, const struct grade *before)
{
    for (size_t i = 0; i < before->criterion_count; i++) {
        const struct criterion *old = &before->criteria[i];
        struct criterion *now = NULL;
        for (size_t j = 0; j < grade->criterion_count; j++) {
            now = grade->criteria[j].clause == old->clause ? &grade->criteria[j] : now;
        }
        if (now == NULL && grade->criterion_count < CRITERIA_MAX) {
            grade->criteria[grade->criterion_count++] = review(evaluation, old);
        } else if (now != NULL && old->reading == NULL && now->reading != NULL) {
            *now = review(evaluation, old);
        } else if (now != NULL && old->reading == now->reading) {
            now->met_at = old->met_at;
        }
    }
}

static int criterion_compare(const void *left, const void *right)
{
    const struct criterion *a = left, *b = right;
    int by_reading = (a->reading != NULL) - (b->reading != NULL);
    int by_grade = b->clause->grade - a->clause->grade;
    int by_time = (a->met_at.ns > b->met_at.ns) - (a->met_at.ns < b->met_at.ns);
    int by_place = (a->clause > b->clause) - (a->clause < b->clause); // of the rule book
    return by_reading != 0 ? by_reading
           : by_grade != 0 ? by_grade
           : by_time != 0  ? by_time
                           : by_place;
}

static void levels_fill(struct grade *grade)
{
    int still = GRADE_NONE;
    grade->grade = grade->conservative_grade = GRADE_NONE;
    for (size_t i = 0; i < grade->criterion_count; i++) {
        const struct criterion *criterion = &grade->criteria[i];
        int level = criterion->clause->grade;
        if (criterion->reading == NULL && level > grade->grade) {
            grade->grade = level;
        }
        if (criterion->reading == NULL && !criterion->review && level > still) {
            still = level;
        }
        if (level > grade->conservative_grade) {
            grade->conservative_grade = level;
        }
    }
    grade->review = still < grade->grade;
}

static void ahead_add(struct grade *grade, const struct clause *clause, struct instant at)
{
    size_t place = grade->ahead_count;
    while (place > 0 && grade->ahead[place - 1].at.ns > at.ns) {
        place--;
    }
    if (place == AHEAD_MAX) {
        return;
    }
    grade->ahead_count += grade->ahead_count < AHEAD_MAX;
    memmove(&grade->ahead[place + 1], &grade->ahead[place],
        (grade->ahead_count - 1 - place) * sizeof(grade->ahead[0]));
    grade->ahead[place] = (struct next_threshold){clause, at};
}

// Every clause of a higher grade that is met when everything that is down stays down, by time.
static void ahead_fill(const struct evaluation *evaluation, struct grade *grade)
{
    struct evaluation ahead = *evaluation;
    ahead.ahead_ns = AHEAD_NS;
    grade->ahead_count = 0;
    for (size_t i = 0; i < grade->rulebook->clause_count; i++) {
        const struct clause *clause = &grade->rulebook->clauses[i];
        struct measure now, later;
        if (clause->grade <= grade->grade ||
            !clause_concerns(grade->rulebook, clause, evaluation->network)) {
            continue;
        }
        clause_measure(evaluation, clause, 0, &now);
        clause_measure(&ahead, clause, 0, &later);
        if (now.met_at.ns == INT64_MAX && later.met_at.ns != INT64_MAX) {
            ahead_add(grade, clause, later.met_at);
        }
    }
    grade->next =
        grade->ahead_count > 0 ? grade->ahead[0] : (struct next_threshold){NULL, INSTANT_NEVER};
}

static void reason_add(struct grade *grade, const char *of, const char *reason)
{
    for (size_t i = 0; i < grade->undeterminable_count; i++) {
        if (grade->undeterminable[i] == reason) {
            return;
        }
    }
    if (grade->undeterminable_count < UNDETERMINABLE_MAX) {
        grade->undeterminable_of[grade->undeterminable_count] = of;
        grade->undeterminable[grade->undeterminable_count++] = reason;
    }
}

static bool is_main(const struct evaluation *evaluation, const struct interruption *interruption)
{
    const struct function_table *functions = &evaluation->network->functions;
    return interruption->function < functions->function_count &&
           functions->functions[interruption->function].main;
}

// An interruption of a main function, certain or for want of coverage only.
static bool is_asked(const struct evaluation *evaluation, const struct interruption *interruption)
{
    return is_main(evaluation, interruption) && interruption->kind == OUTAGE_INTERRUPTION &&
           interruption->assumes == 0;
}

// Whether anything of the same function and province is certain.
static bool is_known_in_part(
    const struct evaluation *evaluation, const struct interruption *possible)
{
    bool known = false;
    for (size_t i = 0; i < evaluation->count; i++) {
        const struct interruption *one = &evaluation->interruptions[i];
        known |= interruption_is_certain(one) && one->function == possible->function &&
                 one->province == possible->province;
    }
    return known;
}

// Whether what may have been makes a difference: to a clause, or as all that is known of a
// province.
static bool is_possible_told(const struct evaluation *evaluation, const struct grade *grade)
{
    bool told = false;
    for (size_t i = 0; i < grade->criterion_count; i++) {
        const struct criterion *criterion = &grade->criteria[i];
        bool open = criterion->reading != NULL || grade_is_undeterminable(grade);
        told |= criterion->undeterminable && open;
    }
    for (size_t i = 0; i < evaluation->count; i++) {
        const struct interruption *one = &evaluation->interruptions[i];
        told |=
            one->undeterminable && is_main(evaluation, one) && !is_known_in_part(evaluation, one);
    }
    return told;
}

// Whether it was an interruption at all is the question where nothing says so; where it was one in
// part, or there is evidence of harm (T-L3), for how long (T-C3, T-C4).
static void possible_questions(const struct evaluation *evaluation, struct grade *grade)
{
    static const char whether[] =
        "采集覆盖不足：部分应答未采集到，是否构成整体中断、持续多久无法准确确定";
    static const char duration[] = "采集覆盖不足：部分应答未采集到，整体中断持续多久无法准确确定";
    int64_t fewest = evaluation->settings->outages.fewest_intents;
    for (size_t i = 0; i < evaluation->count; i++) {
        const struct interruption *one = &evaluation->interruptions[i];
        bool asked = one->undeterminable && is_main(evaluation, one);
        bool harm =
            asked && (is_known_in_part(evaluation, one) || interruption_has_harm(one, fewest));
        if (asked) {
            reason_add(grade, harm ? "duration" : "coverage", harm ? duration : whether);
        }
    }
}

// The PBOC's word by telephone is a question: is it as good as in writing (arts. 7(6), 8(6))?
static void facts_question(struct grade *grade)
{
    static const char oral[] = "人民银行已口头告知等级，尚无书面告知，是否按书面告知定级须人工确认";
    for (size_t i = 0; i < grade->criterion_count; i++) {
        const struct criterion *criterion = &grade->criteria[i];
        if (criterion->clause->metric == METRIC_PBOC_NOTICE && criterion->reading != NULL) {
            reason_add(grade, "notice", oral);
        }
    }
}

// Whose peak hours were in force when it began.
static enum peak_state peak_of(const struct evaluation *evaluation)
{
    struct instant begin = evaluation->tick;
    for (size_t i = 0; i < evaluation->count; i++) {
        begin = instant_min(begin, evaluation->interruptions[i].from);
    }
    return network_peak_state(evaluation->network, instant_second(begin));
}

// Nothing says how many persons the intents that never arrived, or that name nobody, have.
static void persons_question(const struct impact *impact, struct grade *grade)
{
    static const char basis[] = "未到达或者未载明客户的业务缺少测算依据，受影响人数无法准确确定";
    static const char evicted[] = "内存不足，起始阶段部分受影响客户未计入，受影响人数无法准确确定";
    if (impact != NULL && impact->without_basis) {
        reason_add(grade, "persons", basis);
    }
    if (impact != NULL && impact->evicted) {
        reason_add(grade, "persons", evicted);
    }
}

static void flags_fill(const struct evaluation *evaluation, struct grade *grade)
{
    static const char coverage[] = "中断期间未能观测的时段超过设定比例，丢失比例无法准确确定";
    static const char province[] = "部分业务省份未知，是否涉及两个以上省级行政区无法准确确定";
    int64_t percent = evaluation->settings->outages.unknown_percent;
    grade->undeterminable_count = 0;
    grade->attempts_only = false;
    grade->peak = peak_of(evaluation);
    grade->all_hours_peak = grade->peak == PEAK_NONE;
    for (size_t i = 0; i < evaluation->count; i++) {
        const struct interruption *one = &evaluation->interruptions[i];
        bool main = is_asked(evaluation, one);
        grade->attempts_only |= one->basis == BASIS_ATTEMPTS;
        int64_t length_ns = instant_min(one->to, evaluation->tick).ns - one->from.ns;
        if (main && !one->undeterminable && one->unknown_ns > 0 &&
            (__int128)one->unknown_ns * 100 > (__int128)length_ns * percent) {
            reason_add(grade, "coverage", coverage);
        }
        if (main && one->province == PROVINCE_UNKNOWN) {
            reason_add(grade, "provinces", province);
        }
    }
    if (is_possible_told(evaluation, grade)) {
        possible_questions(evaluation, grade);
    }
    facts_question(grade);
    persons_question(evaluation->impact, grade);
}

void grade_evaluate(
    const struct evaluation *evaluation, struct reading_texts *texts, struct grade *grade)
{
    struct grade before = *grade;
    grade->criterion_count = 0;
    grade->out_of_scope = !network_is_in_scope(grade->rulebook, evaluation->network);
    clauses_evaluate(evaluation, texts, grade);
    criteria_keep(evaluation, grade, &before);
    qsort(grade->criteria, grade->criterion_count, sizeof(grade->criteria[0]), criterion_compare);
    levels_fill(grade);
    flags_fill(evaluation, grade);
    ahead_fill(evaluation, grade);
}
