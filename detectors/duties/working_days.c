// Clocks in working days (arts. 17, 23): the first day is not counted, and a sealed report is due
// at the authority's close of business on the last one. A year without a published calendar is
// counted by Monday to Friday and what is known of its holidays, and flagged; the earliest date
// that it may turn out to be is shown beside.
#include "detectors/duties/duties_parts.h"

static int64_t year_of(int64_t date)
{
    int64_t year;
    int month, day;
    date_split(date, &year, &month, &day);
    return year;
}

static int64_t next_day(const struct calendar *calendar, int64_t date, bool with_noted)
{
    do {
        date = calendar_next_working_day(calendar, date);
    } while (with_noted && calendar_is_noted_holiday(calendar, date));
    return date;
}

struct working_day working_day_after(const struct calendar *calendar, int64_t date, int days)
{
    struct working_day ret = {date, date, false};
    for (int i = 0; i < days; i++) {
        ret.date = next_day(calendar, ret.date, true);
        ret.earliest = next_day(calendar, ret.earliest, false);
    }
    for (int64_t year = year_of(date); year <= year_of(ret.date); year++) {
        ret.missing |= !calendar_covers(calendar, year);
    }
    return ret;
}

static int64_t working_day_before(const struct calendar *calendar, int64_t date)
{
    do {
        date--;
    } while (!calendar_is_working_day(calendar, date) || calendar_is_noted_holiday(calendar, date));
    return date;
}

static struct instant close_of(const struct settings *settings, int64_t date)
{
    return instant_add(instant_from_s(date_begin_s(date)), settings->duties.close_of_business_ns);
}

void dated_clock(
    const struct settings *settings, struct instant starts_at, int64_t date, struct duty *ret)
{
    const struct calendar *calendar = &settings->calendars.calendar;
    ret->starts_at = starts_at;
    ret->due_at = ret->outer_limit_at = ret->earliest_due_at = close_of(settings, date);
    reminders_fill(ret);
    ret->warn_at = close_of(settings, working_day_before(calendar, date));
}

void working_clock(
    const struct settings *settings, struct instant starts_at, int days, struct duty *ret)
{
    struct working_day day = working_day_after(
        &settings->calendars.calendar, date_of_second(instant_second(starts_at)), days);
    dated_clock(settings, starts_at, day.date, ret);
    ret->earliest_due_at = close_of(settings, day.earliest);
    ret->calendar_missing = day.missing;
}
