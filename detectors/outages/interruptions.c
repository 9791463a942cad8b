// From the states of buckets to interruptions and impairments, which are found layer by layer in
// the same buckets (track.h). What stands before a recovery that has held for more
// than the merge time, with every bucket of it decided, is closed: no later bucket can join it, and
// it is never looked at again. Everything behind is found anew whenever a state has changed.
//
// A long outage is not summed anew every time: what is decided for good, bad, and over the share by
// itself is in any longest stretch as a whole or not at all, so that its beginning is carried on as
// one item with its sums, and its buckets are forgotten.
//
// Silence ends nothing: a recovery begins with a bucket in which business was processed (T-L2).
//
// What may have been is found the same way: undeterminable buckets are bad, too, and what was not
// seen is taken to have failed. Where that gives a longer stretch than what is certain, it is a
// record of its own, `undeterminable`. Blind buckets assert nothing and begin nothing here either,
// but what was certainly interrupted, two buckets in a row, may have gone on behind them.
//
// The strict layer takes everything for bad that is so by any stricter reading, and says which ones
// its stretches stand on; the layer of impairments what fails beyond the usual share. What of both
// lies inside a certain interruption is told by it. What touches none has to be longer than the
// merge time: a burst of failures is neither.
#include "config/memory.h"

#include "detectors/outages/track.h"

#include <stdlib.h>
#include <string.h>

#define CARRY_SPARE 256 // settled buckets that are kept as they are: a late fact may change them

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
    enum layer layer;
    struct finding *finding; // of the layer
    const struct rule *rule;
    const struct network_settings *network;
    size_t lead;  // 1: the first item is what is carried
    size_t count; // of items: what is carried, and the live buckets from find_from on
    struct stretch_item *items[2]; // by the layer's own view (suspected: in its place), and by
                                   // VIEW_POSSIBLE
    struct stretch *stretches;
};

// The bucket of an item; the carried ones are the first item, and no bucket.
static size_t bucket_of(const struct look *look, size_t item)
{
    return look->finding->find_from + item - look->lead;
}

// By which a layer is searched, and closed.
static const enum view layer_views[LAYERS] = {
    [LAYER_INTERRUPTED] = VIEW_CERTAIN,
    [LAYER_STRICT] = VIEW_STRICT,
    [LAYER_IMPAIRED] = VIEW_IMPAIRED,
};

// The bucket beside a stretch, when there was harm in part of it.
static int64_t edge_ns(const struct look *look, int64_t bucket)
{
    const struct track *track = look->track;
    const struct rule *rule = look->rule;
    bool harm =
        bucket >= 0 && bucket < (int64_t)track->count &&
        bucket_has_harm(&track->buckets[bucket], rule->impaired_percent, rule->calm_percent);
    return harm ? rule->bucket_ns : 0;
}

