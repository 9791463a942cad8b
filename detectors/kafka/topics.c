// Three questions to the brokers: which topics are there (all of them are asked for: asking for one
// by name would have the broker make it), the making of the missing ones, and how the others are
// set. What is not as it should be is told and does not stop anything: a record in a topic that
// keeps too little is better than none.
#include "detectors/kafka/topics.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOPICS_MAX 8
#define TOPIC_SIZE 128

struct check {
    rd_kafka_t *producer;
    const struct setup *setup;
    int wait_ms;
    topics_tell *tell;
    void *context;
    char names[TOPICS_MAX][TOPIC_SIZE];
    bool compacted[TOPICS_MAX], missing[TOPICS_MAX];
    size_t count;
};

static void tell(const struct check *check, const char *topic, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void tell(const struct check *check, const char *topic, const char *format, ...)
{
    char sentence[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof(sentence), format, arguments);
    va_end(arguments);
    check->tell(check->context, topic, sentence);
}

static void want(struct check *check, const char *name, bool compacted)
{
    snprintf(
        check->names[check->count], TOPIC_SIZE, "%s.%s", check->setup->kafka.topic_prefix, name);
    check->compacted[check->count++] = compacted;
}

static void want_all(struct check *check)
{
    want(check, "finding.v1", false);
    want(check, "incident.v1", true); // the last of every incident is kept for ever
    want(check, "draft.v1", false);
    want(check, "health.v1", false);
    want(check, "deadletter.v1", false);
    if (check->setup->kafka.topics.counters) {
        want(check, "counters.v1", false);
    }
    if (check->setup->kafka.topics.ecs) {
        want(check, "ecs.v1", false);
    }
}

// ---- who is there

static const rd_kafka_metadata_topic_t *topic_find(
    const rd_kafka_metadata_t *metadata, const char *name)
{
    for (int i = 0; i < metadata->topic_cnt; i++) {
        const rd_kafka_metadata_topic_t *topic = &metadata->topics[i];
        if (strcmp(topic->topic, name) == 0) {
            return topic->err == RD_KAFKA_RESP_ERR_NO_ERROR ? topic : NULL;
        }
    }
    return NULL;
}

static void copies_check(const struct check *check, const rd_kafka_metadata_topic_t *topic)
{
    const struct kafka_topics_settings *topics = &check->setup->kafka.topics;
    int copies = topic->partition_cnt > 0 ? topic->partitions[0].replica_cnt : 0;
    if (topic->partition_cnt < topics->partitions) {
        tell(check, topic->topic, "has %d partitions, kafka.topics.partitions says %lld",
            topic->partition_cnt, (long long)topics->partitions);
    }
    if (copies < topics->replication) {
        tell(check, topic->topic, "is kept by %d brokers, kafka.topics.replication says %lld",
            copies, (long long)topics->replication);
    }
}

static bool metadata_read(struct check *check)
{
    const rd_kafka_metadata_t *metadata = NULL;
    if (rd_kafka_metadata(check->producer, 1, NULL, &metadata, check->wait_ms) !=
        RD_KAFKA_RESP_ERR_NO_ERROR) {
        return false;
    }
    for (size_t i = 0; i < check->count; i++) {
        const rd_kafka_metadata_topic_t *topic = topic_find(metadata, check->names[i]);
        check->missing[i] = topic == NULL;
        if (topic != NULL) {
            copies_check(check, topic);
        } else if (!check->setup->kafka.topics.create) {
            tell(check, check->names[i],
                "is not there, or may not be seen, and "
                "kafka.topics.create is false");
        }
    }
    rd_kafka_metadata_destroy(metadata);
    return true;
}

// ---- what is asked of the brokers' administration

static rd_kafka_event_t *answer_wait(
    const struct check *check, rd_kafka_queue_t *queue, const char *what)
{
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, check->wait_ms);
    if (event == NULL || rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        tell(check, NULL, "%s: %s", what,
            event != NULL ? rd_kafka_event_error_string(event) : "no answer");
        if (event != NULL) {
            rd_kafka_event_destroy(event);
        }
        return NULL;
    }
    return event;
}

static rd_kafka_NewTopic_t *topic_new(const struct check *check, size_t i)
{
    const struct kafka_topics_settings *topics = &check->setup->kafka.topics;
    char text[32], error[256];
    rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(
        check->names[i], (int)topics->partitions, (int)topics->replication, error, sizeof(error));
    if (topic == NULL) {
        tell(check, check->names[i], "cannot be made: %s", error);
        return NULL;
    }
    rd_kafka_NewTopic_set_config(
        topic, "cleanup.policy", check->compacted[i] ? "compact" : "delete");
    if (!check->compacted[i]) {
        snprintf(text, sizeof(text), "%lld", (long long)(topics->retention_ns / NS_PER_MS));
        rd_kafka_NewTopic_set_config(topic, "retention.ms", text);
    }
    rd_kafka_NewTopic_set_config(topic, "min.insync.replicas", topics->replication > 2 ? "2" : "1");
    return topic;
}

