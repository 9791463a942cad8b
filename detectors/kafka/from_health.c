// An alarm of the sensor itself, raised or cleared. Its key is kind and subject, its sequence the
// second in which it became known: the same alarm of a replay, or of a sensor that was started
// again, has the same id.
#include "detectors/kafka/cloud_event.h"

#include <stdio.h>

#define SEVERITY_RAISED  13 // OpenTelemetry: warning
#define SEVERITY_CLEARED 9

static bool is_secret(const struct settings *settings, const struct health_change *change)
{
    int network = health_network(settings, change);
    return network >= 0 && settings->networks[network].secrecy == SECRECY_STATE;
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
    struct envelope envelope = {.institution = health_institution(settings, change),
        .topic = "health.v1",
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
