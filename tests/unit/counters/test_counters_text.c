// Records and counters as text: the exact bytes, print → scan → print, and what is refused.
#include "dataplane/counters/counters.h"
#include "dataplane/transactions/transactions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/pairing/rig.h"

#include <cmocka.h>

#define S NS_PER_S

// ---- transactions

static char *transaction_text(
    const struct settings *settings, const struct transaction *transaction)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    transaction_print(out, settings, transaction);
    fclose(out);
    return text;
}

static const struct {
    const char *what;
    struct transaction transaction;
    const char *text;
} transactions[] = {
    {"a whole one",
        {.requested_at = {1773109800 * S + 5},
            .answered_at = {1773109801 * S},
            .ordinal = 1,
            .account = 0xabc,
            .amount = 12345,
            .link = 1,
            .function = 0,
            .mti = 200,
            .province = 32,
            .site = 1,
            .outcome = OUTCOME_SUCCEEDED,
            .holder = HOLDER_NATURAL,
            .flags = TRANSACTION_DEGRADED | TRANSACTION_REPEATED,
            .code_text = {'A', '2'},
            .client = {{[10] = 0xff, 0xff, 10, 1, 0, 1}, 40000},
            .server = {{0x20, 1, 0xd, 0xb8, [15] = 1}, 5000}},
        "{\"requested_at\":\"2026-03-10T10:30:00.000000005+08:00\",\"answered_at\":"
        "\"2026-03-10T10:30:01.000000000+08:00\",\"network\":\"pay\",\"function\":\"payment\","
        "\"province\":\"32\",\"site\":\"site \\u0022B\\u0022\",\"outcome\":\"succeeded\",\"code\":"
        "\"A2\",\"latency_ns\":999999995,\"account\":\"0000000000000abc\",\"holder\":\"natural\","
        "\"amount\":12345,\"client\":\"10.1.0.1:40000\",\"server\":\"[2001:db8::1]:5000\",\"link\":"
        "\"pos-b\",\"kind\":\"business\",\"mti\":\"0200\",\"flags\":[\"degraded\",\"repeated\"]}"
        "\n"},
    {"without account, code and answer, of no known function",
        {.requested_at = {1709222399 * S + 999999999},
            .function = 2,
            .mti = 820,
            .kind = KIND_MANAGEMENT,
            .outcome = OUTCOME_UNANSWERED},
        "{\"requested_at\":\"2024-02-29T23:59:59.999999999+08:00\",\"answered_at\":null,"
        "\"network\":\"pay\",\"function\":\"other\",\"province\":\"00\",\"site\":\"上海数据中心\","
        "\"outcome\":\"unanswered\",\"code\":null,\"latency_ns\":null,\"account\":null,\"holder\":"
        "\"unknown\",\"amount\":0,\"client\":\"[::]:0\",\"server\":\"[::]:0\",\"link\":\"cups-a\","
        "\"kind\":\"management\",\"mti\":\"0820\",\"flags\":[]}\n"},
    {"bytes of the wire that would break the line",
        {.requested_at = {0},
            .answered_at = {1},
            .outcome = OUTCOME_FAILED,
            .flags = TRANSACTION_ORPHAN | TRANSACTION_UNLISTED_CODE,
            .code_text = {'"', 0xb5, '9'}},
        "{\"requested_at\":\"1970-01-01T08:00:00.000000000+08:00\",\"answered_at\":"
        "\"1970-01-01T08:00:00.000000001+08:00\",\"network\":\"pay\",\"function\":\"payment\","
        "\"province\":\"00\",\"site\":\"上海数据中心\",\"outcome\":\"failed\",\"code\":"
        "\"\\u0022\\u00b59\",\"latency_ns\":null,\"account\":null,\"holder\":\"unknown\","
        "\"amount\":"
        "0,"
        "\"client\":\"[::]:0\",\"server\":\"[::]:0\",\"link\":\"cups-a\",\"kind\":\"business\","
        "\"mti\":\"0000\",\"flags\":[\"orphan\",\"unlisted_code\"]}\n"},
};

