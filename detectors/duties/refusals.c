// Which moves cannot be: each is refused with one sentence that names the rule, before anything
// takes it.
#include "config/yaml_field.h"

#include "detectors/duties/duties_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define KEYS_MAX 256

struct check {
    const struct duties *duties;
    const struct incident *incident;
    const struct fact *move;
    const char *missing; // what the report lacks
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

// "O1, O2": what the subject of the move has.
static const char *keys_name(const struct check *check, char text[static KEYS_MAX])
{
    size_t length = 0;
    text[0] = '\0';
    for (size_t i = 0; i < check->duties->slot_count; i++) {
        const struct duty *duty = &check->duties->slots[i].duty;
        if (strcmp(duty->subject, check->move->incident) == 0 &&
            length + sizeof(duty->key) + 2 < KEYS_MAX) {
            length += (size_t)snprintf(
                text + length, KEYS_MAX - length, "%s%s", length > 0 ? ", " : "", duty->key);
        }
    }
    return length > 0 ? text : "none";
}

static bool no_duty(const struct check *check)
{
    char keys[KEYS_MAX];
    bool preliminary = strcmp(check->move->duty, duty_first_key(DUTY_PRELIMINARY)) == 0;
    return preliminary
               ? refuse(check, "O6 names the date of the summary: promise it first (art. 17)")
               : refuse(check, "there is no duty \"%s\" to be sent; the incident has %s",
                     check->move->duty, keys_name(check, keys));
}

// What is not known yet is filed when it is (art. 19): a deadline may come before.
static bool complete_check(const struct check *check, const char *key)
{
    return check->missing[0] == '\0' || check->move->incomplete[0] != '\0' ||
           refuse(check,
               "%s lacks %s: fill what is missing, or say why it is (`incomplete`; what is not "
               "known yet is filed later, art. 19)",
               key, check->missing);
}

static bool sent_at_check(const struct check *check, const struct duty *duty)
{
    bool early = duty->kind <= DUTY_ONSET_ATTENTION;
    struct instant first = early ? check->incident->onset : duty->starts_at;
    return check->move->at.ns >= first.ns ||
           refuse(check, "%s cannot have been sent before %s", duty->key,
               early ? "the incident began" : "its clock began");
}

static bool sent_check(const struct check *check)
{
    const struct fact *move = check->move;
    const struct slot *slot = slot_named(check->duties, move->incident, move->duty);
    if (slot == NULL || slot->duty.kind == DUTY_LEDGER) {
        return no_duty(check);
    }
    const struct duty *duty = &slot->duty;
    if (!slot_is_open(slot)) {
        return refuse(
            check, "%s is %s: nothing is to be sent", duty->key, duty_state_names[duty->state]);
    }
    return sent_at_check(check, duty) && channel_check(check, duty) &&
           complete_check(check, duty->key);
}

static bool receipt_check(const struct check *check, const struct duty *duty)
{
    int channel = duty->channel;
    bool asks = channel == CHANNEL_EMAIL || channel == CHANNEL_FAX;
    if (asks && check->move->confirmed_channel == CHANNEL_NONE) {
        return refuse(check,
            "%s went by %s: it is received when phone or im has confirmed it (art. 18(1))",
            duty->key, choice_name(sent_channels, channel));
    }
    return check->move->at.ns >= duty->sent_at.ns ||
           refuse(check, "%s cannot have been received before it was sent", duty->key);
}

static bool received_check(const struct check *check)
{
    const struct fact *move = check->move;
    const struct slot *slot = slot_named(check->duties, move->incident, move->duty);
    if (slot == NULL || slot->duty.state != DUTY_SENT) {
        return refuse(
            check, "%s was not sent, or was received already: it cannot be received", move->duty);
    }
    return receipt_check(check, &slot->duty);
}

// ---- corrections

static bool entry_check(const struct check *check, const struct duty *duty)
{
    bool of_sent = check->move->corrects == FACT_SENT;
    const char *entry = of_sent ? duty->sent_entry : duty->received_entry;
    return entry[0] == '\0' || strcmp(entry, check->move->replaces) == 0 ||
           refuse(check, "%s counts as %s by the entry %s, not by %s", duty->key,
               of_sent ? "sent" : "received", entry, check->move->replaces);
}

static bool sent_correct_check(const struct check *check, const struct duty *duty)
{
    bool received = duty->state == DUTY_RECEIVED;
    if (!check->move->withdrawn) {
        return (!received || check->move->at.ns <= duty->received_at.ns ||
                   refuse(check, "%s was received before that: correct the receipt first",
                       duty->key)) &&
               sent_at_check(check, duty) && channel_check(check, duty);
    }
    const struct slot *bar = correct_bar(check->duties, check->move);
    if (bar != NULL) {
        return refuse(
            check, "%s, which follows %s, was sent: correct that first", bar->duty.key, duty->key);
    }
    return !received ||
           refuse(check, "%s was received, so it was sent: correct the receipt first", duty->key);
}

static bool correct_check(const struct check *check)
{
    const struct fact *move = check->move;
    const struct slot *slot = slot_of(check->duties, move->incident, move->duty);
    bool of_sent = move->corrects == FACT_SENT;
    enum duty_state state = slot != NULL ? slot->duty.state : DUTY_OPEN;
    if (state != DUTY_RECEIVED && !(of_sent && state == DUTY_SENT)) {
        return refuse(check, "%s does not count as %s: there is nothing to correct", move->duty,
            of_sent ? "sent" : "received");
    }
    if (move->withdrawn && check->incident != NULL && incident_has_left(check->incident)) {
        return refuse(check, "the incident is %s: what was reported is not taken back",
            incident_state_names[check->incident->state]);
    }
    return entry_check(check, &slot->duty) &&
           (of_sent              ? sent_correct_check(check, &slot->duty)
               : move->withdrawn ? true
                                 : receipt_check(check, &slot->duty));
}

static bool decide_check(const struct check *check)
{
    const struct slot *slot = slot_named(check->duties, check->move->incident, check->move->duty);
    if (slot != NULL && slot->duty.kind == DUTY_BRIEF && !slot->duty.provisional) {
        return refuse(check, "the grade is 较大 or above: there is nothing to decide (art. 15(1))");
    }
    return (slot != NULL && slot->duty.state == DUTY_TO_BE_DECIDED) ||
           refuse(
               check, "no duty \"%s\" is to be decided: a provisional brief is", check->move->duty);
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
    return complete_check(check, "the summary");
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
    allowed |= kind == FACT_CORRECT;
    return !incident_has_left(check->incident) || allowed ||
           refuse(check, "the incident is %s: it takes no move of kind %s",
               incident_state_names[state], choice_name(fact_kinds, kind));
}

static bool kind_check(const struct check *check)
{
    switch (check->move->kind) {
    case FACT_SENT: return sent_check(check);
    case FACT_RECEIVED: return received_check(check);
    case FACT_CORRECT: return correct_check(check);
    case FACT_DECIDE: return decide_check(check);
    case FACT_ENDED: return ended_check(check);
    case FACT_CLOSE: return close_check(check);
    case FACT_PROMISE: return promise_check(check);
    case FACT_RETURNED: return returned_check(check);
    case FACT_STAGE:
    case FACT_PROBLEM: return immediate_check(check);
    case FACT_REGRADE: return regrade_check(check);
    case FACT_CONFIRM:
    case FACT_SPLIT:
        return check->incident->group != NULL ||
               refuse(check, "the incident stands in no group (art. 12(2))");
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
        move->kind != FACT_CORRECT && move->kind != FACT_ACKNOWLEDGE) {
        return refuse(check, "a risk notice takes no move of kind %s (art. 24)",
            choice_name(fact_kinds, move->kind));
    }
    return kind_check(check);
}

const struct duty *move_report(const struct duties *duties, const struct fact *move)
{
    static const enum duty_kind summaries[] = {DUTY_REVISED, DUTY_PROMISED, DUTY_SUMMARY};
    if (move->kind == FACT_SENT) {
        const struct slot *slot = slot_named(duties, move->incident, move->duty);
        return slot != NULL ? &slot->duty : NULL;
    }
    for (size_t i = 0; move->kind == FACT_CLOSE && i < sizeof(summaries) / sizeof(summaries[0]);
         i++) {
        const struct slot *slot = slot_last(duties, move->incident, summaries[i]);
        if (slot != NULL && (slot->duty.state == DUTY_SENT || slot->duty.state == DUTY_RECEIVED)) {
            return &slot->duty;
        }
    }
    return NULL;
}

bool move_is_possible(const struct duties *duties, const struct incident *incident,
    const struct fact *move, const char *missing, char *error, size_t error_size)
{
    const struct check check = {duties, incident, move, missing, error, error_size};
    if (incident == NULL) {
        return notice_check(&check);
    }
    if (incident->network != move->network) {
        return refuse(&check, "the incident is of network \"%s\"",
            duties->settings->networks[incident->network].id);
    }
    return left_check(&check) && kind_check(&check);
}
