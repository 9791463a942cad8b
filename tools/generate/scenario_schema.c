// The keys of a scenario file.
#include "tools/generate/scenario.h"
#include "tools/generate/scenario_values.h"

// The shorthands of one table row.
#define AT(record, member) .offset = offsetof(struct record, member)
#define LIST(record, member, count)                                                                \
    AT(record, member), .count_offset = offsetof(struct record, count)
#define SHARE(record)                                                                              \
    .type = FIELD_PARSED, .parsed = &share_parsed, AT(record, share_ppm), .unit = "percent"
#define TIME(record, member, least)                                                                \
    .type = FIELD_DURATION, AT(record, member), .min = (least), .max = LONG_TIME
#define LONG_TIME (400 * S_PER_DAY * NS_PER_S)

static const struct choice dialect_choices[] = {{"cups", DIALECT_CUPS},
    {"iso87-ascii4", DIALECT_ASCII4}, {"iso87-2byte", DIALECT_2BYTE},
    {"iso87-2byte-raw", DIALECT_2BYTE_RAW}, {"pos", DIALECT_POS}, {NULL, 0}};
static const struct choice spacing_choices[] = {
    {"even", SPACING_EVEN}, {"random", SPACING_RANDOM}, {NULL, 0}};
static const struct choice mode_choices[] = {{"both", MODE_BOTH}, {"split", MODE_SPLIT}, {NULL, 0}};
static const struct choice stan_choices[] = {{"new", STAN_NEW}, {"same", STAN_SAME}, {NULL, 0}};
static const struct choice fault_choices[] = {{"silence", FAULT_SILENCE}, {"quiet", FAULT_QUIET},
    {"no_answer", FAULT_NO_ANSWER}, {"error_code", FAULT_ERROR_CODE}, {"slow", FAULT_SLOW},
    {"refused", FAULT_REFUSED}, {"unreachable", FAULT_UNREACHABLE}, {"reversed", FAULT_REVERSED},
    {"cut_over", FAULT_CUT_OVER}, {"sign_off", FAULT_SIGN_OFF}, {NULL, 0}};
static const struct choice unseen_choices[] = {
    {"both", UNSEEN_BOTH}, {"client", UNSEEN_CLIENT}, {"server", UNSEEN_SERVER}, {NULL, 0}};
static const struct choice wrap_choices[] = {{"none", WRAP_NONE}, {"vxlan", WRAP_VXLAN},
    {"geneve", WRAP_GENEVE}, {"gre", WRAP_GRE}, {"erspan2", WRAP_ERSPAN2},
    {"erspan3", WRAP_ERSPAN3}, {"mpls", WRAP_MPLS}, {NULL, 0}};
static const struct choice verdict_choices[] = {{"succeeded", VERDICT_SUCCEEDED},
    {"declined", VERDICT_DECLINED}, {"failed", VERDICT_FAILED}, {"planned", VERDICT_PLANNED},
    {"throttled", VERDICT_THROTTLED}, {NULL, 0}};

static const struct field link_fields[] = {
    {.name = "id", .type = FIELD_TEXT, AT(link_scenario, id), .help = "As in the settings."},
    {.name = "client",
        .type = FIELD_PARSED,
        .parsed = &end_parsed,
        AT(link_scenario, client),
        .help = "Opens the connections and sends the requests. Every 16000 connections take the "
                "next address."},
    {.name = "server",
        .type = FIELD_PARSED,
        .parsed = &end_parsed,
        AT(link_scenario, server),
        .help = "The other end, with its port."},
    {.name = "connections",
        .type = FIELD_INTEGER,
        AT(link_scenario, connections),
        .min = 1,
        .max = 1000000,
        .help = "How many; when split, in each direction."},
    {.name = "mode",
        .type = FIELD_CHOICE,
        .choices = mode_choices,
        AT(link_scenario, mode),
        .optional = true,
        .help =
            "both: answers come on the request's connection; split: on connections of their own, "
            "which the server opens to answers_to."},
    {.name = "answers_to",
        .type = FIELD_PARSED,
        .parsed = &end_parsed,
        AT(link_scenario, answers_to),
        .optional = true,
        .help = "split: where the client listens, with port."},
    {.name = "reuse_ports",
        .type = FIELD_BOOLEAN,
        AT(link_scenario, reuse_ports),
        .optional = true,
        .help = "A connection that is opened again has the same addresses and ports."},
};
static const struct schema link_schema = {
    .size = sizeof(struct link_scenario), FIELDS(link_fields)};

