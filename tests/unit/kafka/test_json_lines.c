// The file sink: what a file holds before, what is added, what it holds in the end.
#include "detectors/kafka/json_lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define LINE(id, value)                                                                            \
    "{\"topic\":\"t\",\"key\":\"k\",\"headers\":{\"ce_id\":\"" id "\"},\"value\":" value "}\n"
#define A LINE("a", "{\"v\":1}")
#define B LINE("b", "{\"v\":2}")

static const struct row {
    const char *what;
    const char *before; // NULL: no file
    bool anew;
    const char *add; // A, B, and B with another content by 'a', 'b', 'B'
    const char *after;
} rows[] = {
    {"a new file", NULL, false, "ab", A B},
    {"an empty file", "", false, "ab", A B},
    {"nothing is added", A, false, "", A},
    {"appended", A, false, "b", A B},
    {"what is there is not doubled", A B, false, "ab", A B},
    {"nor what is added twice", A, false, "bb", A B},
    {"what was said under an id stays", A B, false, "B", A B},
    {"a torn last line goes, and comes again", A "{\"topic\":\"t\",\"ke", false, "ab", A B},
    {"also when its message does not come again", A "{\"topic\":\"t\",\"ke", false, "", A},
    {"a whole line without its end is torn too", A "{}", false, "b", A B},
    {"nothing but a torn line", "{\"top", false, "a", A},
    {"lines of others stay", "hello\n\n" A, false, "ab", "hello\n\n" A B},
    {"begun anew", A B, true, "b", B},
    {"begun anew with a torn line", A "{", true, "a", A},
};

static struct event event_of(char name)
{
    static char headers_a[] = "{\"ce_id\":\"a\"}", headers_b[] = "{\"ce_id\":\"b\"}";
    static char one[] = "{\"v\":1}", two[] = "{\"v\":2}", three[] = "{\"v\":3}";
    return (struct event){.topic = "t",
        .key = "k",
        .headers = name == 'a' ? headers_a : headers_b,
        .value = name == 'a'   ? one
                 : name == 'b' ? two
                               : three};
}

static void file_write(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    fputs(text, file);
    fclose(file);
}

static void row_check(const struct row *row, const char *path)
{
    char text[4096];
    unlink(path);
    if (row->before != NULL) {
        file_write(path, row->before);
    }
    struct json_lines *lines = json_lines_open(path, row->anew);
    assert_non_null(lines);
    for (const char *name = row->add; *name != '\0'; name++) {
        struct event event = event_of(*name);
        json_lines_add(lines, &event);
    }
    assert_true(json_lines_flush(lines));
    assert_true(json_lines_close(lines));
    FILE *file = fopen(path, "r");
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    if (strcmp(text, row->after) != 0) {
        fail_msg("%s:\n%s-- instead of --\n%s", row->what, text, row->after);
    }
}

static void test_rows(void **state)
{
    (void)state;
    char path[] = "/tmp/tapgrade-lines-XXXXXX";
    close(mkstemp(path));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        row_check(&rows[i], path);
    }
    unlink(path);
}

static void test_what_cannot_be_written(void **state)
{
    (void)state;
    assert_null(json_lines_open("/nowhere/at-all.jsonl", false));
    struct json_lines *full = json_lines_open("/dev/full", true);
    struct event event = event_of('a');
    json_lines_add(full, &event);
    assert_false(json_lines_flush(full));
    assert_false(json_lines_close(full));
    assert_true(json_lines_close(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_what_cannot_be_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
