// Persons' moves, as far as they are an incident's: kept in the order of entry, never changed. Each
// was checked before (duties/refusals.c). A person's state stands until another move, or until the
// machine finds a higher grade than ever before in what a person had left.
#include "config/memory.h"

#include "detectors/incidents/incidents_parts.h"

#include <stdlib.h>
#include <string.h>

static void move_keep(struct incident *record, struct life *life, const struct fact *move)
{
    life->moves = memory_grow(life->moves, record->move_count, &life->move_capacity, sizeof(move));
    struct fact *kept = memory_zeroed(1, sizeof(*kept));
    *kept = *move;
    life->moves[record->move_count++] = kept;
    record->moves = (const struct fact *const *)life->moves;
    life->moved = true;
}

static void clock_set(struct instant *clock, bool runs, struct instant at)
{
    *clock = !runs ? INSTANT_NEVER : clock->ns == INSTANT_NEVER.ns ? at : *clock;
}

// The only way down (art. 12(3) knows only the way up).
static void regrade(struct incident *record, struct life *life, int grade, struct instant at)
{
    life->rose_aside |= grade > record->grade;
    record->person_grade = record->grade = record->conservative_grade = grade;
    record->met_at = grade > GRADE_NONE ? at : INSTANT_NEVER;
    clock_set(&record->met_larger_at, grade >= GRADE_LARGER, at);
    clock_set(&record->met_major_at, grade >= GRADE_MAJOR, at);
    clock_set(&record->conservative_larger_at, grade >= GRADE_LARGER, at);
    if (incident_has_left(record)) {
        life->person = INCIDENT_SUSPECTED;
    }
}

// Which state a report that was sent makes; INCIDENT_SUSPECTED: none.
static enum incident_state state_of_report(const char *duty)
{
    switch (strtol(duty + 1, NULL, 10)) {
    case 5:
    case 7: return INCIDENT_SUMMARY_FILED;
    case 6: return INCIDENT_PRELIMINARY_FILED;
    case 8: return INCIDENT_REFILED;
    default: return INCIDENT_SUSPECTED;
    }
}

static void leave(struct incident *record, struct life *life, const struct fact *move)
{
    regrade(record, life, GRADE_NONE, move->at);
    life->person = move->kind == FACT_FALSE_ALARM ? INCIDENT_FALSE_ALARM : INCIDENT_OUT_OF_SCOPE;
}

// Whether a later correction says that the report was not sent. Of one duty one entry counts at a
// time, so it is of the last one before the correction.
static bool is_withdrawn(const struct incident *record, size_t at)
{
    const char *duty = record->moves[at]->duty;
    for (size_t i = at + 1; i < record->move_count; i++) {
        const struct fact *later = record->moves[i];
        if (strcmp(later->duty, duty) == 0 && later->kind == FACT_SENT) {
            return true; // which it could not be but after this one was taken back
        }
        if (strcmp(later->duty, duty) == 0 && later->kind == FACT_CORRECT &&
            later->corrects == FACT_SENT && later->withdrawn) {
            return true;
        }
    }
    return false;
}

static void sent(struct life *life, const struct fact *move)
{
    enum incident_state state = state_of_report(move->duty);
    life->person = state != INCIDENT_SUSPECTED ? state : life->person;
}

// What a `sent` of which that is the correction has made, is taken back: the state is that of the
// moves that count, but for the machine's own day of the summary (moves_step).
static void correct(struct incident *record, struct life *life, const struct fact *move)
{
    if (move->corrects != FACT_SENT || !move->withdrawn ||
        state_of_report(move->duty) == INCIDENT_SUSPECTED) {
        return;
    }
    life->person = INCIDENT_SUSPECTED;
    for (size_t i = 0; i < record->move_count; i++) {
        const struct fact *one = record->moves[i];
        if (one->kind == FACT_ENDED) {
            life->person = INCIDENT_DISPOSAL_ENDED;
        } else if (one->kind == FACT_RETURNED) {
            life->person = INCIDENT_RETURNED;
        } else if (one->kind == FACT_SENT && !is_withdrawn(record, i)) {
            sent(life, one);
        }
    }
}

static void move_apply(struct incident *record, struct life *life, const struct fact *move)
{
    switch (move->kind) {
    case FACT_ENDED:
        record->disposal_ended_at = move->at;
        life->person = INCIDENT_DISPOSAL_ENDED;
        break;
    case FACT_PROMISE: record->promised_date = move->date; break;
    case FACT_REGRADE: regrade(record, life, move->grade, move->at); break;
    case FACT_SENT: sent(life, move); break;
    case FACT_CORRECT: correct(record, life, move); break;
    case FACT_RETURNED: life->person = INCIDENT_RETURNED; break;
    case FACT_CLOSE: life->person = INCIDENT_CLOSED; break;
    case FACT_FALSE_ALARM:
    case FACT_OUT_OF_SCOPE: leave(record, life, move); break;
    default: break;
    }
    if (life->person != INCIDENT_SUSPECTED) {
        record->state = life->person;
    } else if (record->state >= INCIDENT_DISPOSAL_ENDED) { // it is the machine's again
        record->state =
            record->ended_at.ns != INSTANT_NEVER.ns ? INCIDENT_RECOVERING : INCIDENT_GRADED;
    }
}

bool incidents_take_move(struct incidents *incidents, const struct fact *move)
{
    for (size_t i = 0; i < incidents->count; i++) {
        struct incident *record = &incidents->records[i];
        if (strcmp(record->id, move->incident) == 0) {
            move_keep(record, incidents->lives[i], move);
            move_apply(record, incidents->lives[i], move);
            return true;
        }
    }
    return false;
}

void moves_step(struct incident *record, struct life *life, struct instant tick)
{
    if (life->person == INCIDENT_DISPOSAL_ENDED &&
        date_of_second(instant_second(tick)) >
            date_of_second(instant_second(record->disposal_ended_at))) {
        life->person = record->state = INCIDENT_SUMMARY_DUE;
        life->moved = true;
    }
}

void moves_free(struct life *life, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(life->moves[i]);
    }
    free(life->moves);
}

const struct incident *incidents_get(const struct incidents *incidents, const char *id)
{
    for (size_t i = 0; i < incidents->count; i++) {
        if (strcmp(incidents->records[i].id, id) == 0) {
            return &incidents->records[i];
        }
    }
    return NULL;
}

bool incident_has_left(const struct incident *incident)
{
    return incident->state == INCIDENT_CLOSED || incident->state == INCIDENT_FALSE_ALARM ||
           incident->state == INCIDENT_OUT_OF_SCOPE;
}

const struct fact *incident_last_move(const struct incident *incident, int kind)
{
    for (size_t i = incident->move_count; i-- > 0;) {
        if (incident->moves[i]->kind == kind) {
            return incident->moves[i];
        }
    }
    return NULL;
}
