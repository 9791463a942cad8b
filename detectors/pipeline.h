// The detectors in their order: one tick through all stages, one change set to the ledger.
// pipeline.c is the only file that knows the order.
#pragma once

#include "config/settings.h"

#include "dataplane/counters/counters.h"

#include "detectors/outages/outages.h"

#include <stdio.h>

enum stage { // of the flow line, for --stop-after and --start-at
    STAGE_PACKETS,
    STAGE_TRANSACTIONS,
    STAGE_COUNTERS,
    STAGE_NORMALS,
    STAGE_OUTAGES,
    STAGE_GRADES,
    STAGE_INCIDENTS,
    STAGE_DUTIES,
    STAGE_DRAFTS,
    STAGE_KAFKA,
    STAGES,
};
extern const char *const stage_names[STAGES + 1]; // NULL at the end

struct pipeline_options {
    const char *source;   // names the verdict's origin: sensor, or replay's digest
    const char *identity; // names its incidents: without what persons have entered; NULL: as source
    // Where the source takes time to find: asked once, before the first incident or at the end, for
    // `source` and the two paths below; at the start when publishing. False when there is none,
    // said already.
    bool (*identify)(void *context, struct pipeline_options *ret);
    void *context;
    bool replay;
    enum stage stop_after;       // STAGE_KAFKA: all of it
    FILE *out;                   // the records of stop_after as JSON lines, or NULL
    const char *ledger_path;     // of one institution; of several each has its own beside it
                                 // (ledger_path_of). NULL: none
    const char *json_lines_path; // file sink, NULL: none
    bool publish;                // start the Kafka sender
    // Frames as evidence (counters.h), of a live run: asks for them, and takes what became of the
    // next request. NULL: none are kept.
    void (*freeze)(void *context, const struct evidence_request *request);
    bool (*evidence)(void *context, struct evidence *ret);
    void *evidence_context;
    const char *normals_path;   // what was learned before, NULL: nothing; it may not be there yet
    bool normals_keep;          // write there what is learned
    const char *journal_folder; // live: what it goes on from when it was killed; NULL: none
    bool played;                // live: captures, which may come again
    char normals_digest[33];    // names it, filled before `identify` is asked; empty: nothing there
};

struct pipeline;
// `mistakes` is kept until the source is known.
struct pipeline *pipeline_new(const struct settings *settings,
    const struct pipeline_options *options, struct mistakes *mistakes);
// What a person has entered, in the order of entry (facts.h). Copied. Before the first tick.
struct fact;
void pipeline_add_facts(struct pipeline *pipeline, const struct fact *facts, size_t count);
void pipeline_tick(struct pipeline *pipeline, const struct counters *counters);
// Of a live run, before its first tick, which is `now`: what an earlier process with the same
// journal left is judged again, so that its incidents go on. `moves` is called now and then.
void pipeline_recover(
    struct pipeline *pipeline, struct instant now, void (*moves)(void *context), void *context);
// --start-at outages: interruptions as they finally were; each tick sees them as far as they had
// come by then.
void pipeline_interruptions(
    struct pipeline *pipeline, const struct interruption *interruptions, size_t count);
// New settings, in two steps, so that nothing that can fail or takes time happens in the detectors'
// thread. First, in any other: what the stages need of `settings` (its own from here on) is read.
// NULL after mistakes.
struct pipeline_reload;
struct pipeline_reload *pipeline_reload_new(struct settings *settings, struct mistakes *mistakes);
void pipeline_reload_free(struct pipeline_reload *reload);
// Then between two ticks: the live keys (yaml.h) of `settings`, those of pipeline_new, become the
// new ones, and what is read by them with it. The old ones go into `reload`, to be freed elsewhere.
void pipeline_reload(
    struct pipeline *pipeline, struct settings *settings, struct pipeline_reload *reload);
// It has no source, or what is named after it cannot be opened: nothing more comes of it.
bool pipeline_is_nameless(const struct pipeline *pipeline);
// What the sensor does not see now: the alarms that stand; and how many were raised so far. Of the
// detectors' thread.
struct health_change;
size_t pipeline_health(
    struct pipeline *pipeline, const struct health_change **ret, uint64_t *ret_raised);
// What the sender has done; false when nothing is published. Of any thread between pipeline_new and
// pipeline_end, and of the detectors' thread behind it.
struct sender_status;
bool pipeline_sent(const struct pipeline *pipeline, struct sender_status *ret);
// The end: prints what is printed at the end, waits for ledger and sender. False with a sentence
// when something was not written; *ret_unsent are the outbox rows that wait for the broker.
bool pipeline_end(struct pipeline *pipeline, size_t *ret_unsent, char *error, size_t error_size);
// Where the values of the summary begin, behind their names.
#define SUMMARY_COLUMNS 24
// The summary for people after a replay: incidents, grade time line, drafts (Chinese).
void pipeline_summary(const struct pipeline *pipeline, FILE *out);
void pipeline_free(struct pipeline *pipeline);
