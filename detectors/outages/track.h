// The buckets of one (network, function, province) that can still change a verdict. Private to
// detectors/outages/.
#pragma once

#include "detectors/outages/buckets.h"

struct track {
    uint16_t network, function;
    uint8_t province;
    enum basis basis;
    int64_t first; // number of buckets[0]
    struct bucket *buckets;
    size_t count, capacity;
    int64_t last;     // number of the last bucket with a record
    size_t settled;   // buckets before this one are decided for good
    size_t find_from; // interruptions before this one are closed, or carried
    int64_t carried;  // buckets directly before find_from that can only be in a stretch together
    struct bucket carried_sums; // theirs
    size_t changed_from; // the first bucket that changed since the last judgement; SIZE_MAX: none
    struct interruption *closed; // ended, in order
    size_t closed_count;
    struct interruption *live; // of the buckets here, in order
    size_t live_count;
};

// What the judgement needs of the settings, and the tick.
struct rule {
    const struct settings *settings; // for the service hours
    int64_t bucket_ns, merge_ns, limit_ns, lost_percent, fewest_milli;
    struct instant tick;
};

// track.c
void track_free(struct track *track);
// Puts a record in its place; the time between is filled with empty buckets. False when the record
// is older than what is kept.
bool track_put(struct track *track, const struct normal *normal, const struct rule *rule);
// Fills up with empty buckets to the tick.
void track_extend(struct track *track, const struct rule *rule);
// Whether time alone can still decide something.
bool track_is_waiting(const struct track *track);
// Forgets buckets that can change nothing any more.
void track_trim(struct track *track, const struct rule *rule);

// judge.c: judges what changed, and what the passing of time decides. True when a state changed, a
// bucket that is not good has its final figures, or a recovery has come nearer.
bool track_judge(struct track *track, const struct rule *rule);

// interruptions.c: finds the interruptions of the live buckets and closes what cannot change.
void track_find(
    struct track *track, const struct rule *rule, const struct network_settings *network);
