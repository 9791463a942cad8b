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
// librdkafka's own log lines are not shown: one warning when the brokers cannot be reached, one
// line when they can again.
#include "config/log.h"
#include "config/memory.h"

#include "detectors/kafka/kafka.h"
#include "detectors/ledger/ledger.h"

#include <librdkafka/rdkafka.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define IN_FLIGHT     1000
#define POLL_MS       100  // while something is in flight
#define IDLE_MS       1000 // rows may also come from another process
#define FIRST_WAIT_MS 200  // before the producer is made anew; doubles
#define LAST_WAIT_MS  10000

struct sender {
    char *brokers;
    struct outbox *outbox;
    rd_kafka_t *producer;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool awake, stopping;    // under the mutex
    struct timespec stop_at; // under the mutex; CLOCK_MONOTONIC
    char *brokers_next;      // under the mutex; NULL: stay
    // The thread's own:
    int64_t last_number; // handed to the producer last
    size_t in_flight;
    int64_t delivered[IN_FLIGHT];
    size_t delivered_count;
    int64_t refused; // the row whose report was an error; 0: none
    bool broken;     // the producer must be made anew
    bool down;       // the log has been told
    bool mark_failing;
    int64_t wait_ms;
    int64_t left;
};

static void say_down(struct sender *sender, const char *reason)
{
    if (!sender->down) {
        log_warning("Kafka '%s': %s; messages wait in the outbox", sender->brokers, reason);
    }
    sender->down = true;
}

static void on_error(rd_kafka_t *producer, int error, const char *reason, void *context)
{
    struct sender *sender = context;
    (void)producer;
    say_down(sender, reason);
    sender->broken |= error == RD_KAFKA_RESP_ERR__FATAL;
}

static void on_log(const rd_kafka_t *producer, int level, const char *facility, const char *text)
{
    (void)producer, (void)level, (void)facility, (void)text; // on_error says what matters, once
}

static void on_delivery(rd_kafka_t *producer, const rd_kafka_message_t *message, void *context)
{
    struct sender *sender = context;
    int64_t number = (int64_t)(intptr_t)message->_private;
    (void)producer;
    sender->in_flight--;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        sender->delivered[sender->delivered_count++] = number; // room: fill() sees to it
        return;
    }
    if (!sender->broken) {
        say_down(sender, rd_kafka_err2str(message->err));
        sender->refused = number;
        sender->broken = true;
    }
}

static bool configure(rd_kafka_conf_t *conf, const char *brokers, char *error, size_t error_size)
{
    const char *const values[][2] = {
        {"bootstrap.servers", brokers},
        {"client.id", "tapgrade"},
        {"enable.idempotence", "true"},
        {"acks", "all"},
        {"message.timeout.ms", "0"},
        {"partitioner", "murmur2_random"}, // as Java's
        {"compression.codec", "lz4"},
        {"reconnect.backoff.max.ms", "2000"},
        {"log_level", "3"},
    };
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        if (rd_kafka_conf_set(conf, values[i][0], values[i][1], error, error_size) !=
            RD_KAFKA_CONF_OK) {
            return false;
        }
    }
    return true;
}

static bool producer_start(struct sender *sender, char *error, size_t error_size)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_opaque(conf, sender);
    rd_kafka_conf_set_error_cb(conf, on_error);
    rd_kafka_conf_set_log_cb(conf, on_log);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    if (!configure(conf, sender->brokers, error, error_size)) {
        rd_kafka_conf_destroy(conf);
        return false;
    }
    sender->producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, error_size);
    if (sender->producer == NULL) {
        rd_kafka_conf_destroy(conf); // on failure it is still ours
        return false;
    }
    return true;
}

// What is in flight is forgotten here, not in the outbox.
static void producer_stop(struct sender *sender)
{
    if (sender->producer == NULL) {
        return;
    }
    sender->broken = true; // reports of the purge are no news
    rd_kafka_purge(sender->producer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_flush(sender->producer, POLL_MS);
    rd_kafka_destroy(sender->producer);
    sender->producer = NULL;
    sender->in_flight = 0;
    sender->last_number = 0;
}

static rd_kafka_headers_t *headers_from_json(const char *text)
{
    json_t *object = json_loads(text, 0, NULL), *value;
    rd_kafka_headers_t *headers = rd_kafka_headers_new(EVENT_HEADERS);
    const char *name;
    json_object_foreach(object, name, value)
    {
        rd_kafka_header_add(
            headers, name, -1, json_string_value(value), (ssize_t)json_string_length(value));
    }
    json_decref(object);
    return headers;
}

static bool row_produce(struct sender *sender, const struct outbox_row *row)
{
    rd_kafka_headers_t *headers = headers_from_json(row->headers);
    rd_kafka_resp_err_t error = rd_kafka_producev(sender->producer, RD_KAFKA_V_TOPIC(row->topic),
        RD_KAFKA_V_KEY((void *)(uintptr_t)row->key, strlen(row->key)),
        RD_KAFKA_V_VALUE((void *)(uintptr_t)row->value, strlen(row->value)),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_HEADERS(headers),
        RD_KAFKA_V_OPAQUE((void *)(intptr_t)row->number), RD_KAFKA_V_END);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
        rd_kafka_headers_destroy(headers);
        say_down(sender, rd_kafka_err2str(error));
        sender->refused = row->number;
        sender->broken = true;
        return false;
    }
    sender->last_number = row->number;
    sender->in_flight++;
    return true;
}

