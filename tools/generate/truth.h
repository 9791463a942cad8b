// The truth: every attempt with what really became of it, in order of its request.
#pragma once

#include "tools/generate/faults.h"
#include "tools/generate/scenario.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

// One request, with its answer or without. An intent has one attempt, and one more per retry.
struct attempt {
    struct attempt *earlier, *later; // in the truth; `later` also links free ones
    uint64_t id, intent;
    uint64_t retry_of, reverses; // ids, 0: none
    int64_t requested_ns;        // in the capture: the segment with the request's last byte
    int64_t answered_ns;         // 0: never
    int64_t sent_ns;             // on the wire
    int64_t latency_ns;
    int64_t amount;
    int64_t transmitted_s; // field 7
    struct end_address client, server;
    struct connection *connection;
    struct fate fate;
    uint64_t card;
    char merchant[16]; // as text; empty: of nobody
    uint32_t stan, terminal;
    uint32_t pending; // messages and events that still refer to it
    uint32_t original_stan;
    int64_t original_transmitted_s;
    uint16_t original_mti;
    uint16_t mti, link, province, function, institution;
    uint16_t network_code; // field 70 of management
    uint8_t kind;          // enum kind
    uint8_t tries;
    bool is_repeat; // the same STAN as retry_of
    bool is_test;   // no production: in no sum
    bool is_sent, seen_request, seen_answer;
};

enum truth_outcome {
    TRUTH_SUCCEEDED,
    TRUTH_DECLINED,
    TRUTH_FAILED,
    TRUTH_REVERSED, // approved in time, and reversed automatically
    TRUTH_THROTTLED,
    TRUTH_EXCLUDED,   // refused because of a cut-over
    TRUTH_LATE,       // answered after the time limit
    TRUTH_UNANSWERED, // by its time limit, or ever
    TRUTH_OPEN,       // neither answered nor over its time limit at the capture's end
    TRUTH_UNSENT,     // nothing reached the wire
    TRUTH_OUTCOMES,
};
extern const char *const truth_outcome_names[];

struct truth_counts {
    uint64_t intents, attempts;
    uint64_t business[TRUTH_OUTCOMES];
    uint64_t kinds[KIND_OTHER + 1];
    uint64_t unseen_requests, unseen_answers;
};

struct truth;

// `out` may be NULL: then it only counts.
struct truth *truth_new(const struct scenario *scenario, FILE *out);
void truth_free(struct truth *truth);

// A new attempt, with an id. Its pending is 1: the caller's.
struct attempt *truth_attempt(struct truth *truth);
// The request has passed (or failed to): puts the attempt in order of requested_ns.
void truth_requested(struct truth *truth, struct attempt *attempt);
// Tells all attempts at the front that nothing refers to any more and that lie before the instant.
void truth_advance(struct truth *truth, int64_t until_ns);
// Tells the rest, as it stands, and the sums.
void truth_end(struct truth *truth);
const struct truth_counts *truth_counts(const struct truth *truth);
