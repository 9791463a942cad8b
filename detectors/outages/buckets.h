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
    int64_t low_milli;                 // what some comparable days had no more than
    int64_t usual_milli;               // of the demand, so much would usually have failed
    // Of the function in the whole country: the counterparty that lost most, and all others.
    int64_t party_known, party_failed, others_known, others_failed;
    int64_t jumping;               // of the processed: refused by codes whose share jumps
    uint16_t only_link, only_site; // of all of the demand; LINK_NONE, SITE_NONE: none, or several
    bool wave;                     // traces of a stop on the links
    bool dead;                     // a mirror that should have shown some of it
    bool present;    // there was a record; else nothing was normal and nothing was seen
    bool final;      // every outcome is known
    bool small;      // too few intents by itself: its window decides
    uint8_t state;   // enum bucket_state
    bool suspect;    // bad if what is overdue is lost
    uint8_t assumes; // set of enum assumption: bad if these are so; 0: by none, or bad in any case
    bool impaired;   // at least so many percent points more than usual have failed
    bool calm;       // not much more than usual has failed
    bool failing;    // bad by what failed of what was asked, and enough was asked
    bool inherited;  // too few by itself: bad, as the function is in the whole country
};

void bucket_from_normal(const struct normal *normal, struct bucket *ret);
void bucket_add(struct bucket *sum, const struct bucket *bucket);
// Takes into the sums that one of their parts was `before` and is `now`. Traces that were seen
// stay.
void bucket_move(struct bucket *sum, const struct bucket *before, const struct bucket *now);

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
// The stricter readings by which one that is not bad is. `abrupt`: business broke off before it.
uint8_t bucket_assumes(
    const struct bucket *bucket, bool abrupt, int64_t lost_percent, int64_t fewest_milli);
// Of what was asked, what is certain to have failed or to be without an answer.
int64_t bucket_lost(const struct bucket *bucket);
// Whether so much more than usual has failed that business cannot proceed; whether what
// has failed is about what is usual. Too few intents are neither.
bool bucket_is_impaired(const struct bucket *bucket, int64_t percent, int64_t fewest_milli);
bool bucket_is_calm(const struct bucket *bucket, int64_t percent);
// Whether a bucket beside a stretch holds harm itself: in part of it business was well.
bool bucket_has_harm(const struct bucket *bucket, int64_t impaired_percent, int64_t calm_percent);
// Whether what failed is one counterparty's: it alone fails, and all others, enough of them, fare
// about as usual (art. 3; T-D22). Of the sums of a stretch.
bool bucket_is_external(
    const struct bucket *sums, int64_t lost_percent, int64_t calm_percent, int64_t fewest_milli);
// So much more than usual than the percent points allow, in thousandths of percent.
int64_t bucket_over_usual(const struct bucket *bucket, int64_t percent);

// Whether it is bad when every overdue request is lost and every younger one succeeds.
bool bucket_is_suspect(const struct bucket *bucket, bool traced, int64_t lost_percent);
