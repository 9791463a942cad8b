// From the outbox to the brokers: one thread, with an SQLite connection of its own, so that a dead
// broker can hold up nobody else.
//
// Committed rows are handed to librdkafka in the order of their numbers, at most IN_FLIGHT at a
// time. A row is marked `delivered` only after the broker's acknowledgement (acks=all), many in one
// transaction. librdkafka itself retries without end (message.timeout.ms=0); the producer is
// idempotent, so retries keep order and add no copies.
//
// When the delivery report or the producer says an error that it will not mend by itself (a fatal
// error, a topic that does not exist and may not be made, no right to write), everything in flight
// is dropped, the producer is made anew after a pause, and reading starts again at the first
// pending row. What had arrived without a report is sent again: same ce_id, so a consumer can tell.
// The same holds after kill -9.
//
// Before the first row of a producer its topics are looked at, and made where the settings allow it
// (topics.c). A message that the brokers refuse for what it is, such as one too large for its
// topic, would hold up all behind it: it stays in the ledger, and a letter on
// <prefix>.deadletter.v1 takes its place. While the brokers are away a second sink may take over
// (sender_watch.c).
//
// librdkafka's own log lines are not shown: one warning when the brokers cannot be reached, one
// line when they can again.
#include "config/log.h"
#include "config/memory.h"

#include "detectors/kafka/sender_parts.h"

#include <stdlib.h>
#include <string.h>

static struct timespec monotonic_after(int64_t ns)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    ns += at.tv_nsec;
    at.tv_sec += ns / NS_PER_S;
    at.tv_nsec = ns % NS_PER_S;
    return at;
}

static bool is_before(struct timespec a, struct timespec b)
{
    return a.tv_sec != b.tv_sec ? a.tv_sec < b.tv_sec : a.tv_nsec < b.tv_nsec;
}

// Sleeps until `ms` are over, or somebody asks to stop, or, when `until_woken`, until woken. Once
// stopping it is a short pause, never none: nothing here may spin.
static void sender_sleep(struct sender *sender, int64_t ms, bool until_woken)
{
    pthread_mutex_lock(&sender->mutex);
    bool stopping = sender->stopping;
    struct timespec until = monotonic_after((stopping && ms > POLL_MS ? POLL_MS : ms) * NS_PER_MS);
    while (!(until_woken && sender->awake) && sender->stopping == stopping &&
           pthread_cond_timedwait(&sender->changed, &sender->mutex, &until) == 0) {
    }
    sender->awake = false;
    pthread_mutex_unlock(&sender->mutex);
}

// Stop was asked for, and either nothing is left or the time is over.
static bool is_over(struct sender *sender, bool idle)
{
    pthread_mutex_lock(&sender->mutex);
    bool stopping = sender->stopping;
    struct timespec stop_at = sender->stop_at;
    pthread_mutex_unlock(&sender->mutex);
    return stopping && (idle || !is_before(monotonic_after(0), stop_at));
}

// Another setup is a producer that must be made anew. What is in flight is sent again, there.
static void move(struct sender *sender)
{
    pthread_mutex_lock(&sender->mutex);
    struct setup *setup = sender->setup_next;
    sender->setup_next = NULL;
    pthread_mutex_unlock(&sender->mutex);
    if (setup == NULL || setup_is_same(setup, sender->setup)) {
        setup_free(setup); // no reason to send anything again
        return;
    }
    if (strcmp(setup->kafka.brokers, sender->setup->kafka.brokers) != 0) {
        log_info("Kafka: from '%s' to '%s'", sender->setup->kafka.brokers, setup->kafka.brokers);
    }
    second_sink_close(sender->takeover.sink);
    sender->takeover.sink = NULL;
    setup_free(sender->setup);
    sender->setup = setup;
    sender->down = false;
    sender->broken = true;
    sender->wait_ms = FIRST_WAIT_MS;
}

static void mend(struct sender *sender)
{
    char error[256];
    if (sender->refused != 0) {
        outbox_mark(sender->outbox, &sender->refused, 1, NULL); // one attempt more
        if (sender->refused_itself) {
            dead_letter(sender);
        }
        sender->refused = 0;
    }
    producer_stop(sender);
    sender_sleep(sender, sender->wait_ms, false);
    sender->wait_ms = sender->wait_ms * 2 < LAST_WAIT_MS ? sender->wait_ms * 2 : LAST_WAIT_MS;
    sender->broken = !producer_start(sender, error, sizeof(error));
    if (sender->broken) {
        say_down(sender, error);
    }
}

