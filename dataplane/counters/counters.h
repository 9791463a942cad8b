// The seam between packets and judgement: counters are sums of deltas by cell and cohort second.
// Sums merge in any order, from any worker or sensor. The only header of dataplane/ that detectors/
// may include.
//
// Every fact has requested_at (its cohort: the second it is counted in) and known_at. `struct
// counters` holds exactly the facts with known_at in (tick - 1 s, tick]: tick T sees all facts
// known by T, none later.
#pragma once

#include "config/instant.h"
#include "config/settings.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct cell {
    uint16_t network, link, function; // indices (settings.h); function may be function_count: other
    uint8_t province, site;
    uint16_t unit; // of the network's units, the first one 1; LABEL_NONE: of none
};

// A request adds 1 to demand in its cohort second when it is seen, and 1 to one of the others when
// its outcome is known; open = demand - the others. Later corrections (retries of one intent) are
// negative.
struct cell_counts {
    struct cell cell;
    int64_t cohort_s; // the second, since 1970
    int32_t demand;
    int32_t succeeded, declined, failed, unanswered, unobserved, excluded;
    int32_t late; // of the unanswered and unobserved: the answer came after the limit
    int32_t orphans_processed,
        orphans_failed; // answers without a request; count when request bytes are missing
    int32_t degraded, unlisted_codes; // of the answered ones
    int32_t repeats;                  // second copies of a request
    int32_t
        throttled;    // an outcome of its own: turned away by a limit, neither processed nor failed
    int32_t reversed; // of the failed: approved, then reversed automatically
    int32_t slow;     // of the failed: answered after the function's time limit
    int32_t planned;  // of the excluded: refused because of a cut-over (90)
    // Retries of one intent are taken out of demand and of the outcome that they had, in their own
    // second; here they go on being counted: attempts = demand + retries.
    int32_t retries;
    int32_t ungrouped; // failed tries whose retries cannot be told: no account, or no room
    // Intents that failed and that no retry within 60 s served, once that is known; of those, how
    // many bore nothing that tells one person from another.
    int32_t affected, affected_unnamed;
};

// A person whose intent failed and was not served by a retry within 60 s (art. 7(2) 已实际影响),
// known at the instant at which that is certain; the intent's first request is of the cohort. An
// intent on an acquiring link may say two, cardholder and merchant.
enum affected_kind {
    AFFECTED_NATURAL, // by account
    AFFECTED_LEGAL,
    AFFECTED_UNKNOWN,  // an account of nobody knows whom
    AFFECTED_MERCHANT, // by field 42
};
#define AFFECTED_KINDS (AFFECTED_MERCHANT + 1)
extern const char *const affected_kind_names[];

struct affected {
    struct cell cell;
    int64_t cohort_s;
    uint64_t id;  // keyed hash of the account or the merchant, never 0
    uint8_t kind; // enum affected_kind
    bool served;  // got through after having been affected: a fact of its own, said once
};

// How business fared with one counterparty, on a link that tells them apart: whether a loss is
// confined to one of them while the others are served (art. 3; `external`). Those that are in no
// row of the link's table are `other`; requests that name none are in the cells only.
struct counterparty_counts {
    uint16_t network, link, function;
    char counterparty[COUNTERPARTY_CHARACTERS + 1];
    int64_t cohort_s;
    int32_t processed; // succeeded and declined
    int32_t failed, unanswered;
};

// Refusals by code: whether the share of one jumps.
struct code_counts {
    struct cell cell;
    uint16_t code; // index into the network's table of response codes
    int64_t cohort_s;
    int32_t declined;
};

#define LATENCY_CLASSES 24 // class i: [2^i, 2^(i+1)) * 0.1 ms; the last is open

