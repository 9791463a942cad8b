// An instant of event time: nanoseconds since 1970-01-01T00:00:00Z. A struct of one field, so that
// an instant, a duration and a count of seconds cannot be mixed up. Durations are plain int64_t and
// say their unit in their name. Local time is Asia/Shanghai, UTC+8 without daylight saving, for
// people only.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NS_PER_MS         1000000LL
#define NS_PER_S          1000000000LL
#define S_PER_HOUR        3600LL
#define S_PER_DAY         86400LL
#define SHANGHAI_OFFSET_S 28800LL

struct instant {
    int64_t ns;
};

#define INSTANT_NEVER ((struct instant){INT64_MAX})
#define INSTANT_NONE  ((struct instant){0})

static inline struct instant instant_from_s(int64_t s)
{
    return (struct instant){s * NS_PER_S};
}

static inline struct instant instant_add(struct instant at, int64_t ns)
{
    return (struct instant){at.ns + ns};
}

// The second that holds the instant (rounded down).
static inline int64_t instant_second(struct instant at)
{
    return at.ns / NS_PER_S - (at.ns % NS_PER_S < 0);
}

static inline struct instant instant_min(struct instant a, struct instant b)
{
    return a.ns < b.ns ? a : b;
}

static inline struct instant instant_max(struct instant a, struct instant b)
{
    return a.ns > b.ns ? a : b;
}

// Seconds since local midnight in Shanghai, 0..86399.
static inline int32_t shanghai_second_of_day(int64_t epoch_s)
{
    int64_t s = (epoch_s + SHANGHAI_OFFSET_S) % S_PER_DAY;
    return (int32_t)(s < 0 ? s + S_PER_DAY : s);
}

// Longest text that the formatters below write, with its NUL.
#define INSTANT_TEXT_MAX 40

// RFC 3339 in +08:00 with `digits` (0, 3, 6 or 9) digits of the second's fraction. Returns `text`.
char *instant_format(struct instant at, int digits, char text[static INSTANT_TEXT_MAX]);

// "2026年3月10日 10:30(北京时间)"; seconds are added when they are not zero. Returns `text`, which
// must hold 64 bytes.
char *instant_format_chinese(struct instant at, char text[static 64]);

// RFC 3339 with any offset or Z, 0 to 9 fraction digits. False, and *ret untouched, on anything
// else.
bool instant_parse(const char *text, struct instant *ret);

// "250ms", "30s", "15min", "1h30min", "7d": one or more number+unit pairs, whole numbers, no sign,
// no blanks; ns, us, ms, s, min, h, d. False, and *ret untouched, on anything else or on overflow.
bool duration_parse(const char *text, int64_t *ret_ns);

// The shortest text that duration_parse reads back as the same number. A negative duration, which
// it would not read, gets a minus sign, for messages. Returns `text`.
char *duration_format(int64_t ns, char text[static INSTANT_TEXT_MAX]);
