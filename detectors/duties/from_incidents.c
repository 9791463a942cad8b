// What must be reported, by when (arts. 15 to 17, 23 to 25).
//
//   O1, O2   an incident of 较大 or above: brief within 1 h, report within 24 h of its met_at
//   O3       重大 or above: progress every 2 h, from met_at and then from the last that was sent,
//            until 处置结束
//   O4       重大 or above: at once when the grade is raised, the interruption has ended, or a
//   person
//            tells of a stage result or a new problem. Counts as a progress when it was sent
//   O5-O8    sealed papers, in working days from 处置结束 or from the receipt of comments
//   O9       the answer to a risk notice, on its own date
//   O10      the ledger, for three years from its last entry
//
// O1 is firm when the grade by the default readings is 较大, and provisional (待判定) when only the
// conservative grade is: then a person decides before it is due (T-C10). A provisional duty becomes
// firm when the grade follows; its clock then runs from the instant of that criterion. Neither a
// recovery nor a later lower measurement takes a firm duty back: a person's word may (regrade,
// false_alarm, out_of_scope). What was sent is not asked for again when the grade rises.
//
// 较大舆情 (art. 15(2)) asks for O1 and O2 of its own, from the flag; the grade does not change by
// it. When the grade becomes 较大 later, that asks for others.
//
// Of a group (art. 12(2)) only the incident that stands for it has duties: with the highest grade,
// from the earliest instant. Regrouping restarts no clock.
//
// A duty is handed on when it begins, when what it asks for changes, when a person's move changes
// it, at 50 % and 80 % of its time and when it is overdue. Clocks run in event time, through nights
// and holidays (T-K9). Between those instants a tick costs one comparison.
#include "config/memory.h"

#include "detectors/duties/duties_parts.h"

#include <string.h>

static const char regrouped[] = "已并入同组事件";
static const char taken_back[] = "人工重新认定，无须报告";
static const char below_major[] = "人工重新定级，低于重大";

// Art. 15(1) says 发生…后…1小时内. Here: "after it happened" is the instant when the threshold was
// met, so starts_at + 1 h is the outer limit; a careful reader may count from the onset, so onset
// + 1 h is what people work to as long as it is still ahead when the duty begins.
void duty_deadlines(struct instant onset, struct instant starts_at, struct instant *ret_due_at,
    struct instant *ret_outer_limit_at)
{
    struct instant working = instant_add(onset, BRIEF_NS);
    *ret_outer_limit_at = instant_add(starts_at, BRIEF_NS);
    *ret_due_at =
        working.ns > starts_at.ns ? instant_min(working, *ret_outer_limit_at) : *ret_outer_limit_at;
}

bool duty_brief(const struct incident *incident, struct duty *ret)
{
    const struct incident_group *group = incident->group;
    struct instant met_at = group != NULL ? group->met_larger_at : incident->met_larger_at;
    bool firm = met_at.ns != INSTANT_NEVER.ns;
    struct instant conservative_at =
        group != NULL ? group->conservative_larger_at : incident->conservative_larger_at;
    struct instant starts_at = firm ? met_at : conservative_at;
    if (starts_at.ns == INSTANT_NEVER.ns || incident_is_represented(incident)) {
        return false;
    }
    *ret = duty_blank(DUTY_BRIEF, incident);
    ret->provisional = !firm;
    ret->state = firm ? DUTY_OPEN : DUTY_TO_BE_DECIDED;
    ret->starts_at = starts_at;
    struct instant onset = group != NULL ? group->onset : incident->onset;
    duty_deadlines(onset, starts_at, &ret->due_at, &ret->outer_limit_at);
    reminders_fill(ret);
    return true;
}

bool duty_brief_attention(const struct incident *incident, struct duty *ret)
{
    struct instant at = incident->attention_at;
    if (at.ns == INSTANT_NEVER.ns || incident->met_larger_at.ns <= at.ns ||
        incident_has_left(incident)) {
        return false;
    }
    *ret = duty_blank(DUTY_BRIEF_ATTENTION, incident);
    ret->starts_at = at;
    ret->due_at = ret->outer_limit_at = instant_add(at, BRIEF_NS);
    reminders_fill(ret);
    return true;
}

// ---- O1 and O2

