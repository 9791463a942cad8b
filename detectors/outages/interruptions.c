// From the states of buckets to interruptions. What stands before a recovery that has held for more
// than the merge time, with every bucket of it decided, is closed: no later bucket can join it, and
// it is never looked at again. Everything behind is found anew whenever a state has changed.
//
// A long outage is not summed anew every time: what is decided for good, bad, and over the share by
// itself is in any longest stretch as a whole or not at all, so that its beginning is carried on as
// one item with its sums, and its buckets are forgotten.
//
// Silence ends nothing: a recovery begins with a bucket in which business was processed (T-L2).
//
// In the sums of a stretch an undecided bucket counts as if all that is open succeeded, so that an
// interruption is never longer than what is certain; one that is undeterminable counts as lost, as
// unknown time inside an interruption does.
//
// What may have been is found the same way: undeterminable buckets are bad, too, and what was not
// seen is taken to have failed. Where that gives a longer stretch than what is certain, it is a
// record of its own, `undeterminable`. Blind buckets assert nothing and begin nothing here either,
// but what was certainly interrupted, two buckets in a row, may have gone on behind them.
#include "config/memory.h"

#include "detectors/outages/stretches.h"
#include "detectors/outages/track.h"

#include <stdlib.h>
#include <string.h>

#define CARRY_SPARE 256 // settled buckets that are kept as they are: a late fact may change them

// What is taken for bad.
enum view {
    VIEW_CERTAIN,
    VIEW_SUSPECTED, // and what is overdue
    VIEW_POSSIBLE,  // and what is undeterminable
};

static struct stretch_item item_from_bucket(
    const struct bucket *bucket, int64_t lost_percent, enum view view)
{
    bool suspect = view == VIEW_SUSPECTED && bucket->suspect;
    bool possible = view == VIEW_POSSIBLE && bucket->state == BUCKET_UNDETERMINABLE;
    int64_t processed = bucket->processed + bucket->unobserved_capped;
    bool unknown = bucket->state == BUCKET_BLIND || bucket->state == BUCKET_UNDETERMINABLE;
    int64_t normal_milli = bucket->normal_milli;
    normal_milli += unknown || view == VIEW_POSSIBLE ? bucket->dark_milli : 0;
    if (bucket->state == BUCKET_OPEN) {
        processed = bucket->processed + bucket->unobserved + bucket->open;
        processed -= suspect ? bucket->overdue : 0;
    } else if (unknown || view == VIEW_POSSIBLE) {
        processed = bucket->processed;
    }
    return (struct stretch_item){
        .bad = bucket->state == BUCKET_BAD || suspect || possible,
        .unknown = unknown,
        .idle = bucket->state == BUCKET_TOO_FEW && bucket->processed == 0,
        .over_normal = (100 - lost_percent) * normal_milli - processed * 100000,
        .over_demand = (100 - lost_percent) * bucket->demand * 1000 - processed * 100000,
    };
}

static bool is_unknown_time(const struct bucket *bucket)
{
    return bucket->state != BUCKET_BAD && bucket->state != BUCKET_GOOD && !bucket->suspect;
}

static void loss_fill(struct loss *loss, const struct bucket *sums)
{
    loss->normal_milli = sums->normal_milli;
    loss->demand = sums->demand;
    loss->processed = sums->processed;
    loss->unobserved = sums->final ? sums->unobserved_capped : sums->unobserved;
    loss->failed = sums->demand - sums->processed - loss->unobserved;
    loss->failed = loss->failed < 0 ? 0 : loss->failed;
    loss->never_arrived_milli = bucket_total_milli(sums) - sums->demand * 1000;
    loss->coverage_milli = coverage_apply(1000, sums->seen_bytes, sums->missing_bytes);
    if (sums->dark_milli > 0) {
        __int128 seen = (__int128)loss->coverage_milli * bucket_total_milli(sums);
        loss->coverage_milli = (int64_t)(seen / bucket_whole_milli(sums));
    }
}

