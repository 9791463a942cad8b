// The fields of settings' `kafka`, and what they must say together. All but `enabled` are live: a
// reload makes the producer anew, and what waits in the outbox goes the new way.
#include "config/settings_check.h"

#include <string.h>

#define S_NS (1 * NS_PER_S)
#define H_NS (3600 * NS_PER_S)
#define D_NS (24 * H_NS)

#define SECURITY(member, field_type)                                                               \
    .type = field_type, FIELD_AT(struct kafka_security_settings, member)
#define TOPICS(member, field_type)                                                                 \
    .type = field_type, FIELD_AT(struct kafka_topics_settings, member)
#define SECOND(member, field_type) .type = field_type, FIELD_AT(struct second_sink_settings, member)
#define KAFKA(member, field_type)  .type = field_type, FIELD_AT(struct kafka_settings, member)

static const struct choice protocols[] = {
    {"plaintext", KAFKA_PLAINTEXT},
    {"tls", KAFKA_TLS},
    {"sasl", KAFKA_SASL},
    {"sasl_tls", KAFKA_SASL_TLS},
    {NULL, 0},
};

static const struct choice mechanisms[] = {
    {"PLAIN", KAFKA_PLAIN},
    {"SCRAM-SHA-256", KAFKA_SCRAM_SHA_256},
    {"SCRAM-SHA-512", KAFKA_SCRAM_SHA_512},
    {NULL, 0},
};

static const struct choice compressions[] = {
    {"lz4", KAFKA_LZ4},
    {"zstd", KAFKA_ZSTD},
    {"gzip", KAFKA_GZIP},
    {"snappy", KAFKA_SNAPPY},
    {"none", KAFKA_NO_COMPRESSION},
    {NULL, 0},
};

static const struct choice second_sinks[] = {
    {"none", SECOND_SINK_NONE},
    {"file", SECOND_SINK_FILE},
    {"syslog", SECOND_SINK_SYSLOG},
    {"webhook", SECOND_SINK_WEBHOOK},
    {NULL, 0},
};

static const struct field security_fields[] = {
    {.name = "protocol",
        SECURITY(protocol, FIELD_CHOICE),
        .choices = protocols,
        .help = "How brokers are spoken to"},
    {.name = "authorities",
        SECURITY(authorities, FIELD_TEXT),
        .help = "PEM file of who signs the brokers' certificates; empty: whom the system trusts"},
    {.name = "certificate",
        SECURITY(certificate, FIELD_TEXT),
        .help = "PEM file of our own certificate (mTLS); empty: none"},
    {.name = "key", SECURITY(key, FIELD_TEXT), .help = "PEM file of mode 0600: its key"},
    {.name = "key_password",
        SECURITY(key_password, FIELD_TEXT),
        .help = "File of mode 0600 with the key's password; empty: none"},
    {.name = "mechanism",
        SECURITY(mechanism, FIELD_CHOICE),
        .choices = mechanisms,
        .help = "How the user is proved, for sasl and sasl_tls"},
    {.name = "user", SECURITY(user, FIELD_TEXT), .help = "SASL user; empty without SASL"},
    {.name = "password",
        SECURITY(password, FIELD_TEXT),
        .help = "File of mode 0600 with the user's password"},
};

static const struct schema security_schema = {
    .size = sizeof(struct kafka_security_settings), FIELDS(security_fields)};

static const struct field topics_fields[] = {
    {.name = "create",
        TOPICS(create, FIELD_BOOLEAN),
        .help = "Make topics that are missing; false: say so, and wait for them"},
    {.name = "partitions",
        TOPICS(partitions, FIELD_INTEGER),
        .min = 1,
        .max = 1000,
        .help = "Of a topic that is made"},
    {.name = "replication",
        TOPICS(replication, FIELD_INTEGER),
        .min = 1,
        .max = 10,
        .help = "Brokers that keep a topic that is made"},
    {.name = "retention",
        TOPICS(retention_ns, FIELD_DURATION),
        .min = 90 * D_NS,
        .max = 3660 * D_NS,
        .help = "Records are kept so long; a topic that keeps less is told"},
    {.name = "counters",
        TOPICS(counters, FIELD_BOOLEAN),
        .help = "Publish the minutes' counts as well"},
    {.name = "ecs",
        TOPICS(ecs, FIELD_BOOLEAN),
        .help = "Publish findings in Elastic's fields (ECS 9) as well"},
};

static const struct schema topics_schema = {
    .size = sizeof(struct kafka_topics_settings), FIELDS(topics_fields)};

static const struct field second_fields[] = {
    {.name = "kind",
        SECOND(kind, FIELD_CHOICE),
        .choices = second_sinks,
        .help = "Where messages go while the brokers are away and a report is due soon"},
    {.name = "target",
        SECOND(target, FIELD_TEXT),
        .help = "file: its path; webhook: the URL; syslog: host:port, or empty for this machine's"},
    {.name = "token",
        SECOND(token, FIELD_TEXT),
        .help = "webhook: file of mode 0600 with the bearer token; empty: none"},
    {.name = "after",
        SECOND(after_ns, FIELD_DURATION),
        .min = S_NS,
        .max = H_NS,
        .help = "The brokers must have been away so long ..."},
    {.name = "before_due",
        SECOND(before_due_ns, FIELD_DURATION),
        .min = 0,
        .max = D_NS,
        .help = "... and a report that waits be due so soon"},
};