static const struct field province_fields[] = {
    {.name = "code",
        .type = FIELD_INTEGER,
        AT(province_scenario, code),
        .min = 11,
        .max = 82,
        .help = "GB/T 2260, two digits."},
    {.name = "rate",
        .type = FIELD_PARSED,
        .parsed = &rate_parsed,
        AT(province_scenario, rate_milli),
        .unit = "intents per second",
        .help = "Exact in every second."},
    {.name = "hourly",
        .type = FIELD_INTEGERS,
        LIST(province_scenario, hourly, hourly_count),
        .min = 0,
        .max = 10000,
        .optional = true,
        .unit = "percent",
        .help = "24 shares of the rate, by hour of the day in Shanghai."},
    {.name = "link",
        .type = FIELD_TEXT,
        AT(province_scenario, link_id),
        .optional = true,
        .help = "Which link carries it; the first when absent."},
    {.name = "region",
        .type = FIELD_TEXT,
        AT(province_scenario, region),
        .optional = true,
        .help = "4 digits (PBOC) for fields 32 and 42; the capital's when absent."},
};
static const struct schema province_schema = {
    .size = sizeof(struct province_scenario), FIELDS(province_fields)};

static const struct function_scenario function_defaults = {.amount_min = 100, .amount_max = 200000};
static const struct field function_fields[] = {
    {.name = "id",
        .type = FIELD_TEXT,
        AT(function_scenario, id),
        .help = "As in the function table."},
    {.name = "mti",
        .type = FIELD_TEXT,
        AT(function_scenario, mti),
        .help = "4 digits; x2x: an advice."},
    {.name = "processing",
        .type = FIELD_TEXT,
        AT(function_scenario, processing),
        .help = "Field 3, 6 digits."},
    {.name = "condition",
        .type = FIELD_TEXT,
        AT(function_scenario, condition),
        .help = "Field 25, 2 digits."},
    {.name = "merchant_type",
        .type = FIELD_TEXT,
        AT(function_scenario, merchant_type),
        .optional = true,
        .help = "Field 18, 4 digits; 5411 when absent."},
    {.name = "share",
        SHARE(function_scenario),
        .help = "Of the intents; all shares sum up to 100."},
    {.name = "amount_min",
        .type = FIELD_INTEGER,
        AT(function_scenario, amount_min),
        .min = 0,
        .max = 999999999999,
        .optional = true,
        .unit = "minor units",
        .help = "Field 4."},
    {.name = "amount_max",
        .type = FIELD_INTEGER,
        AT(function_scenario, amount_max),
        .min = 0,
        .max = 999999999999,
        .optional = true,
        .unit = "minor units",
        .help = "0: no field 4."},
};
static const struct schema function_schema = {.size = sizeof(struct function_scenario),
    .defaults = &function_defaults,
    FIELDS(function_fields)};

static const struct field latency_fields[] = {
    {.name = "min",
        .type = FIELD_DURATION,
        AT(latency_scenario, min_ns),
        .min = 1000,
        .max = LONG_TIME},
    {.name = "median",
        .type = FIELD_DURATION,
        AT(latency_scenario, median_ns),
        .min = 1000,
        .max = LONG_TIME},
    {.name = "max",
        .type = FIELD_DURATION,
        AT(latency_scenario, max_ns),
        .min = 1000,
        .max = LONG_TIME},
};
static const struct schema latency_schema = {
    .size = sizeof(struct latency_scenario), FIELDS(latency_fields)};

