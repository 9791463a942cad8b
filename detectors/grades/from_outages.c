// Judges every network's episode by every rule book. An episode is all interruptions of a network,
// of all its functions and provinces, that follow each other within incidents.reopen; it is open as
// long as one is suspected or ongoing, and for that time after the last, plus what an interruption
// may be late in being known. Its first suspected bucket is fixed for life. Where nothing is
// interrupted, persons open one as soon as a clause about them is met by any reading (affected.c).
//
// An episode keeps the rule books by which it was opened, also when others come meanwhile.
//
// A rule book is evaluated anew only when the interruptions changed; a tick that brings the same
// ones as the last only lets time pass.
#include "config/memory.h"

#include "detectors/grades/episode.h"
#include "detectors/grades/planned.h"

#include <stdlib.h>
#include <string.h>

struct grades *grades_new(const struct settings *settings, struct mistakes *mistakes)
{
    struct grades *grades = memory_zeroed(1, sizeof(*grades));
    grades->settings = settings;
    grades->episodes = memory_zeroed(settings->network_count + 1, sizeof(*grades->episodes));
    grades->in_business = memory_zeroed(settings->network_count + 1, sizeof(bool *));
    grades->shelf = shelf_read(settings, mistakes);
    grades->evicted_at = grades->ticks_merged_at = (struct instant){INT64_MIN};
    for (size_t n = 0; n < settings->network_count; n++) {
        grades->episodes[n].network = (uint16_t)n;
        grades->episodes[n].closed_until.ns = INT64_MIN;
    }
    if (grades->shelf == NULL) {
        grades_free(grades);
        return NULL;
    }
    return grades;
}

void episode_free(struct episode *episode)
{
    free(episode->interruptions);
    free(episode->facts);
    free(episode->grades);
}

static void facts_free(struct grades *grades)
{
    for (size_t i = 0; i < grades->entered_count; i++) {
        episode_free(grades->entered[i]);
        free(grades->entered[i]);
    }
    for (size_t i = 0; i < grades->fact_count; i++) {
        free(grades->facts[i]);
    }
    free(grades->entered);
    free(grades->facts);
}

void grades_free(struct grades *grades)
{
    if (grades == NULL) {
        return;
    }
    for (struct shelf *shelf = grades->shelf; shelf != NULL; shelf = shelf_free(shelf)) {
    }
    for (size_t n = 0; n < grades->settings->network_count; n++) {
        episode_free(&grades->episodes[n]);
        free(grades->in_business[n]);
    }
    facts_free(grades);
    reading_texts_free(&grades->readings);
    free(grades->cutovers.list);
    free(grades->episodes);
    free(grades->in_business);
    free(grades->out);
    free(grades->last);
    free(grades);
}

void grades_take_rulebooks(struct grades *grades, struct grades *fresh)
{
    if (shelf_is_same(grades->shelf, fresh->shelf)) {
        return; // nothing new to keep
    }
    struct shelf *taken = fresh->shelf;
    fresh->shelf = NULL;
    taken->older = grades->shelf;
    grades->shelf = taken;
}

void episode_start(struct grades *grades, struct episode *episode, struct instant first)
{
    episode->open = true;
    episode->decided = false;
    episode->evicted = episode->ticks_merged = false;
    episode->first_suspected = episode->onset = first;
    episode->last_bad_end = episode->told_end = first;
    episode->shelf = grades->shelf;
    episode->grades =
        memory_resize(episode->grades, episode->shelf->count + 1, sizeof(*episode->grades));
    for (size_t i = 0; i < episode->shelf->count; i++) {
        episode->grades[i] = (struct grade){.network = episode->network,
            .rulebook = shelf_book(episode->shelf, episode->network, i),
            .not_covered = episode->shelf->not_covered,
            .not_covered_count = episode->shelf->not_covered_count,
            .next = {NULL, INSTANT_NEVER}};
    }
}

