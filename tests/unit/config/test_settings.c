#include "config/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char *source_path(const char *path, char ret[static 512])
{
    snprintf(ret, 512, "%s/%s", getenv("TAPGRADE_SOURCE"), path);
    return ret;
}

static char *print(const struct settings *settings, bool with_help)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    yaml_print(out, &settings_schema, settings, with_help);
    fclose(out);
    return text;
}

// Reads a text as a settings file in the folder of the shipped one, so that its paths hold.
static struct settings *read_text(const char *text, struct mistakes *mistakes)
{
    char path[512];
    source_path("config/.test-settings-XXXXXX", path);
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, text, strlen(text)), strlen(text));
    close(descriptor);
    struct settings *settings = settings_read(path, mistakes);
    unlink(path);
    return settings;
}

static void test_shipped_settings_are_a_fixed_point(void **state)
{
    (void)state;
    char path[512];
    for (int with_help = 0; with_help < 2; with_help++) {
        struct mistakes *mistakes = mistakes_new();
        struct settings *first = settings_read(source_path("config/tapgrade.yaml", path), mistakes);
        mistakes_print(mistakes, stderr);
        assert_non_null(first);
        char *once = print(first, with_help);
        struct settings *second = read_text(once, mistakes);
        mistakes_print(mistakes, stderr);
        assert_non_null(second);
        char *twice = print(second, with_help);
        assert_string_equal(once, twice);
        assert_int_equal(second->networks[0].functions.function_count,
            first->networks[0].functions.function_count);
        free(once);
        free(twice);
        settings_free(first);
        settings_free(second);
        mistakes_free(mistakes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shipped_settings_are_a_fixed_point),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
