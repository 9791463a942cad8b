// How much is usual: a province's rate, a function's share, the hour's value in the day's shape,
// and the day's level, multiplied. Integers all the way, so that every machine has the same
// volumes.
#include "tools/generate/course.h"
#include "tools/generate/random.h"
#include "tools/generate/scenario.h"

#include <string.h>

#define SHAPE_UNIT    1000 // of a percent
#define DAYS_PER_YEAR 365

static bool holds(const int64_t *list, size_t count, int64_t value)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i] == value) {
            return true;
        }
    }
    return count == 0;
}

static int64_t month_day(int64_t day)
{
    char text[INSTANT_TEXT_MAX];
    instant_format(instant_from_s(day * S_PER_DAY - SHANGHAI_OFFSET_S), 0, text);
    return (text[8] - '0') * 10 + (text[9] - '0');
}

static bool day_fits(const struct days_course *days, int64_t day)
{
    int64_t weekday = (day + 3) % 7 + 1; // 1970-01-01 was a Thursday
    return (days->from == 0 || (days->from <= day && day <= days->to)) &&
           holds(days->weekdays, days->weekday_count, weekday) &&
           holds(days->month_days, days->month_day_count, month_day(day));
}

static int64_t unrest_ppm(const struct course *course, int64_t day)
{
    struct random random = random_init(course->seed ^ (day << 20), RANDOM_BUSINESS);
    uint64_t width = 2 * (uint64_t)course->unrest_ppm + 1;
    return (int64_t)random_below(&random, width) - course->unrest_ppm;
}

void course_day_fill(const struct course *course, int64_t epoch_s, struct course_day *ret)
{
    int64_t day = (epoch_s + SHANGHAI_OFFSET_S) / S_PER_DAY;
    int64_t first = (instant_second(course->start) + SHANGHAI_OFFSET_S) / S_PER_DAY;
    *ret = (struct course_day){.day = day, .name = course->shapes[0].name};
    int64_t level_ppm = PPM + course->growth_ppm * (day - first) / DAYS_PER_YEAR;
    for (size_t i = 0; i < course->days_count; i++) {
        const struct days_course *days = &course->days[i];
        if (day_fits(days, day)) {
            ret->shape = days->shape_at == SIZE_MAX ? ret->shape : days->shape_at;
            ret->name = days->name;
            level_ppm = level_ppm * days->factor / 100;
        }
    }
    ret->level_ppm = level_ppm * (PPM + unrest_ppm(course, day)) / PPM;
}

// In thousandths of a percent, at a second of the day.
static int64_t shape_at(const struct course *course, const int64_t *hourly, int64_t second)
{
    int64_t hour = second / S_PER_HOUR;
    if (!course->smooth) {
        return hourly[hour] * SHAPE_UNIT;
    }
    int64_t behind = second % S_PER_HOUR - S_PER_HOUR / 2; // of the hour's middle
    int64_t other = (hour + (behind < 0 ? HOURS - 1 : 1)) % HOURS;
    int64_t far = behind < 0 ? -behind : behind;
    return (hourly[hour] * (S_PER_HOUR - far) + hourly[other] * far) * SHAPE_UNIT / S_PER_HOUR;
}

int64_t course_expected_micro(const struct course *course, const struct course_day *day,
    size_t province, size_t function, int64_t epoch_s, int64_t length_s)
{
    const struct function_course *of = &course->functions[function];
    int64_t middle = shanghai_second_of_day(epoch_s + length_s / 2);
    __int128 micro = (__int128)course->provinces[province].rate_milli * (PPM / RATE_MILLI);
    micro = micro * length_s * of->share_ppm / PPM * day->level_ppm / PPM;
    micro = micro * shape_at(course, course->shapes[day->shape].hourly, middle) / SHAPE_UNIT / 100;
    if (of->hourly_count > 0) {
        micro = micro * shape_at(course, of->hourly, middle) / SHAPE_UNIT / 100;
    }
    return (int64_t)micro;
}

void course_print_normals(const struct course *course, FILE *out)
{
    struct course_day day = {.level_ppm = PPM};
    fputs("network,function,province,hour,normal_per_hour\n", out);
    for (size_t f = 0; f < course->function_count; f++) {
        for (size_t p = 0; p < course->province_count; p++) {
            for (int hour = 0; hour < HOURS; hour++) {
                int64_t from_s = hour * S_PER_HOUR - SHANGHAI_OFFSET_S + S_PER_DAY;
                int64_t micro = course_expected_micro(course, &day, p, f, from_s, S_PER_HOUR);
                fprintf(out, "%s,%s,%02lld,%d,%lld.%03lld\n", course->network_id,
                    course->functions[f].id, (long long)course->provinces[p].code, hour,
                    (long long)(micro / PPM), (long long)(micro % PPM / 1000));
            }
        }
    }
}
