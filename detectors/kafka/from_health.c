// An alarm of the sensor itself, raised or cleared. Its key is kind and subject, its sequence the
// second in which it became known: the same alarm of a replay, or of a sensor that was started
// again, has the same id.
#include "detectors/kafka/cloud_event.h"

#include <stdio.h>

#define SEVERITY_RAISED  13 // OpenTelemetry: warning
#define SEVERITY_CLEARED 9

static bool is_secret(const struct settings *settings, const struct health_change *change)
{
    bool of_port = change->kind <= HEALTH_PORT_DROPS;
    uint16_t network = of_port                            ? 0
                       : change->kind <= HEALTH_LINK_GAPS ? settings->links[change->subject].network
                                                          : change->subject;
    return !of_port && settings->networks[network].secrecy == SECRECY_STATE;
}

size_t event_from_health(const struct settings *settings, const char *source, bool replay,
    const struct health_change *change, struct event *ret)
{
    char key[sizeof(ret->key)], room[8];
    if (is_secret(settings, change)) {
        return 0;
    }
    const char *subject = health_subject(settings, change, room);
    snprintf(key, sizeof(key), "%s/%s", health_kind_names[change->kind], subject);
    struct envelope envelope = {.topic = "health.v1",
        .type = change->raised ? "health.raised" : "health.cleared",
        .key = key,
        .sequence = (uint32_t)instant_second(change->at),
        .subject = subject,
        .at = change->at,
        .severity = change->raised ? SEVERITY_RAISED : SEVERITY_CLEARED,
        .source = source,
        .replay = replay};
    cloud_event_make(settings, &envelope, health_json(settings, change), ret);
    return 1;
}
