#include "config/calendar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/unit/config/scratch.h"

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static int64_t date(const char *text)
{
    int64_t date = 0;
    assert_true(date_parse(text, &date));
    return date;
}

static void shipped_read(struct calendar *calendar)
{
    struct mistakes *mistakes = mistakes_new();
    for (int year = 2025; year <= 2027; year++) {
        char path[512];
        snprintf(path, sizeof(path), "%s/config/tables/calendar-%d.yaml", getenv("TAPGRADE_SOURCE"),
            year);
        assert_true(calendar_read_year(path, calendar, mistakes));
    }
    assert_int_equal(mistakes_count(mistakes), 0);
    mistakes_free(mistakes);
}

static void test_dates(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t date;
        int weekday;
    } rows[] = {
        {"1970-01-01", 0, 3},
        {"2000-02-29", 11016, 1},
        {"2026-01-31", 20484, 5},
        {"2026-11-22", 20779, 6},
        {"2028-12-31", 21549, 6},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[DATE_TEXT_MAX];
        assert_int_equal(date(rows[i].text), rows[i].date);
        assert_int_equal(date_weekday(rows[i].date), rows[i].weekday);
        date_format(&rows[i].date, text, sizeof(text));
        assert_string_equal(text, rows[i].text);
    }
    for (int64_t d = -1000; d < 200000; d++) { // every date is made of what it is split into
        int64_t year;
        int month, day;
        date_split(d, &year, &month, &day);
        assert_int_equal(date_make(year, month, day), d);
    }
    static const char *const none[] = {"2026-02-29", "2026-13-01", "2026-00-01", "2026-01-00",
        "26-01-01", "2026/01/01", "2026-01-011", "", "1969-12-31"};
    for (size_t i = 0; i < COUNT(none); i++) {
        int64_t untouched = 42;
        assert_false(date_parse(none[i], &untouched));
        assert_int_equal(untouched, 42);
    }
}

static void test_a_day_begins_in_shanghai(void **state)
{
    (void)state;
    struct instant at;
    assert_true(instant_parse("2026-01-31T00:00:00+08:00", &at));
    assert_int_equal(date_of_second(instant_second(at)), date("2026-01-31"));
    assert_int_equal(date_of_second(instant_second(at) - 1), date("2026-01-30"));
    assert_int_equal(date_begin_s(date("2026-01-31")), instant_second(at));
}

static void test_days_of_the_notices(void **state)
{
    (void)state;
    static const struct {
        const char *date;
        enum day_type type;
        bool confirmed;
    } rows[] = {
        {"2025-01-26", DAY_WORKDAY, true}, // a working Sunday
        {"2025-10-08", DAY_HOLIDAY, true}, // a Wednesday
        {"2026-02-14", DAY_WORKDAY, true}, // a working Saturday
        {"2026-02-15", DAY_HOLIDAY, true}, // a Sunday inside a holiday
        {"2026-02-24", DAY_WORKDAY, true},
        {"2026-11-22", DAY_WEEKEND, true},
        {"2026-11-23", DAY_WORKDAY, true},
        {"2027-01-01", DAY_WORKDAY, false}, // noted, not confirmed: a Friday
        {"2028-05-01", DAY_WORKDAY, false}, // no file at all: a Monday
        {"2028-05-06", DAY_WEEKEND, false},
    };
    struct calendar calendar = {0};
    shipped_read(&calendar);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct day day = calendar_day(&calendar, date(rows[i].date));
        if (day.type != rows[i].type || day.confirmed != rows[i].confirmed || day.flags != 0) {
            fail_msg("%s: %s", rows[i].date, day_type_names[day.type]);
        }
    }
    assert_true(calendar_is_noted_holiday(&calendar, date("2027-01-01")));
    assert_false(calendar_is_noted_holiday(&calendar, date("2027-01-02")));
    assert_false(calendar_is_noted_holiday(&calendar, date("2026-01-01"))); // no note: confirmed
    calendar_free(&calendar);
    assert_false(calendar_day(&calendar, date("2026-01-01")).confirmed);
}

