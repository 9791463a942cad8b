// An incident's event as an OCSF 1.8.0 Detection Finding (class 2004) with the incident profile;
// the facts of the rule are under unmapped.pboc. 2004 and not 2005: more readers
// know it, and it does not ask for an assignee, which a sensor cannot know.
#include "config/instant.h"
#include "config/memory.h"

#include "detectors/json.h"
#include "detectors/kafka/cloud_event.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROVINCES_IN_TITLE 3

static int activity_id(enum incident_event event)
{
    return event == EVENT_OPENED ? 1 : event == EVENT_CLOSED ? 3 : 2;
}

// Recovering is not resolved: the end of the disposal is a person's word.
static int status_id(const struct incident *incident)
{
    if (incident->event == EVENT_CLOSED) {
        return 5;
    }
    if (incident->state >= INCIDENT_CLOSED) {
        return 5; // archived
    }
    if (incident->state >= INCIDENT_DISPOSAL_ENDED) {
        return 4;
    }
    return incident->grade > GRADE_NONE || incident->state == INCIDENT_RECOVERING ? 2 : 1;
}

static void provinces_print(FILE *out, const struct incident *incident)
{
    bool seen[PROVINCES];
    int count = 0;
    incident_provinces(incident, seen);
    for (unsigned i = 0; i < PROVINCES; i++) {
        if (seen[i] && count++ < PROVINCES_IN_TITLE) {
            fprintf(out, "%s%s", count > 1 ? "、" : " ", province_name((uint8_t)i));
        }
    }
    if (count > PROVINCES_IN_TITLE) {
        fprintf(out, "等%d个省级行政区", count);
    }
}

char *finding_title(const struct settings *settings, const struct incident *incident)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = memory_stream(&text, &size);
    fputs(settings->networks[incident->network].name, out);
    provinces_print(out, incident);
    const struct doubt *doubt = incident_doubt(incident);
    if (incident->opened_by == NULL && !incident_is_suspicion(incident) && doubt != NULL) {
        fprintf(out, " 可能整体中断（%s）", doubt->reason);
    } else {
        fprintf(out, " %s", incident_name_chinese(incident));
    }
    fprintf(out, " %s", grade_names_chinese[incident->grade]);
    fclose(out);
    return text;
}

static void lost_print(
    const struct settings *settings, const struct incident *incident, char *text, size_t size)
{
    const char *without = incident_without_losses_chinese(incident);
    int64_t normal_milli;
    struct loss loss = incident_loss(settings, incident, &normal_milli);
    int64_t ratio = loss_ratio_x10000(&loss);
    if (without != NULL) {
        snprintf(text, size, "不适用（%s）", without);
    } else {
        snprintf(text, size, "%lld.%02lld%%", (long long)(ratio / 100), (long long)(ratio % 100));
    }
}

char *finding_message(const struct settings *settings, const struct incident *incident)
{
    char *text = NULL, onset[64], lost[64];
    lost_print(settings, incident, lost, sizeof(lost));
    if (asprintf(&text, "%s。自%s起，损失比例%s；等级：%s；从严口径：%s",
            incident_condition_chinese(incident), instant_format_chinese(incident->onset, onset),
            lost, grade_names_chinese[incident->grade],
            grade_names_chinese[incident->conservative_grade]) < 0) {
        abort();
    }
    return text;
}

json_t *finding_metadata(const char *id, uint32_t sequence)
{
    json_t *metadata = json_object(), *product = json_object(), *profiles = json_array();
    json_set_text(metadata, "version", "1.8.0");
    json_set_text(product, "name", "tapgrade");
    json_set_text(product, "vendor_name", "tapgrade");
    json_set_text(product, "version", TAPGRADE_VERSION);
    json_set(metadata, "product", product);
    json_array_append_new(profiles, json_string("incident"));
    json_set(metadata, "profiles", profiles);
    json_set(metadata, "uid", json_sprintf("%s.%u", id, sequence));
    json_set_integer(metadata, "sequence", sequence);
    return metadata;
}

// The clause that stands behind the published grade, or none yet.
static const struct clause *leading_clause(const struct incident *incident)
{
    const struct grade *grade = incident->measured;
    for (size_t i = 0; i < grade->criterion_count; i++) {
        if (grade->criteria[i].reading == NULL) {
            return grade->criteria[i].clause;
        }
    }
    return NULL;
}

