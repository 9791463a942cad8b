// What an operator may set: one struct per stage, every key required, so that nothing is hidden in
// code. config/tapgrade.yaml is the complete sample. Numbers that index: a network is its index in
// settings->networks, a link in settings->links, a function in its network's function table, a site
// in settings->sites (filled from the links), an institution in settings->institutions.
#pragma once

#include "config/calendar.h"
#include "config/instant.h"
#include "config/roster.h"
#include "config/services.h"
#include "config/tables.h"
#include "config/windows.h"
#include "config/yaml.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// An IPv6 address, IPv4 as ::ffff:a.b.c.d, with the bits that count and the port (0: any).
struct address_range {
    uint8_t address[16];
    uint8_t prefix_bits; // 0..128 of the IPv6 form
    uint16_t port;
};

// Clock hours of a day in Asia/Shanghai, [from_s, to_s) in seconds since midnight, to_s up to
// 86400.
struct hours {
    int32_t from_s, to_s;
};

// What an institution is to art. 14.
enum institution_type {
    INSTITUTION_POLICY_BANK, // 国家开发银行, 政策性银行
    INSTITUTION_STATE_BANK,  // 国有商业银行
    INSTITUTION_POSTAL_BANK, // 中国邮政储蓄银行
    INSTITUTION_JOINT_STOCK_BANK,
    INSTITUTION_CITY_BANK,       // 城市商业银行
    INSTITUTION_PAYMENT,         // 非银行支付机构
    INSTITUTION_PERSONAL_CREDIT, // 个人征信机构
    INSTITUTION_PBOC_UNIT,       // of the PBOC's own, or an FMI operator that it runs
    INSTITUTION_PBOC_BRANCH,     // reports to the superior branch (art. 32(2))
    INSTITUTION_SECURITIES,      // 证券, 期货, 基金
    INSTITUTION_OTHER,
};
enum institution_level { LEVEL_HEAD_OFFICE, LEVEL_BRANCH };

// A branch whose province may be hit.
struct annex_settings {
    int64_t province;
    char *name, *report_to;
};

// A legal person whose networks are watched: who reports, and to whom (arts. 14, 19). Each has a
// ledger of its own when there are several.
struct institution_settings {
    char *id;
    char *name;
    char *code;    // in the PBOC's register; empty: a person must fill it
    int type;      // enum institution_type
    int level;     // enum institution_level
    bool systemic; // 系统重要性
    char *systemic_source;
    char *domicile;  // the PBOC branch of its 住所地
    char *report_to; // empty: as art. 14 says
    char *reporter;  // 报告人, empty: a person must fill it
    char *contact;   // 联系方式, empty: a person must fill it
    struct annex_settings *annexes;
    size_t annex_count;
};

#define UNIT_CHARACTERS         32 // bytes of a unit's name
#define COUNTERPARTY_CHARACTERS 11 // of an institution's id

enum special_class { // reasons why a network is of the special class (arts. 7-9)
    SPECIAL_FMI,
    SPECIAL_PERSONS,
    SPECIAL_DEPOSIT_WITHDRAWAL,
    SPECIAL_PAYMENT,
    SPECIAL_TAX_TREASURY,
    SPECIAL_INTERBANK,
    SPECIAL_NOT, // stated not to be; an empty list means unset: treated as special, with a warning
};

enum secrecy { SECRECY_NONE, SECRECY_WORK, SECRECY_STATE };

// Whose peak hours are in force (art. 31(3)).
enum peak_state {
    PEAK_BANK,        // the bank's own: peak_hours, or its imported volumes, approved
    PEAK_APPROVED,    // of the sensor's last full calendar year, frozen by a named approver
    PEAK_PROVISIONAL, // of 28 full days or more, or of a year that nobody has approved yet
    PEAK_NONE,        // none is known: all hours are peak, flagged
    PEAK_STATES,
};
extern const char *const peak_state_names[PEAK_STATES];

// Which slots of a day are peak, where the settings do not say; with PEAK_NONE all of them.
struct peak_table {
    enum peak_state state;
    int64_t year; // whose volumes made it; 0 with PEAK_NONE
    bool slots[DAY_SLOTS];
};

