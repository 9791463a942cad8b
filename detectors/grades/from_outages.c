// Judges every network's episode by every rule book. An episode is all interruptions of a network,
// of all its functions and provinces, that follow each other within incidents.reopen; it is open as
// long as one is suspected or ongoing, and for that time after the last, plus what an interruption
// may be late in being known. Its first suspected bucket is fixed for life.
//
// A rule book is evaluated anew only when the interruptions changed. What has once been met stays
// met in the episode: later data may shorten an interruption, but the machine lowers nothing (art.
// 12(3) knows only raising). Every clause is measured by the default readings; where they do not
// meet it, by all stricter readings at once, and the criterion then names the smallest set of
// readings that makes the difference. Clauses about persons are unknown, never false: they are
// listed as not measured.
#include "config/memory.h"

#include "detectors/grades/evaluate.h"

#include <stdlib.h>
#include <string.h>

#define AHEAD_NS     (2 * S_PER_DAY * NS_PER_S) // how far `next` looks
#define READING_TEXT 256

struct episode {
    bool open;
    struct instant first_suspected, onset, last_bad_end;
    struct instant closed_until; // interruptions up to here belong to an earlier episode
    struct interruption *interruptions;
    size_t count, capacity;
    struct grade *grades; // by rule book
};

struct grades {
    const struct settings *settings;
    struct rulebook **rulebooks;
    size_t rulebook_count;
    struct episode *episodes; // by network
    struct grade *out;
    char readings[READING_SETS][READING_TEXT]; // by set of bits
};

static const char *const reading_names[] = {
    "触及高峰即计全程",
    "各省中断时间取并集",
    "多次中断累计",
    "省份未知的业务视为另一省份",
};

static void readings_name(struct grades *grades)
{
    for (unsigned set = 0; set < READING_SETS; set++) {
        char *text = grades->readings[set];
        for (unsigned i = 0; i < sizeof(reading_names) / sizeof(reading_names[0]); i++) {
            if ((set & 1u << i) != 0) {
                size_t length = strlen(text);
                snprintf(text + length, READING_TEXT - length, "%s%s", length > 0 ? "、" : "",
                    reading_names[i]);
            }
        }
    }
}

static bool rulebooks_read(struct grades *grades, struct mistakes *mistakes)
{
    const struct grades_settings *settings = &grades->settings->grades;
    bool good = true;
    grades->rulebooks = memory_zeroed(settings->rulebook_count + 1, sizeof(struct rulebook *));
    for (size_t i = 0; i < settings->rulebook_count; i++) {
        char *path = settings_path(grades->settings, settings->rulebook_paths[i]);
        struct rulebook *book = rulebook_read(path, mistakes);
        free(path);
        good &= book != NULL;
        if (book != NULL) {
            grades->rulebooks[grades->rulebook_count++] = book;
        }
    }
    return good;
}

struct grades *grades_new(const struct settings *settings, struct mistakes *mistakes)
{
    struct grades *grades = memory_zeroed(1, sizeof(*grades));
    grades->settings = settings;
    grades->episodes = memory_zeroed(settings->network_count + 1, sizeof(*grades->episodes));
    if (!rulebooks_read(grades, mistakes)) {
        grades_free(grades);
        return NULL;
    }
    readings_name(grades);
    for (size_t n = 0; n < settings->network_count; n++) {
        grades->episodes[n].grades =
            memory_zeroed(grades->rulebook_count + 1, sizeof(*grades->episodes[n].grades));
        grades->episodes[n].closed_until.ns = INT64_MIN;
    }
    grades->out =
        memory_zeroed(settings->network_count * grades->rulebook_count + 1, sizeof(*grades->out));
    return grades;
}

