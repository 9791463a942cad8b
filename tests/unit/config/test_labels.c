// Tables of labels: which name a value has, and what such a table may not say.
#include "config/tables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "tests/unit/config/scratch.h"

#include <cmocka.h>

#define HEADER   "field\tpart\tfrom\tto\tname\n"
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

// The name of a value by the groups of its field, as the reader of messages tries them.
static const char *name_of(const struct label_table *table, int field, const char *value)
{
    size_t length = strlen(value);
    for (size_t i = 0; i < table->group_count; i++) {
        const struct label_group *group = &table->groups[i];
        if (group->field != field || length < group->length) {
            continue;
        }
        size_t first = group->last ? length - group->length : 0;
        uint8_t characters[LABEL_CHARACTERS] = {0};
        memcpy(characters, value + first, group->length);
        uint16_t label = label_find(table, group, label_word(characters, group->length));
        if (label != LABEL_NONE) {
            return label_name(table, label);
        }
    }
    return "";
}

static void test_names(void **state)
{
    (void)state;
    static const char text[] = HEADER "2\tfirst\t622800\t622899\t农行\n"
                                      "2\tfirst\t62284\t\t农行信用卡\n"
                                      "2\tfirst\t6228480\t\t农行金卡\n"
                                      "2\tlast\t00\t49\t分片一\n2\tlast\t50\t99\t分片二\n"
                                      "100\tfirst\t01030000\t\t01030000\n"
                                      "42\tfirst\tA\tC\t农行\n";
    static const struct {
        int field;
        const char *value, *name;
    } rows[] = {
        {2, "6228480012345678", "农行金卡"}, // the longest that fits
        {2, "6228410012345678", "农行"},
        {2, "6228990012345649", "农行"},
        {2, "6227990012345649", "分片一"}, // no first digits fit
        {2, "6229000012345650", "分片二"},
        {2, "9", ""},
        {100, "01030000", "01030000"},
        {100, "01030001", ""},
        {100, "0103", ""},
        {42, "B98290054110001", "农行"},
        {42, "D98290054110001", ""},
        {32, "01030000", ""},
    };
    struct mistakes *mistakes = mistakes_new();
    struct label_table table;
    assert_true(label_table_read(scratch_write("l.tsv", text, strlen(text)), 64, &table, mistakes));
    assert_int_equal(table.count, 6);
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_string_equal(name_of(&table, rows[i].field, rows[i].value), rows[i].name);
    }
    assert_string_equal(label_name(&table, LABEL_NONE), "");
    assert_string_equal(label_name(&table, LABEL_OTHER), "other");
    assert_string_equal(label_name(&table, 7), "other");
    label_table_free(&table);
    mistakes_free(mistakes);
}

static void test_mistakes(void **state)
{
    (void)state;
    static const struct {
        const char *what, *rows, *sentences;
    } tables[] = {
        {"good", "2\tfirst\t622848\t\ta\n", ""},
        {"none", "", ""},
        {"field", "4\tfirst\t1\t\ta\n02\tfirst\t1\t\ta\n2x\tfirst\t1\t\ta\n",
            "l.tsv:2: a field must be 2, 3, 18, 25, 32, 33, 41, 42 or 100, found \"4\"\n"
            "l.tsv:3: a field must be 2, 3, 18, 25, 32, 33, 41, 42 or 100, found \"02\"\n"
            "l.tsv:4: a field must be 2, 3, 18, 25, 32, 33, 41, 42 or 100, found \"2x\"\n"},
        {"part", "2\tmiddle\t1\t\ta\n", "l.tsv:2: part must be first or last, found \"middle\"\n"},
        {"whole card numbers are not for tables", "2\tfirst\t622848001\t\ta\n2\tlast\t12345\t\ta\n",
            "l.tsv:2: from must be 1 to 8 characters of field 2, found \"622848001\"\n"
            "l.tsv:3: from must be 1 to 4 characters of field 2, found \"12345\"\n"},
        {"empty", "2\tfirst\t\t\ta\n",
            "l.tsv:2: from must be 1 to 8 characters of field 2, found \"\"\n"},
        {"to", "3\tfirst\t10\t2\ta\n3\tfirst\t10\t09\ta\n",
            "l.tsv:2: to must be as long as from and not before it, found \"2\"\n"
            "l.tsv:3: to must be as long as from and not before it, found \"09\"\n"},
        {"name", "3\tfirst\t1\t\t\n3\tfirst\t2\t\tother\n3\tfirst\t3\t\t0123456789ab\n",
            "l.tsv:2: a name must be 1 to 11 bytes and not \"other\", found \"\"\n"
            "l.tsv:3: a name must be 1 to 11 bytes and not \"other\", found \"other\"\n"
            "l.tsv:4: a name must be 1 to 11 bytes and not \"other\", found \"0123456789ab\"\n"},
        {"control characters", "3\tfirst\t1\t\ta\x1b\n",
            "l.tsv:2: a name must not hold control characters\n"},
        {"overlap", "3\tfirst\t10\t19\ta\n3\tfirst\t19\t\tb\n",
            "l.tsv: rows of field 3 overlap: \"a\" and \"b\"\n"},
        {"the same twice", "3\tfirst\t10\t\ta\n3\tfirst\t10\t\ta\n",
            "l.tsv: rows of field 3 overlap: \"a\" and \"a\"\n"},
    };
    for (size_t i = 0; i < COUNT(tables); i++) {
        struct mistakes *mistakes = mistakes_new();
        struct label_table table;
        char text[1024];
        int length = snprintf(text, sizeof(text), HEADER "%s", tables[i].rows);
        bool good =
            label_table_read(scratch_write("l.tsv", text, (size_t)length), 11, &table, mistakes);
        char *sentences = scratch_sentences(mistakes);
        if (strcmp(sentences, tables[i].sentences) != 0 || good != (*sentences == '\0')) {
            fail_msg("%s: %s", tables[i].what, sentences);
        }
        free(sentences);
        label_table_free(&table);
        mistakes_free(mistakes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_mistakes),
    };
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
