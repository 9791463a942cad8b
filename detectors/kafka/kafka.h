// The record `message` of the outside world: CloudEvents 1.0 binary mode, value = one JSON
// document.
#pragma once

#include "config/settings.h"

#include "detectors/drafts/drafts.h"
#include "detectors/health/health.h"
#include "detectors/normals/normals.h"

#include <stdio.h>

#define EVENT_HEADERS 16

// Most per incident event: the finding, the latest state for the compacted topic, and, where the
// settings want it, the finding in Elastic's fields.
#define INCIDENT_MESSAGES 3

struct event {
    char id[192]; // ce_id: key / sequence / type; deterministic
    char topic[128];
    char key[128];
    char *headers;        // one JSON object of texts: ce_specversion, ce_id, ce_source, ce_type,
                          // ce_subject, ce_time, ...
    char *value;          // compact JSON
    uint16_t institution; // whose it is: of its ledger's outbox
    bool passing;         // goes past the outbox and the JSON lines: may be lost
};
void event_done(struct event *event);
// One line {topic, key, headers, value} and a newline: the file sink and --stop-after kafka.
void event_print(FILE *out, const struct event *event);

// from_incidents.c: a finding (OCSF 2004) on <prefix>.finding.v1 and the state on
// <prefix>.incident.v1; with kafka.topics.ecs also <prefix>.ecs.v1. Of a network whose secrecy is
// state nothing leaves: 0 messages, else how many.
// With all its duties as `duties` has them; NULL: with the brief alone.
size_t events_from_incident(const struct settings *settings, const struct duties *duties,
    const char *source, bool replay, const struct incident *incident,
    struct event ret[INCIDENT_MESSAGES]);
// from_duties.c: a reminder (incident.duty_due) or that a report is overdue
// (incident.duty_overdue), on <prefix>.finding.v1: the incident as it stands, with the duty. 0 for
// every other event of a duty, for one without an incident, and where nothing may leave; else 1.
size_t event_from_duty(const struct settings *settings, const struct duties *duties,
    const char *source, bool replay, const struct duty *duty, struct event *ret);
// from_drafts.c: <prefix>.draft.v1
void event_from_draft(const struct settings *settings, const char *source, bool replay,
    const struct draft *draft, struct event *ret);

// from_health.c: <prefix>.health.v1. Of a network whose secrecy is state, and of its links, nothing
// leaves: 0, else 1.
size_t event_from_health(const struct settings *settings, const char *source, bool replay,
    const struct health_change *change, struct event *ret);

// from_normals.c: with kafka.topics.counters, the counts of a minute that is over, of one network,
// function and province.
struct minute {
    uint16_t network, function;
    uint8_t province;
    int64_t from_s;
    int64_t buckets; // how many were told of
    int64_t normal_milli, demand, retries, succeeded, declined, failed, unanswered, unobserved,
        throttled, late, seen_request_bytes, missing_request_bytes;
};
struct minutes;
struct minutes *minutes_new(const struct settings *settings);
void minutes_free(struct minutes *minutes);
// One tick: *ret are the minutes of which all is known now, by network, function and province.
size_t minutes_from_normals(struct minutes *minutes, const struct normal *normals, size_t count,
    struct instant tick, const struct minute **ret);
// <prefix>.counters.v1. Of a network whose secrecy is state nothing leaves: 0, else 1.
size_t event_from_minute(const struct settings *settings, const char *source, bool replay,
    const struct minute *minute, struct event *ret);

// sender.c: its own thread; takes committed outbox rows of the ledger, marks them on the delivery
// report. Retries without end; with kafka.enabled false it is never started.
struct sender;
// A replay never uses the second sink: its reports are due to nobody.
struct sender *sender_start(const struct settings *settings, const char *ledger_path, bool replay,
    char *error, size_t error_size);
// From here on messages go as `settings` say, which are copied; files that they name are read
// again. Waits for nobody.
void sender_move(struct sender *sender, const struct settings *settings);
// A message that goes past the outbox, copied. When there is no room, the oldest such one goes.
void sender_offer(struct sender *sender, const struct event *event);
// New rows may be there.
void sender_wake(struct sender *sender);

// Since the start; as of a second ago at most.
struct sender_status {
    int64_t waiting;   // rows of the outbox that no broker has acknowledged
    int64_t oldest_ns; // age of the oldest of them, by its event's instant; 0: none
    uint64_t delivered, attempts, failures;
    uint64_t dropped;                // of those that go past the outbox
    uint64_t takeovers, second_sent; // of and by the second sink
    bool away;                       // rows wait, and the brokers take none
    bool second_sink;                // it has taken over
};
// Of any thread.
void sender_status(struct sender *sender, struct sender_status *ret);
// Waits until the outbox is empty, `wait_ns` at most, then stops. *ret is how it was at the end.
void sender_stop(struct sender *sender, int64_t wait_ns, struct sender_status *ret);
