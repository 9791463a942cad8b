// Inside of pipeline.c and its helpers: what one tick carries from stage to stage.
#pragma once

#include "detectors/calls/caller.h"
#include "detectors/calls/calls.h"
#include "detectors/drafts/drafts.h"
#include "detectors/kafka/kafka.h"
#include "detectors/ledger/ledger.h"
#include "detectors/persons/persons.h"
#include "detectors/pipeline.h"

// What a stage may read and write during a tick. Arrays belong to the stages that made them, and
// live until their next tick.
struct tick {
    struct instant at;
    const struct counters *counters; // NULL with --start-at outages
    const struct normal *normals;
    size_t normal_count;
    const struct interruption *interruptions;
    size_t interruption_count;
    const struct impact *impacts;
    size_t impact_count;
    const struct health_change *health;
    size_t health_count;
    const struct fact *facts; // that became known
    size_t fact_count;
    const struct grade *grades;
    size_t grade_count;
    const struct incident *incidents;
    size_t incident_count;
    const struct duty *duties;
    size_t duty_count;
    const struct draft *drafts;
    size_t draft_count;
    struct event *events;
    size_t event_count, event_capacity;
    const struct call *calls;
    size_t call_count;
    struct evidence *evidence; // that was asked for, and is done with
    size_t evidence_count, evidence_capacity;
};

// One line of an incident's story, kept for the summary.
struct chapter {
    enum incident_event event;
    struct instant at, met_at, ended_at;
    bool suspicion;
    const char *condition; // static text
    int grade, conservative_grade;
    char *clause; // article, measured and threshold as text; NULL without
};

struct story {
    char incident_id[INCIDENT_ID_MAX];
    struct chapter *chapters;
    size_t count, capacity;
    struct duty duty; // the last; `incident` is not to be followed
    bool has_duty;
    char *draft_id, *draft_text; // the last
    size_t draft_count;
};

struct totals {
    struct instant first, last; // ticks
    int64_t ticks, demand, succeeded, declined, failed, unanswered, unobserved, excluded, throttled;
    uint64_t evicted;
};

// What --stop-after has shown so far of stages whose records change with every tick.
struct shown;
struct shown *shown_new(void);
void shown_free(struct shown *shown);
// Keeps or prints a tick's records of stage `stage`; shown_end prints what comes at the end.
void shown_tick(struct shown *shown, FILE *out, const struct settings *settings, enum stage stage,
    const struct tick *tick);
void shown_end(struct shown *shown, FILE *out, const struct settings *settings, enum stage stage);

// The ledger of an institution, and what takes from its outbox.
struct partition {
    char path[LEDGER_PATH_MAX];
    struct ledger *ledger;
    struct sender *sender; // NULL: nothing is published
    struct caller *caller; // NULL: nobody is called
};

struct pipeline {
    const struct settings *settings;
    struct pipeline_options options;
    struct mistakes *mistakes;
    char *source;
    bool named, nameless; // asked for the source: known, or not to be had
    struct normals *normals;
    struct outages *outages;
    struct persons *persons;
    struct health *health;
    struct blind_network *blind; // by network, as of the last bucket's end
    struct grades *grades;
    struct incidents *incidents;
    struct duties *duties;
    struct drafts *drafts;
    struct partition *partitions; // one an institution; NULL: no ledger
    size_t partition_count;
    struct minutes *minutes;
    struct calls *calls;
    struct sender_status sent; // once there is no sender any more
    struct json_lines *json_lines;
    bool sink_failing;        // the log was told
    struct journal *journal;  // live only; NULL: none
    struct instant journaled; // the last tick that went there, also by an earlier process
    bool recovering;          // its ticks are judged again
    struct retell *retell;    // meanwhile: what of it is another story than was told
    bool rewound;             // the log was told of ticks that are passed over
    struct shown *shown;
    struct fact *facts; // by entered_at; the first `facts_taken` are known
    size_t fact_count, fact_capacity, facts_taken;
    char **refusals; // of the tick's facts: why a move was refused; NULL: it was taken
    size_t refusal_count, refusal_capacity;
    struct tick tick;
    int64_t left_out_minute; // when interruptions were last taken out of what is learned
    struct totals totals;
    struct story *stories; // replay only
    size_t story_count, story_capacity;
    struct health_change *alarms; // replay only: every change
    size_t alarm_count, alarm_capacity;
    char error[512]; // the first thing that could not be written
};

