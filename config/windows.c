// A window that names sites covers a part of the network only when no link of the network is
// elsewhere: as long as another site serves, it is expected to carry the business, and harm there
// is not planned.
#include "config/windows.h"

#include "config/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW_MAX_NS (7 * S_PER_DAY * NS_PER_S) // longer is no maintenance

// "2026-03-10 01:00", in Asia/Shanghai.
static bool local_parse(const char *text, void *ret)
{
    char full[64];
    if (strlen(text) != strlen("2026-03-10 01:00") || text[10] != ' ') {
        return false;
    }
    snprintf(full, sizeof(full), "%.10sT%s:00+08:00", text, text + 11);
    return instant_parse(full, ret);
}

static void local_format(const void *value, char *text, size_t size)
{
    char full[INSTANT_TEXT_MAX];
    instant_format(*(const struct instant *)value, 0, full);
    snprintf(text, size, "%.10s %.5s", full, full + 11);
}

static const struct parsed local_minute = {
    .size = sizeof(struct instant),
    .parse = local_parse,
    .format = local_format,
    .rule = "a minute in Asia/Shanghai such as 2026-03-10 01:00",
};

#define MAINTENANCE(member, field_type)                                                            \
    .type = field_type, FIELD_AT(struct maintenance_settings, member)

static const struct field maintenance_fields[] = {
    {.name = "id", MAINTENANCE(id, FIELD_TEXT), .help = "Of the change ticket; unique"},
    {.name = "network", MAINTENANCE(network_id, FIELD_TEXT), .help = "Id of the network"},
    {.name = "functions",
        .type = FIELD_TEXTS,
        FIELD_LIST(struct maintenance_settings, functions, function_count),
        .help = "Ids of its functions; []: all"},
    {.name = "provinces",
        .type = FIELD_TEXTS,
        FIELD_LIST(struct maintenance_settings, provinces, province_count),
        .help = "Two-digit codes (GB/T 2260); []: all"},
    {.name = "sites",
        .type = FIELD_TEXTS,
        FIELD_LIST(struct maintenance_settings, sites, site_count),
        .help = "Data centres; []: all. While the network has links elsewhere, those must serve"},
    {.name = "from",
        MAINTENANCE(from, FIELD_PARSED),
        .parsed = &local_minute,
        .help = "The first minute"},
    {.name = "to",
        MAINTENANCE(to, FIELD_PARSED),
        .parsed = &local_minute,
        .help = "The end; what lasts longer is graded from here on"},
    {.name = "approved_by", MAINTENANCE(approved_by, FIELD_TEXT), .help = "Who approved it"},
    {.name = "carried_out_by",
        MAINTENANCE(carried_out_by, FIELD_TEXT),
        .help = "Who carries it out; not the one who approved it"},
    {.name = "reason", MAINTENANCE(reason, FIELD_TEXT), .help = "What is changed"},
};

const struct schema maintenance_schema = {
    .size = sizeof(struct maintenance_settings), FIELDS(maintenance_fields)};

// ---- checks

static bool is_named_site(const struct maintenance_settings *window, const char *site)
{
    bool named = window->site_count == 0;
    for (size_t i = 0; i < window->site_count; i++) {
        named |= strcmp(window->sites[i], site) == 0;
    }
    return named;
}

static void sites_resolve(struct scope_check *check, struct maintenance_settings *window)
{
    const struct settings *settings = check->settings;
    window->whole_site = true;
    for (size_t i = 0; i < settings->link_count; i++) {
        const struct link_settings *link = &settings->links[i];
        if (link->network == window->scope.network && link->site_name != NULL) {
            window->whole_site &= is_named_site(window, link->site_name);
        }
    }
    for (size_t i = 0; i < window->site_count; i++) {
        size_t site = 0;
        while (
            site < settings->site_count && strcmp(settings->sites[site], window->sites[i]) != 0) {
            site++;
        }
        if (site == settings->site_count) {
            SCOPE_REFUSE(
                check, &window->sites[i], "no link is at a site \"%.80s\"", window->sites[i]);
        }
    }
}

