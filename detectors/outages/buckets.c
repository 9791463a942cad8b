#include "detectors/outages/buckets.h"

// A few failures are in every hour; this share of a function's business is 业务无法正常开展
// (regulation.md 2.4, R-10.3). Fewer than three say nothing of a share.
#define WAVE_PERCENT 30
#define WAVE_FEWEST  3

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
        .normal_milli = normal->covered_milli,
        .dark_milli = normal->dark_milli,
        .demand = normal->demand - normal->excluded - normal->throttled + orphans,
        .processed = normal->succeeded + normal->declined + normal->orphans_processed,
        .failed = normal->failed + normal->unanswered + normal->orphans_failed,
        .unobserved = normal->unobserved,
        .unobserved_capped = unobserved_cap(normal),
        .open = normal->open,
        .overdue = normal->overdue,
        .seen_bytes = normal->seen_request_bytes,
        .missing_bytes = normal->missing_request_bytes,
        .wave = normal->wave,
        .quiet_milli = normal->quiet_milli,
        .dead = normal->dead,
        .present = true,
        .final = normal->final,
    };
}

void bucket_add(struct bucket *sum, const struct bucket *bucket)
{
    sum->normal_milli += bucket->normal_milli;
    sum->quiet_milli += bucket->quiet_milli;
    sum->dark_milli += bucket->dark_milli;
    sum->demand += bucket->demand;
    sum->processed += bucket->processed;
    sum->failed += bucket->failed;
    sum->unobserved += bucket->unobserved;
    sum->unobserved_capped += bucket->unobserved_capped;
    sum->open += bucket->open;
    sum->overdue += bucket->overdue;
    sum->seen_bytes += bucket->seen_bytes;
    sum->missing_bytes += bucket->missing_bytes;
    sum->wave |= bucket->wave;
    sum->dead |= bucket->dead;
    sum->present |= bucket->present;
    sum->final &= bucket->final;
}

int64_t bucket_total_milli(const struct bucket *bucket)
{
    int64_t demand_milli = bucket->demand * 1000;
    return bucket->normal_milli > demand_milli ? bucket->normal_milli : demand_milli;
}

int64_t bucket_whole_milli(const struct bucket *bucket)
{
    return bucket_total_milli(bucket) + bucket->dark_milli;
}

static bool is_wave(int64_t failed, int64_t processed)
{
    return failed >= WAVE_FEWEST && failed * 100 >= (processed + failed) * WAVE_PERCENT;
}

bool bucket_is_trace(const struct bucket *bucket)
{
    return bucket->wave || is_wave(bucket->failed, bucket->processed);
}

bool bucket_may_be_trace(const struct bucket *bucket)
{
    return bucket->wave || is_wave(bucket->failed + bucket->overdue, bucket->processed);
}

static bool is_over(int64_t lost_milli, int64_t total_milli, int64_t lost_percent)
{
    return (__int128)lost_milli * 100 > (__int128)total_milli * lost_percent;
}

// Never-arrived demand counts as lost only in front of a mirror that shows life in this bucket and
// after traces of a stop; else what has arrived must be bad enough by itself.
static bool is_certain(
    const struct bucket *bucket, int64_t lost_milli, bool traced, int64_t lost_percent)
{
    int64_t never_milli = bucket_total_milli(bucket) - bucket->demand * 1000;
    bool quiet = traced && bucket->quiet_milli < never_milli;
    lost_milli -= quiet ? bucket->quiet_milli : never_milli;
    return is_over(lost_milli, bucket_whole_milli(bucket), lost_percent);
}

// Until a bucket is final, every open and every unobserved request may still turn out to be a
// success (for bad) or a loss (for good); from then on U is capped by the missing bytes. The
// capture may end before that: then its end made them unobserved, and the bucket stays open.
//
// What is behind dead mirrors is unknown: all lost for good, all processed for bad. Between the
// two the bucket is blind, unless there is harm in what is seen.
enum bucket_state bucket_decide(const struct bucket *bucket, bool traced, int64_t lost_percent)
{
    int64_t total_milli = bucket_total_milli(bucket);
    int64_t most_milli = total_milli - bucket->processed * 1000;
    int64_t unobserved = bucket->final ? bucket->unobserved_capped : bucket->unobserved;
    int64_t least_milli = most_milli - (unobserved + bucket->open) * 1000;
    int64_t whole_milli = bucket_whole_milli(bucket);
    if (!is_over(most_milli + bucket->dark_milli, whole_milli, lost_percent)) {
        return BUCKET_GOOD;
    }
    if (is_certain(bucket, least_milli, traced, lost_percent)) {
        return BUCKET_BAD;
    }
    if (!bucket->final) {
        return BUCKET_OPEN;
    }
    bool without_traces = is_over(least_milli, whole_milli, lost_percent);
    bool without_harm = bucket->dead && !is_wave(bucket->failed, bucket->processed);
    return without_traces || without_harm ? BUCKET_BLIND : BUCKET_UNDETERMINABLE;
}

bool bucket_is_suspect(const struct bucket *bucket, bool traced, int64_t lost_percent)
{
    int64_t lost_milli = bucket_total_milli(bucket) - bucket->processed * 1000;
    lost_milli -= (bucket->unobserved + bucket->open - bucket->overdue) * 1000;
    traced |= bucket_may_be_trace(bucket);
    return is_certain(bucket, lost_milli, traced, lost_percent);
}
