// Inside of the stage: the store of duties, and who changes it. Private to detectors/duties/.
#pragma once

#include "detectors/duties/duties.h"

#define BRIEF_NS    (S_PER_HOUR * NS_PER_S)      // O1 (art. 15)
#define ONSET_NS    (24 * S_PER_HOUR * NS_PER_S) // O2 (art. 15)
#define PROGRESS_NS (2 * S_PER_HOUR * NS_PER_S)  // O3 (art. 16)

#define SUMMARY_WORKING_DAYS 10 // O5, O6, O8 (arts. 17, 23)
#define PROMISE_WORKING_DAYS 40 // O7, in principle (art. 17)
#define LEDGER_YEARS         3  // O10 (art. 25)

enum decision { DECISION_NONE, DECISION_REPORT, DECISION_NOT };

// A duty as it was handed on last, and what of it waits to be handed on.
struct slot {
    struct duty duty;
    enum decision decision;         // of a provisional brief
    bool decided_by_report;         // nobody decided but who sent it
    int grades, conservative_grade; // O1: what it was about
    bool half_told, warned_told, overdue_told;
    bool waits; // to be handed on at the next tick, as duty.event says
    // What was sent wrongly may be corrected: which duty's report began this one, or made it lapse;
    // and that reminders are told again which a report had stilled.
    char begun_by[DUTY_KEY_MAX], lapsed_by[DUTY_KEY_MAX];
    bool rearmed;
};

// What was seen of an incident.
struct course {
    char id[INCIDENT_ID_MAX];
    int grade;      // of the whole, at the last step
    bool recovered; // told as a stage result
};

struct duties {
    const struct settings *settings;
    struct slot *slots; // in the order in which they began
    size_t slot_count, slot_capacity;
    struct course *courses;
    size_t course_count, course_capacity;
    struct instant next_at;           // nothing falls due before
    const struct incident *incidents; // all
    size_t incident_count;
    struct duty *ret;
    size_t ret_count, ret_capacity;
};

// store.c: slots live until the next slot_add.
struct slot *slot_of(const struct duties *duties, const char *subject, const char *key);
// The last one of a kind; NULL: none.
struct slot *slot_last(const struct duties *duties, const char *subject, enum duty_kind kind);
// By what a person calls it: its key, or the id ("O3") of the one of several that is open, else of
// the last.
struct slot *slot_named(const struct duties *duties, const char *subject, const char *name);
// Begins one; it waits as DUTY_BEGAN. What has numbers gets the next one.
struct slot *slot_add(struct duties *duties, const struct duty *duty, struct instant tick);
bool slot_is_open(const struct slot *slot);
void slot_wait(struct slot *slot, enum duty_event event);
// Nothing is to be sent any more. `cause` is static text.
void slot_lapse(struct slot *slot, const char *cause);
// It is to be sent after all; its reminders are told again.
void slot_reopen(struct slot *slot);
// One as it stands, as another process told of it last.
struct slot *slot_put(struct duties *duties, const struct duty *duty);
// Reminders from its clock: half of the time to due_at, and 80 % of it.
void reminders_fill(struct duty *duty);
// Hands one record on.
void slot_emit(
    struct duties *duties, struct slot *slot, enum duty_event event, struct instant tick);

// working_days.c
struct working_day {
    int64_t date;     // noted holidays of a year without a notice do not count
    int64_t earliest; // by Monday to Friday alone
    bool missing;     // a year on the way has no notice
};
// The n-th working day after a date, which does not count.
struct working_day working_day_after(const struct calendar *calendar, int64_t date, int days);
// Clock of a sealed report: from `starts_at`, on the n-th working day; and its warning.
void working_clock(
    const struct settings *settings, struct instant starts_at, int days, struct duty *ret);
// The same until the close of business of a date.
void dated_clock(
    const struct settings *settings, struct instant starts_at, int64_t date, struct duty *ret);

// duty_json.c
const char *duty_first_key(enum duty_kind kind);

// corrections.c
// What an entry, or its correction, says of the report.
void sent_take(struct duty *duty, const struct fact *move);
void received_take(struct duty *duty, const struct fact *move);
// NULL: the correction can be; else the duty that stands in its way.
const struct slot *correct_bar(const struct duties *duties, const struct fact *move);
void correct(struct duties *duties, const struct incident *incident, const struct fact *move);

// moves.c: why a progress report is to be sent no more.
extern const char disposal_ended[], with_immediate[];

// from_incidents.c
// Of an incident that was not seen yet a new one. Lives until the next call.
struct course *course_of(struct duties *duties, const char *id);
// Two hours from the last report (art. 16).
void progress_clock(struct duty *duty, struct instant starts_at);
struct slot *progress_begin(struct duties *duties, const struct incident *incident,
    struct instant starts_at, struct instant tick);
void immediate_begin(struct duties *duties, const struct incident *incident, struct instant at,
    const char *cause, struct instant tick);
// Whether art. 17 asks for a summary of it.
bool duty_is_reportable(const struct duties *duties, const struct incident *incident);
