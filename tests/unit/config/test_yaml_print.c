#include "config/yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/unit/config/sample.h"

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static char *print(const struct sample *sample, bool with_help)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    yaml_print(out, &sample_schema, sample, with_help);
    fclose(out);
    return text;
}

static void test_print_is_a_fixed_point(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "a", "true", "No", "null", "~", "5", "-5", "0x1f",
        "1e3", ".5", "1_000", "12:30:45", "2026-03-10", "a: b", "a:b", "a #b", "#a", " a", "a ",
        "- a", "-", "?", "[a", "a, b", "{a", "&a", "*a", "!a", "|", ">", "%a", "@a", "`a", "'a",
        "\"a\"", "\\", "a\nb", "\n", "\t", "\r", "a\r\nb", "\x01", "\x1b", "\x7f", "网上支付系统",
        "业务（测试）", "\xc2\x85", "\xc2\xa0", "\xe2\x80\xa8", "\xe2\x80\xa9", "\xef\xbb\xbf",
        "\xef\xbf\xbe", "\xf0\x9f\x92\xb3", "---", "...", "<<", "=", "/var/lib", "a/b.yaml"};
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct mistakes *mistakes = mistakes_new();
        struct inner records[] = {{(char *)(uintptr_t)texts[i], 4}, {(char *)(uintptr_t) "y", 3}};
        char *list[] = {records[0].name, records[1].name};
        int64_t integers[] = {INT64_MIN, -1, 0, INT64_MAX}, choices[] = {GREEN};
        struct hours hour_list[] = {{0, 3600}};
        struct sample sample = {.text = records[0].name,
            .integer = -5,
            .duration_ns = 1500000000,
            .choice = BLUE,
            .parsed = {32400, 36000},
            .inner = records[1],
            .texts = list,
            .text_count = 2,
            .integers = integers,
            .integer_count = 4,
            .choices = choices,
            .choice_count = 1,
            .parseds = hour_list,
            .parsed_count = i % 2,
            .records = records,
            .record_count = 2};
        for (int with_help = 0; with_help < 2; with_help++) {
            struct sample back;
            char *once = print(&sample, with_help);
            if (!sample_read(once, &back, mistakes) || strcmp(back.text, texts[i]) != 0 ||
                strcmp(back.texts[0], texts[i]) != 0 ||
                strcmp(back.records[0].name, texts[i]) != 0) {
                mistakes_print(mistakes, stderr);
                fail_msg("text %zu came back differently from:\n%s", i, once);
            }
            char *twice = print(&back, with_help);
            assert_string_equal(once, twice);
            free(once);
            free(twice);
            yaml_free(&sample_schema, &back);
        }
        mistakes_free(mistakes);
    }
}

static void test_print_shape(void **state)
{
    (void)state;
    struct mistakes *mistakes = mistakes_new();
    struct sample sample;
    assert_true(sample_read(sample_text(1, "text: 网络\n"), &sample, mistakes));
    char *text = print(&sample, false);
    assert_string_equal(text, "text: 网络\ninteger: 5\nduration: 30s\nboolean: true\nchoice: red\n"
                              "parsed: \"09:00-10:00\"\ninner:\n  name: x\ntexts: [a, b]\n"
                              "integers: [1, -2]\nchoices: [red, blue]\n"
                              "parseds: [\"00:00-24:00\"]\nrecords:\n  - name: \"y\"\n"
                              "  - name: z\n    size: 4\n");
    free(text);
    text = print(&sample, true);
    assert_non_null(strstr(text, "# A number (bytes, -5 to 10)\ninteger: 5\n"));
    assert_non_null(strstr(text, "# A duration (1s to 1min)\nduration: 30s\n"));
    assert_non_null(strstr(text, "# A colour (red, green, blue)\nchoice: red\n"));
    free(text);
    yaml_free(&sample_schema, &sample);
    mistakes_free(mistakes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_print_is_a_fixed_point),
        cmocka_unit_test(test_print_shape),
    };
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
