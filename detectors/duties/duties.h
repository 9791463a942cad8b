// The record `duty`: something that must be reported, to whom, by when (arts. 14 to 17).
#pragma once

#include "config/settings.h"

#include "detectors/incidents/incidents.h"

enum duty_kind {
    DUTY_BRIEF,           // O1 事发简要报告, because of the grade (art. 15(1))
    DUTY_BRIEF_ATTENTION, // the same because of 较大舆情 (art. 15(2))
    DUTY_ONSET,           // O2 事发报告
    DUTY_ONSET_ATTENTION, // the same because of 较大舆情
    DUTY_PROGRESS,        // O3 事中进展报告, every two hours (art. 16)
    DUTY_IMMEDIATE,       // O4 the same at once
    DUTY_SUMMARY,         // O5 事后调查总结报告 (art. 17)
    DUTY_PRELIMINARY,     // O6 初步报告, in place of O5
    DUTY_PROMISED,        // O7 the summary on the promised date
    DUTY_REVISED,         // O8 the summary again (art. 23)
    DUTY_RISK_ANSWER,     // O9 the answer to a risk notice (art. 24): of a network, not an incident
    DUTY_LEDGER,          // O10 台账 (art. 25)
    DUTY_KINDS,
};
extern const char *const duty_ids[];           // "O1"
extern const char *const duty_articles[];      // "第十五条第一款"
extern const char *const duty_names_chinese[]; // "网络安全事件事发简要报告"

enum duty_state {
    DUTY_OPEN,
    DUTY_TO_BE_DECIDED, // 待判定: only the conservative grade is 较大 or above
    DUTY_NOT_REPORTED,  // a person decided so, and said why (不报告依据)
    DUTY_SENT,
    DUTY_RECEIVED,
    DUTY_LAPSED, // nothing is to be sent any more: what it asked for has ended, or came with
                 // another
    DUTY_STATES,
};
extern const char *const duty_state_names[];

// Why a duty is handed on at a tick.
enum duty_event {
    DUTY_BEGAN,
    DUTY_CHANGED, // firm, other deadlines, a higher grade, another group: wants a new draft
    DUTY_HALF,    // reminder: half of its time has gone
    DUTY_WARNED,  // reminder: 80 % of its time; of working days: one before the last
    DUTY_OVERDUE, // its outer limit has passed and nothing was sent
    DUTY_MOVED,   // a person's move changed its state
    DUTY_EVENTS,
};
extern const char *const duty_event_names[];

struct duty {
    enum duty_kind kind;
    char key[DUTY_KEY_MAX];        // tells apart what one subject may have: "O1-15(2)", "O3/2"
    char subject[INCIDENT_ID_MAX]; // the incident's id; O9: the notice's (its fact)
    uint16_t network;
    uint32_t number;                 // of the repeat, from 1
    const struct incident *incident; // as it stands; NULL for O9. Lives until the next tick
    uint32_t sequence;               // of this record among the duty's, from 1
    struct instant at;               // tick of the record
    enum duty_event event;
    enum duty_state state;
    bool provisional;         // it begins, or began, with the conservative grade alone
    struct instant starts_at; // of the clock: met_at of the first 较大 criterion, ...
    struct instant due_at; // working deadline: onset + 1 h while that is ahead of starts_at, else
                           // the outer limit. INSTANT_NEVER: O10
    struct instant outer_limit_at;       // nothing is in time after it
    struct instant half_at, warn_at;     // reminders; INSTANT_NEVER: none
    struct instant sent_at, received_at; // INSTANT_NEVER until a person says so
    int channel;                         // enum channel by which it was sent
    char sent_entry[FACT_ID_MAX], received_entry[FACT_ID_MAX]; // what said so; "": none
    bool incomplete;         // it was sent without items that it must have (art. 19)
    struct instant known_at; // tick at which it was found
    bool overdue;            // not sent by the outer limit, or sent later
    bool overdue_at_detection;
    bool calendar_missing;          // its working days lie in a year without a calendar
    struct instant earliest_due_at; // calendar_missing: by Monday to Friday alone; else due_at
    struct instant principle_at;    // O6, O7: 40 working days; INSTANT_NEVER: none
    char promised[DATE_TEXT_MAX];   // O6, O7: date of the summary; "": none
    struct instant keep_until;      // O10: once the incident is closed; INSTANT_NEVER until then
    const char *cause;              // O4: what it reports; DUTY_LAPSED: why. Static text or NULL
};

