// The sender against librdkafka's own mock brokers, which speak the real protocol on loopback. A
// real Kafka is in tests/kafka.
#include "detectors/kafka/kafka.h"
#include "detectors/ledger/ledger.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define TOPIC   "tapgrade.draft.v1"
#define WAIT_NS (20 * NS_PER_S)

struct brokers {
    rd_kafka_t *host;
    rd_kafka_mock_cluster_t *cluster;
    struct settings settings;
    char path[64], error[512];
};

static struct brokers brokers;

static int set_up(void **state)
{
    char error[256];
    (void)state;
    brokers = (struct brokers){0};
    snprintf(brokers.path, sizeof(brokers.path), "/tmp/test_sender_XXXXXX");
    close(mkstemp(brokers.path));
    unlink(brokers.path);
    brokers.host = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), error, sizeof(error));
    brokers.cluster = rd_kafka_mock_cluster_new(brokers.host, 1);
    rd_kafka_mock_topic_create(brokers.cluster, TOPIC, 1, 1);
    brokers.settings.kafka.enabled = true;
    brokers.settings.kafka.brokers = strdup(rd_kafka_mock_cluster_bootstraps(brokers.cluster));
    return 0;
}

static int tear_down(void **state)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-head"};
    (void)state;
    rd_kafka_mock_cluster_destroy(brokers.cluster);
    rd_kafka_destroy(brokers.host);
    free(brokers.settings.kafka.brokers);
    for (int i = 0; i < 4; i++) {
        char name[80];
        snprintf(name, sizeof(name), "%s%s", brokers.path, suffixes[i]);
        unlink(name);
    }
    return 0;
}

// Commits `count` messages with the ids first, first + 1, ...
static void commit(struct ledger *ledger, int first, int count)
{
    struct change_set *changes = change_set_new(INSTANT_NONE);
    for (int i = first; i < first + count; i++) {
        char headers[64], value[64];
        struct event event = {
            .key = "incident", .topic = TOPIC, .headers = headers, .value = value};
        snprintf(event.id, sizeof(event.id), "id/%d", i);
        snprintf(headers, sizeof(headers), "{\"ce_id\":\"id/%d\",\"x\":\"草稿\"}", i);
        snprintf(value, sizeof(value), "{\"number\":%d}", i);
        change_set_add_event(changes, &event);
    }
    ledger_commit(ledger, changes);
}

static void wake(void *sender)
{
    sender_wake(sender);
}

static rd_kafka_t *consumer_new(void)
{
    char error[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", brokers.settings.kafka.brokers, NULL, 0);
    rd_kafka_conf_set(conf, "group.id", "test", NULL, 0);
    rd_kafka_t *consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, error, sizeof(error));
    rd_kafka_topic_partition_list_t *partitions = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(partitions, TOPIC, 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_assign(consumer, partitions);
    rd_kafka_topic_partition_list_destroy(partitions);
    return consumer;
}

static void message_check(const rd_kafka_message_t *message, int number)
{
    char expected[64];
    rd_kafka_headers_t *headers;
    const void *value;
    size_t size;
    int length = snprintf(expected, sizeof(expected), "{\"number\":%d}", number);
    assert_int_equal(message->len, length);
    assert_memory_equal(message->payload, expected, message->len);
    assert_int_equal(message->key_len, 8);
    assert_int_equal(rd_kafka_message_headers(message, &headers), RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(rd_kafka_header_get_last(headers, "ce_id", &value, &size), 0);
    length = snprintf(expected, sizeof(expected), "id/%d", number);
    assert_int_equal(size, length);
    assert_memory_equal(value, expected, size);
    assert_int_equal(rd_kafka_header_get_last(headers, "x", &value, &size), 0);
    assert_memory_equal(value, "草稿", 6);
}

// All messages of the topic are 0, 1, 2, ... count - 1, each once and in order.
static void topic_check(int count)
{
    rd_kafka_t *consumer = consumer_new();
    for (int i = 0; i < count; i++) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, 10000);
        assert_non_null(message);
        assert_int_equal(message->err, RD_KAFKA_RESP_ERR_NO_ERROR);
        message_check(message, i);
        rd_kafka_message_destroy(message);
    }
    rd_kafka_message_t *more = rd_kafka_consumer_poll(consumer, 300);
    assert_null(more);
    rd_kafka_consumer_close(consumer);
    rd_kafka_destroy(consumer);
}

