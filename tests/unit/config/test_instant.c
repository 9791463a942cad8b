#include "config/instant.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

#define MARCH_10 1773109800 // 2026-03-10T10:30:00+08:00

static void test_duration_parse(void **state)
{
    (void)state;
    static const struct {
        const char *what, *text;
        int64_t ns; // -1: refused
    } rows[] = {
        {"minutes are not metres", "30min", 30 * 60 * NS_PER_S},
        {"seconds", "30s", 30 * NS_PER_S},
        {"milliseconds", "250ms", 250 * NS_PER_MS},
        {"microseconds", "7us", 7000},
        {"nanoseconds", "1ns", 1},
        {"days", "7d", 7 * S_PER_DAY * NS_PER_S},
        {"zero", "0s", 0},
        {"two units", "1h30min", 5400 * NS_PER_S},
        {"all units", "1d1h1min1s1ms1us1ns", 90061001001001},
        {"leading zeros are decimal", "010s", 10 * NS_PER_S},
        {"the longest", "9223372036854775807ns", INT64_MAX},
        {"empty", "", -1},
        {"no unit", "5", -1},
        {"no unit at the end", "1h30", -1},
        {"no number", "s", -1},
        {"negative", "-1s", -1},
        {"plus", "+1s", -1},
        {"blank between", "30 s", -1},
        {"blank before", " 30s", -1},
        {"blank behind", "30s ", -1},
        {"a fraction", "1.5h", -1},
        {"m is no unit", "5m", -1},
        {"unknown unit", "5w", -1},
        {"capital", "5S", -1},
        {"longer word", "5seconds", -1},
        {"number overflows", "9223372036854775808ns", -1},
        {"product overflows", "106752d", -1},
        {"sum overflows", "9223372036854775807ns1ns", -1},
        {"twenty digits", "99999999999999999999s", -1},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t ns = -7;
        bool good = duration_parse(rows[i].text, &ns);
        if (good != (rows[i].ns >= 0) || ns != (good ? rows[i].ns : -7)) {
            fail_msg("%s: \"%s\" gave %lld", rows[i].what, rows[i].text, (long long)ns);
        }
    }
}

static void test_duration_format(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        int64_t ns;
        const char *text;
    } rows[] = {
        {"zero", 0, "0s"},
        {"a unit", 30 * NS_PER_S, "30s"},
        {"the largest unit first", 5400 * NS_PER_S, "1h30min"},
        {"a day", S_PER_DAY * NS_PER_S, "1d"},
        {"a bit of everything", 90061001001001, "1d1h1min1s1ms1us1ns"},
        {"the longest", INT64_MAX, "106751d23h47min16s854ms775us807ns"},
        {"negative, for messages", -1500 * NS_PER_MS, "-1s500ms"},
        {"the most negative", INT64_MIN, "-106751d23h47min16s854ms775us808ns"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[INSTANT_TEXT_MAX];
        int64_t back;
        if (strcmp(duration_format(rows[i].ns, text), rows[i].text) != 0 ||
            duration_parse(text, &back) != (rows[i].ns >= 0) ||
            (rows[i].ns >= 0 && back != rows[i].ns)) {
            fail_msg("%s: got \"%s\"", rows[i].what, text);
        }
    }
}

