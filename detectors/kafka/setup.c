#include "detectors/kafka/setup.h"

#include "config/memory.h"
#include "config/secret.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECRET_MAX 1024

#define TEXT(member) offsetof(struct kafka_settings, member)

static const size_t texts[] = {TEXT(brokers), TEXT(topic_prefix), TEXT(security.user),
    TEXT(second_sink.target), TEXT(security.authorities), TEXT(security.certificate),
    TEXT(security.key), TEXT(security.key_password), TEXT(security.password),
    TEXT(second_sink.token)};
#define TEXTS (sizeof(texts) / sizeof(texts[0]))
#define FILES 4 // from here on they are paths

static char **text_at(struct kafka_settings *kafka, size_t i)
{
    return (char **)(void *)((char *)kafka + texts[i]);
}

static char *text_copy(
    const struct settings *settings, const struct kafka_settings *kafka, size_t i)
{
    char *text = *text_at((struct kafka_settings *)(uintptr_t)kafka, i);
    bool is_path = i >= FILES || (texts[i] == TEXT(second_sink.target) &&
                                     kafka->second_sink.kind == SECOND_SINK_FILE);
    if (text == NULL || text[0] == '\0') {
        return memory_text("");
    }
    return is_path ? settings_path(settings, text) : memory_text(text);
}

struct setup *setup_new(const struct settings *settings)
{
    struct setup *setup = memory_zeroed(1, sizeof(*setup));
    setup->kafka = settings->kafka;
    for (size_t i = 0; i < TEXTS; i++) {
        *text_at(&setup->kafka, i) = text_copy(settings, &settings->kafka, i);
    }
    setup->sensor = memory_text(settings->sensor != NULL ? settings->sensor : "");
    return setup;
}

void setup_free(struct setup *setup)
{
    if (setup == NULL) {
        return;
    }
    for (size_t i = 0; i < TEXTS; i++) {
        free(*text_at(&setup->kafka, i));
    }
    free(setup->sensor);
    free(setup);
}

bool setup_is_same(const struct setup *a, const struct setup *b)
{
    struct kafka_settings one = a->kafka, other = b->kafka;
    bool same = one.compression == other.compression &&
                one.security.protocol == other.security.protocol &&
                one.security.mechanism == other.security.mechanism &&
                one.security.protocol == KAFKA_PLAINTEXT &&
                one.second_sink.kind == other.second_sink.kind &&
                one.second_sink.after_ns == other.second_sink.after_ns &&
                one.second_sink.before_due_ns == other.second_sink.before_due_ns &&
                one.second_sink.token[0] == '\0' && one.topics.create == other.topics.create &&
                one.topics.partitions == other.topics.partitions &&
                one.topics.replication == other.topics.replication &&
                one.topics.retention_ns == other.topics.retention_ns &&
                one.topics.counters == other.topics.counters && one.topics.ecs == other.topics.ecs;
    for (size_t i = 0; same && i < TEXTS; i++) {
        same = strcmp(*text_at(&one, i), *text_at(&other, i)) == 0;
    }
    return same;
}

struct sink_target setup_sink(const struct setup *setup)
{
    const struct second_sink_settings *sink = &setup->kafka.second_sink;
    return (struct sink_target){
        sink->kind, sink->target, sink->token, setup->kafka.security.authorities};
}

// ---- librdkafka

struct conf {
    rd_kafka_conf_t *conf;
    char *error;
    size_t error_size;
};

// The name is told, the value never: librdkafka's sentence could hold it.
static bool set(struct conf *conf, const char *name, const char *value)
{
    char ignored[256];
    bool good =
        rd_kafka_conf_set(conf->conf, name, value, ignored, sizeof(ignored)) == RD_KAFKA_CONF_OK;
    explicit_bzero(ignored, sizeof(ignored));
    if (!good) {
        snprintf(
            conf->error, conf->error_size, "librdkafka does not take what is set for %s", name);
    }
    return good;
}

