// What may be shown of an incident: counts and places only, never an account.
#include "detectors/incidents/incidents_parts.h"
#include "detectors/json.h"

#include <stdlib.h>

// A value on a topic stays far below 100 KB, however long an incident lasts.
#define SHOWN_MAX      48
#define CRITERIA_SHOWN 24 // of each kind, highest grade first: a message stays below 100 KB

static json_t *province_json(uint8_t province)
{
    return json_sprintf("%02u", province);
}

static json_t *provinces_json(const struct incident *incident)
{
    bool seen[PROVINCES];
    json_t *provinces = json_array();
    incident_provinces(incident, seen);
    for (unsigned i = 0; i < PROVINCES; i++) {
        if (seen[i]) {
            json_array_append_new(provinces, province_json((uint8_t)i));
        }
    }
    return provinces;
}

static json_t *criterion_json(const struct criterion *criterion)
{
    json_t *object = json_object(), *provinces = json_array();
    json_set_text(object, "art", criterion->clause->id);
    json_set_text(object, "article", criterion->clause->article);
    json_set_integer(object, "grade_code", criterion->clause->grade);
    json_set_text(object, "metric", metric_name(criterion->clause));
    json_set_integer(object, "regions", criterion->clause->provinces);
    json_set_integer(object, "value", criterion->measured);
    json_set_text(object, "cmp", "ge");
    json_set_integer(object, "threshold", criterion->threshold);
    json_set_instant(object, "met_at", criterion->met_at);
    json_set_text(
        object, "stands_for", criterion->stands_for != NULL ? criterion->stands_for->id : NULL);
    json_set_text(object, "reading", criterion->reading);
    if (criterion->review) {
        json_set_integer(object, "later_value", criterion->later);
    }
    for (unsigned i = 0; i < PROVINCES; i++) {
        if ((criterion->provinces[i / 8] >> (i % 8) & 1) != 0) {
            json_array_append_new(provinces, province_json((uint8_t)i));
        }
    }
    json_set(object, "provinces", provinces);
    return object;
}

// `stricter` chooses the criteria that only a stricter reading meets.
static json_t *criteria_json(const struct grade *grade, bool stricter)
{
    json_t *array = json_array();
    for (size_t i = 0; i < grade->criterion_count; i++) {
        if ((grade->criteria[i].reading != NULL) == stricter &&
            json_array_size(array) < CRITERIA_SHOWN) {
            json_array_append_new(array, criterion_json(&grade->criteria[i]));
        }
    }
    return array;
}

// Counts of intents; shares as integers, so that a consumer can compare them.
static json_t *ratio_json(const struct loss *loss, int64_t normal_milli, enum basis basis)
{
    json_t *object = json_object();
    json_set_integer(object, "normal", normal_milli / 1000);
    json_set_integer(object, "total", loss_total_milli(loss) / 1000);
    json_set_integer(object, "demand", loss->demand);
    json_set_integer(object, "success", loss->processed);
    json_set_integer(object, "failed", loss->failed);
    json_set_integer(object, "never_arrived", loss->never_arrived_milli / 1000);
    json_set_integer(object, "unobserved", loss->unobserved);
    json_set_integer(object, "lost_pct_x100", loss_ratio_x10000(loss));
    json_set_integer(object, "coverage_pct_x10", loss->coverage_milli);
    json_set_text(object, "basis", basis_names[basis]);
    return object;
}

// Approved windows that were cut out, and what was measured with them.
static void planned_add(
    json_t *object, const struct settings *settings, const struct interruption *interruption)
{
    struct instant at = interruption->whole_from, next;
    const struct maintenance_settings *window;
    if (interruption->whole_to.ns == 0) {
        return;
    }
    json_t *windows = json_array();
    while (maintenance_next(settings, interruption->network, interruption->function,
        interruption->province, at, interruption->whole_to, &at, &next, &window)) {
        json_array_append_new(windows, json_string(window->id));
        at = next;
    }
    json_set_instant(object, "whole_from", interruption->whole_from);
    json_set_instant(object, "whole_to", interruption->whole_to);
    json_set(object, "windows", windows);
    json_set_flag(object, "cutover", interruption->cutover);
}

