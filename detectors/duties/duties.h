// The record `duty`: something that must be reported, to whom, by when (arts. 14 to 17).
#pragma once

#include "config/settings.h"

#include "detectors/incidents/incidents.h"

// O1 事发简要报告, because of the grade (art. 15(1)) or of 较大舆情 (art. 15(2)); O2-O10 follow.
enum duty_kind { DUTY_BRIEF, DUTY_BRIEF_ATTENTION, DUTY_KINDS };
extern const char *const duty_ids[];  // "O1"
extern const char *const duty_keys[]; // "O1", "O1-15(2)": tells apart what one incident may have
extern const char *const duty_names_chinese[]; // "事发简要报告"

struct duty {
    enum duty_kind kind;
    const struct incident *incident;
    bool provisional;         // 待判定: only the conservative grade is 较大 or above
    struct instant starts_at; // met_at of the first 较大 criterion
    struct instant due_at; // working deadline: onset + 1 h while that is ahead of starts_at, else
                           // the outer limit
    struct instant outer_limit_at; // starts_at + 1 h
    struct instant known_at;       // tick at which it was found
    bool overdue_at_detection;
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
// One tick: *ret are the duties that began or changed at it.
size_t duties_from_incidents(struct duties *duties, const struct incident *incidents, size_t count,
    struct instant tick, const struct duty **ret);
json_t *duty_json(const struct settings *settings, const struct duty *duty);
