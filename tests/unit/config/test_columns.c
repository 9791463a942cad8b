// Columns of text on a terminal.
#include "config/columns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void test_columns(void **state)
{
    static const struct {
        const char *what, *text;
        size_t columns;
    } rows[] = {
        {"nothing", "", 0},
        {"ASCII", "lost 1%", 7},
        {"Latin", "é", 1},
        {"ideographs", "江苏省", 6},
        {"full-width punctuation", "\uff08北京时间\uff09", 12},
        {"half-width punctuation", "(北京时间)", 10},
        {"CJK punctuation", "、〔〕【】", 10},
        {"both", "成功 / succeeded", 16},
        {"outside the first plane", "𠀀", 2},
        {"an arrow and a dash are narrow", "→—", 2},
        {"a text that ends inside a character", "\xe6\xb1", 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (columns_of(rows[i].text) != rows[i].columns) {
            fail_msg("%s: %zu", rows[i].what, columns_of(rows[i].text));
        }
    }
}

static void test_padding(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    columns_print(out, "江苏", 6);
    columns_print(out, "江苏", 4);
    columns_print(out, "江苏", 2);
    fclose(out);
    assert_string_equal(text, "江苏  江苏 江苏 ");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns),
        cmocka_unit_test(test_padding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