// A table changes at midnight only, and what lies before it is judged by the one before.
struct peak_tables {
    struct peak_table before, now;
    int64_t now_from_s;
};

struct network_settings {
    char *id;
    char *institution_id;
    char *name;
    bool pboc_domain;
    bool in_china;
    bool financial_service;
    int64_t *special_class; // enum special_class, read from names
    size_t special_class_count;
    enum secrecy secrecy;
    char *mlps;        // 等保级别, e.g. "第三级 S3A3"
    char *mlps_filing; // 备案编号
    char *functions_path;
    char *response_codes_path;
    char *holders_path;       // TSV of labels: natural or legal, by account; empty: unknown
    char *merchants_path;     // the same of merchants; empty: all are legal persons
    char *units_path;         // TSV of labels: what unit a request belongs to; empty: no units
    char *normals_path;       // CSV of normal volumes; empty: attempts only, flagged
    struct hours *peak_hours; // empty: all hours are peak, flagged
    size_t peak_hours_count;

    uint16_t institution;                 // index, resolved at load
    bool cii;                             // named in grades.cii
    struct function_table functions;      // loaded from functions_path
    struct response_codes response_codes; // loaded from response_codes_path
    // Where peak_hours is empty: made at load, filled by the detectors' thread. NULL: none.
    struct peak_tables *learned_peak;
    struct label_table holders, merchants; // loaded from holders_path, merchants_path
    struct label_table units;              // loaded from units_path
};

enum link_role { ROLE_ACQUIRER, ROLE_ISSUER, ROLE_SWITCH, ROLE_PARTICIPANT };

// Where the province of a transaction is read: a field of the message, and the code system of its
// region digits. Tried in order.
enum code_system { CODES_PBOC, CODES_GBT2260 };

struct province_source {
    int64_t field; // 42, 32 or 33
    enum code_system codes;
};

struct link_settings {
    char *id;
    char *network_id;
    enum link_role role;
    char *site_name;
    char *dialect_path;
    struct address_range *ours, *theirs; // the two parties of every connection of this group
    size_t ours_count, theirs_count;
    int64_t *vlans; // empty: any
    size_t vlan_count;
    int64_t time_limit_ns; // an answer later than this is late; at exactly this it is in time
    struct province_source *province_sources;
    size_t province_source_count;
    char *counterparties_path;     // TSV of labels: whom a request is for; empty: not told apart
    char *province_overrides_path; // TSV: field, prefix of its value, province; empty: none

    uint16_t network, site;              // indices, resolved at load
    struct province_overrides overrides; // loaded from province_overrides_path
    struct label_table counterparties;   // loaded from counterparties_path
};

struct ports_settings {     // of `run`: every port that the EAL finds
    int64_t queues;         // receive queues per port
    int64_t descriptors;    // per receive queue
    int64_t buffers;        // packet buffers per port
    int64_t buffer_bytes;   // of each buffer; a longer frame comes in several
    int64_t frame_bytes;    // the longest frame; what is longer is cut
    int64_t ticks;          // that may wait for the detectors
    int64_t workers;        // threads; 0: by queues and lcores
    int64_t exchange;       // messages that may wait between two workers
    int64_t handover_bytes; // of packets that may wait between two workers
};

struct packets_settings {
    int64_t
        disorder_ns; // how long an acknowledged gap may still be filled by a packet captured late
    int64_t hold_ns; // how long bytes wait behind a gap that nobody has acknowledged
};

struct transactions_settings {
    int64_t connections;     // table size per worker
    int64_t open;            // open and remembered transactions per worker
    int64_t held_bytes;      // reassembly: most bytes held per connection
    int64_t pool_bytes;      // reassembly: shared pool per worker
    int64_t idle_ns;         // a silent connection is forgotten after this
    int64_t remember_limits; // a timed-out request is remembered for this many time limits (>= 4)
    char *account_key_path;  // 32 hex digits, mode 0600; empty: a new key per run
};

struct intents_settings {
    int64_t failed;           // tries of intents that failed, remembered by the counters' thread
    int64_t processed;        // processed tries remembered, per worker
    int64_t retry_window_ns;  // a try later than this after the first one is another intent
    int64_t served_within_ns; // a retry processed until so long after the first failure serves it
};

