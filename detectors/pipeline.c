// One tick through all stages, in the order of the table `stages`: the only place that knows it.
// Each stage reads what the ones before it left in `struct tick`, and leaves its own. A run that
// stops after a stage runs none of the later ones.
//
// What a tick changed goes to the ledger as one change set, with the messages for Kafka as outbox
// rows when publishing is on; the ledger's thread writes, the sender's thread sends. The same
// messages are also written as JSON lines by this thread. Neither disk nor broker is waited for.
//
// The JSON-lines file of a replay is begun anew, so that the same replay gives the same bytes; a
// live run appends what the file has not yet. Outbox rows are made only when publishing: a replay
// that is published later makes them then, and the ledger recognises the rest as the same.
#include "detectors/pipeline.h"

#include "config/log.h"
#include "config/memory.h"

#include "detectors/journal/journal.h"
#include "detectors/json.h"
#include "detectors/kafka/json_lines.h"
#include "detectors/pipeline_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SINK_RETRY_S 5 // of event time

const char *const stage_names[STAGES + 1] = {
    [STAGE_PACKETS] = "packets",
    [STAGE_TRANSACTIONS] = "transactions",
    [STAGE_COUNTERS] = "counters",
    [STAGE_NORMALS] = "normals",
    [STAGE_OUTAGES] = "outages",
    [STAGE_GRADES] = "grades",
    [STAGE_INCIDENTS] = "incidents",
    [STAGE_DUTIES] = "duties",
    [STAGE_DRAFTS] = "drafts",
    [STAGE_KAFKA] = "kafka",
    [STAGES] = NULL,
};

static void outages_tick(struct pipeline *pipeline, struct tick *tick)
{
    if (tick->counters != NULL) {
        tick->interruption_count = outages_from_normals(
            pipeline->outages, tick->normals, tick->normal_count, tick->at, &tick->interruptions);
    }
}

static void grades_tick(struct pipeline *pipeline, struct tick *tick)
{
    if (tick->counters != NULL) {
        grades_see_counters(pipeline->grades, tick->counters);
        grades_see_normals(pipeline->grades, tick->normals, tick->normal_count);
    }
    tick->grade_count = grades_from_outages(
        pipeline->grades, tick->interruptions, tick->interruption_count, tick->at, &tick->grades);
}

static void incidents_tick(struct pipeline *pipeline, struct tick *tick)
{
    if (tick->grade_count > 0) {
        pipeline_name(pipeline);
    }
    if (pipeline->incidents == NULL) {
        return; // none yet: their ids begin with the source
    }
    tick->incident_count = incidents_from_grades(
        pipeline->incidents, tick->grades, tick->grade_count, tick->at, &tick->incidents);
}

static void duties_tick(struct pipeline *pipeline, struct tick *tick)
{
    const struct incident *incidents = NULL;
    size_t count = pipeline->incidents != NULL ? incidents_all(pipeline->incidents, &incidents) : 0;
    duties_see_incidents(pipeline->duties, incidents, count);
    tick->duty_count = duties_from_incidents(
        pipeline->duties, tick->incidents, tick->incident_count, tick->at, &tick->duties);
}

static void drafts_tick(struct pipeline *pipeline, struct tick *tick)
{
    const struct incident *incidents = NULL;
    size_t count = 0;
    if (tick->fact_count + tick->duty_count > 0 && pipeline->incidents != NULL) {
        count = incidents_all(pipeline->incidents, &incidents);
    }
    bool live = !pipeline->options.replay && !pipeline->options.played;
    if (live && tick->fact_count + tick->duty_count > 0) {
        drafts_see_clock(pipeline->drafts, sensor_clock_read());
    }
    tick->draft_count = drafts_from_duties(pipeline->drafts, tick->duties, tick->duty_count,
        incidents, count, tick->at, &tick->drafts);
}