// Hands over as many rows as there is room for; true when there was one at least.
static bool fill(struct sender *sender)
{
    struct outbox_row row;
    bool any = false;
    while (!sender->broken && sender->in_flight + sender->delivered_count < IN_FLIGHT &&
           outbox_next(sender->outbox, sender->last_number, &row) == 1 &&
           row_produce(sender, &row)) {
        any = true;
    }
    return any;
}

// The stamp is the time of publishing: a fact of this process, not of the verdict.
static void mark(struct sender *sender)
{
    struct timespec now;
    char text[INSTANT_TEXT_MAX];
    if (sender->delivered_count == 0) {
        return;
    }
    clock_gettime(CLOCK_REALTIME, &now);
    instant_format((struct instant){now.tv_sec * NS_PER_S + now.tv_nsec}, 3, text);
    if (!outbox_mark(sender->outbox, sender->delivered, sender->delivered_count, text)) {
        if (!sender->mark_failing) {
            log_warning(
                "outbox: delivered messages cannot be marked: %s", outbox_error(sender->outbox));
        }
        sender->mark_failing = true;
        return; // they stay in hand, and are marked the next time
    }
    if (sender->down) {
        log_info("Kafka '%s': reachable again", sender->brokers);
    }
    sender->down = sender->mark_failing = false;
    sender->delivered_count = 0;
    sender->wait_ms = FIRST_WAIT_MS;
}

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

// Other brokers are a producer that must be made anew. What is in flight is sent again, to them.
static void move(struct sender *sender)
{
    pthread_mutex_lock(&sender->mutex);
    char *brokers = sender->brokers_next;
    sender->brokers_next = NULL;
    pthread_mutex_unlock(&sender->mutex);
    if (brokers != NULL && strcmp(brokers, sender->brokers) == 0) {
        free(brokers); // no reason to send anything again
    } else if (brokers != NULL) {
        log_info("Kafka: from '%s' to '%s'", sender->brokers, brokers);
        free(sender->brokers);
        sender->brokers = brokers;
        sender->down = false;
        sender->broken = true;
        sender->wait_ms = FIRST_WAIT_MS;
    }
}

static void mend(struct sender *sender)
{
    char error[256];
    if (sender->refused != 0) {
        outbox_mark(sender->outbox, &sender->refused, 1, NULL); // one attempt more
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

static void *sender_run(void *context)
{
    struct sender *sender = context;
    for (;;) {
        move(sender);
        bool any = fill(sender);
        bool idle = !any && sender->in_flight == 0 && sender->delivered_count == 0;
        if (is_over(sender, idle && !sender->broken)) {
            break;
        }
        if (sender->broken) {
            mend(sender);
        } else if (sender->in_flight > 0) {
            rd_kafka_poll(sender->producer, POLL_MS);
        } else if (idle) {
            rd_kafka_poll(sender->producer, 0);
            sender_sleep(sender, IDLE_MS, true);
        } else if (sender->mark_failing) {
            sender_sleep(sender, POLL_MS, false);
        }
        mark(sender);
    }
    producer_stop(sender);
    mark(sender); // what arrived during the last moment
    sender->left = outbox_pending(sender->outbox);
    return NULL;
}

static void sender_free(struct sender *sender)
{
    if (sender->producer != NULL) {
        rd_kafka_destroy(sender->producer);
    }
    outbox_close(sender->outbox);
    pthread_cond_destroy(&sender->changed);
    pthread_mutex_destroy(&sender->mutex);
    free(sender->brokers);
    free(sender->brokers_next);
    free(sender);
}

struct sender *sender_start(
    const struct settings *settings, const char *ledger_path, char *error, size_t error_size)
{
    struct sender *sender = memory_zeroed(1, sizeof(*sender));
    pthread_condattr_t attributes;
    sender->brokers = memory_text(settings->kafka.brokers);
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

void sender_move(struct sender *sender, const char *brokers)
{
    pthread_mutex_lock(&sender->mutex);
    free(sender->brokers_next);
    sender->brokers_next = memory_text(brokers);
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

size_t sender_stop(struct sender *sender, int64_t wait_ns)
{
    pthread_mutex_lock(&sender->mutex);
    sender->stop_at = monotonic_after(wait_ns);
    sender->stopping = true;
    pthread_cond_signal(&sender->changed);
    pthread_mutex_unlock(&sender->mutex);
    pthread_join(sender->thread, NULL);
    int64_t left = sender->left;
    sender_free(sender);
    return left < 0 ? SIZE_MAX : (size_t)left;
}
