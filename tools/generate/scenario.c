#include "tools/generate/scenario.h"

#include <stdlib.h>
#include <string.h>

static bool is_digits(const char *text, size_t count)
{
    return text != NULL && strlen(text) == count && strspn(text, "0123456789") == count;
}

static bool is_code(const char *text)
{
    return text != NULL && strlen(text) == 2;
}

static void check_links(struct scenario *scenario, struct mistakes *mistakes)
{
    for (size_t i = 0; i < scenario->link_count; i++) {
        struct link_scenario *link = &scenario->links[i];
        if (link->server.port == 0) {
            mistake_at(mistakes, &link->server, "the server of link '%s' has no port", link->id);
        }
        if (link->mode == MODE_SPLIT && link->answers_to.port == 0) {
            mistake_at(mistakes, &link->id, "link '%s' is split and has no answers_to with a port",
                link->id);
        }
        if (link->client.is_ipv4 != link->server.is_ipv4) {
            mistake_at(mistakes, &link->server, "link '%s' mixes IPv4 and IPv6", link->id);
        }
    }
    if (scenario->link_count == 0 || scenario->link_count > 1000) {
        mistake_at(mistakes, &scenario->links, "a scenario has 1 to 1000 links");
    }
}

static void check_provinces(struct scenario *scenario, struct mistakes *mistakes)
{
    for (size_t i = 0; i < scenario->province_count; i++) {
        struct province_scenario *province = &scenario->provinces[i];
        if (province_capital_region(province->code) == 0) {
            mistake_at(mistakes, &province->code, "no province has the code %lld",
                (long long)province->code);
        }
        if (province->hourly_count != 0 && province->hourly_count != 24) {
            mistake_at(mistakes, &province->hourly, "an hourly profile has 24 entries, not %zu",
                province->hourly_count);
        }
        if (province->region != NULL && *province->region != '\0' &&
            !is_digits(province->region, 4)) {
            mistake_at(
                mistakes, &province->region, "a region has 4 digits: '%s'", province->region);
        }
        size_t link = 0;
        bool named = province->link_id != NULL && *province->link_id != '\0';
        while (named && link < scenario->link_count &&
               strcmp(scenario->links[link].id, province->link_id) != 0) {
            link++;
        }
        if (named && link == scenario->link_count) {
            mistake_at(mistakes, &province->link_id, "no link is called '%s'", province->link_id);
        }
        province->link = (uint16_t)link;
    }
    if (scenario->province_count == 0 || scenario->province_count > 1000) {
        mistake_at(mistakes, &scenario->provinces, "a scenario has 1 to 1000 provinces");
    }
}

static void check_functions(struct scenario *scenario, struct mistakes *mistakes)
{
    int64_t sum_ppm = 0;
    for (size_t i = 0; i < scenario->function_count; i++) {
        struct function_scenario *function = &scenario->functions[i];
        sum_ppm += function->share_ppm;
        function->mti_number =
            function->mti == NULL ? 0 : (uint16_t)strtol(function->mti, NULL, 10);
        if (!is_digits(function->mti, 4) || !is_digits(function->processing, 6) ||
            !is_digits(function->condition, 2)) {
            mistake_at(mistakes, &function->id,
                "function '%s' needs an mti of 4, a processing of 6 and a condition of 2 digits",
                function->id);
        } else if (function->mti[1] != '1' && function->mti[1] != '2') {
            mistake_at(mistakes, &function->mti, "'%s' is no authorization or financial request",
                function->mti);
        }
        if (function->merchant_type != NULL && *function->merchant_type != '\0' &&
            !is_digits(function->merchant_type, 4)) {
            mistake_at(mistakes, &function->merchant_type, "a merchant type has 4 digits: '%s'",
                function->merchant_type);
        }
        if (function->amount_min > function->amount_max) {
            mistake_at(mistakes, &function->amount_min, "amount_min is above amount_max");
        }
    }
    if (sum_ppm != PPM) {
        mistake_at(
            mistakes, &scenario->functions, "the shares of the functions do not sum up to 100");
    }
}

