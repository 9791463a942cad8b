#include "detectors/outages/buckets.h"

int64_t coverage_apply(int64_t normal_milli, int64_t seen_bytes, int64_t missing_bytes)
{
    __int128 all = (__int128)seen_bytes + missing_bytes;
    if (missing_bytes <= 0 || all <= 0) {
        return normal_milli;
    }
    return (int64_t)(((__int128)normal_milli * seen_bytes + all / 2) / all);
}

// Not more outcomes can have been missed than answers fit into the missing bytes; when no answer's
// length is known yet, none of the unobserved is held against the network.
static int64_t unobserved_cap(const struct normal *normal)
{
    if (normal->shortest_answer_bytes <= 0) {
        return normal->unobserved;
    }
    int64_t fit = normal->missing_answer_bytes / normal->shortest_answer_bytes;
    return fit < normal->unobserved ? fit : normal->unobserved;
}

void bucket_from_normal(const struct normal *normal, struct bucket *ret)
{
    int64_t orphans = normal->orphans_processed + normal->orphans_failed;
    *ret = (struct bucket){
        .normal_milli = coverage_apply(
            normal->normal_milli, normal->seen_request_bytes, normal->missing_request_bytes),
        .demand = normal->demand - normal->excluded + orphans,
        .processed = normal->succeeded + normal->declined + normal->orphans_processed,
        .unobserved = normal->unobserved,
        .unobserved_capped = unobserved_cap(normal),
        .open = normal->open,
        .overdue = normal->overdue,
        .seen_bytes = normal->seen_request_bytes,
        .missing_bytes = normal->missing_request_bytes,
        .traces = normal->traces,
        .alive = normal->alive_frames > 0,
        .present = true,
        .final = normal->final,
    };
}

void bucket_add(struct bucket *sum, const struct bucket *bucket)
{
    sum->normal_milli += bucket->normal_milli;
    sum->demand += bucket->demand;
    sum->processed += bucket->processed;
    sum->unobserved += bucket->unobserved;
    sum->unobserved_capped += bucket->unobserved_capped;
    sum->open += bucket->open;
    sum->overdue += bucket->overdue;
    sum->seen_bytes += bucket->seen_bytes;
    sum->missing_bytes += bucket->missing_bytes;
    sum->traces += bucket->traces;
    sum->alive |= bucket->alive;
    sum->present |= bucket->present;
    sum->final &= bucket->final;
}

int64_t bucket_total_milli(const struct bucket *bucket)
{
    int64_t demand_milli = bucket->demand * 1000;
    return bucket->normal_milli > demand_milli ? bucket->normal_milli : demand_milli;
}

static bool is_over(int64_t lost_milli, int64_t total_milli, int64_t lost_percent)
{
    return (__int128)lost_milli * 100 > (__int128)total_milli * lost_percent;
}

// Never-arrived demand counts as lost only in front of a living mirror and after traces of a stop;
// else what has arrived must be bad enough by itself.
static bool is_certain(
    const struct bucket *bucket, int64_t lost_milli, bool traced, int64_t lost_percent)
{
    int64_t total_milli = bucket_total_milli(bucket);
    int64_t never_milli = total_milli - bucket->demand * 1000;
    if (!bucket->alive || !traced) {
        lost_milli -= never_milli;
    }
    return is_over(lost_milli, total_milli, lost_percent);
}

// Until a bucket is final, every open and every unobserved request may still turn out to be a
// success (for bad) or a loss (for good); from then on U is capped by the missing bytes. The
// capture may end before that: then its end made them unobserved, and the bucket stays open.
enum bucket_state bucket_decide(const struct bucket *bucket, bool traced, int64_t lost_percent)
{
    int64_t total_milli = bucket_total_milli(bucket);
    int64_t most_milli = total_milli - bucket->processed * 1000;
    int64_t unobserved = bucket->final ? bucket->unobserved_capped : bucket->unobserved;
    int64_t least_milli = most_milli - (unobserved + bucket->open) * 1000;
    if (!is_over(most_milli, total_milli, lost_percent)) {
        return BUCKET_GOOD;
    }
    if (is_certain(bucket, least_milli, traced, lost_percent)) {
        return BUCKET_BAD;
    }
    if (!bucket->final) {
        return BUCKET_OPEN;
    }
    bool without_traces = is_over(least_milli, total_milli, lost_percent);
    return without_traces ? BUCKET_BLIND : BUCKET_UNDETERMINABLE;
}

bool bucket_is_suspect(const struct bucket *bucket, bool traced, int64_t lost_percent)
{
    int64_t lost_milli = bucket_total_milli(bucket) - bucket->processed * 1000;
    lost_milli -= (bucket->unobserved + bucket->open - bucket->overdue) * 1000;
    return is_certain(bucket, lost_milli, traced || bucket->overdue > 0, lost_percent);
}
