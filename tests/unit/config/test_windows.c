#include "config/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/unit/config/scratch.h"

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

// The shipped settings as w.yaml, with these first lines in place of `none` further down.
static struct settings *read_instead(const char *none, const char *lines, struct mistakes *mistakes)
{
    static char text[1 << 16], all[1 << 17];
    char path[512];
    snprintf(path, sizeof(path), "%s/config/tapgrade.yaml", getenv("TAPGRADE_SOURCE"));
    FILE *in = fopen(path, "rb");
    assert_non_null(in);
    text[fread(text, 1, sizeof(text) - 1, in)] = '\0';
    fclose(in);
    char *at = strstr(text, none);
    assert_non_null(at);
    int length =
        snprintf(all, sizeof(all), "%s%.*s%s", lines, (int)(at - text), text, at + strlen(none));
    return settings_read(scratch_write("w.yaml", all, (size_t)length), mistakes);
}

// One window a line, from the second line on.
static struct settings *read_windows(const char *windows, struct mistakes *mistakes)
{
    char lines[4096];
    snprintf(lines, sizeof(lines), "maintenance:\n%s", windows);
    return read_instead("maintenance: []\n", lines, mistakes);
}

#define WINDOW(id, functions, provinces, sites, from, to, approved, other)                         \
    "- {id: " id ", network: pay, functions: [" functions "], provinces: [" provinces              \
    "], sites: [" sites "], from: " from ", to: " to ", approved_by: '" approved                   \
    "', carried_out_by: '" other "', reason: 升级}\n"

static const struct {
    const char *what, *windows, *sentences;
} mistake_rows[] = {
    {"good", WINDOW("a", "", "", "", "2026-03-10 01:00", "2026-03-10 03:00", "张三", "李四"), ""},
    {"two with one id",
        WINDOW("a", "", "", "", "2026-03-10 01:00", "2026-03-10 03:00", "张三", "李四")
            WINDOW("a", "", "", "", "2026-03-11 01:00", "2026-03-11 03:00", "张三", "李四"),
        "w.yaml:3:8: duplicate window id \"a\"\n"},
    {"nobody approved it",
        WINDOW("a", "", "", "", "2026-03-10 01:00", "2026-03-10 03:00", "", "李四"),
        "w.yaml:2:125: approved_by must not be empty: nobody approved it\n"},
    {"one name twice",
        WINDOW("a", "", "", "", "2026-03-10 01:00", "2026-03-10 03:00", "张三", "张三"),
        "w.yaml:2:147: carried_out_by \"张三\" is also who approved it: two names are needed\n"},
    {"no end", WINDOW("a", "", "", "", "2026-03-10 01:00", "2026-03-10 01:00", "张三", "李四"),
        "w.yaml:2:94: to must be after from: a window has an end\n"},
    {"longer than a week",
        WINDOW("a", "", "", "", "2026-03-10 01:00", "2026-03-17 01:01", "张三", "李四"),
        "w.yaml:2:94: a window is not longer than 7d\n"},
    {"no instant", WINDOW("a", "", "", "", "2026-03-10", "2026-03-17 01:01", "张三", "李四"),
        "w.yaml:2:72: from must be a minute in Asia/Shanghai such as 2026-03-10 01:00, found "
        "\"2026-03-10\"\n"},
    {"parts that are not there",
        WINDOW("a", "fly", "98", "月球", "2026-03-10 01:00", "2026-03-10 03:00", "张三", "李四"),
        "w.yaml:2:37: the network has no function \"fly\"\n"
        "w.yaml:2:55: \"98\" is no province's two-digit code (GB/T 2260) such as 32\n"
        "w.yaml:2:68: no link is at a site \"月球\"\n"},
};

static void test_every_mistake_has_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(mistake_rows); i++) {
        struct mistakes *mistakes = mistakes_new();
        struct settings *settings = read_windows(mistake_rows[i].windows, mistakes);
        char *sentences = scratch_sentences(mistakes);
        if (strcmp(sentences, mistake_rows[i].sentences) != 0 ||
            (settings != NULL) != (*sentences == '\0')) {
            fail_msg("%s:\n%sinstead of\n%s", mistake_rows[i].what, sentences,
                mistake_rows[i].sentences);
        }
        free(sentences);
        settings_free(settings);
        mistakes_free(mistakes);
    }
}

