// What an earlier process published of an incident holds: instants that people watch do not move,
// a grade does not fall, and no sequence number is given twice.
#include "detectors/incidents/incidents_parts.h"

#include <string.h>

static struct instant told_instant(const json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));
    struct instant at;
    return text != NULL && instant_parse(text, &at) ? at : INSTANT_NEVER;
}

// Messages tell milliseconds: what is the same to them stays exact.
static void take_instant(struct instant *at, const json_t *json, const char *key)
{
    struct instant told = told_instant(json, key);
    bool same = at->ns != INSTANT_NEVER.ns && at->ns / NS_PER_MS == told.ns / NS_PER_MS;
    if (told.ns != INSTANT_NEVER.ns && !same) {
        *at = told;
    }
}

static void take_grade(int *grade, const json_t *json, const char *key)
{
    json_int_t told = json_integer_value(json_object_get(json, key));
    if (told > *grade && told <= GRADE_MAXIMUM) {
        *grade = (int)told;
    }
}

static void record_take(struct incident *record, const json_t *told)
{
    json_int_t sequence = json_integer_value(json_object_get(told, "sequence"));
    if (sequence > record->sequence && sequence < UINT32_MAX) {
        record->sequence = (uint32_t)sequence;
    }
    json_int_t grade = json_integer_value(json_object_get(told, "grade_code"));
    if (grade >= record->grade) { // a higher one that was found again since has its own instant
        take_instant(&record->met_at, told, "met_at");
    }
    take_grade(&record->grade, told, "grade_code");
    take_grade(&record->conservative_grade, told, "conservative_grade_code");
    take_instant(&record->met_larger_at, told, "met_larger_at");
    take_instant(&record->conservative_larger_at, told, "conservative_larger_at");
}

static void record_retell(struct incident *record, struct life *life, const json_t *told)
{
    bool ended = record->ended_at.ns != INSTANT_NEVER.ns;
    int grade = (int)json_integer_value(json_object_get(told, "grade_code"));
    life->rose_aside = record->grade > grade;
    life->recovered_aside = ended && told_instant(told, "ended_at").ns == INSTANT_NEVER.ns;
    life->moved = life->rose_aside || life->recovered_aside || incident_told_is_open(told);
    record_take(record, told);
    record->sequence = (uint32_t)json_integer_value(json_object_get(told, "sequence"));
    if (record->grade >= GRADE_MAJOR && record->met_major_at.ns == INSTANT_NEVER.ns) {
        record->met_major_at = record->met_at;
    }
}

bool incident_told_is_open(const json_t *told)
{
    const char *name = json_string_value(json_object_get(told, "state"));
    json_int_t grade = json_integer_value(json_object_get(told, "conservative_grade_code"));
    int state = 0;
    while (
        name != NULL && state < INCIDENT_CLOSED && strcmp(incident_state_names[state], name) != 0) {
        state++;
    }
    return state < INCIDENT_CLOSED && (state < INCIDENT_RECOVERING || grade >= GRADE_LARGER);
}

void incidents_retell(struct incidents *incidents, const char *id, const json_t *told)
{
    for (size_t i = 0; i < incidents->count; i++) {
        if (strcmp(incidents->records[i].id, id) == 0) {
            record_retell(&incidents->records[i], incidents->lives[i], told);
        }
    }
}

bool incidents_take_told(struct incidents *incidents, const char *id, const json_t *told)
{
    for (size_t i = 0; i < incidents->count; i++) {
        if (strcmp(incidents->records[i].id, id) == 0) {
            record_take(&incidents->records[i], told);
            return true;
        }
    }
    return false;
}