static void interruption_fill(const struct look *look, const struct stretch *stretch,
    enum view view, struct interruption *ret)
{
    const struct track *track = look->track;
    const struct rule *rule = look->rule;
    const struct finding *finding = look->finding;
    struct bucket sums = {.final = true};
    int64_t from = (int64_t)bucket_of(look, stretch->first);
    int64_t last = (int64_t)bucket_of(look, stretch->last);
    size_t item = stretch->first;
    *ret = (struct interruption){.network = track->network,
        .function = track->function,
        .province = track->province,
        .basis = track->basis,
        .usual = track->usual,
        .kind = view == VIEW_IMPAIRED ? OUTAGE_IMPAIRMENT : OUTAGE_INTERRUPTION,
        .nationwide = track->nationwide,
        .unit = track->unit,
        .suspected = view == VIEW_SUSPECTED,
        .undeterminable = view == VIEW_POSSIBLE,
        .edge_before_ns = edge_ns(look, from - 1),
        .edge_after_ns = edge_ns(look, last + 1),
        .calm_at = INSTANT_NEVER};
    if (item < look->lead) {
        sums = finding->carried_sums;
        from = (int64_t)finding->find_from - finding->carried;
        ret->assumes = view == VIEW_STRICT ? finding->carried_item.assumes : 0;
        ret->unknown_ns = finding->carried_unknown_ns;
        ret->edge_before_ns = finding->carried_edge_ns;
        item++;
    }
    for (; item <= stretch->last; item++) {
        const struct bucket *bucket = &track->buckets[bucket_of(look, item)];
        bucket_add(&sums, bucket);
        ret->assumes |= view == VIEW_STRICT ? bucket->assumes : 0;
        ret->unknown_ns += is_unknown_time(bucket) ? rule->bucket_ns : 0;
    }
    ret->from.ns = (track->first + from) * rule->bucket_ns;
    ret->to.ns = (track->first + last + 1) * rule->bucket_ns;
    ret->in_peak_ms = peak_ns(look->network, ret->from, ret->to) / NS_PER_MS;
    loss_fill(&ret->loss, &sums);
    if (view != VIEW_POSSIBLE &&
        bucket_is_external(&sums,
            view == VIEW_IMPAIRED ? rule->impaired_percent : rule->lost_percent, rule->calm_percent,
            rule->fewest_milli)) {
        ret->assumes |= ASSUMES_EXTERNAL;
    }
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
    for (size_t i = 0; i < look->count; i++) {
        struct stretch_item *item = &items_of(look, view)[i];
        if (i < look->lead && view != VIEW_POSSIBLE && view != VIEW_SUSPECTED) {
            *item = look->finding->carried_item;
            continue;
        }
        const struct bucket *bucket = i < look->lead ? &look->finding->carried_sums
                                                     : &look->track->buckets[bucket_of(look, i)];
        *item = item_from_bucket(bucket, look->rule, view);
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
    size_t weight = first < look->lead ? (size_t)look->finding->carried : 1;
    return stretches_find(items_of(look, view) + first, end - first, look_merge(look), weight,
        view == VIEW_IMPAIRED, look->stretches);
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

// Interrupted, whoever is the cause.
static bool is_down(const struct interruption *one)
{
    return !one->suspected && !one->undeterminable;
}

static bool is_inside_any(
    const struct interruption *possible, const struct interruption *certain, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (is_down(&certain[i]) && certain[i].from.ns <= possible->from.ns &&
            possible->to.ns <= certain[i].to.ns) {
            return true;
        }
    }
    return false;
}

static bool is_touching_any(const struct interruption *one, const struct interruption *certain,
    size_t count, int64_t merge_ns)
{
    for (size_t i = 0; i < count; i++) {
        if (is_down(&certain[i]) && certain[i].from.ns <= one->to.ns + merge_ns &&
            one->from.ns <= certain[i].to.ns + merge_ns) {
            return true;
        }
    }
    return false;
}

// Whether a stretch of another layer is told beside the interruptions.
static bool is_told(
    const struct look *look, const struct stretch *stretch, const struct interruption *one)
{
    const struct finding *certain = &look->track->findings[LAYER_INTERRUPTED];
    int64_t merge_ns = look->rule->merge_ns;
    bool carried = stretch->first < look->lead;
    if (look->layer == LAYER_INTERRUPTED) {
        return true;
    }
    if (look->layer == LAYER_STRICT &&
        (one->assumes & ~(ASSUMES_COVERAGE | ASSUMES_EXTERNAL)) == 0) {
        return false; // certain, or possible for want of coverage, which the other layer tells
    }
    if (!carried && !is_twice_bad(look->items[0], stretch)) {
        return false;
    }
    if (look->track->unit != LABEL_NONE) { // its interruption is an impairment, and told as such
        return one->to.ns - one->from.ns > merge_ns;
    }
    if (is_inside_any(one, certain->closed, certain->closed_count) ||
        is_inside_any(one, certain->live, certain->live_count)) {
        return false;
    }
    return one->to.ns - one->from.ns > merge_ns ||
           is_touching_any(one, certain->closed, certain->closed_count, merge_ns) ||
           is_touching_any(one, certain->live, certain->live_count, merge_ns);
}

// Adds the stretches of items [first, end) to a list.
static void stretches_add(
    struct look *look, size_t first, size_t end, struct interruption **list, size_t *list_count)
{
    enum view view = layer_views[look->layer];
    size_t count = stretches_of(look, view, first, end);
    *list = memory_resize(*list, (*list_count + count + 1), sizeof(**list));
    for (size_t i = 0; i < count; i++) {
        struct stretch stretch = {
            look->stretches[i].first + first, look->stretches[i].last + first};
        struct interruption *one = &(*list)[*list_count];
        interruption_fill(look, &stretch, view, one);
        *list_count += is_told(look, &stretch, one);
    }
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
    for (size_t i = first; look->layer == LAYER_INTERRUPTED && i < end; i++) {
        if (items_of(look, VIEW_POSSIBLE)[i].bad && !items_of(look, VIEW_CERTAIN)[i].bad) {
            return true;
        }
    }
    return false;
}

// Whether the layer may find what no other one does.
static bool has_own(const struct look *look, size_t first, size_t end)
{
    bool own = look->layer != LAYER_STRICT;
    for (size_t i = first; !own && i < end; i++) {
        own = (look->items[0][i].assumes & ~ASSUMES_COVERAGE) != 0;
    }
    return own;
}

// Adds what is certain and what may have been in items [first, end). The last one of each goes on
// when nothing is behind; else a recovery begins at `end`, which is when an impairment has ended.
static void chains_add(struct look *look, size_t first, size_t end, bool last,
    struct interruption **list, size_t *list_count)
{
    size_t before = *list_count;
    if (has_own(look, first, end)) {
        stretches_add(look, first, end, list, list_count);
    }
    size_t certain = *list_count;
    if (last && certain > before) {
        (*list)[certain - 1].ongoing = true;
    }
    for (size_t i = before; !last && look->layer == LAYER_IMPAIRED && i < certain; i++) {
        int64_t number = look->track->first + (int64_t)bucket_of(look, end);
        (*list)[i].calm_at = (struct instant){number * look->rule->bucket_ns};
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
    if (look->layer == LAYER_INTERRUPTED && settled > from + day + look_merge(look)) {
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
    struct finding *finding = look->finding;
    size_t merge = look_merge(look);
    size_t from = 0, settled = track->settled - finding->find_from + look->lead;
    while (from < look->count) {
        size_t run_end, end = chain_end(look->items[0], from, look->count, merge, &run_end);
        if (end == look->count || end + merge + 1 > settled) {
            break;
        }
        chains_add(look, from, end, false, &finding->closed, &finding->closed_count);
        from = run_end < settled ? run_end : settled;
    }
    size_t end = piece_end(look, from, settled);
    if (end > from) {
        chains_add(look, from, end, false, &finding->closed, &finding->closed_count);
    }
    return end;
}

static bool is_covered(const struct look *look, const struct interruption *suspicion)
{
    for (size_t i = 0; i < look->finding->live_count; i++) {
        const struct interruption *known = &look->finding->live[i];
        if (!known->suspected && suspicion->from.ns < known->to.ns &&
            known->from.ns < suspicion->to.ns) {
            return true;
        }
    }
    return false;
}

static void suspicions_add(struct look *look, size_t first)
{
    struct finding *finding = look->finding;
    items_fill(look, VIEW_SUSPECTED);
    size_t count = stretches_of(look, VIEW_SUSPECTED, first, look->count);
    finding->live =
        memory_resize(finding->live, finding->live_count + count + 1, sizeof(*finding->live));
    for (size_t i = 0; i < count; i++) {
        struct interruption *suspicion = &finding->live[finding->live_count];
        struct stretch stretch = {
            look->stretches[i].first + first, look->stretches[i].last + first};
        interruption_fill(look, &stretch, VIEW_SUSPECTED, suspicion);
        suspicion->ongoing = true;
        if (is_twice_bad(items_of(look, VIEW_SUSPECTED), &stretch) &&
            !is_covered(look, suspicion)) {
            finding->live_count++;
        }
    }
}

static bool is_quiet(const struct track *track, enum layer layer, bool *ret_suspect)
{
    const struct finding *finding = &track->findings[layer];
    bool quiet = finding->carried == 0;
    *ret_suspect = false;
    for (size_t i = finding->find_from; i < track->count; i++) {
        *ret_suspect |= layer == LAYER_INTERRUPTED && track->buckets[i].suspect;
        quiet &= !bucket_begins(&track->buckets[i], layer);
    }
    return quiet && !*ret_suspect;
}

static int interruption_compare(const void *left, const void *right)
{
    const struct interruption *a = left, *b = right;
    if (a->from.ns != b->from.ns) {
        return a->from.ns < b->from.ns ? -1 : 1;
    }
    return interruption_compare_kinds(a, b);
}

static void finding_take(const struct look *look, const struct stretch_item *item)
{
    struct finding *finding = look->finding;
    const struct bucket *bucket = &look->track->buckets[finding->find_from];
    if (finding->carried++ == 0) {
        finding->carried_sums = (struct bucket){.final = true};
        finding->carried_item = (struct stretch_item){.bad = true};
        finding->carried_unknown_ns = 0;
        finding->carried_edge_ns = edge_ns(look, (int64_t)finding->find_from - 1);
    }
    bucket_add(&finding->carried_sums, bucket);
    finding->carried_sums.state = BUCKET_BAD;
    finding->carried_item.over_normal += item->over_normal;
    finding->carried_item.over_demand += item->over_demand;
    finding->carried_item.assumes |= item->assumes;
    finding->carried_unknown_ns += is_unknown_time(bucket) ? look->rule->bucket_ns : 0;
    finding->find_from++;
}

// No stretch begins before the first bucket that is or may be bad; one that holds a carried bucket
// holds all of them.
static void finding_carry(const struct look *look)
{
    struct finding *finding = look->finding;
    const struct track *track = look->track;
    while (finding->carried == 0 && finding->find_from < track->settled &&
           !bucket_begins(&track->buckets[finding->find_from], look->layer)) {
        finding->find_from++;
    }
    while (finding->find_from + CARRY_SPARE < track->settled) {
        struct stretch_item item = item_from_bucket(
            &track->buckets[finding->find_from], look->rule, layer_views[look->layer]);
        if (!item.bad || item.over_normal < 0 || item.over_demand < 0) {
            break;
        }
        finding_take(look, &item);
    }
}

static void layer_find(struct track *track, enum layer layer, const struct rule *rule,
    const struct network_settings *network)
{
    struct finding *finding = &track->findings[layer];
    bool suspect;
    finding->live_count = 0;
    if (is_quiet(track, layer, &suspect)) {
        finding->find_from = track->settled;
        return;
    }
    size_t lead = finding->carried > 0, count = track->count - finding->find_from + lead;
    struct look look = {track, layer, finding, rule, network, lead, count,
        {memory_zeroed(count, sizeof(struct stretch_item)),
            memory_zeroed(count, sizeof(struct stretch_item))},
        memory_zeroed(count + 1, sizeof(*look.stretches))};
    items_fill(&look, layer_views[layer]);
    if (layer == LAYER_INTERRUPTED) {
        items_fill(&look, VIEW_POSSIBLE);
    }
    size_t rest = chains_close(&look);
    chains_add(&look, rest, count, true, &finding->live, &finding->live_count);
    if (suspect) {
        suspicions_add(&look, rest);
    }
    if (finding->live_count > 1) {
        qsort(finding->live, finding->live_count, sizeof(*finding->live), interruption_compare);
    }
    if (rest > 0) {
        finding->find_from += rest - lead;
        finding->carried = 0;
    }
    finding_carry(&look);
    free(look.items[0]);
    free(look.items[1]);
    free(look.stretches);
}

void track_find(
    struct track *track, const struct rule *rule, const struct network_settings *network)
{
    for (enum layer layer = 0; layer < LAYERS; layer++) {
        layer_find(track, layer, rule, network);
    }
}
