// The record `interruption` 整体中断: a stretch of time in which more than 70 % of the normal
// business of one (network, function, province) was not processed (art. 31(4); regulation.md 2.2,
// design.md section 3).
#pragma once

#include "config/settings.h"

#include "detectors/normals/normals.h"

#include <stdbool.h>
#include <stdio.h>

enum bucket_state {
    BUCKET_OPEN, // not decidable yet
    BUCKET_GOOD,
    BUCKET_BAD,            // (N - S - U) * 100 > 70 * N
    BUCKET_UNDETERMINABLE, // only (N - S) * 100 > 70 * N: coverage
    BUCKET_BLIND,          // silence without a living mirror or without traces
    BUCKET_TOO_FEW,        // under the fewest intents, also when widened
};

// Sums over a stretch. All counts are intents; normal in thousandths.
struct loss {
    int64_t normal_milli; // sum of B * c
    int64_t demand;
    int64_t processed;
    int64_t unobserved; // U
    int64_t failed;     // demand - processed - unobserved: the part that was refused or unanswered
    int64_t never_arrived_milli; // N - demand
    int64_t coverage_milli;      // c in thousandths
};

// N = max(sum of B * c, sum of D), in thousandths.
int64_t loss_total_milli(const struct loss *loss);
// (N - S - U) * 100 > percent * N, in integers.
bool loss_is_over(const struct loss *loss, int64_t percent);
// The ratio for people, in hundredths of a percent, rounded down; 0 when N is 0.
int64_t loss_ratio_x10000(const struct loss *loss);

struct interruption {
    uint16_t network, function;
    uint8_t province;
    enum basis basis;
    bool suspected;      // stands on provisional data: not decidable yet
    bool undeterminable; // what may have been: too little was seen of part of it, and no certain
                         // interruption is as long. Counts by a stricter reading only
    bool ongoing;        // no recovery has held more than merge_ns
    struct instant from, to; // to: end of the last bad bucket so far
    struct loss loss;
    int64_t unknown_ns; // of from..to: undeterminable or blind
    int64_t in_peak_ms;
    struct instant whole_from, whole_to; // as measured, where grades cut approved windows out of
                                         // from..to; both 0: nothing was
};

struct outages;
struct outages *outages_new(const struct settings *settings);
// Between two ticks: buckets that are judged from here on are by the settings' lost_percent and
// fewest_intents as they now are.
void outages_take_thresholds(struct outages *outages);
void outages_free(struct outages *outages);

// One tick: *ret are all interruptions that are suspected, ongoing, or not older than a day, sorted
// by (network, function, province, from), as they stand now; re-evaluated as a whole, so merging
// may join what were two.
size_t outages_from_normals(struct outages *outages, const struct normal *normals, size_t count,
    struct instant tick, const struct interruption **ret);

// How many (function, province) of the network are blind, by the last bucket that is decided of
// each, and for how long in a row at the most; 0: none, *ret_since untouched. One bucket alone is
// none.
size_t outages_blind(const struct outages *outages, uint16_t network, struct instant *ret_since);

// Evidence that harm exists in what may have been an interruption (T-L3): intents that are certain
// to have failed, at least `fewest` of them, and so many of those whose outcome is known that the
// business counts as impaired. A healthy network behind a poor mirror has few of them.
bool interruption_has_harm(const struct interruption *interruption, int64_t fewest);

// Records older than what is kept; they changed nothing.
uint64_t outages_forgotten(const struct outages *outages);

// The next time inside the network's peak hours in [from, end), as [*ret_from, *ret_to); all of it
// when the network has no peak hours. False, and nothing set, when there is none.
bool peak_next(const struct network_settings *network, struct instant from, struct instant end,
    struct instant *ret_from, struct instant *ret_to);
// How much of [from, to) is inside peak hours.
int64_t peak_ns(const struct network_settings *network, struct instant from, struct instant to);

// JSON: network, function, province, from, to (ms), ongoing, suspected, undeterminable, loss
// {normal, demand, processed, unobserved, coverage, ratio}, in_peak_ms, unknown_ms, basis.
void interruption_print(
    FILE *out, const struct settings *settings, const struct interruption *interruption);
// 1: one record, 0: end, -1: *error says what is wrong with which line. Missing loss: total loss.
// `to` may be missing or null with "ongoing": true: INSTANT_NEVER. in_peak_ms is always computed.
int interruption_scan(FILE *in, const struct settings *settings, struct interruption *ret,
    char *error, size_t error_size);
