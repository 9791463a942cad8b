// A bucket is judged once it is over, again whenever its counts change, and for the last time when
// it is final; then it is settled. Too few intents in a bucket: the smallest of the aligned 1, 5
// and 15 minute windows that holds enough decides for all its small buckets, once it is over; the
// buckets in it that hold enough by themselves keep their own verdict, but count in the window's
// sums.
//
// Demand that never arrived needs traces of a stop: in the bucket, in the minute before it, or an
// interruption that has stood within the merge time before it (then they stood before that one).
#include "detectors/outages/track.h"

#include <stdint.h>

#define TRACES_NS (60 * NS_PER_S)
#define MINUTE_NS (60 * NS_PER_S)
#define WINDOWS   3

static const int window_minutes[WINDOWS] = {1, 5, 15};

// The verdict for a window is the same for all its small buckets; the last one is kept.
struct window {
    int64_t first; // number of its first bucket; -1: none yet
    bool over, enough, final;
    enum bucket_state state;
    bool suspect;
};

struct judgement {
    struct track *track;
    const struct rule *rule;
    struct window windows[WINDOWS];
};

static bool is_over(const struct rule *rule, int64_t end_number)
{
    return end_number * rule->bucket_ns <= rule->tick.ns;
}

static bool is_final(const struct rule *rule, int64_t end_number)
{
    return end_number * rule->bucket_ns + rule->limit_ns <= rule->tick.ns;
}

// Outside of the function's service hours nothing is promised, and nothing lost.
static bool is_closed(const struct track *track, const struct rule *rule, int64_t number)
{
    int64_t begin_s = number * rule->bucket_ns / NS_PER_S;
    return !service_is_open(rule->settings, track->network, track->function, begin_s);
}

// Whether something broke in the minute before the bucket, or it continues what is bad already.
static bool is_traced(
    const struct track *track, const struct rule *rule, size_t at, bool *ret_suspect)
{
    size_t minute = (size_t)(TRACES_NS / rule->bucket_ns);
    size_t merge = (size_t)(rule->merge_ns / rule->bucket_ns);
    bool traced = false;
    *ret_suspect = false;
    for (size_t back = 1; back <= (merge > minute ? merge : minute) && back <= at; back++) {
        const struct bucket *bucket = &track->buckets[at - back];
        traced |= back <= minute && bucket_is_trace(bucket);
        traced |= back <= merge && bucket->state == BUCKET_BAD;
        *ret_suspect |=
            (back <= minute && bucket_may_be_trace(bucket)) || (back <= merge && bucket->suspect);
    }
    *ret_suspect |= traced;
    return traced;
}

static void sums_judge(const struct judgement *judgement, const struct bucket *sums, size_t at,
    enum bucket_state *ret_state, bool *ret_suspect)
{
    int64_t percent = judgement->rule->lost_percent;
    bool traced = false, suspect = false;
    if (bucket_total_milli(sums) > sums->demand * 1000) {
        traced = is_traced(judgement->track, judgement->rule, at, &suspect);
    }
    bool trace = bucket_is_trace(sums);
    *ret_state = bucket_decide(sums, traced || trace, percent);
    *ret_suspect = *ret_state == BUCKET_OPEN && bucket_is_suspect(sums, suspect || trace, percent);
}

static void window_judge(struct judgement *judgement, struct window *window, int64_t length)
{
    const struct track *track = judgement->track;
    int64_t end = window->first + length;
    window->over = is_over(judgement->rule, end);
    window->final = is_final(judgement->rule, end);
    if (!window->over) {
        return;
    }
    struct bucket sums = {.final = window->final};
    int64_t from = window->first < track->first ? track->first : window->first;
    for (int64_t n = from; n < end && n < track->first + (int64_t)track->count; n++) {
        struct bucket bucket = track->buckets[n - track->first];
        bucket.final = true; // by time, as the window is
        if (!is_closed(track, judgement->rule, n)) {
            bucket_add(&sums, &bucket);
        }
    }
    window->enough = bucket_whole_milli(&sums) >= judgement->rule->fewest_milli;
    sums_judge(judgement, &sums, (size_t)(from - track->first), &window->state, &window->suspect);
}

static const struct window *window_at(struct judgement *judgement, int which, int64_t number)
{
    int64_t length = window_minutes[which] * MINUTE_NS / judgement->rule->bucket_ns;
    struct window *window = &judgement->windows[which];
    if (window->first != number / length * length) {
        *window = (struct window){.first = number / length * length};
        window_judge(judgement, window, length);
    }
    return window;
}

// By the windows. True when nothing can change it any more.
static bool small_judge(struct judgement *judgement, struct bucket *bucket, int64_t number)
{
    const struct window *window = NULL;
    bucket->state = BUCKET_OPEN;
    bucket->suspect = false;
    if (bucket_whole_milli(bucket) == 0) {
        bucket->state = BUCKET_TOO_FEW;
        return bucket->final;
    }
    for (int which = 0; which < WINDOWS; which++) {
        window = window_at(judgement, which, number);
        if (!window->over) {
            return false;
        }
        if (window->enough) {
            bucket->state = window->state;
            bucket->suspect = window->suspect;
            return window->final;
        }
    }
    bucket->state = BUCKET_TOO_FEW;
    return window->final;
}

static bool bucket_judge(struct judgement *judgement, size_t at)
{
    struct track *track = judgement->track;
    struct bucket *bucket = &track->buckets[at];
    int64_t number = track->first + (int64_t)at;
    enum bucket_state state;
    if (!is_over(judgement->rule, number + 1)) {
        bucket->state = BUCKET_OPEN;
        return false;
    }
    bucket->final = is_final(judgement->rule, number + 1);
    if (is_closed(track, judgement->rule, number)) {
        bucket->state = BUCKET_GOOD;
        bucket->suspect = bucket->small = false;
        return bucket->final;
    }
    bucket->small = bucket_whole_milli(bucket) < judgement->rule->fewest_milli;
    if (bucket->small) {
        return small_judge(judgement, bucket, number);
    }
    sums_judge(judgement, bucket, at, &state, &bucket->suspect);
    bucket->state = (uint8_t)state;
    return bucket->final;
}

// What was settled is judged again when a late fact changed it, with all of its widest window.
static size_t judge_from(const struct track *track, const struct rule *rule)
{
    if (track->changed_from >= track->settled) {
        return track->settled;
    }
    int64_t length = window_minutes[WINDOWS - 1] * MINUTE_NS / rule->bucket_ns;
    int64_t from = (track->first + (int64_t)track->changed_from) / length * length;
    from = from < track->first ? 0 : from - track->first;
    return (size_t)from;
}

bool track_judge(struct track *track, const struct rule *rule)
{
    struct judgement judgement = {
        .track = track, .rule = rule, .windows = {{.first = -1}, {.first = -1}, {.first = -1}}};
    bool changed = false, settled = true;
    size_t from = judge_from(track, rule);
    for (size_t i = from; i < track->count; i++) {
        struct bucket before = track->buckets[i];
        bool is_settled = bucket_judge(&judgement, i);
        const struct bucket *now = &track->buckets[i];
        settled = settled && is_settled;
        if (settled && i + 1 > track->settled) {
            track->settled = i + 1;
        }
        changed |= now->state != before.state || now->suspect != before.suspect;
        changed |= settled && (now->state != BUCKET_GOOD || track->live_count > 0);
    }
    track->changed_from = SIZE_MAX;
    return changed;
}
