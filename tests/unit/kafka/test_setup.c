// How brokers are spoken to: what cannot be meant is refused, and secrets stay secrets.
#include "config/settings_check.h"

#include "detectors/kafka/setup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char empty[] = "", some[] = "x";

// The two lines of a settings file's `kafka` that cannot say everything; the sentence begins with
// the place in the first or the second of them.
#define NO_FILES "authorities: '', certificate: '', key: '', key_password: ''"
#define NO_USER  ", user: '', password: ''"
#define NO_SINK  "none, target: '', token: ''"

static const struct {
    const char *what, *security, *second, *sentence;
} cases[] = {
    {"mutual TLS", "tls, authorities: a, certificate: c, key: k, key_password: p" NO_USER, NO_SINK,
        ""},
    {"SCRAM", "sasl, " NO_FILES ", user: u, password: p", NO_SINK, ""},
    {"webhook", "plaintext, " NO_FILES NO_USER, "webhook, target: 'http://127.0.0.1:1/', token: t",
        ""},
    {"no user", "sasl_tls, " NO_FILES ", user: '', password: p", NO_SINK,
        "user and password must be given for the protocols sasl and sasl_tls\n"},
    {"user without SASL", "tls, " NO_FILES ", user: u, password: p", NO_SINK,
        "user and password are for the protocols sasl and sasl_tls only\n"},
    {"certificate without key",
        "tls, authorities: '', certificate: c, key: '', key_password: ''" NO_USER, NO_SINK,
        "certificate and key must be given together\n"},
    {"password of no key",
        "tls, authorities: '', certificate: '', key: '', key_password: p" NO_USER, NO_SINK,
        "key_password is of no key\n"},
    {"no target", "tls, " NO_FILES NO_USER, "webhook, target: '', token: ''",
        "target must be given for file and webhook\n"},
    {"another scheme", "tls, " NO_FILES NO_USER, "webhook, target: 'ftp://x/', token: ''",
        "target of a webhook must begin with https:// or http://, found \"ftp://x/\"\n"},
    {"token in clear", "tls, " NO_FILES NO_USER, "webhook, target: 'http://127.0.0.1.x/', token: t",
        "a token goes over https:// only, or to this machine\n"},
    {"token of a file", "tls, " NO_FILES NO_USER, "file, target: f, token: t",
        "token is for a webhook only\n"},
};

// What reading the lines says, without the places.
static char *sentence_of(const char *security, const char *second)
{
    char path[] = "/tmp/test_setup_XXXXXX", *text = NULL;
    size_t size;
    struct kafka_settings kafka;
    struct mistakes *mistakes = mistakes_new();
    FILE *file = fdopen(mkstemp(path), "w"), *out = open_memstream(&text, &size);
    fprintf(file,
        "enabled: true\nbrokers: b\ntopic_prefix: t\nflush: 1s\ncompression: lz4\n"
        "security: {protocol: %s, mechanism: SCRAM-SHA-512}\n"
        "topics: {create: false, partitions: 3, replication: 3, retention: 90d, counters: false, "
        "ecs: false}\nsecond_sink: {kind: %s, after: 2min, before_due: 30min}\n",
        security, second);
    fclose(file);
    assert_true(yaml_read(path, &kafka_schema, &kafka, mistakes));
    bool good = kafka_check(&kafka, mistakes);
    mistakes_print(mistakes, out);
    fclose(out);
    assert_true(good == (text[0] == '\0'));
    if (!good) {
        char *place = strstr(text, ": ");
        assert_true(strncmp(text, path, strlen(path)) == 0 && place != NULL);
        memmove(text, place + 2, strlen(place + 2) + 1);
    }
    yaml_free(&kafka_schema, &kafka);
    mistakes_free(mistakes);
    unlink(path);
    return text;
}

static void test_what_cannot_be_meant_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *sentence = sentence_of(cases[i].security, cases[i].second);
        if (strcmp(sentence, cases[i].sentence) != 0) {
            fail_msg("%s: %s", cases[i].what, sentence);
        }
        free(sentence);
    }
}

static void file_write(const char *path, const char *text, mode_t mode)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_int_equal(chmod(path, mode), 0);
}

static rd_kafka_conf_t *conf_of(struct kafka_security_settings security, char *error, size_t size)
{
    struct settings settings = {.folder = (char[]){"/"}};
    settings.kafka.brokers = some;
    settings.kafka.security = security;
    struct setup *setup = setup_new(&settings);
    rd_kafka_conf_t *conf = setup_conf(setup, error, size);
    setup_free(setup);
    return conf;
}