// a: payment in 江苏; b touches it from 03:00 on; c overlaps b's end; d: the day after, another
// site than the network's only one would be refused, so all of it.
static const char asked[] = WINDOW("b", "", "", "", "2026-03-10 03:00", "2026-03-10 03:30", "张三",
    "李四") WINDOW("a", "payment", "32", "", "2026-03-10 01:00", "2026-03-10 03:00", "张三", "李四")
    WINDOW("c", "", "32,33", "", "2026-03-10 03:10", "2026-03-10 04:00", "张三", "李四")
        WINDOW("d", "", "", "上海数据中心", "2026-03-11 01:00", "2026-03-11 02:00", "张三", "李四");

static const struct {
    const char *what, *function;
    uint8_t province;
    const char *from, *end, *expect_from, *expect_to, *expect_window; // NULL: none
} next_rows[] = {
    {"touching and overlapping ones are one", "payment", 32, "10T00:00", "10T05:00", "10T01:00",
        "10T04:00", "a"},
    {"from inside", "payment", 32, "10T02:00", "10T05:00", "10T02:00", "10T04:00", "a"},
    {"cut at the end", "payment", 32, "10T02:00", "10T02:30", "10T02:00", "10T02:30", "a"},
    {"nothing is asked for inside", "payment", 32, "10T02:00", "10T02:00", NULL, NULL, NULL},
    {"the window's end is outside", "payment", 32, "10T04:00", "10T05:00", NULL, NULL, NULL},
    {"its begin as the end is outside", "payment", 32, "10T00:00", "10T01:00", NULL, NULL, NULL},
    {"another function", "query", 32, "10T00:00", "10T05:00", "10T03:00", "10T04:00", "b"},
    {"another province", "payment", 33, "10T00:00", "10T05:00", "10T03:00", "10T04:00", "b"},
    {"a province of b only", "payment", 31, "10T00:00", "10T05:00", "10T03:00", "10T03:30", "b"},
    {"the site of all links", "payment", 31, "11T00:00", "11T05:00", "11T01:00", "11T02:00", "d"},
};

static struct instant march(const char *time)
{
    char text[64];
    struct instant at;
    snprintf(text, sizeof(text), "2026-03-%s:00+08:00", time);
    assert_true(instant_parse(text, &at));
    return at;
}

static uint16_t function_of(const struct settings *settings, const char *id)
{
    const struct function_table *table = &settings->networks[0].functions;
    for (size_t i = 0; i < table->function_count; i++) {
        if (strcmp(table->functions[i].id, id) == 0) {
            return (uint16_t)i;
        }
    }
    fail_msg("no function %s", id);
    return 0;
}

static void test_the_next_window(void **state)
{
    (void)state;
    struct mistakes *mistakes = mistakes_new();
    struct settings *settings = read_windows(asked, mistakes);
    mistakes_print(mistakes, stderr);
    assert_non_null(settings);
    for (size_t i = 0; i < COUNT(next_rows); i++) {
        struct instant from, to;
        const struct maintenance_settings *window;
        bool found = maintenance_next(settings, 0, function_of(settings, next_rows[i].function),
            next_rows[i].province, march(next_rows[i].from), march(next_rows[i].end), &from, &to,
            &window);
        bool expected = next_rows[i].expect_from != NULL;
        if (found != expected ||
            (found && (from.ns != march(next_rows[i].expect_from).ns ||
                          to.ns != march(next_rows[i].expect_to).ns ||
                          strcmp(window->id, next_rows[i].expect_window) != 0))) {
            fail_msg("%s", next_rows[i].what);
        }
    }
    settings_free(settings);
    mistakes_free(mistakes);
}

// Another site of the network is expected to carry the business.
static void test_a_site_is_not_the_network(void **state)
{
    (void)state;
    struct mistakes *mistakes = mistakes_new();
    struct settings *settings = read_windows(asked, mistakes);
    assert_non_null(settings);
    struct instant from, to;
    const struct maintenance_settings *window;
    settings->maintenance[3].whole_site = false;
    assert_false(maintenance_next(
        settings, 0, 0, 31, march("11T00:00"), march("11T05:00"), &from, &to, &window));
    settings_free(settings);
    mistakes_free(mistakes);
}

