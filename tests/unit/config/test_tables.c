#include "config/tables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/unit/config/scratch.h"

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

#define NO_PROCESSING (-1)
#define NO_CONDITION  (-1)

static const struct {
    const char *what;
    int mti;
    int32_t processing;
    int condition;
    const char *id;
} cups_rows[] = {
    {"purchase", 200, 0, 0, "payment"},
    {"purchase, its answer", 210, 0, 0, "payment"},
    {"purchase, repeated", 201, 0, 0, "payment"},
    {"purchase without field 25", 200, 0, NO_CONDITION, "payment"},
    {"purchase from a credit account", 200, 3000, 0, "payment"},
    {"balance inquiry", 200, 300000, 0, "query"},
    {"balance inquiry at an ATM", 200, 300000, 2, "query"},
    {"withdrawal at an ATM", 200, 10000, 2, "withdrawal"},
    {"withdrawal from savings", 210, 11000, 2, "withdrawal"},
    {"transfer", 200, 400000, 0, "transfer"},
    {"transfer, the receiving leg", 200, 470000, 0, "transfer"},
    {"account verification", 100, 890000, 0, "verification"},
    {"account verification, its answer", 110, 890000, 0, "verification"},
    {"pre-authorization", 100, 30000, 6, "preauthorization"},
    {"pre-authorization void", 100, 200000, 6, "preauthorization_void"},
    {"completion", 200, 0, 6, "completion"},
    {"completion, its answer", 210, 0, 6, "completion"},
    {"completion void", 200, 200000, 6, "completion_void"},
    {"void", 200, 200000, 0, "void"},
    {"refund", 220, 200000, 0, "refund"},
    {"refund, its answer", 230, 200000, 0, "refund"},
    {"offline refund", 220, 200000, 69, "refund"},
    {"offline purchase", 220, 0, 0, "offline_payment"},
    {"e-cash load", 200, 600000, 91, "load"},
    {"e-cash load without its condition", 200, 600000, 0, "other"},
    {"no field 3", 200, NO_PROCESSING, 0, "other"},
    {"network management", 820, NO_PROCESSING, NO_CONDITION, "other"},
    {"reversal of a purchase", 420, 0, 0, "other"},
    {"not of this version", 1200, 0, 0, "other"},
    {"impossible MTI", 10200, 0, 0, "other"},
    {"negative MTI", -200, 0, 0, "other"},
    {"impossible processing code", 200, 1000000, 0, "other"},
    {"impossible condition", 200, 0, 100, "other"},
};

static void shipped_read(const char *name, struct function_table *ret)
{
    struct mistakes *mistakes = mistakes_new();
    bool good = function_table_read(scratch_path(name), ret, mistakes);
    mistakes_print(mistakes, stderr);
    assert_true(good);
    mistakes_free(mistakes);
}

static void test_functions_of_cups(void **state)
{
    (void)state;
    struct function_table table;
    shipped_read("tables/functions-cups.yaml", &table);
    for (size_t i = 0; i < COUNT(cups_rows); i++) {
        const char *id = function_id(&table, function_find(&table, cups_rows[i].mti,
                                                 cups_rows[i].processing, cups_rows[i].condition));
        if (strcmp(id, cups_rows[i].id) != 0) {
            fail_msg("%s: %s", cups_rows[i].what, id);
        }
    }
    size_t payment = function_find(&table, 200, 0, 0);
    assert_string_equal(function_name(&table, payment), "消费");
    assert_true(table.functions[payment].main);
    assert_string_equal(function_name(&table, table.function_count), "其他");
    function_table_free(&table);
    function_table_free(&table);
}

