// A duty as a record: blank, and as JSON.
#include "config/yaml_field.h"

#include "detectors/duties/duties_parts.h"
#include "detectors/json.h"

#include <string.h>

const char *const duty_ids[] = {[DUTY_BRIEF] = "O1",
    [DUTY_BRIEF_ATTENTION] = "O1",
    [DUTY_ONSET] = "O2",
    [DUTY_ONSET_ATTENTION] = "O2",
    [DUTY_PROGRESS] = "O3",
    [DUTY_IMMEDIATE] = "O4",
    [DUTY_SUMMARY] = "O5",
    [DUTY_PRELIMINARY] = "O6",
    [DUTY_PROMISED] = "O7",
    [DUTY_REVISED] = "O8",
    [DUTY_RISK_ANSWER] = "O9",
    [DUTY_LEDGER] = "O10"};

const char *const duty_articles[] = {[DUTY_BRIEF] = "第十五条第一款",
    [DUTY_BRIEF_ATTENTION] = "第十五条第二款",
    [DUTY_ONSET] = "第十五条第一款",
    [DUTY_ONSET_ATTENTION] = "第十五条第二款",
    [DUTY_PROGRESS] = "第十六条",
    [DUTY_IMMEDIATE] = "第十六条",
    [DUTY_SUMMARY] = "第十七条",
    [DUTY_PRELIMINARY] = "第十七条",
    [DUTY_PROMISED] = "第十七条",
    [DUTY_REVISED] = "第二十三条",
    [DUTY_RISK_ANSWER] = "第二十四条",
    [DUTY_LEDGER] = "第二十五条"};

const char *const duty_names_chinese[] = {[DUTY_BRIEF] = "网络安全事件事发简要报告",
    [DUTY_BRIEF_ATTENTION] = "网络安全事件事发简要报告",
    [DUTY_ONSET] = "网络安全事件事发报告",
    [DUTY_ONSET_ATTENTION] = "网络安全事件事发报告",
    [DUTY_PROGRESS] = "网络安全事件事中进展报告",
    [DUTY_IMMEDIATE] = "网络安全事件事中进展报告（立即）",
    [DUTY_SUMMARY] = "网络安全事件事后调查总结报告",
    [DUTY_PRELIMINARY] = "网络安全事件初步报告",
    [DUTY_PROMISED] = "网络安全事件事后调查总结报告（承诺日期）",
    [DUTY_REVISED] = "网络安全事件事后调查总结报告（修订）",
    [DUTY_RISK_ANSWER] = "网络安全风险提示反馈",
    [DUTY_LEDGER] = "网络安全事件台账"};

const char *const duty_state_names[] = {
    "open", "to_be_decided", "not_reported", "sent", "received", "lapsed"};
const char *const duty_event_names[] = {"began", "changed", "half", "warned", "overdue", "moved"};

// What there may be one of only; the others are numbered.
static const char *const first_keys[] = {[DUTY_BRIEF] = "O1",
    [DUTY_BRIEF_ATTENTION] = "O1-15(2)",
    [DUTY_ONSET] = "O2",
    [DUTY_ONSET_ATTENTION] = "O2-15(2)",
    [DUTY_PROGRESS] = "O3/1",
    [DUTY_IMMEDIATE] = "O4/1",
    [DUTY_SUMMARY] = "O5",
    [DUTY_PRELIMINARY] = "O6",
    [DUTY_PROMISED] = "O7",
    [DUTY_REVISED] = "O8/1",
    [DUTY_RISK_ANSWER] = "O9",
    [DUTY_LEDGER] = "O10"};

const char *duty_first_key(enum duty_kind kind)
{
    return first_keys[kind];
}

struct duty duty_blank(enum duty_kind kind, const struct incident *incident)
{
    struct duty duty = {.kind = kind,
        .incident = incident,
        .number = 1,
        .starts_at = INSTANT_NEVER,
        .due_at = INSTANT_NEVER,
        .outer_limit_at = INSTANT_NEVER,
        .half_at = INSTANT_NEVER,
        .warn_at = INSTANT_NEVER,
        .sent_at = INSTANT_NEVER,
        .received_at = INSTANT_NEVER,
        .known_at = INSTANT_NEVER,
        .earliest_due_at = INSTANT_NEVER,
        .principle_at = INSTANT_NEVER,
        .keep_until = INSTANT_NEVER};
    memcpy(duty.key, first_keys[kind], strlen(first_keys[kind]) + 1);
    if (incident != NULL) {
        memcpy(duty.subject, incident->id, sizeof(duty.subject));
        duty.network = incident->network;
    }
    return duty;
}