// How many networks it is about, and the sum of their grades: what a raise of one changes.
static int grades_of(const struct incident *incident)
{
    size_t count;
    const struct incident *const *members = incident_members(&incident, &count);
    int grades = 0;
    for (size_t i = 0; i < count; i++) {
        grades += 1 + GRADE_MAXIMUM + members[i]->grade;
    }
    return grades;
}

// Whether what was handed on says it no more.
static bool brief_changes(const struct slot *slot, const struct duty *duty)
{
    const struct duty *told = &slot->duty;
    if (told->state == DUTY_LAPSED || (told->state == DUTY_NOT_REPORTED && !duty->provisional)) {
        return true;
    }
    return slot_is_open(slot) &&
           (told->provisional != duty->provisional || told->due_at.ns != duty->due_at.ns ||
               slot->grades != grades_of(duty->incident) ||
               (duty->provisional &&
                   slot->conservative_grade < incident_whole_conservative(duty->incident)));
}

static void brief_keep(struct slot *slot, const struct duty *duty, struct instant tick)
{
    struct duty *told = &slot->duty;
    // A firm duty is found when it becomes firm, not when somebody began to wonder.
    bool found = told->provisional != duty->provisional || told->state == DUTY_LAPSED;
    if (found) {
        told->known_at = tick;
        told->cause = NULL;
        told->overdue = told->overdue_at_detection = tick.ns > duty->outer_limit_at.ns;
        slot->half_told = slot->warned_told = slot->overdue_told = false;
    }
    bool decided = duty->provisional && slot->decision == DECISION_REPORT;
    told->provisional = duty->provisional;
    told->state = decided ? DUTY_OPEN : duty->state;
    told->starts_at = duty->starts_at;
    told->due_at = duty->due_at;
    told->outer_limit_at = duty->outer_limit_at;
    told->half_at = duty->half_at;
    told->warn_at = duty->warn_at;
    slot_wait(slot, DUTY_CHANGED);
}

static struct slot *brief_step(struct duties *duties, const struct duty *duty, struct instant tick)
{
    struct slot *slot = slot_of(duties, duty->subject, duty->key);
    if (slot != NULL && !brief_changes(slot, duty)) {
        return slot;
    }
    if (slot == NULL) {
        slot = slot_add(duties, duty, tick);
    } else {
        brief_keep(slot, duty, tick);
        duties->next_at = INSTANT_NONE;
    }
    slot->grades = grades_of(duty->incident);
    slot->conservative_grade = incident_whole_conservative(duty->incident);
    return slot;
}

// Due from the same instant as the brief, once it is certain that there is one to be sent.
static void onset_step(
    struct duties *duties, enum duty_kind kind, const struct duty *brief, struct instant tick)
{
    struct duty duty = duty_blank(kind, brief->incident);
    duty.starts_at = brief->starts_at;
    duty.due_at = duty.outer_limit_at = instant_add(brief->starts_at, ONSET_NS);
    reminders_fill(&duty);
    struct slot *slot = slot_of(duties, duty.subject, duty.key);
    if (slot == NULL) {
        slot_add(duties, &duty, tick);
    } else if (slot->duty.state == DUTY_LAPSED ||
               (slot_is_open(slot) && slot->duty.starts_at.ns != duty.starts_at.ns)) {
        brief_keep(slot, &duty, tick);
    }
}

static void lapse(
    struct duties *duties, const struct incident *incident, enum duty_kind kind, const char *cause)
{
    for (size_t i = 0; i < duties->slot_count; i++) {
        struct slot *slot = &duties->slots[i];
        if (slot->duty.kind == kind && strcmp(slot->duty.subject, incident->id) == 0) {
            slot_lapse(slot, cause);
        }
    }
}

static void reports_step(struct duties *duties, const struct incident *incident,
    enum duty_kind first, bool asked, const struct duty *brief, struct instant tick)
{
    if (!asked) {
        const char *cause = incident_is_represented(incident) ? regrouped : taken_back;
        lapse(duties, incident, first, cause);
        lapse(duties, incident, first + DUTY_ONSET - DUTY_BRIEF, cause);
        return;
    }
    const struct slot *slot = brief_step(duties, brief, tick);
    enum duty_state state = slot->duty.state;
    if (state == DUTY_OPEN || state == DUTY_SENT || state == DUTY_RECEIVED) {
        struct duty firm = slot->duty;
        firm.incident = incident;
        onset_step(duties, first + DUTY_ONSET - DUTY_BRIEF, &firm, tick);
    }
}