static const struct {
    enum stage stage;
    void (*tick)(struct pipeline *pipeline, struct tick *tick);
} stages[] = {
    {STAGE_NORMALS, normals_tick}, {STAGE_OUTAGES, outages_tick},
    {STAGE_OUTAGES, persons_tick}, // no stage: what grades need beside the outages
    {STAGE_OUTAGES, health_tick},  // what the sensor does not see: no stage, but told like one
    {STAGE_GRADES, facts_tick},    // what a person has entered: comes beside the flow
    {STAGE_GRADES, grades_tick}, {STAGE_INCIDENTS, incidents_tick},
    {STAGE_INCIDENTS, duties_tick}, // which moves an incident takes follows from its duties
    {STAGE_DRAFTS, drafts_tick}, {STAGE_KAFKA, kafka_tick},
    {STAGE_KAFKA, calls_tick},    // no stage: goes to people
    {STAGE_KAFKA, evidence_tick}, // no stage: goes to the ledger alone
};

static bool stages_new(struct pipeline *pipeline, struct mistakes *mistakes)
{
    const struct settings *settings = pipeline->settings;
    pipeline->normals = normals_new(settings, mistakes);
    bool learned = pipeline->normals != NULL && normals_open(pipeline, mistakes);
    pipeline->outages = outages_new(settings);
    pipeline->persons = persons_new(settings);
    pipeline->health = health_new(settings);
    pipeline->blind = memory_zeroed(settings->network_count + 1, sizeof(*pipeline->blind));
    pipeline->grades = grades_new(settings, mistakes);
    pipeline->duties = duties_new(settings);
    pipeline->calls = calls_new(settings);
    pipeline->minutes = minutes_new(settings);
    pipeline->drafts = drafts_new(settings, mistakes);
    if (pipeline->drafts != NULL) {
        drafts_see_outages(pipeline->drafts, pipeline->outages);
    }
    return learned && pipeline->outages != NULL && pipeline->grades != NULL &&
           pipeline->drafts != NULL;
}

static bool sinks_new(struct pipeline *pipeline, struct mistakes *mistakes)
{
    const struct pipeline_options *options = &pipeline->options;
    if (options->stop_after < STAGE_KAFKA) {
        return true; // looked at, not recorded
    }
    if (!partitions_open(pipeline, mistakes)) {
        return false;
    }
    if (options->json_lines_path != NULL) {
        pipeline->json_lines = json_lines_open(options->json_lines_path, options->replay);
        if (pipeline->json_lines == NULL) {
            mistake(
                mistakes, options->json_lines_path, 0, 0, "cannot be written: %s", strerror(errno));
            return false;
        }
    }
    return recovery_open(pipeline, mistakes) && partitions_call(pipeline, mistakes) &&
           (!options->publish || partitions_publish(pipeline, mistakes));
}

// Incidents and what they are written to are named after the source.
static bool named_new(struct pipeline *pipeline)
{
    struct pipeline_options *options = &pipeline->options;
    if (options->source == NULL && !options->identify(options->context, options)) {
        return false;
    }
    pipeline->source = memory_text(options->source);
    pipeline->incidents = incidents_new(
        pipeline->settings, options->identity != NULL ? options->identity : pipeline->source);
    return pipeline->incidents != NULL && sinks_new(pipeline, pipeline->mistakes);
}

// Once.
void pipeline_name(struct pipeline *pipeline)
{
    if (!pipeline->named && !pipeline->nameless) {
        pipeline->named = named_new(pipeline);
        pipeline->nameless = !pipeline->named;
    }
}

bool pipeline_is_nameless(const struct pipeline *pipeline)
{
    return pipeline->nameless;
}

struct pipeline *pipeline_new(const struct settings *settings,
    const struct pipeline_options *options, struct mistakes *mistakes)
{
    struct pipeline *pipeline = memory_zeroed(1, sizeof(*pipeline));
    pipeline->settings = settings;
    pipeline->options = *options;
    pipeline->mistakes = mistakes;
    pipeline->shown = shown_new();
    bool made = stages_new(pipeline, mistakes);
    if (made && (options->source != NULL || options->publish)) {
        pipeline_name(pipeline);
    }
    if (!made || pipeline->nameless) {
        pipeline_free(pipeline);
        return NULL;
    }
    return pipeline;
}