static void test_transactions(void **state)
{
    (void)state;
    struct settings *settings = rig_settings(64);
    for (size_t i = 0; i < sizeof(transactions) / sizeof(transactions[0]); i++) {
        char *text = transaction_text(settings, &transactions[i].transaction);
        print_message("%s\n", transactions[i].what);
        assert_string_equal(text, transactions[i].text);
        free(text);
    }
    rig_settings_free(settings);
}

// The writer's own calendar against the C library's, over all that an instant can hold.
static void test_instants(void **state)
{
    (void)state;
    struct settings *settings = rig_settings(64);
    for (uint64_t i = 0; i < 20000; i++) {
        struct instant at = {(int64_t)rig_mix(i)};
        char expected[INSTANT_TEXT_MAX];
        struct transaction transaction = {.requested_at = at};
        char *text = transaction_text(settings, &transaction);
        instant_format(at, 9, expected);
        assert_memory_equal(text + strlen("{\"requested_at\":\""), expected, strlen(expected));
        free(text);
    }
    rig_settings_free(settings);
}

// ---- counters

static char *counters_text(const struct settings *settings, const struct counters *counters)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    counters_print(out, settings, counters);
    fclose(out);
    return text;
}

static struct counters counters_make(struct cell_counts cells[3], struct link_counts links[2])
{
    cells[0] = (struct cell_counts){.cell = {.province = 32},
        .cohort_s = RIG_BASE_S,
        .demand = 3,
        .affected = 2,
        .affected_unnamed = 1,
        .succeeded = 1,
        .repeats = -1};
    cells[1] = (struct cell_counts){.cell = {.province = 32},
        .cohort_s = RIG_BASE_S + 1,
        .failed = INT32_MAX,
        .orphans_failed = 2};
    cells[2] =
        (struct cell_counts){.cell = {0, 1, 2, 44, 1}, .cohort_s = RIG_BASE_S, .unobserved = 7};
    links[0] = (struct link_counts){.link = 0,
        .second = RIG_BASE_S + 1,
        .frames = 5,
        .missing_answer_bytes = 1LL << 40,
        .latency = {[0] = 1, [7] = 9}};
    links[1] = (struct link_counts){.link = 2, .second = RIG_BASE_S + 1, .fins = 4};
    return (struct counters){.tick = rig_at(2 * S),
        .cells = cells,
        .cell_count = 3,
        .links = links,
        .link_count = 2,
        .evicted = 6,
        .merged = 3};
}

static void test_print_scan_print(void **state)
{
    (void)state;
    struct settings *settings = rig_settings(64);
    struct cell_counts cells[3];
    struct link_counts links[2];
    struct counters counters = counters_make(cells, links), scanned = {0};
    char error[256];
    struct port_facts ports[] = {{.port = 0, .link = PORT_LINK_UP, .frames = 1 << 20, .missed = 3},
        {.port = 7, .link = PORT_LINK_DOWN, .without_buffer = 4, .errors = 5}};
    counters.ports = ports;
    counters.port_count = 2;
    counters.clock_off_s = -3600;
    char *text = counters_text(settings, &counters);
    FILE *in = fmemopen(text, strlen(text), "r");
    assert_int_equal(counters_scan(in, settings, &scanned, error, sizeof(error)), 1);
    assert_int_equal(scanned.tick.ns, counters.tick.ns);
    assert_int_equal(scanned.evicted, 6);
    assert_int_equal(scanned.merged, 3);
    assert_int_equal(scanned.clock_off_s, -3600);
    assert_int_equal(scanned.cell_count, 3);
    assert_memory_equal(scanned.cells, cells, sizeof(cells));
    assert_int_equal(scanned.link_count, 2);
    assert_memory_equal(scanned.links, links, sizeof(links));
    assert_int_equal(scanned.port_count, 2);
    assert_memory_equal(scanned.ports, ports, sizeof(ports));
    char *again = counters_text(settings, &scanned);
    assert_string_equal(again, text);
    counters_free(&scanned);
    assert_int_equal(counters_scan(in, settings, &scanned, error, sizeof(error)), 0);
    fclose(in);
    free(text);
    free(again);
    rig_settings_free(settings);
}

