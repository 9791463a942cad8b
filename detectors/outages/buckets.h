// One bucket, or the sums of a window of buckets, and what can be said of it. Pure functions.
// Private to detectors/outages/.
#pragma once

#include "detectors/outages/outages.h"

struct bucket {
    int64_t normal_milli;      // B * c, of the links whose mirrors live
    int64_t demand;            // D: requests that count, with the orphans
    int64_t processed;         // S
    int64_t unobserved;        // as counted
    int64_t unobserved_capped; // U: min(unobserved, missing answer bytes / shortest answer)
    int64_t open, overdue;
    int64_t failed; // certainly: failed or unanswered
    int64_t
        quiet_milli; // of normal_milli, behind mirrors without a frame: never-arrived is unproven
    int64_t dark_milli;                // of B behind dead mirrors, not in normal_milli: unknown
    int64_t seen_bytes, missing_bytes; // of requests
    bool wave;                         // traces of a stop on the links
    bool dead;                         // a mirror that should have shown some of it
    bool present;  // there was a record; else nothing was normal and nothing was seen
    bool final;    // every outcome is known
    bool small;    // too few intents by itself: its window decides
    uint8_t state; // enum bucket_state
    bool suspect;  // bad if what is overdue is lost
};

void bucket_from_normal(const struct normal *normal, struct bucket *ret);
void bucket_add(struct bucket *sum, const struct bucket *bucket);

// N of the bucket: max(B * c, D), in thousandths.
int64_t bucket_total_milli(const struct bucket *bucket);
// With what is behind dead mirrors.
int64_t bucket_whole_milli(const struct bucket *bucket);

// Traces of an abrupt stop: a wave of ended connections, or of failures. One failure is none.
bool bucket_is_trace(const struct bucket *bucket);
// The same when what is overdue is lost.
bool bucket_may_be_trace(const struct bucket *bucket);

// What is certain of it. `traced`: something broke in it, or shortly before.
enum bucket_state bucket_decide(const struct bucket *bucket, bool traced, int64_t lost_percent);
// Whether it is bad when every overdue request is lost and every younger one succeeds.
bool bucket_is_suspect(const struct bucket *bucket, bool traced, int64_t lost_percent);
