// The same event in Elastic Common Schema 9, for readers that know nothing else. `event.kind` is
// alert, as `signal` is kept for Elastic's own rules; there is no category for availability, so it
// is network with type info. What is of the rule is under the proper name Tapgrade, where no later
// field of ECS can stand.
#include "config/instant.h"

#include "detectors/json.h"
#include "detectors/kafka/cloud_event.h"

#include <stdlib.h>

static json_t *texts(const char *text)
{
    json_t *array = json_array();
    json_array_append_new(array, json_string(text));
    return array;
}

static void instant_set(json_t *object, const char *name, struct instant at)
{
    char text[INSTANT_TEXT_MAX];
    json_set_text(object, name, instant_format(at, 3, text));
}

static json_t *event_json(const struct incident *incident, const char *message)
{
    json_t *event = json_object();
    struct severity severity = severity_from_grade(incident->grade);
    json_set_text(event, "kind", "alert");
    json_set(event, "category", texts("network"));
    json_set(event, "type", texts("info"));
    json_set_text(event, "module", "tapgrade");
    json_set_text(event, "dataset", "tapgrade.incident");
    json_set(event, "action", json_sprintf("incident-%s", incident_event_names[incident->event]));
    json_set(event, "id", json_sprintf("%s.%u", incident->id, incident->sequence));
    json_set_integer(event, "sequence", incident->sequence);
    json_set_integer(event, "severity", severity.otel);
    json_set_integer(event, "risk_score", severity.risk);
    json_set_text(event, "reason", message);
    instant_set(event, "start", incident->onset);
    if (incident->ended_at.ns != INSTANT_NEVER.ns) {
        instant_set(event, "end", incident->ended_at);
    }
    return event;
}

static json_t *named_json(const char *id, const char *name)
{
    json_t *object = json_object();
    json_set_text(object, "id", id);
    json_set_text(object, "name", name);
    return object;
}

static json_t *observer_json(const struct settings *settings)
{
    json_t *observer = json_object();
    json_set_text(observer, "vendor", "tapgrade");
    json_set_text(observer, "product", "tapgrade");
    json_set_text(observer, "type", "sensor");
    json_set_text(observer, "version", TAPGRADE_VERSION);
    json_set_text(observer, "name", settings->sensor);
    return observer;
}

json_t *ecs_json(const struct settings *settings, const struct incident *incident)
{
    const struct network_settings *network = &settings->networks[incident->network];
    const struct institution_settings *institution = institution_of(settings, incident->network);
    json_t *document = json_object(), *ecs = json_object(), *own = json_object();
    char *title = finding_title(settings, incident), *message = finding_message(settings, incident);
    instant_set(document, "@timestamp", incident->at);
    json_set_text(ecs, "version", "9.0.0");
    json_set(document, "ecs", ecs);
    json_set(document, "event", event_json(incident, message));
    json_set_text(document, "message", title);
    json_set(document, "rule",
        named_json(incident->measured->rulebook->id, incident->measured->rulebook->title));
    json_set(document, "service", named_json(network->id, network->name));
    json_set(document, "organization", named_json(institution->id, institution->name));
    json_set(document, "observer", observer_json(settings));
    json_set(own, "pboc", incident_json(settings, incident));
    json_set(document, "Tapgrade", own);
    free(title);
    free(message);
    return document;
}
