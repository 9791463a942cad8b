// The record `call`: a person is to be told at once, how loud, and who. Beside the flow: it changes
// no grade and no duty. In a live run calls go out (caller.h); a replay files what it would have
// called, so that a backtest can count them.
#pragma once

#include "config/settings.h"

#include "detectors/duties/duties.h"
#include "detectors/health/health.h"
#include "detectors/kafka/kafka.h"

enum call_level {
    CALL_NONE,
    CALL_WALL,  // 大屏: something is suspected
    CALL_TONE,  // 提示音: 一般, or 较大 is near; a network is not seen
    CALL_PHONE, // 电话: 较大 or above by either reading, a report is due, not seen in peak hours
};
extern const char *const call_level_names[];

enum call_cause {
    CALL_BEGAN,
    CALL_RAISED,    // louder, or a higher grade
    CALL_REPEATED,  // nobody has acknowledged
    CALL_ESCALATED, // nobody has for so long that the next step is called too
    CALL_DUE,       // a report: half of its time or 80 % of it has gone
    CALL_OVERDUE,
    CALL_OVER, // told to those who were called by phone: it ended without anybody's acknowledgement
};
extern const char *const call_cause_names[];

#define NETWORK_PREFIX   "blind/" // ids of networks that are not seen
#define CALL_SUBJECT_MAX 48
#define CALL_TEXT_MAX    512

struct call {
    char subject[CALL_SUBJECT_MAX]; // the incident's or notice's id, or blind/ and the network's
    uint16_t network;
    enum call_level level;
    enum call_cause cause;
    int64_t step; // of the roster that is called, and all before it; 0: nobody by name
    struct instant at;
    bool muted; // a person wanted none: filed, not made
    int grade, conservative_grade;
    char text[CALL_TEXT_MAX]; // Chinese, one line
};

struct calls;
struct calls *calls_new(const struct settings *settings);
void calls_free(struct calls *calls);

// FACT_ACKNOWLEDGE: nobody is asked for any more, until the grade rises or a report is overdue.
// FACT_MUTE: nobody is called for its network until `until`, but for a higher grade than before and
// for what is overdue. All others are nothing here.
void calls_take_fact(struct calls *calls, const struct fact *fact);

struct calls_input {
    const struct grade *grades; // of this tick
    size_t grade_count;
    const struct incident *incidents; // with an event at this tick
    size_t incident_count;
    const struct duty *duties;
    size_t duty_count;
    const struct health_change *health;
    size_t health_count;
};
// One tick: *ret are the calls that it makes; they live until the next.
size_t calls_from_tick(struct calls *calls, const struct calls_input *input, struct instant tick,
    const struct call **ret);

// Its key: subject/call/second/cause.
#define CALL_KEY_MAX 96
void call_key(const struct call *call, char ret[static CALL_KEY_MAX]);
// For the ledger and the gateway, without whom the roster names now: the caller adds them.
json_t *call_json(const struct settings *settings, const struct call *call);
// A row of the outbox, as a CloudEvent. Of a state secret it says only that the ledger is to be
// looked at.
void event_from_call(const struct settings *settings, const char *source, const struct call *whole,
    struct event *ret);