// pipeline_normals.c
// Takes what was learned before, and lets what will be be written, as the options say.
bool normals_open(struct pipeline *pipeline, struct mistakes *mistakes);
// Lets it be written from here on; with a journal not before it was judged again.
void normals_keep_now(struct pipeline *pipeline);
void normals_tick(struct pipeline *pipeline, struct tick *tick);

// pipeline.c
void tick_run(struct pipeline *pipeline);
// Asks for the source, once: incidents and files are named after it.
void pipeline_name(struct pipeline *pipeline);

// pipeline_messages.c
void kafka_tick(struct pipeline *pipeline, struct tick *tick);
// How many of the tick's events are kept: those that go past the outbox are behind them.
size_t tick_kept(const struct tick *tick);
void tick_offer(struct pipeline *pipeline, const struct tick *tick);

// pipeline_partitions.c
// False after mistakes.
bool partitions_open(struct pipeline *pipeline, struct mistakes *mistakes);
bool partitions_publish(struct pipeline *pipeline, struct mistakes *mistakes);
bool partitions_call(struct pipeline *pipeline, struct mistakes *mistakes); // in a live run
void partitions_reload(struct pipeline *pipeline, const struct settings *settings);
// Of all senders together.
void partitions_sent(const struct pipeline *pipeline, struct sender_status *ret);
// Whose ledger what is of a network goes to.
bool partition_is_of(const struct pipeline *pipeline, uint16_t network, size_t partition);
// Waits until everything is on disk; false with the first sentence.
bool partitions_close(struct pipeline *pipeline, char *error, size_t error_size);
// Waits for senders and callers, as long as the settings say.
void partitions_stop(struct pipeline *pipeline);

// pipeline_recover.c
bool recovery_open(struct pipeline *pipeline, struct mistakes *mistakes);
// Puts the tick into the journal. False: it is not to be judged, a later one was.
bool recovery_tick(struct pipeline *pipeline, const struct counters *counters);
// Before the tick is told to others: until the journal has it, or half a second is over.
void recovery_gate(struct pipeline *pipeline, struct instant tick);

// pipeline_retell.c
void retell_begin(struct pipeline *pipeline);
void retell_end(struct pipeline *pipeline);
// Compares what a tick that is judged again says with what was told.
void retell_tick(struct pipeline *pipeline, const struct tick *tick);
// Whether nothing of the incident is to be told now.
bool retell_is_other(const struct pipeline *pipeline, const char *incident);
// Lets the incident go on from what was told of it last. `next` is the next tick.
void retell_settle(struct pipeline *pipeline, const char *id, json_t *told, struct instant next);
// The same of every risk notice.
void retell_settle_notices(struct pipeline *pipeline, struct instant next);

// pipeline_facts.c
void facts_tick(struct pipeline *pipeline, struct tick *tick);
// This and the other ones: what of it is of one institution.
void facts_commit(const struct pipeline *pipeline, const struct tick *tick, size_t partition,
    struct change_set *changes);
void facts_done(struct pipeline *pipeline);

// pipeline_calls.c
void calls_tick(struct pipeline *pipeline, struct tick *tick);
void calls_commit(const struct pipeline *pipeline, const struct tick *tick, size_t partition,
    struct change_set *changes);

// pipeline_evidence.c
// Asks for the frames around an incident's beginning and end; takes what was asked for before.
void evidence_tick(struct pipeline *pipeline, struct tick *tick);
void evidence_commit(const struct pipeline *pipeline, const struct tick *tick, size_t partition,
    struct change_set *changes);
// What became of the last requests, once no more will come.
void evidence_end(struct pipeline *pipeline);

// pipeline_health.c
void persons_tick(struct pipeline *pipeline, struct tick *tick);
void health_tick(struct pipeline *pipeline, struct tick *tick);
void alarms_keep(struct pipeline *pipeline, const struct tick *tick);
void alarms_print(const struct pipeline *pipeline, FILE *out);

// pipeline_summary.c
void stories_tick(struct pipeline *pipeline, const struct tick *tick);
void stories_free(struct pipeline *pipeline);
