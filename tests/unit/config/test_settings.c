#include "config/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/unit/config/scratch.h"
#include "tests/unit/config/settings_base.h"

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static char *print(const struct settings *settings, bool with_help)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    yaml_print(out, &settings_schema, settings, with_help);
    fclose(out);
    return text;
}

static struct settings *read_text(const char *text, struct mistakes *mistakes)
{
    return settings_read(scratch_write("t.yaml", text, strlen(text)), mistakes);
}

static char *shipped_text(void)
{
    char path[512];
    static char text[65536];
    snprintf(path, sizeof(path), "%s/config/tapgrade.yaml", getenv("TAPGRADE_SOURCE"));
    FILE *in = fopen(path, "rb");
    assert_non_null(in);
    text[fread(text, 1, sizeof(text) - 1, in)] = '\0';
    fclose(in);
    return text;
}

static void test_shipped_settings_are_a_fixed_point(void **state)
{
    (void)state;
    for (int with_help = 0; with_help < 2; with_help++) {
        struct mistakes *mistakes = mistakes_new();
        struct settings *first = read_text(shipped_text(), mistakes);
        mistakes_print(mistakes, stderr);
        assert_non_null(first);
        char *once = print(first, with_help);
        struct settings *second = read_text(once, mistakes);
        mistakes_print(mistakes, stderr);
        assert_non_null(second);
        char *twice = print(second, with_help);
        assert_string_equal(once, twice);
        free(once);
        free(twice);
        settings_free(first);
        settings_free(second);
        mistakes_free(mistakes);
    }
}

// Every key of the shipped file is in the schema (else it would not be read), and every field of
// the schema has its sentence for `check --print`.
static void help_check(const struct schema *schema)
{
    for (size_t i = 0; i < schema->field_count; i++) {
        const struct field *field = &schema->fields[i];
        assert_non_null(field->help);
        assert_false(field->optional);
        if (field->schema != NULL) {
            help_check(field->schema);
        }
    }
}

static void test_every_setting_is_required_and_has_help(void **state)
{
    (void)state;
    help_check(&settings_schema);
}

// `base` with each "old" once replaced by "new"; the replacement "old" must be there.
static char *replace(const char *text, const char *old, const char *new)
{
    const char *at = strstr(text, old);
    char *result;
    assert_non_null(at);
    assert_true(asprintf(&result, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old)) > 0);
    return result;
}

#define OTHER_INSTITUTION(id)                                                                      \
    "\ninstitutions:\n  - {id: " id ", name: x, code: '', type: payment, level: head_office, "     \
    "systemic: false, systemic_source: '', domicile: x, report_to: '', reporter: '', "             \
    "contact: '', annexes: []}\n"