void grades_free(struct grades *grades)
{
    if (grades == NULL) {
        return;
    }
    for (size_t i = 0; i < grades->rulebook_count; i++) {
        rulebook_free(grades->rulebooks[i]);
    }
    for (size_t n = 0; n < grades->settings->network_count; n++) {
        free(grades->episodes[n].interruptions);
        free(grades->episodes[n].grades);
    }
    free(grades->rulebooks);
    free(grades->episodes);
    free(grades->out);
    free(grades);
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

static void criterion_add(struct grade *grade, const struct clause *clause, const char *reading,
    const struct measure *measure)
{
    struct criterion *criterion = &grade->criteria[grade->criterion_count++];
    *criterion = (struct criterion){.clause = clause,
        .reading = reading,
        .measured = measure->ns / NS_PER_MS,
        .threshold = clause->at_least,
        .met_at = measure->met_at};
    memcpy(criterion->provinces, measure->provinces, sizeof(criterion->provinces));
}

// The smallest set of stricter readings that meets the clause; 0: not even all of them do.
static unsigned readings_find(
    const struct evaluation *evaluation, const struct clause *clause, struct measure *ret)
{
    clause_measure(evaluation, clause, READINGS_ALL, ret);
    if (ret->met_at.ns == INT64_MAX) {
        return 0;
    }
    for (int size = 1; size < 4; size++) {
        for (unsigned set = 1; set < READINGS_ALL; set++) {
            struct measure measure;
            if (__builtin_popcount(set) != size) {
                continue;
            }
            clause_measure(evaluation, clause, set, &measure);
            if (measure.met_at.ns != INT64_MAX) {
                return set;
            }
        }
    }
    return READINGS_ALL;
}

static void clause_evaluate(struct grades *grades, const struct evaluation *evaluation,
    const struct clause *clause, struct grade *grade)
{
    struct measure measure;
    if (!metric_is_measured(clause->metric) || !clause_concerns(clause, evaluation->network)) {
        return;
    }
    clause_measure(evaluation, clause, 0, &measure);
    if (measure.met_at.ns != INT64_MAX) {
        criterion_add(grade, clause, NULL, &measure);
        return;
    }
    unsigned set = readings_find(evaluation, clause, &measure);
    if (set != 0) {
        criterion_add(grade, clause, grades->readings[set], &measure);
    }
}

// What was met before and is not any more.
static void criteria_keep(struct grade *grade, const struct grade *before)
{
    for (size_t i = 0; i < before->criterion_count; i++) {
        const struct criterion *old = &before->criteria[i];
        struct criterion *now = NULL;
        for (size_t j = 0; j < grade->criterion_count; j++) {
            now = grade->criteria[j].clause == old->clause ? &grade->criteria[j] : now;
        }
        if (now == NULL && grade->criterion_count < CRITERIA_MAX) {
            grade->criteria[grade->criterion_count++] = *old;
        } else if (now != NULL && old->reading == NULL && now->reading != NULL) {
            *now = *old;
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
    grade->grade = grade->conservative_grade = GRADE_NONE;
    for (size_t i = 0; i < grade->criterion_count; i++) {
        const struct criterion *criterion = &grade->criteria[i];
        int level = criterion->clause->grade;
        if (criterion->reading == NULL && level > grade->grade) {
            grade->grade = level;
        }
        if (level > grade->conservative_grade) {
            grade->conservative_grade = level;
        }
    }
}

// The earliest clause of a higher grade that is met when everything that is down stays down.
static void next_fill(const struct evaluation *evaluation, struct grade *grade)
{
    struct evaluation ahead = *evaluation;
    ahead.ahead_ns = AHEAD_NS;
    grade->next = (struct next_threshold){NULL, INSTANT_NEVER};
    for (size_t i = 0; i < grade->rulebook->clause_count; i++) {
        const struct clause *clause = &grade->rulebook->clauses[i];
        struct measure now, later;
        if (clause->grade <= grade->grade || !metric_is_measured(clause->metric) ||
            !clause_concerns(clause, evaluation->network)) {
            continue;
        }
        clause_measure(evaluation, clause, 0, &now);
        clause_measure(&ahead, clause, 0, &later);
        if (now.met_at.ns == INT64_MAX && later.met_at.ns < grade->next.at.ns) {
            grade->next = (struct next_threshold){clause, later.met_at};
        }
    }
}

static void reason_add(struct grade *grade, const char *reason)
{
    for (size_t i = 0; i < grade->undeterminable_count; i++) {
        if (grade->undeterminable[i] == reason) {
            return;
        }
    }
    grade->undeterminable[grade->undeterminable_count++] = reason;
}

static void flags_fill(const struct evaluation *evaluation, struct grade *grade)
{
    static const char coverage[] = "中断期间未能观测的时段超过设定比例,丢失比例无法准确确定";
    static const char province[] = "部分业务省份未知,是否涉及两个以上省级行政区无法准确确定";
    int64_t percent = evaluation->settings->outages.unknown_percent;
    grade->undeterminable_count = 0;
    grade->attempts_only = false;
    grade->all_hours_peak = evaluation->network->peak_hours_count == 0;
    for (size_t i = 0; i < evaluation->count; i++) {
        const struct interruption *one = &evaluation->interruptions[i];
        const struct function_table *functions = &evaluation->network->functions;
        bool main =
            one->function < functions->function_count && functions->functions[one->function].main;
        grade->attempts_only |= one->basis == BASIS_ATTEMPTS;
        int64_t length_ns = instant_min(one->to, evaluation->tick).ns - one->from.ns;
        if (main && one->unknown_ns > 0 &&
            (__int128)one->unknown_ns * 100 > (__int128)length_ns * percent) {
            reason_add(grade, coverage);
        }
        if (main && one->province == PROVINCE_UNKNOWN) {
            reason_add(grade, province);
        }
    }
}

static void grade_evaluate(
    struct grades *grades, const struct evaluation *evaluation, struct grade *grade)
{
    struct grade before = *grade;
    grade->criterion_count = 0;
    grade->out_of_scope = !network_is_in_scope(evaluation->network);
    for (size_t i = 0; i < grade->rulebook->clause_count; i++) {
        clause_evaluate(grades, evaluation, &grade->rulebook->clauses[i], grade);
    }
    criteria_keep(grade, &before);
    qsort(grade->criteria, grade->criterion_count, sizeof(grade->criteria[0]), criterion_compare);
    levels_fill(grade);
    flags_fill(evaluation, grade);
    next_fill(evaluation, grade);
}

static void episode_open(struct grades *grades, size_t network, struct instant first)
{
    struct episode *episode = &grades->episodes[network];
    episode->open = true;
    episode->first_suspected = episode->onset = first;
    episode->last_bad_end = first;
    for (size_t i = 0; i < grades->rulebook_count; i++) {
        episode->grades[i] = (struct grade){.network = (uint16_t)network,
            .rulebook = grades->rulebooks[i],
            .next = {NULL, INSTANT_NEVER}};
    }
}

static void episode_close(struct episode *episode)
{
    episode->open = false;
    episode->closed_until = episode->last_bad_end;
    episode->count = 0;
}

static int from_compare(const void *left, const void *right)
{
    const struct interruption *a = left, *b = right;
    if (a->from.ns != b->from.ns) {
        return a->from.ns < b->from.ns ? -1 : 1;
    }
    int by_function = a->function - b->function;
    return by_function != 0 ? by_function : a->province - b->province;
}

static struct instant bad_end(const struct interruption *interruption, struct instant tick)
{
    return instant_min(interruption->to, tick);
}

// The network's interruptions that belong to no earlier episode, by their beginnings.
static size_t candidates_find(const struct episode *episode, size_t network,
    const struct interruption *interruptions, size_t count, struct instant tick,
    struct interruption *ret)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        if (interruptions[i].network == network && interruptions[i].from.ns < tick.ns &&
            bad_end(&interruptions[i], tick).ns > episode->closed_until.ns) {
            ret[found++] = interruptions[i];
        }
    }
    qsort(ret, found, sizeof(*ret), from_compare);
    return found;
}

// How many of the candidates follow each other within the reopening time.
static size_t episode_extent(const struct grades *grades, const struct interruption *candidates,
    size_t count, struct instant since, struct instant tick)
{
    struct instant end = since;
    size_t extent = 0;
    while (extent < count &&
           candidates[extent].from.ns <= end.ns + grades->settings->incidents.reopen_ns) {
        end = instant_max(end, bad_end(&candidates[extent], tick));
        extent += 1;
    }
    return extent;
}

// Takes over the episode's interruptions. True when they changed.
static bool episode_update(struct episode *episode, const struct interruption *interruptions,
    size_t count, struct instant tick)
{
    bool changed = count != episode->count || memcmp(interruptions, episode->interruptions,
                                                  count * sizeof(*interruptions)) != 0;
    if (count > episode->capacity) {
        episode->capacity = count * 2;
        episode->interruptions =
            memory_resize(episode->interruptions, episode->capacity, sizeof(*interruptions));
    }
    if (count > 0) {
        memcpy(episode->interruptions, interruptions, count * sizeof(*interruptions));
    }
    episode->count = count;
    for (size_t i = 0; i < count; i++) {
        struct instant end = bad_end(&interruptions[i], tick);
        changed |= end.ns != interruptions[i].to.ns;
        episode->onset = instant_min(episode->onset, interruptions[i].from);
        episode->last_bad_end = instant_max(episode->last_bad_end, end);
    }
    return changed;
}

static bool episode_is_active(const struct episode *episode)
{
    for (size_t i = 0; i < episode->count; i++) {
        if (episode->interruptions[i].ongoing || episode->interruptions[i].suspected) {
            return true;
        }
    }
    return false;
}

// How late after its beginning an interruption may come to be known.
static int64_t lag_ns(const struct grades *grades, size_t network)
{
    return settings_time_limit_ns(grades->settings, (uint16_t)network) +
           2 * grades->settings->outages.bucket_ns;
}

static void episode_judge(struct grades *grades, size_t network, struct instant tick, bool changed)
{
    struct episode *episode = &grades->episodes[network];
    struct evaluation evaluation = {grades->settings, &grades->settings->networks[network],
        episode->interruptions, episode->count, tick, 0};
    bool decided = false;
    for (size_t i = 0; i < episode->count; i++) {
        decided |= !episode->interruptions[i].suspected;
    }
    for (size_t i = 0; i < grades->rulebook_count; i++) {
        struct grade *grade = &episode->grades[i];
        if (changed) {
            grade_evaluate(grades, &evaluation, grade);
        }
        if (grade->next.clause != NULL && grade->next.at.ns + lag_ns(grades, network) < tick.ns) {
            grade->next = (struct next_threshold){NULL, INSTANT_NEVER}; // it recovers
        }
        grade->suspected = !decided && grade->criterion_count == 0;
        grade->ongoing = episode_is_active(episode);
        grade->first_suspected = episode->first_suspected;
        grade->onset = episode->onset;
        grade->last_bad_end = episode->last_bad_end;
        grade->interruptions = episode->interruptions;
        grade->interruption_count = episode->count;
    }
}

static void network_judge(struct grades *grades, size_t network,
    const struct interruption *candidates, size_t count, struct instant tick)
{
    struct episode *episode = &grades->episodes[network];
    size_t extent = 0;
    if (episode->open) {
        extent = episode_extent(grades, candidates, count, episode->last_bad_end, tick);
        int64_t until_ns = episode->last_bad_end.ns + grades->settings->incidents.reopen_ns;
        bool late = tick.ns > until_ns + lag_ns(grades, network);
        bool active = false;
        for (size_t i = 0; i < extent; i++) {
            active |= candidates[i].ongoing || candidates[i].suspected;
        }
        if (extent < count || (late && !active)) {
            episode_close(episode);
            candidates += extent;
            count -= extent;
        }
    }
    if (!episode->open && count > 0) {
        episode_open(grades, network, candidates[0].from);
        extent = episode_extent(grades, candidates, count, candidates[0].from, tick);
    }
    if (episode->open) {
        bool changed = episode_update(episode, candidates, extent, tick);
        episode_judge(grades, network, tick, changed);
    }
}

size_t grades_from_outages(struct grades *grades, const struct interruption *interruptions,
    size_t count, struct instant tick, const struct grade **ret)
{
    struct interruption *candidates = memory_zeroed(count + 1, sizeof(*candidates));
    size_t found = 0;
    for (size_t n = 0; n < grades->settings->network_count; n++) {
        struct episode *episode = &grades->episodes[n];
        size_t own = candidates_find(episode, n, interruptions, count, tick, candidates);
        if (own > 0 || episode->open) {
            network_judge(grades, n, candidates, own, tick);
        }
        for (size_t i = 0; episode->open && i < grades->rulebook_count; i++) {
            grades->out[found++] = episode->grades[i];
        }
    }
    free(candidates);
    *ret = grades->out;
    return found;
}
