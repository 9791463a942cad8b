// A bucket is judged once it is over, again whenever its counts change, and for the last time when
// it is final; then it is settled. Too few intents in a bucket: the smallest of the aligned 1, 5
// and 15 minute windows that holds enough decides for all its small buckets, once it is over; the
// buckets in it that hold enough by themselves keep their own verdict, but count in the window's
// sums. Where the widest window is too small as well, the state of the function in the whole
// country counts for it, else at the one site or on the one link that it came on (T-L2), if its own
// failures do not say otherwise.
//
// Demand that never arrived needs traces of a stop: in the bucket, in the minute before it, or an
// interruption that has stood within the merge time before it (then they stood before that one).
// Without, it is blind; by the stricter reading it is lost where business broke off before it,
// within minutes, and not where it faded away (T-R10, T-R11).
#include "detectors/outages/track.h"

#include <stdint.h>

#define TRACES_NS (60 * NS_PER_S)
#define MINUTE_NS (60 * NS_PER_S)
#define WINDOWS   3
// Business has broken off when more than half of what is normal was asked in these minutes before;
// the longer ones where the shorter hold too little.
#define LIVELY_PERCENT 50

static const int window_minutes[WINDOWS] = {1, 5, 15};

// The verdict for a window is the same for all its small buckets; the last one is kept.
struct window {
    int64_t first; // number of its first bucket; -1: none yet
    bool over, enough, final;
    struct bucket sums; // with their verdict
};