static const struct {
    const char *what, *old, *new, *sentences;
} mistake_rows[] = {
    {"good", "tap-1", "tap-1", ""},
    {"calls: a webhook in clear", "calls: {kind: none, target: ''",
        "calls: {kind: webhook, target: 'http://gateway.example/call'",
        "t.yaml:65:32: people's numbers go over https:// only, or to this machine, found "
        "\"http://gateway.example/call\"\n"
        "t.yaml:65:150: roster has nobody to call\n"},
    {"calls: a webhook of this machine, by name", "calls: {kind: none, target: ''",
        "calls: {kind: webhook, target: 'http://localhost.example/'",
        "t.yaml:65:32: people's numbers go over https:// only, or to this machine, found "
        "\"http://localhost.example/\"\n"
        "t.yaml:65:148: roster has nobody to call\n"},
    {"calls: nobody to call", "calls: {kind: none, target: ''",
        "calls: {kind: webhook, target: 'http://127.0.0.1:8080/'",
        "t.yaml:65:145: roster has nobody to call\n"},
    {"calls: a syslog without a port",
        "calls: {kind: none, target: '', token: '', authorities: '', repeat: 5min, escalate: "
        "10min, tone_before: 10min, roster: []",
        "calls: {kind: syslog, target: log.example, token: '', authorities: '', repeat: 5min,\n  "
        "escalate: 10min, tone_before: 10min, roster: [{step: 1, role: 值班, to: '', days: [], "
        "hours: []}]",
        "t.yaml:65:31: target of a syslog is host:port such as \"log.example:514\", found "
        "\"log.example\"\n"
        "t.yaml:66:73: to of 值班 is empty: the gateway has nobody to call\n"},
    {"calls: an address without a port",
        "calls: {kind: none, target: '', token: '', authorities: '', repeat: 5min, escalate: "
        "10min, tone_before: 10min, roster: []",
        "calls: {kind: syslog, target: '2001:db8::1', token: '', authorities: '', repeat: "
        "5min,\n  escalate: 10min, tone_before: 10min, roster: [{step: 1, role: 值班, to: x, "
        "days: [], hours: []}]",
        "t.yaml:65:31: target of a syslog is host:port such as \"log.example:514\", found "
        "\"2001:db8::1\"\n"},
    {"calls: good ones",
        "calls: {kind: none, target: '', token: '', authorities: '', repeat: 5min, escalate: "
        "10min, tone_before: 10min, roster: []",
        "calls: {kind: syslog, target: '[2001:db8::1]:514', token: '', authorities: '', repeat: "
        "5min,\n  escalate: 10min, tone_before: 10min, roster: [{step: 1, role: 值班, to: x, "
        "days: [], hours: []}]",
        ""},
    {"sensor with a blank", "tap-1", "tap 1",
        "t.yaml:1:9: sensor must be 1 to 64 letters, digits or . _ -, found \"tap 1\"\n"},
    {"institution without a name", "示例银行", "''", "t.yaml:67:22: name must not be empty\n"},
    {"institution id in Chinese", "id: bank", "id: 银行",
        "t.yaml:4:18: unknown institution \"bank\"\n"
        "t.yaml:67:10: id must be 1 to 64 letters, digits or . _ -, found \"银行\"\n"
        "t.yaml:67:10: institution \"银行\" has no network\n"},
    {"two institutions of one id", "\ninstitutions:\n", OTHER_INSTITUTION("bank"),
        "t.yaml:68:10: duplicate institution id \"bank\"\n"},
    {"institution without a network", "\ninstitutions:\n", OTHER_INSTITUTION("payco"),
        "t.yaml:67:10: institution \"payco\" has no network\n"},
    {"network of no institution", "institution: bank", "institution: bnk",
        "t.yaml:4:18: unknown institution \"bnk\"\n"
        "t.yaml:67:10: institution \"bank\" has no network\n"},
    {"annex that reports to nobody", "annexes: []",
        "annexes: [{province: 32, name: 江苏省分行, report_to: ''}]",
        "t.yaml:67:214: report_to must not be empty\n"},
    {"no institution", "\ninstitutions:\n", "\ninstitutions: []\n#",
        "t.yaml:66:15: institutions must be 1 to 32, found 0\n"},
    {"network id in Chinese", "id: pay", "id: 支付",
        "t.yaml:3:9: id must be 1 to 64 letters, digits or . _ -, found \"支付\"\n"
        "t.yaml:3:9: network \"支付\" has no link\n"
        "t.yaml:22:14: unknown network \"pay\"\nt.yaml:34:14: unknown network \"pay\"\n"},
    {"no network", "  - id: pay\n", "  []\n#", NULL},
    {"special class: unset is no mistake", "[payment]", "[]", ""},
    {"special class: not special", "[payment]", "[not_special]", ""},
    {"special class: both", "[payment]", "[payment, not_special]",
        "t.yaml:9:30: special_class: not_special cannot stand beside a reason\n"},
    {"special class: unknown", "[payment]", "[gold]",
        "t.yaml:9:21: special_class must be one of fmi, persons, deposit_withdrawal, payment, "
        "tax_treasury, interbank, not_special, found \"gold\"\n"},
    {"functions missing", "tables/functions-cups.yaml", "tables/none.yaml",
        "t.yaml:13:16: \"tables/none.yaml\" cannot be read: No such file or directory\n"},
    {"functions empty", "tables/functions-cups.yaml", "''",
        "t.yaml:13:16: functions must not be empty\n"},
    {"response codes missing", "tables/response-codes-cups.yaml", "/none.yaml",
        "t.yaml:14:21: \"/none.yaml\" cannot be read: No such file or directory\n"},
    {"normals missing", "normals: ''", "normals: n.csv",
        "t.yaml:15:14: \"n.csv\" cannot be read: No such file or directory\n"},
    {"peak hours: all", "['09:00-21:00']", "[]", ""},
    {"peak hours: whole day", "['09:00-21:00']", "['00:00-24:00']", ""},
    {"peak hours: touching", "['09:00-21:00']", "['09:00-12:00', '12:00-21:00']", ""},
    {"peak hours: overlap", "['09:00-21:00']", "['12:00-21:00', '09:00-13:00']",
        "t.yaml:16:33: peak_hours overlap\n"},
    {"peak hours: over midnight", "['09:00-21:00']", "['22:00-02:00']",
        "t.yaml:16:18: peak_hours must be hours of a day such as 09:00-21:00, from before to, up "
        "to 24:00, found \"22:00-02:00\"\n"},
    {"network id twice", "links:\n",
        "  - {id: pay, institution: bank, name: x, pboc_domain: true, in_china: true, "
        "financial_service: true, "
        "special_class: [fmi], secrecy: none, mlps: '', mlps_filing: '', functions: "
        "tables/functions-cups.yaml, response_codes: tables/response-codes-cups.yaml, normals: '', "
        "peak_hours: [], units: '', holders: '', merchants: ''}\nlinks:\n",
        "t.yaml:20:10: duplicate network id \"pay\"\n"},
    {"link id twice", "id: b", "id: a", "t.yaml:33:9: duplicate link id \"a\"\n"},
    {"unknown network", "network: pay", "network: play",
        "t.yaml:22:14: unknown network \"play\"\n"},
    {"unknown role", "role: acquirer", "role: boss",
        "t.yaml:23:11: role must be one of acquirer, issuer, switch, participant, found "
        "\"boss\"\n"},
    {"no site", "site: 上海", "site: ''", "t.yaml:24:11: site must not be empty\n"},
    {"dialect missing", "dialects/cups.yaml", "dialects/none.yaml",
        "t.yaml:25:14: \"dialects/none.yaml\" cannot be read: No such file or directory\n"},
    {"ours empty", "ours: [10.1.0.0/16, 10.3.0.0/16]", "ours: []",
        "t.yaml:26:11: ours must be 1 to 256 address ranges, found 0\n"},
    {"theirs empty", "theirs: [10.2.0.0/16]", "theirs: []",
        "t.yaml:27:13: theirs must be 1 to 256 address ranges, found 0\n"},
    {"not an address", "theirs: [10.2.0.0/16]", "theirs: [10.2.0.0/33]",
        "t.yaml:27:14: theirs must be an address, optionally with /prefix (no bit set behind it) "
        "and :port (IPv6 then in brackets), found \"10.2.0.0/33\"\n"},
    {"a range on both sides", "theirs: [10.2.0.0/16]", "theirs: [10.2.0.0/16, 10.3.0.0/16]",
        "t.yaml:27:27: the same range is in ours and in theirs\n"},
    {"VLAN 4095", "vlans: [7, 8]", "vlans: [7, 4095]",
        "t.yaml:40:16: vlans must be 1 to 4094, found 4095\n"},
    {"time limit: least", "time_limit: 30s", "time_limit: 1s", ""},
    {"time limit: too short", "time_limit: 30s", "time_limit: 999ms",
        "t.yaml:29:17: time_limit must be 1s to 10min, found \"999ms\"\n"},
    {"time limit: most", "time_limit: 30s", "time_limit: 10min", ""},
    {"time limit: too long", "time_limit: 30s", "time_limit: 601s",
        "t.yaml:29:17: time_limit must be 1s to 10min, found \"601s\"\n"},
    {"no province source", "[{field: 42, codes: pboc}]", "[]",
        "t.yaml:30:23: province_sources and province_overrides are both empty: no province would "
        "be known\n"},
    {"field of the province", "{field: 42, codes: pboc}", "{field: 41, codes: pboc}",
        "t.yaml:30:32: field must be 42, 32 or 33, found 41\n"},
    {"field of the province twice", "{field: 33, codes: pboc}", "{field: 32, codes: pboc}",
        "t.yaml:42:61: duplicate province source: field 32\n"},
    {"overrides missing", "province_overrides: ''", "province_overrides: o.tsv",
        "t.yaml:31:25: \"o.tsv\" cannot be read: No such file or directory\n"},
    {"bucket: seven seconds", "bucket: 10s", "bucket: 7s",
        "t.yaml:45:19: bucket must be a whole number of seconds that divides a minute\n"},
    {"bucket: half seconds", "bucket: 10s", "bucket: 1500ms",
        "t.yaml:45:19: bucket must be a whole number of seconds that divides a minute\n"},
    {"merge: no multiple", "merge: 180s", "merge: 185s",
        "t.yaml:45:31: merge must be a multiple of the bucket\n"},
    {"lost percent: stricter", "lost_percent: 70", "lost_percent: 50", ""},
    {"lost percent: laxer", "lost_percent: 70", "lost_percent: 71",
        "t.yaml:45:51: lost_percent must be 1 to 70 percent, found 71\n"},
    {"persons: as few as a sketch may hold", "exact: 1000000", "exact: 81920", ""},
    {"persons: fewer than a sketch may hold", "exact: 1000000", "exact: 81919",
        "t.yaml:58:51: exact must be at least 5 x 2^precision, 81920, found 81919\n"},
    {"persons: less than one intent each", "persons: 0", "persons: 99",
        "t.yaml:58:122: intents_per_100_persons must be 0 or at least 100, found 99\n"},
    {"no rule book", "rulebooks: [/dev/null]", "rulebooks: []",
        "t.yaml:46:21: rulebooks must name at least one file\n"},
    {"cii of no network", "cii: []", "cii: [pay, pya]",
        "t.yaml:46:59: cii names no network: \"pya\"\n"},
    {"zone of no site", "zones: []", "zones: [{name: z, sites: [上海, dc1]}]",
        "t.yaml:47:58: zone \"z\": no link has the site \"dc1\"\n"},
    {"rule book missing", "rulebooks: [/dev/null]", "rulebooks: [/dev/null, /none]",
        "t.yaml:46:33: \"/none\" cannot be read: No such file or directory\n"},
    {"nobody to report to", "domicile: 测试", "domicile: ''",
        "t.yaml:67:119: domicile must not be empty\n"},
    {"systemic by no list", "systemic: false", "systemic: true",
        "t.yaml:67:104: systemic_source must name the list and its date when systemic is true\n"},
    {"kafka without brokers", "enabled: false", "enabled: true",
        "t.yaml:48:33: brokers must not be empty when kafka is enabled\n"},
    {"a password in clear", "protocol: sasl_tls, authorities: a", "protocol: sasl, authorities: ''",
        "t.yaml:48:173: PLAIN shows the password to the wire: take sasl_tls, or a SCRAM "
        "mechanism\n"},
    {"topic prefix", "topic_prefix: tapgrade", "topic_prefix: a/b",
        "t.yaml:48:52: topic_prefix must be 1 to 64 letters, digits or . _ -, found \"a/b\"\n"},
    {"no ledger folder", "/var/lib/tapgrade", "''", "t.yaml:49:18: folder must not be empty\n"},
    {"hold shorter than disorder", "disorder: 20ms", "disorder: 1s1ms",
        "t.yaml:50:21: disorder must be 0s to 1s, found \"1s1ms\"\n"},
    {"hold shorter", "hold: 1s", "hold: 19ms",
        "t.yaml:50:33: hold must not be shorter than disorder\n"},
    {"pool smaller than one connection", "held_bytes: 65536, pool_bytes: 67108864",
        "held_bytes: 131072, pool_bytes: 65536",
        "t.yaml:51:82: pool_bytes must not be less than held_bytes\n"},
    {"fewer packet buffers than descriptors", "queues: 1, descriptors: 1024, buffers: 8192",
        "queues: 4, descriptors: 4096, buffers: 8192",
        "t.yaml:53:48: buffers must be more than queues x descriptors, 16384\n"},
    {"account key missing", "account_key: ''", "account_key: k",
        "t.yaml:51:134: \"k\" cannot be read: No such file or directory\n"},
    {"regions missing", "tables/regions.tsv", "none.tsv",
        "t.yaml:52:10: \"none.tsv\" cannot be read: No such file or directory\n"},
    {"a table with a mistake", "tables/functions-cups.yaml", "tables/regions.tsv", NULL},
    {"a folder for a file", "tables/functions-cups.yaml", "tables",
        "tables: is not a regular file\n"},
};

