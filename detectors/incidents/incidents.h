// The record `incident`: one life cycle, suspected → graded → recovering → ended
// (arts. 12, 15 to 17). The machine never lowers a grade that it has published.
#pragma once

#include "config/settings.h"

#include "detectors/grades/grades.h"

#include <jansson.h>

#include <stdbool.h>

// The first three are the machine's; a person's moves make the others.
enum incident_state {
    INCIDENT_SUSPECTED,
    INCIDENT_GRADED,
    INCIDENT_RECOVERING,
    INCIDENT_DISPOSAL_ENDED, // 处置结束, on its day
    INCIDENT_SUMMARY_DUE,    // from the day after
    INCIDENT_PRELIMINARY_FILED,
    INCIDENT_SUMMARY_FILED,
    INCIDENT_RETURNED,
    INCIDENT_REFILED,
    INCIDENT_CLOSED,
    INCIDENT_FALSE_ALARM,
    INCIDENT_OUT_OF_SCOPE,
};
extern const char *const incident_state_names[];

enum incident_event {
    EVENT_NONE,
    EVENT_OPENED,
    EVENT_UPDATED,
    EVENT_ESCALATED,
    EVENT_RECOVERED,
    EVENT_CLOSED
};
extern const char *const incident_event_names[]; // "opened", ...

#define INCIDENT_ID_MAX 33 // 32 hex digits: hash of (source, network id, first suspected bucket)

// What another rule book says of it, beside the one that grades it. Its instants are written once.
struct beside {
    const struct rulebook *rulebook;
    int grade, conservative_grade;                        // highest so far
    struct instant met_larger_at, conservative_larger_at; // INSTANT_NEVER without
};
#define BESIDE_MAX 8

// Incidents of several networks that were hit at once (art. 12(2)): each keeps its grade.
struct incident;
struct incident_group {
    char id[INCIDENT_ID_MAX]; // of the incident that stands for all: its brief names every network
    const struct incident *const *members; // that one first; live until the next tick
    size_t member_count;
    int grade, conservative_grade;                               // the highest
    struct instant onset, met_larger_at, conservative_larger_at; // the earliest
    bool confirmed; // a person said so; else the machine proposes it
};

struct incident {
    char id[INCIDENT_ID_MAX];
    uint16_t network;
    enum incident_state state;
    enum incident_event event; // what happened at this tick
    uint32_t sequence;         // of the event, from 1
    struct instant at;         // tick of the event
    struct instant first_suspected, onset,
        met_at; // met_at of the highest grade; INSTANT_NEVER without
    struct instant
        met_larger_at; // of the first criterion of grade >= 较大; starts O1; INSTANT_NEVER without
    struct instant met_major_at;           // of the first criterion of grade >= 重大; starts O3
    struct instant conservative_larger_at; // the same by stricter readings
    struct instant ended_at;               // INSTANT_NEVER while it goes on
    struct instant attention_at;           // 较大舆情 (art. 15(2)); INSTANT_NEVER without
    int grade, conservative_grade;         // highest so far, by the first rule book, or a person's
    struct beside beside[BESIDE_MAX];      // by the others
    size_t beside_count;
    const char *opened_by; // id of the fact that did; NULL: traffic
    // What persons have done about it: the moves that were accepted, in the order of entry. They
    // live as long as the stage.
    const struct fact *const *moves;
    size_t move_count;
    struct instant disposal_ended_at;   // 处置结束; INSTANT_NEVER until a person says so
    int64_t promised_date;              // of the summary (calendar.h); 0: none
    int person_grade;                   // enum grade_level of a person's regrade; -1: none
    const struct incident_group *group; // NULL: alone
    const struct grade *measured;       // what stands behind it at this tick
};

struct incidents;
// `source` names where the verdict comes from: the sensor, or the digest of a replay's inputs.
struct incidents *incidents_new(const struct settings *settings, const char *source);
void incidents_free(struct incidents *incidents);

