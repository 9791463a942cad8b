#include "config/roster.h"

#include "config/settings.h"

#include <stdlib.h>
#include <string.h>

#define MIN_NS (60 * NS_PER_S)
#define H_NS   (3600 * NS_PER_S)

#define ROSTER(member, field_type)                                                                 \
    .type = field_type, .live = true, FIELD_AT(struct roster_settings, member)
#define CALLS(member, field_type) .type = field_type, FIELD_AT(struct calls_settings, member)

static const struct choice kinds[] = {
    {"none", CALLS_NONE}, {"webhook", CALLS_WEBHOOK}, {"syslog", CALLS_SYSLOG}, {0}};

static const struct field roster_fields[] = {
    {.name = "step",
        ROSTER(step, FIELD_INTEGER),
        .min = 1,
        .max = ROSTER_STEPS_MAX,
        .help = "1 is called first, the next ones when nobody acknowledges"},
    {.name = "role", ROSTER(role, FIELD_TEXT), .help = "Such as 值班人员, 处长, 分管行领导"},
    {.name = "to",
        ROSTER(to, FIELD_TEXT),
        .help = "For the bank's gateway: a number, an account; goes nowhere else"},
    {.name = "days",
        .type = FIELD_CHOICES,
        .live = true,
        FIELD_LIST(struct roster_settings, days, day_count),
        .choices = day_type_choices,
        .help = "On which days, by the calendars; []: all"},
    {.name = "hours",
        .type = FIELD_PARSEDS,
        .live = true,
        FIELD_LIST(struct roster_settings, hours, hour_count),
        .parsed = &hours_of_day,
        .help = "In which hours; []: all day"},
};

const struct schema roster_schema = {.size = sizeof(struct roster_settings), FIELDS(roster_fields)};

static const struct field calls_fields[] = {
    {.name = "kind",
        CALLS(kind, FIELD_CHOICE),
        .choices = kinds,
        .help = "How people are called: webhook of the bank's gateway, syslog, none"},
    {.name = "target",
        CALLS(target, FIELD_TEXT),
        .help = "webhook: the URL; syslog: host:port by UDP, or empty for this machine's"},
    {.name = "token", CALLS(token, FIELD_TEXT), .help = "File of the webhook's bearer token, 0600"},
    {.name = "authorities",
        CALLS(authorities, FIELD_TEXT),
        .help = "File of the authorities that sign the webhook's certificate; empty: the system's"},
    {.name = "repeat",
        CALLS(repeat_ns, FIELD_DURATION),
        .live = true,
        .min = MIN_NS,
        .max = H_NS,
        .help = "What nobody acknowledges is called again after this"},
    {.name = "escalate",
        CALLS(escalate_ns, FIELD_DURATION),
        .live = true,
        .min = MIN_NS,
        .max = H_NS,
        .help = "... and reaches the next step after this"},
    {.name = "tone_before",
        CALLS(tone_before_ns, FIELD_DURATION),
        .live = true,
        .min = 0,
        .max = H_NS,
        .help = "An operator's tone so long before 较大 would be met"},
    {.name = "roster",
        .type = FIELD_RECORDS,
        .live = true,
        FIELD_LIST(struct calls_settings, roster, roster_count),
        .schema = &roster_schema,
        .help = "Who is called, in the order of escalation"},
};

const struct schema calls_schema = {.size = sizeof(struct calls_settings), FIELDS(calls_fields)};

// Every step below the highest one must have somebody: an escalation must not stop at a gap.
static bool steps_check(const struct calls_settings *calls, struct mistakes *mistakes)
{
    bool has[ROSTER_STEPS_MAX + 2] = {false};
    int64_t highest = 0;
    for (size_t i = 0; i < calls->roster_count; i++) {
        int64_t step = calls->roster[i].step;
        if (step >= 1 && step <= ROSTER_STEPS_MAX) {
            has[step] = true;
            highest = step > highest ? step : highest;
        }
    }
    for (int64_t step = 1; step <= highest; step++) {
        if (!has[step]) {
            mistake_at(mistakes, &calls->roster, "roster has nobody of step %lld", (long long)step);
            return false;
        }
    }
    return true;
}

#define REFUSE(value, ...) (mistake_at(mistakes, (value), __VA_ARGS__), false)

