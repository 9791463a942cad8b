// A bucket counts when its failures are a significant excess over the usual share (normals/
// excess.h), by itself or in its whole minute or five minutes, or when it lies in an interruption.
// Then the buckets next to it count too where they fail at least twice as often as usual: an onset
// in the middle of a bucket leaves it too few failures to be significant. Of a minute that is
// significant only as a whole those buckets count that do so. What has once counted goes on.
//
// Requests that are still open are taken to succeed, so that no bucket counts because the slow ones
// are the good ones.
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

static struct gate_bucket *bucket_find(struct gate *gate, int64_t bucket)
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

bool gate_is_open(const struct gate *gate, int64_t bucket)
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
    struct gate_bucket *at = bucket_find(gate, bucket);
    if (at == NULL || at->mark >= as) {
        return;
    }
    bool is_new = at->mark == MARK_NONE;
    at->mark = (uint8_t)as;
    if (is_new) {
        marked(context, bucket);
    }
    for (int64_t next = bucket - 1; as == MARK_EXCESS && next <= bucket + 1; next += 2) {
        const struct gate_bucket *neighbour = bucket_find(gate, next);
        if (neighbour != NULL && is_worse(gate, neighbour)) {
            mark(gate, next, MARK_EDGE, marked, context);
        }
    }
}

static bool is_excess_at(struct gate *gate, int64_t bucket)
{
    const struct gate_bucket *at = bucket_find(gate, bucket);
    return at != NULL && at->mark == MARK_EXCESS;
}

static void window_judge(struct gate *gate, int64_t first, int64_t count, int64_t fewest,
    gate_marker *marked, void *context)
{
    int64_t known = 0, failed = 0;
    for (int64_t b = first; b < first + count; b++) {
        const struct gate_bucket *at = bucket_find(gate, b);
        known += at == NULL ? 0 : at->known;
        failed += at == NULL ? 0 : at->failed;
    }
    if (!excess_is_significant(&gate->usual, known, failed, fewest)) {
        return;
    }
    for (int64_t b = first; b < first + count; b++) {
        const struct gate_bucket *at = bucket_find(gate, b);
        if (at != NULL && is_worse(gate, at)) {
            mark(gate, b, MARK_EXCESS, marked, context);
        }
    }
}

static int64_t begin_of(int64_t bucket, int64_t window) // of its window
{
    return bucket - bucket % window;
}

void gate_take(struct gate *gate, int64_t bucket, int64_t known, int64_t failed, int64_t fewest,
    int64_t buckets_a_minute, gate_marker *marked, void *context)
{
    struct gate_bucket *at = bucket_at(gate, bucket);
    if (at == NULL) {
        return;
    }
    at->known = (int32_t)(known < INT32_MAX ? known : INT32_MAX);
    at->failed = (int32_t)(failed < INT32_MAX ? failed : INT32_MAX);
    if (failed <= 0 || at->mark == MARK_EXCESS) {
        return;
    }
    const int64_t windows[] = {1, buckets_a_minute, LONG_WINDOW * buckets_a_minute};
    for (size_t i = 0; i < sizeof(windows) / sizeof(windows[0]); i++) {
        window_judge(gate, begin_of(bucket, windows[i]), windows[i], fewest, marked, context);
    }
    if (is_worse(gate, at) && (is_excess_at(gate, bucket - 1) || is_excess_at(gate, bucket + 1))) {
        mark(gate, bucket, MARK_EDGE, marked, context);
    }
}

void gate_force(struct gate *gate, int64_t bucket, gate_marker *marked, void *context)
{
    if (bucket_at(gate, bucket) != NULL) {
        mark(gate, bucket, MARK_EXCESS, marked, context);
    }
}
