#include "detectors/kafka/second_sink.h"

#include "config/memory.h"

#include <stdlib.h>

const char *const second_sink_names[] = {[SECOND_SINK_NONE] = "none",
    [SECOND_SINK_FILE] = "file",
    [SECOND_SINK_SYSLOG] = "syslog",
    [SECOND_SINK_WEBHOOK] = "webhook"};

static const struct sink_kind *const kinds[] = {[SECOND_SINK_FILE] = &sink_file,
    [SECOND_SINK_SYSLOG] = &sink_syslog,
    [SECOND_SINK_WEBHOOK] = &sink_webhook};

struct second_sink *second_sink_open(const struct sink_target *to, char *error, size_t error_size)
{
    struct second_sink *sink = memory_zeroed(1, sizeof(*sink));
    sink->kind = kinds[to->kind];
    sink->to = *to;
    sink->file = -1;
    if (!sink->kind->open(sink, error, error_size)) {
        second_sink_close(sink);
        return NULL;
    }
    return sink;
}

void second_sink_close(struct second_sink *sink)
{
    if (sink != NULL) {
        sink->kind->close(sink);
    }
    free(sink);
}

bool second_sink_send(
    struct second_sink *sink, const struct outbox_row *row, char *error, size_t error_size)
{
    return sink->kind->send(sink, row, error, error_size);
}
