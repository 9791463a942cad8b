// The field tables of config/tapgrade.yaml. Ranges, units and help sentences live here only.
//
// `live` are the keys that SIGHUP may change in a running `tapgrade run`: what the detectors ask
// for at each tick, or can be given anew between two. All others shape memory, threads, what a
// packet is taken for, or the windows of judgement that already hold time (bucket, merge).
#include "config/settings_schema.h"

#include "config/settings_check.h"

#define MIN_NS (60 * NS_PER_S)
#define H_NS   (3600 * NS_PER_S)
#define D_NS   (24 * H_NS)

static const struct parsed address_range = {
    .size = sizeof(struct address_range),
    .parse = address_range_parse,
    .format = address_range_format,
    .rule = "an address, optionally with /prefix (no bit set behind it) and :port (IPv6 then in "
            "brackets)",
};

static const struct parsed hours = {
    .size = sizeof(struct hours),
    .parse = hours_parse,
    .format = hours_format,
    .rule = "hours of a day such as 09:00-21:00, from before to, up to 24:00",
};

static const struct choice special_classes[] = {
    {"fmi", SPECIAL_FMI},
    {"persons", SPECIAL_PERSONS},
    {"deposit_withdrawal", SPECIAL_DEPOSIT_WITHDRAWAL},
    {"payment", SPECIAL_PAYMENT},
    {"tax_treasury", SPECIAL_TAX_TREASURY},
    {"interbank", SPECIAL_INTERBANK},
    {"not_special", SPECIAL_NOT},
    {0},
};

static const struct choice secrecies[] = {
    {"none", SECRECY_NONE},
    {"work", SECRECY_WORK},
    {"state", SECRECY_STATE},
    {0},
};

#define NETWORK(member, field_type) .type = field_type, FIELD_AT(struct network_settings, member)

static const struct field network_fields[] = {
    {.name = "id",
        NETWORK(id, FIELD_TEXT),
        .help = "Id in records, keys and the table of normals: letters, digits, . _ -"},
    {.name = "institution",
        NETWORK(institution_id, FIELD_TEXT),
        .help = "Id of the institution whose it is: it reports"},
    {.name = "name", NETWORK(name, FIELD_TEXT), .live = true, .help = "Name in reports"},
    {.name = "pboc_domain",
        NETWORK(pboc_domain, FIELD_BOOLEAN),
        .live = true,
        .help = "Serves a PBOC business domain; the rule concerns the network only then (art. 2)"},
    {.name = "in_china",
        NETWORK(in_china, FIELD_BOOLEAN),
        .live = true,
        .help = "Stands in mainland China; the rule concerns the network only then (art. 2)"},
    {.name = "financial_service",
        NETWORK(financial_service, FIELD_BOOLEAN),
        .live = true,
        .help = "提供金融服务的 (arts. 7-10)"},
    {.name = "special_class",
        .type = FIELD_CHOICES,
        .live = true,
        FIELD_LIST(struct network_settings, special_class, special_class_count),
        .choices = special_classes,
        .help = "Reasons for the special class (arts. 7-9); []: unset, treated as special"},
    {.name = "secrecy",
        NETWORK(secrecy, FIELD_CHOICE),
        .live = true,
        .choices = secrecies,
        .help = "State secrets leave on no channel (art. 18)"},
    {.name = "mlps",
        NETWORK(mlps, FIELD_TEXT),
        .live = true,
        .help = "等保级别, such as 第三级 S3A3"},
    {.name = "mlps_filing",
        NETWORK(mlps_filing, FIELD_TEXT),
        .live = true,
        .help = "等保备案编号; may be empty"},
    {.name = "functions",
        NETWORK(functions_path, FIELD_TEXT),
        .help = "File of the business functions"},
    {.name = "response_codes",
        NETWORK(response_codes_path, FIELD_TEXT),
        .help = "File of what field 39 says"},
    {.name = "holders",
        NETWORK(holders_path, FIELD_TEXT),
        .help = "TSV (field, part, from, to, name): whose accounts are natural or legal; empty: "
                "unknown"},
    {.name = "merchants",
        NETWORK(merchants_path, FIELD_TEXT),
        .help = "The same of merchants: natural are 个体工商户; empty: all are legal (stricter)"},
    {.name = "units",
        NETWORK(units_path, FIELD_TEXT),
        .help = "TSV (field, part, from, to, name) of products, BIN ranges, shards; empty: none"},
    {.name = "normals",
        NETWORK(normals_path, FIELD_TEXT),
        .live = true,
        .help = "CSV (network,function,province,hour,normal_per_hour); empty: attempts only"},
    {.name = "peak_hours",
        .type = FIELD_PARSEDS,
        .live = true,
        FIELD_LIST(struct network_settings, peak_hours, peak_hours_count),
        .parsed = &hours,
        .help = "Peak hours (art. 31(3)), whole clock hours in Asia/Shanghai; []: all, flagged"},
};

