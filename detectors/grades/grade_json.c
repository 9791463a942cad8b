#include "detectors/grades/evaluate.h"

#include <jansson.h>

static json_t *instant_json(struct instant at)
{
    char text[INSTANT_TEXT_MAX];
    return at.ns == INT64_MAX ? json_null() : json_string(instant_format(at, 3, text));
}

static json_t *provinces_json(const uint8_t bits[static PROVINCES / 8 + 1])
{
    json_t *list = json_array();
    for (unsigned province = 0; province < PROVINCES; province++) {
        char text[4];
        if ((bits[province / 8] & 1u << (province % 8)) != 0) {
            snprintf(text, sizeof(text), "%02u", province);
            json_array_append_new(list, json_string(text));
        }
    }
    return list;
}

static json_t *criterion_json(const struct criterion *criterion)
{
    const struct clause *clause = criterion->clause;
    json_t *json = json_pack("{s:s, s:s, s:s, s:i, s:s, s:s, s:I, s:I, s:o, s:o}", "clause",
        clause->id, "article", clause->article, "phrase", clause->phrase, "grade", clause->grade,
        "metric", metric_names[clause->metric], "comparator", "ge", "measured", criterion->measured,
        "threshold", criterion->threshold, "met_at", instant_json(criterion->met_at), "provinces",
        provinces_json(criterion->provinces));
    if (criterion->stands_for != NULL) {
        json_object_set_new(json, "stands_for", json_string(criterion->stands_for->id));
    }
    if (criterion->reading != NULL) {
        json_object_set_new(json, "reading", json_string(criterion->reading));
    }
    if (criterion->review) {
        json_object_set_new(json, "review", json_true());
        json_object_set_new(json, "later", json_integer(criterion->later));
    }
    return json;
}

static json_t *criteria_json(const struct grade *grade, bool strict)
{
    json_t *list = json_array();
    for (size_t i = 0; i < grade->criterion_count; i++) {
        if ((grade->criteria[i].reading != NULL) == strict) {
            json_array_append_new(list, criterion_json(&grade->criteria[i]));
        }
    }
    return list;
}

static json_t *next_json(const struct grade *grade)
{
    const struct clause *clause = grade->next.clause;
    return clause == NULL ? json_null()
                          : json_pack("{s:s, s:i, s:o}", "clause", clause->id, "grade",
                                clause->grade, "at", instant_json(grade->next.at));
}

static json_t *ahead_json(const struct grade *grade)
{
    json_t *list = json_array();
    for (size_t i = 0; i < grade->ahead_count; i++) {
        const struct next_threshold *ahead = &grade->ahead[i];
        json_array_append_new(
            list, json_pack("{s:s, s:i, s:o}", "clause", ahead->clause->id, "grade",
                      ahead->clause->grade, "at", instant_json(ahead->at)));
    }
    return list;
}

static json_t *facts_json(const struct grade *grade)
{
    json_t *list = json_array();
    for (size_t i = 0; i < grade->fact_count; i++) {
        json_array_append_new(list, fact_shown_json(grade->facts[i]));
    }
    return list;
}

static json_t *reasons_json(const struct grade *grade, const char *const *reasons)
{
    json_t *list = json_array();
    for (size_t i = 0; i < grade->undeterminable_count; i++) {
        json_array_append_new(list, json_string(reasons[i]));
    }
    return list;
}

// Clauses of which nothing was measured: unknown, never false.
static json_t *not_measured_json(const struct settings *settings, const struct grade *grade)
{
    json_t *list = json_array();
    for (size_t i = 0; i < grade->rulebook->clause_count; i++) {
        const struct clause *clause = &grade->rulebook->clauses[i];
        if (metric_is_of_persons(clause->metric) && !grade->persons_measured &&
            clause_concerns(grade->rulebook, clause, &settings->networks[grade->network])) {
            json_array_append_new(list, json_string(clause->id));
        }
    }
    return list;
}

// The criterion that gives the grade: the first of the sorted ones, unless none is met by default.
static const struct criterion *criterion_leading(const struct grade *grade)
{
    bool any = grade->criterion_count > 0 && grade->criteria[0].reading == NULL;
    return any ? &grade->criteria[0] : NULL;
}

static void leading_add(json_t *json, const struct grade *grade)
{
    const struct criterion *leading = criterion_leading(grade);
    json_object_set_new(
        json, "clause", leading == NULL ? json_null() : json_string(leading->clause->id));
    json_object_set_new(json, "grade", json_integer(grade->grade));
    json_object_set_new(json, "met_at", instant_json(grade_met_at(grade)));
    json_object_set_new(
        json, "measured", leading == NULL ? json_null() : json_integer(leading->measured));
    json_object_set_new(
        json, "threshold", leading == NULL ? json_null() : json_integer(leading->threshold));
}

void grade_print(FILE *out, const struct settings *settings, const struct grade *grade)
{
    json_t *json =
        json_pack("{s:s, s:s, s:s, s:o, s:b, s:b}", "rulebook", grade->rulebook->id, "version",
            grade->rulebook->version, "network", settings->networks[grade->network].id, "onset",
            instant_json(grade->onset), "suspected", grade->suspected, "ongoing", grade->ongoing);
    leading_add(json, grade);
    json_object_set_new(json, "conservative_grade", json_integer(grade->conservative_grade));
    json_object_set_new(json, "conservative", criteria_json(grade, true));
    json_object_set_new(json, "criteria", criteria_json(grade, false));
    json_object_set_new(json, "next", next_json(grade));
    json_object_set_new(json, "ahead", ahead_json(grade));
    json_object_set_new(json, "facts", facts_json(grade));
    json_object_set_new(json, "undeterminable", reasons_json(grade, grade->undeterminable));
    json_object_set_new(json, "undeterminable_of", reasons_json(grade, grade->undeterminable_of));
    json_object_set_new(json, "not_measured", not_measured_json(settings, grade));
    json_object_set_new(json, "flags",
        json_pack("{s:s, s:b, s:b, s:b, s:b, s:b, s:b}", "peak", peak_state_names[grade->peak],
            "all_hours_peak", grade->all_hours_peak, "attempts_only", grade->attempts_only,
            "out_of_scope", grade->out_of_scope, "evicted", grade->evicted, "ticks_merged",
            grade->ticks_merged, "review", grade->review));
    if (grade->impact != NULL) {
        json_object_set_new(json, "persons", impact_json(grade->impact));
    }
    json_dumpf(json, out, JSON_COMPACT);
    fputc('\n', out);
    json_decref(json);
}
