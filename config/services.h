// When a function is open for business. Outside of its hours nothing is promised: what fails or
// never arrives then is no interruption, by any reading. Live settings.
#pragma once

#include "config/calendar.h"
#include "config/scope.h"

struct hours;

// What rows with days and hours of their own share, such as those of a roster.
extern const struct parsed hours_of_day;
extern const struct choice day_type_choices[]; // by enum day_type
bool hours_hold(const struct hours *list, size_t count, int32_t second_of_day);
bool days_hold(const int64_t *days, size_t count, enum day_type type);

// A function without a row is always open; one with rows only in their hours.
struct service_settings {
    char *network_id;
    char **functions;
    size_t function_count;
    int64_t *days; // enum day_type
    size_t day_count;
    struct hours *hours;
    size_t hour_count;

    struct scope scope; // resolved at load
};
extern const struct schema service_schema;

// One date's own hours, in front of the rows above: a day that was moved, or a person's word.
struct service_day_settings {
    char *network_id;
    char **functions;
    size_t function_count;
    int64_t date;
    struct hours *hours; // none: closed all day
    size_t hour_count;
    char *decided_by;
    char *reason;

    struct scope scope; // resolved at load
};
extern const struct schema service_day_schema;

// The checks across values, and what the ids stand for. False after mistakes.
bool services_check(struct settings *settings, struct mistakes *mistakes);

// Whether the function is open in the second.
bool service_is_open(
    const struct settings *settings, uint16_t network, uint16_t function, int64_t epoch_s);
