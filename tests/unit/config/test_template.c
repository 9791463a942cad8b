// Templates of documents: what they print, and every mistake with its place.
#include "config/template.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/unit/config/scratch.h"

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct template_name columns[] = {
    {.name = "item", .help = "名称"}, {.name = "value", .help = "内容"}, {0}};
static const struct template_name names[] = {
    {.name = "banner", .help = "横幅", .required = true},
    {.name = "title", .help = "标题"},
    {.name = "empty", .help = "空"},
    {.name = "lines", .help = "多行"},
    {.name = "items", .help = "内容", .columns = columns},
    {.name = "none", .help = "无", .columns = columns},
    {0},
};
static const char *const cells[] = {"等级", "较大", "{{banner}}", ""};
static const struct template_value values[] = {{.text = "草稿"}, {.text = "简报"}, {.text = ""},
    {.text = "一\n二\n"}, {.row_count = 2, .cells = cells}, {.row_count = 0}};

static struct template *read_text(const char *text, struct mistakes *mistakes)
{
    return template_read(scratch_write("t.txt", text, strlen(text)), names, mistakes);
}

static char *printed(const struct template *template)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    template_print(out, template, values);
    fclose(out);
    return text;
}

static void test_what_a_template_prints(void **state)
{
    (void)state;
    static const struct {
        const char *what, *template, *text;
    } rows[] = {
        {"values", "【{{banner}}】{{ title }}\n", "【草稿】简报\n"},
        {"nothing of an empty value", "{{banner}}({{empty}})\n", "草稿()\n"},
        {"no line of an empty value", "{{banner}}\n  {{empty}}\n.\n", "草稿\n.\n"},
        {"all lines of a value", "{{banner}}\n{{lines}}\n.\n", "草稿\n一\n二\n.\n"},
        {"a line's end behind the last", "{{banner}}\n{{title}}", "草稿\n简报\n"},
        {"a list", "{{banner}}\n{{#items}}\n- {{item}}:{{value}}\n{{/items}}\n.\n",
            "草稿\n- 等级:较大\n- {{banner}}:\n.\n"},
        {"what is filled, within a list",
            "{{banner}}{{#items}}{{item}}{{#value}}={{value}}{{/value}};{{/items}}\n",
            "草稿等级=较大;{{banner}};\n"},
        {"a value of outside, within a list", "{{banner}}{{#items}}{{title}}{{/items}}\n",
            "草稿简报简报\n"},
        {"an empty list", "{{banner}}{{#none}}{{item}}{{/none}}{{^none}}无{{/none}}\n", "草稿无\n"},
        {"a section of a value",
            "{{banner}}\n{{#title}}\n有\n{{/title}}\n{{#empty}}\n有\n{{/empty}}\n", "草稿\n有\n"},
        {"an inverted one", "{{banner}}\n{{^empty}}\n缺\n{{/empty}}\n{{^title}}\n缺\n{{/title}}\n",
            "草稿\n缺\n"},
        {"a remark", "{{! 给 {人 }}\n{{banner}} {{! x }}.\n", "草稿 .\n"},
        {"a mark in front, and CR LF",
            "\xef\xbb\xbf{{banner}}\r\n{{#empty}}\r\nx\r\n{{/empty}}\r\n", "草稿\n"},
        {"braces alone", "{{banner}} { } {x} }}\n", "草稿 { } {x} }}\n"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mistakes *mistakes = mistakes_new();
        struct template *template = read_text(rows[i].template, mistakes);
        mistakes_print(mistakes, stderr);
        assert_non_null(template);
        char *text = printed(template);
        if (strcmp(text, rows[i].text) != 0) {
            fail_msg("%s:\n%sinstead of\n%s", rows[i].what, text, rows[i].text);
        }
        free(text);
        template_free(template);
        mistakes_free(mistakes);
    }
}

static void test_every_mistake_has_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *what, *template, *sentences;
    } rows[] = {
        {"unknown name", "{{banner}}\n报告:{{titel2}}\n",
            "t.txt:2:6: nothing is called \"titel2\" here\n"},
        {"a column outside of its list", "{{banner}}{{item}}\n",
            "t.txt:1:13: nothing is called \"item\" here\n"},
        {"no end of a tag", "{{banner}}\n{{title\n}}\n", "t.txt:2:1: {{ without }} on its line\n"},
        {"a list as a value", "{{banner}}{{items}}\n",
            "t.txt:1:13: \"items\" is a list: it needs {{#items}} and {{/items}}\n"},
        {"never ended", "{{banner}}\n{{#items}}\n", "t.txt:2: {{/items}} is missing\n"},
        {"never begun", "{{banner}}{{/items}}\n", "t.txt:1:13: this section was never begun\n"},
        {"crossed", "{{banner}}{{#title}}{{#empty}}{{/title}}{{/empty}}\n",
            "t.txt:1:33: another section is open here\n"},
        {"a list in a list", "{{banner}}{{#items}}{{#none}}{{/none}}{{/items}}\n",
            "t.txt:1:23: a list inside of a list cannot be shown\n"
            "t.txt:1:32: another section is open here\n"},
        {"what must be there", "{{title}}\n",
            "t.txt: {{banner}} must be in every template: 横幅\n"},
        {"no UTF-8", "{{banner}}\n\xe6\x8a",
            "t.txt:2:1: byte 0xe6 is no UTF-8, or a control "
            "character\n"},
        {"a control character", "{{banner}}\nab\x1b[2J\n",
            "t.txt:2:3: byte 0x1b is no UTF-8, or a control character\n"},
        {"text that turns around", "{{banner}}\xe2\x80\xae\n",
            "t.txt:1:11: byte 0xe2 is no UTF-8, or a control character\n"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mistakes *mistakes = mistakes_new();
        assert_null(read_text(rows[i].template, mistakes));
        char *sentences = scratch_sentences(mistakes);
        if (strcmp(sentences, rows[i].sentences) != 0) {
            fail_msg("%s:\n%sinstead of\n%s", rows[i].what, sentences, rows[i].sentences);
        }
        free(sentences);
        mistakes_free(mistakes);
    }
}

static void test_sections_are_not_nested_without_end(void **state)
{
    (void)state;
    char text[1024] = "{{banner}}";
    for (int i = 0; i < 9; i++) {
        strcat(text, "{{#title}}");
    }
    struct mistakes *mistakes = mistakes_new();
    assert_null(read_text(text, mistakes));
    char *sentences = scratch_sentences(mistakes);
    assert_string_equal(sentences, "t.txt:1:93: sections are nested more than 8 deep\n");
    free(sentences);
    mistakes_free(mistakes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_a_template_prints),
        cmocka_unit_test(test_every_mistake_has_its_place),
        cmocka_unit_test(test_sections_are_not_nested_without_end),
    };
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