// Only what is there is said: units, counterparties and codes of a link that has them.
static void test_sparse(void **state)
{
    (void)state;
    struct settings *settings = rig_settings(64);
    struct cell cell = {.link = RIG_POS, .province = 44, .site = 1, .unit = 2};
    struct cell_counts cells[] = {{.cell = cell, .cohort_s = RIG_BASE_S, .throttled = 3}};
    struct counterparty_counts parties[] = {
        {.link = RIG_POS, .counterparty = "01030000", .cohort_s = RIG_BASE_S, .processed = 9},
        {.link = RIG_POS, .counterparty = "01030000", .cohort_s = RIG_BASE_S + 1, .failed = -1},
        {.link = RIG_POS, .counterparty = "other", .cohort_s = RIG_BASE_S, .unanswered = 4}};
    struct code_counts codes[] = {{.cell = cell, .code = 2, .cohort_s = RIG_BASE_S, .declined = 7}};
    struct counters scanned = {0}, counters = {.tick = rig_at(2 * S),
                                       .cells = cells,
                                       .cell_count = 1,
                                       .counterparties = parties,
                                       .counterparty_count = 3,
                                       .codes = codes,
                                       .code_count = 1};
    char error[256];
    char *text = counters_text(settings, &counters);
    assert_non_null(strstr(text, "\"unit\":\"shard-2\",\"cohort\":"));
    assert_non_null(strstr(text,
        "\"counterparties\":[{\"network\":\"pay\",\"link\":\"pos-b\",\"function\":\"payment\","
        "\"counterparty\":\"01030000\",\"cohort\":\"2026-03-10T10:30:00+08:00\",\"processed\":9}"));
    assert_non_null(strstr(text, "\"code\":\"51\",\"declined\":7}]"));
    FILE *in = fmemopen(text, strlen(text), "r");
    assert_int_equal(counters_scan(in, settings, &scanned, error, sizeof(error)), 1);
    char *again = counters_text(settings, &scanned);
    assert_string_equal(again, text);
    assert_int_equal(scanned.cells[0].cell.unit, 2);
    assert_int_equal(scanned.codes[0].code, 2);
    assert_string_equal(scanned.counterparties[2].counterparty, "other");
    counters_free(&scanned);
    fclose(in);
    free(text);
    free(again);
    rig_settings_free(settings);
}

#define COHORT(province)                                                                           \
    "{\"network\":\"pay\",\"link\":\"cups-a\",\"function\":\"payment\",\"province\":\"" province   \
    "\",\"site\":\"上海数据中心\",\"cohort\":\"2026-03-10T10:30:00+08:00\","

