// The record `transaction`: one request with its answer, or with the fact that none came.
//
// A transaction leaves this stage twice: once OPEN when its request is seen (known_at =
// requested_at), and once with its outcome (known_at = the answer's instant, or the deadline
// exactly). Both go to the counters, the second one is what --stop-after transactions prints.
#pragma once

#include "config/settings.h"

#include "dataplane/packets/packets.h"
#include "dataplane/transactions/message.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum outcome {
    OUTCOME_OPEN, // the request was seen; too early to say
    OUTCOME_SUCCEEDED,
    OUTCOME_DECLINED,   // the bank said no, by its rules: processed
    OUTCOME_FAILED,     // system error
    OUTCOME_UNANSWERED, // no answer within the time limit
    OUTCOME_UNOBSERVED, // no answer seen, but bytes of the answering side are missing before the
                        // deadline
    OUTCOME_EXCLUDED,   // an answer that is no online business result, or a planned cut-over
    OUTCOME_THROTTLED,  // turned away by a limit: neither processed nor failed
    OUTCOME_LATE, // a second fact about an unanswered or unobserved request: its answer came late
    OUTCOME_DUPLICATE, // a second copy of a request or answer that is already known: shown, not
                       // counted as demand
    OUTCOME_REVERSED,  // a second fact about one that succeeded: it was reversed automatically, and
                       // so it failed after all
};
extern const char *const outcome_names[]; // lower case, by enum outcome

enum holder { HOLDER_UNKNOWN, HOLDER_NATURAL, HOLDER_LEGAL };
#define HOLDER_OF          3 // of `holder`: the account's; the rest of it:
#define MERCHANT_IS_PERSON 4 // the merchant is a natural person (个体工商户)

enum transaction_flag {
    TRANSACTION_DEGRADED = 0x01, // approved although a party failed (A2, A4-A6)
    TRANSACTION_ORPHAN = 0x02, // an answer without a request: requested_at is the answer's instant
    TRANSACTION_REPEATED = 0x04,      // the request was seen again with the repeat bit
    TRANSACTION_UNLISTED_CODE = 0x08, // field 39 is not in the network's table
    TRANSACTION_REJECTED = 0x10,      // sent back by the centre
    TRANSACTION_END = 0x20,     // still open at the end of the capture: unobserved, not counted
    TRANSACTION_SLOW = 0x40,    // failed: answered after the function's time limit
    TRANSACTION_PLANNED = 0x80, // excluded: refused because of a cut-over
};

struct transaction {
    struct instant requested_at;
    struct instant answered_at; // INSTANT_NONE without an answer; captured in disorder: may be
                                // before requested_at
    struct instant known_at;
    uint64_t ordinal; // of the request (or of the orphan answer): breaks ties
    uint64_t account, amount;
    uint16_t network, link, function, mti;
    uint8_t province, site, kind, outcome;
    uint8_t holder, flags;
    uint16_t answer_length; // bytes of the answer's message
    uint16_t unit;          // label of the network's units; of management: message.h
    uint16_t counterparty;  // label of the link's counterparties
    uint16_t code;          // field 39: 1 + index into the network's table; 0: none of it
    uint8_t code_text[RESPONSE_CODE_CHARACTERS]; // field 39, 0 behind its end
    uint32_t merchant_tag;                       // of field 42's hash; 0 without
    uint64_t merchant;              // all of it, of failed and unanswered ones; 0 without
    struct endpoint client, server; // the request's sender and receiver
};

// What happened on the way, each under its own name. Summed over workers.
struct transaction_counts {
    uint64_t requests, answers, paired, late, duplicates, repeats, orphans, evicted;
    uint64_t unlisted_codes;
    uint64_t evicted_open; // of the evicted: open ones, unobserved from then on
    uint64_t notices, gaps;
    uint64_t mismatched; // of the paired: another amount or account than the request's
    uint64_t reversed;   // approvals that were reversed automatically within the limit
};

// ---- from_packets.c: one worker's connections: packets → messages
// ------------------------------------