static void test_main_functions(void **state)
{
    (void)state;
    static const char *const main_ids[] = {
        "payment", "withdrawal", "transfer", "query", "preauthorization", "completion"};
    static const char *const files[] = {"tables/functions-cups.yaml", "tables/functions-pos.yaml"};
    for (size_t i = 0; i < COUNT(files); i++) {
        struct function_table table;
        size_t found = 0;
        shipped_read(files[i], &table);
        for (size_t j = 0; j < table.function_count; j++) {
            for (size_t k = 0; k < COUNT(main_ids); k++) {
                found += table.functions[j].main && strcmp(table.functions[j].id, main_ids[k]) == 0;
            }
        }
        assert_int_equal(found, COUNT(main_ids));
        function_table_free(&table);
    }
}

static void test_functions_of_pos(void **state)
{
    (void)state;
    struct function_table table;
    shipped_read("tables/functions-pos.yaml", &table);
    assert_string_equal(function_id(&table, function_find(&table, 200, 310000, 0)), "query");
    assert_string_equal(
        function_id(&table, function_find(&table, 220, NO_PROCESSING, NO_CONDITION)),
        "offline_payment");
    assert_string_equal(function_id(&table, function_find(&table, 200, 0, 6)), "completion");
    function_table_free(&table);
}

#define FUNCTION(matches)                                                                          \
    "functions:\n  - id: a\n    name: A\n    main: true\n    matches: " matches

static const struct {
    const char *what, *text, *sentences;
} function_mistakes[] = {
    {"good", FUNCTION("[{mti: '.200', processing: '', condition: '0.'}]\n"), ""},
    {"short MTI", FUNCTION("[{mti: '200', processing: '', condition: ''}]\n"),
        "f.yaml:5:21: mti must be empty or 4 digits or dots, found \"200\"\n"},
    {"letters", FUNCTION("[{mti: '', processing: '00xxxx', condition: ''}]\n"),
        "f.yaml:5:37: processing must be empty or 6 digits or dots, found \"00xxxx\"\n"},
    {"long condition", FUNCTION("[{mti: '', processing: '', condition: '000'}]\n"),
        "f.yaml:5:52: condition must be empty or 2 digits or dots, found \"000\"\n"},
    {"no match", FUNCTION("[]\n"), "f.yaml:5:14: matches must be 1 to 64 patterns, found 0\n"},
    {"no function", "functions: []\n", "f.yaml:1:12: functions must be 1 to 250, found 0\n"},
    {"the id of the rest",
        "functions:\n  - {id: other, name: A, main: true, matches: [{mti: '', processing: '', "
        "condition: ''}]}\n",
        "f.yaml:2:10: id must not be \"other\"\n"},
    {"a limit and a batch",
        "functions:\n  - {id: a, name: A, main: false, time_limit: 5s, batch: true, matches: "
        "[{mti: '', processing: '', condition: ''}]}\n",
        ""},
    {"a batch that is main",
        "functions:\n  - {id: a, name: A, main: true, batch: true, matches: [{mti: '', processing: "
        "'', condition: ''}]}\n",
        "f.yaml:2:41: a batch function cannot be main\n"},
    {"a limit of none",
        "functions:\n  - {id: a, name: A, main: true, time_limit: 0s, matches: [{mti: '', "
        "processing: "
        "'', condition: ''}]}\n",
        "f.yaml:2:46: time_limit must be 100ms to 10min, found \"0s\"\n"},
    {"duplicate id",
        FUNCTION(
            "[{mti: '', processing: '', condition: ''}]\n") "  - {id: a, name: B, main: "
                                                            "false, matches: [{mti: '', "
                                                            "processing: '', condition: ''}]}\n",
        "f.yaml:6:10: duplicate function id \"a\"\n"},
};

static void test_function_mistakes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(function_mistakes); i++) {
        struct mistakes *mistakes = mistakes_new();
        struct function_table table;
        const char *text = function_mistakes[i].text;
        bool good =
            function_table_read(scratch_write("f.yaml", text, strlen(text)), &table, mistakes);
        char *sentences = scratch_sentences(mistakes);
        if (strcmp(sentences, function_mistakes[i].sentences) != 0 || good != (*sentences == 0)) {
            fail_msg("%s: %s", function_mistakes[i].what, sentences);
        }
        free(sentences);
        function_table_free(&table);
        mistakes_free(mistakes);
    }
}

