// What is to happen: the scenario file, read and checked. Shares are parts per million, rates are
// thousandths per second, so that thresholds can be met exactly.
#pragma once

#include "config/instant.h"
#include "config/tables.h"
#include "config/yaml.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PPM                        1000000
#define RATE_MILLI                 1000
#define SCENARIO_MESSAGE_BYTES_MAX 1024 // longest message that message_bytes.c can write

// In the last moments of a second no intents begin, so that the last segment of their requests,
// delayed by company, cuts and reordering, still lies in the same second. The same for every tap,
// so that the tap changes nothing of the business.
#define SCENARIO_MARGIN_NS (50 * NS_PER_MS)

enum dialect_name { DIALECT_CUPS, DIALECT_ASCII4, DIALECT_2BYTE, DIALECT_2BYTE_RAW, DIALECT_POS };
enum spacing { SPACING_EVEN, SPACING_RANDOM };
enum link_mode { MODE_BOTH, MODE_SPLIT };
enum stan_choice { STAN_NEW, STAN_SAME };

enum fault_kind {
    FAULT_SILENCE,     // requests stop; their connections are reset once, which is the trace
    FAULT_QUIET,       // requests stop, without a trace
    FAULT_NO_ANSWER,   // the request arrives and nobody answers
    FAULT_ERROR_CODE,  // answered with `code`
    FAULT_SLOW,        // answered `delay` later than usual
    FAULT_REFUSED,     // connections are reset, new ones are refused with RST
    FAULT_UNREACHABLE, // connections are reset, new ones get no answer to their SYN
    FAULT_REVERSED,    // approved, and reversed automatically `delay` after the approval
    FAULT_CUT_OVER,    // 日切: announced by field 70 = 201, ended by 202, answered with `code`
    FAULT_SIGN_OFF,    // signed off by 002, then nothing is sent; signed on again by 001
};

// An address and port of one end. IPv4 as ::ffff:a.b.c.d.
struct end_address {
    uint8_t address[16];
    uint16_t port; // 0: none was given
    bool is_ipv4;
};

struct link_scenario {
    char *id;
    struct end_address client;     // opens the connections and sends the requests
    struct end_address server;     // with port
    struct end_address answers_to; // split: the client's listening end, with port
    int64_t connections;           // of each direction when split
    enum link_mode mode;
    bool reuse_ports; // a connection that is opened again has the same 4-tuple

    char *address_text[3]; // resolved at load for the truth: client, server, answers_to
};

struct province_scenario {
    int64_t code;       // GB/T 2260
    int64_t rate_milli; // intents per 1000 s
    int64_t *hourly;    // 24 percentages of the rate by hour of the day; empty: always 100
    size_t hourly_count;
    char *link_id; // empty: the first
    char *region;  // 4 digits (PBOC); empty: the capital's

    uint16_t link; // resolved at load
};

struct function_scenario {
    char *id;
    char *mti, *processing, *condition;
    char *merchant_type; // field 18 and part of 42
    int64_t share_ppm;
    int64_t amount_min, amount_max; // minor units; both 0: no field 4
    uint16_t mti_number;            // resolved at load: 0200 is 200
};

struct latency_scenario {
    int64_t min_ns, median_ns, max_ns;
};

struct codes_scenario {
    int64_t share_ppm;
    char **codes; // taken in turn; "none" is no answer
    size_t code_count;
};

struct retries_scenario {
    int64_t share_ppm;
    int64_t delay_ns; // after the failure or the time-out
    int64_t tries;    // at most, the first included
    enum stan_choice stan;
};

struct reversals_scenario {
    int64_t share_ppm;
    int64_t delay_ns; // after the time-out
};

struct fault_scenario {
    int64_t from_ns, to_ns; // [from, to) after the start
    enum fault_kind kind;
    int64_t *provinces; // codes; empty: all
    size_t province_count;
    char **functions; // ids; empty: all business; "echo" is network management
    size_t function_count;
    char **links; // ids; empty: all
    size_t link_count;
    char **institutions; // of the attempt; empty: all
    size_t institution_count;
    int64_t *card_ends; // last digits of its card; empty: all
    size_t card_end_count;
    int64_t share_ppm;
    char *code;
    enum verdict verdict; // what `code` means
    int64_t delay_ns;
};

enum wrap_name {
    WRAP_NONE,
    WRAP_VXLAN,
    WRAP_GENEVE,
    WRAP_GRE,
    WRAP_ERSPAN2,
    WRAP_ERSPAN3,
    WRAP_MPLS,
};
enum unseen { UNSEEN_BOTH, UNSEEN_CLIENT, UNSEEN_SERVER };

// For a while the tap does not see frames of these links that this end sends.
struct dark_scenario {
    int64_t from_ns, to_ns; // [from, to) after the start
    char **links;           // ids; empty: all
    size_t link_count;
    enum unseen sender;
};

struct tap_scenario {
    int64_t loss_ppm;    // of frames, which both sides did receive
    int64_t reorder_ppm; // of frames, seen up to reorder_window later
    int64_t reorder_ns;
    int64_t duplicate_ppm; // of frames
    int64_t split_ppm;     // of writes, cut at random bytes
    int64_t coalesce;      // messages per write, at most
    int64_t coalesce_ns;   // how long a message waits for company
    int64_t bare_ack_ppm;  // of segments, acknowledged at once; the others later or by data
    int64_t vlan;          // 0: no tag
    int64_t snap;          // bytes captured of a frame, at most; 0: all
    enum wrap_name wrap;   // what the mirror sends frames in
    bool midstream;        // the capture begins after the handshakes
    struct dark_scenario *dark;
    size_t dark_count;
};

struct scenario {
    int64_t seed;
    struct instant start;
    int64_t duration_ns;
    int64_t tail_ns; // how long the capture goes on after the last intent
    char *network;   // of --normals
    enum dialect_name dialect;
    int64_t time_limit_ns;
    enum spacing spacing;
    int64_t cards;     // how many different ones per province
    int64_t merchants; // per province, institution and merchant type
    int64_t echo_ns;   // every, per connection; 0: none
    struct latency_scenario latency;
    struct link_scenario *links;
    size_t link_count;
    char **institutions; // 4 digits each
    size_t institution_count;
    char **test_institutions; // of `institutions`: what they send is no production
    size_t test_institution_count;
    struct province_scenario *provinces;
    size_t province_count;
    struct function_scenario *functions;
    size_t function_count;
    struct codes_scenario declines, failures;
    struct retries_scenario retries;
    struct reversals_scenario reversals;
    struct fault_scenario *faults;
    size_t fault_count;
    struct tap_scenario tap;
};

extern const struct schema scenario_schema;

// NULL after mistakes. Free with scenario_free.
struct scenario *scenario_read(const char *path, struct mistakes *mistakes);
void scenario_free(struct scenario *scenario);

// The 4-digit PBOC region code of the province's capital; 0 when the code is no province's.
int province_capital_region(int64_t province);

// The rate at an instant, thousandths per second, by the hourly profile.
int64_t province_rate_milli(const struct province_scenario *province, struct instant at);

// Writes network,function,province,hour,normal_per_hour, consistent with rates and shares.
void scenario_print_normals(const struct scenario *scenario, FILE *out);