static void episode_close(struct episode *episode)
{
    episode->open = false;
    episode->closed_until = episode->last_bad_end;
    episode->count = episode->fact_count = 0;
}

static int from_compare(const void *left, const void *right)
{
    const struct interruption *a = left, *b = right;
    if (a->from.ns != b->from.ns) {
        return a->from.ns < b->from.ns ? -1 : 1;
    }
    int by_function = a->function - b->function;
    int by_province = a->province - b->province;
    return by_function != 0   ? by_function
           : by_province != 0 ? by_province
                              : interruption_compare_kinds(a, b);
}

// What of the network's interruptions is not planned and belongs to no earlier episode, by its
// beginning.
static size_t candidates_find(const struct grades *grades, size_t network,
    const struct interruption *interruptions, size_t count, struct instant tick,
    struct interruption *ret)
{
    const struct episode *episode = &grades->episodes[network];
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        const struct interruption *whole = &interruptions[i];
        if (whole->network != network || whole->from.ns >= tick.ns ||
            interruption_bad_end(whole, tick).ns <= episode->closed_until.ns) {
            continue;
        }
        size_t first = found;
        size_t parts =
            interruption_unplanned(grades->settings, &grades->cutovers, whole, tick, &ret[first]);
        for (size_t part = first; part < first + parts; part++) {
            if (interruption_bad_end(&ret[part], tick).ns > episode->closed_until.ns) {
                ret[found++] = ret[part];
            }
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
        end = instant_max(end, interruption_bad_end(&candidates[extent], tick));
        extent += 1;
    }
    return extent;
}

// Takes over the episode's interruptions. True when they changed.
static bool episode_update(const struct grades *grades, struct episode *episode,
    const struct interruption *interruptions, size_t count, struct instant tick)
{
    bool changed =
        count != episode->count || (count > 0 && memcmp(interruptions, episode->interruptions,
                                                     count * sizeof(*interruptions)) != 0);
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
        changed |= interruption_bad_end(&interruptions[i], tick).ns != interruptions[i].to.ns;
    }
    episode_span(episode, tick);
    episode_extend(grades, episode, tick);
    return changed;
}

// How late after its beginning an interruption may come to be known.
static int64_t lag_ns(const struct grades *grades, size_t network)
{
    return settings_time_limit_ns(grades->settings, (uint16_t)network) +
           2 * grades->settings->outages.bucket_ns;
}

// Counters start anew with each process, and a bundle begins in the middle: the first ones say only
// what was before them.
void grades_see_counters(struct grades *grades, const struct counters *counters)
{
    if (grades->counting && counters->evicted > grades->evicted) {
        grades->evicted_at = counters->tick;
    }
    if (counters->merged > 0) {
        grades->ticks_merged_at = counters->tick;
    }
    grades->evicted = counters->evicted;
    grades->counting = true;
    cutovers_see(&grades->cutovers, grades->settings, counters);
}

// What was measured from a time limit before the onset on, as the requests of its first second wait
// as long, until the end is known. What was said is not taken back.
static void episode_flag(
    const struct grades *grades, size_t network, struct episode *episode, struct instant tick)
{
    int64_t limit_ns = settings_time_limit_ns(grades->settings, (uint16_t)network);
    struct instant since = instant_add(episode->onset, -limit_ns);
    struct instant until = episode_is_active(episode)
                               ? tick
                               : instant_add(episode->last_bad_end, lag_ns(grades, network));
    struct instant evicted_at = grades->evicted_at, merged_at = grades->ticks_merged_at;
    episode->evicted |= evicted_at.ns > since.ns && evicted_at.ns <= until.ns;
    episode->ticks_merged |= merged_at.ns > since.ns && merged_at.ns <= until.ns;
}

// What lies ahead is taken back once it should have come: it recovers.
static void ahead_pass(const struct grades *grades, struct grade *grade, struct instant tick)
{
    size_t passed = 0;
    while (passed < grade->ahead_count &&
           grade->ahead[passed].at.ns + lag_ns(grades, grade->network) < tick.ns) {
        passed++;
    }
    grade->ahead_count -= passed;
    memmove(grade->ahead, &grade->ahead[passed], grade->ahead_count * sizeof(grade->ahead[0]));
    grade->next =
        grade->ahead_count > 0 ? grade->ahead[0] : (struct next_threshold){NULL, INSTANT_NEVER};
}

