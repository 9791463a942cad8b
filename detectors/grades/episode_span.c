// From when to when an episode lasts, and whether it goes on.
#include "detectors/grades/episode.h"

struct instant interruption_bad_end(const struct interruption *interruption, struct instant tick)
{
    return instant_min(interruption->to, tick);
}

// What only a stricter reading takes for an interruption decides nothing by itself.
static bool is_decided(const struct interruption *interruption)
{
    return !interruption->suspected && interruption->assumes == 0;
}

bool episode_has_decided(const struct episode *episode)
{
    for (size_t i = 0; i < episode->count; i++) {
        if (is_decided(&episode->interruptions[i])) {
            return true;
        }
    }
    return false;
}

static bool has_interruption(const struct episode *episode)
{
    for (size_t i = 0; i < episode->count; i++) {
        if (interruption_is_certain(&episode->interruptions[i])) {
            return true;
        }
    }
    return false;
}

// From when to when there was harm: by what is decided, and by suspicions only until something is.
// A suspicion that was taken back is no harm. A decided onset never moves to later. The last end is
// that of all that belongs to the episode; what is told as the end is that of the interruption when
// there was one: an impairment may go on behind it.
void episode_span(struct episode *episode, struct instant tick)
{
    struct instant onset = INSTANT_NEVER, end = INSTANT_NONE, told = INSTANT_NONE;
    bool decided = episode_has_decided(episode), interrupted = has_interruption(episode);
    for (size_t i = 0; i < episode->count; i++) {
        const struct interruption *one = &episode->interruptions[i];
        if (!decided || is_decided(one)) {
            onset = instant_min(onset, one->from);
        }
        if (!decided || !one->suspected) {
            bool tells = !interrupted || interruption_is_certain(one);
            end = instant_max(end, interruption_bad_end(one, tick));
            told = tells ? instant_max(told, interruption_bad_end(one, tick)) : told;
        }
    }
    if (episode->count > 0 && (decided || !episode->decided)) {
        episode->onset = episode->decided ? instant_min(episode->onset, onset) : onset;
        episode->last_bad_end = end;
        episode->told_end = told;
    }
    episode->decided |= decided;
}

void episode_extend(const struct grades *grades, struct episode *episode, struct instant tick)
{
    if (!episode_is_grave(grades, episode) || !episode->open) {
        return;
    }
    struct instant until = instant_min(episode->impact->until, tick);
    episode->last_bad_end = instant_max(episode->last_bad_end, until);
    if (!has_interruption(episode)) {
        episode->told_end = instant_max(episode->told_end, until);
    }
}

bool episode_is_active(const struct episode *episode)
{
    for (size_t i = 0; i < episode->count; i++) {
        if (episode->interruptions[i].ongoing || episode->interruptions[i].suspected) {
            return true;
        }
    }
    return episode_is_harmful(episode);
}

// Whether the interruption goes on; where there was none, whatever there is.
bool episode_is_ongoing(const struct episode *episode)
{
    bool interrupted = has_interruption(episode);
    for (size_t i = 0; i < episode->count; i++) {
        const struct interruption *one = &episode->interruptions[i];
        bool goes_on = one->ongoing || one->suspected;
        if (goes_on && (!interrupted || (one->kind == OUTAGE_INTERRUPTION && one->assumes == 0))) {
            return true;
        }
    }
    return !interrupted && episode_is_harmful(episode);
}
