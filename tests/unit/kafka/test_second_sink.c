// The second sinks against what they talk to: a file, a datagram socket, a small HTTP server.
#include "detectors/kafka/second_sink.h"
#include "detectors/kafka/setup.h"

#include <jansson.h>

#include <arpa/inet.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const struct outbox_row row = {.number = 7,
    .id = "id/1/draft.written",
    .topic = "tapgrade.draft.v1",
    .key = "incident",
    .headers = "{\"ce_id\":\"id/1/draft.written\",\"ce_type\":\"io.tapgrade.draft.written.v1\","
               "\"ce_subject\":\"net-pay\",\"ce_time\":\"2026-03-10T10:15:10.000+08:00\","
               "\"ce_due\":\"2026-03-10T11:15:00.000+08:00\",\"ce_severitynumber\":\"17\","
               "\"content-type\":\"application/json\"}",
    .value = "{\"kind\":\"事发简要报告\",\"banner\":\"机器草稿，须人工核实\"}"};

static char error[512];

static struct setup *setup; // of the sink that is open

static struct second_sink *sink_new(int kind, char *target, char *token)
{
    struct settings settings = {.folder = (char[]){"/"}};
    settings.kafka.second_sink = (struct second_sink_settings){kind, target, token, 0, 0};
    setup_free(setup);
    setup = setup_new(&settings);
    const struct sink_target to = setup_sink(setup);
    return second_sink_open(&to, error, sizeof(error));
}

static int tear_down(void **state)
{
    (void)state;
    setup_free(setup);
    setup = NULL;
    return 0;
}

static void file_write(const char *path, const char *text, mode_t mode)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_int_equal(chmod(path, mode), 0);
}

static void test_a_file_holds_whole_lines(void **state)
{
    char path[] = "/tmp/test_second_sink_XXXXXX", line[4096];
    (void)state;
    close(mkstemp(path));
    file_write(path, "{\"whole\":1}\n{\"torn", 0600);
    struct second_sink *sink = sink_new(SECOND_SINK_FILE, path, NULL);
    assert_non_null(sink);
    assert_true(second_sink_send(sink, &row, error, sizeof(error)));
    second_sink_close(sink);
    FILE *file = fopen(path, "r");
    assert_string_equal(fgets(line, sizeof(line), file), "{\"whole\":1}\n");
    json_t *object = json_loads(fgets(line, sizeof(line), file), 0, NULL);
    assert_string_equal(json_string_value(json_object_get(object, "key")), "incident");
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(object, "headers"), "ce_id")), row.id);
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(object, "value"), "kind")),
        "事发简要报告");
    json_decref(object);
    assert_null(fgets(line, sizeof(line), file));
    fclose(file);
    unlink(path);
}

static void test_a_full_disk_is_a_sentence(void **state)
{
    (void)state;
    struct second_sink *sink = sink_new(SECOND_SINK_FILE, (char[]){"/dev/full"}, NULL);
    assert_non_null(sink);
    assert_false(second_sink_send(sink, &row, error, sizeof(error)));
    assert_string_equal(error, "file '/dev/full' cannot be written: No space left on device");
    second_sink_close(sink);
    assert_null(sink_new(SECOND_SINK_FILE, (char[]){"/nowhere/at/all"}, NULL));
    assert_string_equal(
        error, "file '/nowhere/at/all' cannot be written: No such file or directory");
}

