#include "detectors/outages/buckets.h"

#include <stddef.h>

// A few failures are in every hour; this share of a function's business is 业务无法正常开展
// . Fewer than three say nothing of a share.
#define WAVE_PERCENT 30
#define WAVE_FEWEST  3

// When no answer's length is known yet, none of the unobserved is held against the network.
int64_t normal_answered_most(const struct normal *normal)
{
    if (normal->shortest_answer_bytes <= 0) {
        return normal->unobserved;
    }
    int64_t fit = normal->missing_answer_bytes / normal->shortest_answer_bytes;
    return fit < normal->unobserved ? fit : normal->unobserved;
}

// Rounded up: what is usual is never taken for harm.
static int64_t usual_milli(const struct usual *usual, int64_t demand)
{
    __int128 failed = (__int128)demand * 1000 * usual->failed + usual->known - 1;
    return usual->known <= 0 || demand <= 0 ? 0 : (int64_t)(failed / usual->known);
}

// The smallest number whose square is not below.
static int64_t root_up(__int128 square)
{
    int64_t low = 0, high = (int64_t)1 << 40;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if ((__int128)middle * middle < square) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

// The 99.9th percentile of a bucket's demand: what days differ by, as learned, and what a count
// differs by (Poisson: 3.09 standard deviations above, 3.0902^2 = 9.549), which have nothing to do
// with each other, so that their squares add up. Before anything is learned the latter alone.
static int64_t most_usual(int64_t normal_milli, int64_t most_permille)
{
    int64_t whole = (normal_milli + 999) / 1000;
    int64_t days = most_permille > 1000 ? (whole * (most_permille - 1000) + 999) / 1000 : 0;
    return whole + root_up((__int128)days * days + ((__int128)whole * 9549 + 999) / 1000);
}

// Where retries cannot be told (no account, or no room) failed tries may be the same wish again and
// again: what is beyond the most that is usual is taken for that (art. 31(4); 估算).
static void demand_cap(const struct normal *normal, struct bucket *bucket)
{
    if (normal->ungrouped <= 0 || normal->basis == BASIS_ATTEMPTS) {
        return;
    }
    int64_t ungrouped = normal->ungrouped < bucket->failed ? normal->ungrouped : bucket->failed;
    int64_t beyond = bucket->demand - most_usual(normal->normal_milli, normal->most_permille);
    int64_t retries = beyond < ungrouped ? beyond : ungrouped;
    if (retries > 0) {
        bucket->demand -= retries;
        bucket->failed -= retries;
    }
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
        .unobserved_capped = normal_answered_most(normal),
        .open = normal->open,
        .overdue = normal->overdue,
        .seen_bytes = normal->seen_request_bytes,
        .missing_bytes = normal->missing_request_bytes,
        .wave = normal->wave,
        .only_link = normal->only_link,
        .only_site = normal->only_site,
        .quiet_milli = normal->quiet_milli,
        .low_milli = normal->low_milli,
        .jumping = normal->jumping,
        .party_known = normal->party_known,
        .party_failed = normal->party_failed,
        .others_known = normal->others_known,
        .others_failed = normal->others_failed,
        .dead = normal->dead,
        .present = true,
        .final = normal->final,
    };
    demand_cap(normal, ret);
    ret->usual_milli = usual_milli(&normal->usual, ret->demand);
}

// The counts; `times` is 1 or -1.
static void counts_add(struct bucket *sum, const struct bucket *bucket, int64_t times)
{
    static const size_t counts[] = {offsetof(struct bucket, normal_milli),
        offsetof(struct bucket, demand), offsetof(struct bucket, processed),
        offsetof(struct bucket, unobserved), offsetof(struct bucket, unobserved_capped),
        offsetof(struct bucket, open), offsetof(struct bucket, overdue),
        offsetof(struct bucket, failed), offsetof(struct bucket, quiet_milli),
        offsetof(struct bucket, dark_milli), offsetof(struct bucket, seen_bytes),
        offsetof(struct bucket, missing_bytes), offsetof(struct bucket, low_milli),
        offsetof(struct bucket, usual_milli), offsetof(struct bucket, jumping),
        offsetof(struct bucket, party_known), offsetof(struct bucket, party_failed),
        offsetof(struct bucket, others_known), offsetof(struct bucket, others_failed)};
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        int64_t *to = (int64_t *)((char *)sum + counts[i]);
        *to += times * *(const int64_t *)((const char *)bucket + counts[i]);
    }
}

// Of two parts with demand.
static uint16_t only_of(uint16_t one, uint16_t other)
{
    return one == other ? one : 0; // LINK_NONE, SITE_NONE
}

void bucket_add(struct bucket *sum, const struct bucket *bucket)
{
    if (bucket->demand > 0) {
        bool first = sum->demand <= 0;
        sum->only_link = first ? bucket->only_link : only_of(sum->only_link, bucket->only_link);
        sum->only_site = first ? bucket->only_site : only_of(sum->only_site, bucket->only_site);
    }
    counts_add(sum, bucket, 1);
    sum->wave |= bucket->wave;
    sum->dead |= bucket->dead;
    sum->present |= bucket->present;
    sum->final &= bucket->final;
}

