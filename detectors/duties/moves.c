// What persons' moves do to duties. Each was checked before (refusals.c), and is told at the tick.
#include "detectors/duties/duties_parts.h"

#include <stdio.h>
#include <string.h>

const char disposal_ended[] = "处置结束";
const char with_immediate[] = "已由立即进展报告代替";
static const char preliminary_filed[] = "已按时报送初步报告";
static const char summary_filed[] = "已报送总结报告";

// By the report of that key; "": by none. The open one need not be the last: a report that was
// taken back leaves an earlier one open.
static void lapse_open(struct duties *duties, const char *subject, const char *by,
    enum duty_kind kind, const char *cause)
{
    for (size_t i = 0; i < duties->slot_count; i++) {
        struct slot *slot = &duties->slots[i];
        if (slot->duty.kind == kind && slot_is_open(slot) &&
            strcmp(slot->duty.subject, subject) == 0) {
            slot_lapse(slot, cause);
            snprintf(slot->lapsed_by, sizeof(slot->lapsed_by), "%s", by);
        }
    }
}

static void lapse_by(
    struct duties *duties, const struct duty *duty, enum duty_kind kind, const char *cause)
{
    lapse_open(duties, duty->subject, duty->key, kind, cause);
}

// Of what a report that was sent asks for next.
static void progress_follow(struct duties *duties, const struct incident *incident,
    const struct duty *duty, struct instant tick)
{
    bool goes_on = incident->disposal_ended_at.ns == INSTANT_NEVER.ns &&
                   incident_whole_grade(incident) >= GRADE_MAJOR;
    if (goes_on) {
        struct slot *slot = progress_begin(duties, incident, duty->sent_at, tick);
        memcpy(slot->begun_by, duty->key, sizeof(slot->begun_by));
    }
}

static struct slot *promised_begin(struct duties *duties, const struct incident *incident,
    enum duty_kind kind, int64_t date, struct instant tick)
{
    const struct settings *settings = duties->settings;
    struct duty duty = duty_blank(kind, incident), principle = duty;
    working_clock(settings, incident->disposal_ended_at, PROMISE_WORKING_DAYS, &principle);
    if (kind == DUTY_PROMISED) {
        dated_clock(settings, incident->disposal_ended_at, date, &duty);
    } else {
        working_clock(settings, incident->disposal_ended_at, SUMMARY_WORKING_DAYS, &duty);
    }
    duty.principle_at = principle.due_at;
    duty.calendar_missing |= principle.calendar_missing;
    date_format(&date, duty.promised, sizeof(duty.promised));
    bool late = date > date_of_second(instant_second(principle.due_at));
    duty.cause = late ? "承诺日期超过处置结束之日起40个工作日" : NULL;
    struct slot *slot = slot_last(duties, incident->id, kind);
    if (slot != NULL && slot->duty.state == DUTY_LAPSED) { // it was thought to be, and is
        slot_reopen(slot);
    }
    if (slot_is_open(slot)) { // another date
        slot->duty.principle_at = duty.principle_at;
        slot->duty.cause = duty.cause;
        memcpy(slot->duty.promised, duty.promised, sizeof(duty.promised));
        slot->duty.due_at = duty.due_at;
        slot->duty.outer_limit_at = duty.outer_limit_at;
        slot_wait(slot, DUTY_MOVED);
        duties->next_at = INSTANT_NONE;
        return slot;
    }
    return slot_add(duties, &duty, tick);
}

static void sent_follow(struct duties *duties, const struct incident *incident,
    const struct duty *duty, struct instant tick)
{
    struct slot *promised;
    switch (duty->kind) {
    case DUTY_IMMEDIATE:
        lapse_by(duties, duty, DUTY_PROGRESS, with_immediate);
        progress_follow(duties, incident, duty, tick);
        break;
    case DUTY_PROGRESS: progress_follow(duties, incident, duty, tick); break;
    case DUTY_PRELIMINARY:
        lapse_by(duties, duty, DUTY_SUMMARY, preliminary_filed);
        promised = promised_begin(duties, incident, DUTY_PROMISED, incident->promised_date, tick);
        memcpy(promised->begun_by, duty->key, sizeof(promised->begun_by));
        break;
    case DUTY_SUMMARY: lapse_by(duties, duty, DUTY_PRELIMINARY, summary_filed); break;
    default: break;
    }
}