static json_t *finding_info_json(const struct settings *settings, const struct incident *incident)
{
    const struct clause *clause = leading_clause(incident);
    json_t *info = json_object(), *analytic = json_object();
    char *title = finding_title(settings, incident);
    json_set_text(info, "uid", incident->id);
    json_set_text(info, "title", title);
    json_set_integer(analytic, "type_id", 1); // a rule
    json_set(analytic, "name",
        json_sprintf("%s%s%s", incident->measured->rulebook->id, clause != NULL ? "/" : "",
            clause != NULL ? clause->id : ""));
    json_set(info, "analytic", analytic);
    free(title);
    return info;
}

json_t *finding_resources(const struct network_settings *network)
{
    json_t *array = json_array(), *object = json_object();
    json_set_text(object, "uid", network->id);
    json_set_text(object, "name", network->name);
    json_set_text(object, "type", "network");
    json_array_append_new(array, object);
    return array;
}

static json_t *pboc_json(
    const struct settings *settings, const struct duties *duties, const struct incident *incident)
{
    json_t *pboc = incident_json(settings, incident);
    json_set(pboc, "institution", institution_json(settings, incident->network));
    json_set(pboc, "duties", duties_json(settings, duties, incident));
    clocks_set(pboc, settings, incident);
    return pboc;
}

static void base_set(json_t *finding, const struct incident *incident)
{
    int activity = activity_id(incident->event);
    json_set_integer(finding, "class_uid", OCSF_DETECTION_FINDING);
    json_set_integer(finding, "category_uid", OCSF_FINDINGS);
    json_set_integer(finding, "activity_id", activity);
    json_set_integer(finding, "type_uid", OCSF_DETECTION_FINDING * 100 + activity);
    json_set_integer(finding, "severity_id", severity_from_grade(incident->grade).ocsf);
    json_set_integer(finding, "time", incident->at.ns / NS_PER_MS);
    json_set_integer(finding, "start_time", incident->onset.ns / NS_PER_MS);
    if (incident->ended_at.ns != INSTANT_NEVER.ns) {
        json_set_integer(finding, "end_time", incident->ended_at.ns / NS_PER_MS);
    }
    json_set_flag(finding, "is_alert", true);
    json_set_integer(finding, "status_id", status_id(incident));
}

json_t *finding_json(
    const struct settings *settings, const struct duties *duties, const struct incident *incident)
{
    json_t *finding = json_object(), *unmapped = json_object();
    struct severity severity = severity_from_grade(incident->grade);
    char *message = finding_message(settings, incident);
    base_set(finding, incident);
    json_set(finding, "metadata", finding_metadata(incident->id, incident->sequence));
    json_set(finding, "finding_info", finding_info_json(settings, incident));
    json_set_text(finding, "message", message);
    json_set_integer(finding, "impact_id", severity.impact);
    json_set_integer(finding, "priority_id", severity.impact);
    json_set(finding, "resources", finding_resources(&settings->networks[incident->network]));
    json_set(unmapped, "pboc", pboc_json(settings, duties, incident));
    json_set(finding, "unmapped", unmapped);
    free(message);
    return finding;
}

size_t events_from_incident(const struct settings *settings, const struct duties *duties,
    const char *source, bool replay, const struct incident *incident,
    struct event ret[INCIDENT_MESSAGES])
{
    char type[32];
    if (settings->networks[incident->network].secrecy == SECRECY_STATE) {
        return 0;
    }
    json_t *finding = finding_json(settings, duties, incident);
    snprintf(type, sizeof(type), "incident.%s", incident_event_names[incident->event]);
    struct envelope envelope = envelope_of_incident(settings, incident, source, replay);
    envelope.topic = "finding.v1";
    envelope.type = type;
    cloud_event_make(settings, &envelope, json_incref(finding), &ret[0]);
    envelope.topic = "incident.v1";
    envelope.type = "incident.state";
    cloud_event_make(settings, &envelope, finding, &ret[1]);
    if (!settings->kafka.topics.ecs) {
        return 2;
    }
    envelope.topic = "ecs.v1";
    envelope.type = "incident.ecs";
    cloud_event_make(settings, &envelope, ecs_json(settings, incident), &ret[2]);
    return 3;
}