struct stream_counts {
    uint64_t segments, payload_bytes, no_link;
    uint64_t connections, connections_reused, midstream;
    uint64_t connections_evicted; // with payload so far, before their time: they flag the verdict
    uint64_t bare_evicted;        // without: they do not
    uint64_t retransmitted_bytes, overlap_bytes, reordered_segments;
    uint64_t gaps, missing_bytes, jumped_bytes, bad_bytes, keepalives;
    uint64_t held_over_limit; // reassembly memory full: a gap was given up early, or no hole begun
    uint64_t snap_cut_bytes;
    uint64_t cut_short_bytes; // of messages that their connection's end cut short: neither seen nor
                              // missing
    uint64_t after_end_bytes; // behind a FIN: ignored
    uint64_t sequence_jumps;  // too far to be a gap: a direction was begun anew
};

struct link_facts; // counters.h

// One worker's packet side. `facts` takes what is seen of each link (counters.h).
struct streams;
struct dialects; // every link's dialect and parser, made once, read by all workers

struct dialects *dialects_new(const struct settings *settings, struct mistakes *mistakes);
void dialects_free(struct dialects *dialects);

struct streams *streams_new(
    const struct settings *settings, const struct dialects *dialects, struct link_facts *facts);
void streams_free(struct streams *streams);

// Takes a burst in order of time and puts every message that became whole into `out`, with `at` =
// the instant of the packet that made it whole: the one with its last byte, or a later one that
// brought bytes in front of it. Only messages that could not be read in front of a late segment
// share that segment's instant.
void messages_from_packets(
    struct streams *streams, const struct packet *packets, size_t count, struct messages *out);

// Time moves to `now` without packets: gives up what was held too long. At the end of a capture:
// INSTANT_NEVER.
void streams_advance(struct streams *streams, struct instant now, struct messages *out);

// No message with an instant before this will come: `now`, or the oldest instant still held behind
// a gap.
struct instant streams_watermark(const struct streams *streams);
const struct stream_counts *streams_counts(const struct streams *streams);
const struct parse_counts *streams_parse_counts(const struct streams *streams);

// ---- pairing.c: the worker that owns the key: messages in order → transactions
// -------------------------

struct pairing;

typedef void transaction_sink(void *context, const struct transaction *transaction);

// A business request that was just seen: `cell` is its cell's key (counters/cell_key.h).
typedef void request_sink(void *context, uint64_t cell, struct instant requested_at);

// NULL when there is no memory. `whole`: records carry what only a person reads, that is client,
// server and code_text; without, these are 0 and an entry takes half the memory.
struct pairing *pairing_new(
    const struct settings *settings, bool whole, transaction_sink *sink, void *context);
void pairing_free(struct pairing *pairing);
// Business requests go to `sink`, with the context of pairing_new, and make no record OPEN: for
// those who want no more of it than to count it.
void pairing_tell_requests(struct pairing *pairing, request_sink *sink);

// Fetches what the look-ups of these messages will touch first: a while before they are taken.
void pairing_fetch(const struct pairing *pairing, const struct message *messages, size_t count);
// Takes messages in the order of (at, ordinal), gaps included.
void transactions_from_messages(
    struct pairing *pairing, const struct message *messages, size_t count);
// The same of messages that were given to pairing_fetch a moment ago.
void transactions_from_fetched(
    struct pairing *pairing, const struct message *messages, size_t count);
// Every deadline before `watermark` has passed (a deadline at `watermark` has not).
void pairing_advance(struct pairing *pairing, struct instant watermark);
// The capture is over: what is open is unobserved (flag END).
void pairing_end(struct pairing *pairing);
const struct transaction_counts *pairing_counts(const struct pairing *pairing);

// ---- to text
// ----------------------------------------------------------------------------------------
#include <stdio.h>
// One JSON object and a newline, keys in a fixed order: requested_at, answered_at (null), network,
// function, province, site, outcome, code, latency_ns, account, holder, amount, client, server,
// link, unit and counterparty (where there is one), kind, management (field 70 of management), mti,
// flags.
void transaction_print(
    FILE *out, const struct settings *settings, const struct transaction *transaction);
