// From the states of buckets to interruptions. What stands before a recovery that has held for more
// than the merge time, with every bucket of it decided, is closed: no later bucket can join it, and
// it is never looked at again. Everything behind is found anew whenever a state has changed.
//
// In the sums of a stretch an undecided bucket counts as if all that is open succeeded, so that an
// interruption is never longer than what is certain; one that is undeterminable counts as lost, as
// unknown time inside an interruption does.
#include "config/memory.h"

#include "detectors/outages/stretches.h"
#include "detectors/outages/track.h"

#include <stdlib.h>
#include <string.h>

static struct stretch_item item_from_bucket(
    const struct bucket *bucket, int64_t lost_percent, bool provisional)
{
    bool suspect = provisional && bucket->suspect;
    int64_t processed = bucket->processed + bucket->unobserved_capped;
    if (bucket->state == BUCKET_OPEN) {
        processed = bucket->processed + bucket->unobserved + bucket->open;
        processed -= suspect ? bucket->overdue : 0;
    } else if (bucket->state == BUCKET_UNDETERMINABLE) {
        processed = bucket->processed;
    }
    return (struct stretch_item){
        .bad = bucket->state == BUCKET_BAD || suspect,
        .unknown = bucket->state == BUCKET_BLIND || bucket->state == BUCKET_UNDETERMINABLE,
        .over_normal = (100 - lost_percent) * bucket->normal_milli - processed * 100000,
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
}

static void interruption_fill(const struct track *track, const struct rule *rule,
    const struct network_settings *network, const struct stretch *stretch, struct interruption *ret)
{
    struct bucket sums = {.final = true};
    *ret = (struct interruption){.network = track->network,
        .function = track->function,
        .province = track->province,
        .basis = track->basis};
    for (size_t i = stretch->first; i <= stretch->last; i++) {
        bucket_add(&sums, &track->buckets[i]);
        ret->unknown_ns += is_unknown_time(&track->buckets[i]) ? rule->bucket_ns : 0;
    }
    ret->from.ns = (track->first + (int64_t)stretch->first) * rule->bucket_ns;
    ret->to.ns = (track->first + (int64_t)stretch->last + 1) * rule->bucket_ns;
    ret->in_peak_ms = peak_ns(network, ret->from, ret->to) / NS_PER_MS;
    loss_fill(&ret->loss, &sums);
}

// What one look at the live buckets needs.
struct look {
    struct track *track;
    const struct rule *rule;
    const struct network_settings *network;
    size_t count; // live buckets: from track->find_from on
    struct stretch_item *items;
    struct stretch *stretches;
};

static void items_fill(struct look *look, bool provisional)
{
    const struct track *track = look->track;
    for (size_t i = 0; i < look->count; i++) {
        look->items[i] = item_from_bucket(
            &track->buckets[track->find_from + i], look->rule->lost_percent, provisional);
    }
}

// Adds the stretches of live buckets [first, end) to a list.
static void stretches_add(
    struct look *look, size_t first, size_t end, struct interruption **list, size_t *list_count)
{
    size_t merge = (size_t)(look->rule->merge_ns / look->rule->bucket_ns);
    size_t count = stretches_find(look->items + first, end - first, merge, look->stretches);
    *list = memory_resize(*list, (*list_count + count + 1), sizeof(**list));
    for (size_t i = 0; i < count; i++) {
        size_t base = look->track->find_from + first;
        struct stretch stretch = {look->stretches[i].first + base, look->stretches[i].last + base};
        interruption_fill(
            look->track, look->rule, look->network, &stretch, &(*list)[(*list_count)++]);
    }
}

// Chains behind which a recovery has been decided are closed. Returns where the rest begins.
static size_t chains_close(struct look *look)
{
    struct track *track = look->track;
    size_t merge = (size_t)(look->rule->merge_ns / look->rule->bucket_ns);
    size_t from = 0, settled = track->settled - track->find_from;
    while (from < look->count) {
        size_t run_end, end = chain_end(look->items, from, look->count, merge, &run_end);
        if (end == look->count || end + merge + 1 > settled) {
            break;
        }
        stretches_add(look, from, end, &track->closed, &track->closed_count);
        from = run_end < settled ? run_end : settled;
    }
    return from;
}

// Two bad buckets in a row, on provisional data.
static bool is_suspicion(const struct look *look, const struct stretch *stretch)
{
    for (size_t i = stretch->first; i < stretch->last; i++) {
        if (look->items[i].bad && look->items[i + 1].bad) {
            return true;
        }
    }
    return false;
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

static void suspicions_add(struct look *look)
{
    struct track *track = look->track;
    size_t merge = (size_t)(look->rule->merge_ns / look->rule->bucket_ns);
    items_fill(look, true);
    size_t count = stretches_find(look->items, look->count, merge, look->stretches);
    track->live = memory_resize(track->live, track->live_count + count + 1, sizeof(*track->live));
    for (size_t i = 0; i < count; i++) {
        struct stretch stretch = {look->stretches[i].first + track->find_from,
            look->stretches[i].last + track->find_from};
        struct interruption *suspicion = &track->live[track->live_count];
        interruption_fill(track, look->rule, look->network, &stretch, suspicion);
        suspicion->suspected = suspicion->ongoing = true;
        if (is_suspicion(look, &look->stretches[i]) && !is_covered(look, suspicion)) {
            track->live_count++;
        }
    }
}

static bool is_quiet(const struct track *track, bool *ret_suspect)
{
    bool quiet = true;
    *ret_suspect = false;
    for (size_t i = track->find_from; i < track->count; i++) {
        *ret_suspect |= track->buckets[i].suspect;
        quiet &= track->buckets[i].state != BUCKET_BAD && !track->buckets[i].suspect;
    }
    return quiet;
}

static int interruption_compare(const void *left, const void *right)
{
    const struct interruption *a = left, *b = right;
    return a->from.ns < b->from.ns ? -1 : a->from.ns > b->from.ns;
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
    size_t count = track->count - track->find_from;
    struct look look = {track, rule, network, count, memory_zeroed(count, sizeof(*look.items)),
        memory_zeroed(count + 1, sizeof(*look.stretches))};
    items_fill(&look, false);
    size_t rest = chains_close(&look);
    stretches_add(&look, rest, count, &track->live, &track->live_count);
    if (track->live_count > 0) {
        track->live[track->live_count - 1].ongoing = true;
    }
    if (suspect) {
        suspicions_add(&look);
        qsort(track->live, track->live_count, sizeof(*track->live), interruption_compare);
    }
    track->find_from += rest;
    free(look.items);
    free(look.stretches);
}
