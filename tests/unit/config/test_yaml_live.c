// Two settings are compared key by key, and live ones exchanged, each for its own.
#include "config/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/unit/config/scratch.h"

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static char shipped[65536];

// The shipped settings with one piece of text in place of another.
static struct settings *changed(const char *old, const char *new)
{
    static char text[sizeof(shipped) + 256];
    struct mistakes *mistakes = mistakes_new();
    const char *found = strstr(shipped, old);
    assert_non_null(found);
    snprintf(
        text, sizeof(text), "%.*s%s%s", (int)(found - shipped), shipped, new, found + strlen(old));
    struct settings *settings =
        settings_read(scratch_write("t.yaml", text, strlen(text)), mistakes);
    mistakes_print(mistakes, stderr);
    assert_non_null(settings);
    mistakes_free(mistakes);
    return settings;
}

static void on_difference(void *context, const char *key, bool live)
{
    char *said = context;
    size_t length = strlen(said);
    snprintf(said + length, 512 - length, "%s%s%s", length > 0 ? " " : "", key, live ? "+" : "-");
}

static const struct {
    const char *what, *old, *new, *said; // + live, - not
} rows[] = {
    {"nothing", "sensor: tap-1", "sensor: tap-1", ""},
    {"a comment", "sensor: tap-1", "sensor: tap-1 # here", ""},
    {"a text", "sensor: tap-1", "sensor: tap-2", "sensor-"},
    {"a live text of a part", "contact: \"\"", "contact: x", "institutions[bank].contact+"},
    {"a live text of a record", "name: 网上支付系统", "name: x", "networks[pay].name+"},
    {"the id of a record, and what points to it", "- id: cups-a", "- id: cups-b",
        "links[cups-a].id-"},
    {"a flag", "in_china: true", "in_china: false", "networks[pay].in_china+"},
    {"a choice", "secrecy: none", "secrecy: state", "networks[pay].secrecy+"},
    {"choices: another", "[payment]", "[interbank]", "networks[pay].special_class+"},
    {"choices: one more", "[payment]", "[payment, fmi]", "networks[pay].special_class+"},
    {"choices: none", "[payment]", "[]", "networks[pay].special_class+"},
    {"parsed values", "[\"09:00-21:00\"]", "[\"09:00-20:00\"]", "networks[pay].peak_hours+"},
    {"parsed values: none", "[\"09:00-21:00\"]", "[]", "networks[pay].peak_hours+"},
    {"addresses", "[\"10.1.0.0/16\"]", "[\"10.1.0.0/17\"]", "links[cups-a].ours-"},
    {"a port", "[\"10.1.0.0/16\"]", "[\"10.1.0.0/16:1\"]", "links[cups-a].ours-"},
    {"integers", "vlans: []", "vlans: [7]", "links[cups-a].vlans-"},
    {"a duration", "time_limit: 30s", "time_limit: 31s", "links[cups-a].time_limit-"},
    {"the same duration in other words", "time_limit: 30s", "time_limit: 30000ms", ""},
    {"a record in a list in a record", "{field: 33, codes: pboc}", "{field: 33, codes: gbt2260}",
        "links[cups-a].province_sources[2].codes-"},
    {"a list of records, shorter", "      - {field: 33, codes: pboc}\n", "",
        "links[cups-a].province_sources-"},
    {"a live integer beside one that is not", "lost_percent: 70", "lost_percent: 60",
        "outages.lost_percent+"},
    {"one that is not", "merge: 180s", "merge: 170s", "outages.merge-"},
    {"texts", "[rulebooks/pboc-2025-4.yaml,", "[./rulebooks/pboc-2025-4.yaml,",
        "grades.rulebooks+"},
    {"two at once", "brokers: 127.0.0.1:9092\n  topic_prefix: tapgrade",
        "brokers: x:1\n  topic_prefix: t", "kafka.brokers+ kafka.topic_prefix+"},
};

static void test_differences(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char there[512] = "", back[512] = "";
        struct settings *one = changed("sensor", "sensor");
        struct settings *other = changed(rows[i].old, rows[i].new);
        yaml_compare(&settings_schema, one, other, on_difference, there);
        yaml_compare(&settings_schema, one, one, on_difference, back);
        if (strcmp(there, rows[i].said) != 0 || back[0] != '\0') {
            fail_msg("%s: '%s', not '%s'", rows[i].what, there, rows[i].said);
        }
        settings_free(one);
        settings_free(other);
    }
}

// Afterwards only the keys differ that are not live, and what each was lies in the other.
static void test_live_keys_are_exchanged(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char left[512] = "", given[512] = "";
        struct settings *one = changed("sensor", "sensor"),
                        *untouched = changed("sensor", "sensor");
        struct settings *other = changed(rows[i].old, rows[i].new);
        bool has_fixed = strchr(rows[i].said, '-') != NULL;
        yaml_take_live(&settings_schema, one, other);
        yaml_compare(&settings_schema, one, other, on_difference, left);
        yaml_compare(&settings_schema, untouched, one, on_difference, given);
        if (strcmp(left, rows[i].said) != 0 || strcmp(given, has_fixed ? "" : rows[i].said) != 0) {
            fail_msg("%s: left '%s', given '%s'", rows[i].what, left, given);
        }
        settings_free(one);
        settings_free(other);
        settings_free(untouched);
    }
}

static int set_up(void **state)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/config/tapgrade.yaml", getenv("TAPGRADE_SOURCE"));
    FILE *in = fopen(path, "rb");
    if (in == NULL) {
        return -1;
    }
    shipped[fread(shipped, 1, sizeof(shipped) - 1, in)] = '\0';
    fclose(in);
    return scratch_setup(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_differences),
        cmocka_unit_test(test_live_keys_are_exchanged),
    };
    return cmocka_run_group_tests(tests, set_up, scratch_teardown);
}
