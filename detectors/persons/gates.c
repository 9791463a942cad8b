// A bucket counts when its failures are a significant excess over the usual share (normals/
// excess.h), by itself or in its whole minute or five minutes, or when it lies in an interruption.
// Then the buckets next to it count too where they fail at least twice as often as usual: an onset
// in the middle of a bucket leaves it too few failures to be significant. Of a minute that is
// significant only as a whole those buckets count that do so. What has once counted goes on.
//
// Requests that are still open are taken to succeed, so that no bucket counts because the slow ones
// are the good ones.
//
// Where counterparties are told apart, a bucket in which one of them has failed and all others fare
// about as usual is that counterparty's (art. 3; T-D22), once all its outcomes are known, unless it
// lies in an interruption that is certain. Of which it was when the first of its persons came to be
// known it remains: sets only grow.
#include "config/memory.h"

#include "detectors/persons/parts.h"

#define LONG_WINDOW 5 // minutes

struct gate *gate_new(size_t buckets)
{
    struct gate *gate = memory_zeroed(1, sizeof(*gate) + buckets * sizeof(gate->ring[0]));
    gate->size = buckets;
    for (size_t i = 0; i < buckets; i++) {
        gate->ring[i].bucket = INT64_MIN;
    }
    return gate;
}

struct gate_bucket *gate_at(struct gate *gate, int64_t bucket)
{
    struct gate_bucket *at = &gate->ring[(uint64_t)bucket % gate->size];
    return at->bucket == bucket ? at : NULL;
}

// NULL when a later bucket has its place.
static struct gate_bucket *bucket_at(struct gate *gate, int64_t bucket)
{
    struct gate_bucket *at = &gate->ring[(uint64_t)bucket % gate->size];
    if (at->bucket < bucket) {
        *at = (struct gate_bucket){.bucket = bucket};
    }
    return at->bucket == bucket ? at : NULL;
}

bool gate_is_marked(const struct gate *gate, int64_t bucket)
{
    const struct gate_bucket *at = &gate->ring[(uint64_t)bucket % gate->size];
    return at->bucket == bucket && at->mark != MARK_NONE;
}

// At least twice as often as usual.
static bool is_worse(const struct gate *gate, const struct gate_bucket *at)
{
    return at->failed > 0 &&
           (__int128)at->failed * gate->usual.known >= 2 * (__int128)at->known * gate->usual.failed;
}

static void mark(
    struct gate *gate, int64_t bucket, enum gate_mark as, gate_marker *marked, void *context)
{
    struct gate_bucket *at = gate_at(gate, bucket);
    if (at == NULL || at->mark >= as) {
        return;
    }
    bool is_new = at->mark == MARK_NONE;
    at->mark = (uint8_t)as;
    if (is_new) {
        marked(context, bucket);
    }
    for (int64_t next = bucket - 1; as == MARK_EXCESS && next <= bucket + 1; next += 2) {
        const struct gate_bucket *neighbour = gate_at(gate, next);
        if (neighbour != NULL && is_worse(gate, neighbour)) {
            mark(gate, next, MARK_EDGE, marked, context);
        }
    }
}

static bool is_excess_at(struct gate *gate, int64_t bucket)
{
    const struct gate_bucket *at = gate_at(gate, bucket);
    return at != NULL && at->mark == MARK_EXCESS;
}

static void window_judge(struct gate *gate, int64_t first, int64_t count, int64_t fewest,
    gate_marker *marked, void *context)
{
    int64_t known = 0, failed = 0;
    for (int64_t b = first; b < first + count; b++) {
        const struct gate_bucket *at = gate_at(gate, b);
        known += at == NULL ? 0 : at->known;
        failed += at == NULL ? 0 : at->failed;
    }
    if (!excess_is_significant(&gate->usual, known, failed, fewest)) {
        return;
    }
    for (int64_t b = first; b < first + count; b++) {
        const struct gate_bucket *at = gate_at(gate, b);
        if (at != NULL && is_worse(gate, at)) {
            mark(gate, b, MARK_EXCESS, marked, context);
        }
    }
}

static int64_t begin_of(int64_t bucket, int64_t window) // of its window
{
    return bucket - bucket % window;
}

void gate_take(struct gate *gate, const struct gate_bucket *bucket, int64_t fewest,
    int64_t buckets_a_minute, gate_marker *marked, void *context)
{
    int64_t number = bucket->bucket;
    struct gate_bucket *at = bucket_at(gate, number);
    if (at == NULL) {
        return;
    }
    struct gate_bucket before = *at;
    *at = *bucket;
    at->mark = before.mark;
    at->ours = before.ours;
    at->lost = before.lost;
    at->doubtful = before.doubtful;
    at->dark_milli = before.dark_milli;
    if (at->failed <= 0 || at->mark == MARK_EXCESS) {
        return;
    }
    const int64_t windows[] = {1, buckets_a_minute, LONG_WINDOW * buckets_a_minute};
    for (size_t i = 0; i < sizeof(windows) / sizeof(windows[0]); i++) {
        window_judge(gate, begin_of(number, windows[i]), windows[i], fewest, marked, context);
    }
    if (is_worse(gate, at) && (is_excess_at(gate, number - 1) || is_excess_at(gate, number + 1))) {
        mark(gate, number, MARK_EDGE, marked, context);
    }
}

void gate_force(struct gate *gate, int64_t bucket, bool ours, gate_marker *marked, void *context)
{
    struct gate_bucket *at = bucket_at(gate, bucket);
    if (at != NULL) {
        at->ours |= ours;
        mark(gate, bucket, MARK_EXCESS, marked, context);
    }
}

// ---- whose failures they are

// All counterparties but one, enough of them, fare about as usual.
static bool are_others_well(
    const struct gate *gate, const struct gate_bucket *at, const struct outages_settings *outages)
{
    const struct usual *usual = &gate->usual;
    return at->party_failed > 0 && at->others_known >= outages->fewest_intents &&
           !excess_reaches(usual, at->others_known, at->others_failed, outages->calm_percent) &&
           !excess_is_significant(
               usual, at->others_known, at->others_failed, outages->fewest_intents);
}

static bool is_confined(
    const struct gate *gate, const struct gate_bucket *at, const struct outages_settings *outages)
{
    return at != NULL && are_others_well(gate, at, outages) &&
           (int64_t)at->party_failed * 100 > at->party_known * outages->lost_percent;
}

// In the bucket in which the counterparty stops, or comes back, it does not fail as a whole.
static bool is_external(
    struct gate *gate, const struct gate_bucket *at, const struct outages_settings *outages)
{
    return is_confined(gate, at, outages) ||
           (are_others_well(gate, at, outages) &&
               (is_confined(gate, gate_at(gate, at->bucket - 1), outages) ||
                   is_confined(gate, gate_at(gate, at->bucket + 1), outages)));
}

enum gate_answer gate_ask(struct gate *gate, int64_t bucket, const struct outages_settings *outages)
{
    const struct gate_bucket *at = gate_at(gate, bucket);
    if (at == NULL || at->mark == MARK_NONE) {
        return GATE_SHUT;
    }
    if (at->ours || !is_external(gate, at, outages)) {
        return GATE_OURS;
    }
    return at->final ? GATE_EXTERNAL : GATE_WAITS;
}
