#include "config/log.h"
#include "config/memory.h"

#include "detectors/json.h"
#include "detectors/kafka/sender_parts.h"
#include "detectors/kafka/topics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LETTER "/refused" // behind the ce_id of what was refused

void say_down(struct sender *sender, const char *reason)
{
    if (!sender->down) {
        log_warning(
            "Kafka '%s': %s; messages wait in the outbox", sender->setup->kafka.brokers, reason);
    }
    sender->down = true;
}

// ---- what librdkafka says

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

static bool is_for_the_message(rd_kafka_resp_err_t error)
{
    return error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE ||
           error == RD_KAFKA_RESP_ERR_INVALID_RECORD ||
           error == RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE || error == RD_KAFKA_RESP_ERR_INVALID_MSG;
}

static void refuse(struct sender *sender, int64_t number, rd_kafka_resp_err_t error)
{
    const char *reason = rd_kafka_err2str(error);
    sender->status.failures++;
    if (sender->broken) {
        return; // the reports of what was dropped with the first
    }
    if (!is_for_the_message(error)) {
        say_down(sender, reason);
    }
    sender->refused = number;
    sender->refused_itself = is_for_the_message(error);
    snprintf(sender->refused_reason, sizeof(sender->refused_reason), "%s", reason);
    sender->broken = true;
}

static void on_delivery(rd_kafka_t *producer, const rd_kafka_message_t *message, void *context)
{
    struct sender *sender = context;
    int64_t number = (int64_t)(intptr_t)message->_private;
    (void)producer;
    sender->in_flight--;
    if (number == 0) { // of no row
        sender->status.dropped += message->err != RD_KAFKA_RESP_ERR_NO_ERROR;
        return;
    }
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        refuse(sender, number, message->err);
        return;
    }
    sender->delivered[sender->delivered_count++] = number; // room: fill() sees to it
    sender->progress_ns = monotonic_ns();
    sender->status.delivered++;
}

// ---- the producer

bool producer_start(struct sender *sender, char *error, size_t error_size)
{
    rd_kafka_conf_t *conf = setup_conf(sender->setup, error, error_size);
    if (conf == NULL) {
        return false;
    }
    rd_kafka_conf_set_opaque(conf, sender);
    rd_kafka_conf_set_error_cb(conf, on_error);
    rd_kafka_conf_set_log_cb(conf, on_log);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    sender->asked = false;
    sender->producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, error_size);
    if (sender->producer == NULL) {
        rd_kafka_conf_destroy(conf); // on failure it is still ours
        return false;
    }
    return true;
}

void producer_stop(struct sender *sender)
{
    if (sender->producer == NULL) {
        return;
    }
    sender->broken = true; // reports of the purge are no news
    uint64_t failures = sender->status.failures;
    rd_kafka_purge(sender->producer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_flush(sender->producer, POLL_MS);
    rd_kafka_destroy(sender->producer);
    sender->status.failures = failures;
    sender->producer = NULL;
    sender->in_flight = 0;
    sender->last_number = 0;
}

static void on_topic(void *context, const char *topic, const char *sentence)
{
    FILE *out = context;
    fprintf(out, "Kafka: %s%s%s%s\n", topic != NULL ? "topic '" : "", topic != NULL ? topic : "",
        topic != NULL ? "' " : "", sentence);
}

// Told when it is not what was told last: a producer may be made anew many times.
static void topics_tell_new(struct sender *sender, char *text)
{
    if (sender->topics_told == NULL || strcmp(sender->topics_told, text) != 0) {
        char *rest = NULL, *copy = memory_text(text);
        for (char *line = strtok_r(copy, "\n", &rest); line != NULL;
             line = strtok_r(NULL, "\n", &rest)) {
            log_warning("%s", line);
        }
        free(copy);
    }
    free(sender->topics_told);
    sender->topics_told = text;
}

void topics_ask(struct sender *sender)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL) {
        return; // the next time
    }
    rd_kafka_poll(sender->producer, 0);
    sender->asked = topics_check(sender->producer, sender->setup, ASK_MS, on_topic, out);
    fclose(out);
    if (sender->asked) {
        topics_tell_new(sender, text);
    } else {
        free(text);
    }
}

// ---- rows

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

// A row of the number 0 is none of the outbox.
static bool row_produce(struct sender *sender, const struct outbox_row *row)
{
    rd_kafka_headers_t *headers = headers_from_json(row->headers);
    sender->status.attempts++;
    rd_kafka_resp_err_t error = rd_kafka_producev(sender->producer, RD_KAFKA_V_TOPIC(row->topic),
        RD_KAFKA_V_KEY((void *)(uintptr_t)row->key, strlen(row->key)),
        RD_KAFKA_V_VALUE((void *)(uintptr_t)row->value, strlen(row->value)),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_HEADERS(headers),
        RD_KAFKA_V_OPAQUE((void *)(intptr_t)row->number), RD_KAFKA_V_END);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
        rd_kafka_headers_destroy(headers);
        if (row->number != 0) {
            refuse(sender, row->number, error);
        }
        return false;
    }
    sender->last_number = row->number;
    sender->in_flight++;
    return true;
}