static const struct schema second_schema = {
    .size = sizeof(struct second_sink_settings), FIELDS(second_fields)};

static const struct field kafka_fields[] = {
    {.name = "enabled",
        KAFKA(enabled, FIELD_BOOLEAN),
        .help = "false: the JSON-lines file is the only sink"},
    {.name = "brokers",
        KAFKA(brokers, FIELD_TEXT),
        .live = true,
        .help = "host:port, separated by commas"},
    {.name = "topic_prefix",
        KAFKA(topic_prefix, FIELD_TEXT),
        .live = true,
        .help = "Before every topic's name"},
    {.name = "flush",
        KAFKA(flush_ns, FIELD_DURATION),
        .live = true,
        .min = 0,
        .max = H_NS,
        .help = "replay --publish waits this long for the broker, then leaves the rest behind"},
    {.name = "compression",
        KAFKA(compression, FIELD_CHOICE),
        .live = true,
        .choices = compressions,
        .help = "Of messages; zstd asks for brokers and readers from Kafka 2.1 on"},
    {.name = "security",
        KAFKA(security, FIELD_RECORD),
        .live = true,
        .schema = &security_schema,
        .help = "The way to the brokers; secrets are in files of their own"},
    {.name = "topics",
        KAFKA(topics, FIELD_RECORD),
        .live = true,
        .schema = &topics_schema,
        .help = "What is published, and how topics must be"},
    {.name = "second_sink",
        KAFKA(second_sink, FIELD_RECORD),
        .live = true,
        .schema = &second_schema,
        .help = "Takes over in need; everything reaches Kafka all the same"},
};

const struct schema kafka_schema = {.size = sizeof(struct kafka_settings), FIELDS(kafka_fields)};

static bool is_empty(const char *text)
{
    return text == NULL || text[0] == '\0';
}

#define REFUSE(value, ...) (mistake_at(mistakes, (value), __VA_ARGS__), false)

static bool sasl_check(const struct kafka_security_settings *security, struct mistakes *mistakes)
{
    bool sasl = security->protocol == KAFKA_SASL || security->protocol == KAFKA_SASL_TLS;
    if (sasl && (is_empty(security->user) || is_empty(security->password))) {
        return REFUSE(is_empty(security->user) ? &security->user : &security->password,
            "user and password must be given for the protocols sasl and sasl_tls");
    }
    if (!sasl && (!is_empty(security->user) || !is_empty(security->password))) {
        return REFUSE(is_empty(security->user) ? &security->password : &security->user,
            "user and password are for the protocols sasl and sasl_tls only");
    }
    if (security->protocol == KAFKA_SASL && security->mechanism == KAFKA_PLAIN) {
        return REFUSE(&security->mechanism,
            "PLAIN shows the password to the wire: take sasl_tls, or a SCRAM mechanism");
    }
    return true;
}

static bool tls_check(const struct kafka_security_settings *security, struct mistakes *mistakes)
{
    bool tls = security->protocol == KAFKA_TLS || security->protocol == KAFKA_SASL_TLS;
    char *const *files[] = {
        &security->authorities, &security->certificate, &security->key, &security->key_password};
    for (size_t i = 0; !tls && i < sizeof(files) / sizeof(files[0]); i++) {
        if (!is_empty(*files[i])) {
            return REFUSE(files[i], "certificates are for the protocols tls and sasl_tls only");
        }
    }
    if (is_empty(security->certificate) != is_empty(security->key)) {
        return REFUSE(is_empty(security->key) ? &security->key : &security->certificate,
            "certificate and key must be given together");
    }
    if (is_empty(security->key) && !is_empty(security->key_password)) {
        return REFUSE(&security->key_password, "key_password is of no key");
    }
    return true;
}

static bool second_check(const struct second_sink_settings *second, struct mistakes *mistakes)
{
    bool webhook = second->kind == SECOND_SINK_WEBHOOK, file = second->kind == SECOND_SINK_FILE;
    if ((webhook || file) && is_empty(second->target)) {
        return REFUSE(&second->target, "target must be given for file and webhook");
    }
    if (webhook && strncmp(second->target, "https://", 8) != 0 &&
        strncmp(second->target, "http://", 7) != 0) {
        return REFUSE(&second->target,
            "target of a webhook must begin with https:// or http://, "
            "found \"%.80s\"",
            second->target);
    }
    if (!webhook && !is_empty(second->token)) {
        return REFUSE(&second->token, "token is for a webhook only");
    }
    if (webhook && !is_empty(second->token) && !url_is_private(second->target)) {
        return REFUSE(&second->token, "a token goes over https:// only, or to this machine");
    }
    return true;
}

bool kafka_check(const struct kafka_settings *kafka, struct mistakes *mistakes)
{
    bool good = true;
    if (kafka->enabled && kafka->brokers != NULL && kafka->brokers[0] == '\0') {
        good = REFUSE(&kafka->brokers, "brokers must not be empty when kafka is enabled");
    }
    if (mistakes_has_value(mistakes, &kafka->security.protocol)) {
        good &= tls_check(&kafka->security, mistakes);
        good &= sasl_check(&kafka->security, mistakes);
    }
    if (mistakes_has_value(mistakes, &kafka->second_sink.kind)) {
        good &= second_check(&kafka->second_sink, mistakes);
    }
    return good;
}