// ---- O3 and O4

struct course *course_of(struct duties *duties, const char *id)
{
    for (size_t i = 0; i < duties->course_count; i++) {
        if (strcmp(duties->courses[i].id, id) == 0) {
            return &duties->courses[i];
        }
    }
    duties->courses = memory_grow(
        duties->courses, duties->course_count, &duties->course_capacity, sizeof(struct course));
    struct course *course = &duties->courses[duties->course_count++];
    *course = (struct course){.grade = GRADE_NONE};
    memcpy(course->id, id, sizeof(course->id));
    return course;
}

// The first instant at which any network of it was 重大.
static struct instant major_at(const struct incident *incident)
{
    size_t count;
    const struct incident *const *members = incident_members(&incident, &count);
    struct instant first = INSTANT_NEVER;
    for (size_t i = 0; i < count; i++) {
        first = instant_min(first, members[i]->met_major_at);
    }
    return first;
}

// When the grade of the whole was met.
static struct instant grade_at(const struct incident *incident)
{
    size_t count;
    const struct incident *const *members = incident_members(&incident, &count);
    struct instant first = INSTANT_NEVER;
    for (size_t i = 0; i < count; i++) {
        if (members[i]->grade == incident_whole_grade(incident)) {
            first = instant_min(first, members[i]->met_at);
        }
    }
    return first;
}

void progress_clock(struct duty *duty, struct instant starts_at)
{
    duty->starts_at = starts_at;
    duty->due_at = duty->outer_limit_at = instant_add(starts_at, PROGRESS_NS);
    reminders_fill(duty);
}

struct slot *progress_begin(struct duties *duties, const struct incident *incident,
    struct instant starts_at, struct instant tick)
{
    struct duty duty = duty_blank(DUTY_PROGRESS, incident);
    progress_clock(&duty, starts_at);
    return slot_add(duties, &duty, tick);
}

void immediate_begin(struct duties *duties, const struct incident *incident, struct instant at,
    const char *cause, struct instant tick)
{
    struct duty duty = duty_blank(DUTY_IMMEDIATE, incident);
    duty.starts_at = at;
    duty.due_at = duty.outer_limit_at = instant_add(at, duties->settings->duties.immediate_ns);
    duty.cause = cause;
    slot_add(duties, &duty, tick);
}

static void progress_step(
    struct duties *duties, const struct incident *incident, struct instant tick)
{
    struct course *course = course_of(duties, incident->id);
    int grade = incident_whole_grade(incident);
    bool disposed = incident->disposal_ended_at.ns != INSTANT_NEVER.ns;
    const struct slot *last = slot_last(duties, incident->id, DUTY_PROGRESS);
    if (grade > course->grade && course->grade > GRADE_NONE) {
        immediate_begin(duties, incident, grade_at(incident), "调高事件等级", tick);
    }
    if (!disposed && !slot_is_open(last) && course->grade < GRADE_MAJOR) {
        progress_begin(duties, incident, major_at(incident), tick);
    }
    bool recovered = incident->ended_at.ns != INSTANT_NEVER.ns;
    if (recovered && !course->recovered && !disposed) {
        immediate_begin(duties, incident, incident->ended_at, "整体中断结束", tick);
    }
}

static void major_step(struct duties *duties, const struct incident *incident, struct instant tick)
{
    struct course *course = course_of(duties, incident->id);
    bool represented = incident_is_represented(incident);
    int grade = represented ? GRADE_NONE : incident_whole_grade(incident);
    if (grade >= GRADE_MAJOR) {
        progress_step(duties, incident, tick);
    } else {
        const char *cause = represented ? regrouped : below_major;
        lapse(duties, incident, DUTY_PROGRESS, cause);
        lapse(duties, incident, DUTY_IMMEDIATE, cause);
    }
    course->grade = grade;
    course->recovered = incident->ended_at.ns != INSTANT_NEVER.ns;
}

// ---- all of them

bool duty_is_reportable(const struct duties *duties, const struct incident *incident)
{
    const struct slot *brief = slot_of(duties, incident->id, duty_first_key(DUTY_BRIEF));
    return incident_whole_grade(incident) >= GRADE_COMMON ||
           incident->attention_at.ns != INSTANT_NEVER.ns ||
           (brief != NULL && brief->decision == DECISION_REPORT);
}