// The brief (O1) of an incident as it stands, without known_at and what follows from it. False when
// nothing is due: neither grade is 较大 or above.
bool duty_brief(const struct incident *incident, struct duty *ret);
// The brief that public attention asks for: within 1 h of it, whatever the grade, unless the grade
// asked for one before. False when nothing is due.
bool duty_brief_attention(const struct incident *incident, struct duty *ret);
// Both ends of O1: the working deadline and the outer limit (art. 15).
void duty_deadlines(struct instant onset, struct instant starts_at, struct instant *ret_due_at,
    struct instant *ret_outer_limit_at);

// When a rule book asks for its first report.
struct clock {
    const struct rulebook *rulebook;
    bool provisional;
    struct instant starts_at, due_at;
};
#define CLOCKS_MAX (BESIDE_MAX + 2)
// Those that run, the earliest first.
size_t duty_clocks(const struct settings *settings, const struct incident *incident,
    struct clock ret[static CLOCKS_MAX]);
// Sets `clocks`, and `not_covered`: what no clock here is of.
void clocks_set(json_t *object, const struct settings *settings, const struct incident *incident);

struct duties;
struct duties *duties_new(const struct settings *settings);
void duties_free(struct duties *duties);
// All incidents as they stand, before a tick's duties: live until the next tick.
void duties_see_incidents(struct duties *duties, const struct incident *incidents, size_t count);
// One tick: *ret are the records of it, those of one duty in their order. `incidents` are those
// with an event.
size_t duties_from_incidents(struct duties *duties, const struct incident *incidents, size_t count,
    struct instant tick, const struct duty **ret);
// The next instant at which one falls due, is reminded of or becomes overdue; INSTANT_NEVER: none.
struct instant duties_next_at(const struct duties *duties);

// A duty as it stands; NULL: there is none. Lives until the next tick.
const struct duty *duties_get(const struct duties *duties, const char *subject, const char *key);
// What an earlier process told of an incident, where judging it again says something else. First
// the incident (`told`: its newest event, `tick`: the next one), then each record of its duties, in
// their order. A command asks in the same way what is possible where no run is, also of a notice:
// `incident` is NULL then.
void duties_forget_told(struct duties *duties, const struct incident *incident, const json_t *told,
    struct instant tick);
// The same before the records of a notice's answer.
void duties_forget_notice(struct duties *duties, const char *notice, struct instant tick);
void duties_take_told(struct duties *duties, const struct incident *incident, const json_t *told);

// By its key, or "O3": the one of several that is open, else the last; NULL: there is none.
const struct duty *duty_named(const struct duties *duties, const char *subject, const char *name);
// The duty whose report a move says to be complete: the one that was sent; of a close the summary.
// Its incident is not to be followed. NULL: none.
const struct duty *move_report(const struct duties *duties, const struct fact *move);
// Whether a person's move can be: false with one sentence that names the rule. `incident` is the
// one that it names, NULL when there is none; `missing` names what move_report's report lacks. A
// move that is refused changes nothing.
bool move_is_possible(const struct duties *duties, const struct incident *incident,
    const struct fact *move, const char *missing, char *error, size_t error_size);
// One that can be, before the tick's duties, and before the incident takes it.
void duties_take_move(struct duties *duties, const struct incident *incident,
    const struct fact *move, struct instant tick);

// The duties of an incident as they stand, of what repeats the last one: an array of duty_json.
// NULL `duties`: the briefs, by the incident alone. A new reference.
json_t *duties_json(
    const struct settings *settings, const struct duties *duties, const struct incident *incident);

// To whom the network's institution reports (art. 14), or what its report_to says. Returns `text`.
#define REPORT_TO_MAX 256
const char *duty_report_to(
    const struct settings *settings, uint16_t network, char text[static REPORT_TO_MAX]);
// The channels that art. 18 allows, one bit for each of enum channel.
unsigned duty_channels(const struct settings *settings, const struct duty *duty);

json_t *duty_json(const struct settings *settings, const struct duty *duty);
// The first report (O1), for whatever reason.
static inline bool duty_is_brief(const struct duty *duty)
{
    return duty->kind == DUTY_BRIEF || duty->kind == DUTY_BRIEF_ATTENTION;
}
// A duty with nothing known yet but its key and whose it is.
struct duty duty_blank(enum duty_kind kind, const struct incident *incident);
