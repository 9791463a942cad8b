// What a tick says to the outside: its messages, those that may be lost behind those that may not.
#include "config/memory.h"

#include "detectors/pipeline_parts.h"

static struct event *events_room(struct tick *tick)
{
    for (int i = 0; i < INCIDENT_MESSAGES; i++) {
        tick->events = memory_grow(tick->events, tick->event_count + (size_t)i,
            &tick->event_capacity, sizeof(*tick->events));
    }
    return &tick->events[tick->event_count];
}

static void minutes_tick(struct pipeline *pipeline, struct tick *tick)
{
    const struct settings *settings = pipeline->settings;
    const struct minute *minutes = NULL;
    size_t count = 0;
    if (settings->kafka.topics.counters && tick->counters != NULL) {
        count = minutes_from_normals(
            pipeline->minutes, tick->normals, tick->normal_count, tick->at, &minutes);
    }
    if (count > 0) {
        pipeline_name(pipeline);
    }
    for (size_t i = 0; pipeline->source != NULL && i < count; i++) {
        struct event *room = events_room(tick);
        tick->event_count += event_from_minute(
            settings, pipeline->source, pipeline->options.replay, &minutes[i], room);
    }
}

void kafka_tick(struct pipeline *pipeline, struct tick *tick)
{
    const struct settings *settings = pipeline->settings;
    bool replay = pipeline->options.replay;
    for (size_t i = 0; i < tick->event_count; i++) {
        event_done(&tick->events[i]);
    }
    tick->event_count = 0;
    if (tick->health_count + tick->duty_count > 0) {
        pipeline_name(pipeline);
    }
    for (size_t i = 0; pipeline->source != NULL && i < tick->health_count; i++) {
        struct event *room = events_room(tick);
        tick->event_count +=
            event_from_health(settings, pipeline->source, replay, &tick->health[i], room);
    }
    for (size_t i = 0; i < tick->incident_count; i++) {
        struct event *room = events_room(tick);
        tick->event_count += events_from_incident(
            settings, pipeline->duties, pipeline->source, replay, &tick->incidents[i], room);
    }
    for (size_t i = 0; i < tick->duty_count; i++) {
        struct event *room = events_room(tick);
        tick->event_count += event_from_duty(
            settings, pipeline->duties, pipeline->source, replay, &tick->duties[i], room);
    }
    for (size_t i = 0; i < tick->draft_count; i++) {
        struct event *room = events_room(tick);
        event_from_draft(settings, pipeline->source, replay, &tick->drafts[i], room);
        tick->event_count++;
    }
    minutes_tick(pipeline, tick);
}

size_t tick_kept(const struct tick *tick)
{
    size_t kept = tick->event_count;
    while (kept > 0 && tick->events[kept - 1].passing) {
        kept--;
    }
    return kept;
}

void tick_offer(struct pipeline *pipeline, const struct tick *tick)
{
    for (size_t i = tick_kept(tick); pipeline->partitions != NULL && i < tick->event_count; i++) {
        struct sender *sender = pipeline->partitions[tick->events[i].institution].sender;
        if (sender != NULL) {
            sender_offer(sender, &tick->events[i]);
        }
    }
}