static void test_every_mistake_has_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(mistake_rows); i++) {
        struct mistakes *mistakes = mistakes_new();
        char *text = replace(base, mistake_rows[i].old, mistake_rows[i].new);
        struct settings *settings = read_text(text, mistakes);
        char *sentences = scratch_sentences(mistakes);
        const char *expected = mistake_rows[i].sentences;
        if ((settings != NULL) != (expected != NULL && *expected == '\0') ||
            (expected != NULL && strcmp(sentences, expected) != 0) ||
            (expected == NULL && *sentences == '\0')) {
            fail_msg("%s:\n%sinstead of\n%s", mistake_rows[i].what, sentences,
                expected == NULL ? "anything" : expected);
        }
        free(text);
        free(sentences);
        settings_free(settings);
        mistakes_free(mistakes);
    }
}

static void test_all_mistakes_in_one_go(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {{"time_limit: 30s", "time_limit: 30"},
        {"network: pay", "network: play"}, {"bucket: 10s", "bucket: 7s"},
        {"tables/regions.tsv", "none.tsv"}};
    struct mistakes *mistakes = mistakes_new();
    char *text = strdup(base);
    for (size_t i = 0; i < COUNT(pairs); i++) {
        char *next = replace(text, pairs[i][0], pairs[i][1]);
        free(text);
        text = next;
    }
    assert_null(read_text(text, mistakes));
    char *sentences = scratch_sentences(mistakes);
    assert_string_equal(sentences,
        "t.yaml:22:14: unknown network \"play\"\n"
        "t.yaml:29:17: time_limit must be a duration such as 250ms, 30s, 15min or 1h30min, found "
        "\"30\"\n"
        "t.yaml:45:19: bucket must be a whole number of seconds that divides a minute\n"
        "t.yaml:52:10: \"none.tsv\" cannot be read: No such file or directory\n");
    free(sentences);
    free(text);
    mistakes_free(mistakes);
}

