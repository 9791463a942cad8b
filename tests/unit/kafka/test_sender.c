// The sender against librdkafka's own mock brokers, which speak the real protocol on loopback. A
// real Kafka is in tests/kafka.
#include "detectors/kafka/kafka.h"
#include "detectors/ledger/ledger.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <sqlite3.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
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
        sender_start(&brokers.settings, brokers.path, false, brokers.error, sizeof(brokers.error));
    assert_non_null(sender);
    return sender;
}

static int64_t stopped(struct sender *sender, int64_t wait_ns)
{
    struct sender_status status;
    sender_stop(sender, wait_ns, &status);
    return status.waiting;
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
    assert_int_equal(stopped(sender, WAIT_NS), 0);
    topic_check(2505);
    sender = sender_new(); // nothing is left to send
    assert_int_equal(stopped(sender, WAIT_NS), 0);
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
    assert_int_equal(stopped(sender, 300 * NS_PER_MS), 3); // waits no longer than it was told
    sender = sender_new();
    usleep(200000);
    rd_kafka_mock_broker_set_up(brokers.cluster, 1);
    assert_int_equal(stopped(sender, WAIT_NS), 0);
    topic_check(3);
}

// Rows that wait for brokers that are not there go to others, which a reload names; what comes
// later goes there too, also when they are named twice.
static void move(struct sender *sender, char *name)
{
    struct settings there = brokers.settings;
    there.kafka.brokers = name;
    sender_move(sender, &there);
}

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
    move(sender, (char[]){"127.0.0.1:2"});
    move(sender, living);
    commit(ledger, 3, 3);
    usleep(500000);
    move(sender, living);
    commit(ledger, 6, 3);
    assert_true(ledger_close(ledger, brokers.error, sizeof(brokers.error)));
    assert_int_equal(stopped(sender, WAIT_NS), 0);
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
    assert_int_equal(stopped(sender, WAIT_NS), 0);
    topic_check(3);
}

// Rows of the ledger's chain of a kind, as the program wrote them.
static int64_t notes_of(const char *kind, char *first, size_t size)
{
    sqlite3 *database = NULL;
    sqlite3_stmt *statement = NULL;
    int64_t count = 0;
    assert_int_equal(sqlite3_open(brokers.path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(database,
                         "SELECT key || ' ' || content FROM entries WHERE kind = ? ORDER BY number",
                         -1, &statement, NULL),
        SQLITE_OK);
    sqlite3_bind_text(statement, 1, kind, -1, SQLITE_STATIC);
    for (; sqlite3_step(statement) == SQLITE_ROW; count++) {
        if (count == 0) {
            snprintf(first, size, "%s", (const char *)sqlite3_column_text(statement, 0));
        }
    }
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return count;
}

// A message that no broker takes must not hold up those behind it: it becomes a note and a letter.
static void test_a_message_that_nobody_takes_holds_up_nothing(void **state)
{
    char note[256];
    (void)state;
    rd_kafka_mock_topic_create(brokers.cluster, "t.deadletter.v1", 1, 1);
    brokers.settings.kafka.topic_prefix = (char[]){"t"};
    rd_kafka_mock_push_request_errors(brokers.cluster, 0, 1, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
    struct ledger *ledger = ledger_new();
    commit(ledger, 0, 1);
    assert_true(ledger_close(ledger, brokers.error, sizeof(brokers.error)));
    struct sender *sender = sender_new();
    usleep(2500000);
    ledger = ledger_new();
    commit(ledger, 1, 1);
    assert_true(ledger_close(ledger, brokers.error, sizeof(brokers.error)));
    assert_int_equal(stopped(sender, WAIT_NS), 0);
    brokers.settings.kafka.topic_prefix = NULL;
    assert_int_equal(notes_of("message_refused", note, sizeof(note)), 1);
    assert_non_null(strstr(note, "id/0 {\"reason\":\"Broker: Message size too large\"}"));
    rd_kafka_t *consumer = consumer_new();
    rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, 10000);
    message_check(message, 1);
    rd_kafka_message_destroy(message);
    rd_kafka_consumer_close(consumer);
    rd_kafka_destroy(consumer);
}

static size_t lines_in(const char *path, const char *must_hold)
{
    char line[4096];
    size_t count = 0;
    FILE *file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        count += strstr(line, must_hold) != NULL;
    }
    if (file != NULL) {
        fclose(file);
    }
    return count;
}

static void commit_due(struct ledger *ledger, const char *id, const char *due)
{
    char headers[256];
    struct event event = {
        .key = "incident", .topic = TOPIC, .headers = headers, .value = (char[]){"{\"number\":0}"}};
    struct change_set *changes = change_set_new(INSTANT_NONE);
    snprintf(event.id, sizeof(event.id), "%s", id);
    snprintf(headers, sizeof(headers),
        "{\"ce_id\":\"%s\",\"x\":\"草稿\",\"ce_time\":\"2026-03-10T10:15:10.000+08:00\"%s%s%s}", id,
        due != NULL ? ",\"ce_due\":\"" : "", due != NULL ? due : "", due != NULL ? "\"" : "");
    change_set_add_event(changes, &event);
    ledger_commit(ledger, changes);
}

