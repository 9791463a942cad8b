// When frames are asked for, and what the ledger says of them. The frames themselves the detectors
// never see.
#include "config/log.h"
#include "config/memory.h"

#include "detectors/json.h"
#include "detectors/pipeline_parts.h"

#include <sodium.h>

#include <string.h>

_Static_assert(EVIDENCE_INCIDENT_MAX == INCIDENT_ID_MAX, "an id is an id");

// Its beginning, and the end of its interruption.
static bool is_worth_frames(const struct incident *incident)
{
    return incident->opened_by == NULL &&
           (incident->event == EVENT_OPENED || incident->event == EVENT_RECOVERED);
}

static void ask(const struct pipeline *pipeline, const struct incident *incident)
{
    struct evidence_request request = {.sequence = incident->sequence,
        .network = incident->network,
        .onset = incident->onset,
        .at = incident->at};
    memcpy(request.incident, incident->id, sizeof(request.incident));
    pipeline->options.freeze(pipeline->options.evidence_context, &request);
}

static void take(const struct pipeline *pipeline, struct tick *tick)
{
    struct evidence evidence;
    tick->evidence_count = 0;
    while (pipeline->options.evidence(pipeline->options.evidence_context, &evidence)) {
        tick->evidence = memory_grow(tick->evidence, tick->evidence_count, &tick->evidence_capacity,
            sizeof(*tick->evidence));
        tick->evidence[tick->evidence_count++] = evidence;
        if (evidence.file[0] == '\0') {
            log_warning("incident %s: %s", evidence.request.incident, evidence.error);
        }
    }
}

void evidence_tick(struct pipeline *pipeline, struct tick *tick)
{
    if (pipeline->options.freeze == NULL || pipeline->recovering) {
        return; // what the rings held went with the run that was killed
    }
    for (size_t i = 0; i < tick->incident_count; i++) {
        if (is_worth_frames(&tick->incidents[i])) {
            ask(pipeline, &tick->incidents[i]);
        }
    }
    take(pipeline, tick);
}

static void hash_set(json_t *object, const struct evidence *evidence)
{
    char text[2 * sizeof(evidence->hash) + 1];
    sodium_bin2hex(text, sizeof(text), evidence->hash, sizeof(evidence->hash));
    json_set_text(object, "sha256", text);
}

static void frames_set(json_t *object, const struct evidence *evidence)
{
    json_set_text(object, "file", evidence->file);
    hash_set(object, evidence);
    json_set_integer(object, "bytes", (int64_t)evidence->bytes);
    json_set_flag(object, "encrypted", evidence->encrypted);
    json_set_integer(object, "frames", (int64_t)evidence->frames);
    json_set_integer(object, "failed", (int64_t)evidence->failed);
    json_set_integer(object, "unanswered", (int64_t)evidence->unanswered);
    json_set_integer(object, "reset", (int64_t)evidence->reset);
    json_set_integer(object, "sampled", (int64_t)evidence->sampled);
    json_set_instant(object, "from", evidence->from);
    json_set_instant(object, "to", evidence->to);
    json_set_integer(object, "seconds", (evidence->to.ns - evidence->from.ns) / NS_PER_S);
    // What is older than the rings reach is lost: an investigator must know.
    json_set_flag(object, "covers_onset", evidence->from.ns <= evidence->request.onset.ns);
}

static json_t *evidence_json(const struct evidence *evidence)
{
    json_t *object = json_object();
    json_set_text(object, "incident", evidence->request.incident);
    json_set_integer(object, "sequence", evidence->request.sequence);
    json_set_instant(object, "asked_at", evidence->request.at);
    if (evidence->file[0] != '\0') {
        frames_set(object, evidence);
    } else {
        json_set_text(object, "error", evidence->error);
    }
    return object;
}

void evidence_commit(const struct pipeline *pipeline, const struct tick *tick, size_t partition,
    struct change_set *changes)
{
    for (size_t i = 0; i < tick->evidence_count; i++) {
        const struct evidence *evidence = &tick->evidence[i];
        char key[INCIDENT_ID_MAX + 32];
        if (!partition_is_of(pipeline, evidence->request.network, partition)) {
            continue;
        }
        snprintf(key, sizeof(key), "%s/evidence/%u", evidence->request.incident,
            evidence->request.sequence);
        change_set_add_note(changes, "evidence", key, evidence_json(evidence));
    }
}

void evidence_end(struct pipeline *pipeline)
{
    struct tick *tick = &pipeline->tick;
    if (pipeline->options.freeze == NULL || pipeline->partitions == NULL || pipeline->nameless) {
        return;
    }
    take(pipeline, tick);
    for (size_t i = 0; i < pipeline->partition_count; i++) {
        struct change_set *changes = change_set_new(tick->at);
        evidence_commit(pipeline, tick, i, changes);
        ledger_commit(pipeline->partitions[i].ledger, changes);
    }
}
