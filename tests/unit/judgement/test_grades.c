// The durations of arts. 7 to 10 at the millisecond, and what the rule says of provinces, peak
// hours and scope: grades_from_outages fed with interruptions, tick by tick.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/judgement/judgement.h"

#include <cmocka.h>

enum variant {
    DEFAULT,
    NOT_SPECIAL,   // not SC but FS
    NOT_FINANCIAL, // neither SC nor FS, PBOC domain
    OUT_OF_DOMAIN,
    ABROAD,
    CLASS_UNSET,
    TWO_PEAKS, // 09-12 and 13-21
    NO_PEAKS,  // all hours
};

struct row {
    const char *what;
    struct stated stated[STATED_MAX];
    const char *until; // NULL: the last end
    int grade, conservative;
    const char *met_at, *clause; // of the grade; NULL: not checked
    enum variant variant;
};

static void variant_apply(struct fixture *fixture, enum variant variant)
{
    struct network_settings *network = &fixture->network;
    if (variant == NOT_SPECIAL || variant == NOT_FINANCIAL) {
        fixture->special_class[0] = SPECIAL_NOT;
    }
    network->financial_service = variant != NOT_FINANCIAL;
    network->pboc_domain = variant != OUT_OF_DOMAIN;
    network->in_china = variant != ABROAD;
    network->special_class_count = variant == CLASS_UNSET ? 0 : 1;
    network->peak_hours_count = variant == NO_PEAKS ? 0 : variant == TWO_PEAKS ? 2 : 1;
    if (variant == TWO_PEAKS) {
        fixture->peak_hours[0] = (struct hours){9 * 3600, 12 * 3600};
        fixture->peak_hours[1] = (struct hours){13 * 3600, 21 * 3600};
    }
}

static void row_check(const struct row *row)
{
    struct fixture fixture;
    fixture_init(&fixture);
    variant_apply(&fixture, row->variant);
    struct grades *grades = grades_of(&fixture);
    const struct grade *grade = judge(&fixture, grades, row->stated, row->until);
    assert_non_null(grade);
    if (grade->grade != row->grade || grade->conservative_grade != row->conservative) {
        fail_msg("%s: grade %d conservative %d, not %d and %d", row->what, grade->grade,
            grade->conservative_grade, row->grade, row->conservative);
    }
    if (row->met_at != NULL && grade_met_at(grade).ns != at(row->met_at).ns) {
        fail_msg("%s: met at %s, not %s", row->what, text_of(grade_met_at(grade)), row->met_at);
    }
    if (row->clause != NULL && strcmp(grade->criteria[0].clause->id, row->clause) != 0) {
        fail_msg("%s: clause %s, not %s", row->what, grade->criteria[0].clause->id, row->clause);
    }
    grades_free(grades);
}

static void rows_check(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        row_check(&rows[i]);
    }
}

#define CHECK(rows) rows_check(rows, sizeof(rows) / sizeof((rows)[0]))

static void test_durations_one_province_in_peak(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"29:59.999", {{32, "10:00", "10:29:59.999"}}, NULL, 0, 0},
        {"30:00.000", {{32, "10:00", "10:30"}}, NULL, 2, 2, "10:30", "9(1)(2)"},
        {"2:59:59.999", {{32, "10:00", "12:59:59.999"}}, NULL, 2, 2, "10:30", "9(1)(2)"},
        {"3:00:00.000", {{32, "10:00", "13:00"}}, NULL, 3, 3, "13:00", "8(1)(2)"},
        {"5:59:59.999", {{32, "10:00", "15:59:59.999"}}, NULL, 3, 3, "13:00", "8(1)(2)"},
        {"6:00:00.000", {{32, "10:00", "16:00"}}, NULL, 4, 4, "16:00", "7(1)(2)"},
    };
    CHECK(rows);
}