static struct settings *read_services(
    const char *services, const char *days, struct mistakes *mistakes)
{
    char lines[4096];
    snprintf(lines, sizeof(lines), "services: [%s]\nservice_days: [%s]\n", services, days);
    return read_instead("services: []\nservice_days: []\n", lines, mistakes);
}

static const struct {
    const char *what, *services, *days, *sentences;
} service_mistakes[] = {
    {"unknown function", "{network: pay, functions: [fly], days: [workday], hours: []}", "",
        "w.yaml:1:39: the network has no function \"fly\"\n"},
    {"no day", "{network: pay, functions: [], days: [], hours: []}", "",
        "w.yaml:1:48: days must name at least one kind of day\n"},
    {"hours overlap",
        "{network: pay, functions: [], days: [workday], hours: ['09:00-12:00', '11:00-13:00']}", "",
        "w.yaml:1:82: hours overlap\n"},
    {"no date", "",
        "{network: pay, functions: [], date: 2026-02-30, hours: [], decided_by: a, reason: b}",
        "w.yaml:2:52: date must be a date such as 2026-01-31, found \"2026-02-30\"\n"},
    {"nobody decided", "",
        "{network: pay, functions: [], date: 2026-02-27, hours: [], decided_by: '', reason: b}",
        "w.yaml:2:87: decided_by must not be empty\n"},
};

static void test_services_have_their_mistakes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(service_mistakes); i++) {
        struct mistakes *mistakes = mistakes_new();
        assert_null(
            read_services(service_mistakes[i].services, service_mistakes[i].days, mistakes));
        char *sentences = scratch_sentences(mistakes);
        if (strcmp(sentences, service_mistakes[i].sentences) != 0) {
            fail_msg("%s:\n%sinstead of\n%s", service_mistakes[i].what, sentences,
                service_mistakes[i].sentences);
        }
        free(sentences);
        mistakes_free(mistakes);
    }
}

// 2026-02-14 is a working Saturday, 2026-02-16 a holiday, 2026-02-27 a Friday with its own hours.
static const struct {
    const char *function, *at;
    bool open;
} open_rows[] = {
    {"load", "2026-03-10T09:00:00+08:00", true},
    {"load", "2026-03-10T08:59:59+08:00", false},
    {"load", "2026-03-10T16:59:59+08:00", true},
    {"load", "2026-03-10T17:00:00+08:00", false},
    {"load", "2026-03-14T10:00:00+08:00", false},
    {"load", "2026-02-14T10:00:00+08:00", true},
    {"load", "2026-02-16T10:00:00+08:00", false},
    {"load", "2026-02-27T10:00:00+08:00", false},
    {"load", "2026-02-27T12:30:00+08:00", true},
    {"query", "2026-02-27T03:00:00+08:00", true},
};

static void test_T_R10_service_hours(void **state)
{
    (void)state;
    struct mistakes *mistakes = mistakes_new();
    struct settings *settings =
        read_services("{network: pay, functions: [load], days: [workday], hours: ['09:00-17:00']}",
            "{network: pay, functions: [load], date: 2026-02-27, hours: ['12:00-13:00'], "
            "decided_by: a, "
            "reason: b}",
            mistakes);
    mistakes_print(mistakes, stderr);
    assert_non_null(settings);
    for (size_t i = 0; i < COUNT(open_rows); i++) {
        struct instant at;
        assert_true(instant_parse(open_rows[i].at, &at));
        bool open = service_is_open(
            settings, 0, function_of(settings, open_rows[i].function), instant_second(at));
        if (open != open_rows[i].open) {
            fail_msg("%s at %s", open_rows[i].function, open_rows[i].at);
        }
    }
    settings_free(settings);
    mistakes_free(mistakes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_mistake_has_its_place),
        cmocka_unit_test(test_the_next_window),
        cmocka_unit_test(test_a_site_is_not_the_network),
        cmocka_unit_test(test_services_have_their_mistakes),
        cmocka_unit_test(test_T_R10_service_hours),
    };
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
