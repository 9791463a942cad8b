#include "tools/generate/course.h"

#include "config/memory.h"

#include "tools/generate/scenario.h"

#include <stdlib.h>
#include <string.h>

static bool is_named(const char *text)
{
    return text != NULL && text[0] != '\0';
}

static void resolve_network(
    struct course *course, const struct settings *settings, struct mistakes *mistakes)
{
    for (uint16_t n = 0; n < settings->network_count; n++) {
        if (strcmp(settings->networks[n].id, course->network_id) == 0) {
            course->network = n;
            int64_t limit_ns = settings_time_limit_ns(settings, n);
            course->limit_s = (limit_ns + NS_PER_S - 1) / NS_PER_S;
            return;
        }
    }
    mistake_at(
        mistakes, &course->network_id, "the settings have no network '%s'", course->network_id);
}

static void resolve_links(
    struct course *course, const struct settings *settings, struct mistakes *mistakes)
{
    for (size_t i = 0; i < course->link_count; i++) {
        struct link_course *link = &course->links[i];
        while (link->link < settings->link_count &&
               strcmp(settings->links[link->link].id, link->id) != 0) {
            link->link++;
        }
        if (link->link == settings->link_count ||
            settings->links[link->link].network != course->network) {
            mistake_at(mistakes, &link->id, "network '%s' of the settings has no link '%s'",
                course->network_id, link->id);
        } else if (i > 0 && link->link <= link[-1].link) {
            mistake_at(mistakes, &link->id, "links come in the order of the settings");
        }
    }
    if (course->link_count == 0) {
        mistake_at(mistakes, &course->links, "a course has at least one link");
    }
}

static size_t link_at(const struct course *course, const char *id)
{
    size_t at = 0;
    while (at < course->link_count && strcmp(course->links[at].id, id) != 0) {
        at++;
    }
    return at;
}

static void resolve_provinces(struct course *course, struct mistakes *mistakes)
{
    for (size_t i = 0; i < course->province_count; i++) {
        struct province_course *province = &course->provinces[i];
        if (province->code != 0 && !province_is_known((uint8_t)province->code)) {
            mistake_at(mistakes, &province->code, "no province has the code %lld",
                (long long)province->code);
        }
        if (is_named(province->link_id)) {
            province->link_at = link_at(course, province->link_id);
        }
        if (province->link_at == course->link_count) {
            mistake_at(mistakes, &province->link_id, "no link is called '%s'", province->link_id);
        }
        if (i > 0 && province->code <= province[-1].code) {
            mistake_at(mistakes, &province->code, "provinces come by their codes, each once");
        }
    }
}

static void check_hourly(int64_t *const *hourly, size_t count, struct mistakes *mistakes)
{
    if (count != 0 && count != HOURS) {
        mistake_at(mistakes, hourly, "an hourly profile has %d entries, not %zu", HOURS, count);
    }
}

static void resolve_functions(
    struct course *course, const struct settings *settings, struct mistakes *mistakes)
{
    const struct function_table *table = &settings->networks[course->network].functions;
    int64_t sum_ppm = 0;
    for (size_t i = 0; i < course->function_count; i++) {
        struct function_course *function = &course->functions[i];
        while (function->function <= table->function_count &&
               strcmp(function_id(table, function->function), function->id) != 0) {
            function->function++;
        }
        if (function->function > table->function_count) {
            mistake_at(mistakes, &function->id, "network '%s' has no function '%s'",
                course->network_id, function->id);
        } else if (i > 0 && function->function <= function[-1].function) {
            mistake_at(mistakes, &function->id, "functions come in the order of their table");
        }
        check_hourly(&function->hourly, function->hourly_count, mistakes);
        sum_ppm += function->share_ppm;
    }
    if (sum_ppm != PPM) {
        mistake_at(mistakes, &course->functions, "the functions' shares do not sum up to 100");
    }
}