// What was seen of a link in one second, by the packets' instants.
struct link_counts {
    uint16_t link;
    int64_t second;
    int64_t frames; // of the link's own hosts, any kind, second copies too: the mirror is alive
    int64_t their_frames; // of those, the TCP segments that their side sent
    int64_t our_frames;   // and ours
    int64_t seen_request_bytes,
        seen_answer_bytes; // new bytes of the TCP streams, by the sending side's role
    int64_t missing_request_bytes, missing_answer_bytes;
    int32_t shortest_answer_bytes;           // of the answers of this second; 0: none
    int32_t syns, syn_retries, resets, fins; // traces of a stop
    int32_t connections; // with payload so far, each in the first second of a minute that saw it
    int32_t management_requests, management_unanswered; // echo and sign-on without answer
    int32_t sign_ons, sign_offs;                        // requests whose field 70 is 001, 002
    int32_t cutover_begins, cutover_ends;               // 201, 202
    int32_t latency[LATENCY_CLASSES];                   // answers of this second by response time
};

// What a tap port itself says of the seconds since the tick before. Of a live run alone: a capture
// has no ports.
#define PORTS_MAX 32

enum port_link { PORT_LINK_UNKNOWN, PORT_LINK_UP, PORT_LINK_DOWN };

struct port_facts {
    uint16_t port;
    enum port_link link; // now
    int64_t frames;
    int64_t missed, without_buffer, errors; // imissed, rx_nombuf, ierrors
};

// One tick: arrays sorted by (network, link, function, province, site, unit, cohort), by (link,
// second), by (network, link, function, counterparty, cohort), by (cell, code, cohort) and, each
// person once, by (cell, cohort, kind, served, id).
struct counters {
    struct instant tick; // whole second
    struct cell_counts *cells;
    size_t cell_count;
    struct link_counts *links;
    size_t link_count;
    struct counterparty_counts *counterparties;
    size_t counterparty_count;
    struct code_counts *codes;
    size_t code_count;
    struct affected *affected;
    size_t affected_count;
    struct intent_try *tries; // that failed, in any order: on the way to be grouped (intents.h)
    size_t try_count;
    struct port_facts *ports; // by port
    size_t port_count;
    uint64_t evicted; // table evictions so far: they flag the verdict
    uint64_t merged; // ticks before this one whose facts are in it, the detectors being late (live)
    int64_t clock_off_s; // live: the machine's clock was set so far ahead of event time (or back)
    size_t line;         // counters_scan: lines read so far; zero before the first
};

// Frames as evidence (art. 13: 留存证据), asked for by the detectors and kept beside the ledger
// (dataplane/evidence/). Of a live run alone: a replay has its capture.
#define EVIDENCE_INCIDENT_MAX 33
#define EVIDENCE_PATH_MAX     256

// The flag by which a detector asks: freeze what the rings of frames hold now.
struct evidence_request {
    char incident[EVIDENCE_INCIDENT_MAX];
    uint32_t sequence; // of the incident's event that asks
    uint16_t network;
    struct instant onset, at; // `at`: the tick
};

// What became of a request.
struct evidence {
    struct evidence_request request;
    char file[EVIDENCE_PATH_MAX]; // its name in the folder of evidence; empty: none, see `error`
    char error[256];              // one sentence; empty: none
    uint8_t hash[32];             // SHA-256 of the file
    uint64_t bytes, frames;
    uint64_t failed, unanswered, reset, sampled; // frames by why they were kept; together `frames`
    struct instant from, to; // of all frames that the rings held; INSTANT_NEVER: none
    bool encrypted;
};

// One JSON object and a newline a tick, with the cells' and links' names. Empty ticks as well: a
// tick in which nothing was seen is a fact.
void counters_print(FILE *out, const struct settings *settings, const struct counters *counters);

// The other way: reads what counters_print wrote. 1: one tick, 0: end, -1: *error says what is
// wrong, with the line. The arrays belong to the caller of counters_free. Give the same struct each
// time, zeroed before the first: it counts the lines.
int counters_scan(FILE *in, const struct settings *settings, struct counters *ret, char *error,
    size_t error_size);
void counters_free(struct counters *counters);

// Ports count from their start: the facts of a tick are what has come since the ones before.
struct port_watch {
    struct port_facts before[PORTS_MAX], facts[PORTS_MAX];
    bool known[PORTS_MAX];
};
// Puts the facts of a tick into *ret, from the ports' own counts so far, by port; they live until
// the next call. A port that counts anew, or is new, has no frames yet.
void port_watch_take(
    struct port_watch *watch, const struct port_facts *so_far, size_t count, struct counters *ret);