// An approved change has two names, and one does not approve one's own.
static void names_check(struct scope_check *check, const struct maintenance_settings *window)
{
    if (window->approved_by[0] == '\0') {
        SCOPE_REFUSE(
            check, &window->approved_by, "approved_by must not be empty: nobody approved it");
    }
    if (window->carried_out_by[0] == '\0') {
        SCOPE_REFUSE(check, &window->carried_out_by, "carried_out_by must not be empty");
    } else if (strcmp(window->approved_by, window->carried_out_by) == 0) {
        SCOPE_REFUSE(check, &window->carried_out_by,
            "carried_out_by \"%.80s\" is also who approved it: two names are needed",
            window->carried_out_by);
    }
    if (window->reason[0] == '\0') {
        SCOPE_REFUSE(check, &window->reason, "reason must not be empty");
    }
}

static void time_check(struct scope_check *check, const struct maintenance_settings *window)
{
    char longest[INSTANT_TEXT_MAX];
    if (window->to.ns <= window->from.ns) {
        SCOPE_REFUSE(check, &window->to, "to must be after from: a window has an end");
    } else if (window->to.ns - window->from.ns > WINDOW_MAX_NS) {
        SCOPE_REFUSE(check, &window->to, "a window is not longer than %s",
            duration_format(WINDOW_MAX_NS, longest));
    }
}

// Whether all of it was read: what was not has its mistake already.
static bool is_whole(const struct scope_check *check, const struct maintenance_settings *window)
{
    const void *const values[] = {&window->id, &window->network_id, &window->functions,
        &window->provinces, &window->sites, &window->from, &window->to, &window->approved_by,
        &window->carried_out_by, &window->reason};
    bool whole = true;
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        whole &= mistakes_has_value(check->mistakes, values[i]);
    }
    return whole;
}

static void window_check(struct scope_check *check, size_t index)
{
    struct maintenance_settings *window = &check->settings->maintenance[index];
    if (!is_whole(check, window)) {
        return;
    }
    for (size_t i = 0; i < index; i++) {
        const char *other = check->settings->maintenance[i].id;
        if (other != NULL && strcmp(other, window->id) == 0) {
            SCOPE_REFUSE(check, &window->id, "duplicate window id \"%.80s\"", window->id);
            break;
        }
    }
    names_check(check, window);
    time_check(check, window);
    if (scope_network(check, &window->network_id, &window->scope)) {
        scope_functions(check, window->functions, window->function_count, &window->scope);
        scope_provinces(check, window->provinces, window->province_count, &window->scope);
        sites_resolve(check, window);
    }
}

bool maintenance_check(struct settings *settings, struct mistakes *mistakes)
{
    struct scope_check check = {settings, mistakes, true};
    for (size_t i = 0; i < settings->maintenance_count; i++) {
        window_check(&check, i);
    }
    return check.good;
}

// ---- asking

static bool window_has(const struct maintenance_settings *window, uint16_t network,
    uint16_t function, uint8_t province)
{
    return window->whole_site && scope_has_function(&window->scope, network, function) &&
           scope_has_province(&window->scope, province);
}

bool maintenance_next(const struct settings *settings, uint16_t network, uint16_t function,
    uint8_t province, struct instant from, struct instant end, struct instant *ret_from,
    struct instant *ret_to, const struct maintenance_settings **ret_window)
{
    const struct maintenance_settings *first = NULL;
    struct instant begin = end, to = from;
    for (size_t i = 0; i < settings->maintenance_count; i++) {
        const struct maintenance_settings *window = &settings->maintenance[i];
        if (window_has(window, network, function, province) && window->to.ns > from.ns &&
            instant_max(window->from, from).ns < begin.ns) {
            first = window;
            begin = instant_max(window->from, from);
        }
    }
    if (first == NULL) {
        return false;
    }
    to = first->to;
    for (size_t i = 0; i < settings->maintenance_count; i++) {
        const struct maintenance_settings *window = &settings->maintenance[i];
        if (window_has(window, network, function, province) && window->from.ns <= to.ns &&
            window->to.ns > to.ns) {
            to = window->to;
            i = SIZE_MAX; // those before it may touch it now
        }
    }
    *ret_from = begin;
    *ret_to = instant_min(to, end);
    *ret_window = first;
    return true;
}
