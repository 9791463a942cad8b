// The classes of GB/T 20986-2023: the shipped table, and what a bank's own may not say.
#include "config/tables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/unit/config/scratch.h"

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define HEADER       "code\tcategory\tname\tverified\n"
#define ENOUGH                                                                                     \
    "01007\ta\ta\t"                                                                                \
    "yes\n03001\ta\tb\tno\n03003\ta\tc\tno\n03011\ta\td\tno\n08001\ta\te\tno\n"                    \
    "08002\ta\tf\tno\n"

// Only the code of ransomware was found in a source: every other one says that it was not checked.
static void test_R_19_1_codes_say_whether_they_were_verified(void **state)
{
    (void)state;
    struct mistakes *mistakes = mistakes_new();
    struct classifications table;
    assert_true(classifications_read(scratch_path("tables/classification.tsv"), &table, mistakes));
    assert_int_equal(table.count, 76);
    for (size_t i = 0; i < table.count; i++) {
        bool ransomware = strcmp(table.rows[i].code, "01007") == 0;
        assert_int_equal(table.rows[i].verified, ransomware);
        assert_int_equal(strcmp(table.rows[i].name, "勒索软件") == 0, ransomware);
    }
    assert_string_equal(classification_find(&table, "08001")->category, "异常行为");
    assert_string_equal(classification_find(&table, "08001")->name, "访问异常");
    assert_null(classification_find(&table, "08009"));
    classifications_free(&table);
    mistakes_free(mistakes);
}

static void test_mistakes(void **state)
{
    (void)state;
    static const struct {
        const char *what, *text, *sentences;
    } rows[] = {
        {"enough", HEADER ENOUGH, ""},
        {"one missing",
            HEADER "01007\ta\tb\t"
                   "yes\n",
            "c.tsv: code 03001, which drafts propose, has no row\n"},
        {"code", HEADER "0100\ta\tb\tno\n0100x\ta\tb\tno\n",
            "c.tsv:2:1: a code must be five digits, found \"0100\"\n"
            "c.tsv:3:1: a code must be five digits, found \"0100x\"\n"},
        {"twice", HEADER ENOUGH "08002\ta\tb\tno\n",
            "c.tsv:8:1: the code stands in two rows, found \"08002\"\n"},
        {"name", HEADER ENOUGH "09001\t\tb\tno\n",
            "c.tsv:8:1: category and name must have 1 to 60 bytes, found \"09001\"\n"},
        {"verified", HEADER ENOUGH "09001\ta\tb\tmaybe\n",
            "c.tsv:8:1: verified must be yes or no, found \"09001\"\n"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mistakes *mistakes = mistakes_new();
        struct classifications table;
        bool good = classifications_read(
            scratch_write("c.tsv", rows[i].text, strlen(rows[i].text)), &table, mistakes);
        char *sentences = scratch_sentences(mistakes);
        if (strcmp(sentences, rows[i].sentences) != 0 || good != (*sentences == '\0')) {
            fail_msg("%s: %s", rows[i].what, sentences);
        }
        classifications_free(&table);
        free(sentences);
        mistakes_free(mistakes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_R_19_1_codes_say_whether_they_were_verified),
        cmocka_unit_test(test_mistakes),
    };
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