static const struct field codes_fields[] = {
    {.name = "share", SHARE(codes_scenario), .help = "Of the attempts."},
    {.name = "codes",
        .type = FIELD_TEXTS,
        LIST(codes_scenario, codes, code_count),
        .help = "Field 39, taken in turn; none is no answer at all."},
};
static const struct schema codes_schema = {
    .size = sizeof(struct codes_scenario), FIELDS(codes_fields)};

static const struct field retries_fields[] = {
    {.name = "share", SHARE(retries_scenario), .help = "Of the failed and unanswered attempts."},
    {.name = "delay",
        .type = FIELD_DURATION,
        AT(retries_scenario, delay_ns),
        .min = 1000,
        .max = LONG_TIME,
        .help = "After the failure or the time-out."},
    {.name = "tries",
        .type = FIELD_INTEGER,
        AT(retries_scenario, tries),
        .min = 1,
        .max = 100,
        .help = "At most, the first included."},
    {.name = "stan",
        .type = FIELD_CHOICE,
        .choices = stan_choices,
        AT(retries_scenario, stan),
        .optional = true,
        .help = "new: another transaction; same: a repeat (MTI xxx1)."},
};
static const struct schema retries_schema = {
    .size = sizeof(struct retries_scenario), FIELDS(retries_fields)};

static const struct field reversals_fields[] = {
    {.name = "share", SHARE(reversals_scenario), .help = "Of the unanswered attempts."},
    {.name = "delay",
        .type = FIELD_DURATION,
        AT(reversals_scenario, delay_ns),
        .min = 1000,
        .max = LONG_TIME,
        .help = "After the time-out."},
};
static const struct schema reversals_schema = {
    .size = sizeof(struct reversals_scenario), FIELDS(reversals_fields)};

static const struct fault_scenario fault_defaults = {.share_ppm = PPM, .verdict = VERDICT_FAILED};
static const struct field fault_fields[] = {
    {.name = "from", TIME(fault_scenario, from_ns, 0), .help = "After the start."},
    {.name = "to", TIME(fault_scenario, to_ns, 1), .help = "The first instant after it."},
    {.name = "kind", .type = FIELD_CHOICE, .choices = fault_choices, AT(fault_scenario, kind)},
    {.name = "provinces",
        .type = FIELD_INTEGERS,
        LIST(fault_scenario, provinces, province_count),
        .min = 11,
        .max = 82,
        .optional = true,
        .help = "All when absent."},
    {.name = "functions",
        .type = FIELD_TEXTS,
        LIST(fault_scenario, functions, function_count),
        .optional = true,
        .help = "All business when absent; echo is network management."},
    {.name = "links",
        .type = FIELD_TEXTS,
        LIST(fault_scenario, links, link_count),
        .optional = true,
        .help = "All when absent."},
    {.name = "institutions",
        .type = FIELD_TEXTS,
        LIST(fault_scenario, institutions, institution_count),
        .optional = true,
        .help = "Of which the attempt is one; all when absent."},
    {.name = "card_ends",
        .type = FIELD_INTEGERS,
        LIST(fault_scenario, card_ends, card_end_count),
        .max = 9,
        .optional = true,
        .help = "Last digits of its card; all when absent."},
    {.name = "share",
        SHARE(fault_scenario),
        .optional = true,
        .help = "Exactly this share, by a running count; of what earlier faults left."},
    {.name = "code",
        .type = FIELD_TEXT,
        AT(fault_scenario, code),
        .optional = true,
        .help = "error_code, cut_over: field 39."},
    {.name = "verdict",
        .type = FIELD_CHOICE,
        .choices = verdict_choices,
        AT(fault_scenario, verdict),
        .optional = true,
        .help = "error_code: what the code means, for the truth."},
    {.name = "delay",
        .type = FIELD_DURATION,
        AT(fault_scenario, delay_ns),
        .min = 0,
        .max = LONG_TIME,
        .optional = true,
        .help = "slow: added to the latency; reversed: after the approval."},
};
static const struct schema fault_schema = {
    .size = sizeof(struct fault_scenario), .defaults = &fault_defaults, FIELDS(fault_fields)};