static void grade_fill(struct grade *grade, const struct episode *episode, bool decided)
{
    grade->suspected = !decided && grade->criterion_count == 0 && episode->opened_by == NULL;
    grade->ongoing = episode->opened_by != NULL || episode_is_ongoing(episode);
    grade->evicted = episode->evicted;
    grade->ticks_merged = episode->ticks_merged;
    grade->first_suspected = episode->first_suspected;
    grade->onset = episode->onset;
    grade->last_bad_end = episode->opened_by != NULL ? episode->last_bad_end : episode->told_end;
    grade->interruptions = episode->interruptions;
    grade->interruption_count = episode->count;
    grade->facts = episode->facts;
    grade->fact_count = episode->fact_count;
    grade->opened_by = episode->opened_by == NULL ? NULL : episode->opened_by->id;
}

void episode_judge(
    struct grades *grades, struct episode *episode, struct instant tick, bool changed)
{
    struct evaluation evaluation = {.settings = grades->settings,
        .network = &grades->settings->networks[episode->network],
        .interruptions = episode->interruptions,
        .count = episode->count,
        .facts = episode->facts,
        .fact_count = episode->fact_count,
        .impact = episode->impact,
        .in_business = grades->in_business[episode->network],
        .tick = tick};
    bool decided = episode_has_decided(episode);
    uint64_t version = episode->impact == NULL ? 0 : episode->impact->version;
    changed |= version != episode->judged_impact;
    episode->judged_impact = version;
    changed |= episode->has_news || episode_has_running_fact(episode, tick);
    if (episode->opened_by == NULL) {
        episode_flag(grades, episode->network, episode, tick);
    }
    for (size_t i = 0; i < episode->shelf->count; i++) {
        struct grade *grade = &episode->grades[i];
        evaluation.rulebook = grade->rulebook;
        if (changed) {
            grade_evaluate(&evaluation, &grades->readings, grade);
        }
        ahead_pass(grades, grade, tick);
        grade_fill(grade, episode, decided);
        grade->persons_measured = grades->persons_measured;
        grade->impact = episode->impact;
    }
    episode->has_news = false;
}

void grades_see_normals(struct grades *grades, const struct normal *normals, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct normal *normal = &normals[i];
        size_t functions = grades->settings->networks[normal->network].functions.function_count;
        bool **business = &grades->in_business[normal->network];
        if (*business == NULL) {
            *business = memory_zeroed(functions + 1, sizeof(bool));
        }
        if (normal->function < functions && (normal->normal_milli > 0 || normal->demand > 0)) {
            (*business)[normal->function] = true;
        }
    }
}

// Nothing is active, and a new interruption could not follow any more.
static bool episode_is_over(
    const struct grades *grades, size_t network, bool active, struct instant tick)
{
    const struct episode *episode = &grades->episodes[network];
    int64_t reopen_ns = grades->settings->incidents.reopen_ns;
    int64_t served_ns = episode->impact == NULL ? 0 : grades->settings->intents.served_within_ns;
    struct instant end = episode->last_bad_end;
    return !active && tick.ns > end.ns + reopen_ns + lag_ns(grades, network) + served_ns;
}