// Which days are alike.
struct calendars_settings {
    char **year_paths; // one file a year
    size_t year_count;
    char *bank_days_path; // pay days and promotions; empty: none

    struct calendar calendar; // loaded from them
};

// How the hours of a year become peak hours (art. 31(3)).
struct peak_settings {
    int64_t slot_ns; // 60 min; another length, with the share scaled, needs a method
    char *method; // reference of the document that lays down 其他合理计算方式; empty: none
};

// What is normal, learned from what was seen.
struct normals_settings {
    bool learn;             // false: only what the store and the tables hold
    char *store_path;       // SQLite, in the ledger's folder; empty: in memory, as long as a run
    int64_t fewest_days;    // comparable days, before the yearly profile stands in for their median
    int64_t least_coverage; // percent; a slot of which less was seen teaches nothing
    struct peak_settings peak;
};

struct outages_settings {
    int64_t bucket_ns;        // 10 s decide
    int64_t merge_ns;         // gaps up to this merge: 180 s
    int64_t lost_percent;     // more than: 70
    int64_t fewest_intents;   // per bucket, before it is widened: 30
    int64_t unknown_percent;  // more unknown than this inside an interruption: undeterminable (20)
    int64_t impaired_percent; // excess of failures: 业务无法正常开展 (30)
    int64_t calm_percent;     // an impairment has ended when the excess is below this (5)
    int64_t usual_failed_percent; // usual share of failures of a cell until it is learned (1)
    int64_t jump_times, jump_points, jump_intents; // a refusal code whose share jumps
};

struct persons_settings {    // affected ones (arts. 7(2)-10(2))
    int64_t remember_ns;     // facts wait so long for the excess that they may belong to
    int64_t facts;           // most of them, of all networks
    int64_t exact;           // persons of a set, above it HyperLogLog
    int64_t precision;       // of which: 2^precision registers
    int64_t set_bytes;       // of all exact sets together
    int64_t intents_per_100; // intents of 100 persons, for those who never arrived; 0: measured
};

struct grades_settings {
    char **rulebook_paths;
    size_t rulebook_count;
    char **overlay_paths; // stricter clauses of single networks (arts. 6(4), 11)
    size_t overlay_count;
    char **cii_networks; // ids of the networks that are 关键信息基础设施
    size_t cii_count;
    int64_t cutover_max_ns; // a cut-over 日切 that takes no longer is planned
};

// What fails together: data centres that share power, a link or a building.
struct zone_settings {
    char *name;
    char **sites;
    size_t site_count;
};

struct incidents_settings {
    int64_t reopen_ns; // a new interruption this soon after the last belongs to the same incident
    struct zone_settings *zones; // art. 12(2); each data centre is a zone of its own anyway
    size_t zone_count;
};

// The documents that a person completes and sends.
struct drafts_settings {
    char *templates;           // folder of one template a report
    char *classification_path; // TSV of the classes of GB/T 20986-2023
    bool first_page;           // what a duty officer asks first, in front of the report

    struct classifications classifications; // loaded from classification_path
};

enum kafka_protocol { KAFKA_PLAINTEXT, KAFKA_TLS, KAFKA_SASL, KAFKA_SASL_TLS };
enum kafka_compression { KAFKA_LZ4, KAFKA_ZSTD, KAFKA_GZIP, KAFKA_SNAPPY, KAFKA_NO_COMPRESSION };
enum kafka_mechanism { KAFKA_PLAIN, KAFKA_SCRAM_SHA_256, KAFKA_SCRAM_SHA_512 };

// Empty texts: none. Secrets are in files, whose paths are relative to the settings file's folder.
struct kafka_security_settings {
    int protocol, mechanism;
    char *authorities, *certificate, *key, *key_password;
    char *user, *password;
};

struct kafka_topics_settings {
    bool create;
    int64_t partitions, replication; // of topics that are made
    int64_t retention_ns;
    bool counters, ecs; // publish these too
};

enum second_sink_kind {
    SECOND_SINK_NONE,
    SECOND_SINK_FILE,
    SECOND_SINK_SYSLOG,
    SECOND_SINK_WEBHOOK
};