static void test_links_with_the_same_ranges(void **state)
{
    (void)state;
    static const struct {
        const char *what, *ours, *theirs, *vlans;
        bool same;
    } rows[] = {
        {"in another order", "[10.3.0.0/16, 10.1.0.0/16]", "[10.2.0.0/16]", "[]", true},
        {"sides crossed", "[10.2.0.0/16]", "[10.1.0.0/16, 10.3.0.0/16]", "[]", true},
        {"another VLAN", "[10.3.0.0/16, 10.1.0.0/16]", "[10.2.0.0/16]", "[7]", false},
        {"a range less", "[10.3.0.0/16]", "[10.2.0.0/16]", "[]", false},
        {"another port", "['10.3.0.0/16:1', 10.1.0.0/16]", "[10.2.0.0/16]", "[]", false},
        {"another prefix", "[10.3.0.0/17, 10.1.0.0/16]", "[10.2.0.0/16]", "[]", false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mistakes *mistakes = mistakes_new();
        char *ours = replace(base, "['10.3.0.0/16:9000', 10.1.0.0/16]", rows[i].ours);
        char *theirs = replace(ours, "[10.4.0.0/16]", rows[i].theirs);
        char *text = replace(theirs, "[7, 8]", rows[i].vlans);
        struct settings *settings = read_text(text, mistakes);
        char *sentences = scratch_sentences(mistakes);
        const char *expected =
            rows[i].same ? "t.yaml:38:11: links \"a\" and \"b\" have the same ranges and VLANs\n"
                         : "";
        if (strcmp(sentences, expected) != 0 || (settings == NULL) != rows[i].same) {
            fail_msg("%s: %s", rows[i].what, sentences);
        }
        free(ours);
        free(theirs);
        free(text);
        free(sentences);
        settings_free(settings);
        mistakes_free(mistakes);
    }
}

static void test_what_is_resolved(void **state)
{
    (void)state;
    struct mistakes *mistakes = mistakes_new();
    struct settings *settings = read_text(base, mistakes);
    assert_non_null(settings);
    assert_int_equal(settings->site_count, 2);
    assert_string_equal(settings->sites[1], "北京");
    assert_int_equal(settings->links[0].site, 0);
    assert_int_equal(settings->links[1].site, 1);
    assert_int_equal(settings->links[1].network, 0);
    assert_true(settings->networks[0].functions.function_count > 0);
    assert_true(settings->networks[0].response_codes.code_count > 0);
    assert_int_equal(settings->regions.pboc[2900], 31);
    assert_int_equal(settings_time_limit_ns(settings, 0), 60 * NS_PER_S);
    assert_int_equal(settings_time_limit_ns(settings, 1), 0);
    settings->links[0].time_limit_ns = 90 * NS_PER_S;
    assert_int_equal(settings_time_limit_ns(settings, 0), 90 * NS_PER_S);
    assert_string_equal(settings->folder, scratch_folder);
    char *path = settings_path(settings, "tables/x");
    assert_string_equal(path, scratch_path("tables/x"));
    free(path);
    path = settings_path(settings, "/x");
    assert_string_equal(path, "/x");
    free(path);
    settings_free(settings);
    mistakes_free(mistakes);
}

// A flat volume has no 15-minute slot over 3 % although every hour is a peak hour: other slots than
// an hour are refused.
static void test_T_P4_slots_other_than_an_hour_are_refused(void **state)
{
    (void)state;
    static const char sentence[] =
        "t.yaml:16:18: peak_hours must be whole clock hours: art. 31(3) measures hours, and slots "
        "of another length than 60 min are refused without a documented method\n";
    static const char *const refused[] = {
        "['09:15-10:00']", "['09:00-09:15']", "['09:30-10:30']", "['00:01-24:00']"};
    static const struct {
        const char *peak, *sentence;
    } slots[] = {
        {"{slot: 15min, method: ''}",
            ":84: peak slots of another length than 60 min are refused without a "
            "documented method: art. 31(3) measures hours, and 3 % of a day is more than any equal "
            "share of them\n"},
        {"{slot: 25min, method: x}",
            ":84: peak slot must be 5, 10, 15, 20, 30 or 60 min: clock slots that divide "
            "an hour\n"},
        {"{slot: 15min, method: '分时段统计办法 2026-3'}", ""},
    };
    for (size_t i = 0; i < COUNT(slots); i++) {
        struct mistakes *mistakes = mistakes_new();
        char *text = replace(base, "{slot: 60min, method: ''}", slots[i].peak);
        struct settings *settings = read_text(text, mistakes);
        assert_int_equal(settings != NULL, *slots[i].sentence == '\0');
        char *sentences = scratch_sentences(mistakes);
        if (strstr(sentences, slots[i].sentence) == NULL ||
            (*sentences == '\0') != (*slots[i].sentence == '\0')) {
            fail_msg("%s", sentences);
        }
        free(sentences);
        free(text);
        settings_free(settings);
        mistakes_free(mistakes);
    }
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct mistakes *mistakes = mistakes_new();
        char *text = replace(base, "['09:00-21:00']", refused[i]);
        assert_null(read_text(text, mistakes));
        char *sentences = scratch_sentences(mistakes);
        assert_string_equal(sentences, sentence);
        free(sentences);
        free(text);
        mistakes_free(mistakes);
    }
}

