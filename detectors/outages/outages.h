// The record of an outage: a stretch of time in which one (network, function, province) was
//
//   interrupted  整体中断: more than 70 % of the normal business was not processed (art. 31(4))
//   impaired     业务无法正常开展: failures beyond the cell's own usual share were at least
//                outages.impaired_percent of what was asked
//
// A stretch that is an interruption only when the rule is read more strictly says by which readings
// (`assumes`); one that is nothing but possible for want of coverage is `undeterminable`.
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
// The same as art. 31(4) is written, by which a surge counts against what is normal: (D - S) / B,
// which may be over 100 % (T-R5); 0 without a normal volume.
int64_t loss_literal_x10000(const struct loss *loss);

// How many of a bucket's unobserved intents may have been answered: not more than answers fit into
// the bytes that are missing of them.
int64_t normal_answered_most(const struct normal *normal);

enum outage_kind { OUTAGE_INTERRUPTION, OUTAGE_IMPAIRMENT };
extern const char *const outage_kind_names[]; // NULL behind the last

// Open questions whose stricter answers a stretch stands on, as a set of bits. The certain ones
// stand on none.
enum assumption {
    ASSUMES_COVERAGE = 1, // what was not seen of the answers has failed
    ASSUMES_LITERAL = 2,  // (D - S) / B, as art. 31(4) is written: a surge counts against B (T-R5)
    ASSUMES_SILENCE = 4,  // what never arrived is lost without a trace of a stop, too (T-R8, T-R11)
    ASSUMES_CODES = 8,    // refusals by codes whose share jumps are failures
    ASSUMES_EXTERNAL = 16, // failures confined to one counterparty are our own (T-D22)
};
#define ASSUMPTIONS 5
extern const char *const assumption_names[ASSUMPTIONS]; // of bit i

struct interruption {
    uint16_t network, function;
    uint16_t unit; // an impairment of one unit (nationwide: of all provinces); LABEL_NONE: of none
    uint8_t province;
    uint8_t kind;    // enum outage_kind
    uint8_t assumes; // set of enum assumption; 0: by the default readings
    bool nationwide; // an impairment of the whole function, or of a unit of it, of no one province;
                     // province is 00
    enum basis basis;
    bool suspected;      // stands on provisional data: not decidable yet
    bool undeterminable; // what may have been: too little was seen of part of it, and no certain
                         // interruption is as long. Counts by a stricter reading only
    bool ongoing;        // no recovery has held more than merge_ns
    struct instant from, to; // to: end of the last bad bucket so far
    struct loss loss;
    struct usual usual; // what usually fails of this function and province
    int64_t unknown_ns; // of from..to: undeterminable or blind
    int64_t in_peak_ms;
    struct instant whole_from, whole_to; // as measured, where grades cut approved windows out of
                                         // from..to; both 0: nothing was
    bool cutover;                        // ... and a planned cut-over
    // The buckets before `from` and behind `to` when there was harm in part of them: by the
    // stricter reading edges are rounded outward (T-D18).
    int64_t edge_before_ns, edge_after_ns;
    struct instant calm_at; // impairment: failures are back at the usual share and stay there, the
                            // end of the impairment; INSTANT_NEVER: not yet
};

// An interruption by the default readings that is decided.
bool interruption_is_certain(const struct interruption *interruption);
// Orders what is of one network, function, province and beginning: what is certain first, then what
// is undeterminable, what stands on assumptions, and impairments. 0: the same stretch.
int interruption_compare_kinds(const struct interruption *a, const struct interruption *b);

struct outages;
struct outages *outages_new(const struct settings *settings);
// Between two ticks: buckets that are judged from here on are by the settings' lost_percent and
// fewest_intents as they now are.
void outages_take_thresholds(struct outages *outages);
void outages_free(struct outages *outages);

// One tick: *ret are all stretches that are suspected, ongoing, or not older than a day, sorted
// by (network, function, province), interruptions before impairments, and from, as they stand now;
// re-evaluated as a whole, so merging may join what were two.
size_t outages_from_normals(struct outages *outages, const struct normal *normals, size_t count,
    struct instant tick, const struct interruption **ret);

// How many (function, province) of the network are blind, by the last bucket that is decided of
// each, and for how long in a row at the most; 0: none, *ret_since untouched. One bucket alone is
// none.
size_t outages_blind(const struct outages *outages, uint16_t network, struct instant *ret_since);

// Buckets of a province's function that were decided to be blind since the last call, in order.
typedef void outages_blind_bucket(
    void *context, uint16_t network, uint16_t function, uint8_t province, struct instant from);
void outages_tell_blind(struct outages *outages, outages_blind_bucket *tell, void *context);

// How the cell of a stretch fared over time, for people: a point a step. What was not seen is
// unknown, and never 0.
enum loss_state {
    LOSS_NONE,    // nothing normal, nothing asked
    LOSS_KNOWN,   // all of it
    LOSS_PART,    // part of the time is unknown: lost and total are of the rest
    LOSS_UNKNOWN, // blind or undeterminable, or no run watched it
    LOSS_OPEN,    // some outcomes are not known yet
};
struct loss_point {
    struct instant from;
    enum loss_state state;
    int64_t total_milli, lost_milli; // N, and N - S - U, in thousandths of intents
};
#define LOSS_POINTS_MAX 36
struct loss_curve {
    int64_t step_ns; // 1, 5, 15, 30 or 60 min, or a multiple: so that the points are enough
    size_t count;
    struct loss_point points[LOSS_POINTS_MAX];
};
// From the step of `from` to that of `to`; count 0: there is no such cell.
void outages_curve(const struct outages *outages, const struct interruption *of,
    struct instant from, struct instant to, struct loss_curve *ret);

// Evidence that harm exists in what may have been an interruption (T-L3): intents that are certain
// to have failed or to be without an answer, at least `fewest` of them, and of those whose outcome
// is known significantly more than usual. A healthy network behind a poor mirror has few of them.
bool interruption_has_harm(const struct interruption *interruption, int64_t fewest);

// Records older than what is kept; they changed nothing.
uint64_t outages_forgotten(const struct outages *outages);

// The next time inside the network's peak hours in [from, end), as [*ret_from, *ret_to); all of it
// when the network has no peak hours. False, and nothing set, when there is none.
bool peak_next(const struct network_settings *network, struct instant from, struct instant end,
    struct instant *ret_from, struct instant *ret_to);
// How much of [from, to) is inside peak hours.
int64_t peak_ns(const struct network_settings *network, struct instant from, struct instant to);

// JSON: kind, network, function, province, nationwide, unit (when it is of one), from, to (ms),
// ongoing, suspected, undeterminable, assumes [names], loss {normal, demand, processed, unobserved,
// coverage, ratio}, in_peak_ms, unknown_ms, edge_before_ms, edge_after_ms, calm_at, basis; usual
// {known, failed, learned} of what is undeterminable.
void interruption_print(
    FILE *out, const struct settings *settings, const struct interruption *interruption);
// 1: one record, 0: end, -1: *error says what is wrong with which line. Missing loss: total loss.
// `to` may be missing or null with "ongoing": true: INSTANT_NEVER. in_peak_ms is always computed.
int interruption_scan(FILE *in, const struct settings *settings, struct interruption *ret,
    char *error, size_t error_size);