static void instants_set(json_t *object, const struct duty *duty)
{
    const struct {
        const char *key;
        struct instant at;
    } instants[] = {{"starts_at", duty->starts_at}, {"due", duty->due_at},
        {"outer_limit", duty->outer_limit_at}, {"half_at", duty->half_at},
        {"warn_at", duty->warn_at}, {"sent_at", duty->sent_at}, {"received_at", duty->received_at},
        {"in_principle_by", duty->principle_at}, {"keep_until", duty->keep_until}};
    for (size_t i = 0; i < sizeof(instants) / sizeof(instants[0]); i++) {
        if (instants[i].at.ns != INSTANT_NEVER.ns) {
            json_set_instant(object, instants[i].key, instants[i].at);
        }
    }
    if (duty->known_at.ns != INSTANT_NEVER.ns) {
        json_set_instant(object, "known_at", duty->known_at);
        json_set_flag(object, "overdue_at_detection", duty->overdue_at_detection);
        json_set_flag(object, "overdue", duty->overdue);
    }
    if (duty->calendar_missing) {
        json_set_flag(object, "calendar_missing", true);
        json_set_instant(object, "earliest_due", duty->earliest_due_at);
    }
}

static void annexes_set(json_t *object, const struct settings *settings, const struct duty *duty)
{
    bool hit[PROVINCES] = {false};
    json_t *array = json_array();
    if (duty->incident != NULL) {
        incident_provinces(duty->incident, hit);
    }
    const struct institution_settings *institution = institution_of(settings, duty->network);
    for (size_t i = 0; i < institution->annex_count; i++) {
        const struct annex_settings *annex = &institution->annexes[i];
        if (annex->province < PROVINCES && hit[annex->province]) {
            json_t *branch = json_object();
            json_set_text(branch, "name", annex->name);
            json_set_text(branch, "report_to", annex->report_to);
            json_array_append_new(array, branch);
        }
    }
    if (json_array_size(array) > 0) {
        json_set(object, "annexes", array);
    } else {
        json_decref(array);
    }
}

static void routing_set(json_t *object, const struct settings *settings, const struct duty *duty)
{
    char text[REPORT_TO_MAX];
    unsigned allowed = duty_channels(settings, duty);
    json_t *array = json_array();
    for (const struct choice *channel = sent_channels; channel->name != NULL; channel++) {
        if ((allowed & (1u << channel->value)) != 0) {
            json_array_append_new(array, json_string(channel->name));
        }
    }
    json_set_text(object, "report_to", duty_report_to(settings, duty->network, text));
    json_set(object, "channels", array);
    annexes_set(object, settings, duty);
}

json_t *duty_json(const struct settings *settings, const struct duty *duty)
{
    json_t *object = json_object();
    json_set_text(object, "id", duty_ids[duty->kind]);
    json_set_text(object, "key", duty->key);
    json_set_text(object, "name", duty_names_chinese[duty->kind]);
    json_set_text(object, "article", duty_articles[duty->kind]);
    json_set_text(object, duty->incident != NULL ? "incident" : "notice", duty->subject);
    if (duty->sequence > 0) { // else it is shown with its incident, as it stands
        json_set_integer(object, "sequence", duty->sequence);
        json_set_text(object, "event", duty_event_names[duty->event]);
    }
    json_set_text(object, "network", settings->networks[duty->network].id);
    json_set_text(object, "state", duty_state_names[duty->state]);
    instants_set(object, duty);
    if (duty->cause != NULL) {
        json_set_text(object, "cause", duty->cause);
    }
    json_set_text(object, "promised", duty->promised[0] != '\0' ? duty->promised : NULL);
    if (duty->channel != CHANNEL_NONE) {
        json_set_text(object, "channel", choice_name(sent_channels, duty->channel));
    }
    json_set_text(object, "sent_entry", duty->sent_entry[0] != '\0' ? duty->sent_entry : NULL);
    json_set_text(
        object, "received_entry", duty->received_entry[0] != '\0' ? duty->received_entry : NULL);
    if (duty->incomplete) {
        json_set_flag(object, "incomplete", true);
    }
    routing_set(object, settings, duty);
    if (settings->networks[duty->network].secrecy == SECRECY_STATE) {
        json_set_text(object, "handling", "offline"); // art. 2, 18: other rules, no draft
    }
    return object;
}

static void brief_append(json_t *array, const struct settings *settings, const struct duty *duty)
{
    json_array_append_new(array, duty_json(settings, duty));
}

json_t *duties_json(
    const struct settings *settings, const struct duties *duties, const struct incident *incident)
{
    json_t *array = json_array();
    struct duty duty;
    for (size_t i = 0; duties != NULL && i < duties->slot_count; i++) {
        const struct slot *slot = &duties->slots[i];
        bool last = slot_last(duties, incident->id, slot->duty.kind) == slot;
        if (strcmp(slot->duty.subject, incident->id) == 0 && (last || slot_is_open(slot))) {
            duty = slot->duty;
            duty.incident = incident;
            brief_append(array, settings, &duty);
        }
    }
    if (duties == NULL && duty_brief(incident, &duty)) {
        brief_append(array, settings, &duty);
    }
    if (duties == NULL && duty_brief_attention(incident, &duty)) {
        brief_append(array, settings, &duty);
    }
    return array;
}