void bucket_move(struct bucket *sum, const struct bucket *before, const struct bucket *now)
{
    counts_add(sum, before, -1);
    counts_add(sum, now, 1);
    sum->wave |= now->wave;
    sum->dead |= now->dead;
    sum->present = true;
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

int64_t bucket_lost(const struct bucket *bucket)
{
    int64_t unknown = bucket->final ? bucket->unobserved_capped : bucket->unobserved + bucket->open;
    int64_t lost = bucket->demand - bucket->processed - unknown;
    return lost < 0 ? 0 : lost;
}

// What was processed by a set of readings, at most.
static int64_t processed_if(const struct bucket *bucket, unsigned assumes)
{
    int64_t processed = bucket->demand - bucket_lost(bucket);
    processed = (assumes & ASSUMES_COVERAGE) != 0 ? bucket->processed : processed;
    return processed - ((assumes & ASSUMES_CODES) != 0 ? bucket->jumping : 0);
}

static bool is_bad_if(
    const struct bucket *bucket, unsigned assumes, int64_t lost_percent, int64_t fewest_milli)
{
    int64_t lost_milli = (bucket->demand - processed_if(bucket, assumes)) * 1000;
    bool literal = (assumes & ASSUMES_LITERAL) != 0 && bucket->normal_milli >= fewest_milli;
    return is_over(
        lost_milli, literal ? bucket->normal_milli : bucket_whole_milli(bucket), lost_percent);
}

// Never-arrived demand alone is over the share, against what comparable days never fell below.
static bool is_silent(const struct bucket *bucket, int64_t lost_percent)
{
    return is_over(bucket->low_milli - bucket->demand * 1000, bucket->low_milli, lost_percent);
}

uint8_t bucket_assumes(
    const struct bucket *bucket, bool abrupt, int64_t lost_percent, int64_t fewest_milli)
{
    static const uint8_t sets[] = {ASSUMES_LITERAL, ASSUMES_CODES, ASSUMES_LITERAL | ASSUMES_CODES};
    if (bucket->state == BUCKET_BAD || bucket->state == BUCKET_TOO_FEW) {
        return 0;
    }
    if (bucket->state == BUCKET_UNDETERMINABLE) {
        return ASSUMES_COVERAGE;
    }
    if (bucket->state == BUCKET_BLIND) {
        return abrupt && is_silent(bucket, lost_percent) ? ASSUMES_SILENCE : 0;
    }
    for (size_t i = 0; i < sizeof(sets); i++) {
        bool jumps = (sets[i] & ASSUMES_CODES) == 0 || bucket->jumping > 0;
        if (jumps && is_bad_if(bucket, sets[i], lost_percent, fewest_milli)) {
            return sets[i];
        }
    }
    return 0;
}

int64_t bucket_over_usual(const struct bucket *bucket, int64_t percent)
{
    return (bucket_lost(bucket) * 1000 - bucket->usual_milli) * 100 -
           bucket->demand * 1000 * percent;
}

bool bucket_is_external(
    const struct bucket *sums, int64_t lost_percent, int64_t calm_percent, int64_t fewest_milli)
{
    if (sums->demand <= 0 || sums->others_known * 1000 < fewest_milli) {
        return false;
    }
    __int128 usual_milli = (__int128)sums->others_known * sums->usual_milli / sums->demand;
    __int128 beyond_milli = (__int128)sums->others_failed * 1000 - usual_milli;
    return sums->party_failed * 100 > sums->party_known * lost_percent &&
           beyond_milli * 100 < (__int128)sums->others_known * 1000 * calm_percent &&
           is_over(bucket_lost(sums) * 1000, bucket_total_milli(sums), lost_percent);
}

bool bucket_is_impaired(const struct bucket *bucket, int64_t percent, int64_t fewest_milli)
{
    return bucket->state == BUCKET_BAD ||
           (bucket->demand * 1000 >= fewest_milli && bucket_over_usual(bucket, percent) >= 0);
}

bool bucket_is_calm(const struct bucket *bucket, int64_t percent)
{
    return bucket->state != BUCKET_BAD && bucket->final && bucket->demand > 0 &&
           bucket_over_usual(bucket, percent) < 0;
}

bool bucket_has_harm(const struct bucket *bucket, int64_t impaired_percent, int64_t calm_percent)
{
    int64_t never_milli = bucket_total_milli(bucket) - bucket->demand * 1000;
    bool decided = bucket->state == BUCKET_GOOD || bucket->state == BUCKET_TOO_FEW;
    bool failed = bucket_lost(bucket) > 0 && bucket_over_usual(bucket, calm_percent) >= 0;
    bool missing =
        never_milli > 0 && never_milli * 100 >= bucket_total_milli(bucket) * impaired_percent;
    return decided && bucket->final && (failed || missing);
}

bool bucket_is_suspect(const struct bucket *bucket, bool traced, int64_t lost_percent)
{
    int64_t lost_milli = bucket_total_milli(bucket) - bucket->processed * 1000;
    lost_milli -= (bucket->unobserved + bucket->open - bucket->overdue) * 1000;
    traced |= bucket_may_be_trace(bucket);
    return is_certain(bucket, lost_milli, traced, lost_percent);
}
