// One datagram a message: to this machine's /dev/log, or by RFC 5424 over UDP (RFC 5426). It is a
// call, not a copy: id, type, network, due instant and the sentence for people; the whole document
// is larger than a datagram may be, and waits for Kafka.
#include "detectors/kafka/second_sink.h"

#include <jansson.h>

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define LOCAL_SOCKET   "/dev/log"
#define FACILITY       (16 << 3) // local0
#define DATAGRAM_BYTES 2048      // RFC 5424 6.1: what a receiver should take

static bool refuse(
    const struct second_sink *sink, const char *reason, char *error, size_t error_size)
{
    const char *target = sink->to.target;
    snprintf(
        error, error_size, "syslog '%s': %s", target[0] != '\0' ? target : LOCAL_SOCKET, reason);
    return false;
}

static bool local_connect(struct second_sink *sink, char *error, size_t error_size)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = LOCAL_SOCKET};
    sink->file = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    return (sink->file >= 0 &&
               connect(sink->file, (struct sockaddr *)&address, sizeof(address)) == 0) ||
           refuse(sink, strerror(errno), error, error_size);
}

// "host:port"; the port is behind the last colon, so that an IPv6 address may stand in brackets.
static bool target_split(const char *target, char *host, size_t size, const char **ret_port)
{
    const char *colon = strrchr(target, ':');
    size_t length = colon != NULL ? (size_t)(colon - target) : 0;
    if (length == 0 || length >= size || colon[1] == '\0') {
        return false;
    }
    bool bracketed = target[0] == '[' && colon[-1] == ']';
    snprintf(host, size, "%.*s", (int)(bracketed ? length - 2 : length), target + bracketed);
    *ret_port = colon + 1;
    return true;
}

static bool remote_connect(struct second_sink *sink, char *error, size_t error_size)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM};
    struct addrinfo *found = NULL;
    char host[256];
    const char *port;
    if (!target_split(sink->to.target, host, sizeof(host), &port)) {
        return refuse(sink, "must be host:port", error, error_size);
    }
    int result = getaddrinfo(host, port, &hints, &found);
    if (result != 0) {
        return refuse(sink, gai_strerror(result), error, error_size);
    }
    sink->file = socket(found->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool connected = sink->file >= 0 && connect(sink->file, found->ai_addr, found->ai_addrlen) == 0;
    freeaddrinfo(found);
    return connected || refuse(sink, strerror(errno), error, error_size);
}

static bool syslog_connect(struct second_sink *sink, char *error, size_t error_size)
{
    return sink->to.target[0] == '\0' ? local_connect(sink, error, error_size)
                                      : remote_connect(sink, error, error_size);
}

static void syslog_close(struct second_sink *sink)
{
    if (sink->file >= 0) {
        close(sink->file);
    }
    sink->file = -1;
}

static bool syslog_open(struct second_sink *sink, char *error, size_t error_size)
{
    (void)error, (void)error_size; // connected at the first message: a name may come back later
    if (gethostname(sink->host, sizeof(sink->host) - 1) != 0 || sink->host[0] == '\0') {
        snprintf(sink->host, sizeof(sink->host), "-");
    }
    return true;
}

// 1 alert, 3 error, 4 warning, 5 notice of syslog, by OpenTelemetry's number.
static int priority(const char *severity)
{
    long number = severity != NULL ? strtol(severity, NULL, 10) : 0;
    return FACILITY | (number >= 19 ? 1 : number >= 17 ? 3 : number >= 13 ? 4 : 5);
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text != NULL ? text : "-";
}

// What a person reads: a finding's message, a draft's kind with its banner.
static void sentence_print(char *text, size_t size, const json_t *value)
{
    if (json_object_get(value, "message") != NULL) {
        snprintf(text, size, "%s", text_of(value, "message"));
    } else {
        snprintf(text, size, "%s（%s）", text_of(value, "kind"), text_of(value, "banner"));
    }
}

// Cut between characters, never inside one.
static size_t cut(const char *text, size_t length, size_t most)
{
    if (length <= most) {
        return length;
    }
    while (most > 0 && ((unsigned char)text[most] & 0xc0) == 0x80) {
        most--;
    }
    return most;
}

static size_t datagram_print(
    const struct second_sink *sink, const struct outbox_row *row, char *text, size_t size)
{
    char sentence[1024];
    json_t *headers = json_loads(row->headers, 0, NULL), *value = json_loads(row->value, 0, NULL);
    const char *severity = text_of(headers, "ce_severitynumber");
    bool local = sink->to.target[0] == '\0';
    sentence_print(sentence, sizeof(sentence), value);
    int length = snprintf(text, size, "<%d>", priority(severity));
    if (!local) {
        length +=
            snprintf(text + length, size - (size_t)length, "1 %s %s tapgrade %d - - \xEF\xBB\xBF",
                text_of(headers, "ce_time"), sink->host, (int)getpid());
    } else {
        length += snprintf(text + length, size - (size_t)length, "tapgrade[%d]: ", (int)getpid());
    }
    length += snprintf(text + length, size - (size_t)length, "id=%s type=%s network=%s due=%s %s",
        text_of(headers, "ce_id"), text_of(headers, "ce_type"), text_of(headers, "ce_subject"),
        text_of(headers, "ce_due"), sentence);
    json_decref(headers);
    json_decref(value);
    return cut(text, (size_t)length, size - 1);
}

static bool syslog_send(
    struct second_sink *sink, const struct outbox_row *row, char *error, size_t error_size)
{
    char text[DATAGRAM_BYTES];
    if (sink->file < 0 && !syslog_connect(sink, error, error_size)) {
        syslog_close(sink);
        return false;
    }
    size_t length = datagram_print(sink, row, text, sizeof(text));
    if (send(sink->file, text, length, MSG_NOSIGNAL) == (ssize_t)length) {
        return true;
    }
    refuse(sink, strerror(errno), error, error_size);
    syslog_close(sink); // looked up anew the next time
    return false;
}

const struct sink_kind sink_syslog = {syslog_open, syslog_send, syslog_close};