static void resolve_days(struct course *course, struct mistakes *mistakes)
{
    for (size_t i = 0; i < course->shape_count; i++) {
        check_hourly(&course->shapes[i].hourly, course->shapes[i].hourly_count, mistakes);
    }
    if (course->shape_count == 0) {
        mistake_at(mistakes, &course->shapes, "a course has at least one shape");
    }
    for (size_t i = 0; i < course->days_count; i++) {
        struct days_course *days = &course->days[i];
        days->to = days->from != 0 && days->to == 0 ? days->from : days->to;
        days->shape_at = SIZE_MAX;
        for (size_t s = 0; is_named(days->shape) && s < course->shape_count; s++) {
            days->shape_at = strcmp(course->shapes[s].name, days->shape) == 0 ? s : days->shape_at;
        }
        if (is_named(days->shape) && days->shape_at == SIZE_MAX) {
            mistake_at(mistakes, &days->shape, "no shape is called '%s'", days->shape);
        }
    }
}

static void check_links(
    const struct course *course, char **links, size_t count, struct mistakes *mistakes)
{
    for (size_t i = 0; i < count; i++) {
        if (link_at(course, links[i]) == course->link_count) {
            mistake_at(mistakes, &links[i], "no link is called '%s'", links[i]);
        }
    }
}

static void check_reach(
    const struct course *course, const struct reach *reach, struct mistakes *mistakes)
{
    check_links(course, reach->links, reach->link_count, mistakes);
    for (size_t i = 0; i < reach->function_count; i++) {
        size_t f = 0;
        while (f < course->function_count &&
               strcmp(course->functions[f].id, reach->functions[i]) != 0) {
            f++;
        }
        if (f == course->function_count) {
            mistake_at(
                mistakes, &reach->functions[i], "no function is called '%s'", reach->functions[i]);
        }
    }
    for (size_t i = 0; i < reach->province_count; i++) {
        size_t p = 0;
        while (p < course->province_count && course->provinces[p].code != reach->provinces[i]) {
            p++;
        }
        if (p == course->province_count) {
            mistake_at(mistakes, &reach->provinces[i], "the course has no province %lld",
                (long long)reach->provinces[i]);
        }
    }
}

static void check_span(int64_t from_ns, const int64_t *to_ns, struct mistakes *mistakes)
{
    if (*to_ns <= from_ns) {
        mistake_at(mistakes, to_ns, "it ends before it begins");
    } else if (from_ns % NS_PER_S != 0 || *to_ns % NS_PER_S != 0) {
        mistake_at(mistakes, to_ns, "it begins and ends with whole seconds");
    }
}

static void check_events(const struct course *course, struct mistakes *mistakes)
{
    for (size_t i = 0; i < course->fault_count; i++) {
        check_span(course->faults[i].from_ns, &course->faults[i].to_ns, mistakes);
        check_reach(course, &course->faults[i].reach, mistakes);
    }
    for (size_t i = 0; i < course->extra_count; i++) {
        check_span(course->extras[i].from_ns, &course->extras[i].to_ns, mistakes);
        check_reach(course, &course->extras[i].reach, mistakes);
    }
    for (size_t i = 0; i < course->blind_count; i++) {
        check_span(course->blind[i].from_ns, &course->blind[i].to_ns, mistakes);
        check_links(course, course->blind[i].links, course->blind[i].link_count, mistakes);
    }
}

static void check_steps(
    const struct course *course, const struct settings *settings, struct mistakes *mistakes)
{
    int64_t step_ns = course->step_ns;
    if (step_ns % NS_PER_S != 0 || settings->outages.bucket_ns % step_ns != 0) {
        mistake_at(mistakes, &course->step_ns,
            "a step is whole seconds, and the settings' bucket a multiple of it");
    } else if (course->start.ns % step_ns != 0 || course->duration_ns % step_ns != 0) {
        mistake_at(mistakes, &course->start, "start and duration are multiples of the step");
    }
}

struct course *course_read(
    const char *path, const struct settings *settings, struct mistakes *mistakes)
{
    struct course *course = memory_zeroed(1, sizeof(*course));
    size_t before = mistakes_count(mistakes);
    if (yaml_read(path, &course_schema, course, mistakes)) {
        resolve_network(course, settings, mistakes);
        resolve_links(course, settings, mistakes);
        resolve_provinces(course, mistakes);
        resolve_functions(course, settings, mistakes);
        resolve_days(course, mistakes);
        check_events(course, mistakes);
        check_steps(course, settings, mistakes);
    }
    if (mistakes_count(mistakes) != before) {
        course_free(course);
        return NULL;
    }
    return course;
}

void course_free(struct course *course)
{
    if (course != NULL) {
        yaml_free(&course_schema, course);
        free(course);
    }
}
