#include "config/yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/unit/config/sample.h"

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct {
    const char *what;
    size_t line;
    const char *text, *sentences;
} mistake_rows[] = {
    {"good", 1, "text: a\n", ""},
    {"unknown key", 1, "text: a\ncolour: b\n", "s.yaml:2:1: unknown key \"colour\"\n"},
    {"unknown key near another", 1, "text: a\ninteger_: 5\n",
        "s.yaml:2:1: unknown key \"integer_\", is it \"integer\"?\n"},
    {"missing key", 2, "", "s.yaml:1:1: missing key \"integer\"\n"},
    {"missing key of an inner record", 7, "inner:\n  size: 4\n",
        "s.yaml:8:3: missing key \"name\"\n"},
    {"duplicate key", 2, "integer: 5\ninteger: 6\n",
        "s.yaml:3:1: duplicate key \"integer\", first on line 2\n"},
    {"a key that is a list", 1, "text: a\n[b]: c\n",
        "s.yaml:2:1: a key must be a text, found a list\n"},
    {"merge key", 1, "text: a\n<<: {integer: 5}\n", "s.yaml:2:1: unknown key \"<<\"\n"},
    {"text: list", 1, "text: [a]\n", "s.yaml:1:7: text must be a text, found a list\n"},
    {"text: record", 1, "text: {a: b}\n", "s.yaml:1:7: text must be a text, found a record\n"},
    {"text: nothing", 1, "text:\n", "s.yaml:1:6: text must be a text, found nothing\n"},
    {"text: null", 1, "text: ~\n", "s.yaml:1:7: text must be a text, found nothing\n"},
    {"text: NUL inside", 1, "text: \"a\\0b\"\n", "s.yaml:1:7: text holds a NUL character\n"},
    {"integer: text", 2, "integer: many\n",
        "s.yaml:2:10: integer must be an integer, found \"many\"\n"},
    {"integer: quoted", 2, "integer: '5'\n",
        "s.yaml:2:10: integer must be an integer, found \"5\"\n"},
    {"integer: fraction", 2, "integer: 5.0\n",
        "s.yaml:2:10: integer must be an integer, found \"5.0\"\n"},
    {"integer: octal", 2, "integer: 010\n",
        "s.yaml:2:10: integer must be an integer, found \"010\"\n"},
    {"integer: hex", 2, "integer: 0x1\n",
        "s.yaml:2:10: integer must be an integer, found \"0x1\"\n"},
    {"integer: beyond 64 bits", 2, "integer: 9223372036854775808\n",
        "s.yaml:2:10: integer must be an integer, found \"9223372036854775808\"\n"},
    {"integer: nothing", 2, "integer:\n",
        "s.yaml:2:9: integer must be an integer, found nothing\n"},
    {"integer: list", 2, "integer: []\n",
        "s.yaml:2:10: integer must be an integer, found a list\n"},
    {"integer: most", 2, "integer: 10\n", ""},
    {"integer: too much", 2, "integer: 11\n",
        "s.yaml:2:10: integer must be -5 to 10 bytes, found 11\n"},
    {"integer: least", 2, "integer: -5\n", ""},
    {"integer: too little", 2, "integer: -6\n",
        "s.yaml:2:10: integer must be -5 to 10 bytes, found -6\n"},
    {"duration: no unit", 3, "duration: 5\n",
        "s.yaml:3:11: duration must be a duration such as 250ms, 30s, 15min or 1h30min, found "
        "\"5\"\n"},
    {"duration: list", 3, "duration: [5s]\n",
        "s.yaml:3:11: duration must be a duration such as 250ms, 30s, 15min or 1h30min, found a "
        "list\n"},
    {"duration: least", 3, "duration: 1s\n", ""},
    {"duration: too short", 3, "duration: 999ms\n",
        "s.yaml:3:11: duration must be 1s to 1min, found \"999ms\"\n"},
    {"duration: most", 3, "duration: 60s\n", ""},
    {"duration: too long", 3, "duration: 1min1ns\n",
        "s.yaml:3:11: duration must be 1s to 1min, found \"1min1ns\"\n"},
    {"boolean: yes", 4, "boolean: yes\n",
        "s.yaml:4:10: boolean must be true or false, found \"yes\"\n"},
    {"boolean: quoted", 4, "boolean: \"true\"\n",
        "s.yaml:4:10: boolean must be true or false, found \"true\"\n"},
    {"choice: none of them", 5, "choice: pink\n",
        "s.yaml:5:9: choice must be one of red, green, blue, found \"pink\"\n"},
    {"choice: prefix", 5, "choice: re\n",
        "s.yaml:5:9: choice must be one of red, green, blue, found \"re\"\n"},
    {"choice: list", 5, "choice: [red]\n",
        "s.yaml:5:9: choice must be one of red, green, blue, found a list\n"},
    {"parsed: not one", 6, "parsed: 9-10\n", "s.yaml:6:9: parsed must be hours, found \"9-10\"\n"},
    {"record: text", 7, "inner: x\n",
        "s.yaml:7:8: inner must be a record (key: value), found \"x\"\n"},
    {"record: list", 7, "inner: [x]\n",
        "s.yaml:7:8: inner must be a record (key: value), found a list\n"},
    {"texts: text", 8, "texts: a\n", "s.yaml:8:8: texts must be a list, found \"a\"\n"},
    {"texts: list in a list", 8, "texts: [a, [b]]\n",
        "s.yaml:8:12: texts must be a text, found a list\n"},
    {"integers: one is none", 9, "integers: [1, x]\n",
        "s.yaml:9:15: integers must be an integer, found \"x\"\n"},
    {"choices: one is none", 10, "choices: [red, x]\n",
        "s.yaml:10:16: choices must be one of red, green, blue, found \"x\"\n"},
    {"choices: twice", 10, "choices: [red, blue, red]\n",
        "s.yaml:10:22: choices lists \"red\" twice\n"},
    {"parseds: one is none", 11, "parseds: ['00:00-24:00', '00:00-24:01']\n",
        "s.yaml:11:26: parseds must be hours, found \"00:00-24:01\"\n"},
    {"records: a text in the list", 12, "records: [{name: y}, z]\n",
        "s.yaml:12:22: records must be a record (key: value), found \"z\"\n"},
    {"records: a mistake inside", 12, "records:\n  - name: y\n    size: 10\n",
        "s.yaml:14:11: size must be 1 to 9, found 10\n"},
    {"columns count characters", 7, "inner: {name: 网络, colour: 1}\n",
        "s.yaml:7:19: unknown key \"colour\"\n"},
    {"long offenders are cut between characters", 5,
        "choice: 业务业务业务业务业务业务业务业务业务业务业务\n",
        "s.yaml:5:9: choice must be one of red, green, blue, found "
        "\"业务业务业务业务业务业务业务业务业务业务...\"\n"},
    {"a sentence stays one line", 5, "choice: \"a\\nb\\e[2J\"\n",
        "s.yaml:5:9: choice must be one of red, green, blue, found \"a?b?[2J\"\n"},
    {"all mistakes in one go, by place", 1, "text: []\ncolour: 1\ninteger: x\n",
        "s.yaml:1:7: text must be a text, found a list\n"
        "s.yaml:2:1: unknown key \"colour\"\n"
        "s.yaml:3:10: integer must be an integer, found \"x\"\n"
        "s.yaml:4:1: duplicate key \"integer\", first on line 3\n"},
    {"anchor and alias", 8, "texts: [&a b, *a]\n",
        "s.yaml:8:9: anchors are not allowed\ns.yaml:8:15: aliases are not allowed\n"},
    {"tag", 1, "text: !!str a\n", "s.yaml:1:7: tags are not allowed\n"},
    {"empty file", 0, "", "s.yaml:1:1: the file is empty\n"},
    {"only a comment", 0, "# nothing\n", "s.yaml:1:1: the file is empty\n"},
    {"an empty document", 0, "---\n",
        "s.yaml:2:1: the file must be a record (key: value), found nothing\n"},
    {"a list on top", 0, "- a\n",
        "s.yaml:1:1: the file must be a record (key: value), found a list\n"},
    {"second document", 12, "records: []\n---\ntext: b\n",
        "s.yaml:13:1: a second document begins here: a file holds one\n"},
    {"not UTF-8", 1, "text: \"a\xff\"\n", "s.yaml:1:9: not UTF-8\n"},
    {"overlong", 1, "text: \"\xc0\xaf\"\n", "s.yaml:1:8: not UTF-8\n"},
    {"surrogate", 1, "text: \"\xed\xa0\x80\"\n", "s.yaml:1:8: not UTF-8\n"},
    {"beyond Unicode", 1, "text: \"\xf4\x90\x80\x80\"\n", "s.yaml:1:8: not UTF-8\n"},
    {"cut character at the end", 0, "text: \xe7\xbd", "s.yaml:1:7: not UTF-8\n"},
    {"GBK", 2, "integer: 5 # \xcd\xf8\n", "s.yaml:2:14: not UTF-8\n"},
    {"control character", 2, "integer: 5 # 网\x01\n",
        "s.yaml:2:15: not YAML: control characters are not allowed\n"},
    {"syntax: tab", 2, "\tinteger: 5\n",
        "s.yaml:2:1: not YAML: found a tab character that violates indentation (while scanning a "
        "plain scalar from 1:7)\n"},
    {"syntax: open bracket", 8, "texts: [a, b\n",
        "s.yaml:9:9: not YAML: did not find expected ',' or ']' (while parsing a flow sequence "
        "from 8:8)\n"},
    {"syntax: indentation", 2, "  integer: 5\n",
        "s.yaml:2:10: not YAML: mapping values are not allowed in this context\n"},
};