static json_t *interruption_json(
    const struct settings *settings, const struct interruption *interruption)
{
    const struct function_table *functions = &settings->networks[interruption->network].functions;
    json_t *object = json_object();
    if (interruption->kind != OUTAGE_INTERRUPTION) {
        json_set_text(object, "kind", outage_kind_names[interruption->kind]);
    }
    json_set_text(object, "function", function_id(functions, interruption->function));
    json_set_flag(object, "main", interruption_is_main(settings, interruption));
    json_set(object, "province", province_json(interruption->province));
    json_set_text(object, "province_name", province_name(interruption->province));
    json_set_instant(object, "from", interruption->from);
    json_set_instant(object, "to", interruption->to);
    json_set_flag(object, "ongoing", interruption->ongoing);
    json_set_flag(object, "suspected", interruption->suspected);
    json_set_flag(object, "undeterminable", interruption->undeterminable);
    if (interruption->nationwide) {
        json_set_flag(object, "nationwide", true);
    }
    if (interruption->unit != LABEL_NONE) {
        json_set_text(object, "unit",
            label_name(&settings->networks[interruption->network].units, interruption->unit));
    }
    if (interruption->assumes != 0) {
        json_set(object, "assumes",
            json_bit_names(interruption->assumes, assumption_names, ASSUMPTIONS));
    }
    if (interruption->kind == OUTAGE_IMPAIRMENT) {
        json_set_instant(object, "calm_at", interruption->calm_at);
    }
    json_set_integer(object, "in_peak_ms", interruption->in_peak_ms);
    json_set_integer(object, "unknown_ms", interruption->unknown_ns / NS_PER_MS);
    json_set(object, "ratio",
        ratio_json(&interruption->loss, interruption->loss.normal_milli, interruption->basis));
    if ((interruption->assumes & ASSUMES_LITERAL) != 0) {
        json_set_integer(json_object_get(object, "ratio"), "literal_pct_x100",
            loss_literal_x10000(&interruption->loss));
    }
    planned_add(object, settings, interruption);
    return object;
}

// The largest losses when there are too many to show; interruption_count says how many there are.
static json_t *interruptions_json(const struct settings *settings, const struct grade *grade)
{
    json_t *array = json_array();
    for (size_t i = 0; i < grade->interruption_count && i < SHOWN_MAX; i++) {
        json_array_append_new(array, interruption_json(settings, &grade->interruptions[i]));
    }
    return array;
}

static json_t *texts_json(const char *const *texts, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(array, json_string(texts[i]));
    }
    return array;
}

bool incident_is_for_review(const struct incident *incident)
{
    return incident->measured->review || incident->measured->grade < incident->grade;
}

static json_t *facts_json(const struct grade *grade)
{
    json_t *array = json_array();
    for (size_t i = 0; i < grade->fact_count && i < SHOWN_MAX; i++) {
        json_array_append_new(array, fact_shown_json(grade->facts[i]));
    }
    return array;
}

static json_t *flags_json(const struct network_settings *network, const struct incident *incident)
{
    const struct grade *grade = incident->measured;
    json_t *array = json_array();
    const struct {
        bool set;
        const char *name;
    } flags[] = {
        {grade->all_hours_peak, "all_hours_peak"},
        {grade->peak == PEAK_PROVISIONAL, "provisional_peak"},
        {grade->attempts_only, "attempts_only"},
        {grade->suspected, "provisional_data"},
        {grade->out_of_scope, "out_of_scope"},
        {grade->evicted, "evicted"},
        {grade->ticks_merged, "ticks_merged"},
        {network->special_class_count == 0, "special_class_unset"},
        {incident_is_for_review(incident), "review"},
    };
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        if (flags[i].set) {
            json_array_append_new(array, json_string(flags[i].name));
        }
    }
    return array;
}

static void grade_set(json_t *object, const char *name, const char *code, int grade)
{
    json_set_text(object, name, grade_names_chinese[grade]);
    json_set_integer(object, code, grade);
}

static void instants_set(json_t *object, const struct incident *incident)
{
    json_set_instant(object, "first_suspected", incident->first_suspected);
    json_set_instant(object, "onset", incident->onset);
    json_set_instant(object, "met_at", incident->met_at);
    json_set_instant(object, "met_larger_at", incident->met_larger_at);
    json_set_instant(object, "conservative_larger_at", incident->conservative_larger_at);
    json_set_instant(object, "attention_at", incident->attention_at);
    json_set_instant(object, "ended_at", incident->ended_at);
}

static json_t *threshold_json(const struct next_threshold *threshold)
{
    json_t *json = json_object();
    json_set_text(json, "art", threshold->clause->id);
    json_set_integer(json, "grade_code", threshold->clause->grade);
    json_set_instant(json, "at", threshold->at);
    return json;
}

// The next one, and every other that lies ahead.
static void next_set(json_t *object, const struct grade *grade)
{
    json_t *ahead = json_array();
    if (grade->next.clause != NULL && grade->next.at.ns != INSTANT_NEVER.ns) {
        json_set(object, "next_threshold", threshold_json(&grade->next));
    }
    for (size_t i = 0; i < grade->ahead_count; i++) {
        json_array_append_new(ahead, threshold_json(&grade->ahead[i]));
    }
    json_set(object, "thresholds_ahead", ahead);
}

