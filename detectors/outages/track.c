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
        free(track->past.sums);
        for (int layer = 0; layer < LAYERS; layer++) {
            free(track->findings[layer].closed);
            free(track->findings[layer].live);
        }
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
static void finding_restart(struct finding *finding)
{
    size_t count = finding->closed_count + finding->live_count;
    finding->closed = memory_resize(finding->closed, count + 1, sizeof(*finding->closed));
    for (size_t i = 0; i < finding->live_count; i++) {
        finding->live[i].ongoing = false;
        if (!finding->live[i].suspected) {
            finding->closed[finding->closed_count++] = finding->live[i];
        }
    }
    finding->live_count = 0;
    finding->carried = 0;
    finding->find_from = 0;
}

static void track_restart(struct track *track, int64_t number)
{
    for (int layer = 0; layer < LAYERS; layer++) {
        finding_restart(&track->findings[layer]);
    }
    track->first = number;
    track->count = track->settled = 0;
}

size_t track_live_count(const struct track *track)
{
    size_t count = 0;
    for (int layer = 0; layer < LAYERS; layer++) {
        count += track->findings[layer].live_count;
    }
    return count;
}

// The bucket of the number, made when there is none yet; NULL when it is forgotten.
static struct bucket *bucket_at(struct track *track, int64_t number, const struct rule *rule)
{
    int64_t end = track->first + (int64_t)track->count;
    if (track->count == 0) {
        track->first = number;
    } else if ((number - end) * rule->bucket_ns > ABSENT_NS) {
        track_restart(track, number);
    }
    if (number < track->first) {
        return NULL;
    }
    size_t at = (size_t)(number - track->first);
    track_fill(track, at + 1);
    track->last = number > track->last ? number : track->last;
    if (at < track->changed_from) {
        track->changed_from = at;
    }
    return &track->buckets[at];
}

// The verdict stays until it is judged anew.
static void bucket_keep_verdict(struct bucket *bucket, const struct bucket *from)
{
    bucket->small = from->small;
    bucket->state = from->state;
    bucket->suspect = from->suspect;
    bucket->assumes = from->assumes;
    bucket->impaired = from->impaired;
    bucket->calm = from->calm;
    bucket->failing = from->failing;
    bucket->inherited = from->inherited;
}

bool track_put(
    struct track *track, struct track *parent, const struct normal *normal, const struct rule *rule)
{
    int64_t number = normal->from.ns / rule->bucket_ns;
    struct bucket *bucket = bucket_at(track, number, rule), before;
    if (bucket == NULL) {
        return false;
    }
    before = *bucket;
    bucket_from_normal(normal, bucket);
    bucket_keep_verdict(bucket, &before);
    track->basis = normal->basis;
    track->usual = normal->usual;
    struct bucket *sums = parent == NULL ? NULL : bucket_at(parent, number, rule);
    if (sums != NULL) {
        bucket_move(sums, &before, bucket);
        parent->basis = normal->basis;
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
    return track_live_count(track) > 0 || track->first + (int64_t)track->settled <= track->last;
}

bool track_blind_next(struct track *track, int64_t *ret_number)
{
    int64_t next = track->blind_told < track->first ? track->first : track->blind_told;
    int64_t end = track->first + (int64_t)track->settled;
    while (next < end && track->buckets[next - track->first].state != BUCKET_BLIND) {
        next++;
    }
    track->blind_told = next < end ? next + 1 : next;
    *ret_number = next;
    return next < end;
}

void track_pass(struct track *track)
{
    for (int layer = 0; layer < LAYERS; layer++) {
        track->findings[layer].find_from = track->settled;
    }
}

// The first bucket that a layer still needs.
static int64_t find_first(const struct track *track)
{
    size_t from = track->count;
    for (int layer = 0; layer < LAYERS; layer++) {
        size_t find = track->findings[layer].find_from;
        from = find < from ? find : from;
    }
    return track->first + (int64_t)(from > 0 ? from - 1 : 0); // and the one at its edge
}

void track_trim(struct track *track, const struct rule *rule)
{
    int64_t window = WINDOW_NS / rule->bucket_ns;
    int64_t context = window + (rule->merge_ns + TRACES_NS) / rule->bucket_ns;
    int64_t keep = track->first + (int64_t)track->settled;
    keep = keep / window * window - context;
    int64_t find = find_first(track);
    keep = find < keep ? find : keep;
    if (keep < track->first + SPARE) {
        return;
    }
    size_t forget = (size_t)(keep - track->first);
    curve_keep(track, forget, rule);
    memmove(
        track->buckets, &track->buckets[forget], (track->count - forget) * sizeof(*track->buckets));
    track->first = keep;
    track->count -= forget;
    track->settled -= forget;
    for (int layer = 0; layer < LAYERS; layer++) {
        track->findings[layer].find_from -= forget;
    }
}