static void test_persons(void **state)
{
    (void)state;
    struct settings *settings = rig_settings(64);
    struct affected affected[] = {
        {{.province = 32}, RIG_BASE_S, 0xabc, AFFECTED_NATURAL, false},
        {{.province = 32}, RIG_BASE_S, UINT64_MAX, AFFECTED_NATURAL, false},
        {{.province = 32}, RIG_BASE_S, 0xabc, AFFECTED_NATURAL, true},
        {{.province = 32}, RIG_BASE_S, 1, AFFECTED_MERCHANT, false},
        {{.province = 44}, RIG_BASE_S, 2, AFFECTED_LEGAL, false},
    };
    struct counters counters = {.tick = rig_at(2 * S), .affected = affected, .affected_count = 5};
    struct counters scanned = {0};
    char *text = counters_text(settings, &counters), error[256];
    assert_string_equal(text,
        "{\"tick\":\"2026-03-10T10:30:02+08:00\",\"evicted\":0,\"cells\":[],\"links\":[],"
        "\"affected\":[" COHORT(
            "32") "\"kind\":\"natural\",\"ids\":[\"0000000000000abc\","
                  "\"ffffffffffffffff\"]}," COHORT(
                      "32") "\"kind\":\"natural\",\"served\":true,"
                            "\"ids\":[\"0000000000000abc\"]}," COHORT(
                                "32") "\"kind\":\"merchant\","
                                      "\"ids\":[\"0000000000000001\"]}," COHORT(
                                          "44") "\"kind\":\"legal\","
                                                "\"ids\":[\"0000000000000002\"]}]}\n");
    FILE *in = fmemopen(text, strlen(text), "r");
    assert_int_equal(counters_scan(in, settings, &scanned, error, sizeof(error)), 1);
    assert_int_equal(scanned.affected_count, 5);
    assert_true(scanned.affected[2].served);
    char *again = counters_text(settings, &scanned);
    assert_string_equal(again, text);
    counters_free(&scanned);
    fclose(in);
    free(text);
    free(again);
    rig_settings_free(settings);
}

static void test_empty_tick(void **state)
{
    (void)state;
    struct settings *settings = rig_settings(64);
    struct counters empty = {.tick = rig_at(0), .evicted = 3};
    char *text = counters_text(settings, &empty);
    assert_string_equal(
        text, "{\"tick\":\"2026-03-10T10:30:00+08:00\",\"evicted\":3,\"cells\":[],\"links\":[]}\n");
    free(text);
    rig_settings_free(settings);
}

#define TICK "{\"tick\":\"2026-03-10T10:30:02+08:00\",\"evicted\":0,"
#define CELL(province, rest)                                                                       \
    "{\"network\":\"pay\",\"link\":\"cups-a\",\"function\":\"payment\",\"province\":\"" province   \
    "\",\"site\":\"上海数据中心\",\"cohort\":\"2026-03-10T10:30:00+08:00\"" rest "}"
#define LINK(rest) "{\"link\":\"cups-a\",\"second\":\"2026-03-10T10:30:01+08:00\"" rest "}"

#define PERSONS(rest) TICK "\"cells\":[],\"links\":[],\"affected\":[" CELL("32", rest) "]}"

#define PARTIES(link, name, rest)                                                                  \
    TICK "\"cells\":[],\"links\":[],\"counterparties\":[{\"network\":\"pay\",\"link\":\"" link     \
         "\",\"function\":\"payment\",\"counterparty\":\"" name                                    \
         "\",\"cohort\":\"2026-03-10T10:30:00+08:00\"" rest "}]}"
#define CODES(rest) TICK "\"cells\":[],\"links\":[],\"codes\":[" CELL("32", "," rest) "]}"

