// Inside of the sender: sender.c is the thread, sender_produce.c what goes to Kafka,
// sender_watch.c what is looked at once a second: figures, and the second sink.
#pragma once

#include "config/clock.h"

#include "detectors/kafka/kafka.h"
#include "detectors/kafka/second_sink.h"
#include "detectors/kafka/setup.h"
#include "detectors/ledger/ledger.h"

#include <pthread.h>
#include <time.h>

#define IN_FLIGHT     1000
#define POLL_MS       100  // while something is in flight
#define IDLE_MS       1000 // rows may also come from another process
#define FIRST_WAIT_MS 200  // before the producer is made anew; doubles
#define LAST_WAIT_MS  5000
#define ASK_MS        1000 // for each answer about topics

// A message that goes past the outbox.
struct offered {
    char id[192], topic[128], key[128];
    char *headers, *value;
    struct offered *next;
};
#define OFFERED_MOST 10000

// Rows that went to the second sink while they waited.
struct takeover {
    bool allowed; // never by a replay: its reports are due to nobody
    bool active;
    struct second_sink *sink; // NULL: not open
    int64_t last_number;      // of the last row that was looked at
    int64_t try_again_ns;     // CLOCK_MONOTONIC
    bool failing;             // the log has been told
};

struct sender {
    struct setup *setup;
    struct outbox *outbox;
    char *ledger_path;
    rd_kafka_t *producer;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool awake, stopping;                    // under the mutex
    struct timespec stop_at;                 // under the mutex; CLOCK_MONOTONIC
    struct setup *setup_next;                // under the mutex; NULL: stay
    struct sender_status shown;              // under the mutex
    struct offered *offered, **offered_tail; // under the mutex, oldest first
    size_t offered_count;                    // under the mutex
    uint64_t offered_dropped;                // under the mutex
    // The thread's own:
    struct sender_status status;
    int64_t last_number; // handed to the producer last
    size_t in_flight;
    int64_t delivered[IN_FLIGHT];
    size_t delivered_count;
    int64_t refused;     // the row whose report was an error; 0: none
    bool refused_itself; // no other message would be refused for that reason
    char refused_reason[128];
    bool asked;        // how the topics are
    char *topics_told; // of them, in the log
    bool broken;       // the producer must be made anew
    bool down;         // the log has been told
    bool mark_failing;
    int64_t wait_ms;
    int64_t progress_ns, watched_ns; // CLOCK_MONOTONIC: of the last report, of the last look
    struct takeover takeover;
};

void say_down(struct sender *sender, const char *reason);

// sender_produce.c
bool producer_start(struct sender *sender, char *error, size_t error_size);
void producer_stop(struct sender *sender); // what is in flight is forgotten here, not in the outbox
void topics_ask(struct sender *sender);
bool fill(struct sender *sender); // true: a row was handed over
void mark(struct sender *sender);
void offered_fill(struct sender *sender);
struct offered *offered_take(struct sender *sender); // NULL: none
void offered_free(struct offered *offered);
// A row that the brokers refuse for what it is goes to <prefix>.deadletter.v1, so that it holds up
// nothing behind it.
void dead_letter(struct sender *sender);

// sender_watch.c
void watch(struct sender *sender);
void takeover_end(struct sender *sender); // a report came from the brokers
void watch_done(struct sender *sender);
