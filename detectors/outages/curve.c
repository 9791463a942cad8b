// The course of a cell, for drafts: what share was lost, minute by minute.
//
// A track forgets buckets that can change no verdict any more. Of a track that has findings they
// are summed up before: by the minute, and, when there are too many sums, by 5, 15, 30, 60 minutes,
// so that a long outage takes no more room than a short one. Of all others nothing is kept.
#include "config/memory.h"

#include "detectors/outages/track.h"

#include <string.h>

#define SUMS_MAX  512
#define GAP_STEPS 60 // without a bucket for so many steps: another outage, and another course
#define MINUTE_NS (60 * NS_PER_S)

static int64_t step_after(int64_t minutes)
{
    return minutes == 1 ? 5 : minutes == 5 ? 15 : minutes * 2;
}

static void sum_add_bucket(struct curve_sum *sum, const struct bucket *bucket)
{
    int64_t total_milli = bucket_total_milli(bucket);
    int64_t lost_milli = total_milli - (bucket->processed + bucket->unobserved_capped) * 1000;
    if (bucket->state == BUCKET_BLIND || bucket->state == BUCKET_UNDETERMINABLE) {
        sum->unknown++;
    } else if (bucket->state == BUCKET_OPEN || !bucket->final) {
        sum->open++;
    } else if (total_milli == 0) {
        sum->empty++;
    } else {
        sum->known++;
        sum->total_milli += total_milli;
        sum->lost_milli += lost_milli > 0 ? lost_milli : 0;
    }
}

static void sum_add(struct curve_sum *sum, const struct curve_sum *part)
{
    sum->total_milli += part->total_milli;
    sum->lost_milli += part->lost_milli;
    sum->unknown += part->unknown;
    sum->open += part->open;
    sum->empty += part->empty;
    sum->known += part->known;
}

static bool has_findings(const struct track *track)
{
    size_t count = 0;
    for (int layer = 0; layer < LAYERS; layer++) {
        count += track->findings[layer].closed_count + track->findings[layer].live_count;
    }
    return count > 0;
}

// Into longer steps.
static void past_fold(struct curve_past *past, int64_t minute)
{
    int64_t step = step_after(past->step / minute) * minute,
            first = past->first * past->step / step;
    size_t count = 0;
    for (size_t i = 0; i < past->count; i++) {
        struct curve_sum sum = past->sums[i];
        size_t at = (size_t)((past->first + (int64_t)i) * past->step / step - first);
        if (at >= count) {
            past->sums[count++] = (struct curve_sum){0};
        }
        sum_add(&past->sums[at], &sum);
    }
    past->first = first;
    past->step = step;
    past->count = count;
}

static struct curve_sum *past_sum(struct curve_past *past, int64_t number, int64_t minute)
{
    int64_t step = number / (past->step > 0 ? past->step : minute);
    if (past->count == 0 || step >= past->first + (int64_t)past->count + GAP_STEPS ||
        step < past->first) {
        past->count = 0;
        past->step = minute;
        past->first = number / minute;
    } else if (past->count >= SUMS_MAX) {
        past_fold(past, minute);
    }
    step = number / past->step;
    while (step >= past->first + (int64_t)past->count) {
        past->sums = memory_grow(past->sums, past->count, &past->capacity, sizeof(*past->sums));
        past->sums[past->count++] = (struct curve_sum){0};
    }
    return &past->sums[step - past->first];
}

void curve_keep(struct track *track, size_t forget, const struct rule *rule)
{
    for (size_t i = 0; i < forget && has_findings(track); i++) {
        int64_t minute = rule->bucket_ns < MINUTE_NS ? MINUTE_NS / rule->bucket_ns : 1;
        struct curve_sum *sum = past_sum(&track->past, track->first + (int64_t)i, minute);
        sum_add_bucket(sum, &track->buckets[i]);
    }
}

static void sums_fill(const struct track *track, const struct rule *rule, struct instant from,
    struct curve_sum *sums, const struct loss_curve *curve)
{
    const struct curve_past *past = &track->past;
    for (size_t i = 0; i < past->count; i++) {
        int64_t ns = (past->first + (int64_t)i) * past->step * rule->bucket_ns;
        int64_t at = (ns - from.ns) / curve->step_ns;
        if (ns >= from.ns && at < (int64_t)curve->count) {
            sum_add(&sums[at], &past->sums[i]);
        }
    }
    for (size_t i = 0; i < track->count; i++) {
        int64_t ns = (track->first + (int64_t)i) * rule->bucket_ns;
        int64_t at = (ns - from.ns) / curve->step_ns;
        if (ns >= from.ns && at < (int64_t)curve->count) {
            sum_add_bucket(&sums[at], &track->buckets[i]);
        }
    }
}

static enum loss_state state_of(const struct curve_sum *sum)
{
    if (sum->open > 0) {
        return LOSS_OPEN;
    }
    if (sum->known == 0) {
        return sum->unknown > 0 || sum->empty == 0 ? LOSS_UNKNOWN : LOSS_NONE; // no tick: no run
    }
    return sum->unknown > 0 ? LOSS_PART : LOSS_KNOWN;
}

void curve_fill(const struct track *track, const struct rule *rule, struct instant from,
    struct instant to, struct loss_curve *ret)
{
    struct curve_sum sums[LOSS_POINTS_MAX] = {0};
    int64_t minutes = 1;
    while (to.ns / (minutes * MINUTE_NS) - from.ns / (minutes * MINUTE_NS) >= LOSS_POINTS_MAX) {
        minutes = step_after(minutes);
    }
    ret->step_ns = minutes * MINUTE_NS;
    struct instant first = {from.ns / ret->step_ns * ret->step_ns};
    ret->count = to.ns < first.ns ? 0 : (size_t)((to.ns - first.ns) / ret->step_ns) + 1;
    sums_fill(track, rule, first, sums, ret);
    for (size_t i = 0; i < ret->count; i++) {
        ret->points[i] = (struct loss_point){.from = instant_add(first, (int64_t)i * ret->step_ns),
            .state = state_of(&sums[i]),
            .total_milli = sums[i].total_milli,
            .lost_milli = sums[i].lost_milli};
    }
}
