// The buckets of one (network, function, province) that can still change a verdict. Private to
// detectors/outages/.
#pragma once

#include "detectors/outages/buckets.h"
#include "detectors/outages/stretches.h"

// What is looked for: each layer finds its own stretches in the same buckets.
enum layer {
    LAYER_INTERRUPTED, // by the default readings; suspected; possible
    LAYER_STRICT,      // by the stricter readings of what is open, all at once
    LAYER_IMPAIRED,
    LAYERS,
};

struct finding {
    size_t find_from; // stretches before this bucket are closed, or carried
    int64_t carried;  // buckets directly before find_from that can only be in a stretch together
    struct bucket carried_sums;       // theirs
    struct stretch_item carried_item; // theirs, as one
    int64_t carried_unknown_ns, carried_edge_ns;
    struct interruption *closed; // ended, in order
    size_t closed_count;
    struct interruption *live; // of the buckets here, in order
    size_t live_count;
};

// What was forgotten of a cell with findings, in sums of a step, so that its course can be shown.
struct curve_sum {
    int64_t total_milli, lost_milli;
    uint32_t unknown, open, empty, known; // buckets
};
struct curve_past {
    int64_t first; // number of the first step
    int64_t step;  // buckets
    struct curve_sum *sums;
    size_t count, capacity;
};

struct track {
    uint16_t network, function;
    uint8_t province;
    bool nationwide; // the sums of all provinces: the parent of theirs
    uint16_t unit;   // of all provinces as well, and nobody's parent; LABEL_NONE: of none
    bool silent;     // of a link or a site: it is a parent, and nothing is told of it
    enum basis basis;
    struct usual usual; // by the newest record
    int64_t first;      // number of buckets[0]
    struct bucket *buckets;
    size_t count, capacity;
    int64_t last;        // number of the last bucket with a record
    size_t settled;      // buckets before this one are decided for good
    bool blind;          // at least the last two settled buckets were, at the last visit
    int64_t blind_told;  // number of the bucket before which all that were blind were told
    size_t changed_from; // the first bucket that changed since the last judgement; SIZE_MAX: none
    struct finding findings[LAYERS];
    struct curve_past past;
};

// What decides for a province's function of which too little is seen.
struct parents {
    const struct track *nation;                // NULL: none
    struct track *const *sites, *const *links; // by the settings' indices; NULL: none
};

// What the judgement needs of the settings, and the tick.
struct rule {
    const struct settings *settings; // for the service hours
    int64_t bucket_ns, merge_ns, limit_ns, lost_percent, fewest_milli;
    int64_t impaired_percent, calm_percent;
    struct instant tick;
};

// track.c
void track_free(struct track *track);
// Puts a record in its place, and the difference to what stood there into the parent's (NULL: it
// has none); the time between is filled with empty buckets. False when the record is older than
// what is kept.
bool track_put(struct track *track, struct track *parent, const struct normal *normal,
    const struct rule *rule);
// Fills up with empty buckets to the tick.
void track_extend(struct track *track, const struct rule *rule);
// The next settled bucket that is blind and was not told yet, by number; false: none.
bool track_blind_next(struct track *track, int64_t *ret_number);
// Stretches that may still change.
size_t track_live_count(const struct track *track);
// Whether time alone can still decide something.
bool track_is_waiting(const struct track *track);
// Nothing is to be found in what is settled.
void track_pass(struct track *track);
// Forgets buckets that can change nothing any more.
void track_trim(struct track *track, const struct rule *rule);

// judge.c: judges what changed, and what the passing of time decides. True when a state changed, a
// bucket that is not good has its final figures, or a recovery has come nearer.
// `parents` decide where there is too little to decide by (T-L2).
bool track_judge(struct track *track, const struct parents *parents, const struct rule *rule);

// curve.c: before the first `forget` buckets are.
void curve_keep(struct track *track, size_t forget, const struct rule *rule);
void curve_fill(const struct track *track, const struct rule *rule, struct instant from,
    struct instant to, struct loss_curve *ret);

// items.c: what a bucket is in the search for stretches of a view.
enum view {
    VIEW_CERTAIN,
    VIEW_SUSPECTED, // and what is overdue
    VIEW_POSSIBLE,  // and what is undeterminable
    VIEW_STRICT,    // and what is bad by any stricter reading
    VIEW_IMPAIRED,
};
struct stretch_item item_from_bucket(
    const struct bucket *bucket, const struct rule *rule, enum view view);

// Whether something is or may be bad in the layer from this bucket on.
bool bucket_begins(const struct bucket *bucket, enum layer layer);

// interruptions.c: finds the stretches of the live buckets, layer by layer, and closes what cannot
// change.
void track_find(
    struct track *track, const struct rule *rule, const struct network_settings *network);