static struct ledger *ledger_new(void)
{
    struct ledger *ledger = ledger_open(brokers.path, brokers.error, sizeof(brokers.error));
    assert_non_null(ledger);
    return ledger;
}

static struct sender *sender_new(void)
{
    struct sender *sender =
        sender_start(&brokers.settings, brokers.path, brokers.error, sizeof(brokers.error));
    assert_non_null(sender);
    return sender;
}

static void test_in_order_once_and_marked(void **state)
{
    (void)state;
    struct ledger *ledger = ledger_new();
    commit(ledger, 0, 5); // before the sender starts
    struct sender *sender = sender_new();
    ledger_on_commit(ledger, wake, sender);
    commit(ledger, 5, 2500); // more than may be in flight
    commit(ledger, 0, 10);   // the same again: no row
    assert_true(ledger_close(ledger, brokers.error, sizeof(brokers.error)));
    assert_int_equal(sender_stop(sender, WAIT_NS), 0);
    topic_check(2505);
    sender = sender_new(); // nothing is left to send
    assert_int_equal(sender_stop(sender, WAIT_NS), 0);
    topic_check(2505);
}

static void test_a_broker_that_comes_late_gets_all(void **state)
{
    (void)state;
    rd_kafka_mock_broker_set_down(brokers.cluster, 1);
    struct ledger *ledger = ledger_new();
    struct sender *sender = sender_new();
    ledger_on_commit(ledger, wake, sender);
    commit(ledger, 0, 3);
    assert_true(ledger_close(ledger, brokers.error, sizeof(brokers.error)));
    assert_int_equal(sender_stop(sender, 300 * NS_PER_MS), 3); // waits no longer than it was told
    sender = sender_new();
    usleep(200000);
    rd_kafka_mock_broker_set_up(brokers.cluster, 1);
    assert_int_equal(sender_stop(sender, WAIT_NS), 0);
    topic_check(3);
}

// Rows that wait for brokers that are not there go to others, which a reload names; what comes
// later goes there too, also when they are named twice.
static void test_other_brokers_get_all(void **state)
{
    (void)state;
    struct ledger *ledger = ledger_new();
    char *living = brokers.settings.kafka.brokers;
    brokers.settings.kafka.brokers = (char[]){"127.0.0.1:1"};
    struct sender *sender = sender_new();
    brokers.settings.kafka.brokers = living;
    ledger_on_commit(ledger, wake, sender);
    commit(ledger, 0, 3);
    usleep(200000);
    sender_move(sender, "127.0.0.1:2");
    sender_move(sender, living);
    commit(ledger, 3, 3);
    usleep(500000);
    sender_move(sender, living);
    commit(ledger, 6, 3);
    assert_true(ledger_close(ledger, brokers.error, sizeof(brokers.error)));
    assert_int_equal(sender_stop(sender, WAIT_NS), 0);
    topic_check(9);
}

// An answer that no retry of librdkafka mends: the producer is made anew, the row is sent again.
static void test_a_refused_message_is_tried_again(void **state)
{
    (void)state;
    rd_kafka_mock_push_request_errors(brokers.cluster, 0, 2,
        RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    struct ledger *ledger = ledger_new();
    struct sender *sender = sender_new();
    ledger_on_commit(ledger, wake, sender);
    commit(ledger, 0, 3);
    assert_true(ledger_close(ledger, brokers.error, sizeof(brokers.error)));
    assert_int_equal(sender_stop(sender, WAIT_NS), 0);
    topic_check(3);
}

static void test_bad_settings_are_a_sentence(void **state)
{
    (void)state;
    assert_true(ledger_close(ledger_new(), brokers.error, sizeof(brokers.error)));
    assert_null(sender_start(
        &brokers.settings, "/nowhere/at/all.db", brokers.error, sizeof(brokers.error)));
    assert_non_null(strstr(brokers.error, "/nowhere/at/all.db"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_in_order_once_and_marked),
        TEST(test_a_broker_that_comes_late_gets_all),
        TEST(test_other_brokers_get_all),
        TEST(test_a_refused_message_is_tried_again),
        TEST(test_bad_settings_are_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