static void test_wildcards(void **state)
{
    (void)state;
    static const char text[] = FUNCTION(
        "[{mti: '.2..', processing: '....11', condition: '.5'}]\n") "  - {id: rest, name: R, main: "
                                                                    "false, matches: [{mti: '', "
                                                                    "processing: '', "
                                                                    "condition: ''}]}\n";
    struct mistakes *mistakes = mistakes_new();
    struct function_table table;
    assert_true(function_table_read(scratch_write("f.yaml", text, strlen(text)), &table, mistakes));
    assert_int_equal(function_find(&table, 1230, 987611, 75), 0);
    assert_int_equal(function_find(&table, 1230, 987612, 75), 1);
    assert_int_equal(function_find(&table, 1230, 987611, 76), 1);
    assert_int_equal(function_find(&table, 1130, 987611, 75), 1);
    assert_int_equal(function_find(&table, 1230, NO_PROCESSING, 75), 1);
    assert_int_equal(function_find(&table, 0, NO_PROCESSING, NO_CONDITION), 1);
    function_table_free(&table);
    mistakes_free(mistakes);
}

// Open patterns stand in every group of rows: a table of nothing else must not fill the memory.
static void test_too_many_open_patterns(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    fputs("functions:\n", out);
    for (int i = 0; i < 20; i++) {
        fprintf(out, "  - id: f%d\n    name: F\n    main: true\n    matches:\n", i);
        for (int j = 0; j < 64; j++) {
            fputs("      - {mti: '', processing: '', condition: ''}\n", out);
        }
    }
    fclose(out);
    struct mistakes *mistakes = mistakes_new();
    struct function_table table;
    assert_false(function_table_read(scratch_write("f.yaml", text, size), &table, mistakes));
    char *sentences = scratch_sentences(mistakes);
    assert_string_equal(sentences,
        "f.yaml:2:3: too many patterns leave the class of the MTI or the start of field 3 open\n");
    assert_int_equal(function_find(&table, 200, 0, 0), 20); // no match, and no fault
    free(sentences);
    free(text);
    function_table_free(&table);
    mistakes_free(mistakes);
}

// Every row of protocols' table of CUPS answers, and those of 1993 that it classifies.
static const struct {
    const char *file, *codes;
    enum verdict verdict;
} code_rows[] = {
    {"tables/response-codes-cups.yaml", "00 10 11 16 A2 A4 A5 A6 Y1 Y3", VERDICT_SUCCEEDED},
    {"tables/response-codes-cups.yaml",
        "01 02 03 04 05 07 12 13 14 15 17 21 22 23 25 33 34 35 36 37 38 39 40 41 42 43 44 45 51 "
        "52 53 54 55 56 57 58 59 60 61 62 63 64 65 66 67 75 77 93 94 97 A1 A3 A8 B1",
        VERDICT_DECLINED},
    {"tables/response-codes-cups.yaml", "06 19 20 30 31 68 91 92 96 98 99 A0 A7 A9 C1 a0",
        VERDICT_FAILED},
    {"tables/response-codes-cups.yaml", "09", VERDICT_PENDING},
    {"tables/response-codes-cups.yaml", "90", VERDICT_PLANNED},
    {"tables/response-codes-cups.yaml", "95 D1 D2 D3 D4", VERDICT_EXCLUDED},
    {"tables/response-codes-1993.yaml", "000 400 800", VERDICT_SUCCEEDED},
    {"tables/response-codes-1993.yaml", "100 116 117 200 208 913 914", VERDICT_DECLINED},
    {"tables/response-codes-1993.yaml", "904 907 908 909 910 911 912", VERDICT_FAILED},
    {"tables/response-codes-1993.yaml", "300 500 600 700", VERDICT_EXCLUDED},
    {"tables/response-codes-1993.yaml", "906", VERDICT_PLANNED},
};

