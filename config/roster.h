// Who is called, in the order of escalation: 值班人员, 处长, 分管行领导. Live settings.
#pragma once

#include "config/calendar.h"

struct hours;

#define ROSTER_STEPS_MAX 9

struct roster_settings {
    int64_t step;  // 1 is called first, the next when nobody has acknowledged
    char *role;    // for the ledger and for people
    char *to;      // what the bank's gateway understands: a number, an account; only it is told
    int64_t *days; // enum day_type; none: every day
    size_t day_count;
    struct hours *hours; // none: all day
    size_t hour_count;
};
extern const struct schema roster_schema;

enum calls_kind { CALLS_NONE, CALLS_WEBHOOK, CALLS_SYSLOG };

// Calling people (arts. 13, 15: 第一时间).
struct calls_settings {
    int kind; // enum calls_kind
    char *target, *token, *authorities;
    int64_t repeat_ns, escalate_ns, tone_before_ns;
    struct roster_settings *roster;
    size_t roster_count;
};
extern const struct schema calls_schema;
struct mistakes;
bool calls_check(const struct calls_settings *calls, struct mistakes *mistakes);
// Nobody else can read what goes there: over TLS, or to this machine.
bool url_is_private(const char *url);

// How many steps the roster has: the highest one.
int64_t roster_steps(const struct roster_settings *roster, size_t count);
// Whether the row is called on this step: it is on duty in the second, or nobody of its step is.
bool roster_is_called(const struct calendar *calendar, const struct roster_settings *roster,
    size_t count, size_t row, int64_t step, int64_t epoch_s);
