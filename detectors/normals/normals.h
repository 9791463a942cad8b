// The record `normal`: one 10-second bucket of one (network, function, province) beside the volume
// that it would normally have had. Where the network has units there is one of each (network, main
// function, unit), too: of all provinces together, beside its usual share of failures. And where a
// function comes on several links, one of each of them: what counts where a province has too
// little.
#pragma once

#include "config/settings.h"

#include "dataplane/counters/counters.h"

#include "detectors/normals/excess.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum basis {
    BASIS_TABLE,    // the bank's own table (CSV): it wins over what was learned
    BASIS_MEDIAN,   // median of the last eight comparable days
    BASIS_YEARLY,   // plan B: the year's profile at the level of the last days
    BASIS_ATTEMPTS, // plan C: no normal volume is known, only what was attempted; flagged
};
#define BASES (BASIS_ATTEMPTS + 1)
extern const char *const basis_names[BASES];

// Links and sites are those of the settings, the first one 1.
#define LINK_NONE 0
#define SITE_NONE 0
struct normal {
    uint16_t network, function;
    uint16_t unit; // of the network's units, the first one 1: province is 00; LABEL_NONE: of none
    uint16_t link; // of that link: province is 00; LINK_NONE: of none
    // Where the function comes on several links: the one, and the one site, that all of the demand
    // was on; LINK_NONE, SITE_NONE: none, or several.
    uint16_t only_link, only_site;
    uint8_t province;
    enum basis basis;
    bool final;           // every outcome of the bucket is known: bucket end + time limit <= tick
    struct instant from;  // of the bucket
    int64_t normal_milli; // B: intents in thousandths; 0 with BASIS_ATTEMPTS
    // What some comparable days had no more than: silence says little where it is 0.
    int64_t low_milli; // 0 with BASIS_ATTEMPTS, B with BASIS_TABLE
    // B is split over the group's links by their usual shares. Of a link whose mirror lives, what
    // its coverage lets see; of one whose mirror is dead, what its own demand does not account for.
    int64_t covered_milli; // sum of B * share * c
    int64_t quiet_milli;   // of that, of links without a frame in this bucket
    int64_t dark_milli;    // unknown, not lost; with BASIS_ATTEMPTS by the living links' demand
    int64_t demand, succeeded, declined, failed, unanswered, unobserved, excluded, late;
    int64_t throttled;      // turned away by a limit: neither processed nor failed, no demand
    int64_t reversed, slow; // of the failed: approved and reversed; answered too late
    int64_t planned;        // of the excluded: refused because of a cut-over
    // Tries of an intent that another one counts for, which demand is without: attempts = demand +
    // retries. Of the failed and unanswered: those whose retries could not be told.
    int64_t retries, ungrouped;
    // Where some are ungrouped: 99.9 % of the comparable days' slots had at most so many
    // thousandths of what is normal; 0: not learned.
    int64_t most_permille;
    int64_t jumping; // of the declined: by codes whose share jumps; failed by the stricter reading
    // Where the function's counterparties are told apart, of the whole country: the one that lost
    // most in this bucket, and all others, those that name none among them. Else all 0.
    int64_t party_known, party_failed, others_known, others_failed;
    int64_t open;    // requests without an outcome so far
    int64_t overdue; // of those, open for longer than the link's 99.9 % latency: provisional losses
    int64_t orphans_processed, orphans_failed; // only where request bytes are missing on the link
    int64_t seen_request_bytes,
        missing_request_bytes;     // of the group's links in this bucket: coverage c
    int64_t missing_answer_bytes;  // from the bucket's start to its end + time limit
    int64_t shortest_answer_bytes; // 0: no answer seen yet
    int64_t alive_frames;          // of the group's links in this bucket
    bool dead;      // a link without frames for a minute, or without a byte of one of its sides
    bool wave;      // traces of a stop: a large part of a link's connections ended
    int64_t traces; // syn retries, resets, fins, unanswered and failed requests, unanswered echoes
    struct usual usual; // of so many outcomes so many were failures, as was known by then
};

// Of a province, as most are; else of a unit or a link, with what provinces have as well.
static inline bool normal_is_of_province(const struct normal *normal)
{
    return normal->unit == LABEL_NONE && normal->link == LINK_NONE;
}

// As art. 31(4) is written, with every try of an intent: (attempts - processed) / B, in hundredths
// of a percent. Kept as evidence only (T-R4: 420 %, T-R5: 180 %); 0 without a normal volume.
int64_t normal_literal_x10000(const struct normal *normal);

// B * c in thousandths, rounded half up; all of B when no bytes of requests were to be seen.
int64_t coverage_apply(int64_t normal_milli, int64_t seen_bytes, int64_t missing_bytes);

struct normals;
// Loads each network's CSV: header "network,function,province,hour,normal_per_hour"; hour 0..23 of
// the day in Shanghai, volume in intents per hour, up to three decimals. NULL after mistakes
// (file:line: sentence).
struct normals *normals_new(const struct settings *settings, struct mistakes *mistakes);
void normals_free(struct normals *normals);
// Between two ticks: what is normal from here on is what `fresh` read, of settings with the same
// networks and functions. What was seen so far stays.
void normals_take_tables(struct normals *normals, struct normals *fresh);

// One tick. *ret are the buckets that changed or became final, sorted by (network, function,
// province, from); a bucket with a normal volume and without any fact (silence) is one, from its
// end on. They live until the next call. At the end of a capture buckets that cannot become final
// stay as they are.
size_t normals_from_counters(
    struct normals *normals, const struct counters *counters, const struct normal **ret);

// A new `normals` takes what was learned before, from an SQLite file that is there; digest names
// it, empty when it holds nothing. False after mistakes.
bool normals_load(
    struct normals *normals, const char *path, char digest[static 33], struct mistakes *mistakes);
// From here on what is learned is written to the file, by a thread of its own, once an hour; the
// rest at normals_free. False after mistakes.
bool normals_keep(struct normals *normals, const char *path, struct mistakes *mistakes);

// Without counters: whose peak hours are in force is as of this instant (--start-at outages).
void normals_begin(struct normals *normals, struct instant at);

// An interruption of a cell, as it stands: its time, and some around it, teaches nothing. To be
// said again while it is told; before the first tick, and of a cell that was never seen, nothing
// happens.
void normals_leave_out(struct normals *normals, uint16_t network, uint16_t function,
    uint8_t province, struct instant from, struct instant to);

// A bucket of a cell whose usual business was not seen behind a living mirror, and nobody knows
// why: its time teaches nothing either, unless it has been so for BLIND_LEARNED_DAYS. To be said
// when it is decided.
#define BLIND_LEARNED_DAYS 14
void normals_leave_blind(struct normals *normals, uint16_t network, uint16_t function,
    uint8_t province, struct instant from);

// Facts that came too late for any bucket that is still kept, or from the future of the tick.
uint64_t normals_forgotten(const struct normals *normals);

void normal_print(FILE *out, const struct settings *settings, const struct normal *normal);