// What one look at the live buckets needs.
struct look {
    struct track *track;
    const struct rule *rule;
    const struct network_settings *network;
    size_t lead;  // 1: the first item is what is carried
    size_t count; // of items: what is carried, and the live buckets from track->find_from on
    struct stretch_item *items[2]; // by VIEW_CERTAIN or VIEW_SUSPECTED, and by VIEW_POSSIBLE
    struct stretch *stretches;
};

// The bucket of an item; the carried ones are the first item, and no bucket.
static size_t bucket_of(const struct look *look, size_t item)
{
    return look->track->find_from + item - look->lead;
}

static void interruption_fill(const struct look *look, const struct stretch *stretch,
    enum view view, struct interruption *ret)
{
    const struct track *track = look->track;
    const struct rule *rule = look->rule;
    struct bucket sums = {.final = true};
    int64_t from = (int64_t)bucket_of(look, stretch->first);
    size_t item = stretch->first;
    *ret = (struct interruption){.network = track->network,
        .function = track->function,
        .province = track->province,
        .basis = track->basis,
        .suspected = view == VIEW_SUSPECTED,
        .undeterminable = view == VIEW_POSSIBLE};
    if (item < look->lead) {
        sums = track->carried_sums;
        from = (int64_t)track->find_from - track->carried;
        item++;
    }
    for (; item <= stretch->last; item++) {
        const struct bucket *bucket = &track->buckets[bucket_of(look, item)];
        bucket_add(&sums, bucket);
        ret->unknown_ns += is_unknown_time(bucket) ? rule->bucket_ns : 0;
    }
    ret->from.ns = (track->first + from) * rule->bucket_ns;
    ret->to.ns = (track->first + (int64_t)bucket_of(look, stretch->last) + 1) * rule->bucket_ns;
    ret->in_peak_ms = peak_ns(look->network, ret->from, ret->to) / NS_PER_MS;
    loss_fill(&ret->loss, &sums);
    if (view == VIEW_POSSIBLE) { // what is open has not failed for certain
        ret->loss.failed = ret->loss.failed > sums.open ? ret->loss.failed - sums.open : 0;
    }
}

// The items by which a view is found.
static struct stretch_item *items_of(const struct look *look, enum view view)
{
    return look->items[view == VIEW_POSSIBLE];
}

static void items_fill(const struct look *look, enum view view)
{
    const struct track *track = look->track;
    int64_t percent = look->rule->lost_percent;
    for (size_t i = 0; i < look->count; i++) {
        const struct bucket *bucket =
            i < look->lead ? &track->carried_sums : &track->buckets[bucket_of(look, i)];
        struct stretch_item *item = &items_of(look, view)[i];
        *item = item_from_bucket(bucket, percent, view);
        bool carried = i == 1 && look->lead == 1;
        bool went_on = carried || (i >= 2 && item[-1].bad && item[-2].bad);
        item->bad |= view == VIEW_POSSIBLE && bucket->state == BUCKET_BLIND && went_on;
    }
}

static size_t look_merge(const struct look *look)
{
    return (size_t)(look->rule->merge_ns / look->rule->bucket_ns);
}

static size_t stretches_of(struct look *look, enum view view, size_t first, size_t end)
{
    size_t weight = first < look->lead ? (size_t)look->track->carried : 1;
    return stretches_find(
        items_of(look, view) + first, end - first, look_merge(look), weight, look->stretches);
}

// Adds the stretches of items [first, end) to a list.
static void stretches_add(
    struct look *look, size_t first, size_t end, struct interruption **list, size_t *list_count)
{
    size_t count = stretches_of(look, VIEW_CERTAIN, first, end);
    *list = memory_resize(*list, (*list_count + count + 1), sizeof(**list));
    for (size_t i = 0; i < count; i++) {
        struct stretch stretch = {
            look->stretches[i].first + first, look->stretches[i].last + first};
        interruption_fill(look, &stretch, VIEW_CERTAIN, &(*list)[(*list_count)++]);
    }
}