// One tick: *ret are the incidents with an event at this tick, in the order of their ids'
// first_suspected.
size_t incidents_from_grades(struct incidents *incidents, const struct grade *grades, size_t count,
    struct instant tick, const struct incident **ret);
// The capture is over: what cannot be decided any more stays as it is. All incidents, for a
// summary.
size_t incidents_all(const struct incidents *incidents, const struct incident **ret);

// A move that was not refused, before the tick's grades. False: it names no incident. It is copied.
bool incidents_take_move(struct incidents *incidents, const struct fact *move);
// The incident of an id as it stands; NULL: none. Lives until the next tick.
const struct incident *incidents_get(const struct incidents *incidents, const char *id);
// A person has ended it in one way or another: nothing more is to be reported.
bool incident_has_left(const struct incident *incident);
// What the last move of a kind says; NULL: none came.
const struct fact *incident_last_move(const struct incident *incident, int kind);

// What an earlier process published last of an incident, as incident_json: its numbers go on, its
// grade does not fall, its instants do not move. False: there is no such incident.
bool incidents_take_told(struct incidents *incidents, const char *id, const json_t *told);
// The same where judging it again says something else: its number is exactly that, and what stands
// beyond what was told is told at the next tick.
void incidents_retell(struct incidents *incidents, const char *id, const json_t *told);
// One of which nothing is known but its last record, so that a command may ask what is possible
// where no run is. Lives as long as the stage. NULL: it is no record of these settings.
const struct incident *incidents_put_told(struct incidents *incidents, const json_t *told);
// Whether something is still expected of it: it goes on, or it must be reported.
bool incident_told_is_open(const json_t *told);

// The incident of an id, as the grades know it; false when there is none.
bool incidents_find(const struct incidents *incidents, const char *id, struct fact_target *ret);

// What stands for a whole: the incident alone, or the group that it stands for.
bool incident_is_represented(const struct incident *incident); // by another of its group
int incident_whole_grade(const struct incident *incident);
int incident_whole_conservative(const struct incident *incident);
// Whose affairs its brief is about: itself first, `count` of them.
const struct incident *const *incident_members(
    const struct incident *const *incident, size_t *count);

// Losses of the main functions together (of all when no main one is hit); coverage: the least. What
// only may have been counts when nothing is certain.
// Its normal_milli is the sum of N, *ret_normal_milli that of the normal volumes.
struct loss incident_loss(
    const struct settings *settings, const struct incident *incident, int64_t *ret_normal_milli);
// Bit set over province codes: those of the interruptions that stand now; of the persons where
// there is none.
void incident_provinces(const struct incident *incident, bool ret[static PROVINCES]);
// Nothing of it was decided: what ends so was not an interruption that has ended.
bool incident_is_suspicion(const struct incident *incident);
// Later data say less than what was published: a person looks at it (T-C8).
bool incident_is_for_review(const struct incident *incident);
// Why nothing of it is certain, for people; NULL when something is.
struct doubt {
    const char *reason, *ongoing,
        *ended; // a word for titles; the condition while it goes on, after
};
const struct doubt *incident_doubt(const struct incident *incident);
// What may be said of the state. The end of the interruption is neither the end of the impairment
// nor of the disposal (art. 17), so no sentence here says that business has recovered.
const char *incident_condition_chinese(const struct incident *incident);
// What it is called in a title: "整体中断".
const char *incident_name_chinese(const struct incident *incident);
// Why nothing was lost of it that could be measured, for people: a leak is no interruption; NULL:
// its losses stand on interruptions. What is so is not applicable, and never 0.
const char *incident_without_losses_chinese(const struct incident *incident);
// The name of the rule book's duration or count that a clause compares, e.g. "outage_peak_ms".
const char *metric_name(const struct clause *clause);

// The facts of the rule, as under unmapped.pboc, without the duties. A new reference.
json_t *incident_json(const struct settings *settings, const struct incident *incident);
