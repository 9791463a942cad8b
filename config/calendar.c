// Calendars: the State Council's years and the bank's days, as files. Ranges of days are few; they
// are gone through.
#include "config/calendar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define YEARS_MAX     50
#define YEAR_MONTHS   12
#define NOTICE_IS_OUT 11     // month of the year before in which the notice is usually out
#define CYCLE_DAYS    146097 // of 400 Gregorian years
#define MARCH_0000    719468 // days from 0000-03-01 to 1970-01-01
#define THURSDAY      3      // 1970-01-01
#define LONGEST_REST  60     // days off in a row: none is as long

const char *const day_type_names[DAY_TYPES] = {
    [DAY_WORKDAY] = "workday", [DAY_WEEKEND] = "weekend", [DAY_HOLIDAY] = "holiday"};

// ---- dates --------------------------------------------------------------------------------------

int64_t date_of_second(int64_t epoch_s)
{
    int64_t local = epoch_s + SHANGHAI_OFFSET_S;
    return local / S_PER_DAY - (local % S_PER_DAY < 0);
}

int64_t date_begin_s(int64_t date)
{
    return date * S_PER_DAY - SHANGHAI_OFFSET_S;
}

// Years begin in March here, so that the leap day is the last one.
int64_t date_make(int64_t year, int month, int day)
{
    int64_t shifted = month <= 2 ? year - 1 : year;
    int64_t cycle = shifted / 400, of_cycle = shifted - cycle * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return cycle * CYCLE_DAYS + of_cycle * 365 + of_cycle / 4 - of_cycle / 100 + of_year -
           MARCH_0000;
}

void date_split(int64_t date, int64_t *ret_year, int *ret_month, int *ret_day)
{
    int64_t days = date + MARCH_0000;
    int64_t cycle = days / CYCLE_DAYS, of_cycle = days - cycle * CYCLE_DAYS;
    int64_t year =
        (of_cycle - of_cycle / 1460 + of_cycle / 36524 - of_cycle / (CYCLE_DAYS - 1)) / 365;
    int64_t of_year = of_cycle - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153; // from March
    *ret_day = (int)(of_year - (153 * month + 2) / 5 + 1);
    *ret_month = (int)(month < 10 ? month + 3 : month - 9);
    *ret_year = year + cycle * 400 + (*ret_month <= 2);
}

int date_weekday(int64_t date)
{
    int64_t weekday = (date + THURSDAY) % 7;
    return (int)(weekday < 0 ? weekday + 7 : weekday);
}

static int64_t date_year(int64_t date)
{
    int64_t year;
    int month, day;
    date_split(date, &year, &month, &day);
    return year;
}

static int month_days(int64_t year, int month)
{
    int64_t next = month == YEAR_MONTHS ? date_make(year + 1, 1, 1) : date_make(year, month + 1, 1);
    return (int)(next - date_make(year, month, 1));
}

bool date_parse(const char *text, void *ret)
{
    static const char form[] = "0000-00-00";
    int parts[3] = {0}, part = 0;
    if (strlen(text) != strlen(form)) {
        return false;
    }
    for (size_t i = 0; form[i] != '\0'; i++) {
        if (form[i] == '-' ? text[i] != '-' : text[i] < '0' || text[i] > '9') {
            return false;
        }
        part += form[i] == '-';
        parts[part] = form[i] == '-' ? 0 : parts[part] * 10 + (text[i] - '0');
    }
    if (parts[0] < 1970 || parts[1] < 1 || parts[1] > YEAR_MONTHS || parts[2] < 1 ||
        parts[2] > month_days(parts[0], parts[1])) {
        return false;
    }
    *(int64_t *)ret = date_make(parts[0], parts[1], parts[2]);
    return true;
}

void date_format(const void *date, char *text, size_t size)
{
    int64_t year;
    int month, day;
    date_split(*(const int64_t *)date, &year, &month, &day);
    snprintf(text, size, "%04lld-%02d-%02d", (long long)year, month, day);
}

// ---- files --------------------------------------------------------------------------------------

static const struct parsed date = {
    .size = sizeof(int64_t),
    .parse = date_parse,
    .format = date_format,
    .rule = "a date such as 2026-01-31",
};

static const struct field range_fields[] = {
    {.name = "name",
        .type = FIELD_TEXT,
        FIELD_AT(struct date_range, name),
        .help = "Name, for people"},
    {.name = "from",
        .type = FIELD_PARSED,
        FIELD_AT(struct date_range, from),
        .parsed = &date,
        .help = "Its first day"},
    {.name = "to",
        .type = FIELD_PARSED,
        FIELD_AT(struct date_range, to),
        .parsed = &date,
        .help = "Its last day"},
};

static const struct schema range_schema = {.size = sizeof(struct date_range), FIELDS(range_fields)};