static void value_check(const rd_kafka_conf_t *conf, const char *name, const char *expected)
{
    char value[256];
    size_t size = sizeof(value);
    assert_int_equal(rd_kafka_conf_get(conf, name, value, &size), RD_KAFKA_CONF_OK);
    assert_string_equal(value, expected);
}

static void test_the_producer_never_gives_up(void **state)
{
    char error[512] = "";
    (void)state;
    rd_kafka_conf_t *conf = conf_of(
        (struct kafka_security_settings){.protocol = KAFKA_PLAINTEXT}, error, sizeof(error));
    assert_non_null(conf);
    value_check(conf, "enable.idempotence", "true");
    value_check(conf, "acks", "-1");
    value_check(conf, "message.timeout.ms", "0");
    value_check(conf, "partitioner", "murmur2_random");
    value_check(conf, "compression.codec", "lz4");
    value_check(conf, "security.protocol", "plaintext");
    rd_kafka_conf_destroy(conf);
}

static void test_messages_are_compressed_as_set(void **state)
{
    static const struct {
        enum kafka_compression compression;
        const char *codec;
    } rows[] = {{KAFKA_LZ4, "lz4"}, {KAFKA_ZSTD, "zstd"}, {KAFKA_GZIP, "gzip"},
        {KAFKA_SNAPPY, "snappy"}, {KAFKA_NO_COMPRESSION, "none"}};
    char error[512] = "";
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct settings settings = {.folder = (char[]){"/"}};
        settings.kafka.brokers = some;
        struct setup *before = setup_new(&settings);
        settings.kafka.compression = rows[i].compression;
        struct setup *setup = setup_new(&settings);
        rd_kafka_conf_t *conf = setup_conf(setup, error, sizeof(error));
        assert_non_null(conf);
        value_check(conf, "compression.codec", rows[i].codec);
        assert_int_equal(setup_is_same(before, setup), rows[i].compression == KAFKA_LZ4);
        rd_kafka_conf_destroy(conf);
        setup_free(before);
        setup_free(setup);
    }
}

static void test_a_secret_comes_from_its_file_only(void **state)
{
    char path[] = "/tmp/test_setup_XXXXXX", error[512] = "", sentence[256];
    const struct kafka_security_settings security = {
        KAFKA_SASL, KAFKA_SCRAM_SHA_256, empty, empty, empty, empty, some, path};
    (void)state;
    close(mkstemp(path));
    file_write(path, "s3cret\n", 0600);
    rd_kafka_conf_t *conf = conf_of(security, error, sizeof(error));
    assert_non_null(conf);
    value_check(conf, "sasl.password", "s3cret");
    value_check(conf, "sasl.mechanisms", "SCRAM-SHA-256");
    rd_kafka_conf_destroy(conf);
    file_write(path, "s3cret\n", 0644);
    assert_null(conf_of(security, error, sizeof(error)));
    snprintf(sentence, sizeof(sentence),
        "secret \"%s\" must be readable by its owner only (chmod 600)", path);
    assert_string_equal(error, sentence);
    file_write(path, "", 0600);
    assert_null(conf_of(security, error, sizeof(error)));
    assert_non_null(strstr(error, "must hold one line of text"));
    unlink(path);
    assert_null(conf_of(security, error, sizeof(error)));
    assert_non_null(strstr(error, "cannot be read: No such file or directory"));
}

static void test_a_key_that_others_can_read_is_refused(void **state)
{
    char path[] = "/tmp/test_setup_XXXXXX", error[512] = "";
    (void)state;
    close(mkstemp(path));
    file_write(path, "-----BEGIN PRIVATE KEY-----\n", 0640);
    assert_null(conf_of(
        (struct kafka_security_settings){
            .protocol = KAFKA_TLS, .authorities = empty, .certificate = some, .key = path},
        error, sizeof(error)));
    assert_non_null(strstr(error, "must be readable by its owner only"));
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_cannot_be_meant_is_refused),
        cmocka_unit_test(test_the_producer_never_gives_up),
        cmocka_unit_test(test_messages_are_compressed_as_set),
        cmocka_unit_test(test_a_secret_comes_from_its_file_only),
        cmocka_unit_test(test_a_key_that_others_can_read_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