static void made_tell(const struct check *check, rd_kafka_event_t *event)
{
    size_t count;
    const rd_kafka_topic_result_t **results =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
    for (size_t i = 0; i < count; i++) {
        rd_kafka_resp_err_t error = rd_kafka_topic_result_error(results[i]);
        if (error != RD_KAFKA_RESP_ERR_NO_ERROR &&
            error != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
            const char *reason = rd_kafka_topic_result_error_string(results[i]);
            tell(check, rd_kafka_topic_result_name(results[i]), "cannot be made: %s",
                reason != NULL ? reason : rd_kafka_err2str(error));
        }
    }
}

static void missing_make(const struct check *check, rd_kafka_queue_t *queue)
{
    rd_kafka_NewTopic_t *topics[TOPICS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < check->count; i++) {
        if (check->missing[i] && (topics[count] = topic_new(check, i)) != NULL) {
            count++;
        }
    }
    if (count > 0) {
        rd_kafka_CreateTopics(check->producer, topics, count, NULL, queue);
        rd_kafka_event_t *event = answer_wait(check, queue, "making topics");
        if (event != NULL) {
            made_tell(check, event);
            rd_kafka_event_destroy(event);
        }
        rd_kafka_NewTopic_destroy_array(topics, count);
    }
}

static const char *config_value(const rd_kafka_ConfigResource_t *resource, const char *name)
{
    size_t count;
    const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(resource, &count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(rd_kafka_ConfigEntry_name(entries[i]), name) == 0) {
            const char *value = rd_kafka_ConfigEntry_value(entries[i]);
            return value != NULL ? value : "";
        }
    }
    return "";
}

static void config_check(
    const struct check *check, const rd_kafka_ConfigResource_t *resource, bool compacted)
{
    const char *name = rd_kafka_ConfigResource_name(resource);
    const char *policy = config_value(resource, "cleanup.policy");
    long long kept_ms = strtoll(config_value(resource, "retention.ms"), NULL, 10);
    long long wanted_ms = check->setup->kafka.topics.retention_ns / NS_PER_MS;
    if (compacted ? strcmp(policy, "compact") != 0 : strcmp(policy, "delete") != 0) {
        tell(check, name, "has cleanup.policy \"%s\", it must be \"%s\"%s", policy,
            compacted ? "compact" : "delete",
            compacted ? ", else states of incidents get lost"
                      : ", else records of an incident get lost");
    }
    if (!compacted && kept_ms >= 0 && kept_ms < wanted_ms) {
        tell(check, name, "keeps records for %lld h, kafka.topics.retention says %lld h",
            kept_ms / (S_PER_HOUR * 1000), wanted_ms / (S_PER_HOUR * 1000));
    }
}

static void configs_check(const struct check *check, rd_kafka_event_t *event)
{
    size_t count;
    const rd_kafka_ConfigResource_t **resources = rd_kafka_DescribeConfigs_result_resources(
        rd_kafka_event_DescribeConfigs_result(event), &count);
    for (size_t i = 0; i < count; i++) {
        const char *name = rd_kafka_ConfigResource_name(resources[i]);
        if (rd_kafka_ConfigResource_error(resources[i]) != RD_KAFKA_RESP_ERR_NO_ERROR) {
            tell(check, name, "cannot be looked at: %s",
                rd_kafka_ConfigResource_error_string(resources[i]));
            continue;
        }
        for (size_t j = 0; j < check->count; j++) {
            if (strcmp(check->names[j], name) == 0) {
                config_check(check, resources[i], check->compacted[j]);
            }
        }
    }
}

static void configs_read(const struct check *check, rd_kafka_queue_t *queue)
{
    rd_kafka_ConfigResource_t *resources[TOPICS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < check->count; i++) {
        if (!check->missing[i]) {
            resources[count++] =
                rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, check->names[i]);
        }
    }
    if (count > 0) {
        rd_kafka_DescribeConfigs(check->producer, resources, count, NULL, queue);
        rd_kafka_event_t *event = answer_wait(check, queue, "looking at topics");
        if (event != NULL) {
            configs_check(check, event);
            rd_kafka_event_destroy(event);
        }
        rd_kafka_ConfigResource_destroy_array(resources, count);
    }
}

bool topics_check(rd_kafka_t *producer, const struct setup *setup, int wait_ms,
    topics_tell *tell_function, void *context)
{
    struct check check = {.producer = producer,
        .setup = setup,
        .wait_ms = wait_ms,
        .tell = tell_function,
        .context = context};
    want_all(&check);
    if (!metadata_read(&check)) {
        return false;
    }
    rd_kafka_queue_t *queue = rd_kafka_queue_new(producer);
    if (setup->kafka.topics.create) {
        missing_make(&check, queue);
    }
    configs_read(&check, queue);
    rd_kafka_queue_destroy(queue);
    return true;
}
