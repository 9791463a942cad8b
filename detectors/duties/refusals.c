// Which moves cannot be: each is refused with one sentence that names the rule, before anything
// takes it.
#include "config/yaml_field.h"

#include "detectors/duties/duties_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct check {
    const struct duties *duties;
    const struct incident *incident;
    const struct fact *move;
    char *error;
    size_t error_size;
};

__attribute__((format(printf, 2, 3))) static bool refuse(
    const struct check *check, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(check->error, check->error_size, format, arguments);
    va_end(arguments);
    return false;
}

static bool is_disposed(const struct check *check)
{
    return check->incident->disposal_ended_at.ns != INSTANT_NEVER.ns;
}

// ---- reports

static bool channel_check(const struct check *check, const struct duty *duty)
{
    unsigned allowed = duty_channels(check->duties->settings, duty);
    int channel = check->move->channel;
    int secrecy = check->duties->settings->networks[duty->network].secrecy;
    if ((allowed & (1u << channel)) != 0) {
        return true;
    }
    const char *name = choice_name(sent_channels, channel);
    if (secrecy == SECRECY_STATE) {
        return refuse(check, "state secrets follow other rules: nothing goes by %s (art. 2)", name);
    }
    if (duty->kind >= DUTY_SUMMARY && duty->kind <= DUTY_REVISED) {
        return refuse(
            check, "%s goes in writing and sealed, not by %s (art. 18(2))", duty->key, name);
    }
    return secrecy == SECRECY_WORK && channel != CHANNEL_WRITING
               ? refuse(check, "work secrets go by no Internet channel such as %s (art. 18)", name)
               : refuse(check, "%s goes by phone, im, email, fax or system, not by %s (art. 18)",
                     duty->key, name);
}

static bool sent_check(const struct check *check)
{
    const struct fact *move = check->move;
    const struct slot *slot = slot_named(check->duties, move->incident, move->duty);
    if (slot == NULL || slot->duty.kind == DUTY_LEDGER) {
        bool preliminary = strcmp(move->duty, duty_first_key(DUTY_PRELIMINARY)) == 0;
        return preliminary
                   ? refuse(check, "O6 names the date of the summary: promise it first (art. 17)")
                   : refuse(check, "no duty \"%s\" is open: nothing is to be sent", move->duty);
    }
    const struct duty *duty = &slot->duty;
    if (!slot_is_open(slot)) {
        return refuse(
            check, "%s is %s: nothing is to be sent", duty->key, duty_state_names[duty->state]);
    }
    bool early = duty->kind <= DUTY_ONSET_ATTENTION;
    struct instant first = early ? check->incident->onset : duty->starts_at;
    return move->at.ns >= first.ns ? channel_check(check, duty)
                                   : refuse(check, "%s cannot have been sent before %s", duty->key,
                                         early ? "the incident began" : "its clock began");
}

static bool received_check(const struct check *check)
{
    const struct fact *move = check->move;
    const struct slot *slot = slot_named(check->duties, move->incident, move->duty);
    if (slot == NULL || slot->duty.state != DUTY_SENT) {
        return refuse(
            check, "%s was not sent, or was received already: it cannot be received", move->duty);
    }
    int channel = slot->duty.channel;
    bool asks = channel == CHANNEL_EMAIL || channel == CHANNEL_FAX;
    if (asks && move->confirmed_channel == CHANNEL_NONE) {
        return refuse(check,
            "%s went by %s: it is received when phone or im has confirmed it (art. 18)",
            slot->duty.key, choice_name(sent_channels, channel));
    }
    return move->at.ns >= slot->duty.sent_at.ns ||
           refuse(check, "%s cannot have been received before it was sent", slot->duty.key);
}

static bool decide_check(const struct check *check)
{
    const struct slot *slot = slot_named(check->duties, check->move->incident, check->move->duty);
    if (slot != NULL && slot->duty.kind == DUTY_BRIEF && !slot->duty.provisional) {
        return refuse(check, "the grade is 较大 or above: there is nothing to decide (art. 15(1))");
    }
    return (slot != NULL && slot->duty.state == DUTY_TO_BE_DECIDED) ||
           refuse(check, "no duty \"%s\" is to be decided", check->move->duty);
}

// ---- the life cycle

static bool ended_check(const struct check *check)
{
    if (is_disposed(check)) {
        return refuse(check, "处置结束 was entered already");
    }
    return check->move->at.ns >= check->incident->onset.ns ||
           refuse(check, "处置结束 cannot lie before the incident's onset");
}

