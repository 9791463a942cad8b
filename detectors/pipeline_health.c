// What is beside the flow: whom failures affect, for the grades; and what the sensor does not see,
// told in the log of a live run, in the summary of a replay, and as messages.
#include "config/log.h"
#include "config/memory.h"

#include "detectors/pipeline_parts.h"

#include <stdlib.h>

void persons_tick(struct pipeline *pipeline, struct tick *tick)
{
    tick->impact_count = 0;
    if (tick->counters != NULL) {
        tick->impact_count = persons_count(pipeline->persons, tick->counters, tick->normals,
            tick->normal_count, tick->interruptions, tick->interruption_count, &tick->impacts);
        grades_see_persons(pipeline->grades, tick->impacts, tick->impact_count);
    }
}

// What is not seen, beside what is judged. Blind buckets are looked for once a bucket.
void health_tick(struct pipeline *pipeline, struct tick *tick)
{
    const struct settings *settings = pipeline->settings;
    tick->health_count = 0;
    if (tick->counters == NULL) {
        return;
    }
    bool whole = tick->at.ns % settings->outages.bucket_ns == 0;
    for (uint16_t n = 0; whole && n < settings->network_count; n++) {
        struct blind_network *blind = &pipeline->blind[n];
        blind->groups = outages_blind(pipeline->outages, n, &blind->since);
    }
    tick->health_count =
        health_watch(pipeline->health, tick->counters, pipeline->blind, &tick->health);
    for (size_t i = 0; !pipeline->options.replay && !pipeline->recovering && i < tick->health_count;
         i++) {
        const struct health_change *change = &tick->health[i];
        log_warning("%s%s", change->raised ? "" : "over: ", change->reason);
    }
}

size_t pipeline_health(
    struct pipeline *pipeline, const struct health_change **ret, uint64_t *ret_raised)
{
    *ret_raised = health_raised(pipeline->health);
    return health_standing(pipeline->health, ret);
}

// For the summary of a replay.
void alarms_keep(struct pipeline *pipeline, const struct tick *tick)
{
    for (size_t i = 0; i < tick->health_count; i++) {
        pipeline->alarms = memory_grow(pipeline->alarms, pipeline->alarm_count,
            &pipeline->alarm_capacity, sizeof(*pipeline->alarms));
        pipeline->alarms[pipeline->alarm_count++] = tick->health[i];
    }
}

void alarms_print(const struct pipeline *pipeline, FILE *out)
{
    for (size_t i = 0; i < pipeline->alarm_count; i++) {
        const struct health_change *alarm = &pipeline->alarms[i];
        char at[INSTANT_TEXT_MAX];
        if (i == 0) {
            fputs("观测缺失 / not seen, when known:\n", out);
        }
        instant_format(alarm->at, 0, at);
        at[10] = ' ';
        fprintf(out, "    %.19s  %s%s / %s%s\n", at, alarm->raised ? "" : "解除： ",
            alarm->reason_chinese, alarm->raised ? "" : "over: ", alarm->reason);
    }
}