static void incident_step(
    struct duties *duties, const struct incident *incident, struct instant tick)
{
    struct duty brief;
    bool asked = duty_brief(incident, &brief);
    reports_step(duties, incident, DUTY_BRIEF, asked, &brief, tick);
    asked = duty_brief_attention(incident, &brief);
    if (asked || incident_has_left(incident)) { // a grade that came later takes nothing back
        reports_step(duties, incident, DUTY_BRIEF_ATTENTION, asked, &brief, tick);
    }
    major_step(duties, incident, tick);
    if (duty_is_reportable(duties, incident) &&
        slot_of(duties, incident->id, duty_first_key(DUTY_LEDGER)) == NULL) {
        struct duty ledger = duty_blank(DUTY_LEDGER, incident);
        ledger.starts_at = incident->onset;
        slot_add(duties, &ledger, tick);
    }
}

// What has begun already when it is found is not reminded of.
static void reminders_pass(struct slot *slot, struct instant tick)
{
    slot->half_told |= tick.ns >= slot->duty.half_at.ns;
    slot->warned_told |= tick.ns >= slot->duty.warn_at.ns;
}

static void slot_tell(struct duties *duties, struct slot *slot, struct instant tick)
{
    if (slot->waits) {
        if (slot->duty.event != DUTY_MOVED && !slot->rearmed) {
            reminders_pass(slot, tick);
        }
        slot->rearmed = false;
        slot_emit(duties, slot, slot->duty.event, tick);
    }
    if (!slot_is_open(slot)) {
        return;
    }
    bool half = tick.ns >= slot->duty.half_at.ns, warned = tick.ns >= slot->duty.warn_at.ns;
    bool overdue = tick.ns > slot->duty.outer_limit_at.ns;
    bool tell_half = half && !slot->half_told && !warned && !overdue;
    bool tell_warned = warned && !slot->warned_told && !overdue;
    bool tell_overdue = overdue && !slot->overdue_told;
    slot->half_told |= half;
    slot->warned_told |= warned;
    slot->overdue_told |= overdue;
    slot->duty.overdue |= overdue;
    if (tell_half || tell_warned || tell_overdue) {
        slot_emit(duties, slot,
            tell_overdue  ? DUTY_OVERDUE
            : tell_warned ? DUTY_WARNED
                          : DUTY_HALF,
            tick);
    }
}

// When this one asks for the next look.
static struct instant slot_next_at(const struct slot *slot)
{
    const struct duty *duty = &slot->duty;
    struct instant next = INSTANT_NEVER;
    if (slot_is_open(slot)) {
        next = slot->half_told ? next : instant_min(next, duty->half_at);
        next = slot->warned_told ? next : instant_min(next, duty->warn_at);
        if (!slot->overdue_told && duty->outer_limit_at.ns != INSTANT_NEVER.ns) {
            next = instant_min(next, instant_add(duty->outer_limit_at, 1));
        }
    }
    return next;
}

static void slots_tell(struct duties *duties, struct instant tick)
{
    duties->next_at = INSTANT_NEVER;
    for (size_t i = 0; i < duties->slot_count; i++) {
        slot_tell(duties, &duties->slots[i], tick);
        duties->next_at = instant_min(duties->next_at, slot_next_at(&duties->slots[i]));
    }
}

struct instant duties_next_at(const struct duties *duties)
{
    return duties->next_at;
}

void duties_see_incidents(struct duties *duties, const struct incident *incidents, size_t count)
{
    duties->incidents = incidents;
    duties->incident_count = count;
}

// An incident may have several events in one tick; the last one has all of its facts.
static bool is_last_of(const struct incident *incidents, size_t count, size_t at)
{
    for (size_t i = at + 1; i < count; i++) {
        if (strcmp(incidents[i].id, incidents[at].id) == 0) {
            return false;
        }
    }
    return true;
}

size_t duties_from_incidents(struct duties *duties, const struct incident *incidents, size_t count,
    struct instant tick, const struct duty **ret)
{
    duties->ret_count = 0;
    *ret = duties->ret;
    if (count == 0 && tick.ns < duties->next_at.ns) {
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        if (is_last_of(incidents, count, i)) {
            incident_step(duties, &incidents[i], tick);
        }
    }
    slots_tell(duties, tick);
    *ret = duties->ret;
    return duties->ret_count;
}