// Art. 12(2): what else was hit at once. A member that is no state secret: those are never grouped.
static json_t *group_json(const struct settings *settings, const struct incident_group *group)
{
    json_t *object = json_object(), *members = json_array();
    json_set_text(object, "id", group->id);
    json_set_text(object, "state", group->confirmed ? "confirmed" : "proposed");
    grade_set(object, "grade", "grade_code", group->grade);
    grade_set(object, "conservative_grade", "conservative_grade_code", group->conservative_grade);
    json_set_instant(object, "met_larger_at", group->met_larger_at);
    for (size_t i = 0; i < group->member_count; i++) {
        const struct incident *member = group->members[i];
        json_t *row = json_object();
        json_set_text(row, "incident", member->id);
        json_set_text(row, "network", settings->networks[member->network].id);
        json_set_text(row, "network_name", settings->networks[member->network].name);
        json_set_integer(row, "grade_code", member->grade);
        json_set_integer(row, "conservative_grade_code", member->conservative_grade);
        json_array_append_new(members, row);
    }
    json_set(object, "members", members);
    return object;
}

// What the other rule books say, side by side.
static json_t *beside_json(const struct incident *incident)
{
    json_t *array = json_array();
    for (size_t i = 0; i < incident->beside_count; i++) {
        const struct beside *beside = &incident->beside[i];
        json_t *object = json_object();
        json_set(object, "rulebook",
            json_sprintf("%s@%s", beside->rulebook->id, beside->rulebook->version));
        json_set_text(object, "regulator", beside->rulebook->regulator);
        json_set_integer(object, "grade_code", beside->grade);
        json_set_integer(object, "conservative_grade_code", beside->conservative_grade);
        json_set_instant(object, "met_larger_at", beside->met_larger_at);
        json_set_instant(object, "conservative_larger_at", beside->conservative_larger_at);
        json_array_append_new(array, object);
    }
    return array;
}

static void measured_set(
    json_t *object, const struct settings *settings, const struct incident *incident)
{
    const struct grade *grade = incident->measured;
    int64_t normal_milli;
    struct loss loss = incident_loss(settings, incident, &normal_milli);
    enum basis basis = grade->attempts_only ? BASIS_ATTEMPTS : BASIS_TABLE;
    json_set(object, "met", criteria_json(grade, false));
    json_set(object, "met_by_stricter_reading", criteria_json(grade, true));
    json_set(
        object, "undeterminable", texts_json(grade->undeterminable, grade->undeterminable_count));
    json_set(object, "undeterminable_of",
        texts_json(grade->undeterminable_of, grade->undeterminable_count));
    json_set(object, "not_measured",
        texts_json((const char *const[]){"natural_persons", "legal_persons"},
            grade->persons_measured ? 0 : 2));
    if (grade->impact != NULL) {
        json_set(object, "persons", incident_persons_json(settings, incident));
    }
    next_set(object, grade);
    json_set(object, "entered", facts_json(grade));
    json_set(object, "ratio", ratio_json(&loss, normal_milli, basis));
    json_set(object, "provinces", provinces_json(incident));
    json_set_integer(object, "interruption_count", (int64_t)grade->interruption_count);
    json_set(object, "interruptions", interruptions_json(settings, grade));
    json_set(object, "flags", flags_json(&settings->networks[incident->network], incident));
}

// What persons have done, without who and why; what they filled in is the documents'.
static void moves_set(json_t *object, const struct incident *incident)
{
    json_t *array = json_array();
    for (size_t i = 0; i < incident->move_count; i++) {
        if (incident->moves[i]->kind != FACT_FILL) {
            json_array_append_new(array, fact_shown_json(incident->moves[i]));
        }
    }
    if (incident->move_count > 0) {
        json_set(object, "moves", array);
    } else {
        json_decref(array);
    }
    json_set_instant(object, "disposal_ended_at", incident->disposal_ended_at);
}

json_t *incident_json(const struct settings *settings, const struct incident *incident)
{
    const struct rulebook *rulebook = incident->measured->rulebook;
    json_t *object = json_object();
    json_set_text(object, "schema", "1");
    json_set_text(object, "incident", incident->id);
    json_set_integer(object, "sequence", incident->sequence);
    json_set_text(object, "event", incident_event_names[incident->event]);
    json_set_instant(object, "at", incident->at);
    json_set_text(object, "state", incident_state_names[incident->state]);
    json_set_text(object, "condition", incident_condition_chinese(incident));
    json_set_text(object, "network", settings->networks[incident->network].id);
    json_set_text(object, "network_name", settings->networks[incident->network].name);
    json_set(object, "rulebook", json_sprintf("%s@%s", rulebook->id, rulebook->version));
    grade_set(object, "grade", "grade_code", incident->grade);
    grade_set(
        object, "conservative_grade", "conservative_grade_code", incident->conservative_grade);
    instants_set(object, incident);
    json_set(object, "beside", beside_json(incident));
    if (incident->group != NULL) {
        json_set(object, "group", group_json(settings, incident->group));
    }
    measured_set(object, settings, incident);
    moves_set(object, incident);
    return object;
}
