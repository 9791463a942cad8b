// Time that runs out, and reports that are late: what the incident's own events do not say.
#include "config/instant.h"

#include "detectors/json.h"
#include "detectors/kafka/cloud_event.h"

#include <stdio.h>
#include <stdlib.h>

#define SEVERITY_DUE     17 // OpenTelemetry: error
#define SEVERITY_OVERDUE 21 // fatal

static bool is_told(const struct settings *settings, const struct duty *duty)
{
    return duty->incident != NULL && settings->networks[duty->network].secrecy != SECRECY_STATE &&
           (duty->event == DUTY_HALF || duty->event == DUTY_WARNED || duty->event == DUTY_OVERDUE);
}

static json_t *message_json(const struct duty *duty)
{
    char due[64];
    instant_format_chinese(duty->event == DUTY_OVERDUE ? duty->outer_limit_at : duty->due_at, due);
    return json_sprintf("%s（%s）%s%s%s", duty_names_chinese[duty->kind], duty_ids[duty->kind],
        duty->event == DUTY_OVERDUE ? "已逾期：最迟应于" : "须于", due,
        duty->event == DUTY_OVERDUE ? "前报送"
        : duty->event == DUTY_HALF  ? "前报送，时限已过一半"
                                    : "前报送，时限将至");
}

size_t event_from_duty(const struct settings *settings, const struct duties *duties,
    const char *source, bool replay, const struct duty *duty, struct event *ret)
{
    char id[160];
    if (!is_told(settings, duty)) {
        return 0;
    }
    struct incident incident = *duty->incident; // as it stands: nothing happened to it
    incident.event = EVENT_UPDATED;
    incident.at = duty->at;
    bool overdue = duty->event == DUTY_OVERDUE;
    struct envelope envelope = envelope_of_incident(settings, &incident, source, replay);
    json_t *finding = finding_json(settings, duties, &incident);
    json_set(json_object_get(json_object_get(finding, "unmapped"), "pboc"), "duty",
        duty_json(settings, duty));
    json_set(finding, "message", message_json(duty));
    snprintf(id, sizeof(id), "%s/%s/%u", duty->subject, duty->key, duty->sequence);
    envelope.topic = "finding.v1";
    envelope.type = overdue ? "incident.duty_overdue" : "incident.duty_due";
    envelope.id = id;
    envelope.due_at = duty->due_at;
    envelope.severity = overdue ? SEVERITY_OVERDUE : SEVERITY_DUE;
    cloud_event_make(settings, &envelope, finding, ret);
    return 1;
}
