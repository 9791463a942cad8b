#include "config/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static int saved_stderr;
static FILE *captured;

static void capture_begin(void)
{
    captured = tmpfile();
    assert_non_null(captured);
    saved_stderr = dup(STDERR_FILENO);
    dup2(fileno(captured), STDERR_FILENO);
}

static const char *capture_end(void)
{
    static char text[8192];
    fflush(stderr);
    dup2(saved_stderr, STDERR_FILENO);
    close(saved_stderr);
    rewind(captured);
    text[fread(text, 1, sizeof(text) - 1, captured)] = '\0';
    fclose(captured);
    return text;
}

static void test_words(void **state)
{
    (void)state;
    unsetenv("JOURNAL_STREAM");
    capture_begin();
    log_error("\"%s\" is %d", "x", 7);
    log_warning("y");
    log_info("网络");
    assert_string_equal(
        capture_end(), "tapgrade: error: \"x\" is 7\ntapgrade: warning: y\ntapgrade: 网络\n");
}

static void test_a_message_is_one_line(void **state)
{
    (void)state;
    char longest[4096];
    memset(longest, 'x', sizeof(longest));
    longest[sizeof(longest) - 1] = '\0';
    unsetenv("JOURNAL_STREAM");
    capture_begin();
    log_info("%s", "a\nb\x1b[31m\x7f");
    log_info("%s", longest);
    const char *text = capture_end();
    assert_int_equal(strncmp(text, "tapgrade: a?b?[31m?\ntapgrade: xxx", 33), 0);
    assert_int_equal(text[strlen(text) - 1], '\n');
    assert_in_range(strlen(text), 2000, 2100);
}

static void test_the_journal_gets_priorities(void **state)
{
    (void)state;
    struct stat status;
    char stream[64];
    capture_begin();
    assert_int_equal(fstat(STDERR_FILENO, &status), 0);
    snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)status.st_dev,
        (unsigned long long)status.st_ino);
    setenv("JOURNAL_STREAM", stream, 1);
    log_error("x");
    log_warning("y");
    setenv("JOURNAL_STREAM", "1:1", 1); // of another stream
    log_info("z");
    unsetenv("JOURNAL_STREAM");
    assert_string_equal(capture_end(), "<3>x\n<4>y\ntapgrade: z\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_a_message_is_one_line),
        cmocka_unit_test(test_the_journal_gets_priorities),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