// Takes over once the brokers have been away for `after` and a report that waits is due within
// `before_due`.
struct second_sink_settings {
    int kind;
    char *target, *token;
    int64_t after_ns, before_due_ns;
};

struct kafka_settings {
    bool enabled; // false: the JSON-lines file only
    char *brokers;
    char *topic_prefix; // "tapgrade"
    int64_t flush_ns; // how long replay --publish waits for the broker before it leaves the rest to
                      // the outbox
    int compression;
    struct kafka_security_settings security;
    struct kafka_topics_settings topics;
    struct second_sink_settings second_sink;
};

struct ledger_settings {
    char *folder;          // ledger and JSON-lines file are made in it
    int64_t reserve_bytes; // of a file beside a run's ledger that is given up on a full disk
};

struct journal_settings {
    int64_t keep_ns; // counters are kept from so long before every open incident
    int64_t bytes;   // most on disk; 0: none are kept
};

struct duties_settings {          // by when reports are due (arts. 15 to 17)
    int64_t close_of_business_ns; // since midnight
    int64_t immediate_ns;         // what is due at once is overdue after this
};

struct evidence_settings { // frames that are kept for investigators (art. 13)
    int64_t ring_bytes;    // per worker; 0: none are
    int64_t one_in;        // of the frames of exchanges that went well
    bool payload;          // whole frames, and then encrypted; else headers only
    char *recipient_path;  // public key, for payload; empty: none
    int64_t most_bytes;    // of all files together
};

struct settings {
    char *sensor;
    struct institution_settings *institutions;
    size_t institution_count;
    struct network_settings *networks;
    size_t network_count;
    struct link_settings *links;
    size_t link_count;
    struct service_settings *services; // when functions are open; no row: always
    size_t service_count;
    struct service_day_settings *service_days; // days of their own
    size_t service_day_count;
    struct maintenance_settings *maintenance; // approved windows
    size_t maintenance_count;
    struct ports_settings ports;
    struct packets_settings packets;
    struct transactions_settings transactions;
    struct intents_settings intents;
    struct duties_settings duties;
    struct calls_settings calls;
    struct outages_settings outages;
    struct calendars_settings calendars;
    struct normals_settings normals;
    struct persons_settings persons;
    struct grades_settings grades;
    struct incidents_settings incidents;
    struct drafts_settings drafts;
    struct kafka_settings kafka;
    struct ledger_settings ledger;
    struct journal_settings journal;
    struct evidence_settings evidence;
    char *regions_path;

    // Resolved at load:
    char **sites; // distinct site names, in order of first use by a link
    size_t site_count;
    struct regions regions;
    char *folder; // of the settings file, without the final slash: relative paths start here
};

extern const struct schema settings_schema;

// Reads and checks a settings file with everything it names in config/ (functions, response codes,
// regions, overrides). NULL when a mistake was found; all are in `mistakes`. Free with
// settings_free.
struct settings *settings_read(const char *path, struct mistakes *mistakes);
void settings_free(struct settings *settings);

// A path of a settings file, relative to the settings file's folder unless absolute. Caller frees.
char *settings_path(const struct settings *settings, const char *path);

bool address_range_parse(const char *text, void *ret);
void address_range_format(const void *value, char *text, size_t size);
bool hours_parse(const char *text, void *ret); // "09:00-21:00", to up to 24:00
void hours_format(const void *value, char *text, size_t size);

// The table in force at the second; NULL where the settings' peak_hours are.
const struct peak_table *network_peak_table(
    const struct network_settings *network, int64_t epoch_s);
enum peak_state network_peak_state(const struct network_settings *network, int64_t epoch_s);
// Whether the second lies in a peak hour of the network (art. 31(3)); all do when none are known.
bool network_is_peak(const struct network_settings *network, int64_t epoch_s);

// Whose network it is: it reports, and to whom.
const struct institution_settings *institution_of(
    const struct settings *settings, uint16_t network);

// The longest time limit of the network's links; 0 when it has none.
int64_t settings_time_limit_ns(const struct settings *settings, uint16_t network);
