#include "detectors/outages/track.h"

#include "config/memory.h"

#include <stdlib.h>
#include <string.h>

#define WINDOW_NS (15 * 60 * NS_PER_S) // the widest window
#define TRACES_NS (60 * NS_PER_S)
#define ABSENT_NS (S_PER_DAY * NS_PER_S) // without a record for so long: starts anew
#define SPARE     256                    // buckets that are forgotten at once

void track_free(struct track *track)
{
    if (track != NULL) {
        free(track->buckets);
        free(track->closed);
        free(track->live);
    }
    free(track);
}

static void track_reserve(struct track *track, size_t count)
{
    if (count > track->capacity) {
        track->capacity = count * 2 + 64;
        track->buckets = memory_resize(track->buckets, track->capacity, sizeof(*track->buckets));
    }
}

static void track_fill(struct track *track, size_t count)
{
    if (count > track->count) {
        track_reserve(track, count);
        memset(&track->buckets[track->count], 0, (count - track->count) * sizeof(*track->buckets));
        track->count = count;
    }
}

// After a long absence nothing that was before can belong to what comes; it is closed as it stands.
static void track_restart(struct track *track, int64_t number)
{
    size_t count = track->closed_count + track->live_count;
    track->closed = memory_resize(track->closed, count + 1, sizeof(*track->closed));
    for (size_t i = 0; i < track->live_count; i++) {
        track->live[i].ongoing = false;
        if (!track->live[i].suspected) {
            track->closed[track->closed_count++] = track->live[i];
        }
    }
    track->live_count = 0;
    track->carried = 0;
    track->first = number;
    track->count = track->settled = track->find_from = 0;
}

bool track_put(struct track *track, const struct normal *normal, const struct rule *rule)
{
    int64_t number = normal->from.ns / rule->bucket_ns;
    int64_t end = track->first + (int64_t)track->count;
    if (track->count == 0) {
        track->first = number;
    } else if ((number - end) * rule->bucket_ns > ABSENT_NS) {
        track_restart(track, number);
    }
    if (number < track->first) {
        return false;
    }
    size_t at = (size_t)(number - track->first);
    track_fill(track, at + 1);
    uint8_t state = track->buckets[at].state;
    bool suspect = track->buckets[at].suspect;
    bucket_from_normal(normal, &track->buckets[at]);
    track->buckets[at].state = state;
    track->buckets[at].suspect = suspect;
    track->basis = normal->basis;
    track->last = number > track->last ? number : track->last;
    if (at < track->changed_from) {
        track->changed_from = at;
    }
    return true;
}

void track_extend(struct track *track, const struct rule *rule)
{
    int64_t number = rule->tick.ns / rule->bucket_ns;
    if (track->count > 0 && number > track->first &&
        (number - track->first) * rule->bucket_ns < 2 * ABSENT_NS) {
        track_fill(track, (size_t)(number - track->first));
    }
}

bool track_is_waiting(const struct track *track)
{
    return track->live_count > 0 || track->first + (int64_t)track->settled <= track->last;
}

void track_trim(struct track *track, const struct rule *rule)
{
    int64_t window = WINDOW_NS / rule->bucket_ns;
    int64_t context = (rule->merge_ns + TRACES_NS) / rule->bucket_ns;
    int64_t keep = track->first + (int64_t)track->settled;
    keep = keep / window * window - context;
    int64_t find = track->first + (int64_t)track->find_from;
    keep = find < keep ? find : keep;
    if (keep < track->first + SPARE) {
        return;
    }
    size_t forget = (size_t)(keep - track->first);
    memmove(
        track->buckets, &track->buckets[forget], (track->count - forget) * sizeof(*track->buckets));
    track->first = keep;
    track->count -= forget;
    track->settled -= forget;
    track->find_from -= forget;
}