static const struct {
    const char *what;
    const char *text;
    const char *error; // begins with this
} refusals[] = {
    {"no JSON", "hello", "line 1: not JSON"},
    {"the line is counted", TICK "\"cells\":[],\"links\":[]}\n[]",
        "line 2: a tick must be an object"},
    {"cut off", TICK "\"cells\":[" CELL("32", ""), "line 1: not JSON"},
    {"a NUL in a text", TICK "\"cells\":[" CELL("32", ",\"a\\u0000b\":1") "],\"links\":[]}",
        "line 1: not JSON"},
    {"a port that there cannot be",
        TICK "\"cells\":[],\"links\":[],\"ports\":[{\"port\":32,\"link\":\"up\"}]}",
        "line 1: 'port' must be 0 to 31 and is 32"},
    {"a port without its link", TICK "\"cells\":[],\"links\":[],\"ports\":[{\"port\":1}]}",
        "line 1: a port's link is unknown, up or down"},
    {"a port's unknown key",
        TICK "\"cells\":[],\"links\":[],\"ports\":[{\"port\":1,\"link\":\"up\",\"x\":1}]}",
        "line 1: a port has no 'x'"},
    {"a port twice",
        TICK "\"cells\":[],\"links\":[],\"ports\":[{\"port\":1,\"link\":\"up\"},{\"port\":1,"
             "\"link\":\"up\"}]}",
        "line 1: the ports are not in their order"},
    {"no tick", "{\"evicted\":0,\"cells\":[],\"links\":[]}",
        "line 1: 'tick' must be a text and is absent"},
    {"half a second",
        "{\"tick\":\"2026-03-10T10:30:02.5+08:00\",\"evicted\":0,\"cells\":[],\"links\":[]}",
        "line 1: 'tick' must be a whole second"},
    {"none merged is not said", TICK "\"merged\":0,\"cells\":[],\"links\":[]}",
        "line 1: 'merged' must be"},
    {"unknown key", TICK "\"cells\":[],\"links\":[],\"more\":1}", "line 1: a tick has no 'more'"},
    {"a key twice", TICK "\"evicted\":0,\"cells\":[],\"links\":[]}", "line 1: not JSON: duplicate"},
    {"cells absent", TICK "\"links\":[]}", "line 1: 'cells' must be an array and is absent"},
    {"a cell is no object", TICK "\"cells\":[1],\"links\":[]}",
        "line 1: 'cells' must hold objects"},
    {"unknown network", TICK "\"cells\":[{\"network\":\"pa\\u001by\"}],\"links\":[]}",
        "line 1: the settings have no network 'pa?y'"},
    {"unknown link", TICK "\"cells\":[],\"links\":[{\"link\":\"x\"}]}",
        "line 1: the settings have no link 'x'"},
    {"unknown function",
        TICK
        "\"cells\":[{\"network\":\"pay\",\"link\":\"cups-a\",\"function\":\"x\"}],\"links\":[]}",
        "line 1: network 'pay' has no function 'x'"},
    {"a province is two digits", TICK "\"cells\":[" CELL("3a", "") "],\"links\":[]}",
        "line 1: 'province' must be two digits and is '3a'"},
    {"unknown sum", TICK "\"cells\":[" CELL("32", ",\"demands\":1") "],\"links\":[]}",
        "line 1: a cell has no 'demands'"},
    {"a sum is an integer", TICK "\"cells\":[" CELL("32", ",\"demand\":1.5") "],\"links\":[]}",
        "line 1: 'demand' must be an integer and is a fraction"},
    {"a sum in range", TICK "\"cells\":[" CELL("32", ",\"demand\":2147483648") "],\"links\":[]}",
        "line 1: 'demand' must be -2147483648 to 2147483647 and is 2147483648"},
    {"a cell twice", TICK "\"cells\":[" CELL("32", "") "," CELL("32", "") "],\"links\":[]}",
        "line 1: the cells are not in their order"},
    {"cells out of order", TICK "\"cells\":[" CELL("44", "") "," CELL("32", "") "],\"links\":[]}",
        "line 1: the cells are not in their order"},
    {"a cohort in the future",
        "{\"tick\":\"2026-03-10T10:29:59+08:00\",\"evicted\":0,\"cells\":[" CELL(
            "32", "") "],\"links\":[]}",
        "line 1: a cohort is later than its tick"},
    {"bytes are not negative", TICK "\"cells\":[],\"links\":[" LINK(",\"frames\":-1") "]}",
        "line 1: 'frames' must be 0 to"},
    {"too many classes",
        TICK "\"cells\":[],\"links\":[" LINK(
            ",\"latency\":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1]") "]}",
        "line 1: 'latency' must be an array of at most 24 integers"},
    {"a person's unknown key", PERSONS(",\"name\":1,\"ids\":[\"000000000000000a\"]"),
        "line 1: affected has no 'name'"},
    {"no persons", PERSONS(",\"ids\":[]"), "line 1: 'ids' must be an array of persons"},
    {"no group", TICK "\"cells\":[],\"links\":[],\"affected\":[]}",
        "line 1: 'affected' must hold objects"},
    {"a person is a hash", PERSONS(",\"kind\":\"natural\",\"ids\":[\"6222020200112233\",\"6222\"]"),
        "line 1: a person is 16 hex digits, not all of them 0, and is '6222'"},
    {"in small letters", PERSONS(",\"kind\":\"natural\",\"ids\":[\"00000000000000AB\"]"),
        "line 1: a person is 16 hex digits, not all of them 0, and is '00000000000000AB'"},
    {"nobody", PERSONS(",\"kind\":\"natural\",\"ids\":[\"0000000000000000\"]"),
        "line 1: a person is 16 hex digits, not all"},
    {"a number is no person", PERSONS(",\"kind\":\"natural\",\"ids\":[7]"),
        "line 1: a person is 16 hex digits, not all of them 0, and is 'an integer'"},
    {"an unknown kind", PERSONS(",\"kind\":\"holder\",\"ids\":[\"000000000000000a\"]"),
        "line 1: a person's kind is natural, legal, unknown or merchant and is 'holder'"},
    {"served or not said",
        PERSONS(",\"kind\":\"natural\",\"served\":false,\"ids\":[\"000000000000000a\"]"),
        "line 1: 'served' is true or absent"},
    {"a person twice",
        PERSONS(",\"kind\":\"natural\",\"ids\":[\"000000000000000a\",\"000000000000000a\"]"),
        "line 1: the affected are not in their order"},
    {"unknown unit", TICK "\"cells\":[" CELL("32", ",\"unit\":\"x\"") "],\"links\":[]}",
        "line 1: network 'pay' has no unit 'x'"},
    {"a unit without a name", TICK "\"cells\":[" CELL("32", ",\"unit\":\"\"") "],\"links\":[]}",
        "line 1: network 'pay' has no unit ''"},
    {"a counterparty of a link without", PARTIES("cups-a", "other", ""),
        "line 1: link 'cups-a' has no counterparty 'other'"},
    {"unknown counterparty", PARTIES("pos-b", "x", ""),
        "line 1: link 'pos-b' has no counterparty 'x'"},
    {"a counterparty's unknown sum", PARTIES("pos-b", "other", ",\"demand\":1"),
        "line 1: a counterparty has no 'demand'"},
    {"unknown code", CODES("\"code\":\"77\""), "line 1: network 'pay' has no response code '77'"},
    {"a code too long", CODES("\"code\":\"5100\""),
        "line 1: network 'pay' has no response code '5100'"},
    {"a code's unknown key", CODES("\"code\":\"51\",\"failed\":1"),
        "line 1: a code has no 'failed'"},
    {"links out of order", TICK "\"cells\":[],\"links\":[" LINK("") "," LINK("") "]}",
        "line 1: the links are not in their order"},
};

static void test_refusals(void **state)
{
    (void)state;
    struct settings *settings = rig_settings(64);
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        struct counters counters = {0};
        char error[256];
        int got;
        FILE *in = tmpfile();
        fputs(refusals[i].text, in);
        rewind(in);
        while ((got = counters_scan(in, settings, &counters, error, sizeof(error))) == 1) {
            counters_free(&counters);
        }
        if (got != -1 || strncmp(error, refusals[i].error, strlen(refusals[i].error)) != 0) {
            fail_msg("%s: %d, '%s'", refusals[i].what, got, error);
        }
        assert_null(counters.cells);
        assert_null(counters.affected);
        fclose(in);
    }
    rig_settings_free(settings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_transactions),
        cmocka_unit_test(test_instants),
        cmocka_unit_test(test_print_scan_print),
        cmocka_unit_test(test_persons),
        cmocka_unit_test(test_empty_tick),
        cmocka_unit_test(test_sparse),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