static const struct field year_fields[] = {
    {.name = "covers_year",
        .type = FIELD_INTEGER,
        FIELD_AT(struct calendar_year, year),
        .min = 1971,
        .max = 9998,
        .help = "The year whose days these are"},
    {.name = "confirmed",
        .type = FIELD_BOOLEAN,
        FIELD_AT(struct calendar_year, confirmed),
        .help = "The State Council's notice is out; false: a note only, days are Monday to Friday"},
    {.name = "source",
        .type = FIELD_TEXT,
        FIELD_AT(struct calendar_year, source),
        .help = "Where this was read"},
    {.name = "holidays",
        .type = FIELD_RECORDS,
        FIELD_LIST(struct calendar_year, holidays, holiday_count),
        .schema = &range_schema,
        .help = "Days off, with the weekends inside them"},
    {.name = "working_weekends",
        .type = FIELD_PARSEDS,
        FIELD_LIST(struct calendar_year, working_weekends, working_weekend_count),
        .parsed = &date,
        .help = "Saturdays and Sundays that are worked"},
};

const struct schema calendar_year_schema = {
    .size = sizeof(struct calendar_year), FIELDS(year_fields)};

static const struct choice moves[] = {
    {"before", MOVED_BEFORE}, {"after", MOVED_AFTER}, {"same", MOVED_NOT}, {0}};

static const struct field bank_fields[] = {
    {.name = "pay_days_of_month",
        .type = FIELD_INTEGERS,
        FIELD_LIST(struct bank_days, pay_days_of_month, pay_day_of_month_count),
        .min = 1,
        .max = 31,
        .help = "Days of each month on which many are paid; past its end: the last one"},
    {.name = "pay_day_on_day_off",
        .type = FIELD_CHOICE,
        FIELD_AT(struct bank_days, pay_day_on_day_off),
        .choices = moves,
        .help = "A pay day on a day off moves to the working day before or after it, or stays"},
    {.name = "pay_days",
        .type = FIELD_PARSEDS,
        FIELD_LIST(struct bank_days, pay_days, pay_day_count),
        .parsed = &date,
        .help = "More pay days, by date"},
    {.name = "promotions",
        .type = FIELD_RECORDS,
        FIELD_LIST(struct bank_days, promotions, promotion_count),
        .schema = &range_schema,
        .help = "Days of promotions, such as 11-11"},
};

const struct schema bank_days_schema = {.size = sizeof(struct bank_days), FIELDS(bank_fields)};

static bool range_check(struct mistakes *mistakes, const struct date_range *range, int64_t year)
{
    if (!mistakes_has_value(mistakes, &range->from) || !mistakes_has_value(mistakes, &range->to)) {
        return false;
    }
    if (range->to < range->from) {
        mistake_at(mistakes, &range->to, "to must not be before from");
        return false;
    }
    if (year != 0 && (date_year(range->from) != year || date_year(range->to) != year)) {
        mistake_at(
            mistakes, &range->from, "a holiday must lie in covers_year, %lld", (long long)year);
        return false;
    }
    return true;
}

static bool weekend_check(struct mistakes *mistakes, const int64_t *at, int64_t year)
{
    if (!mistakes_has_value(mistakes, at)) {
        return false;
    }
    if (date_weekday(*at) < 5 || date_year(*at) != year) {
        mistake_at(
            mistakes, at, "working_weekends must be Saturdays or Sundays of %lld", (long long)year);
        return false;
    }
    return true;
}

static bool year_check(
    struct mistakes *mistakes, const struct calendar *calendar, const struct calendar_year *year)
{
    bool good = true;
    for (size_t i = 0; i < calendar->year_count; i++) {
        if (calendar->years[i].year == year->year) {
            mistake_at(mistakes, &year->year, "the year %lld has a calendar already",
                (long long)year->year);
            return false;
        }
    }
    for (size_t i = 0; i < year->holiday_count; i++) {
        good &= range_check(mistakes, &year->holidays[i], year->year);
    }
    for (size_t i = 0; i < year->working_weekend_count; i++) {
        good &= weekend_check(mistakes, &year->working_weekends[i], year->year);
    }
    return good;
}

bool calendar_read_year(const char *path, struct calendar *calendar, struct mistakes *mistakes)
{
    struct calendar_year *years =
        realloc(calendar->years, (calendar->year_count + 1) * sizeof(*years));
    if (years == NULL || calendar->year_count == YEARS_MAX) {
        mistake(mistakes, path, 0, 0, "more than %d calendars", YEARS_MAX);
        calendar->years = years == NULL ? calendar->years : years;
        return false;
    }
    calendar->years = years;
    struct calendar_year *year = &years[calendar->year_count];
    *year = (struct calendar_year){0};
    if (!yaml_read(path, &calendar_year_schema, year, mistakes) ||
        !year_check(mistakes, calendar, year)) {
        yaml_free(&calendar_year_schema, year);
        return false;
    }
    calendar->year_count++;
    return true;
}