static void status_wait(struct sender *sender, bool second_sink)
{
    struct sender_status status;
    for (int i = 0; i < 200; i++) {
        sender_status(sender, &status);
        if (status.second_sink == second_sink && (second_sink || status.waiting == 0)) {
            return;
        }
        usleep(50000);
    }
    fail();
}

// Away for longer than `after`, and a draft that waits is due: the file gets each message once,
// also after a new start; so does Kafka in the end. A draft that is due tomorrow waits.
static void second_sink_run(const char *due, bool replay, size_t expected)
{
    char path[80], note[256];
    struct second_sink_settings *second = &brokers.settings.kafka.second_sink;
    snprintf(path, sizeof(path), "%s-second", brokers.path);
    *second =
        (struct second_sink_settings){SECOND_SINK_FILE, path, NULL, NS_PER_S, 1800 * NS_PER_S};
    rd_kafka_mock_broker_set_down(brokers.cluster, 1);
    struct ledger *ledger = ledger_new();
    commit_due(ledger, "id/0", due);
    commit_due(ledger, "id/1", NULL);
    assert_true(ledger_close(ledger, brokers.error, sizeof(brokers.error)));
    for (int start = 0; start < (expected > 0 ? 2 : 1); start++) {
        struct sender *sender = sender_start(
            &brokers.settings, brokers.path, replay, brokers.error, sizeof(brokers.error));
        assert_non_null(sender);
        if (expected > 0) {
            status_wait(sender, true);
        }
        usleep(1500000);
        assert_int_equal(stopped(sender, 0), 2);
        assert_int_equal(lines_in(path, "\"ce_id\":\"id/"), expected);
    }
    assert_int_equal(notes_of("second_sink", note, sizeof(note)), expected);
    struct sender *sender = sender_new();
    if (expected > 0) {
        status_wait(sender, true);
    }
    rd_kafka_mock_broker_set_up(brokers.cluster, 1);
    status_wait(sender, false);
    assert_int_equal(stopped(sender, WAIT_NS), 0);
    assert_int_equal(notes_of("second_sink_use", note, sizeof(note)),
        expected > 0 ? 4 : 0); // 3 starts, 1 return
    assert_int_equal(lines_in(path, "\"ce_id\":\"id/"), expected);
    assert_true(ledger_verify(brokers.path, NULL, brokers.error, sizeof(brokers.error)));
    unlink(path);
}

static void test_the_second_sink_takes_over_and_returns(void **state)
{
    (void)state;
    second_sink_run("2026-03-10T11:00:00.000+08:00", false, 2); // overdue
}

static void test_the_second_sink_rests_without_need(void **state)
{
    (void)state;
    second_sink_run("2999-03-10T11:00:00.000+08:00", false, 0);
}

static void test_the_second_sink_is_not_for_replays(void **state)
{
    (void)state;
    rd_kafka_mock_topic_create(brokers.cluster, "unused", 1, 1);
    brokers.settings.kafka.second_sink = (struct second_sink_settings){
        SECOND_SINK_FILE, (char[]){"/nowhere/at/all"}, NULL, NS_PER_S, 1800 * NS_PER_S};
    rd_kafka_mock_broker_set_down(brokers.cluster, 1);
    struct ledger *ledger = ledger_new();
    commit_due(ledger, "id/0", "2026-03-10T11:00:00.000+08:00");
    assert_true(ledger_close(ledger, brokers.error, sizeof(brokers.error)));
    struct sender *sender =
        sender_start(&brokers.settings, brokers.path, true, brokers.error, sizeof(brokers.error));
    struct sender_status status;
    sender_stop(sender, 2500 * NS_PER_MS, &status);
    assert_int_equal(status.waiting, 1);
    assert_int_equal(status.takeovers, 0);
    assert_true(status.away);
    assert_true(status.oldest_ns > 0);
}

static void test_bad_settings_are_a_sentence(void **state)
{
    (void)state;
    assert_true(ledger_close(ledger_new(), brokers.error, sizeof(brokers.error)));
    assert_null(sender_start(
        &brokers.settings, "/nowhere/at/all.db", false, brokers.error, sizeof(brokers.error)));
    assert_non_null(strstr(brokers.error, "/nowhere/at/all.db"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

// Each test has brokers and a ledger of its own and mostly waits: all run at once, each in a
// process.
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_in_order_once_and_marked),
        TEST(test_a_broker_that_comes_late_gets_all),
        TEST(test_other_brokers_get_all),
        TEST(test_a_refused_message_is_tried_again),
        TEST(test_a_message_that_nobody_takes_holds_up_nothing),
        TEST(test_the_second_sink_takes_over_and_returns),
        TEST(test_the_second_sink_rests_without_need),
        TEST(test_the_second_sink_is_not_for_replays),
        TEST(test_bad_settings_are_a_sentence),
    };
    size_t failed = 0;
    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        pid_t child = fork();
        if (child == 0) {
            cmocka_set_test_filter(tests[i].name);
            return cmocka_run_group_tests(tests, NULL, NULL);
        }
        failed += child < 0;
    }
    for (int status; wait(&status) > 0;) {
        failed += status != 0;
    }
    return failed == 0 ? 0 : 1;
}
