// What is read: interruptions as JSON lines, rule books as YAML; and what is printed reads back.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/judgement/judgement.h"

#include <cmocka.h>

#define WHO  "\"network\":\"pay\",\"function\":\"payment\",\"province\":\"32\""
#define FROM "\"from\":\"2026-03-10T10:00:00+08:00\""
#define TO   "\"to\":\"2026-03-10T10:30:00+08:00\""
#define GOOD "{" WHO "," FROM "," TO "}\n"

static char *unit_names[] = {(char[]){"shard-1"}, (char[]){"shard-2"}};
static const struct label_table units = {.names = unit_names, .count = 2};

static int scan(const char *text, struct interruption *ret, char error[static 400])
{
    struct fixture fixture;
    struct interruption one = {0};
    fixture_init(&fixture);
    fixture.network.units = units;
    char *copy = strdup(text);
    FILE *in = fmemopen(copy, strlen(text) + (text[0] == '\0'), "r");
    int result;
    while ((result = interruption_scan(in, &fixture.settings, &one, error, 400)) == 1) {
        *ret = one;
    }
    fclose(in);
    free(copy);
    return result;
}

static void test_interruptions_are_refused_with_their_line(void **state)
{
    (void)state;
    static const struct {
        const char *what, *text, *sentence; // NULL: fine
    } rows[] = {
        {"minimal", GOOD, NULL},
        {"ongoing without an end", "{" WHO "," FROM ",\"ongoing\":true}\n", NULL},
        {"blank lines", "\n  \n" GOOD "\n", NULL},
        {"no JSON", GOOD "what\n", "line 2: a line is one JSON object, not \"what"},
        {"a list", "[1]\n", "line 1: a line is one JSON object"},
        {"twice the same key", "{" WHO "," FROM "," FROM "," TO "}\n",
            "line 1: a line is one JSON"},
        {"unknown key", "{" WHO ",\"form\":1," FROM "," TO "}\n", "has no key \"form\""},
        {"no network", "{" FROM "," TO "}\n", "network is the id"},
        {"network", "{\"network\":\"x\"," FROM "," TO "}\n", "not \"x\""},
        {"function", GOOD "{\"network\":\"pay\",\"function\":\"x\",\"province\":\"32\"}\n",
            "line 2: function is the id"},
        {"usual", "{" WHO "," FROM "," TO ",\"usual\":{\"known\":0,\"failed\":0}}\n", "usual says"},
        {"unit", "{" WHO ",\"unit\":\"x\"}\n", "unit is the name of a unit of network pay"},
        {"unit of an interruption", "{" WHO ",\"unit\":\"shard-1\"}\n", "impairments only"},
        {"province", "{\"network\":\"pay\",\"function\":\"payment\",\"province\":\"98\"}\n",
            "province is a GB/T 2260 code"},
        {"province as number", "{\"network\":\"pay\",\"function\":\"payment\",\"province\":32}\n",
            "province is a GB/T 2260 code"},
        {"from", "{" WHO ",\"from\":\"ten\"," TO "}\n",
            "from is an RFC 3339 instant to the millisecond, not \"ten\""},
        {"from in microseconds", "{" WHO ",\"from\":\"2026-03-10T10:00:00.000001+08:00\"," TO "}\n",
            "to the millisecond"},
        {"no end", "{" WHO "," FROM "}\n", "without an end"},
        {"backwards", "{" WHO "," FROM ",\"to\":\"2026-03-10T10:00:00+08:00\"}\n",
            "not after from"},
        {"a year long", "{" WHO "," FROM ",\"to\":\"2027-03-10T10:00:00+08:00\"}\n",
            "at most 31 days long"},
        {"ongoing", "{" WHO "," FROM "," TO ",\"ongoing\":1}\n", "ongoing is true or false"},
        {"loss", "{" WHO "," FROM "," TO ",\"loss\":5}\n", "loss is an object"},
        {"demand", "{" WHO "," FROM "," TO ",\"loss\":{\"demand\":-1}}\n", "demand is a number"},
        {"kind", "{" WHO "," FROM "," TO ",\"kind\":\"x\"}\n", "kind is interruption or"},
        {"assumes a text", "{" WHO "," FROM "," TO ",\"assumes\":\"codes\"}\n",
            "assumes is a list"},
        {"assumes nothing known", "{" WHO "," FROM "," TO ",\"assumes\":[\"x\"]}\n",
            "not of \"x\""},
        {"assumes a number", "{" WHO "," FROM "," TO ",\"assumes\":[5]}\n", "not of \"\""},
        {"an edge of more than a bucket", "{" WHO "," FROM "," TO ",\"edge_after_ms\":60001}\n",
            "an edge is a bucket, at most 60000 ms"},
        {"calm", "{" WHO "," FROM "," TO ",\"calm_at\":\"soon\"}\n", "calm_at is an RFC 3339"},
        {"basis", "{" WHO "," FROM "," TO ",\"basis\":\"x\"}\n",
            "basis is table, median8, yearly or attempts"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct interruption one;
        char error[400] = "";
        int result = scan(rows[i].text, &one, error);
        bool expected = rows[i].sentence == NULL ? result == 0 && error[0] == '\0'
                                                 : result == -1 && strstr(error, rows[i].sentence);
        if (!expected) {
            fail_msg("%s: %d %s", rows[i].what, result, error);
        }
    }
}

static void test_interruption_reads_back(void **state)
{
    (void)state;
    struct fixture fixture;
    struct interruption one, back;
    char error[400], *text = NULL;
    size_t size = 0;
    fixture_init(&fixture);
    fixture.network.units = units;
    assert_int_equal(scan(GOOD, &one, error), 0);
    assert_int_equal(one.in_peak_ms, 1800000);
    assert_int_equal(loss_ratio_x10000(&one.loss), 10000);
    one.loss = (struct loss){6000500, 3000, 1740, 7, 1253, 3000500, 987};
    one.basis = BASIS_ATTEMPTS;
    one.unknown_ns = 20 * NS_PER_S;
    one.usual = (struct usual){4000, 12, true};
    one.undeterminable = true;
    one.kind = OUTAGE_IMPAIRMENT;
    one.nationwide = true;
    one.unit = 2;
    one.assumes = ASSUMES_LITERAL | ASSUMES_EXTERNAL;
    one.edge_before_ns = 10 * NS_PER_S;
    one.edge_after_ns = 5 * NS_PER_S;
    one.calm_at = at("11:00:10");
    FILE *out = open_memstream(&text, &size);
    interruption_print(out, &fixture.settings, &one);
    fclose(out);
    assert_int_equal(scan(text, &back, error), 0);
    assert_memory_equal(&one.loss, &back.loss, sizeof(one.loss));
    assert_int_equal(back.from.ns, one.from.ns);
    assert_int_equal(back.usual.known, 4000);
    assert_int_equal(back.usual.failed, 12);
    assert_true(back.usual.learned);
    assert_int_equal(back.to.ns, one.to.ns);
    assert_int_equal(back.unknown_ns, one.unknown_ns);
    assert_true(back.undeterminable && back.nationwide);
    assert_int_equal(interruption_compare_kinds(&one, &back), 0);
    assert_int_equal(back.edge_before_ns, one.edge_before_ns);
    assert_int_equal(back.edge_after_ns, one.edge_after_ns);
    assert_int_equal(back.calm_at.ns, one.calm_at.ns);
    assert_int_equal(back.basis, BASIS_ATTEMPTS);
    free(text);
}

#define BOOK                                                                                       \
    "id: x\ntitle: t\nregulator: r\nversion: \"1\"\neffective_from: \"2025-08-01\"\ndomain: "      \
    "pboc\n"                                                                                       \
    "verified: true\nfirst_report: 1h\nfirst_report_cii: 1h\napproved_by: \"\"\n"                  \
    "approved_on: \"\"\nnext_review: \"\"\nclauses:\n"
#define CLAUSE(id, metric, least)                                                                  \
    "  - {id: " id ", article: a, phrase: p, grade: larger, metric: " metric                       \
    ", scope: any, provinces: 1, in_peak: false, at_least: " least "}\n"

static void test_rulebook_mistakes(void **state)
{
    (void)state;
    static const struct {
        const char *what, *text, *sentence;
    } rows[] = {
        {"well", BOOK CLAUSE("a", "outage", "15min") CLAUSE("b", "natural_persons", "10"), NULL},
        {"a count for a duration", BOOK CLAUSE("a", "outage", "15"), "is a duration such as"},
        {"a duration for a count", BOOK CLAUSE("a", "legal_persons", "15min"),
            "at_least of metric legal_persons is a count"},
        {"zero", BOOK CLAUSE("a", "outage", "0s"), "above zero"},
        {"microseconds", BOOK CLAUSE("a", "outage", "1us"), "whole milliseconds"},
        {"twice", BOOK CLAUSE("a", "outage", "1s") CLAUSE("a", "outage", "2s"), "is unique"},
        {"metric", BOOK CLAUSE("a", "rain", "1s"), "metric"},
        {"none", BOOK "  []\n", "1 to 64 clauses"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct mistakes *mistakes = mistakes_new();
        char path[] = "/tmp/rulebook-XXXXXX", *text = NULL;
        size_t size = 0;
        int fd = mkstemp(path);
        assert_int_equal(
            write(fd, rows[i].text, strlen(rows[i].text)), (ssize_t)strlen(rows[i].text));
        close(fd);
        struct rulebook *book = rulebook_read(path, mistakes);
        FILE *out = open_memstream(&text, &size);
        mistakes_print(mistakes, out);
        fclose(out);
        bool expected = rows[i].sentence == NULL ? book != NULL && size == 0
                                                 : book == NULL && strstr(text, rows[i].sentence);
        if (!expected) {
            fail_msg("%s: %s", rows[i].what, text);
        }
        rulebook_free(book);
        free(text);
        mistakes_free(mistakes);
        unlink(path);
    }
}

// The shipped rule book holds exactly what arts. 7 to 10 say.
static void test_rulebook_is_the_rule(void **state)
{
    (void)state;
    static const struct {
        const char *id;
        int grade, metric, provinces;
        bool in_peak;
        int scope;
        int64_t at_least;
    } rows[] = {
        {"7(1)(1)", 4, METRIC_OUTAGE, 2, true, SCOPE_SPECIAL_CLASS, 180 * 60000},
        {"7(1)(2)", 4, METRIC_OUTAGE, 1, true, SCOPE_SPECIAL_CLASS, 360 * 60000},
        {"7(2)(1)", 4, METRIC_NATURAL_PERSONS, 1, false, SCOPE_FINANCIAL_SERVICE, 10000000},
        {"7(2)(2)", 4, METRIC_LEGAL_PERSONS, 1, false, SCOPE_FINANCIAL_SERVICE, 1000000},
        {"7(3)", 4, METRIC_CORE_HARMED, 1, false, SCOPE_ANY, 1},
        {"7(4)(1)", 4, METRIC_SENSITIVE_LEAKED, 1, false, SCOPE_ANY, 10000000},
        {"7(4)(2)", 4, METRIC_PERSONAL_LEAKED, 1, false, SCOPE_ANY, 100000000},
        {"7(5)", 4, METRIC_NOTICE, 1, false, SCOPE_ANY, 1},
        {"7(6)", 4, METRIC_PBOC_NOTICE, 1, false, SCOPE_ANY, 1},
        {"8(1)(1)", 3, METRIC_OUTAGE, 2, true, SCOPE_SPECIAL_CLASS, 90 * 60000},
        {"8(1)(2)", 3, METRIC_OUTAGE, 1, true, SCOPE_SPECIAL_CLASS, 180 * 60000},
        {"8(2)(1)", 3, METRIC_NATURAL_PERSONS, 1, false, SCOPE_FINANCIAL_SERVICE, 1000000},
        {"8(2)(2)", 3, METRIC_LEGAL_PERSONS, 1, false, SCOPE_FINANCIAL_SERVICE, 100000},
        {"8(3)", 3, METRIC_IMPORTANT_HARMED, 1, false, SCOPE_ANY, 1},
        {"8(4)(1)", 3, METRIC_SENSITIVE_LEAKED, 1, false, SCOPE_ANY, 1000000},
        {"8(4)(2)", 3, METRIC_PERSONAL_LEAKED, 1, false, SCOPE_ANY, 10000000},
        {"8(5)", 3, METRIC_NOTICE, 1, false, SCOPE_ANY, 1},
        {"8(6)", 3, METRIC_PBOC_NOTICE, 1, false, SCOPE_ANY, 1},
        {"9(1)(1)", 2, METRIC_OUTAGE, 2, true, SCOPE_SPECIAL_CLASS, 15 * 60000},
        {"9(1)(2)", 2, METRIC_OUTAGE, 1, true, SCOPE_SPECIAL_CLASS, 30 * 60000},
        {"9(2)(1)", 2, METRIC_NATURAL_PERSONS, 1, false, SCOPE_FINANCIAL_SERVICE, 100000},
        {"9(2)(2)", 2, METRIC_LEGAL_PERSONS, 1, false, SCOPE_FINANCIAL_SERVICE, 5000},
        {"9(3)(1)", 2, METRIC_CREDIT_LEAKED, 1, false, SCOPE_ANY, 500},
        {"9(3)(2)", 2, METRIC_PERSONAL_LEAKED, 1, false, SCOPE_ANY, 50000},
        {"9(4)", 2, METRIC_RANSOMWARE, 1, false, SCOPE_ANY, 1},
        {"9(5)", 2, METRIC_NOTICE, 1, false, SCOPE_ANY, 1},
        {"10(1)", 1, METRIC_OUTAGE, 1, false, SCOPE_FINANCIAL_SERVICE, 30 * 60000},
        {"10(2)(1)", 1, METRIC_NATURAL_PERSONS, 1, false, SCOPE_FINANCIAL_SERVICE, 10000},
        {"10(2)(2)", 1, METRIC_LEGAL_PERSONS, 1, false, SCOPE_FINANCIAL_SERVICE, 1000},
        {"10(3)", 1, METRIC_IMPAIRED, 1, false, SCOPE_ANY, 60 * 60000},
        {"10(4)", 1, METRIC_DATA_HARMED, 1, false, SCOPE_ANY, 1},
        {"10(5)", 1, METRIC_PERSONAL_HARMED, 1, false, SCOPE_ANY, 1},
        {"10(6)", 1, METRIC_NOTICE, 1, false, SCOPE_ANY, 1},
        {"12(1)", 2, METRIC_UNDETERMINABLE, 1, false, SCOPE_ANY, 30},
    };
    struct fixture fixture;
    struct mistakes *mistakes = mistakes_new();
    fixture_init(&fixture);
    struct rulebook *book = rulebook_read(fixture.rulebook_path, mistakes);
    mistakes_print(mistakes, stderr);
    assert_non_null(book);
    assert_string_equal(book->effective_from, "2025-08-01");
    assert_int_equal(book->clause_count, sizeof(rows) / sizeof(rows[0]));
    for (size_t i = 0; i < book->clause_count; i++) {
        const struct clause *clause = &book->clauses[i];
        assert_string_equal(clause->id, rows[i].id);
        assert_int_equal(clause->grade, rows[i].grade);
        assert_int_equal(clause->metric, rows[i].metric);
        assert_int_equal(clause->provinces, rows[i].provinces);
        assert_int_equal(clause->in_peak, rows[i].in_peak);
        assert_int_equal(clause->scope, rows[i].scope);
        assert_int_equal(clause->at_least, rows[i].at_least);
    }
    rulebook_free(book);
    mistakes_free(mistakes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_interruptions_are_refused_with_their_line),
        cmocka_unit_test(test_interruption_reads_back),
        cmocka_unit_test(test_rulebook_mistakes),
        cmocka_unit_test(test_rulebook_is_the_rule),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
