// What a bucket weighs in the search for stretches, by view (stretches.h).
//
// In the sums of a stretch an undecided bucket counts as if all that is open succeeded, so that an
// interruption is never longer than what is certain; one that is undeterminable counts as lost, as
// unknown time inside an interruption does.
#include "detectors/outages/track.h"

static bool is_unknown(const struct bucket *bucket)
{
    return bucket->state == BUCKET_BLIND || bucket->state == BUCKET_UNDETERMINABLE;
}

// What was processed of it, at most, by what is certain and by the view.
static int64_t processed_by(const struct bucket *bucket, enum view view)
{
    if (bucket->state == BUCKET_OPEN) {
        int64_t processed = bucket->processed + bucket->unobserved + bucket->open;
        return processed - (view == VIEW_SUSPECTED && bucket->suspect ? bucket->overdue : 0);
    }
    return is_unknown(bucket) || view == VIEW_POSSIBLE
               ? bucket->processed
               : bucket->processed + bucket->unobserved_capped;
}

static int64_t over(int64_t total_milli, int64_t processed, int64_t lost_percent)
{
    return (100 - lost_percent) * total_milli - processed * 100000;
}

// In the strict view a bucket weighs as much as the strictest of its readings makes it.
static void strict_weigh(
    const struct bucket *bucket, const struct rule *rule, struct stretch_item *item)
{
    int64_t processed = processed_by(bucket, VIEW_STRICT);
    if ((bucket->assumes & ASSUMES_CODES) != 0) {
        processed -= bucket->jumping;
        item->over_normal = over(bucket->normal_milli, processed, rule->lost_percent);
        item->over_demand = over(bucket->demand * 1000, processed, rule->lost_percent);
    }
    if ((bucket->assumes & ASSUMES_LITERAL) != 0) {
        int64_t lost_milli = (bucket->demand - processed) * 1000;
        int64_t literal = lost_milli * 100 - bucket->normal_milli * rule->lost_percent;
        item->over_normal = literal > item->over_normal ? literal : item->over_normal;
        item->over_demand = literal > item->over_demand ? literal : item->over_demand;
    }
    item->bad |= bucket->assumes != 0;
    item->assumes = bucket->assumes;
}

// What weighs is what fails beyond the usual share; of an interruption that is silence, too, what
// never arrived.
static void impaired_weigh(
    const struct bucket *bucket, const struct rule *rule, struct stretch_item *item)
{
    int64_t weight = bucket_over_usual(bucket, rule->impaired_percent);
    if (bucket->state == BUCKET_BAD) {
        int64_t total_milli = bucket_total_milli(bucket);
        int64_t lost_milli = total_milli - processed_by(bucket, VIEW_IMPAIRED) * 1000;
        int64_t all = lost_milli * 100 - total_milli * rule->impaired_percent;
        weight = all > weight ? all : weight;
    }
    item->bad = bucket->impaired;
    item->unknown = !bucket->impaired && !bucket->calm && bucket->demand > 0;
    item->idle = bucket->demand == 0;
    item->over_normal = item->over_demand = weight;
}

struct stretch_item item_from_bucket(
    const struct bucket *bucket, const struct rule *rule, enum view view)
{
    bool possible = view == VIEW_POSSIBLE && bucket->state == BUCKET_UNDETERMINABLE;
    bool with_dark = is_unknown(bucket) || view == VIEW_POSSIBLE;
    int64_t processed = processed_by(bucket, view);
    int64_t normal_milli = bucket->normal_milli + (with_dark ? bucket->dark_milli : 0);
    struct stretch_item item = {
        .bad =
            bucket->state == BUCKET_BAD || possible || (view == VIEW_SUSPECTED && bucket->suspect),
        .unknown = is_unknown(bucket),
        .idle = bucket->state == BUCKET_TOO_FEW && bucket->processed == 0,
        .over_normal = over(normal_milli, processed, rule->lost_percent),
        .over_demand = over(bucket->demand * 1000, processed, rule->lost_percent),
    };
    if (view == VIEW_STRICT) {
        strict_weigh(bucket, rule, &item);
    } else if (view == VIEW_IMPAIRED) {
        impaired_weigh(bucket, rule, &item);
    }
    if (bucket->inherited) { // its own few say nothing: enough to be a stretch, and to join none
        item.over_normal = item.over_demand = 1;
    }
    return item;
}

bool bucket_begins(const struct bucket *bucket, enum layer layer)
{
    bool bad = bucket->state == BUCKET_BAD;
    switch (layer) {
    case LAYER_STRICT: return bad || bucket->assumes != 0;
    case LAYER_IMPAIRED: return bad || bucket->impaired;
    default: return bad || bucket->state == BUCKET_UNDETERMINABLE;
    }
}