static void test_durations_two_provinces_in_peak(void **state)
{
    (void)state;
#define TWO(to)                                                                                    \
    {                                                                                              \
        {32, "10:00", to},                                                                         \
        {                                                                                          \
            33, "10:00", to                                                                        \
        }                                                                                          \
    }
    static const struct row rows[] = {
        {"14:59.999", TWO("10:14:59.999"), NULL, 0, 0},
        {"15:00.000", TWO("10:15"), NULL, 2, 2, "10:15", "9(1)(1)"},
        {"1:29:59.999", TWO("11:29:59.999"), NULL, 2, 2, "10:15", "9(1)(1)"},
        {"1:30:00.000", TWO("11:30"), NULL, 3, 3, "11:30", "8(1)(1)"},
        {"2:59:59.999", TWO("12:59:59.999"), NULL, 3, 3, "11:30", "8(1)(1)"},
        {"3:00:00.000", TWO("13:00"), NULL, 4, 4, "13:00", "7(1)(1)"},
    };
    CHECK(rows);
}

static void test_durations_three_provinces_in_peak(void **state)
{
    (void)state;
#define THREE(to)                                                                                  \
    {                                                                                              \
        {32, "10:00", to}, {33, "10:00", to},                                                      \
        {                                                                                          \
            34, "10:00", to                                                                        \
        }                                                                                          \
    }
    static const struct row rows[] = {
        {"14:59.999", THREE("10:14:59.999"), NULL, 0, 0},
        {"15:00.000", THREE("10:15"), NULL, 2, 2, "10:15", "9(1)(1)"},
        {"1:30:00.000", THREE("11:30"), NULL, 3, 3, "11:30", "8(1)(1)"},
        {"3:00:00.000", THREE("13:00"), NULL, 4, 4, "13:00", "7(1)(1)"},
    };
    CHECK(rows);
}

static void test_T_D1_any_hour_thirty_minutes_is_common(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"02:29:59.999", {{32, "02:00", "02:29:59.999"}}, NULL, 0, 0},
        {"02:30:00.000", {{32, "02:00", "02:30"}}, NULL, 1, 1, "02:30", "10(1)"},
    };
    CHECK(rows);
}

static void test_T_D2_seven_hours_outside_peak_stay_common(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"2 provinces, 7 h", {{32, "01:00", "08:00"}, {33, "01:00", "08:00"}}, NULL, 1, 1, "01:30"},
    };
    CHECK(rows);
}

static void test_T_D3_not_special_class_is_common(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"2 provinces, 3 h, peak", {{32, "10:00", "13:00"}, {33, "10:00", "13:00"}}, NULL, 1, 1,
            "10:30", "10(1)", NOT_SPECIAL},
        {"class unset is special", {{32, "10:00", "13:00"}, {33, "10:00", "13:00"}}, NULL, 4, 4,
            "13:00", "7(1)(1)", CLASS_UNSET},
    };
    CHECK(rows);
}

static void test_T_D4_not_financial_service_counts_impairment(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"59:59.999", {{32, "10:00", "10:59:59.999"}}, NULL, 0, 0, NULL, NULL, NOT_FINANCIAL},
        {"60:00.000", {{32, "10:00", "11:00"}}, NULL, 1, 1, "11:00", "10(3)", NOT_FINANCIAL},
    };
    CHECK(rows);
}

static void test_T_D6_D7_D8_only_time_in_peak_counts(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"T-D6", {{32, "08:45", "09:20"}}, NULL, 1, 2, "09:15", "10(1)"},
        {"T-D7", {{32, "20:31", "21:40"}}, NULL, 1, 2, "21:01", "10(1)"},
        {"T-D8", {{32, "11:45", "13:15"}}, NULL, 2, 2, "13:15", "9(1)(2)", TWO_PEAKS},
        {"T-D8, a millisecond less", {{32, "11:45", "13:14:59.999"}}, NULL, 1, 2, "12:15", "10(1)",
            TWO_PEAKS},
        {"all hours are peak", {{32, "02:00", "02:30"}}, NULL, 2, 2, "02:30", "9(1)(2)", NO_PEAKS},
    };
    CHECK(rows);
}