struct judgement {
    struct track *track;
    const struct parents *parents;
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

static bool was_lively(const struct track *track, const struct rule *rule, size_t at,
    int64_t before_ns, bool *ret_enough)
{
    size_t back = (size_t)(before_ns / rule->bucket_ns);
    struct bucket sums = {0};
    for (size_t i = at > back ? at - back : 0; i < at; i++) {
        bucket_add(&sums, &track->buckets[i]);
    }
    int64_t whole_milli = bucket_whole_milli(&sums);
    *ret_enough = whole_milli >= rule->fewest_milli;
    return (__int128)sums.demand * 1000 * 100 > (__int128)whole_milli * LIVELY_PERCENT;
}

// Whether business broke off before the bucket, which is blind: or is already taken for lost there.
static bool is_abrupt(const struct track *track, const struct rule *rule, size_t at)
{
    const struct bucket *before = at == 0 ? NULL : &track->buckets[at - 1];
    bool enough;
    if (before == NULL || before->state == BUCKET_BAD || (before->assumes & ASSUMES_SILENCE) != 0) {
        return before != NULL;
    }
    if (before->state == BUCKET_BLIND) {
        return false;
    }
    bool lively = was_lively(track, rule, at, 5 * MINUTE_NS, &enough);
    return enough ? lively : was_lively(track, rule, at, 15 * MINUTE_NS, &enough) && enough;
}

// Fills in the verdict of a bucket, or of the sums of a window that begins with it.
static void sums_judge(const struct judgement *judgement, struct bucket *sums, size_t at)
{
    const struct rule *rule = judgement->rule;
    bool traced = false, suspect = false;
    if (bucket_total_milli(sums) > sums->demand * 1000) {
        traced = is_traced(judgement->track, rule, at, &suspect);
    }
    bool trace = bucket_is_trace(sums);
    sums->state = (uint8_t)bucket_decide(sums, traced || trace, rule->lost_percent);
    sums->suspect =
        sums->state == BUCKET_OPEN && bucket_is_suspect(sums, suspect || trace, rule->lost_percent);
    bool abrupt = sums->state == BUCKET_BLIND && is_abrupt(judgement->track, rule, at);
    sums->assumes = bucket_assumes(sums, abrupt, rule->lost_percent, rule->fewest_milli);
    sums->failing = sums->state == BUCKET_BAD && sums->demand * 1000 >= rule->fewest_milli &&
                    bucket_lost(sums) * 100 > sums->demand * rule->lost_percent;
    sums->impaired = bucket_is_impaired(sums, rule->impaired_percent, rule->fewest_milli);
    sums->calm = bucket_is_calm(sums, rule->calm_percent);
}

static void verdict_take(struct bucket *bucket, const struct bucket *sums)
{
    bucket->state = sums->state;
    bucket->suspect = sums->suspect;
    bucket->assumes = sums->assumes;
    bucket->impaired = sums->impaired;
    bucket->calm = sums->calm;
    bucket->failing = sums->failing;
    bucket->inherited = false;
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
    struct bucket *sums = &window->sums;
    *sums = (struct bucket){.final = window->final};
    int64_t from = window->first < track->first ? track->first : window->first;
    for (int64_t n = from; n < end && n < track->first + (int64_t)track->count; n++) {
        struct bucket bucket = track->buckets[n - track->first];
        bucket.final = true; // by time, as the window is
        if (!is_closed(track, judgement->rule, n)) {
            bucket_add(sums, &bucket);
        }
    }
    window->enough = bucket_whole_milli(sums) >= judgement->rule->fewest_milli;
    sums_judge(judgement, sums, (size_t)(from - track->first));
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

static bool is_failing(const struct track *parent, int64_t number)
{
    int64_t at = parent == NULL ? -1 : number - parent->first;
    return at >= 0 && at < (int64_t)parent->count && parent->buckets[at].failing;
}

static bool is_parent_failing(
    const struct parents *parents, const struct bucket *sums, int64_t number)
{
    bool on_site = parents->sites != NULL && sums->only_site != SITE_NONE;
    bool on_link = parents->links != NULL && sums->only_link != LINK_NONE;
    return is_failing(parents->nation, number) ||
           (on_site && is_failing(parents->sites[sums->only_site - 1], number)) ||
           (on_link && is_failing(parents->links[sums->only_link - 1], number));
}

// What is asked of the parent fails at that time, and what little is known of the province does not
// say that it is well: a share of its outcomes has failed by which
// business is impaired. A large province that is down alone says nothing of those that are served.
static bool is_inherited(
    const struct judgement *judgement, const struct bucket *sums, int64_t number)
{
    int64_t known = sums->processed + sums->failed;
    return is_parent_failing(judgement->parents, sums, number) && sums->failed > 0 &&
           sums->failed * 100 >= known * judgement->rule->impaired_percent;
}

// Too few in the widest window as well.
static void few_judge(const struct judgement *judgement, struct bucket *bucket,
    const struct bucket *sums, int64_t number)
{
    bool inherited = is_inherited(judgement, sums, number);
    enum bucket_state state = inherited ? BUCKET_BAD : BUCKET_TOO_FEW;
    verdict_take(bucket, &(struct bucket){.state = (uint8_t)state, .impaired = inherited});
    bucket->inherited = inherited;
    bucket->calm = !inherited && bucket->failed == 0 && bucket->processed > 0;
}

// By the windows. True when nothing can change it any more.
static bool small_judge(struct judgement *judgement, struct bucket *bucket, int64_t number)
{
    static const struct bucket open = {.state = BUCKET_OPEN}, idle = {.state = BUCKET_TOO_FEW};
    const struct window *window = NULL;
    verdict_take(bucket, &open);
    if (bucket_whole_milli(bucket) == 0) {
        verdict_take(bucket, &idle);
        return bucket->final;
    }
    for (int which = 0; which < WINDOWS; which++) {
        window = window_at(judgement, which, number);
        if (!window->over) {
            return false;
        }
        if (window->enough) {
            verdict_take(bucket, &window->sums);
            return window->final;
        }
    }
    few_judge(judgement, bucket, &window->sums, number);
    return window->final;
}

static bool bucket_judge(struct judgement *judgement, size_t at)
{
    struct track *track = judgement->track;
    struct bucket *bucket = &track->buckets[at];
    int64_t number = track->first + (int64_t)at;
    static const struct bucket open = {.state = BUCKET_OPEN},
                               closed = {.state = BUCKET_GOOD, .calm = true};
    if (!is_over(judgement->rule, number + 1)) {
        verdict_take(bucket, &open);
        return false;
    }
    bucket->final = is_final(judgement->rule, number + 1);
    if (is_closed(track, judgement->rule, number)) {
        verdict_take(bucket, &closed);
        bucket->small = false;
        return bucket->final;
    }
    bucket->small = bucket_whole_milli(bucket) < judgement->rule->fewest_milli;
    if (bucket->small) {
        return small_judge(judgement, bucket, number);
    }
    bucket->inherited = false;
    sums_judge(judgement, bucket, at);
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

// `calm` is for what goes on only, and that is looked at again whenever a bucket settles.
static bool verdict_differs(const struct bucket *a, const struct bucket *b)
{
    return a->state != b->state || a->suspect != b->suspect || a->assumes != b->assumes ||
           a->impaired != b->impaired || a->inherited != b->inherited;
}

bool track_judge(struct track *track, const struct parents *parents, const struct rule *rule)
{
    struct judgement judgement = {.track = track,
        .parents = parents,
        .rule = rule,
        .windows = {{.first = -1}, {.first = -1}, {.first = -1}}};
    bool changed = false, settled = true, live = track_live_count(track) > 0;
    size_t from = judge_from(track, rule);
    for (size_t i = from; i < track->count; i++) {
        struct bucket before = track->buckets[i];
        bool is_settled = bucket_judge(&judgement, i);
        const struct bucket *now = &track->buckets[i];
        settled = settled && is_settled;
        if (settled && i + 1 > track->settled) {
            track->settled = i + 1;
        }
        changed |= verdict_differs(now, &before);
        changed |= settled && (now->state != BUCKET_GOOD || now->impaired || live);
    }
    track->changed_from = SIZE_MAX;
    return changed;
}