bool fill(struct sender *sender)
{
    struct outbox_row row;
    bool any = false;
    while (sender->asked && !sender->broken &&
           sender->in_flight + sender->delivered_count < IN_FLIGHT &&
           outbox_next(sender->outbox, sender->last_number, &row) == 1 &&
           row_produce(sender, &row)) {
        any = true;
    }
    return any;
}

// Behind all rows: what may be lost holds up nothing.
void offered_fill(struct sender *sender)
{
    struct offered *offered;
    while (sender->asked && !sender->broken &&
           sender->in_flight + sender->delivered_count < IN_FLIGHT / 2 &&
           (offered = offered_take(sender)) != NULL) {
        struct outbox_row row = {.topic = offered->topic,
            .key = offered->key,
            .headers = offered->headers,
            .value = offered->value};
        int64_t last_number = sender->last_number;
        if (!row_produce(sender, &row)) {
            sender->status.dropped++;
        }
        sender->last_number = last_number;
        offered_free(offered);
    }
}

// The stamp is the time of publishing: a fact of this process, not of the verdict.
void mark(struct sender *sender)
{
    char text[INSTANT_TEXT_MAX];
    if (sender->delivered_count == 0) {
        return;
    }
    instant_format(wall_now(), 3, text);
    if (!outbox_mark(sender->outbox, sender->delivered, sender->delivered_count, text)) {
        if (!sender->mark_failing) {
            log_warning(
                "outbox: delivered messages cannot be marked: %s", outbox_error(sender->outbox));
        }
        sender->mark_failing = true;
        return; // they stay in hand, and are marked the next time
    }
    if (sender->down) {
        log_info("Kafka '%s': reachable again", sender->setup->kafka.brokers);
    }
    sender->down = sender->mark_failing = false;
    sender->delivered_count = 0;
    sender->wait_ms = FIRST_WAIT_MS;
    takeover_end(sender);
}

// ---- what no broker takes

static void letter_make(
    const struct sender *sender, const struct outbox_row *row, struct event *ret)
{
    json_t *letter = json_object(), *headers = json_loads(row->headers, 0, NULL);
    snprintf(ret->id, sizeof(ret->id), "%s" LETTER, row->id);
    snprintf(ret->topic, sizeof(ret->topic), "%s.deadletter.v1", sender->setup->kafka.topic_prefix);
    snprintf(ret->key, sizeof(ret->key), "%s", row->key);
    json_set_text(letter, "schema", "1");
    json_set_text(letter, "id", row->id);
    json_set_text(letter, "topic", row->topic);
    json_set_text(letter, "reason", sender->refused_reason);
    json_set_integer(letter, "bytes", (json_int_t)strlen(row->value));
    json_set_text(headers, "ce_id", ret->id);
    json_set_text(headers, "ce_type", "io.tapgrade.message.refused.v1");
    json_set_text(headers, "ce_dataschema", "urn:tapgrade:schema:deadletter.v1");
    ret->value = json_compact(letter);
    ret->headers = json_compact(headers);
    json_decref(letter);
    json_decref(headers);
}

static bool is_letter(const char *id)
{
    size_t length = strlen(id), tail = strlen(LETTER);
    return length >= tail && strcmp(id + length - tail, LETTER) == 0;
}

void dead_letter(struct sender *sender)
{
    struct outbox_row row;
    struct event letter;
    char error[512];
    if (outbox_next(sender->outbox, sender->refused - 1, &row) != 1 ||
        row.number != sender->refused) {
        return;
    }
    letter_make(sender, &row, &letter);
    log_error("Kafka: message '%s' is refused for what it is (%s); it stays in the ledger, and "
              "'%s' says so",
        row.id, sender->refused_reason, letter.topic);
    json_t *object = json_object();
    json_set_text(object, "reason", sender->refused_reason);
    struct change_set *changes = change_set_new(INSTANT_NONE);
    change_set_add_note(changes, OUTBOX_REFUSED, row.id, object);
    if (!is_letter(row.id)) {
        change_set_add_event(changes, &letter);
    }
    outbox_rest(sender->outbox); // the row ends here
    if (!ledger_add(sender->ledger_path, changes, error, sizeof(error))) {
        log_error("%s", error); // comes again with the next attempt
    }
    event_done(&letter);
}