static void test_a_year_has_248_working_days(void **state)
{
    (void)state;
    struct calendar calendar = {0};
    shipped_read(&calendar);
    for (int year = 2025; year <= 2026; year++) {
        int working = 0;
        for (int64_t d = date_make(year, 1, 1); d < date_make(year + 1, 1, 1); d++) {
            working += calendar_is_working_day(&calendar, d);
        }
        assert_int_equal(working, 248);
    }
    calendar_free(&calendar);
}

// The dates of T-K1 and T-K3 to T-K7: n working days after a date.
static void test_working_days_are_counted(void **state)
{
    (void)state;
    static const struct {
        const char *from;
        int days;
        const char *to;
    } rows[] = {
        {"2026-03-10", 10, "2026-03-24"},
        {"2026-03-10", 40, "2026-05-09"},
        {"2025-09-26", 10, "2025-10-16"},
        {"2025-09-30", 10, "2025-10-21"},
        {"2025-10-01", 10, "2025-10-21"},
        {"2026-02-13", 10, "2026-03-05"},
        {"2026-02-14", 10, "2026-03-06"},
        {"2026-04-30", 10, "2026-05-18"},
        {"2025-08-04", 40, "2025-09-28"},
        {"2025-12-31", 40, "2026-03-04"},
    };
    struct calendar calendar = {0};
    shipped_read(&calendar);
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t at = date(rows[i].from);
        for (int n = 0; n < rows[i].days; n++) {
            at = calendar_next_working_day(&calendar, at);
        }
        if (at != date(rows[i].to)) {
            fail_msg("%d days after %s", rows[i].days, rows[i].from);
        }
    }
    calendar_free(&calendar);
}

static void test_the_next_notice_is_missed_from_november_on(void **state)
{
    (void)state;
    struct calendar calendar = {0};
    shipped_read(&calendar);
    assert_int_equal(calendar_missing_year(&calendar, date("2026-10-31")), 0);
    assert_int_equal(calendar_missing_year(&calendar, date("2026-11-01")), 2027); // a note is none
    assert_int_equal(calendar_missing_year(&calendar, date("2025-12-31")), 0);
    assert_int_equal(calendar_missing_year(&calendar, date("2027-03-01")), 2027);
    assert_false(calendar_covers(&calendar, 2027));
    assert_true(calendar_covers(&calendar, 2026));
    calendar_free(&calendar);
}

static void bank_read(struct calendar *calendar, const char *text)
{
    struct mistakes *mistakes = mistakes_new();
    const char *path = scratch_write("bank.yaml", text, strlen(text));
    assert_true(calendar_read_bank(path, calendar, mistakes));
    mistakes_free(mistakes);
}

static void flags_check(const struct calendar *calendar, const char *const *dates, size_t count)
{
    int64_t from = date("2026-01-01"), to = date("2026-12-31");
    size_t found = 0;
    for (int64_t d = from; d <= to; d++) {
        char text[DATE_TEXT_MAX];
        if ((calendar_day(calendar, d).flags & DAY_PAY) != 0) {
            date_format(&d, text, sizeof(text));
            assert_true(found < count);
            assert_string_equal(text, dates[found++]);
        }
    }
    assert_int_equal(found, count);
}

static void test_pay_days_move_off_days_off(void **state)
{
    (void)state;
    static const char *const before[] = {"2026-01-30", "2026-02-28", "2026-03-31", "2026-04-30",
        "2026-05-29", "2026-06-30", "2026-07-31", "2026-08-31", "2026-09-30", "2026-10-30",
        "2026-11-30", "2026-12-31"};
    // The last of January is a Saturday, of May and October too.
    static const char *const after[] = {"2026-02-02", "2026-02-28", "2026-03-31", "2026-04-30",
        "2026-06-01", "2026-06-30", "2026-07-31", "2026-08-31", "2026-09-30", "2026-11-02",
        "2026-11-30", "2026-12-31"};
    struct calendar calendar = {0};
    shipped_read(&calendar);
    bank_read(&calendar,
        "pay_days_of_month: [31]\npay_day_on_day_off: before\npay_days: []\npromotions: []\n");
    flags_check(&calendar, before, COUNT(before));
    calendar.bank.pay_day_on_day_off = MOVED_AFTER;
    flags_check(&calendar, after, COUNT(after));
    calendar_free(&calendar);
}

