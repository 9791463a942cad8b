// Calls of a tick: filed in the ledger, and given to the caller through its outbox.
#include "detectors/calls/calls.h"
#include "detectors/pipeline_parts.h"

void calls_tick(struct pipeline *pipeline, struct tick *tick)
{
    const struct calls_input input = {.grades = tick->grades,
        .grade_count = tick->grade_count,
        .incidents = tick->incidents,
        .incident_count = tick->incident_count,
        .duties = tick->duties,
        .duty_count = tick->duty_count,
        .health = tick->health,
        .health_count = tick->health_count};
    tick->call_count = calls_from_tick(pipeline->calls, &input, tick->at, &tick->calls);
}

void calls_commit(const struct pipeline *pipeline, const struct tick *tick, size_t partition,
    struct change_set *changes)
{
    for (size_t i = 0; i < tick->call_count; i++) {
        const struct call *call = &tick->calls[i];
        char key[CALL_KEY_MAX];
        if (!partition_is_of(pipeline, call->network, partition)) {
            continue;
        }
        call_key(call, key);
        change_set_add_note(changes, "call", key, call_json(pipeline->settings, call));
        if (pipeline->partitions[partition].caller != NULL && !call->muted) {
            struct event event;
            event_from_call(pipeline->settings, pipeline->source, call, &event);
            change_set_add_event(changes, &event);
            event_done(&event);
        }
    }
}