static void incidents_commit(const struct pipeline *pipeline, const struct tick *tick,
    size_t partition, struct change_set *changes)
{
    for (size_t i = 0; i < tick->incident_count; i++) {
        const struct incident *incident = &tick->incidents[i];
        if (!partition_is_of(pipeline, incident->network, partition) ||
            retell_is_other(pipeline, incident->id)) {
            continue;
        }
        json_t *json = incident_json(pipeline->settings, incident);
        char *text = json_compact(json);
        change_set_add_incident(
            changes, incident->id, incident->sequence, incident_event_names[incident->event], text);
        free(text);
        json_decref(json);
    }
}

static void duties_commit(const struct pipeline *pipeline, const struct tick *tick,
    size_t partition, struct change_set *changes)
{
    for (size_t i = 0; i < tick->duty_count; i++) {
        const struct duty *duty = &tick->duties[i];
        if (!partition_is_of(pipeline, duty->network, partition) ||
            retell_is_other(pipeline, duty->subject)) {
            continue;
        }
        json_t *json = duty_json(pipeline->settings, duty);
        char *text = json_compact(json);
        change_set_add_duty(changes, duty->subject, duty->key, duty->sequence, text);
        free(text);
        json_decref(json);
    }
}

static void drafts_commit(const struct pipeline *pipeline, const struct tick *tick,
    size_t partition, struct change_set *changes)
{
    for (size_t i = 0; i < tick->draft_count; i++) {
        const struct draft *draft = &tick->drafts[i];
        if (partition_is_of(pipeline, draft->duty->network, partition) &&
            !retell_is_other(pipeline, draft->duty->subject)) {
            char *text = json_compact(draft->document);
            change_set_add_draft(changes, draft->id, draft->duty->subject, text, draft->text);
            free(text);
        }
    }
}

static void events_commit(const struct pipeline *pipeline, const struct tick *tick,
    size_t partition, struct change_set *changes)
{
    size_t kept = pipeline->partitions[partition].sender != NULL ? tick_kept(tick) : 0;
    for (size_t i = 0; i < kept; i++) {
        if (tick->events[i].institution == partition &&
            !retell_is_other(pipeline, tick->events[i].key)) {
            change_set_add_event(changes, &tick->events[i]);
        }
    }
}

// Nothing, or one change set for each ledger that the tick concerns.
static void tick_commit(struct pipeline *pipeline, const struct tick *tick)
{
    bool any = !pipeline->nameless && tick->incident_count + tick->fact_count + tick->duty_count +
                                              tick->evidence_count + tick->call_count +
                                              tick_kept(tick) >
                                          0; // drafts never come without a duty's record
    for (size_t i = 0; any && i < pipeline->partition_count; i++) {
        struct change_set *changes = change_set_new(tick->at);
        if (pipeline->recovering) {
            change_set_is_again(changes);
        }
        facts_commit(pipeline, tick, i, changes);
        incidents_commit(pipeline, tick, i, changes);
        duties_commit(pipeline, tick, i, changes);
        drafts_commit(pipeline, tick, i, changes);
        events_commit(pipeline, tick, i, changes);
        evidence_commit(pipeline, tick, i, changes);
        calls_commit(pipeline, tick, i, changes);
        ledger_commit(pipeline->partitions[i].ledger, changes);
    }
}

static void tick_sink(struct pipeline *pipeline, const struct tick *tick)
{
    size_t kept = tick_kept(tick);
    bool waits = pipeline->sink_failing && tick->at.ns / NS_PER_S % SINK_RETRY_S == 0;
    if (pipeline->json_lines == NULL || (kept == 0 && !waits)) {
        return;
    }
    recovery_gate(pipeline, tick->at);
    for (size_t i = 0; i < kept; i++) {
        if (!retell_is_other(pipeline, tick->events[i].key)) {
            json_lines_add(pipeline->json_lines, &tick->events[i]);
        }
    }
    bool written = json_lines_flush(pipeline->json_lines);
    if (!written && !pipeline->sink_failing) {
        log_error("'%s' cannot be written: %s; its messages are kept in memory and tried again",
            pipeline->options.json_lines_path, strerror(errno));
    } else if (written && pipeline->sink_failing) {
        log_info("'%s' is written again", pipeline->options.json_lines_path);
    }
    pipeline->sink_failing = !written;
}