static const struct schema network_schema = {
    .size = sizeof(struct network_settings), FIELDS(network_fields)};

static const struct choice roles[] = {
    {"acquirer", ROLE_ACQUIRER},
    {"issuer", ROLE_ISSUER},
    {"switch", ROLE_SWITCH},
    {"participant", ROLE_PARTICIPANT},
    {0},
};

static const struct choice code_systems[] = {
    {"pboc", CODES_PBOC},
    {"gbt2260", CODES_GBT2260},
    {0},
};

static const struct field province_source_fields[] = {
    {.name = "field",
        .type = FIELD_INTEGER,
        FIELD_AT(struct province_source, field),
        .help = "Field of the message: 42, 32 or 33"},
    {.name = "codes",
        .type = FIELD_CHOICE,
        FIELD_AT(struct province_source, codes),
        .choices = code_systems,
        .help = "Code system of its region digits"},
};

static const struct schema province_source_schema = {
    .size = sizeof(struct province_source), FIELDS(province_source_fields)};

#define LINK(member, field_type) .type = field_type, FIELD_AT(struct link_settings, member)

static const struct field link_fields[] = {
    {.name = "id", LINK(id, FIELD_TEXT), .help = "Id in records: letters, digits, . _ -"},
    {.name = "network", LINK(network_id, FIELD_TEXT), .help = "Id of the network that it carries"},
    {.name = "role", LINK(role, FIELD_CHOICE), .choices = roles, .help = "Our part in it"},
    {.name = "site", LINK(site_name, FIELD_TEXT), .help = "Data centre"},
    {.name = "dialect", LINK(dialect_path, FIELD_TEXT), .help = "File of the message layout"},
    {.name = "ours",
        .type = FIELD_PARSEDS,
        FIELD_LIST(struct link_settings, ours, ours_count),
        .parsed = &address_range,
        .help = "Our ends: address[/prefix][:port]"},
    {.name = "theirs",
        .type = FIELD_PARSEDS,
        FIELD_LIST(struct link_settings, theirs, theirs_count),
        .parsed = &address_range,
        .help = "Their ends: address[/prefix][:port]"},
    {.name = "vlans",
        .type = FIELD_INTEGERS,
        FIELD_LIST(struct link_settings, vlans, vlan_count),
        .min = 1,
        .max = 4094,
        .help = "VLAN ids; []: any"},
    {.name = "time_limit",
        LINK(time_limit_ns, FIELD_DURATION),
        .min = NS_PER_S,
        .max = 10 * MIN_NS,
        .help = "An answer later than this is late"},
    {.name = "province_sources",
        .type = FIELD_RECORDS,
        FIELD_LIST(struct link_settings, province_sources, province_source_count),
        .schema = &province_source_schema,
        .help = "Fields that carry region digits, in order of trial"},
    {.name = "province_overrides",
        LINK(province_overrides_path, FIELD_TEXT),
        .help = "TSV (field, prefix, province) in front of the codes; empty: none"},
    {.name = "counterparties",
        LINK(counterparties_path, FIELD_TEXT),
        .help = "TSV (field, part, from, to, name) of whom a request is for; empty: none"},
};