static void sent(struct duties *duties, const struct incident *incident, const struct fact *move,
    struct instant tick)
{
    struct slot *slot = slot_named(duties, move->incident, move->duty);
    slot->decided_by_report = slot->duty.state == DUTY_TO_BE_DECIDED;
    if (slot->decided_by_report) {
        slot->decision = DECISION_REPORT;
    }
    slot->duty.state = DUTY_SENT;
    slot->duty.incomplete = move->incomplete[0] != '\0';
    sent_take(&slot->duty, move);
    slot_wait(slot, DUTY_MOVED);
    struct duty duty = slot->duty;
    sent_follow(duties, incident, &duty, tick);
}

static void received(struct duties *duties, const struct fact *move)
{
    struct slot *slot = slot_named(duties, move->incident, move->duty);
    slot->duty.state = DUTY_RECEIVED;
    received_take(&slot->duty, move);
    slot_wait(slot, DUTY_MOVED);
}

static void decide(struct duties *duties, const struct fact *move)
{
    struct slot *slot = slot_named(duties, move->incident, move->duty);
    slot->decision = move->report ? DECISION_REPORT : DECISION_NOT;
    slot->duty.state = move->report ? DUTY_OPEN : DUTY_NOT_REPORTED;
    slot_wait(slot, DUTY_MOVED);
}

static void ended(struct duties *duties, const struct incident *incident, const struct fact *move,
    struct instant tick)
{
    lapse_open(duties, incident->id, "", DUTY_PROGRESS, disposal_ended);
    if (duty_is_reportable(duties, incident) && !incident_is_represented(incident)) {
        struct duty duty = duty_blank(DUTY_SUMMARY, incident);
        working_clock(duties->settings, move->at, SUMMARY_WORKING_DAYS, &duty);
        slot_add(duties, &duty, tick);
    }
}

static void returned(struct duties *duties, const struct incident *incident,
    const struct fact *move, struct instant tick)
{
    struct duty duty = duty_blank(DUTY_REVISED, incident);
    working_clock(duties->settings, move->at, SUMMARY_WORKING_DAYS, &duty);
    slot_add(duties, &duty, tick);
}

// Of a network and a notice, not of an incident.
static void risk_notice(struct duties *duties, const struct fact *move, struct instant tick)
{
    struct duty duty = duty_blank(DUTY_RISK_ANSWER, NULL);
    memcpy(duty.subject, move->id, sizeof(duty.subject));
    duty.network = move->network;
    dated_clock(duties->settings, move->at, move->date, &duty);
    slot_add(duties, &duty, tick);
}

// The ledger is kept for three years from its last entry (art. 25).
static void closed(struct duties *duties, const struct fact *move)
{
    int64_t year;
    int month, day;
    struct slot *slot = slot_last(duties, move->incident, DUTY_LEDGER);
    if (slot != NULL) {
        date_split(date_of_second(instant_second(move->entered_at)), &year, &month, &day);
        bool leap_day = month == 2 && day == 29;
        int64_t last = date_make(year + LEDGER_YEARS, month, leap_day ? 28 : day);
        slot->duty.keep_until = instant_from_s(date_begin_s(last + 1));
        slot_wait(slot, DUTY_MOVED);
    }
}

void duties_take_move(struct duties *duties, const struct incident *incident,
    const struct fact *move, struct instant tick)
{
    duties->next_at = INSTANT_NONE;
    switch (move->kind) {
    case FACT_SENT: sent(duties, incident, move, tick); break;
    case FACT_RECEIVED: received(duties, move); break;
    case FACT_CORRECT: correct(duties, incident, move); break;
    case FACT_DECIDE: decide(duties, move); break;
    case FACT_ENDED: ended(duties, incident, move, tick); break;
    case FACT_STAGE: immediate_begin(duties, incident, move->at, "处置取得阶段性进展", tick); break;
    case FACT_PROBLEM: immediate_begin(duties, incident, move->at, "发现新的问题", tick); break;
    case FACT_PROMISE: promised_begin(duties, incident, DUTY_PRELIMINARY, move->date, tick); break;
    case FACT_RETURNED: returned(duties, incident, move, tick); break;
    case FACT_RISK_NOTICE: risk_notice(duties, move, tick); break;
    case FACT_CLOSE: closed(duties, move); break;
    default: break;
    }
}
