// What the run of a scenario holds. Private to traffic.c and attempts.c.
#pragma once

#include "tools/generate/events.h"
#include "tools/generate/faults.h"
#include "tools/generate/random.h"
#include "tools/generate/schedule.h"
#include "tools/generate/tap.h"
#include "tools/generate/tcp_frames.h"
#include "tools/generate/truth.h"

struct traffic {
    const struct scenario *scenario;
    struct heap events;
    struct schedule *schedule;
    struct faults *faults;
    struct tap *tap;
    struct tcp *tcp;
    struct truth *truth;
    struct random random;
    uint32_t *stans; // by institution
    bool *tests;     // by institution: what it sends is no production
    uint64_t intents;
    uint64_t messages;
    int64_t retry_owed_ppm, reversal_owed_ppm;
    int64_t end_ns;
    char (*regions)[5]; // by province
};

// A new intent of the province, written at once.
void attempt_begin(struct traffic *traffic, size_t province, int64_t at_ns);
// An echo on the connection, if it is open; the next one is scheduled.
void attempt_begin_echo(struct traffic *traffic, struct connection *connection, int64_t at_ns);
// Management about the whole link: sign-on, sign-off, cut-over.
void attempt_begin_management(
    struct traffic *traffic, uint16_t link, uint16_t network_code, int64_t at_ns);
// An event whose subject is an attempt is due.
void attempt_event(struct traffic *traffic, const struct heap_item *event);
sent_sink attempt_message_sent; // context: struct traffic