static const struct schema link_schema = {
    .size = sizeof(struct link_settings), FIELDS(link_fields)};

static const struct field ledger_fields[] = {
    {.name = "folder",
        .type = FIELD_TEXT,
        FIELD_AT(struct ledger_settings, folder),
        .help = "The SQLite ledger and the JSON-lines file are made in this folder"},
    {.name = "reserve_bytes",
        .type = FIELD_INTEGER,
        FIELD_AT(struct ledger_settings, reserve_bytes),
        .min = 0,
        .max = 1LL << 40,
        .unit = "bytes",
        .help = "A file beside a run's ledger, given up on a full disk; 0: none"},
};

static const struct schema ledger_schema = {
    .size = sizeof(struct ledger_settings), FIELDS(ledger_fields)};

static const struct field journal_fields[] = {
    {.name = "keep",
        .type = FIELD_DURATION,
        FIELD_AT(struct journal_settings, keep_ns),
        .min = 10 * MIN_NS,
        .max = 2 * D_NS,
        .help = "Counters are kept from so long before every open incident"},
    {.name = "bytes",
        .type = FIELD_INTEGER,
        FIELD_AT(struct journal_settings, bytes),
        .min = 0,
        .max = 1LL << 40,
        .unit = "bytes",
        .help = "Most on disk; 0: none, and a run that was killed begins anew"},
};

static const struct schema journal_schema = {
    .size = sizeof(struct journal_settings), FIELDS(journal_fields)};

#define TRANSACTIONS(member, field_type)                                                           \
    .type = field_type, FIELD_AT(struct transactions_settings, member)

static const struct field transactions_fields[] = {
    {.name = "connections",
        TRANSACTIONS(connections, FIELD_INTEGER),
        .min = 16,
        .max = 1 << 24,
        .help = "Table size per worker"},
    {.name = "open",
        TRANSACTIONS(open, FIELD_INTEGER),
        .min = 16,
        .max = 1 << 26,
        .help = "Open and remembered transactions per worker, 99 bytes each"},
    {.name = "held_bytes",
        TRANSACTIONS(held_bytes, FIELD_INTEGER),
        .min = 4096,
        .max = 1 << 20,
        .unit = "bytes",
        .help = "Reassembly: most held per connection"},
    {.name = "pool_bytes",
        TRANSACTIONS(pool_bytes, FIELD_INTEGER),
        .min = 1 << 16,
        .max = 1LL << 36,
        .unit = "bytes",
        .help = "Reassembly: pool shared by all, per worker"},
    {.name = "idle",
        TRANSACTIONS(idle_ns, FIELD_DURATION),
        .min = NS_PER_S,
        .max = 7 * D_NS,
        .help = "A silent connection is forgotten after this"},
    {.name = "remember_limits",
        TRANSACTIONS(remember_limits, FIELD_INTEGER),
        .min = 4,
        .max = 100,
        .unit = "time limits",
        .help = "A timed-out request is remembered so long"},
    {.name = "account_key",
        TRANSACTIONS(account_key_path, FIELD_TEXT),
        .help = "File of mode 0600 with 32 hex digits, key of account hashes; empty: new per run"},
};

static const struct schema transactions_schema = {
    .size = sizeof(struct transactions_settings), FIELDS(transactions_fields)};

#define INTENTS(member, field_type) .type = field_type, FIELD_AT(struct intents_settings, member)