// A socket of the kind on a free port of 127.0.0.1.
static int listen_on(int kind, char *target, size_t size, const char *format)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof(address);
    int found = socket(AF_INET, kind, 0);
    assert_int_equal(bind(found, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(getsockname(found, (struct sockaddr *)&address, &length), 0);
    snprintf(target, size, format, ntohs(address.sin_port));
    return found;
}

static void test_syslog_is_one_datagram(void **state)
{
    char target[64], text[4096];
    (void)state;
    int server = listen_on(SOCK_DGRAM, target, sizeof(target), "127.0.0.1:%d");
    struct second_sink *sink = sink_new(SECOND_SINK_SYSLOG, target, NULL);
    assert_true(second_sink_send(sink, &row, error, sizeof(error)));
    ssize_t length = recv(server, text, sizeof(text) - 1, 0);
    assert_true(length > 0 && length <= 2048);
    text[length] = '\0';
    static const char head[] = "<131>1 2026-03-10T10:15:10.000+08:00 ";
    assert_memory_equal(text, head, strlen(head)); // local0, error; RFC 5424
    assert_non_null(strstr(text, " tapgrade "));
    assert_non_null(strstr(text, "id=id/1/draft.written type=io.tapgrade.draft.written.v1 "
                                 "network=net-pay due=2026-03-10T11:15:00.000+08:00 "
                                 "事发简要报告（机器草稿，须人工核实）"));
    second_sink_close(sink);
    close(server);
}

static void test_syslog_without_a_name_is_a_sentence(void **state)
{
    (void)state;
    struct second_sink *sink =
        sink_new(SECOND_SINK_SYSLOG, (char[]){"no.such.name.invalid:514"}, NULL);
    assert_false(second_sink_send(sink, &row, error, sizeof(error)));
    assert_memory_equal(error, "syslog 'no.such.name.invalid:514': ", 35);
    second_sink_close(sink);
    sink = sink_new(SECOND_SINK_SYSLOG, (char[]){"no-port"}, NULL);
    assert_false(second_sink_send(sink, &row, error, sizeof(error)));
    assert_string_equal(error, "syslog 'no-port': must be host:port");
    second_sink_close(sink);
}

// Answers requests, each with the next of `answers`; keeps the last request.
struct server {
    int socket;
    const char *answers[2];
    char request[8192];
};

static bool is_whole(const char *request)
{
    const char *length = strstr(request, "Content-Length: "), *body = strstr(request, "\r\n\r\n");
    return length != NULL && body != NULL &&
           strlen(body + 4) >= (size_t)atol(length + strlen("Content-Length: "));
}

static void *serve(void *context)
{
    struct server *server = context;
    for (int i = 0; i < 2; i++) {
        size_t length = 0;
        ssize_t count;
        int client = accept(server->socket, NULL, NULL);
        server->request[0] = '\0';
        while (!is_whole(server->request) && length < sizeof(server->request) - 1 &&
               (count = recv(client, server->request + length, sizeof(server->request) - 1 - length,
                    0)) > 0) {
            length += (size_t)count;
            server->request[length] = '\0';
        }
        (void)!write(client, server->answers[i], strlen(server->answers[i]));
        close(client);
    }
    return NULL;
}

static void test_a_webhook_gets_a_cloud_event(void **state)
{
    static struct server server = {
        .answers = {"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            "HTTP/1.1 204 Done\r\nConnection: close\r\n\r\n"}};
    char target[80], token[] = "/tmp/test_second_sink_XXXXXX", sentence[128];
    pthread_t thread;
    (void)state;
    close(mkstemp(token));
    file_write(token, "a-secret\n", 0600);
    server.socket =
        listen_on(SOCK_STREAM, target, sizeof(target), "http://127.0.0.1:%d/hook?key=k");
    listen(server.socket, 2);
    pthread_create(&thread, NULL, serve, &server);
    struct second_sink *sink = sink_new(SECOND_SINK_WEBHOOK, target, token);
    assert_non_null(sink);
    assert_false(second_sink_send(sink, &row, error, sizeof(error)));
    *strstr(target, "/hook") = '\0'; // a path may be a secret, and is told nowhere
    snprintf(sentence, sizeof(sentence), "webhook '%s': answered 503", target);
    assert_string_equal(error, sentence);
    assert_true(second_sink_send(sink, &row, error, sizeof(error)));
    pthread_join(thread, NULL);
    second_sink_close(sink);
    close(server.socket);
    unlink(token);
    assert_non_null(strstr(server.request, "POST /hook?key=k HTTP/1.1\r\n"));
    assert_non_null(strstr(server.request, "Authorization: Bearer a-secret\r\n"));
    assert_non_null(strstr(server.request, "application/cloudevents+json; charset=UTF-8\r\n"));
    json_t *event = json_loads(strstr(server.request, "\r\n\r\n") + 4, 0, NULL);
    assert_string_equal(json_string_value(json_object_get(event, "id")), row.id);
    assert_string_equal(
        json_string_value(json_object_get(event, "datacontenttype")), "application/json");
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(event, "data"), "kind")), "事发简要报告");
    json_decref(event);
}

static void test_a_token_that_others_can_read_is_refused(void **state)
{
    char token[] = "/tmp/test_second_sink_XXXXXX", sentence[256];
    (void)state;
    close(mkstemp(token));
    file_write(token, "a-secret\n", 0640);
    assert_null(sink_new(SECOND_SINK_WEBHOOK, (char[]){"https://example.org/"}, token));
    snprintf(sentence, sizeof(sentence),
        "secret \"%s\" must be readable by its owner only (chmod 600)", token);
    assert_string_equal(error, sentence);
    file_write(token, "two\nlines\n", 0600);
    assert_null(sink_new(SECOND_SINK_WEBHOOK, (char[]){"https://example.org/"}, token));
    assert_non_null(strstr(error, "must hold one line of text"));
    assert_null(strstr(error, "two"));
    unlink(token);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_a_file_holds_whole_lines, tear_down),
        cmocka_unit_test_teardown(test_a_full_disk_is_a_sentence, tear_down),
        cmocka_unit_test_teardown(test_syslog_is_one_datagram, tear_down),
        cmocka_unit_test_teardown(test_syslog_without_a_name_is_a_sentence, tear_down),
        cmocka_unit_test_teardown(test_a_webhook_gets_a_cloud_event, tear_down),
        cmocka_unit_test_teardown(test_a_token_that_others_can_read_is_refused, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