static const struct field dark_fields[] = {
    {.name = "from", TIME(dark_scenario, from_ns, 0), .help = "After the start."},
    {.name = "to", TIME(dark_scenario, to_ns, 1), .help = "The first instant after it."},
    {.name = "links",
        .type = FIELD_TEXTS,
        LIST(dark_scenario, links, link_count),
        .optional = true,
        .help = "All when absent."},
    {.name = "sender",
        .type = FIELD_CHOICE,
        .choices = unseen_choices,
        AT(dark_scenario, sender),
        .optional = true,
        .help = "Whose frames: both ends' (a dead tap), the client's, or the server's."},
};
static const struct schema dark_schema = {
    .size = sizeof(struct dark_scenario), FIELDS(dark_fields)};

#define TAP_SHARE(member)                                                                          \
    .type = FIELD_PARSED, .parsed = &share_parsed, AT(tap_scenario, member), .unit = "percent",    \
    .optional = true
#define TAP_DEFAULTS                                                                               \
    {                                                                                              \
        .reorder_ns = 2 * NS_PER_MS, .coalesce = 1, .coalesce_ns = NS_PER_MS,                      \
        .bare_ack_ppm = PPM / 5                                                                    \
    }
static const struct tap_scenario tap_defaults = TAP_DEFAULTS;
static const struct field tap_fields[] = {
    {.name = "loss",
        TAP_SHARE(loss_ppm),
        .help = "Frames that both sides got and the tap did not."},
    {.name = "reorder", TAP_SHARE(reorder_ppm), .help = "Frames that the tap sees later."},
    {.name = "reorder_window",
        .type = FIELD_DURATION,
        AT(tap_scenario, reorder_ns),
        .min = 1000,
        .max = 100 * NS_PER_MS,
        .optional = true,
        .help = "How much later at most."},
    {.name = "duplicate", TAP_SHARE(duplicate_ppm), .help = "Frames that the tap sees twice."},
    {.name = "split", TAP_SHARE(split_ppm), .help = "Writes that are cut at random bytes."},
    {.name = "coalesce",
        .type = FIELD_INTEGER,
        AT(tap_scenario, coalesce),
        .min = 1,
        .max = 50,
        .optional = true,
        .help = "Messages per write, at most."},
    {.name = "coalesce_wait",
        .type = FIELD_DURATION,
        AT(tap_scenario, coalesce_ns),
        .min = 1000,
        .max = 100 * NS_PER_MS,
        .optional = true,
        .help = "How long a message waits for company."},
    {.name = "bare_ack",
        TAP_SHARE(bare_ack_ppm),
        .help = "Segments acknowledged at once; others by data or 40 ms later."},
    {.name = "vlan",
        .type = FIELD_INTEGER,
        AT(tap_scenario, vlan),
        .min = 0,
        .max = 4094,
        .optional = true,
        .help = "0: no tag."},
    {.name = "snap",
        .type = FIELD_INTEGER,
        AT(tap_scenario, snap),
        .min = 0,
        .max = 65535,
        .unit = "bytes",
        .optional = true,
        .help = "Captured of a frame, at most; 0: all."},
    {.name = "wrap",
        .type = FIELD_CHOICE,
        .choices = wrap_choices,
        AT(tap_scenario, wrap),
        .optional = true,
        .help = "The tunnel that the mirror sends its frames in."},
    {.name = "midstream",
        .type = FIELD_BOOLEAN,
        AT(tap_scenario, midstream),
        .optional = true,
        .help = "The capture begins after the handshakes."},
    {.name = "dark",
        .type = FIELD_RECORDS,
        .schema = &dark_schema,
        LIST(tap_scenario, dark, dark_count),
        .optional = true,
        .help = "When it sees nothing of some links, or of one end."},
};
static const struct schema tap_schema = {
    .size = sizeof(struct tap_scenario), .defaults = &tap_defaults, FIELDS(tap_fields)};

static const struct scenario scenario_defaults = {
    .cards = 20000, .merchants = 50, .tap = TAP_DEFAULTS};
