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
    return duty->kind != DUTY_LEDGER &&
           settings->networks[duty->network].secrecy != SECRECY_STATE &&
           (duty->event == DUTY_HALF || duty->event == DUTY_WARNED || duty->event == DUTY_OVERDUE);
}

static json_t *message_json(const struct duty *duty)
{
    char due[64];
    instant_format_chinese(duty->event == DUTY_OVERDUE ? duty->outer_limit_at : duty->due_at, due);
    return json_sprintf("%s（%s）%s%s前%s%s", duty_names_chinese[duty->kind], duty_ids[duty->kind],
        duty->event == DUTY_OVERDUE ? "已逾期：最迟应于" : "须于", due,
        duty->kind == DUTY_RISK_ANSWER ? "反馈" : "报送",
        duty->event == DUTY_OVERDUE ? ""
        : duty->event == DUTY_HALF  ? "，时限已过一半"
                                    : "，时限将至");
}

// As it stands: nothing happened to it.
static struct incident incident_of(const struct duty *duty)
{
    struct incident incident = *duty->incident;
    incident.event = EVENT_UPDATED;
    incident.at = duty->at;
    return incident;
}

static struct envelope envelope_of(
    const struct settings *settings, const struct duty *duty, const char *source, bool replay)
{
    bool overdue = duty->event == DUTY_OVERDUE;
    struct envelope envelope;
    if (duty->incident != NULL) { // which it points into
        envelope = envelope_of_incident(settings, duty->incident, source, replay);
        envelope.at = duty->at;
        envelope.type = overdue ? "incident.duty_overdue" : "incident.duty_due";
    } else {
        envelope = envelope_of_notice(settings, duty, source, replay);
        envelope.type = overdue ? "notice.duty_overdue" : "notice.duty_due";
    }
    envelope.topic = "finding.v1";
    envelope.due_at = duty->due_at;
    envelope.severity = overdue ? SEVERITY_OVERDUE : SEVERITY_DUE;
    return envelope;
}

static json_t *incident_finding_json(
    const struct settings *settings, const struct duties *duties, const struct duty *duty)
{
    struct incident incident = incident_of(duty);
    return finding_json(settings, duties, &incident);
}

size_t event_from_duty(const struct settings *settings, const struct duties *duties,
    const char *source, bool replay, const struct duty *duty, struct event *ret)
{
    char id[160];
    if (!is_told(settings, duty)) {
        return 0;
    }
    struct envelope envelope = envelope_of(settings, duty, source, replay);
    json_t *finding = duty->incident != NULL ? incident_finding_json(settings, duties, duty)
                                             : notice_finding_json(settings, duty);
    json_set(json_object_get(json_object_get(finding, "unmapped"), "pboc"), "duty",
        duty_json(settings, duty));
    json_set(finding, "message", message_json(duty));
    snprintf(id, sizeof(id), "%s/%s/%u", duty->subject, duty->key, duty->sequence);
    envelope.id = id;
    cloud_event_make(settings, &envelope, finding, ret);
    return 1;
}