static void test_T_P5_the_edges_of_peak(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    static const struct {
        const char *what;
        bool peak;
    } rows[] = {{"08:59:59.999", false}, {"09:00:00.000", true}, {"20:59:59.999", true},
        {"21:00:00.000", false}};
    for (size_t i = 0; i < 4; i++) {
        struct instant instant = at(rows[i].what);
        int64_t ns = peak_ns(&fixture.network, instant, instant_add(instant, NS_PER_MS));
        assert_int_equal(ns, rows[i].peak ? NS_PER_MS : 0);
        assert_int_equal(network_is_peak(&fixture.network, instant_second(instant)), rows[i].peak);
    }
    // 12 h of every 24.
    int64_t days_ns =
        peak_ns(&fixture.network, at("08:00"), instant_add(at("08:00"), 3 * S_PER_DAY * NS_PER_S));
    assert_int_equal(days_ns, 36 * 3600 * NS_PER_S);
}

static void test_T_D9_D10_D11_two_provinces_at_once(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"T-D9: 10 min at once, union 30 min", {{32, "10:00", "10:20"}, {33, "10:10", "10:30"}},
            NULL, 0, 2},
        {"T-D10: 15 min at once", {{32, "10:00", "10:20"}, {33, "10:05", "10:20"}}, NULL, 2, 2,
            "10:20", "9(1)(1)"},
        {"T-D11: the set changes",
            {{32, "10:00", "10:10"}, {33, "10:00", "10:15"}, {34, "10:10", "10:15"}}, NULL, 2, 2,
            "10:15", "9(1)(1)"},
        {"two functions are not two provinces at once",
            {{32, "10:00", "10:20", PAYMENT}, {33, "10:00", "10:20", LOGIN}}, NULL, 0, 0},
        {"a function that is not main is not graded", {{32, "10:00", "16:00", QUERY}}, NULL, 0, 0},
        {"00 is never the second province, but may be one",
            {{0, "10:00", "10:20"}, {33, "10:00", "10:20"}}, NULL, 0, 2},
        {"00 alone is one province", {{0, "10:00", "10:30"}}, NULL, 2, 2, "10:30", "9(1)(2)"},
    };
    CHECK(rows);
}

// An institution of the whole country is two provinces by itself, and one of three.
static void test_T_D21_a_national_institution_is_two_provinces(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"T-D21: 14:59.999", {{99, "10:00", "10:14:59.999"}}, NULL, 0, 0},
        {"T-D21: 15:00.000", {{99, "10:00", "10:15"}}, NULL, 2, 2, "10:15", "9(1)(1)"},
        {"the first of a changing set", {{99, "10:00", "10:08"}, {32, "10:06", "10:15"}}, NULL, 0,
            2},
    };
    CHECK(rows);
}

static void test_T_D13_the_sum_of_minutes_is_conservative(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"T-D13: 20 and 10 min", {{32, "10:00", "10:20"}, {32, "10:23:10", "10:33:10"}}, NULL, 0,
            2},
        {"a millisecond less", {{32, "10:00", "10:20"}, {32, "10:23:10", "10:33:09.999"}}, NULL, 0,
            0},
        {"another province's minutes are not its own",
            {{32, "02:00", "02:20"}, {33, "02:23:10", "02:33:10"}}, NULL, 0, 0},
    };
    CHECK(rows);
}

static void test_T_D20_short_gaps_of_two_at_once_are_joined(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"T-D20: 8 + 2 + 6 min",
            {{32, "10:00", "10:08"}, {33, "10:00", "10:16"}, {34, "10:10", "10:18"}}, NULL, 2, 2,
            "10:15", "9(1)(1)"},
        {"a gap of 180.001 s is not joined",
            {{32, "10:00", "10:08"}, {33, "10:00", "10:18"}, {34, "10:11:00.001", "10:18"}}, NULL,
            0, 2},
        {"joined time must be over 70 %: 5 + 3 + 2 min is exactly that",
            {{32, "09:00", "09:05"}, {33, "09:00", "09:10"}, {34, "09:08", "09:10"}}, NULL, 0, 0},
    };
    CHECK(rows);
}