static void test_response_codes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(code_rows); i++) {
        struct mistakes *mistakes = mistakes_new();
        struct response_codes codes;
        assert_true(response_codes_read(scratch_path(code_rows[i].file), &codes, mistakes));
        size_t width = strcspn(code_rows[i].codes, " ");
        for (const char *at = code_rows[i].codes; *at != '\0';
             at += at[width] == '\0' ? width : width + 1) {
            const struct response_code *code =
                response_code_find(&codes, response_code_number((const uint8_t *)at, width));
            if (code == NULL || code->verdict != code_rows[i].verdict) {
                fail_msg("%.*s of %s", (int)width, at, code_rows[i].file);
            }
            bool degraded = width == 2 && at[0] == 'A' && strchr("2456", at[1]) != NULL;
            assert_int_equal(code->degraded, degraded);
            assert_true(*code->meaning != '\0');
        }
        assert_null(response_code_find(&codes, response_code_number((const uint8_t *)"ZZ", 2)));
        assert_null(response_code_find(&codes, -1));
        assert_null(response_code_find(&codes, RESPONSE_CODE_NUMBERS));
        assert_int_equal(codes.unlisted, VERDICT_DECLINED);
        response_codes_free(&codes);
        mistakes_free(mistakes);
    }
}

static void test_response_code_numbers(void **state)
{
    (void)state;
    static bool seen[RESPONSE_CODE_NUMBERS];
    static const char characters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    int distinct = 0;
    for (int i = 0; i < 36 * 36 * 36; i++) {
        const uint8_t text[3] = {(uint8_t)characters[i / 1296], (uint8_t)characters[i / 36 % 36],
            (uint8_t)characters[i % 36]};
        for (size_t length = i < 36 * 36 ? 2 : 3; length < 4; length++) {
            int number = response_code_number(text + 3 - length, length);
            assert_in_range(number, 0, RESPONSE_CODE_NUMBERS - 1);
            distinct += !seen[number];
            seen[number] = true;
        }
    }
    assert_int_equal(distinct, RESPONSE_CODE_NUMBERS);
    assert_int_equal(response_code_number((const uint8_t *)"0", 1), -1);
    assert_int_equal(response_code_number((const uint8_t *)"0000", 4), -1);
    assert_int_equal(response_code_number((const uint8_t *)"0 ", 2), -1);
    assert_int_equal(response_code_number((const uint8_t *)"\xff\xff", 2), -1);
    assert_int_equal(response_code_number((const uint8_t *)"[0", 2), -1);
    assert_int_equal(response_code_number((const uint8_t *)"{0", 2), -1);
}

static void test_response_code_mistakes(void **state)
{
    (void)state;
    static const char text[] = "name: x\nunlisted: failed\ncodes:\n"
                               "  - {code: '0', meaning: a, verdict: succeeded}\n"
                               "  - {code: 'A0', meaning: a, verdict: succeeded}\n"
                               "  - {code: 'a0', meaning: a, verdict: fine}\n";
    struct mistakes *mistakes = mistakes_new();
    struct response_codes codes;
    assert_false(
        response_codes_read(scratch_write("c.yaml", text, strlen(text)), &codes, mistakes));
    char *sentences = scratch_sentences(mistakes);
    assert_string_equal(sentences,
        "c.yaml:4:12: code must be two or three letters or digits, found \"0\"\n"
        "c.yaml:6:12: duplicate code \"a0\"\n"
        "c.yaml:6:39: verdict must be one of succeeded, declined, failed, pending, planned, "
        "excluded, throttled, found \"fine\"\n");
    free(sentences);
    response_codes_free(&codes);
    mistakes_free(mistakes);
}