static bool set_if(struct conf *conf, const char *name, const char *value)
{
    return value[0] == '\0' || set(conf, name, value);
}

static bool set_secret(struct conf *conf, const char *name, const char *path)
{
    char secret[SECRET_MAX];
    if (path[0] == '\0') {
        return true;
    }
    bool good = secret_read(path, secret, sizeof(secret), conf->error, conf->error_size) &&
                set(conf, name, secret);
    explicit_bzero(secret, sizeof(secret));
    return good;
}

static bool set_tls(struct conf *conf, const struct kafka_security_settings *security)
{
    return set_if(conf, "ssl.ca.location", security->authorities) &&
           set_if(conf, "ssl.certificate.location", security->certificate) &&
           (security->key[0] == '\0' ||
               secret_check(security->key, conf->error, conf->error_size)) &&
           set_if(conf, "ssl.key.location", security->key) &&
           set_secret(conf, "ssl.key.password", security->key_password);
}

static bool set_sasl(struct conf *conf, const struct kafka_security_settings *security)
{
    static const char *const mechanisms[] = {[KAFKA_PLAIN] = "PLAIN",
        [KAFKA_SCRAM_SHA_256] = "SCRAM-SHA-256",
        [KAFKA_SCRAM_SHA_512] = "SCRAM-SHA-512"};
    return security->user[0] == '\0' ||
           (set(conf, "sasl.mechanisms", mechanisms[security->mechanism]) &&
               set(conf, "sasl.username", security->user) &&
               set_secret(conf, "sasl.password", security->password));
}

// Brokers that come back are noticed within seconds, also those that did not answer at all: none of
// the waits below is longer than a consumer may wait for what was kept (10 s).
static bool set_constant(struct conf *conf)
{
    static const char *const values[][2] = {
        {"client.id", "tapgrade"},
        {"enable.idempotence", "true"},
        {"acks", "all"},
        {"message.timeout.ms", "0"},
        {"partitioner", "murmur2_random"}, // as Java's
        {"linger.ms", "5"},
        {"reconnect.backoff.max.ms", "2000"},
        {"socket.connection.setup.timeout.ms", "5000"},
        {"socket.timeout.ms", "20000"},
        {"request.timeout.ms", "15000"},
        {"topic.metadata.propagation.max.ms", "5000"},
        {"socket.keepalive.enable", "true"},
        {"log_level", "3"},
    };
    bool good = true;
    for (size_t i = 0; good && i < sizeof(values) / sizeof(values[0]); i++) {
        good = set(conf, values[i][0], values[i][1]);
    }
    return good;
}

rd_kafka_conf_t *setup_conf(const struct setup *setup, char *error, size_t error_size)
{
    static const char *const compressions[] = {[KAFKA_LZ4] = "lz4",
        [KAFKA_ZSTD] = "zstd",
        [KAFKA_GZIP] = "gzip",
        [KAFKA_SNAPPY] = "snappy",
        [KAFKA_NO_COMPRESSION] = "none"};
    static const char *const protocols[] = {[KAFKA_PLAINTEXT] = "plaintext",
        [KAFKA_TLS] = "ssl",
        [KAFKA_SASL] = "sasl_plaintext",
        [KAFKA_SASL_TLS] = "sasl_ssl"};
    const struct kafka_security_settings *security = &setup->kafka.security;
    struct conf conf = {rd_kafka_conf_new(), error, error_size};
    if (set_constant(&conf) &&
        set(&conf, "compression.codec", compressions[setup->kafka.compression]) &&
        set(&conf, "bootstrap.servers", setup->kafka.brokers) &&
        set(&conf, "security.protocol", protocols[security->protocol]) &&
        set_tls(&conf, security) && set_sasl(&conf, security)) {
        return conf.conf;
    }
    rd_kafka_conf_destroy(conf.conf);
    return NULL;
}
