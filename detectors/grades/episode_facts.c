// Facts and the episodes that they belong to. A fact that names an incident belongs to its episode;
// one that asks for a new incident opens one; any other belongs to what traffic has open in its
// network, else to what the last fact there has opened, when it is of the same time (within
// incidents.reopen), else it opens an episode of its own. An episode that a fact has opened is over
// when a person says so, which is not the grades' business: it stays open here.
#include "config/log.h"
#include "config/memory.h"

#include "detectors/grades/episode.h"

#include <stdlib.h>
#include <string.h>

static void fact_attach(struct episode *episode, const struct fact *fact)
{
    episode->facts =
        memory_grow(episode->facts, episode->fact_count, &episode->fact_capacity, sizeof(fact));
    episode->facts[episode->fact_count++] = fact;
    episode->has_news = true;
    if (episode->opened_by != NULL) {
        episode->onset = instant_min(episode->onset, fact->at);
        episode->last_bad_end = instant_max(episode->last_bad_end, fact->at);
    }
}

static struct episode *entered_open(struct grades *grades, const struct fact *fact)
{
    struct episode *episode = memory_zeroed(1, sizeof(*episode));
    grades->entered = memory_grow(
        grades->entered, grades->entered_count, &grades->entered_capacity, sizeof(episode));
    grades->entered[grades->entered_count++] = episode;
    episode->network = fact->network;
    episode->closed_until.ns = INT64_MIN;
    episode_start(grades, episode, fact->at);
    episode->opened_by = fact;
    episode->decided = true;
    return episode;
}

static struct episode *entered_last(const struct grades *grades, const struct fact *fact)
{
    int64_t reopen_ns = grades->settings->incidents.reopen_ns;
    for (size_t i = grades->entered_count; i-- > 0;) {
        struct episode *episode = grades->entered[i];
        if (episode->network == fact->network) {
            bool soon = fact->at.ns - episode->last_bad_end.ns <= reopen_ns &&
                        episode->onset.ns - fact->at.ns <= reopen_ns;
            return soon ? episode : NULL;
        }
    }
    return NULL;
}

static struct episode *episode_named(
    struct grades *grades, const struct fact *fact, const struct fact_target *target)
{
    struct episode *traffic = &grades->episodes[fact->network];
    if (target->opened_by == NULL) {
        bool same = traffic->open && traffic->first_suspected.ns == target->first_suspected.ns;
        return same ? traffic : NULL;
    }
    for (size_t i = 0; i < grades->entered_count; i++) {
        struct episode *episode = grades->entered[i];
        if (episode->network == fact->network &&
            strcmp(episode->opened_by->id, target->opened_by) == 0) {
            return episode;
        }
    }
    return NULL;
}

static struct episode *episode_of(
    struct grades *grades, const struct fact *fact, const struct fact_target *target)
{
    struct episode *traffic = &grades->episodes[fact->network];
    struct episode *named = target != NULL ? episode_named(grades, fact, target) : NULL;
    if (named != NULL || strcmp(fact->incident, FACT_NEW) == 0) {
        return named;
    }
    return traffic->open ? traffic : entered_last(grades, fact);
}

// What says something of its own, and not only of an incident that is there.
static bool fact_opens(const struct fact *fact)
{
    return fact->kind != FACT_CAUSE && fact->kind != FACT_CONFIRM && fact->kind != FACT_SPLIT;
}

void grades_add_fact(
    struct grades *grades, const struct fact *fact, const struct fact_target *target)
{
    for (size_t i = 0; i < grades->fact_count; i++) {
        if (strcmp(grades->facts[i]->id, fact->id) == 0) {
            return; // the same again
        }
    }
    struct episode *episode = episode_of(grades, fact, target);
    if (episode == NULL && !fact_opens(fact)) {
        log_warning("fact %s: network \"%s\" has no incident that it could belong to", fact->id,
            grades->settings->networks[fact->network].id);
        return;
    }
    struct fact *kept = memory_zeroed(1, sizeof(*kept));
    *kept = *fact;
    grades->facts =
        memory_grow(grades->facts, grades->fact_count, &grades->fact_capacity, sizeof(kept));
    grades->facts[grades->fact_count++] = kept;
    fact_attach(episode != NULL ? episode : entered_open(grades, kept), kept);
}

bool episode_has_running_fact(const struct episode *episode, struct instant tick)
{
    for (size_t i = 0; i < episode->fact_count; i++) {
        const struct fact *fact = episode->facts[i];
        if (fact->kind == FACT_CANNOT_PROCEED && fact->until.ns > tick.ns - 2 * NS_PER_S) {
            return true;
        }
    }
    return false;
}

void entered_judge(struct grades *grades, struct instant tick)
{
    for (size_t i = 0; i < grades->entered_count; i++) {
        episode_judge(grades, grades->entered[i], tick, false);
    }
}