static void test_T_P5_peak_hours_begin_and_end(void **state)
{
    (void)state;
    static const struct {
        const char *at;
        bool peak;
    } rows[] = {
        {"2026-03-10T08:59:59.999+08:00", false},
        {"2026-03-10T09:00:00.000+08:00", true},
        {"2026-03-10T20:59:59.999+08:00", true},
        {"2026-03-10T21:00:00.000+08:00", false},
    };
    struct mistakes *mistakes = mistakes_new();
    struct settings *settings = read_text(base, mistakes);
    assert_non_null(settings);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct instant at;
        assert_true(instant_parse(rows[i].at, &at));
        if (network_is_peak(&settings->networks[0], instant_second(at)) != rows[i].peak) {
            fail_msg("%s", rows[i].at);
        }
    }
    settings->networks[0].peak_hours_count = 0;
    assert_true(network_is_peak(&settings->networks[0], 0));
    settings_free(settings);
    mistakes_free(mistakes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shipped_settings_are_a_fixed_point),
        cmocka_unit_test(test_every_setting_is_required_and_has_help),
        cmocka_unit_test(test_every_mistake_has_its_place),
        cmocka_unit_test(test_all_mistakes_in_one_go),
        cmocka_unit_test(test_links_with_the_same_ranges),
        cmocka_unit_test(test_what_is_resolved),
        cmocka_unit_test(test_T_P4_slots_other_than_an_hour_are_refused),
        cmocka_unit_test(test_T_P5_peak_hours_begin_and_end),
    };
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
