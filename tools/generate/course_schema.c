// The keys of a course file.
#include "tools/generate/course.h"
#include "tools/generate/scenario.h"
#include "tools/generate/scenario_values.h"

#include <string.h>

#define AT(record, member) .offset = offsetof(struct record, member)
#define LIST(record, member, count)                                                                \
    AT(record, member), .count_offset = offsetof(struct record, count)
#define SHARE(record, member)                                                                      \
    .type = FIELD_PARSED, .parsed = &share_parsed, AT(record, member), .unit = "percent"
#define LONG_TIME (400 * S_PER_DAY * NS_PER_S)
#define FROM_AND_TO(record)                                                                        \
    {.name = "from",                                                                               \
        .type = FIELD_DURATION,                                                                    \
        AT(record, from_ns),                                                                       \
        .min = 0,                                                                                  \
        .max = LONG_TIME,                                                                          \
        .help = "After the start."},                                                               \
    {                                                                                              \
        .name = "to", .type = FIELD_DURATION, AT(record, to_ns), .min = 1, .max = LONG_TIME,       \
        .help = "The first instant after it."                                                      \
    }
#define REACH(record)                                                                              \
    {.name = "provinces",                                                                          \
        .type = FIELD_INTEGERS,                                                                    \
        LIST(record, reach.provinces, reach.province_count),                                       \
        .max = 99,                                                                                 \
        .optional = true,                                                                          \
        .help = "All when absent."},                                                               \
        {.name = "functions",                                                                      \
            .type = FIELD_TEXTS,                                                                   \
            LIST(record, reach.functions, reach.function_count),                                   \
            .optional = true,                                                                      \
            .help = "All when absent."},                                                           \
    {                                                                                              \
        .name = "links", .type = FIELD_TEXTS, LIST(record, reach.links, reach.link_count),         \
        .optional = true, .help = "All when absent."                                               \
    }

static const struct choice fault_choices[] = {{"unanswered", COURSE_UNANSWERED},
    {"failed", COURSE_FAILED}, {"slow", COURSE_SLOW}, {"silence", COURSE_SILENCE},
    {"quiet", COURSE_QUIET}, {"refused", COURSE_REFUSED}, {NULL, 0}};
static const struct choice unseen_choices[] = {
    {"both", COURSE_BOTH}, {"ours", COURSE_OURS}, {"theirs", COURSE_THEIRS}, {NULL, 0}};

// ---- days

static bool parse_day(const char *text, void *ret)
{
    char whole[INSTANT_TEXT_MAX];
    struct instant at;
    snprintf(whole, sizeof(whole), "%sT00:00:00+08:00", text);
    if (strlen(text) != 10 || !instant_parse(whole, &at)) {
        return false;
    }
    int64_t day = (instant_second(at) + SHANGHAI_OFFSET_S) / S_PER_DAY;
    memcpy(ret, &day, sizeof(day));
    return true;
}

static void format_day(const void *value, char *text, size_t size)
{
    int64_t day = *(const int64_t *)value;
    char whole[INSTANT_TEXT_MAX];
    instant_format(instant_from_s(day * S_PER_DAY - SHANGHAI_OFFSET_S), 0, whole);
    snprintf(text, size, "%.10s", whole);
}

static const struct parsed day_parsed = {
    sizeof(int64_t), parse_day, format_day, "a day like 2026-02-16"};

static const struct field days_fields[] = {
    {.name = "name", .type = FIELD_TEXT, AT(days_course, name), .help = "Of this type of day."},
    {.name = "from",
        .type = FIELD_PARSED,
        .parsed = &day_parsed,
        AT(days_course, from),
        .optional = true,
        .help = "The first of the days; any when absent."},
    {.name = "to",
        .type = FIELD_PARSED,
        .parsed = &day_parsed,
        AT(days_course, to),
        .optional = true,
        .help = "The last of them; only one when absent."},
    {.name = "weekdays",
        .type = FIELD_INTEGERS,
        LIST(days_course, weekdays, weekday_count),
        .min = 1,
        .max = 7,
        .optional = true,
        .help = "1 is Monday; any when absent."},
    {.name = "month_days",
        .type = FIELD_INTEGERS,
        LIST(days_course, month_days, month_day_count),
        .min = 1,
        .max = 31,
        .optional = true,
        .help = "Days of the month; any when absent."},
    {.name = "shape",
        .type = FIELD_TEXT,
        AT(days_course, shape),
        .optional = true,
        .help = "The day's; as the rules before say when absent."},
    {.name = "factor",
        .type = FIELD_INTEGER,
        AT(days_course, factor),
        .max = 10000,
        .optional = true,
        .unit = "percent",
        .help = "Of the volume; the factors of all rules that fit are multiplied."},
};
static const struct days_course days_defaults = {.factor = 100};
static const struct schema days_schema = {
    .size = sizeof(struct days_course), .defaults = &days_defaults, FIELDS(days_fields)};