// Nothing is under way and nothing waits.
static bool is_idle(struct sender *sender, bool any)
{
    return !any && sender->in_flight == 0 && sender->delivered_count == 0 &&
           (sender->asked || outbox_pending(sender->outbox) == 0);
}

static void work(struct sender *sender, bool idle)
{
    if (sender->broken) {
        mend(sender);
    } else if (!sender->asked && !idle) {
        topics_ask(sender);
        if (!sender->asked) {
            say_down(sender, "no answer");
        }
    } else if (sender->in_flight > 0) {
        rd_kafka_poll(sender->producer, POLL_MS);
    } else if (idle) {
        rd_kafka_poll(sender->producer, 0);
        if (!sender->asked) {
            topics_ask(sender);
        }
        sender_sleep(sender, IDLE_MS, true);
    } else if (sender->mark_failing) {
        sender_sleep(sender, POLL_MS, false);
    }
}

static void *sender_run(void *context)
{
    struct sender *sender = context;
    sender->progress_ns = monotonic_ns();
    for (;;) {
        move(sender);
        bool any = fill(sender), idle;
        offered_fill(sender);
        idle = is_idle(sender, any);
        if (is_over(sender, idle && !sender->broken)) {
            break;
        }
        work(sender, idle);
        mark(sender);
        watch(sender);
    }
    producer_stop(sender);
    mark(sender); // what arrived during the last moment
    watch_done(sender);
    return NULL;
}

static void sender_free(struct sender *sender)
{
    if (sender->producer != NULL) {
        rd_kafka_destroy(sender->producer);
    }
    outbox_close(sender->outbox);
    for (struct offered *one; (one = offered_take(sender)) != NULL;) {
        offered_free(one);
    }
    setup_free(sender->setup);
    setup_free(sender->setup_next);
    free(sender->ledger_path);
    free(sender->topics_told);
    pthread_cond_destroy(&sender->changed);
    pthread_mutex_destroy(&sender->mutex);
    free(sender);
}

struct sender *sender_start(const struct settings *settings, const char *ledger_path, bool replay,
    char *error, size_t error_size)
{
    struct sender *sender = memory_zeroed(1, sizeof(*sender));
    pthread_condattr_t attributes;
    sender->setup = setup_new(settings);
    sender->ledger_path = memory_text(ledger_path);
    sender->takeover.allowed = !replay;
    sender->wait_ms = FIRST_WAIT_MS;
    pthread_mutex_init(&sender->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&sender->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    sender->outbox = outbox_open(ledger_path, error, error_size);
    if (sender->outbox == NULL || !producer_start(sender, error, error_size)) {
        sender_free(sender);
        return NULL;
    }
    if (pthread_create(&sender->thread, NULL, sender_run, sender) != 0) {
        snprintf(error, error_size, "the sender's thread could not be started");
        sender_free(sender);
        return NULL;
    }
    return sender;
}

void sender_move(struct sender *sender, const struct settings *settings)
{
    struct setup *setup = setup_new(settings);
    pthread_mutex_lock(&sender->mutex);
    setup_free(sender->setup_next);
    sender->setup_next = setup;
    sender->awake = true;
    pthread_cond_signal(&sender->changed);
    pthread_mutex_unlock(&sender->mutex);
}

void sender_wake(struct sender *sender)
{
    pthread_mutex_lock(&sender->mutex);
    sender->awake = true;
    pthread_cond_signal(&sender->changed);
    pthread_mutex_unlock(&sender->mutex);
}

void sender_status(struct sender *sender, struct sender_status *ret)
{
    pthread_mutex_lock(&sender->mutex);
    *ret = sender->shown;
    pthread_mutex_unlock(&sender->mutex);
}

void sender_stop(struct sender *sender, int64_t wait_ns, struct sender_status *ret)
{
    pthread_mutex_lock(&sender->mutex);
    sender->stop_at = monotonic_after(wait_ns);
    sender->stopping = true;
    pthread_cond_signal(&sender->changed);
    pthread_mutex_unlock(&sender->mutex);
    pthread_join(sender->thread, NULL);
    *ret = sender->shown;
    sender_free(sender);
}
