// When a function is open for business. Outside of its hours nothing is promised: what fails or
// never arrives then is no interruption, by any reading. Live settings.
#pragma once

#include "config/calendar.h"
#include "config/scope.h"

struct hours;

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
