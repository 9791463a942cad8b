// A report was entered as sent, or as received, and was not, or at another time. The wrong entry
// stays; the correction names it, and everything that followed from it follows from what is right:
//
//   sent, at another time   its own lateness, and the clock of the progress report that runs from
//                           it
//   not sent                it is to be sent again, with its reminders; the report that it began
//                           lapses, the one that it stood for is due once more. A progress report
//                           is not when a later one stands for it, or behind 处置结束
//   received                nothing runs from that
#include "detectors/duties/duties_parts.h"

#include <string.h>

static const char not_sent[] = "更正：前一报告并未报送";

void sent_take(struct duty *duty, const struct fact *move)
{
    duty->sent_at = move->at;
    duty->channel = move->channel;
    duty->overdue = move->at.ns > duty->outer_limit_at.ns;
    memcpy(duty->sent_entry, move->id, sizeof(duty->sent_entry));
}

void received_take(struct duty *duty, const struct fact *move)
{
    duty->received_at = move->at;
    memcpy(duty->received_entry, move->id, sizeof(duty->received_entry));
}

static bool was_sent(const struct slot *slot)
{
    return slot->duty.state == DUTY_SENT || slot->duty.state == DUTY_RECEIVED;
}

// Whether the report of `before` began the duty. What an earlier process told does not say so: a
// progress report runs from the one before it, a promised summary from the preliminary report.
static bool is_begun_by(const struct slot *slot, const struct duty *before)
{
    const struct duty *duty = &slot->duty;
    if (strcmp(duty->subject, before->subject) != 0) {
        return false;
    }
    if (slot->begun_by[0] != '\0') {
        return strcmp(slot->begun_by, before->key) == 0;
    }
    bool progress = before->kind == DUTY_PROGRESS || before->kind == DUTY_IMMEDIATE;
    return before->kind == DUTY_PRELIMINARY
               ? duty->kind == DUTY_PROMISED
               : progress && duty->kind == DUTY_PROGRESS && strcmp(duty->key, before->key) != 0 &&
                     duty->starts_at.ns == before->sent_at.ns;
}

const struct slot *correct_bar(const struct duties *duties, const struct fact *move)
{
    const struct slot *slot = slot_of(duties, move->incident, move->duty);
    for (size_t i = 0; move->withdrawn && slot != NULL && i < duties->slot_count; i++) {
        const struct slot *next = &duties->slots[i];
        if (is_begun_by(next, &slot->duty) && was_sent(next)) {
            return next;
        }
    }
    return NULL;
}

// ---- sent at another time

static void follower_move(struct slot *follower, struct instant sent_at)
{
    progress_clock(&follower->duty, sent_at);
    if (slot_is_open(follower)) {
        slot_reopen(follower); // with the reminders of its new clock
    } else if (was_sent(follower)) {
        follower->duty.overdue = follower->duty.sent_at.ns > follower->duty.outer_limit_at.ns;
        slot_wait(follower, DUTY_CHANGED);
    }
}

static void sent_move(struct duties *duties, struct slot *slot, const struct fact *move)
{
    const struct duty before = slot->duty;
    sent_take(&slot->duty, move);
    for (size_t i = 0; i < duties->slot_count; i++) {
        struct slot *next = &duties->slots[i];
        if (next->duty.kind == DUTY_PROGRESS && is_begun_by(next, &before)) {
            follower_move(next, move->at);
        }
    }
}

// ---- not sent

// What the report began lapses. `ret`: the report that stood for that already, and so stands for
// what is left; "": none.
static void begun_lapse(
    struct duties *duties, const struct duty *duty, char ret[static DUTY_KEY_MAX])
{
    ret[0] = '\0';
    for (size_t i = 0; i < duties->slot_count; i++) {
        struct slot *next = &duties->slots[i];
        if (is_begun_by(next, duty)) {
            if (next->lapsed_by[0] != '\0') {
                memcpy(ret, next->lapsed_by, DUTY_KEY_MAX);
                next->lapsed_by[0] = '\0';
            }
            slot_lapse(next, not_sent);
        }
    }
}

static bool progress_runs(const struct duties *duties, const struct slot *but)
{
    bool runs = false;
    for (size_t i = 0; i < duties->slot_count; i++) {
        const struct slot *slot = &duties->slots[i];
        runs |= slot != but && slot->duty.kind == DUTY_PROGRESS && slot_is_open(slot) &&
                strcmp(slot->duty.subject, but->duty.subject) == 0;
    }
    return runs;
}

// Due once more, but for a progress report for which another one stands: that of the key `heir`.
static void due_again(struct duties *duties, const struct incident *incident, struct slot *slot,
    const char heir[static DUTY_KEY_MAX])
{
    const char *cause = NULL;
    if (slot->duty.kind == DUTY_PROGRESS) {
        bool replaced = heir[0] != '\0' || progress_runs(duties, slot);
        bool disposed = incident != NULL && incident->disposal_ended_at.ns != INSTANT_NEVER.ns;
        cause = replaced ? with_immediate : disposed ? disposal_ended : NULL;
    }
    slot_reopen(slot);
    if (cause != NULL) {
        slot_lapse(slot, cause);
        memcpy(slot->lapsed_by, heir, sizeof(slot->lapsed_by));
    }
}

static void followers_withdraw(struct duties *duties, const struct incident *incident,
    const struct slot *slot, const char heir[static DUTY_KEY_MAX])
{
    for (size_t i = 0; i < duties->slot_count; i++) {
        struct slot *other = &duties->slots[i];
        if (other->duty.state == DUTY_LAPSED &&
            strcmp(other->duty.subject, slot->duty.subject) == 0 &&
            strcmp(other->lapsed_by, slot->duty.key) == 0) {
            due_again(duties, incident, other, heir);
        }
    }
}

static void sent_withdraw(struct duties *duties, const struct incident *incident, struct slot *slot)
{
    char heir[DUTY_KEY_MAX];
    begun_lapse(duties, &slot->duty, heir);
    followers_withdraw(duties, incident, slot, heir);
    if (slot->decided_by_report) { // nobody has decided to report it
        struct slot *onset = slot_of(duties, slot->duty.subject, duty_first_key(DUTY_ONSET));
        slot->decision = DECISION_NONE;
        if (onset != NULL) {
            slot_lapse(onset, not_sent);
        }
    }
    slot->duty.sent_at = INSTANT_NEVER;
    slot->duty.channel = CHANNEL_NONE;
    slot->duty.incomplete = false;
    slot->duty.sent_entry[0] = '\0';
    due_again(duties, incident, slot, heir);
}

static void received_withdraw(struct slot *slot)
{
    slot->duty.state = DUTY_SENT;
    slot->duty.received_at = INSTANT_NEVER;
    slot->duty.received_entry[0] = '\0';
}

void correct(struct duties *duties, const struct incident *incident, const struct fact *move)
{
    struct slot *slot = slot_of(duties, move->incident, move->duty);
    bool of_sent = move->corrects == FACT_SENT;
    if (of_sent && move->withdrawn) {
        sent_withdraw(duties, incident, slot);
    } else if (of_sent) {
        sent_move(duties, slot, move);
    } else if (move->withdrawn) {
        received_withdraw(slot);
    } else {
        received_take(&slot->duty, move);
    }
    slot_wait(slot, of_sent ? DUTY_CHANGED : DUTY_MOVED); // the report says when it was sent
}