// Two bad buckets in a row.
static bool is_twice_bad(const struct stretch_item *items, const struct stretch *stretch)
{
    for (size_t i = stretch->first; i < stretch->last; i++) {
        if (items[i].bad && items[i + 1].bad) {
            return true;
        }
    }
    return false;
}

static bool is_inside_any(
    const struct interruption *possible, const struct interruption *certain, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (certain[i].from.ns <= possible->from.ns && possible->to.ns <= certain[i].to.ns) {
            return true;
        }
    }
    return false;
}

// Adds what may have been in items [first, end) and is in no interruption of the list from
// `certain` on.
static void possible_add(struct look *look, size_t first, size_t end, size_t certain,
    struct interruption **list, size_t *list_count)
{
    size_t known = *list_count, count = stretches_of(look, VIEW_POSSIBLE, first, end);
    *list = memory_resize(*list, *list_count + count + 1, sizeof(**list));
    for (size_t i = 0; i < count; i++) {
        struct interruption *one = &(*list)[*list_count];
        struct stretch stretch = {
            look->stretches[i].first + first, look->stretches[i].last + first};
        interruption_fill(look, &stretch, VIEW_POSSIBLE, one);
        if (is_twice_bad(items_of(look, VIEW_POSSIBLE), &stretch) &&
            !is_inside_any(one, &(*list)[certain], known - certain)) {
            (*list_count)++;
        }
    }
}

static bool has_undeterminable(const struct look *look, size_t first, size_t end)
{
    for (size_t i = first; i < end; i++) {
        if (items_of(look, VIEW_POSSIBLE)[i].bad && !items_of(look, VIEW_CERTAIN)[i].bad) {
            return true;
        }
    }
    return false;
}

// Adds what is certain and what may have been in items [first, end). The last one of each goes on
// when nothing is behind.
static void chains_add(struct look *look, size_t first, size_t end, bool last,
    struct interruption **list, size_t *list_count)
{
    size_t before = *list_count;
    stretches_add(look, first, end, list, list_count);
    size_t certain = *list_count;
    if (last && certain > before) {
        (*list)[certain - 1].ongoing = true;
    }
    if (has_undeterminable(look, first, end)) {
        possible_add(look, first, end, before, list, list_count);
    }
    if (last && *list_count > certain) {
        (*list)[*list_count - 1].ongoing = true;
    }
}

// How much of what only may have been, and has been going on for a day, is told as a piece of its
// own: a mirror may be poor for weeks, and no more than a day is looked at again. What is certain
// is carried instead, and never cut.
static size_t piece_end(const struct look *look, size_t from, size_t settled)
{
    size_t day = (size_t)(S_PER_DAY * NS_PER_S / look->rule->bucket_ns);
    size_t end = from;
    if (settled > from + day + look_merge(look)) {
        while (end < settled - look_merge(look) && !items_of(look, VIEW_CERTAIN)[end].bad) {
            end++;
        }
    }
    return end;
}

// Chains behind which a recovery has been decided are closed. Returns where the rest begins.
static size_t chains_close(struct look *look)
{
    struct track *track = look->track;
    size_t merge = look_merge(look);
    size_t from = 0, settled = track->settled - track->find_from + look->lead;
    while (from < look->count) {
        size_t run_end,
            end = chain_end(items_of(look, VIEW_CERTAIN), from, look->count, merge, &run_end);
        if (end == look->count || end + merge + 1 > settled) {
            break;
        }
        chains_add(look, from, end, false, &track->closed, &track->closed_count);
        from = run_end < settled ? run_end : settled;
    }
    size_t end = piece_end(look, from, settled);
    if (end > from) {
        chains_add(look, from, end, false, &track->closed, &track->closed_count);
    }
    return end;
}

static bool is_covered(const struct look *look, const struct interruption *suspicion)
{
    for (size_t i = 0; i < look->track->live_count; i++) {
        const struct interruption *known = &look->track->live[i];
        if (!known->suspected && suspicion->from.ns < known->to.ns &&
            known->from.ns < suspicion->to.ns) {
            return true;
        }
    }
    return false;
}