bool calendar_read_bank(const char *path, struct calendar *calendar, struct mistakes *mistakes)
{
    bool good = yaml_read(path, &bank_days_schema, &calendar->bank, mistakes);
    for (size_t i = 0; i < calendar->bank.promotion_count; i++) {
        good = range_check(mistakes, &calendar->bank.promotions[i], 0) && good;
    }
    return good;
}

void calendar_free(struct calendar *calendar)
{
    for (size_t i = 0; i < calendar->year_count; i++) {
        yaml_free(&calendar_year_schema, &calendar->years[i]);
    }
    free(calendar->years);
    yaml_free(&bank_days_schema, &calendar->bank);
    *calendar = (struct calendar){0};
}

// ---- days ---------------------------------------------------------------------------------------

static bool ranges_hold(const struct date_range *ranges, size_t count, int64_t at)
{
    for (size_t i = 0; i < count; i++) {
        if (at >= ranges[i].from && at <= ranges[i].to) {
            return true;
        }
    }
    return false;
}

static bool dates_hold(const int64_t *dates, size_t count, int64_t at)
{
    for (size_t i = 0; i < count; i++) {
        if (dates[i] == at) {
            return true;
        }
    }
    return false;
}

static const struct calendar_year *year_find(const struct calendar *calendar, int64_t year)
{
    for (size_t i = 0; i < calendar->year_count; i++) {
        if (calendar->years[i].year == year) {
            return &calendar->years[i];
        }
    }
    return NULL;
}

static enum day_type type_of(const struct calendar_year *year, int64_t at)
{
    bool known = year != NULL && year->confirmed;
    if (known && dates_hold(year->working_weekends, year->working_weekend_count, at)) {
        return DAY_WORKDAY;
    }
    if (known && ranges_hold(year->holidays, year->holiday_count, at)) {
        return DAY_HOLIDAY;
    }
    return date_weekday(at) < 5 ? DAY_WORKDAY : DAY_WEEKEND;
}

bool calendar_is_working_day(const struct calendar *calendar, int64_t at)
{
    return type_of(year_find(calendar, date_year(at)), at) == DAY_WORKDAY;
}

bool calendar_is_noted_holiday(const struct calendar *calendar, int64_t at)
{
    const struct calendar_year *year = year_find(calendar, date_year(at));
    return year != NULL && !year->confirmed && ranges_hold(year->holidays, year->holiday_count, at);
}

int64_t calendar_next_working_day(const struct calendar *calendar, int64_t at)
{
    do {
        at++;
    } while (!calendar_is_working_day(calendar, at));
    return at;
}

// The date on which the salaries of a pay day are paid.
static int64_t pay_date(const struct calendar *calendar, int64_t year, int month, int64_t of_month)
{
    int last = month_days(year, month);
    int64_t at = date_make(year, month, of_month < last ? (int)of_month : last);
    int64_t step = calendar->bank.pay_day_on_day_off == MOVED_AFTER ? 1 : -1;
    for (int i = 0; i < LONGEST_REST && calendar->bank.pay_day_on_day_off != MOVED_NOT &&
                    !calendar_is_working_day(calendar, at);
         i++) {
        at += step;
    }
    return at;
}

// A pay day of this month, or one that moved here from a month beside it.
static bool is_pay_day(const struct calendar *calendar, int64_t at)
{
    const struct bank_days *bank = &calendar->bank;
    int64_t year;
    int month, day;
    date_split(at, &year, &month, &day);
    for (size_t i = 0; i < bank->pay_day_of_month_count; i++) {
        for (int m = month - 1; m <= month + 1; m++) {
            int64_t of_year = m < 1 ? year - 1 : m > YEAR_MONTHS ? year + 1 : year;
            int of_month = m < 1 ? YEAR_MONTHS : m > YEAR_MONTHS ? 1 : m;
            if (pay_date(calendar, of_year, of_month, bank->pay_days_of_month[i]) == at) {
                return true;
            }
        }
    }
    return dates_hold(bank->pay_days, bank->pay_day_count, at);
}

struct day calendar_day(const struct calendar *calendar, int64_t at)
{
    const struct calendar_year *year = year_find(calendar, date_year(at));
    const struct bank_days *bank = &calendar->bank;
    bool promotion = ranges_hold(bank->promotions, bank->promotion_count, at);
    return (struct day){
        .type = type_of(year, at),
        .flags =
            (uint8_t)((is_pay_day(calendar, at) ? DAY_PAY : 0) | (promotion ? DAY_PROMOTION : 0)),
        .confirmed = year != NULL && year->confirmed,
    };
}

bool calendar_covers(const struct calendar *calendar, int64_t year)
{
    const struct calendar_year *found = year_find(calendar, year);
    return found != NULL && found->confirmed;
}

int64_t calendar_missing_year(const struct calendar *calendar, int64_t at)
{
    int64_t year;
    int month, day;
    date_split(at, &year, &month, &day);
    if (!calendar_covers(calendar, year)) {
        return year;
    }
    return month >= NOTICE_IS_OUT && !calendar_covers(calendar, year + 1) ? year + 1 : 0;
}