static bool close_check(const struct check *check)
{
    enum incident_state state = check->incident->state;
    bool none = state == INCIDENT_FALSE_ALARM || state == INCIDENT_OUT_OF_SCOPE ||
                incident_is_represented(check->incident) ||
                !duty_is_reportable(check->duties, check->incident);
    if (!none && state != INCIDENT_SUMMARY_FILED && state != INCIDENT_REFILED) {
        return refuse(check, "the summary was not filed: an incident is closed after it (art. 17)");
    }
    for (size_t i = 0; i < check->duties->slot_count; i++) {
        const struct slot *slot = &check->duties->slots[i];
        if (strcmp(slot->duty.subject, check->move->incident) == 0 && slot_is_open(slot) &&
            slot->duty.kind != DUTY_LEDGER) {
            return refuse(check, "%s is %s: an incident is closed when nothing is due any more",
                slot->duty.key, duty_state_names[slot->duty.state]);
        }
    }
    return true;
}

static bool promise_check(const struct check *check)
{
    const struct slot *summary = slot_last(check->duties, check->move->incident, DUTY_SUMMARY);
    if (!slot_is_open(summary)) {
        return refuse(check, "no summary is due that could be promised (art. 17)");
    }
    int64_t ended = date_of_second(instant_second(check->incident->disposal_ended_at));
    return check->move->date > ended ||
           refuse(check, "the promised date is not behind 处置结束 (art. 17)");
}

static bool returned_check(const struct check *check)
{
    enum incident_state state = check->incident->state;
    bool filed = state == INCIDENT_SUMMARY_FILED || state == INCIDENT_REFILED ||
                 (state == INCIDENT_CLOSED && is_disposed(check));
    return filed || refuse(check, "no summary was filed that could come back (art. 23)");
}

static bool immediate_check(const struct check *check)
{
    if (incident_whole_grade(check->incident) < GRADE_MAJOR) {
        return refuse(check, "progress is reported of 重大 and above only (art. 16)");
    }
    return !is_disposed(check) ||
           refuse(check, "处置结束 was entered: progress has ended (art. 16)");
}

static bool regrade_check(const struct check *check)
{
    return check->move->grade != check->incident->grade ||
           refuse(check, "the incident has this grade already");
}

// What a person may still do with an incident that has left.
static bool left_check(const struct check *check)
{
    enum incident_state state = check->incident->state;
    int kind = check->move->kind;
    bool closed = state == INCIDENT_CLOSED;
    bool allowed = closed ? kind == FACT_RETURNED
                          : kind == FACT_CLOSE || kind == FACT_REGRADE || kind == FACT_FILL;
    return !incident_has_left(check->incident) || allowed ||
           refuse(check, "the incident is %s: it takes no move of kind %s",
               incident_state_names[state], choice_name(fact_kinds, kind));
}

static bool kind_check(const struct check *check)
{
    switch (check->move->kind) {
    case FACT_SENT: return sent_check(check);
    case FACT_RECEIVED: return received_check(check);
    case FACT_DECIDE: return decide_check(check);
    case FACT_ENDED: return ended_check(check);
    case FACT_CLOSE: return close_check(check);
    case FACT_PROMISE: return promise_check(check);
    case FACT_RETURNED: return returned_check(check);
    case FACT_STAGE:
    case FACT_PROBLEM: return immediate_check(check);
    case FACT_REGRADE: return regrade_check(check);
    default: return true;
    }
}

// Of a risk notice and its answer, which belong to no incident.
static bool notice_check(const struct check *check)
{
    const struct fact *move = check->move;
    const struct slot *slot = slot_last(check->duties, move->incident, DUTY_RISK_ANSWER);
    if (move->kind == FACT_RISK_NOTICE) {
        return move->date >= date_of_second(instant_second(move->at)) ||
               refuse(check, "the answer would be due before the notice came (art. 24)");
    }
    if (slot == NULL) {
        return refuse(check, "there is no incident \"%s\"", move->incident);
    }
    if (slot->duty.network != move->network) {
        return refuse(check, "the notice is of network \"%s\"",
            check->duties->settings->networks[slot->duty.network].id);
    }
    if (move->kind != FACT_SENT && move->kind != FACT_RECEIVED && move->kind != FACT_FILL &&
        move->kind != FACT_ACKNOWLEDGE) {
        return refuse(check, "a risk notice takes no move of kind %s (art. 24)",
            choice_name(fact_kinds, move->kind));
    }
    return kind_check(check);
}

bool move_is_possible(const struct duties *duties, const struct incident *incident,
    const struct fact *move, char *error, size_t error_size)
{
    const struct check check = {duties, incident, move, error, error_size};
    if (incident == NULL) {
        return notice_check(&check);
    }
    if (incident->network != move->network) {
        return refuse(&check, "the incident is of network \"%s\"",
            duties->settings->networks[incident->network].id);
    }
    return left_check(&check) && kind_check(&check);
}
