// One bucket, or the sums of a window of buckets, and what can be said of it. Pure functions.
// Private to detectors/outages/.
#pragma once

#include "detectors/outages/outages.h"

struct bucket {
    int64_t normal_milli;      // B * c
    int64_t demand;            // D: requests that count, with the orphans
    int64_t processed;         // S
    int64_t unobserved;        // as counted
    int64_t unobserved_capped; // U: min(unobserved, missing answer bytes / shortest answer)
    int64_t open, overdue;
    int64_t seen_bytes, missing_bytes; // of requests
    int64_t traces;
    bool alive;    // the mirror: frames of the segment's own hosts
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

// What is certain of it. `traced`: something broke in it, or shortly before.
enum bucket_state bucket_decide(const struct bucket *bucket, bool traced, int64_t lost_percent);
// Whether it is bad when every overdue request is lost and every younger one succeeds.
bool bucket_is_suspect(const struct bucket *bucket, bool traced, int64_t lost_percent);

// B * c in thousandths, rounded half up; all of B when no bytes of requests were to be seen.
int64_t coverage_apply(int64_t normal_milli, int64_t seen_bytes, int64_t missing_bytes);