static void network_judge(struct grades *grades, size_t network,
    const struct interruption *candidates, size_t count, struct instant tick)
{
    struct episode *episode = &grades->episodes[network];
    size_t extent = 0;
    if (episode->open) {
        bool active = episode_is_harmful(episode);
        extent = episode_extent(grades, candidates, count, episode->last_bad_end, tick);
        for (size_t i = 0; i < extent; i++) {
            active |= candidates[i].ongoing || candidates[i].suspected;
        }
        if (extent < count || episode_is_over(grades, network, active, tick)) {
            episode_close(episode);
            candidates += extent;
            count -= extent;
        }
    }
    if (!episode->open && count > 0) {
        episode_start(grades, episode, candidates[0].from);
        extent = episode_extent(grades, candidates, count, candidates[0].from, tick);
    }
    if (!episode->open && episode_is_due(grades, episode)) {
        episode_start(grades, episode, episode->impact->onset);
        episode->decided = true; // that they are affected is certain
    }
    if (episode->open) {
        bool changed = episode_update(grades, episode, candidates, extent, tick);
        episode_judge(grades, episode, tick, changed);
    }
}

// Whether the tick brings what the last one brought.
static bool is_unchanged(
    const struct grades *grades, const struct interruption *interruptions, size_t count)
{
    return grades->last_whole && count == grades->last_count &&
           (count == 0 || memcmp(interruptions, grades->last, count * sizeof(*interruptions)) == 0);
}

static void last_keep(struct grades *grades, const struct interruption *interruptions, size_t count,
    struct instant tick)
{
    if (count > grades->last_capacity) {
        grades->last_capacity = count * 2;
        grades->last = memory_resize(grades->last, grades->last_capacity, sizeof(*grades->last));
    }
    if (count > 0) {
        memcpy(grades->last, interruptions, count * sizeof(*interruptions));
    }
    grades->last_count = count;
    grades->last_whole = true;
    for (size_t i = 0; i < count; i++) {
        grades->last_whole &= interruptions[i].to.ns <= tick.ns;
    }
}

static void networks_judge(struct grades *grades, const struct interruption *interruptions,
    size_t count, struct instant tick)
{
    size_t room = (count + 1) * (grades->settings->maintenance_count + grades->cutovers.count + 1);
    struct interruption *candidates = memory_zeroed(room, sizeof(*candidates));
    for (size_t n = 0; n < grades->settings->network_count; n++) {
        struct episode *episode = &grades->episodes[n];
        size_t own = candidates_find(grades, n, interruptions, count, tick, candidates);
        if (own > 0 || episode->open || episode_is_due(grades, episode)) {
            network_judge(grades, n, candidates, own, tick);
        }
    }
    last_keep(grades, interruptions, count, tick);
    free(candidates);
}

// Time alone ends episodes, and takes back a threshold that was ahead.
static void networks_wait(struct grades *grades, struct instant tick)
{
    for (size_t n = 0; n < grades->settings->network_count; n++) {
        struct episode *episode = &grades->episodes[n];
        episode_extend(grades, episode, tick);
        if (!episode->open && episode_is_due(grades, episode)) {
            network_judge(grades, n, NULL, 0, tick);
        } else if (episode->open && episode_is_over(grades, n, episode_is_active(episode), tick)) {
            episode_close(episode);
        } else if (episode->open) {
            episode_judge(grades, episode, tick, false);
        }
    }
}

static size_t episode_put(struct grades *grades, const struct episode *episode, size_t found)
{
    for (size_t i = 0; i < episode->shelf->count; i++) {
        grades->out = memory_grow(grades->out, found, &grades->out_capacity, sizeof(*grades->out));
        grades->out[found++] = episode->grades[i];
    }
    return found;
}

size_t grades_from_outages(struct grades *grades, const struct interruption *interruptions,
    size_t count, struct instant tick, const struct grade **ret)
{
    size_t found = 0;
    if (is_unchanged(grades, interruptions, count)) {
        networks_wait(grades, tick);
    } else {
        networks_judge(grades, interruptions, count, tick);
    }
    entered_judge(grades, tick);
    for (size_t n = 0; n < grades->settings->network_count; n++) {
        if (grades->episodes[n].open) {
            found = episode_put(grades, &grades->episodes[n], found);
        }
    }
    for (size_t i = 0; i < grades->entered_count; i++) {
        found = episode_put(grades, grades->entered[i], found);
    }
    *ret = grades->out;
    return found;
}