bool url_is_private(const char *url)
{
    static const char *const here[] = {"http://127.0.0.1", "http://[::1]", "http://localhost"};
    bool is_private = strncmp(url, "https://", 8) == 0;
    for (size_t i = 0; i < sizeof(here) / sizeof(here[0]); i++) {
        size_t length = strlen(here[i]);
        is_private |= strncmp(url, here[i], length) == 0 && strchr(":/", url[length]) != NULL;
    }
    return is_private;
}

// Calls bear the numbers of people and what has failed.
static bool webhook_check(const struct calls_settings *calls, struct mistakes *mistakes)
{
    if (strncmp(calls->target, "https://", 8) != 0 && strncmp(calls->target, "http://", 7) != 0) {
        return REFUSE(&calls->target,
            "target of a webhook is an http:// or https:// URL, found \"%.80s\"", calls->target);
    }
    return url_is_private(calls->target) ||
           REFUSE(&calls->target,
               "people's numbers go over https:// only, or to this machine, found \"%.80s\"",
               calls->target);
}

// "host:514", "[2001:db8::1]:514".
static bool has_port(const char *target)
{
    const char *colon = strrchr(target, ':');
    const char *digits = colon != NULL ? colon + 1 : "";
    size_t length = strlen(digits);
    bool bracketed = target[0] == '[' && colon != NULL && colon[-1] == ']';
    return colon > target && length > 0 && length <= 5 && strspn(digits, "0123456789") == length &&
           strtol(digits, NULL, 10) >= 1 && strtol(digits, NULL, 10) <= 65535 &&
           (bracketed || strchr(target, ':') == colon);
}

static bool syslog_check(const struct calls_settings *calls, struct mistakes *mistakes)
{
    if (calls->target[0] != '\0' && !has_port(calls->target)) {
        return REFUSE(&calls->target,
            "target of a syslog is host:port such as \"log.example:514\", found \"%.80s\"",
            calls->target);
    }
    return calls->token[0] == '\0' || REFUSE(&calls->token, "token is for a webhook only");
}

// A row that the gateway cannot reach anybody by would be found on the night that it is needed.
static bool roster_check(const struct calls_settings *calls, struct mistakes *mistakes)
{
    bool good = calls->roster_count > 0 || REFUSE(&calls->roster, "roster has nobody to call");
    for (size_t i = 0; i < calls->roster_count; i++) {
        const struct roster_settings *row = &calls->roster[i];
        if (row->to != NULL && row->to[0] == '\0') {
            good = REFUSE(&row->to, "to of %.60s is empty: the gateway has nobody to call",
                row->role != NULL ? row->role : "a row");
        }
    }
    return good;
}

bool calls_check(const struct calls_settings *calls, struct mistakes *mistakes)
{
    bool good = steps_check(calls, mistakes);
    if (!mistakes_has_value(mistakes, &calls->target) || calls->token == NULL ||
        calls->kind == CALLS_NONE) {
        return good;
    }
    good &= calls->kind == CALLS_WEBHOOK ? webhook_check(calls, mistakes)
                                         : syslog_check(calls, mistakes);
    return roster_check(calls, mistakes) && good;
}

// ---- asking

int64_t roster_steps(const struct roster_settings *roster, size_t count)
{
    int64_t highest = 0;
    for (size_t i = 0; i < count; i++) {
        highest = roster[i].step > highest ? roster[i].step : highest;
    }
    return highest;
}

static bool is_on_duty(
    const struct calendar *calendar, const struct roster_settings *row, int64_t epoch_s)
{
    enum day_type type = calendar_day(calendar, date_of_second(epoch_s)).type;
    bool day = row->day_count == 0 || days_hold(row->days, row->day_count, type);
    return day && (row->hour_count == 0 ||
                      hours_hold(row->hours, row->hour_count, shanghai_second_of_day(epoch_s)));
}

bool roster_is_called(const struct calendar *calendar, const struct roster_settings *roster,
    size_t count, size_t row, int64_t step, int64_t epoch_s)
{
    if (roster[row].step != step) {
        return false;
    }
    bool any = false;
    for (size_t i = 0; i < count; i++) {
        any |= roster[i].step == step && is_on_duty(calendar, &roster[i], epoch_s);
    }
    return !any || is_on_duty(calendar, &roster[row], epoch_s);
}
