// Which kind of day a date is, in Asia/Shanghai: workday, weekend or holiday by the State Council's
// notices, one file a year, and the bank's own pay days and promotions. A date is the number of its
// day since 1970-01-01.
//
// The rule of a date: a listed working weekend is a workday; a listed day off is a holiday; else
// Monday to Friday are workdays. A year without a confirmed file has Monday to Friday only.
#pragma once

#include "config/instant.h"
#include "config/yaml.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum day_type { DAY_WORKDAY, DAY_WEEKEND, DAY_HOLIDAY, DAY_TYPES };
extern const char *const day_type_names[DAY_TYPES];

enum day_flag { DAY_PAY = 1, DAY_PROMOTION = 2, DAY_FLAGS = 4 }; // a set of them is below DAY_FLAGS

struct day {
    enum day_type type;
    uint8_t flags;  // of enum day_flag
    bool confirmed; // the year has its notice; else Monday to Friday only
};

struct date_range { // both days belong to it
    char *name;
    int64_t from, to;
};

// One year's notice. A year whose notice is not out yet may have its statutory holidays noted
// (confirmed: false): they change no day's type.
struct calendar_year {
    int64_t year;
    bool confirmed;
    char *source;
    struct date_range *holidays;
    size_t holiday_count;
    int64_t *working_weekends;
    size_t working_weekend_count;
};
extern const struct schema calendar_year_schema;

enum moved { MOVED_BEFORE, MOVED_AFTER, MOVED_NOT };

// What the bank itself knows of its days.
struct bank_days {
    int64_t *pay_days_of_month; // 1..31; past the month's end: its last day
    size_t pay_day_of_month_count;
    int pay_day_on_day_off; // enum moved: paid on the working day before, after, or all the same
    int64_t *pay_days;      // more of them, by date
    size_t pay_day_count;
    struct date_range *promotions;
    size_t promotion_count;
};
extern const struct schema bank_days_schema;

struct calendar {
    struct calendar_year *years;
    size_t year_count;
    struct bank_days bank;
};

// Reads one file more; false after mistakes. A year may come once.
bool calendar_read_year(const char *path, struct calendar *calendar, struct mistakes *mistakes);
bool calendar_read_bank(const char *path, struct calendar *calendar, struct mistakes *mistakes);
void calendar_free(struct calendar *calendar); // leaves it zeroed: Monday to Friday

struct day calendar_day(const struct calendar *calendar, int64_t date);
bool calendar_is_working_day(const struct calendar *calendar, int64_t date);
// A holiday by a note that no notice has confirmed.
bool calendar_is_noted_holiday(const struct calendar *calendar, int64_t date);
// The first working day after the date, the date itself not counted.
int64_t calendar_next_working_day(const struct calendar *calendar, int64_t date);
// Whether the year has its notice.
bool calendar_covers(const struct calendar *calendar, int64_t year);
// The year whose notice should be here at the date and is not: this one, or from 1 November on the
// next; 0: none is missing.
int64_t calendar_missing_year(const struct calendar *calendar, int64_t date);

// The date in Shanghai of a second since 1970 UTC, and the second at which it begins.
int64_t date_of_second(int64_t epoch_s);
int64_t date_begin_s(int64_t date);

#define DAY_SLOT_S 300 // normals and peak hours are learned by slots of five minutes
#define DAY_SLOTS  288

int64_t date_make(int64_t year, int month, int day); // proleptic Gregorian; month 1..12, day 1..31
void date_split(int64_t date, int64_t *ret_year, int *ret_month, int *ret_day);
int date_weekday(int64_t date); // 0 Monday .. 6 Sunday
#define DATE_TEXT_MAX 16
// "2026-01-31". False, and *ret untouched, on what is no date of 1970 to 9999.
bool date_parse(const char *text, void *ret);
void date_format(const void *date, char *text, size_t size);
