// The CloudEvents 1.0 envelope in Kafka's binary mode: attributes are headers, the value is the
// data.
#pragma once

#include "config/settings.h"

#include "detectors/kafka/kafka.h"

#include <jansson.h>

struct envelope {
    uint16_t institution; // whose message it is; of the sensor alone: the first
    const char *topic;    // without the prefix: "finding.v1"; also names the schema
    const char *type;     // "incident.opened": becomes io.tapgrade.incident.opened.v1
    const char *key;      // with `sequence` and `type`: ce_id; of the same key in order
    const char *id; // of a draft: stands for key and sequence in ce_id, as one event of an incident
                    // may have several; NULL: none
    uint32_t sequence;
    const char *subject; // id of a network, or what health speaks of
    struct instant at;
    struct instant due_at; // when the report is due, becomes ce_due; INSTANT_NONE: no report
    int severity;          // OpenTelemetry number
    const char *source;    // sensor, or the digest of a replay
    bool replay;
};

// What an incident's messages have in common; topic and type are the caller's.
struct envelope envelope_of_incident(const struct settings *settings,
    const struct incident *incident, const char *source, bool replay);

// Makes the message of a value; takes the reference to it.
void cloud_event_make(const struct settings *settings, const struct envelope *envelope,
    json_t *value, struct event *ret);

// Whose network it is: {id, name, code}. A new reference.
json_t *institution_json(const struct settings *settings, uint16_t network);
// The finding's document and its two texts, which the caller frees. A new reference.
json_t *finding_json(
    const struct settings *settings, const struct duties *duties, const struct incident *incident);
#define OCSF_FINDINGS          2
#define OCSF_DETECTION_FINDING 2004
// Parts that findings of every kind have: new references.
json_t *finding_metadata(const char *id, uint32_t sequence);
json_t *finding_resources(const struct network_settings *network);
// from_notices.c: the same of a risk notice's answer (art. 24), of which time runs out.
json_t *notice_finding_json(const struct settings *settings, const struct duty *duty);
// What the messages about a notice have in common; topic and type are the caller's.
struct envelope envelope_of_notice(
    const struct settings *settings, const struct duty *duty, const char *source, bool replay);
char *finding_title(const struct settings *settings, const struct incident *incident);
char *finding_message(const struct settings *settings, const struct incident *incident);
// from_incidents_ecs.c: the same in Elastic Common Schema 9.
json_t *ecs_json(const struct settings *settings, const struct incident *incident);

struct severity {
    int ocsf, otel, impact, risk; // severity_id, OpenTelemetry number, impact_id and priority_id,
                                  // Elastic's risk score
};
struct severity severity_from_grade(int grade);