static void test_promotions(void **state)
{
    (void)state;
    struct calendar calendar = {0};
    shipped_read(&calendar);
    bank_read(&calendar, "pay_days_of_month: []\npay_day_on_day_off: same\npay_days: [2026-11-11]\n"
                         "promotions: [{name: 双十一, from: 2026-11-10, to: 2026-11-11}]\n");
    assert_int_equal(calendar_day(&calendar, date("2026-11-09")).flags, 0);
    assert_int_equal(calendar_day(&calendar, date("2026-11-10")).flags, DAY_PROMOTION);
    assert_int_equal(calendar_day(&calendar, date("2026-11-11")).flags, DAY_PROMOTION | DAY_PAY);
    calendar_free(&calendar);
}

static void test_mistakes_have_their_place(void **state)
{
    (void)state;
    static const char first[] = "covers_year: 2026\nconfirmed: true\nsource: x\n";
    static const struct {
        const char *text, *sentence;
    } rows[] = {
        {"holidays: [{name: a, from: 2026-05-02, to: 2026-05-01}]\nworking_weekends: []\n",
            "year.yaml:4:44: to must not be before from\n"},
        {"holidays: [{name: a, from: 2025-12-31, to: 2026-01-01}]\nworking_weekends: []\n",
            "year.yaml:4:28: a holiday must lie in covers_year, 2026\n"},
        {"holidays: []\nworking_weekends: [2026-05-08]\n",
            "year.yaml:5:20: working_weekends must be Saturdays or Sundays of 2026\n"},
        {"holidays: []\nworking_weekends: [2026-02-30]\n",
            "year.yaml:5:20: working_weekends must be a date such as 2026-01-31, found "
            "\"2026-02-30\"\n"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[512];
        struct calendar calendar = {0};
        struct mistakes *mistakes = mistakes_new();
        snprintf(text, sizeof(text), "%s%s", first, rows[i].text);
        assert_false(calendar_read_year(
            scratch_write("year.yaml", text, strlen(text)), &calendar, mistakes));
        char *sentences = scratch_sentences(mistakes);
        assert_string_equal(sentences, rows[i].sentence);
        free(sentences);
        calendar_free(&calendar);
        mistakes_free(mistakes);
    }
}

static void test_a_year_comes_once(void **state)
{
    (void)state;
    static const char text[] =
        "covers_year: 2026\nconfirmed: true\nsource: x\nholidays: []\nworking_weekends: []\n";
    struct calendar calendar = {0};
    struct mistakes *mistakes = mistakes_new();
    shipped_read(&calendar);
    assert_false(
        calendar_read_year(scratch_write("again.yaml", text, strlen(text)), &calendar, mistakes));
    char *sentences = scratch_sentences(mistakes);
    assert_string_equal(sentences, "again.yaml:1:14: the year 2026 has a calendar already\n");
    free(sentences);
    calendar_free(&calendar);
    mistakes_free(mistakes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_a_day_begins_in_shanghai),
        cmocka_unit_test(test_days_of_the_notices),
        cmocka_unit_test(test_a_year_has_248_working_days),
        cmocka_unit_test(test_working_days_are_counted),
        cmocka_unit_test(test_the_next_notice_is_missed_from_november_on),
        cmocka_unit_test(test_pay_days_move_off_days_off),
        cmocka_unit_test(test_promotions),
        cmocka_unit_test(test_mistakes_have_their_place),
        cmocka_unit_test(test_a_year_comes_once),
    };
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