static void test_regions(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        int code, province;
        bool listed;
    } rows[] = {
        {"Shanghai", 2900, 31, true},
        {"Hong Kong", 1081, 81, true},
        {"Macau", 1082, 82, true},
        {"Beijing", 1000, 11, true},
        {"prefix 10, unlisted", 1083, 11, false},
        {"Jinan, not Baise", 4510, 37, true},
        {"Chongqing, old Sichuan range", 6530, 50, true},
        {"Chongqing", 6670, 50, true},
        {"prefix 31, unlisted", 3199, 32, false},
        {"prefix 21 has no row", 2199, 21, false},
        {"prefix 69, old Chongqing", 6900, 50, false},
        {"prefix 65 needs the full code", 6536, 0, false},
        {"prefix 66 needs the full code", 6699, 0, false},
        {"prefix 68 needs the full code", 6899, 0, false},
        {"prefix 90", 9099, 65, false},
        {"no such prefix", 9999, 0, false},
        {"head office", 0, 0, false},
    };
    static struct regions regions;
    struct mistakes *mistakes = mistakes_new();
    assert_true(regions_read(scratch_path("tables/regions.tsv"), &regions, mistakes));
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (regions.pboc[rows[i].code] != rows[i].province ||
            regions.pboc_listed[rows[i].code] != rows[i].listed) {
            fail_msg("%s: %d", rows[i].what, regions.pboc[rows[i].code]);
        }
    }
    int listed = 0, provinces = 0;
    for (int i = 0; i < 10000; i++) {
        listed += regions.pboc_listed[i];
    }
    for (int i = 0; i < PROVINCES; i++) {
        provinces += regions.province[i];
    }
    assert_int_equal(listed, 2177);
    assert_int_equal(provinces, 34);
    assert_string_equal(province_name(32), "江苏省");
    assert_string_equal(province_name(0), "未知");
    assert_string_equal(province_name(PROVINCE_NATIONAL), "全国性机构");
    assert_false(regions.province[PROVINCE_NATIONAL]); // no code of a message says so
    assert_string_equal(province_name(98), "未知");
    assert_string_equal(province_name(255), "未知");
    mistakes_free(mistakes);
}

#define REGIONS "region_code\tcity\tprovince_gbt2260\tprovince_name\n"

static void test_region_mistakes(void **state)
{
    (void)state;
    static const struct {
        const char *what, *text, *sentences;
    } rows[] = {
        {"good, with CR LF and an empty line",
            "\xef\xbb\xbfregion_code\tcity\tprovince_gbt2260\tprovince_name\r\n\r\n"
            "2900\tx\t31\ty\r\n",
            ""},
        {"empty", "",
            "r.tsv:1:1: the first line must be \"region_code?city?province_gbt2260?province_name\" "
            "(tabs between)\n"},
        {"another header", "a\tb\n",
            "r.tsv:1:1: the first line must be \"region_code?city?province_gbt2260?province_name\" "
            "(tabs between)\n"},
        {"cells", REGIONS "2900\tx\t31\n\n2901\tx\t31\ty\tz\t1\t2\t3\t4\t5\n",
            "r.tsv:2:1: a line must have 4 cells, found 3\n"
            "r.tsv:4:1: a line must have 4 cells, found 10\n"},
        {"code", REGIONS "290\tx\t31\ty\n",
            "r.tsv:2:1: a region code must be four digits, found \"290\"\n"},
        {"province", REGIONS "2900\tx\t30\ty\n2901\tx\t3\ty\n",
            "r.tsv:2: a province must be two digits of GB/T 2260, found \"30\"\n"
            "r.tsv:3: a province must be two digits of GB/T 2260, found \"3\"\n"},
        {"duplicate", REGIONS "2900\tx\t31\ty\n2900\tx\t31\ty",
            "r.tsv:3:1: duplicate region code 2900\n"},
    };
    static struct regions regions;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mistakes *mistakes = mistakes_new();
        bool good = regions_read(
            scratch_write("r.tsv", rows[i].text, strlen(rows[i].text)), &regions, mistakes);
        char *sentences = scratch_sentences(mistakes);
        if (strcmp(sentences, rows[i].sentences) != 0 || good != (*sentences == '\0')) {
            fail_msg("%s: %s", rows[i].what, sentences);
        }
        free(sentences);
        mistakes_free(mistakes);
    }
}

