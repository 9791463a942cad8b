// What an earlier process published of an incident holds: instants that people watch do not move,
// a grade does not fall, and no sequence number is given twice.
#include "config/memory.h"

#include "detectors/incidents/incidents_parts.h"

#include <stdio.h>
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

static enum incident_state state_of(const json_t *told)
{
    const char *name = json_string_value(json_object_get(told, "state"));
    int state = 0;
    while (name != NULL && state < INCIDENT_OUT_OF_SCOPE &&
           strcmp(incident_state_names[state], name) != 0) {
        state++;
    }
    return (enum incident_state)state;
}

static void group_put(struct incident *record, struct life *life, const json_t *told)
{
    const char *id = json_string_value(json_object_get(told, "id"));
    if (id != NULL) {
        snprintf(life->told.id, sizeof(life->told.id), "%s", id);
        take_grade(&life->told.grade, told, "grade_code");
        record->group = &life->told;
    }
}

static void record_put(struct incident *record, const json_t *told)
{
    record->state = state_of(told);
    record->onset = told_instant(told, "onset");
    record->met_at = told_instant(told, "met_at");
    record->met_larger_at = told_instant(told, "met_larger_at");
    record->conservative_larger_at = told_instant(told, "conservative_larger_at");
    record->attention_at = told_instant(told, "attention_at");
    record->ended_at = told_instant(told, "ended_at");
    record->disposal_ended_at = told_instant(told, "disposal_ended_at");
    record->met_major_at = INSTANT_NEVER;
    record->person_grade = -1;
    take_grade(&record->grade, told, "grade_code");
    take_grade(&record->conservative_grade, told, "conservative_grade_code");
}

const struct incident *incidents_put_told(struct incidents *incidents, const json_t *told)
{
    const char *id = json_string_value(json_object_get(told, "incident"));
    const char *network = json_string_value(json_object_get(told, "network"));
    size_t place = 0;
    while (network != NULL && place < incidents->settings->network_count &&
           strcmp(incidents->settings->networks[place].id, network) != 0) {
        place++;
    }
    if (id == NULL || network == NULL || place == incidents->settings->network_count) {
        return NULL;
    }
    incidents->records = memory_grow(incidents->records, incidents->count,
        &incidents->record_capacity, sizeof(*incidents->records));
    incidents->lives = memory_grow(
        incidents->lives, incidents->count, &incidents->life_capacity, sizeof(*incidents->lives));
    struct incident *record = &incidents->records[incidents->count];
    struct life *life = incidents->lives[incidents->count++] = memory_zeroed(1, sizeof(*life));
    *record = (struct incident){.network = (uint16_t)place, .measured = &life->measured};
    snprintf(record->id, sizeof(record->id), "%s", id);
    record_put(record, told);
    group_put(record, life, json_object_get(told, "group"));
    life->person = record->state >= INCIDENT_DISPOSAL_ENDED ? record->state : INCIDENT_SUSPECTED;
    return record;
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