#define COUNT(member, most, sentence)                                                              \
    {                                                                                              \
        .name = #member, .type = FIELD_INTEGER, AT(scenario, member), .min = 1, .max = most,       \
        .optional = true, .help = sentence                                                         \
    }

static const struct field scenario_fields[] = {
    {.name = "seed",
        .type = FIELD_INTEGER,
        AT(scenario, seed),
        .min = 0,
        .max = INT64_MAX,
        .help = "The same seed gives the same bytes."},
    {.name = "start", .type = FIELD_PARSED, .parsed = &instant_parsed, AT(scenario, start)},
    {.name = "duration",
        .type = FIELD_DURATION,
        AT(scenario, duration_ns),
        .min = NS_PER_MS,
        .max = LONG_TIME,
        .help = "In which intents begin."},
    {.name = "tail",
        .type = FIELD_DURATION,
        AT(scenario, tail_ns),
        .max = LONG_TIME,
        .optional = true,
        .help = "How long the capture goes on after the last intent."},
    {.name = "network", .type = FIELD_TEXT, AT(scenario, network), .help = "As in the settings."},
    {.name = "dialect", .type = FIELD_CHOICE, .choices = dialect_choices, AT(scenario, dialect)},
    {.name = "time_limit",
        .type = FIELD_DURATION,
        AT(scenario, time_limit_ns),
        .min = NS_PER_MS,
        .max = LONG_TIME,
        .help = "As in the settings; a later answer is late."},
    {.name = "spacing",
        .type = FIELD_CHOICE,
        .choices = spacing_choices,
        AT(scenario, spacing),
        .optional = true,
        .help =
            "even: one intent per slot of the second; random: anywhere. Both exact per second."},
    COUNT(cards, 100000000, "How many different ones per province."),
    COUNT(merchants, 10000, "How many per province, institution and merchant type."),
    {.name = "echo",
        .type = FIELD_DURATION,
        AT(scenario, echo_ns),
        .max = LONG_TIME,
        .optional = true,
        .help = "Every so often on each connection; 0s: none."},
    {.name = "latency", .type = FIELD_RECORD, .schema = &latency_schema, AT(scenario, latency)},
    {.name = "links",
        .type = FIELD_RECORDS,
        .schema = &link_schema,
        LIST(scenario, links, link_count)},
    {.name = "institutions",
        .type = FIELD_TEXTS,
        LIST(scenario, institutions, institution_count),
        .help = "4 digits each, used in turn; each numbers its own STANs."},
    {.name = "test_institutions",
        .type = FIELD_TEXTS,
        LIST(scenario, test_institutions, test_institution_count),
        .optional = true,
        .help = "CUPS: those of which every message is a test message, by its header's flag."},
    {.name = "provinces",
        .type = FIELD_RECORDS,
        .schema = &province_schema,
        LIST(scenario, provinces, province_count)},
    {.name = "functions",
        .type = FIELD_RECORDS,
        .schema = &function_schema,
        LIST(scenario, functions, function_count)},
    {.name = "declines",
        .type = FIELD_RECORD,
        .schema = &codes_schema,
        AT(scenario, declines),
        .optional = true},
    {.name = "failures",
        .type = FIELD_RECORD,
        .schema = &codes_schema,
        AT(scenario, failures),
        .optional = true},
    {.name = "retries",
        .type = FIELD_RECORD,
        .schema = &retries_schema,
        AT(scenario, retries),
        .optional = true},
    {.name = "reversals",
        .type = FIELD_RECORD,
        .schema = &reversals_schema,
        AT(scenario, reversals),
        .optional = true},
    {.name = "faults",
        .type = FIELD_RECORDS,
        .schema = &fault_schema,
        LIST(scenario, faults, fault_count),
        .optional = true,
        .help = "In order; the first that hits an attempt decides."},
    {.name = "tap",
        .type = FIELD_RECORD,
        .schema = &tap_schema,
        AT(scenario, tap),
        .optional = true},
};
const struct schema scenario_schema = {
    .size = sizeof(struct scenario), .defaults = &scenario_defaults, FIELDS(scenario_fields)};