#define HOURLY(record, is_optional)                                                                \
    {                                                                                              \
        .name = "hourly", .type = FIELD_INTEGERS, LIST(record, hourly, hourly_count),              \
        .max = 10000, .optional = is_optional, .unit = "percent",                                  \
        .help = "24 shares of the rate, by hour of the day in Shanghai."                           \
    }
static const struct field shape_fields[] = {
    {.name = "name", .type = FIELD_TEXT, AT(shape_course, name)}, HOURLY(shape_course, false)};
static const struct schema shape_schema = {
    .size = sizeof(struct shape_course), FIELDS(shape_fields)};

// ---- who

static const struct link_course link_defaults = {.connections = 4, .echo_ns = 20 * NS_PER_S};
static const struct field link_fields[] = {
    {.name = "id", .type = FIELD_TEXT, AT(link_course, id), .help = "As in the settings."},
    {.name = "connections",
        .type = FIELD_INTEGER,
        AT(link_course, connections),
        .min = 1,
        .max = 1000000,
        .optional = true},
    {.name = "echo",
        .type = FIELD_DURATION,
        AT(link_course, echo_ns),
        .min = NS_PER_S,
        .max = LONG_TIME,
        .optional = true,
        .help = "Every so often on each connection."},
};
static const struct schema link_schema = {
    .size = sizeof(struct link_course), .defaults = &link_defaults, FIELDS(link_fields)};

static const struct field province_fields[] = {
    {.name = "code",
        .type = FIELD_INTEGER,
        AT(province_course, code),
        .max = 99,
        .help = "GB/T 2260, two digits; 0: unknown."},
    {.name = "rate",
        .type = FIELD_PARSED,
        .parsed = &rate_parsed,
        AT(province_course, rate_milli),
        .unit = "intents per second",
        .help = "Where the day's shape says 100."},
    {.name = "link",
        .type = FIELD_TEXT,
        AT(province_course, link_id),
        .optional = true,
        .help = "Which link carries it; the first when absent."},
};
static const struct schema province_schema = {
    .size = sizeof(struct province_course), FIELDS(province_fields)};

static const struct field function_fields[] = {
    {.name = "id", .type = FIELD_TEXT, AT(function_course, id), .help = "As in its table."},
    {.name = "share",
        SHARE(function_course, share_ppm),
        .help = "Of the intents; all shares sum up to 100."},
    HOURLY(function_course, true),
};
static const struct schema function_schema = {
    .size = sizeof(struct function_course), FIELDS(function_fields)};

// ---- what happens

static const struct fault_course fault_defaults = {.share_ppm = PPM};
static const struct field fault_fields[] = {
    FROM_AND_TO(fault_course),
    {.name = "name", .type = FIELD_TEXT, AT(fault_course, name), .optional = true},
    {.name = "kind", .type = FIELD_CHOICE, .choices = fault_choices, AT(fault_course, kind)},
    REACH(fault_course),
    {.name = "share",
        SHARE(fault_course, share_ppm),
        .optional = true,
        .help = "Exactly this share, by a running count; of what earlier faults left."},
};
static const struct schema fault_schema = {
    .size = sizeof(struct fault_course), .defaults = &fault_defaults, FIELDS(fault_fields)};

