// A duty as a record: blank, and as JSON.
#include "detectors/duties/duties.h"
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
    [DUTY_IMMEDIATE] = "网络安全事件事中进展报告(立即)",
    [DUTY_SUMMARY] = "网络安全事件事后调查总结报告",
    [DUTY_PRELIMINARY] = "网络安全事件初步报告",
    [DUTY_PROMISED] = "网络安全事件事后调查总结报告(承诺日期)",
    [DUTY_REVISED] = "网络安全事件事后调查总结报告(修订)",
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
        .earliest_due_at = INSTANT_NEVER};
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
        {"warn_at", duty->warn_at}, {"sent_at", duty->sent_at}, {"received_at", duty->received_at}};
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
    json_set_text(object, "report_to", settings->institution.report_to);
    if (settings->networks[duty->network].secrecy == SECRECY_STATE) {
        json_set_text(object, "handling", "offline"); // art. 2, 18: other rules, no draft
    }
    return object;
}
