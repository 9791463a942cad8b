#include "config/services.h"

#include "config/settings.h"

#include <string.h>

const struct parsed hours_of_day = {
    .size = sizeof(struct hours),
    .parse = hours_parse,
    .format = hours_format,
    .rule = "hours of a day such as 09:00-17:00, from before to, up to 24:00",
};

static const struct parsed date = {
    .size = sizeof(int64_t),
    .parse = date_parse,
    .format = date_format,
    .rule = "a date such as 2026-01-31",
};

const struct choice day_type_choices[] = {
    {"workday", DAY_WORKDAY},
    {"weekend", DAY_WEEKEND},
    {"holiday", DAY_HOLIDAY},
    {0},
};

static const struct field service_fields[] = {
    {.name = "network",
        .type = FIELD_TEXT,
        FIELD_AT(struct service_settings, network_id),
        .help = "Id of the network"},
    {.name = "functions",
        .type = FIELD_TEXTS,
        FIELD_LIST(struct service_settings, functions, function_count),
        .help = "Ids of its functions; []: all"},
    {.name = "days",
        .type = FIELD_CHOICES,
        FIELD_LIST(struct service_settings, days, day_count),
        .choices = day_type_choices,
        .help = "Which days, by the calendars"},
    {.name = "hours",
        .type = FIELD_PARSEDS,
        FIELD_LIST(struct service_settings, hours, hour_count),
        .parsed = &hours_of_day,
        .help = "When it is open"},
};

const struct schema service_schema = {
    .size = sizeof(struct service_settings), FIELDS(service_fields)};

#define DAY(member, field_type) .type = field_type, FIELD_AT(struct service_day_settings, member)

static const struct field service_day_fields[] = {
    {.name = "network", DAY(network_id, FIELD_TEXT), .help = "Id of the network"},
    {.name = "functions",
        .type = FIELD_TEXTS,
        FIELD_LIST(struct service_day_settings, functions, function_count),
        .help = "Ids of its functions; []: all"},
    {.name = "date", DAY(date, FIELD_PARSED), .parsed = &date, .help = "The day"},
    {.name = "hours",
        .type = FIELD_PARSEDS,
        FIELD_LIST(struct service_day_settings, hours, hour_count),
        .parsed = &hours_of_day,
        .help = "When it is open on this day; []: not at all"},
    {.name = "decided_by", DAY(decided_by, FIELD_TEXT), .help = "Who moved it"},
    {.name = "reason", DAY(reason, FIELD_TEXT), .help = "Why"},
};

const struct schema service_day_schema = {
    .size = sizeof(struct service_day_settings), FIELDS(service_day_fields)};

// ---- checks

static void hours_check(struct scope_check *check, const struct hours *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool known = mistakes_has_value(check->mistakes, &list[i]);
        for (size_t j = 0; known && j < i; j++) {
            if (list[i].from_s < list[j].to_s && list[j].from_s < list[i].to_s) {
                SCOPE_REFUSE(check, &list[i], "hours overlap");
                break;
            }
        }
    }
}

static void part_check(struct scope_check *check, char *const *network_id, char **const *functions,
    size_t count, struct scope *scope)
{
    if (mistakes_has_value(check->mistakes, network_id) &&
        mistakes_has_value(check->mistakes, functions) && scope_network(check, network_id, scope)) {
        scope_functions(check, *functions, count, scope);
    }
}

static void text_check(struct scope_check *check, char *const *text, const char *key)
{
    if (mistakes_has_value(check->mistakes, text) && **text == '\0') {
        SCOPE_REFUSE(check, text, "%s must not be empty", key);
    }
}

bool services_check(struct settings *settings, struct mistakes *mistakes)
{
    struct scope_check check = {settings, mistakes, true};
    for (size_t i = 0; i < settings->service_count; i++) {
        struct service_settings *service = &settings->services[i];
        part_check(&check, &service->network_id, &service->functions, service->function_count,
            &service->scope);
        hours_check(&check, service->hours, service->hour_count);
        if (mistakes_has_value(mistakes, &service->days) && service->day_count == 0) {
            SCOPE_REFUSE(&check, &service->days, "days must name at least one kind of day");
        }
    }
    for (size_t i = 0; i < settings->service_day_count; i++) {
        struct service_day_settings *day = &settings->service_days[i];
        part_check(&check, &day->network_id, &day->functions, day->function_count, &day->scope);
        hours_check(&check, day->hours, day->hour_count);
        text_check(&check, &day->decided_by, "decided_by");
        text_check(&check, &day->reason, "reason");
    }
    return check.good;
}

// ---- asking

bool hours_hold(const struct hours *list, size_t count, int32_t second_of_day)
{
    bool held = false;
    for (size_t i = 0; i < count; i++) {
        held |= list[i].from_s <= second_of_day && second_of_day < list[i].to_s;
    }
    return held;
}

bool days_hold(const int64_t *days, size_t count, enum day_type type)
{
    bool held = false;
    for (size_t i = 0; i < count; i++) {
        held |= days[i] == type;
    }
    return held;
}

bool service_is_open(
    const struct settings *settings, uint16_t network, uint16_t function, int64_t epoch_s)
{
    if (settings->service_count + settings->service_day_count == 0) {
        return true;
    }
    int64_t today = date_of_second(epoch_s);
    int32_t second_of_day = shanghai_second_of_day(epoch_s);
    for (size_t i = settings->service_day_count; i-- > 0;) { // the last word counts
        const struct service_day_settings *day = &settings->service_days[i];
        if (day->date == today && scope_has_function(&day->scope, network, function)) {
            return hours_hold(day->hours, day->hour_count, second_of_day);
        }
    }
    enum day_type type = calendar_day(&settings->calendars.calendar, today).type;
    bool has_row = false, open = false;
    for (size_t i = 0; i < settings->service_count; i++) {
        const struct service_settings *service = &settings->services[i];
        if (scope_has_function(&service->scope, network, function)) {
            has_row = true;
            open |= days_hold(service->days, service->day_count, type) &&
                    hours_hold(service->hours, service->hour_count, second_of_day);
        }
    }
    return open || !has_row;
}