static void test_instant_parse(void **state)
{
    (void)state;
    static const struct {
        const char *what, *text;
        int64_t ns; // -1: refused
    } rows[] = {
        {"Shanghai", "2026-03-10T10:30:00+08:00", MARCH_10 * NS_PER_S},
        {"UTC", "2026-03-10T02:30:00Z", MARCH_10 * NS_PER_S},
        {"west of Greenwich", "2026-03-09T21:30:00-05:00", MARCH_10 * NS_PER_S},
        {"milliseconds", "2026-03-10T10:30:00.001+08:00", MARCH_10 * NS_PER_S + NS_PER_MS},
        {"nine digits", "2026-03-10T10:30:00.000000001+08:00", MARCH_10 * NS_PER_S + 1},
        {"leap day", "2024-02-29T00:00:00Z", 1709164800 * NS_PER_S},
        {"no leap day", "2026-02-29T00:00:00Z", -1},
        {"a century is none", "2100-02-29T00:00:00Z", -1},
        {"ten digits", "2026-03-10T10:30:00.0000000001+08:00", -1},
        {"a dot without digits", "2026-03-10T10:30:00.+08:00", -1},
        {"no offset", "2026-03-10T10:30:00", -1},
        {"no minutes in the offset", "2026-03-10T10:30:00+08", -1},
        {"offset's hour", "2026-03-10T10:30:00+24:00", -1},
        {"offset's minute", "2026-03-10T10:30:00+08:60", -1},
        {"hour 24", "2026-03-10T24:00:00Z", -1},
        {"minute 60", "2026-03-10T10:60:00Z", -1},
        {"second 60", "2026-03-10T10:30:60Z", -1},
        {"month 13", "2026-13-10T10:30:00Z", -1},
        {"month 0", "2026-00-10T10:30:00Z", -1},
        {"day 0", "2026-03-00T10:30:00Z", -1},
        {"blank for T", "2026-03-10 10:30:00Z", -1},
        {"something behind", "2026-03-10T10:30:00Zx", -1},
        {"one digit of a month", "2026-3-10T10:30:00Z", -1},
        {"before 1970", "1969-12-31T23:59:59Z", -1},
        {"too late", "2300-01-01T00:00:00Z", -1},
        {"empty", "", -1},
        {"cut", "2026-03-10T", -1},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct instant at = {-7};
        bool good = instant_parse(rows[i].text, &at);
        if (good != (rows[i].ns >= 0) || at.ns != (good ? rows[i].ns : -7)) {
            fail_msg("%s: \"%s\" gave %lld", rows[i].what, rows[i].text, (long long)at.ns);
        }
    }
}

static void test_instant_format(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        int64_t ns;
        int digits;
        const char *text;
    } rows[] = {
        {"seconds", MARCH_10 * NS_PER_S, 0, "2026-03-10T10:30:00+08:00"},
        {"fractions are cut, not rounded", MARCH_10 * NS_PER_S + 999999999, 3,
            "2026-03-10T10:30:00.999+08:00"},
        {"nanoseconds", MARCH_10 * NS_PER_S + 1, 9, "2026-03-10T10:30:00.000000001+08:00"},
        {"the day changes in Shanghai", 1773158400 * NS_PER_S, 0, "2026-03-11T00:00:00+08:00"},
        {"before 1970", -1, 9, "1970-01-01T07:59:59.999999999+08:00"},
        {"the last", INT64_MAX, 9, "2262-04-12T07:47:16.854775807+08:00"},
        {"the first", INT64_MIN, 9, "1677-09-21T08:12:43.145224192+08:00"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[INSTANT_TEXT_MAX];
        instant_format((struct instant){rows[i].ns}, rows[i].digits, text);
        if (strcmp(text, rows[i].text) != 0) {
            fail_msg("%s: got %s", rows[i].what, text);
        }
    }
}

static void test_instant_format_chinese(void **state)
{
    (void)state;
    char text[64];
    assert_string_equal(
        instant_format_chinese(instant_from_s(MARCH_10), text), "2026年3月10日 10:30（北京时间）");
    assert_string_equal(instant_format_chinese(instant_from_s(MARCH_10 + 5), text),
        "2026年3月10日 10:30:05（北京时间）");
}

static void test_seconds(void **state)
{
    (void)state;
    assert_int_equal(instant_second((struct instant){NS_PER_S - 1}), 0);
    assert_int_equal(instant_second((struct instant){NS_PER_S}), 1);
    assert_int_equal(instant_second((struct instant){-1}), -1);
    assert_int_equal(instant_second((struct instant){-NS_PER_S}), -1);
    assert_int_equal(instant_second((struct instant){INT64_MIN}), -9223372037LL);
    assert_int_equal(shanghai_second_of_day(MARCH_10), 10 * 3600 + 30 * 60);
    assert_int_equal(shanghai_second_of_day(16 * 3600 - 1), 86399);
    assert_int_equal(shanghai_second_of_day(16 * 3600), 0);
    assert_int_equal(shanghai_second_of_day(-S_PER_DAY), 8 * 3600);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_duration_parse),
        cmocka_unit_test(test_duration_format),
        cmocka_unit_test(test_instant_parse),
        cmocka_unit_test(test_instant_format),
        cmocka_unit_test(test_instant_format_chinese),
        cmocka_unit_test(test_seconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