static const struct field extra_fields[] = {
    FROM_AND_TO(extra_course),
    {.name = "name", .type = FIELD_TEXT, AT(extra_course, name), .optional = true},
    REACH(extra_course),
    {.name = "rate",
        .type = FIELD_PARSED,
        .parsed = &rate_parsed,
        AT(extra_course, rate_milli),
        .unit = "intents per second",
        .help = "More, of each function and province."},
    {.name = "declined", SHARE(extra_course, declined_ppm), .optional = true},
    {.name = "failed", SHARE(extra_course, failed_ppm), .optional = true},
};
static const struct schema extra_schema = {
    .size = sizeof(struct extra_course), FIELDS(extra_fields)};

static const struct blind_course blind_defaults = {.share_ppm = PPM};
static const struct field blind_fields[] = {
    FROM_AND_TO(blind_course),
    {.name = "links",
        .type = FIELD_TEXTS,
        LIST(blind_course, links, link_count),
        .optional = true,
        .help = "All when absent."},
    {.name = "sender",
        .type = FIELD_CHOICE,
        .choices = unseen_choices,
        AT(blind_course, sender),
        .optional = true,
        .help = "Whose messages: both sides' (all of them: a dead tap), ours or theirs."},
    {.name = "share",
        SHARE(blind_course, share_ppm),
        .optional = true,
        .help = "Of the messages, by a running count."},
};
static const struct schema blind_schema = {
    .size = sizeof(struct blind_course), .defaults = &blind_defaults, FIELDS(blind_fields)};

// ---- the whole

#define RECORDS(name_, schema_, member, count, is_optional)                                        \
    {                                                                                              \
        .name = name_, .type = FIELD_RECORDS, .schema = &(schema_), LIST(course, member, count),   \
        .optional = is_optional                                                                    \
    }

static const struct course course_defaults = {.step_ns = 10 * NS_PER_S, .noise_ppm = PPM};
static const struct field course_fields[] = {
    {.name = "seed",
        .type = FIELD_INTEGER,
        AT(course, seed),
        .max = INT64_MAX,
        .help = "The same seed gives the same bytes."},
    {.name = "start",
        .type = FIELD_PARSED,
        .parsed = &instant_parsed,
        AT(course, start),
        .help = "A multiple of the step."},
    {.name = "duration",
        .type = FIELD_DURATION,
        AT(course, duration_ns),
        .min = NS_PER_S,
        .max = LONG_TIME},
    {.name = "step",
        .type = FIELD_DURATION,
        AT(course, step_ns),
        .min = NS_PER_S,
        .max = 60 * NS_PER_S,
        .optional = true,
        .help = "Whole seconds between ticks; around faults and blind stretches every second has "
                "one. Not longer than the settings' bucket."},
    {.name = "network", .type = FIELD_TEXT, AT(course, network_id), .help = "As in the settings."},
    {.name = "growth",
        SHARE(course, growth_ppm),
        .optional = true,
        .help = "Of the volume, in a year."},
    {.name = "unrest",
        SHARE(course, unrest_ppm),
        .optional = true,
        .help = "How far a day's level may lie from the usual one, either way."},
    {.name = "noise",
        SHARE(course, noise_ppm),
        .optional = true,
        .help = "100: counts vary as those of independent customers do; 0: not at all."},
    {.name = "smooth",
        .type = FIELD_BOOLEAN,
        AT(course, smooth),
        .optional = true,
        .help = "Hourly values hold at the middle of their hour, with straight lines between."},
    {.name = "declined", SHARE(course, declined_ppm), .optional = true},
    {.name = "failed", SHARE(course, failed_ppm), .optional = true},
    RECORDS("shapes", shape_schema, shapes, shape_count, false),
    RECORDS("days", days_schema, days, days_count, true),
    RECORDS("links", link_schema, links, link_count, false),
    RECORDS("provinces", province_schema, provinces, province_count, false),
    RECORDS("functions", function_schema, functions, function_count, false),
    RECORDS("faults", fault_schema, faults, fault_count, true),
    RECORDS("extras", extra_schema, extras, extra_count, true),
    RECORDS("blind", blind_schema, blind, blind_count, true),
};
const struct schema course_schema = {
    .size = sizeof(struct course), .defaults = &course_defaults, FIELDS(course_fields)};