static void test_mistakes_have_their_places(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(mistake_rows); i++) {
        struct mistakes *mistakes = mistakes_new();
        struct sample sample;
        bool good =
            sample_read(sample_text(mistake_rows[i].line, mistake_rows[i].text), &sample, mistakes);
        char *sentences = scratch_sentences(mistakes);
        if (strcmp(sentences, mistake_rows[i].sentences) != 0 || good != (*sentences == '\0') ||
            good != (mistakes_count(mistakes) == 0)) {
            fail_msg("%s:\n%sinstead of\n%s", mistake_rows[i].what, sentences,
                mistake_rows[i].sentences);
        }
        free(sentences);
        yaml_free(&sample_schema, &sample);
        mistakes_free(mistakes);
    }
}

// A text of `count` times `piece`.
static char *repeat(const char *piece, size_t count, const char *tail)
{
    size_t length = strlen(piece);
    char *text = malloc(count * length + strlen(tail) + 1);
    for (size_t i = 0; i < count; i++) {
        memcpy(text + i * length, piece, length);
    }
    strcpy(text + count * length, tail);
    return text;
}

static void test_limits(void **state)
{
    (void)state;
    static const struct {
        const char *what, *piece;
        size_t count;
        const char *tail, *sentences;
    } rows[] = {
        {"nesting of 33", "[", 33, "", "s.yaml:1:33: nested deeper than 32\n"},
        {"deep nesting", "[", 100000, "", "s.yaml:1:33: nested deeper than 32\n"},
        {"deep block nesting", "- ", 5000, "a", "s.yaml:1:65: nested deeper than 32\n"},
        {"values", "- a\n", 500001, "", "s.yaml:500000:3: more than 500000 values\n"},
        {"size", "# a comment line\n", 1 << 20, "text: a\n", "s.yaml: is larger than 16 MiB\n"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mistakes *mistakes = mistakes_new();
        struct sample sample;
        char *text = repeat(rows[i].piece, rows[i].count, rows[i].tail);
        bool good = sample_read(text, &sample, mistakes);
        char *sentences = scratch_sentences(mistakes);
        if (good || strstr(sentences, rows[i].sentences) == NULL) {
            fail_msg("%s: %s", rows[i].what, sentences);
        }
        free(sentences);
        free(text);
        yaml_free(&sample_schema, &sample);
        mistakes_free(mistakes);
    }
}

static void test_many_mistakes_are_bounded(void **state)
{
    (void)state;
    struct mistakes *mistakes = mistakes_new();
    struct sample sample;
    char text[8192] = "";
    for (int i = 0; i < 300; i++) {
        sprintf(text + strlen(text), "key%d: 1\n", i);
    }
    assert_false(sample_read(text, &sample, mistakes));
    assert_int_equal(mistakes_count(mistakes), 300 + COUNT(sample_fields));
    char *sentences = scratch_sentences(mistakes);
    assert_non_null(strstr(sentences, "s.yaml:200:1: unknown key \"key199\"\n... and 112 more"));
    free(sentences);
    yaml_free(&sample_schema, &sample);
    mistakes_free(mistakes);
}

static void test_files_that_are_none(void **state)
{
    (void)state;
    struct mistakes *mistakes = mistakes_new();
    struct sample sample;
    assert_false(yaml_read(scratch_path("absent.yaml"), &sample_schema, &sample, mistakes));
    assert_false(yaml_read(scratch_path("tables"), &sample_schema, &sample, mistakes));
    assert_false(yaml_read("/dev/zero", &sample_schema, &sample, mistakes));
    char *sentences = scratch_sentences(mistakes);
    assert_non_null(
        strstr(sentences, "absent.yaml: cannot be opened: No such file or directory\n"));
    assert_non_null(strstr(sentences, "tables: is not a regular file\n/dev/zero: is not"));
    free(sentences);
    yaml_free(&sample_schema, &sample);
    mistakes_free(mistakes);
}

static void test_values(void **state)
{
    (void)state;
    struct mistakes *mistakes = mistakes_new();
    struct sample sample;
    assert_true(
        sample_read(sample_text(1, "\xef\xbb\xbftext: 0200 # as it stands\n"), &sample, mistakes));
    assert_string_equal(sample.text, "0200");
    assert_int_equal(sample.integer, 5);
    assert_int_equal(sample.duration_ns, 30 * NS_PER_S);
    assert_true(sample.boolean);
    assert_int_equal(sample.choice, RED);
    assert_int_equal(sample.parsed.from_s, 9 * 3600);
    assert_string_equal(sample.inner.name, "x");
    assert_int_equal(sample.inner.size, 3);
    assert_int_equal(sample.text_count, 2);
    assert_string_equal(sample.texts[1], "b");
    assert_int_equal(sample.integer_count, 2);
    assert_int_equal(sample.integers[1], -2);
    assert_int_equal(sample.choice_count, 2);
    assert_int_equal(sample.choices[1], BLUE);
    assert_int_equal(sample.parseds[0].to_s, 86400);
    assert_int_equal(sample.record_count, 2);
    assert_int_equal(sample.records[0].size, 3);
    assert_int_equal(sample.records[1].size, 4);
    yaml_free(&sample_schema, &sample);
    assert_null(sample.text);
    assert_int_equal(sample.record_count, 0);
    mistakes_free(mistakes);
}

static void test_later_mistakes_find_their_place(void **state)
{
    (void)state;
    struct mistakes *mistakes = mistakes_new();
    struct sample sample;
    int unknown;
    assert_false(sample_read(sample_text(2, "integer: x\n"), &sample, mistakes));
    mistake_at(mistakes, &sample.records[1].size, "%s", "size");
    mistake_at(mistakes, &sample.records[1], "record or its name");
    mistake_at(mistakes, &sample.records[0].size, "absent: the record's place");
    mistake_at(mistakes, &sample.records, "list");
    mistake_at(mistakes, &sample.texts[1], "element");
    mistake_at(mistakes, &unknown, "no place");
    mistake(mistakes, "t.csv", 3, 0, "no column");
    mistake(mistakes, "t.csv", 0, 0, "no line");
    char *sentences = scratch_sentences(mistakes);
    assert_string_equal(sentences, "no place\n"
                                   "s.yaml:2:10: integer must be an integer, found \"x\"\n"
                                   "s.yaml:8:12: element\n"
                                   "s.yaml:12:10: list\n"
                                   "s.yaml:12:11: absent: the record's place\n"
                                   "s.yaml:12:29: record or its name\n"
                                   "s.yaml:12:38: size\n"
                                   "t.csv: no line\n"
                                   "t.csv:3: no column\n");
    assert_false(mistakes_has_value(mistakes, &sample.integer));
    assert_true(mistakes_has_value(mistakes, &sample.duration_ns));
    assert_true(mistakes_has_value(mistakes, &sample.inner.size));
    assert_string_equal(
        mistakes_path_of(mistakes, &sample.records[1].size), scratch_path("s.yaml"));
    assert_null(mistakes_path_of(mistakes, &unknown));
    free(sentences);
    yaml_free(&sample_schema, &sample);
    assert_true(sample_read(sample_text(1, "text: a\n"), &sample, mistakes)); // read again
    assert_true(mistakes_has_value(mistakes, &sample.integer));
    yaml_free(&sample_schema, &sample);
    assert_false(sample_read(sample_text(1, "text: []\n"), &sample, mistakes));
    assert_false(mistakes_has_value(mistakes, &sample.text));
    yaml_free(&sample_schema, &sample);
    mistakes_free(mistakes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mistakes_have_their_places),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_many_mistakes_are_bounded),
        cmocka_unit_test(test_files_that_are_none),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_later_mistakes_find_their_place),
    };
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
