// What must be reported, by when. So far O1, the brief of art. 15(1): within one hour after an
// incident of 较大 or above has happened.
//
// A duty is firm when the grade by the default readings is 较大, and provisional (待判定) when only
// the conservative grade is: then a person decides before it is due (T-C10). A provisional duty
// becomes firm when the grade follows; its clock then runs from the instant of that criterion. A
// firm duty stays: neither a recovery nor a later lower measurement takes it back.
//
// A duty is handed on when it begins, when it becomes firm, when its deadlines move because the
// onset is now known to be earlier, and when the grade rises (the conservative one, while the duty
// is provisional), so that the draft always names the highest grade.
//
// 较大舆情 (art. 15(2)) asks for a brief of its own within an hour of the flag; the grade does not
// change by it. When the grade becomes 较大 later, that asks for another.
//
// Of a group (art. 12(2)) only the incident that stands for it has a brief: with the highest grade,
// from the earliest instant, and anew when a network comes or goes.
//
// Clocks run in event time, through nights and holidays (T-K9).
#include "config/memory.h"

#include "detectors/duties/duties.h"

#include <stdlib.h>
#include <string.h>

#define BRIEF_NS (S_PER_HOUR * NS_PER_S)

// What was handed on last of one incident's brief.
struct open_brief {
    char incident_id[INCIDENT_ID_MAX];
    enum duty_kind kind;
    bool provisional;
    int grade, conservative_grade;
    int grades; // of all networks that it is about
    struct instant due_at;
    struct instant known_at;
    uint32_t sequence;
};

struct duties {
    const struct settings *settings;
    struct open_brief *briefs;
    size_t brief_count, brief_capacity;
    struct duty *ret;
    size_t ret_count, ret_capacity;
};

struct duties *duties_new(const struct settings *settings)
{
    struct duties *duties = memory_zeroed(1, sizeof(*duties));
    duties->settings = settings;
    return duties;
}

void duties_free(struct duties *duties)
{
    if (duties != NULL) {
        free(duties->briefs);
        free(duties->ret);
        free(duties);
    }
}

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
    return true;
}

bool duty_brief_attention(const struct incident *incident, struct duty *ret)
{
    struct instant at = incident->attention_at;
    if (at.ns == INSTANT_NEVER.ns || incident->met_larger_at.ns <= at.ns) {
        return false;
    }
    *ret = duty_blank(DUTY_BRIEF_ATTENTION, incident);
    ret->starts_at = at;
    ret->due_at = ret->outer_limit_at = instant_add(at, BRIEF_NS);
    return true;
}

static struct open_brief *brief_of(
    struct duties *duties, const char *incident_id, enum duty_kind kind, bool *ret_new)
{
    for (size_t i = 0; i < duties->brief_count; i++) {
        if (duties->briefs[i].kind == kind &&
            strcmp(duties->briefs[i].incident_id, incident_id) == 0) {
            *ret_new = false;
            return &duties->briefs[i];
        }
    }
    duties->briefs = memory_grow(
        duties->briefs, duties->brief_count, &duties->brief_capacity, sizeof(*duties->briefs));
    struct open_brief *brief = &duties->briefs[duties->brief_count++];
    *brief = (struct open_brief){.kind = kind};
    memcpy(brief->incident_id, incident_id, sizeof(brief->incident_id));
    *ret_new = true;
    return brief;
}

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

static bool brief_changes(const struct open_brief *brief, const struct duty *duty)
{
    return brief->provisional != duty->provisional || brief->due_at.ns != duty->due_at.ns ||
           brief->grades != grades_of(duty->incident) ||
           (duty->provisional &&
               brief->conservative_grade < incident_whole_conservative(duty->incident));
}

static void brief_step(struct duties *duties, struct duty duty, struct instant tick)
{
    const struct incident *incident = duty.incident;
    bool is_new;
    struct open_brief *brief = brief_of(duties, incident->id, duty.kind, &is_new);
    if (!is_new && !brief_changes(brief, &duty)) {
        return;
    }
    // A firm duty is found when it becomes firm, not when somebody began to wonder.
    if (is_new || brief->provisional != duty.provisional) {
        brief->known_at = tick;
    }
    brief->provisional = duty.provisional;
    brief->grade = incident_whole_grade(incident);
    brief->conservative_grade = incident_whole_conservative(incident);
    brief->grades = grades_of(incident);
    brief->due_at = duty.due_at;
    duty.known_at = brief->known_at;
    duty.sequence = ++brief->sequence;
    duty.event = is_new ? DUTY_BEGAN : DUTY_CHANGED;
    duty.at = tick;
    duty.overdue_at_detection = duty.known_at.ns > duty.outer_limit_at.ns;
    duties->ret =
        memory_grow(duties->ret, duties->ret_count, &duties->ret_capacity, sizeof(*duties->ret));
    duties->ret[duties->ret_count++] = duty;
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
    for (size_t i = 0; i < count; i++) {
        struct duty duty;
        bool last = is_last_of(incidents, count, i);
        if (last && duty_brief(&incidents[i], &duty)) {
            brief_step(duties, duty, tick);
        }
        if (last && duty_brief_attention(&incidents[i], &duty)) {
            brief_step(duties, duty, tick);
        }
    }
    *ret = duties->ret;
    return duties->ret_count;
}
