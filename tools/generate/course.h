// The course of business for weeks or a year, as counters: no packet is made of it. The file says
// how much is usual (rates, shapes of the day, day types, growth), what happens (faults), what
// comes on top (extras) and what the sensor does not see (blind). Amounts are integers, of a
// million.
#pragma once

#include "config/instant.h"
#include "config/settings.h"
#include "config/yaml.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define HOURS 24

struct shape_course {
    char *name;
    int64_t *hourly; // 24 percentages of the rate, by hour of the day in Shanghai
    size_t hourly_count;
};

// Days that are not as the first shape says. Later rules win; factors multiply.
struct days_course {
    char *name;        // the day's type, for the truth
    int64_t from, to;  // days since 1970 in Shanghai, both included; 0: any
    int64_t *weekdays; // 1 Monday … 7; empty: any
    size_t weekday_count;
    int64_t *month_days; // 1 … 31; empty: any
    size_t month_day_count;
    char *shape;    // empty: as before
    int64_t factor; // percent

    size_t shape_at; // resolved at load; SIZE_MAX: as before
};

struct link_course {
    char *id;
    int64_t connections;
    int64_t echo_ns; // every, per connection

    uint16_t link; // of the settings, resolved at load
};

struct province_course {
    int64_t code;       // GB/T 2260; 0: unknown
    int64_t rate_milli; // intents per 1000 s when the shape says 100
    char *link_id;      // empty: the first

    size_t link_at; // resolved at load
};

struct function_course {
    char *id;
    int64_t share_ppm;
    int64_t *hourly; // percentages on top of the day's shape; empty: always 100
    size_t hourly_count;

    uint16_t function; // of the settings, resolved at load
};

enum course_fault {
    COURSE_UNANSWERED, // arrives, and nobody answers
    COURSE_FAILED,     // answered by a system error
    COURSE_SLOW,       // answered after the time limit
    COURSE_SILENCE,    // does not arrive; the links' connections were reset when it began
    COURSE_QUIET,      // does not arrive, without a trace
    COURSE_REFUSED,    // does not arrive: connections are reset, and every new one
};

// Whom something concerns; empty lists are all.
struct reach {
    int64_t *provinces;
    size_t province_count;
    char **functions;
    size_t function_count;
    char **links;
    size_t link_count;
};

struct fault_course {
    int64_t from_ns, to_ns; // [from, to) after the start
    char *name;             // for the truth
    enum course_fault kind;
    struct reach reach;
    int64_t share_ppm; // exactly, by a running count
};

struct extra_course {
    int64_t from_ns, to_ns;
    char *name;
    struct reach reach;
    int64_t rate_milli; // more intents of each group
    int64_t declined_ppm, failed_ppm;
};

enum course_sender { COURSE_BOTH, COURSE_OURS, COURSE_THEIRS };

struct blind_course {
    int64_t from_ns, to_ns;
    char **links;
    size_t link_count;
    enum course_sender sender;
    int64_t share_ppm; // of messages
};

struct course {
    int64_t seed;
    struct instant start;
    int64_t duration_ns;
    int64_t step_ns; // between ticks; one second around faults and blind stretches
    char *network_id;
    int64_t growth_ppm; // a year
    int64_t unrest_ppm; // how much a day's level may differ, either way
    int64_t noise_ppm;  // of a count's standard deviation; all of it: as independent customers
    bool smooth;        // the hours' values hold at their middles, straight lines between
    int64_t declined_ppm, failed_ppm;
    struct shape_course *shapes;
    size_t shape_count;
    struct days_course *days;
    size_t days_count;
    struct link_course *links;
    size_t link_count;
    struct province_course *provinces;
    size_t province_count;
    struct function_course *functions;
    size_t function_count;
    struct fault_course *faults;
    size_t fault_count;
    struct extra_course *extras;
    size_t extra_count;
    struct blind_course *blind;
    size_t blind_count;

    uint16_t network; // resolved at load
    int64_t limit_s;  // the longest time limit of the network's links
};

extern const struct schema course_schema;

// Names must be those of the settings. NULL after mistakes. Free with course_free.
struct course *course_read(
    const char *path, const struct settings *settings, struct mistakes *mistakes);
void course_free(struct course *course);

// ---- course_volume.c: how much is usual

// A day of the course.
struct course_day {
    int64_t day;       // since 1970 in Shanghai
    size_t shape;      // index
    int64_t level_ppm; // growth, factors and unrest together
    const char *name;  // of the last rule that fits; else the shape's
};
void course_day_fill(const struct course *course, int64_t epoch_s, struct course_day *ret);
// Intents of a group in [epoch_s, epoch_s + length), in millionths, without noise.
int64_t course_expected_micro(const struct course *course, const struct course_day *day,
    size_t province, size_t function, int64_t epoch_s, int64_t length_s);
// Writes the table of normal volumes (CSV) of a day of the first shape at the level of the start.
void course_print_normals(const struct course *course, FILE *out);

// ---- course_counters.c

struct course_counts {
    uint64_t ticks;
    int64_t intents, lost;
};

// Writes counters as --stop-after counters does, and the truth (NULL: none): JSON lines of groups,
// days, faults and sums.
struct course_counts course_write(const struct course *course, const struct settings *settings,
    FILE *out, FILE *truth, void (*progress)(int percent));
