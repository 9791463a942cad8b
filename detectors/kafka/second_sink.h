// Where messages go while the brokers are away and a report is due soon: a file, a syslog server or
// a webhook. A message that went there goes to Kafka all the same, later, with the same ce_id.
#pragma once

#include "config/settings.h"

#include "detectors/ledger/ledger.h"

extern const char *const second_sink_names[]; // by enum second_sink_kind

// Its texts, of which paths are absolute, outlive the sink; "" is none.
struct sink_target {
    int kind; // enum second_sink_kind
    const char *target, *token, *authorities;
};

struct second_sink;
// Needs no answer from anybody. NULL with one sentence.
struct second_sink *second_sink_open(const struct sink_target *to, char *error, size_t error_size);
void second_sink_close(struct second_sink *sink);
// True: it is there (a file: on the disk; a webhook: an answer of 2xx; a syslog server gives none).
// False with one sentence: try again. Waits 10 s at most.
bool second_sink_send(
    struct second_sink *sink, const struct outbox_row *row, char *error, size_t error_size);

// Private to the sinks: one table row each.
struct sink_kind {
    bool (*open)(struct second_sink *sink, char *error, size_t error_size);
    bool (*send)(
        struct second_sink *sink, const struct outbox_row *row, char *error, size_t error_size);
    void (*close)(struct second_sink *sink);
};
extern const struct sink_kind sink_file, sink_syslog, sink_webhook;

struct second_sink {
    const struct sink_kind *kind;
    struct sink_target to;
    int file;       // descriptor or socket, -1: none
    char host[256]; // syslog: ours
    void *curl;     // webhook
    void *headers;
};