static void test_T_C9_out_of_scope_is_never_graded(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"not in the PBOC domain", {{32, "10:00", "15:00"}, {33, "10:00", "15:00"}}, NULL, 0, 0,
            NULL, NULL, OUT_OF_DOMAIN},
        {"not in China", {{32, "10:00", "15:00"}, {33, "10:00", "15:00"}}, NULL, 0, 0, NULL, NULL,
            ABROAD},
    };
    CHECK(rows);
}

static void test_T_C7_escalates_at_the_instant(void **state)
{
    (void)state;
    static const struct stated stated[STATED_MAX] = {{32, "10:00", NULL}};
    static const struct {
        const char *tick, *met_at, *next;
        int grade;
    } rows[] = {
        {"10:29:59", NULL, "10:30", 0},
        {"10:30:00", "10:30", "13:00", 2},
        {"12:59:59", "10:30", "13:00", 2},
        {"13:00:00", "13:00", "16:00", 3},
        {"16:00:00", "16:00", NULL, 4},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fixture fixture;
        fixture_init(&fixture);
        struct grades *grades = grades_of(&fixture);
        const struct grade *grade = judge(&fixture, grades, stated, rows[i].tick);
        assert_int_equal(grade->grade, rows[i].grade);
        if (rows[i].met_at != NULL) {
            assert_int_equal(grade_met_at(grade).ns, at(rows[i].met_at).ns);
        }
        assert_int_equal(grade->next.clause != NULL, rows[i].next != NULL);
        if (rows[i].next != NULL) {
            assert_string_equal(text_of(grade->next.at), text_of(at(rows[i].next)));
        }
        assert_int_equal(grade->onset.ns, at("10:00").ns);
        grades_free(grades);
    }
}

// The reading that makes the difference is named, the smallest set that does; and when it was met:
// in peak at the earliest, and not before as many provinces as the clause asks for were down.
static void test_conservative_names_its_reading(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        struct stated stated[STATED_MAX];
        const char *clause, *reading, *met_at;
    } rows[] = {
        {"T-D6", {{32, "08:45", "09:20"}}, "9(1)(2)", "触及高峰即计全程", "09:15"},
        {"T-D6, half an hour before the peak", {{32, "08:20", "09:05"}}, "9(1)(2)",
            "触及高峰即计全程", "09:00"},
        {"T-D9", {{32, "10:00", "10:20"}, {33, "10:10", "10:30"}}, "9(1)(1)", "各省中断时间取并集",
            "10:15"},
        {"T-D9, the second one comes late", {{32, "10:00", "10:20"}, {33, "10:18", "10:30"}},
            "9(1)(1)", "各省中断时间取并集", "10:18"},
        {"T-D21 and another one that comes late", {{99, "10:00", "10:10"}, {33, "10:08", "10:30"}},
            "9(1)(1)", "各省中断时间取并集", "10:15"},
        {"T-D13", {{32, "10:00", "10:20"}, {32, "10:23:10", "10:33:10"}}, "9(1)(2)", "多次中断累计",
            "10:33:10"},
        {"two at once", {{32, "08:50", "09:05"}, {32, "09:10", "09:25"}}, "9(1)(2)",
            "触及高峰即计全程、多次中断累计", "09:25"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fixture fixture;
        fixture_init(&fixture);
        struct grades *grades = grades_of(&fixture);
        const struct grade *grade = judge(&fixture, grades, rows[i].stated, NULL);
        const struct criterion *found = NULL;
        for (size_t c = 0; c < grade->criterion_count; c++) {
            const struct criterion *criterion = &grade->criteria[c];
            if (criterion->reading != NULL && strcmp(criterion->clause->id, rows[i].clause) == 0 &&
                strcmp(criterion->reading, rows[i].reading) == 0) {
                found = criterion;
            }
        }
        if (found == NULL) {
            fail_msg("%s: no criterion %s by %s", rows[i].what, rows[i].clause, rows[i].reading);
        } else if (found->met_at.ns != at(rows[i].met_at).ns) {
            fail_msg("%s: met at %s, not %s", rows[i].what, text_of(found->met_at), rows[i].met_at);
        }
        grades_free(grades);
    }
}