static uint8_t override_find(
    const struct province_overrides *overrides, int field, const char *value)
{
    return province_overrides_find(overrides, field, (const uint8_t *)value, strlen(value));
}

static void test_overrides(void **state)
{
    (void)state;
    static const char text[] =
        "field\tprefix\tprovince\n42\t8983401\t34\n42\t898\t32\n"
        "32\t0306\t11\n32\t0110\t99\n42\t89834010000\t33\n33\t1234567890123456789\t46\n";
    struct mistakes *mistakes = mistakes_new();
    struct province_overrides overrides;
    assert_true(
        province_overrides_read(scratch_write("o.tsv", text, strlen(text)), &overrides, mistakes));
    assert_int_equal(overrides.count, 6);
    assert_int_equal(overrides.rows[0].field, 32);
    assert_int_equal(overrides.rows[3].prefix_length, 11); // the longest of a field first
    assert_int_equal(overrides.rows[5].prefix_length, 3);
    assert_int_equal(override_find(&overrides, 42, "898340154110001"), 34);
    assert_int_equal(override_find(&overrides, 42, "898340100000001"), 33);
    assert_int_equal(override_find(&overrides, 42, "898290054110001"), 32);
    assert_int_equal(override_find(&overrides, 42, "898"), 32);
    assert_int_equal(override_find(&overrides, 42, "89"), 0);
    assert_int_equal(override_find(&overrides, 42, ""), 0);
    assert_int_equal(override_find(&overrides, 32, "03062900"), 11);
    assert_int_equal(override_find(&overrides, 33, "03062900"), 0);
    assert_int_equal(override_find(&overrides, 33, "12345678901234567890123"), 46);
    assert_int_equal(override_find(&overrides, 32, "0110"), PROVINCE_NATIONAL);
    assert_int_equal(override_find(&overrides, 298, "898"), 0);
    province_overrides_free(&overrides);
    assert_int_equal(override_find(&overrides, 42, "898"), 0);
    mistakes_free(mistakes);
}

static void test_override_mistakes(void **state)
{
    (void)state;
    static const char text[] = "field\tprefix\tprovince\n41\t1\t31\n42\t\t31\n"
                               "42\t12345678901234567890\t31\n42\t1\t98\n42\t2\t31\n42\t2\t32\n";
    struct mistakes *mistakes = mistakes_new();
    struct province_overrides overrides;
    assert_false(
        province_overrides_read(scratch_write("o.tsv", text, strlen(text)), &overrides, mistakes));
    char *sentences = scratch_sentences(mistakes);
    assert_string_equal(sentences,
        "o.tsv: duplicate prefix \"2\" of field 42\n"
        "o.tsv:2:1: a field must be 42, 32 or 33, found \"41\"\n"
        "o.tsv:3: a prefix must be 1 to 19 characters, found 0\n"
        "o.tsv:4: a prefix must be 1 to 19 characters, found 20\n"
        "o.tsv:5: a province must be two digits of GB/T 2260, found \"98\"\n");
    free(sentences);
    province_overrides_free(&overrides);
    mistakes_free(mistakes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_functions_of_cups),
        cmocka_unit_test(test_functions_of_pos),
        cmocka_unit_test(test_main_functions),
        cmocka_unit_test(test_function_mistakes),
        cmocka_unit_test(test_wildcards),
        cmocka_unit_test(test_too_many_open_patterns),
        cmocka_unit_test(test_response_codes),
        cmocka_unit_test(test_response_code_numbers),
        cmocka_unit_test(test_response_code_mistakes),
        cmocka_unit_test(test_regions),
        cmocka_unit_test(test_region_mistakes),
        cmocka_unit_test(test_overrides),
        cmocka_unit_test(test_override_mistakes),
    };
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