void tick_run(struct pipeline *pipeline)
{
    struct tick *tick = &pipeline->tick;
    const struct pipeline_options *options = &pipeline->options;
    for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++) {
        if (stages[i].stage <= options->stop_after) {
            stages[i].tick(pipeline, tick);
        }
    }
    if (options->out != NULL) {
        shown_tick(pipeline->shown, options->out, pipeline->settings, options->stop_after, tick);
    }
    retell_tick(pipeline, tick);
    tick_commit(pipeline, tick);
    tick_offer(pipeline, tick);
    tick_sink(pipeline, tick);
    stories_tick(pipeline, tick);
}

void pipeline_tick(struct pipeline *pipeline, const struct counters *counters)
{
    if (recovery_tick(pipeline, counters)) {
        pipeline->tick.at = counters->tick;
        pipeline->tick.counters = counters;
        tick_run(pipeline);
    }
}

bool pipeline_sent(const struct pipeline *pipeline, struct sender_status *ret)
{
    partitions_sent(pipeline, ret);
    return pipeline->options.publish;
}

static void error_keep(struct pipeline *pipeline, const char *error)
{
    if (pipeline->error[0] == '\0') {
        snprintf(pipeline->error, sizeof(pipeline->error), "%s", error);
    }
}

bool pipeline_end(struct pipeline *pipeline, size_t *ret_unsent, char *error, size_t error_size)
{
    char sentence[512];
    *ret_unsent = 0;
    if (pipeline->options.stop_after == STAGE_KAFKA) {
        pipeline_name(pipeline); // the same replay leaves the same files, with incidents or without
    }
    if (pipeline->options.out != NULL) {
        shown_end(pipeline->shown, pipeline->options.out, pipeline->settings,
            pipeline->options.stop_after);
        if (fflush(pipeline->options.out) != 0) {
            error_keep(pipeline, "the records could not be written");
        }
    }
    evidence_end(pipeline);
    if (!partitions_close(pipeline, sentence, sizeof(sentence))) {
        error_keep(pipeline, sentence);
    }
    journal_close(pipeline->journal); // behind the ledgers, which wait for it
    pipeline->journal = NULL;
    partitions_stop(pipeline);
    *ret_unsent = (size_t)pipeline->sent.waiting;
    if (!json_lines_close(pipeline->json_lines)) {
        error_keep(pipeline, "the JSON-lines file could not be written to its end");
    }
    pipeline->json_lines = NULL;
    if (pipeline->error[0] != '\0') {
        snprintf(error, error_size, "%s", pipeline->error);
    }
    return pipeline->error[0] == '\0';
}

void pipeline_free(struct pipeline *pipeline)
{
    char ignored[512];
    size_t unsent;
    if (pipeline == NULL) {
        return;
    }
    pipeline->options.out = NULL;          // an end without pipeline_end prints nothing more ...
    pipeline->nameless = !pipeline->named; // ... and asks for nothing
    pipeline_end(pipeline, &unsent, ignored, sizeof(ignored));
    for (size_t i = 0; i < pipeline->tick.event_count; i++) {
        event_done(&pipeline->tick.events[i]);
    }
    free(pipeline->tick.events);
    free(pipeline->tick.evidence);
    facts_done(pipeline);
    stories_free(pipeline);
    shown_free(pipeline->shown);
    minutes_free(pipeline->minutes);
    drafts_free(pipeline->drafts);
    duties_free(pipeline->duties);
    calls_free(pipeline->calls);
    incidents_free(pipeline->incidents);
    grades_free(pipeline->grades);
    outages_free(pipeline->outages);
    persons_free(pipeline->persons);
    health_free(pipeline->health);
    free(pipeline->blind);
    normals_free(pipeline->normals);
    free(pipeline->source);
    free(pipeline);
}
