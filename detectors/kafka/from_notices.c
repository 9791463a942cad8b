// A risk notice of the PBOC (art. 24) whose answer is due: an OCSF Detection Finding like an
// incident's, without a grade, as nothing was found in traffic. unmapped.pboc has the notice and
// the duty.
#include "detectors/json.h"
#include "detectors/kafka/cloud_event.h"

#define OTEL_WARNING  13
#define OCSF_UPDATE   2
#define OCSF_MEDIUM   3
#define OCSF_HIGH     4
#define OCSF_PROGRESS 2
#define OCSF_RULE     1

struct envelope envelope_of_notice(
    const struct settings *settings, const struct duty *duty, const char *source, bool replay)
{
    return (struct envelope){.institution = settings->networks[duty->network].institution,
        .key = duty->subject,
        .sequence = duty->sequence,
        .subject = settings->networks[duty->network].id,
        .at = duty->at,
        .severity = OTEL_WARNING,
        .source = source,
        .replay = replay};
}

static json_t *info_json(const struct settings *settings, const struct duty *duty)
{
    json_t *info = json_object(), *analytic = json_object();
    json_set_text(info, "uid", duty->subject);
    json_set(info, "title",
        json_sprintf("%s 人民银行风险提示待反馈", settings->networks[duty->network].name));
    json_set_integer(analytic, "type_id", OCSF_RULE);
    json_set_text(analytic, "name", duty_articles[duty->kind]);
    json_set(info, "analytic", analytic);
    return info;
}

static json_t *pboc_json(const struct settings *settings, const struct duty *duty)
{
    const struct network_settings *network = &settings->networks[duty->network];
    json_t *pboc = json_object();
    json_set_text(pboc, "schema", "1");
    json_set_text(pboc, "notice", duty->subject);
    json_set_text(pboc, "network", network->id);
    json_set_text(pboc, "network_name", network->name);
    json_set(pboc, "institution", institution_json(settings, duty->network));
    json_set_instant(pboc, "received_at", duty->starts_at);
    return pboc;
}

json_t *notice_finding_json(const struct settings *settings, const struct duty *duty)
{
    json_t *finding = json_object(), *unmapped = json_object();
    bool overdue = duty->event == DUTY_OVERDUE;
    json_set_integer(finding, "class_uid", OCSF_DETECTION_FINDING);
    json_set_integer(finding, "category_uid", OCSF_FINDINGS);
    json_set_integer(finding, "activity_id", OCSF_UPDATE);
    json_set_integer(finding, "type_uid", OCSF_DETECTION_FINDING * 100 + OCSF_UPDATE);
    json_set_integer(finding, "severity_id", overdue ? OCSF_HIGH : OCSF_MEDIUM);
    json_set_integer(finding, "time", duty->at.ns / NS_PER_MS);
    json_set_integer(finding, "start_time", duty->starts_at.ns / NS_PER_MS);
    json_set_flag(finding, "is_alert", true);
    json_set_integer(finding, "status_id", OCSF_PROGRESS);
    json_set(finding, "metadata", finding_metadata(duty->subject, duty->sequence));
    json_set(finding, "finding_info", info_json(settings, duty));
    json_set_integer(finding, "impact_id", overdue ? 3 : 2);
    json_set_integer(finding, "priority_id", overdue ? 3 : 2);
    json_set(finding, "resources", finding_resources(&settings->networks[duty->network]));
    json_set(unmapped, "pboc", pboc_json(settings, duty));
    json_set(finding, "unmapped", unmapped);
    return finding;
}