static bool is_function(const struct scenario *scenario, const char *id)
{
    for (size_t i = 0; i < scenario->function_count; i++) {
        if (strcmp(scenario->functions[i].id, id) == 0) {
            return true;
        }
    }
    return strcmp(id, "echo") == 0;
}

static bool is_institution(const struct scenario *scenario, const char *digits)
{
    for (size_t i = 0; i < scenario->institution_count; i++) {
        if (strcmp(scenario->institutions[i], digits) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_link(const struct scenario *scenario, const char *id)
{
    for (size_t i = 0; i < scenario->link_count; i++) {
        if (strcmp(scenario->links[i].id, id) == 0) {
            return true;
        }
    }
    return false;
}

static void check_fault(
    const struct scenario *scenario, struct fault_scenario *fault, struct mistakes *mistakes)
{
    bool of_links = fault->kind == FAULT_REFUSED || fault->kind == FAULT_UNREACHABLE;
    if (fault->to_ns <= fault->from_ns) {
        mistake_at(mistakes, &fault->to_ns, "the fault ends before it begins");
    }
    bool needs_code = fault->kind == FAULT_ERROR_CODE || fault->kind == FAULT_CUT_OVER;
    if (needs_code && !is_code(fault->code)) {
        mistake_at(mistakes, &fault->kind, "error_code and cut_over need a code of 2 characters");
    }
    for (size_t i = 0; i < fault->institution_count; i++) {
        if (!is_institution(scenario, fault->institutions[i])) {
            mistake_at(mistakes, &fault->institutions[i], "no institution is '%s'",
                fault->institutions[i]);
        }
    }
    if (of_links &&
        (fault->province_count + fault->function_count > 0 || fault->share_ppm != PPM)) {
        mistake_at(mistakes, &fault->kind,
            "connections are refused for a whole link: no provinces, functions or share");
    }
    for (size_t i = 0; i < fault->function_count; i++) {
        if (!is_function(scenario, fault->functions[i])) {
            mistake_at(
                mistakes, &fault->functions[i], "no function is called '%s'", fault->functions[i]);
        }
    }
    for (size_t i = 0; i < fault->link_count; i++) {
        if (!is_link(scenario, fault->links[i])) {
            mistake_at(mistakes, &fault->links[i], "no link is called '%s'", fault->links[i]);
        }
    }
}

static void check_dark(
    const struct scenario *scenario, struct dark_scenario *dark, struct mistakes *mistakes)
{
    if (dark->to_ns <= dark->from_ns) {
        mistake_at(mistakes, &dark->to_ns, "the dark time ends before it begins");
    }
    for (size_t i = 0; i < dark->link_count; i++) {
        if (!is_link(scenario, dark->links[i])) {
            mistake_at(mistakes, &dark->links[i], "no link is called '%s'", dark->links[i]);
        }
    }
}

static void check_codes(struct codes_scenario *codes, struct mistakes *mistakes)
{
    for (size_t i = 0; i < codes->code_count; i++) {
        if (!is_code(codes->codes[i]) && strcmp(codes->codes[i], "none") != 0) {
            mistake_at(mistakes, &codes->codes[i], "a code has 2 characters or is none: '%s'",
                codes->codes[i]);
        }
    }
    if (codes->share_ppm > 0 && codes->code_count == 0) {
        mistake_at(mistakes, &codes->share_ppm, "a share without codes");
    }
}

static void check(struct scenario *scenario, struct mistakes *mistakes)
{
    check_links(scenario, mistakes);
    check_provinces(scenario, mistakes);
    check_functions(scenario, mistakes);
    check_codes(&scenario->declines, mistakes);
    check_codes(&scenario->failures, mistakes);
    for (size_t i = 0; i < scenario->fault_count; i++) {
        check_fault(scenario, &scenario->faults[i], mistakes);
    }
    for (size_t i = 0; i < scenario->tap.dark_count; i++) {
        check_dark(scenario, &scenario->tap.dark[i], mistakes);
    }
    for (size_t i = 0; i < scenario->test_institution_count; i++) {
        if (!is_institution(scenario, scenario->test_institutions[i])) {
            mistake_at(mistakes, &scenario->test_institutions[i], "no institution is '%s'",
                scenario->test_institutions[i]);
        }
    }
    if (scenario->test_institution_count > 0 && scenario->dialect != DIALECT_CUPS) {
        mistake_at(mistakes, &scenario->test_institutions, "only CUPS headers can say test");
    }
    for (size_t i = 0; i < scenario->institution_count; i++) {
        if (!is_digits(scenario->institutions[i], 4)) {
            mistake_at(mistakes, &scenario->institutions[i], "an institution has 4 digits: '%s'",
                scenario->institutions[i]);
        }
    }
    if (scenario->function_count > 60) {
        mistake_at(mistakes, &scenario->functions, "a scenario has at most 60 functions");
    }
    if (scenario->dialect == DIALECT_POS && scenario->echo_ns > 0) {
        mistake_at(mistakes, &scenario->echo_ns, "pos terminals send no echo");
    }
    if (scenario->institution_count == 0) {
        mistake_at(mistakes, &scenario->institutions, "a scenario has at least one institution");
    }
    if (scenario->tap.reorder_ns + scenario->tap.coalesce_ns >
        SCENARIO_MARGIN_NS - 10 * NS_PER_MS) {
        mistake_at(mistakes, &scenario->tap.reorder_ns,
            "reorder_window and coalesce_wait take more than 40ms together: rates would not be "
            "exact");
    }
    if (scenario->latency.min_ns > scenario->latency.median_ns ||
        scenario->latency.median_ns > scenario->latency.max_ns) {
        mistake_at(mistakes, &scenario->latency.min_ns, "latency needs min <= median <= max");
    }
}

struct scenario *scenario_read(const char *path, struct mistakes *mistakes)
{
    struct scenario *scenario = calloc(1, sizeof(*scenario));
    if (scenario == NULL) {
        mistake(mistakes, path, 0, 0, "no memory for the scenario");
        return NULL;
    }
    bool read = yaml_read(path, &scenario_schema, scenario, mistakes);
    if (read) {
        check(scenario, mistakes);
    }
    if (!read || mistakes_count(mistakes) > 0) {
        scenario_free(scenario);
        return NULL;
    }
    return scenario;
}

void scenario_free(struct scenario *scenario)
{
    if (scenario != NULL) {
        yaml_free(&scenario_schema, scenario);
        free(scenario);
    }
}

int64_t province_rate_milli(const struct province_scenario *province, struct instant at)
{
    if (province->hourly_count != 24) {
        return province->rate_milli;
    }
    int32_t hour = shanghai_second_of_day(instant_second(at)) / (int32_t)S_PER_HOUR;
    return province->rate_milli * province->hourly[hour] / 100;
}

void scenario_print_normals(const struct scenario *scenario, FILE *out)
{
    fputs("network,function,province,hour,normal_per_hour\n", out);
    for (size_t f = 0; f < scenario->function_count; f++) {
        for (size_t p = 0; p < scenario->province_count; p++) {
            for (int hour = 0; hour < 24; hour++) {
                struct instant at = instant_from_s(hour * S_PER_HOUR - SHANGHAI_OFFSET_S);
                __int128 milli = (__int128)province_rate_milli(&scenario->provinces[p], at) *
                                 S_PER_HOUR * scenario->functions[f].share_ppm / PPM;
                fprintf(out, "%s,%s,%lld,%d,%lld.%03lld\n", scenario->network,
                    scenario->functions[f].id, (long long)scenario->provinces[p].code, hour,
                    (long long)(milli / 1000), (long long)(milli % 1000));
            }
        }
    }
}