static void suspicions_add(struct look *look, size_t first)
{
    struct track *track = look->track;
    items_fill(look, VIEW_SUSPECTED);
    size_t count = stretches_of(look, VIEW_SUSPECTED, first, look->count);
    track->live = memory_resize(track->live, track->live_count + count + 1, sizeof(*track->live));
    for (size_t i = 0; i < count; i++) {
        struct interruption *suspicion = &track->live[track->live_count];
        struct stretch stretch = {
            look->stretches[i].first + first, look->stretches[i].last + first};
        interruption_fill(look, &stretch, VIEW_SUSPECTED, suspicion);
        suspicion->ongoing = true;
        if (is_twice_bad(items_of(look, VIEW_SUSPECTED), &stretch) &&
            !is_covered(look, suspicion)) {
            track->live_count++;
        }
    }
}

// Whether something is or may be interrupted from here on.
static bool is_begun(const struct bucket *bucket)
{
    return bucket->state == BUCKET_BAD || bucket->state == BUCKET_UNDETERMINABLE;
}

static bool is_quiet(const struct track *track, bool *ret_suspect)
{
    bool quiet = track->carried == 0;
    *ret_suspect = false;
    for (size_t i = track->find_from; i < track->count; i++) {
        *ret_suspect |= track->buckets[i].suspect;
        quiet &= !is_begun(&track->buckets[i]) && !track->buckets[i].suspect;
    }
    return quiet;
}

static int interruption_compare(const void *left, const void *right)
{
    const struct interruption *a = left, *b = right;
    if (a->from.ns != b->from.ns) {
        return a->from.ns < b->from.ns ? -1 : 1;
    }
    return (int)a->undeterminable - (int)b->undeterminable;
}

static bool is_carried(const struct track *track, const struct rule *rule)
{
    const struct bucket *bucket = &track->buckets[track->find_from];
    struct stretch_item item = item_from_bucket(bucket, rule->lost_percent, VIEW_CERTAIN);
    return item.bad && item.over_normal >= 0 && item.over_demand >= 0;
}

// No stretch begins before the first bucket that is or may be bad; one that holds a carried bucket
// holds all of them.
static void track_carry(struct track *track, const struct rule *rule)
{
    while (track->carried == 0 && track->find_from < track->settled &&
           !is_begun(&track->buckets[track->find_from])) {
        track->find_from++;
    }
    while (track->find_from + CARRY_SPARE < track->settled && is_carried(track, rule)) {
        if (track->carried++ == 0) {
            track->carried_sums = (struct bucket){.final = true};
        }
        bucket_add(&track->carried_sums, &track->buckets[track->find_from++]);
        track->carried_sums.state = BUCKET_BAD;
    }
}

void track_find(
    struct track *track, const struct rule *rule, const struct network_settings *network)
{
    bool suspect;
    track->live_count = 0;
    if (is_quiet(track, &suspect)) {
        track->find_from = track->settled;
        return;
    }
    size_t lead = track->carried > 0, count = track->count - track->find_from + lead;
    struct look look = {track, rule, network, lead, count,
        {memory_zeroed(count, sizeof(struct stretch_item)),
            memory_zeroed(count, sizeof(struct stretch_item))},
        memory_zeroed(count + 1, sizeof(*look.stretches))};
    items_fill(&look, VIEW_CERTAIN);
    items_fill(&look, VIEW_POSSIBLE);
    size_t rest = chains_close(&look);
    chains_add(&look, rest, count, true, &track->live, &track->live_count);
    if (suspect) {
        suspicions_add(&look, rest);
    }
    if (track->live_count > 1) {
        qsort(track->live, track->live_count, sizeof(*track->live), interruption_compare);
    }
    if (rest > 0) {
        track->find_from += rest - lead;
        track->carried = 0;
    }
    track_carry(track, rule);
    free(look.items[0]);
    free(look.items[1]);
    free(look.stretches);
}