static const struct field intents_fields[] = {
    {.name = "failed",
        INTENTS(failed, FIELD_INTEGER),
        .min = 16,
        .max = 1 << 26,
        .help = "Failed tries remembered while a retry of them may come; those beyond are flagged"},
    {.name = "processed",
        INTENTS(processed, FIELD_INTEGER),
        .min = 16,
        .max = 1 << 26,
        .help = "Processed transactions remembered for the failure of an earlier try, per worker"},
    {.name = "retry_window",
        INTENTS(retry_window_ns, FIELD_DURATION),
        .min = NS_PER_S,
        .max = H_NS,
        .help = "A try later than this after the first one is another intent"},
    {.name = "served_within",
        INTENTS(served_within_ns, FIELD_DURATION),
        .min = NS_PER_S,
        .max = 10 * 60 * NS_PER_S,
        .help = "A retry processed until so long after the first failure: nobody is affected"},
};

static const struct schema intents_schema = {
    .size = sizeof(struct intents_settings), FIELDS(intents_fields)};

#define PART(member, sentence)                                                                     \
    {                                                                                              \
        .name = #member, .type = FIELD_RECORD, FIELD_AT(struct settings, member),                  \
        .schema = &member##_schema, .help = sentence                                               \
    }

static const struct field settings_fields[] = {
    {.name = "sensor",
        .type = FIELD_TEXT,
        FIELD_AT(struct settings, sensor),
        .help = "Name of this sensor in records and topics: letters, digits, . _ -"},
    {.name = "institutions",
        .type = FIELD_RECORDS,
        FIELD_LIST(struct settings, institutions, institution_count),
        .schema = &institution_schema,
        .help = "Who reports, and to whom (arts. 14, 19); of several each has its own ledger"},
    {.name = "networks",
        .type = FIELD_RECORDS,
        FIELD_LIST(struct settings, networks, network_count),
        .schema = &network_schema,
        .help = "The registered information systems (等保定级对象) that the rule grades"},
    {.name = "links",
        .type = FIELD_RECORDS,
        FIELD_LIST(struct settings, links, link_count),
        .schema = &link_schema,
        .help = "Groups of connections between two parties; answers may come on any of a group"},
    {.name = "services",
        .type = FIELD_RECORDS,
        .live = true,
        FIELD_LIST(struct settings, services, service_count),
        .schema = &service_schema,
        .help =
            "Opening hours of functions by kind of day; a function without a row is always open"},
    {.name = "service_days",
        .type = FIELD_RECORDS,
        .live = true,
        FIELD_LIST(struct settings, service_days, service_day_count),
        .schema = &service_day_schema,
        .help = "Days with other hours: moved holidays, days off, a person's word"},
    {.name = "maintenance",
        .type = FIELD_RECORDS,
        .live = true,
        FIELD_LIST(struct settings, maintenance, maintenance_count),
        .schema = &maintenance_schema,
        .help = "Approved windows: measured, not graded; what lasts beyond their end is"},
    PART(calendars, "Which days are alike"),
    PART(normals, "What is normal, learned from what was seen"),
    PART(outages, "When a business is interrupted (art. 31(4))"),
    PART(persons, "Whom it concerned (arts. 7(2) to 10(2))"),
    PART(grades, "By which rules"),
    PART(incidents, "What belongs together"),
    PART(drafts, "The documents that a person completes and sends (arts. 15-21)"),
    PART(kafka, "Where records are published"),
    PART(ledger, "Where records are kept"),
    PART(journal, "What a run that was killed goes on from"),
    PART(evidence, "Frames that are kept for investigators (art. 13)"),
    PART(ports, "Sizes of the DPDK ports, for `run`"),
    PART(packets, "Patience with the capture's order"),
    PART(transactions, "Sizes of the tables, per worker"),
    PART(duties, "By when reports are due (arts. 15 to 17)"),
    PART(calls, "How people are called, and who"),
    PART(intents, "Which requests are tries of one intent (art. 31(4))"),
    {.name = "regions",
        .type = FIELD_TEXT,
        FIELD_AT(struct settings, regions_path),
        .help = "TSV of four-digit region codes (PBOC) with their provinces"},
};

const struct schema settings_schema = {.size = sizeof(struct settings), FIELDS(settings_fields)};