// Those that were down while it counted, and no others.
static void test_provinces_of_a_criterion(void **state)
{
    (void)state;
    static const struct stated stated[STATED_MAX] = {
        {32, "10:00", "10:15"}, {33, "10:00", "10:15"}, {34, "10:15", "10:20"}};
    struct fixture fixture;
    fixture_init(&fixture);
    struct grades *grades = grades_of(&fixture);
    const struct grade *grade = judge(&fixture, grades, stated, NULL);
    const uint8_t *bits = grade->criteria[0].provinces;
    assert_string_equal(grade->criteria[0].clause->id, "9(1)(1)");
    for (int province = 0; province < PROVINCES; province++) {
        bool is_set = (bits[province / 8] & 1u << (province % 8)) != 0;
        assert_int_equal(is_set, province == 32 || province == 33);
    }
    grades_free(grades);
}

static void test_grade_prints_what_a_person_asks(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    struct grades *grades = grades_of(&fixture);
    static const struct stated stated[STATED_MAX] = {
        {32, "10:00", "10:20"}, {33, "10:05", "10:20"}};
    const struct grade *grade = judge(&fixture, grades, stated, NULL);
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    grade_print(out, &fixture.settings, grade);
    fclose(out);
    static const char *const expected[] = {"\"rulebook\":\"pboc-2025-4\"", "\"version\":\"2026.1\"",
        "\"clause\":\"9(1)(1)\",\"grade\":2,\"met_at\":\"2026-03-10T10:20:00.000+08:00\","
        "\"measured\":900000,\"threshold\":900000",
        "\"conservative_grade\":2", "\"provinces\":[\"32\",\"33\"]",
        "\"not_measured\":[\"7(2)(1)\",\"7(2)(2)\",\"8(2)(1)\",\"8(2)(2)\",\"9(2)(1)\",\"9(2)(2)\","
        "\"10(2)(1)\",\"10(2)(2)\"]",
        "两个以上省级行政区范围整体中断运行15分钟以上"};
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        if (strstr(text, expected[i]) == NULL) {
            fail_msg("%s is not in %s", expected[i], text);
        }
    }
    free(text);
    grades_free(grades);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_durations_one_province_in_peak),
        cmocka_unit_test(test_durations_two_provinces_in_peak),
        cmocka_unit_test(test_durations_three_provinces_in_peak),
        cmocka_unit_test(test_T_D1_any_hour_thirty_minutes_is_common),
        cmocka_unit_test(test_T_D2_seven_hours_outside_peak_stay_common),
        cmocka_unit_test(test_T_D3_not_special_class_is_common),
        cmocka_unit_test(test_T_D4_not_financial_service_counts_impairment),
        cmocka_unit_test(test_T_D6_D7_D8_only_time_in_peak_counts),
        cmocka_unit_test(test_T_P5_the_edges_of_peak),
        cmocka_unit_test(test_T_D9_D10_D11_two_provinces_at_once),
        cmocka_unit_test(test_T_D13_the_sum_of_minutes_is_conservative),
        cmocka_unit_test(test_T_D21_a_national_institution_is_two_provinces),
        cmocka_unit_test(test_T_D20_short_gaps_of_two_at_once_are_joined),
        cmocka_unit_test(test_T_C7_escalates_at_the_instant),
        cmocka_unit_test(test_T_C9_out_of_scope_is_never_graded),
        cmocka_unit_test(test_conservative_names_its_reading),
        cmocka_unit_test(test_provinces_of_a_criterion),
        cmocka_unit_test(test_grade_prints_what_a_person_asks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
