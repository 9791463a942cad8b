#include "detectors/health/health.h"
#include "detectors/json.h"

#include <stdio.h>

const char *health_subject_type(enum health_kind kind)
{
    return kind == HEALTH_CLOCK        ? "sensor"
           : kind <= HEALTH_PORT_DROPS ? "port"
           : kind <= HEALTH_LINK_GAPS  ? "link"
                                       : "network";
}

const char *health_subject(
    const struct settings *settings, const struct health_change *change, char room[static 8])
{
    if (change->kind == HEALTH_CLOCK) {
        return settings->sensor;
    }
    if (change->kind <= HEALTH_PORT_DROPS) {
        snprintf(room, 8, "%u", change->subject);
        return room;
    }
    return change->kind <= HEALTH_LINK_GAPS ? settings->links[change->subject].id
                                            : settings->networks[change->subject].id;
}

int health_network(const struct settings *settings, const struct health_change *change)
{
    if (change->kind <= HEALTH_PORT_DROPS) {
        return -1;
    }
    return change->kind <= HEALTH_LINK_GAPS ? settings->links[change->subject].network
                                            : change->subject;
}

uint16_t health_institution(const struct settings *settings, const struct health_change *change)
{
    int network = health_network(settings, change);
    return network < 0 ? 0 : settings->networks[network].institution;
}

json_t *health_json(const struct settings *settings, const struct health_change *change)
{
    json_t *json = json_object(), *subject = json_object();
    char room[8], text[INSTANT_TEXT_MAX];
    json_set_text(json, "schema", "1");
    json_set_text(json, "kind", health_kind_names[change->kind]);
    json_set_text(json, "state", change->raised ? "raised" : "cleared");
    json_set_text(subject, "type", health_subject_type(change->kind));
    json_set_text(subject, "id", health_subject(settings, change, room));
    json_set(json, "subject", subject);
    json_set_text(json, "since", instant_format(change->since, 3, text));
    json_set_text(json, "at", instant_format(change->at, 3, text));
    json_set_text(json, "reason", change->reason);
    json_set_text(json, "message", change->reason_chinese);
    return json;
}
