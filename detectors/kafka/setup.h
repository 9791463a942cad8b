// What the sender needs of the settings, as a copy of its own: settings may change under it.
#pragma once

#include "config/settings.h"

#include "detectors/kafka/second_sink.h"

#include <librdkafka/rdkafka.h>

struct setup {
    struct kafka_settings kafka; // paths are absolute
    char *sensor;
};

struct setup *setup_new(const struct settings *settings);
void setup_free(struct setup *setup);
// Whether both mean the same, and no file is behind it that may have changed.
bool setup_is_same(const struct setup *a, const struct setup *b);

// Where messages go in need. Lives as long as the setup.
struct sink_target setup_sink(const struct setup *setup);

// librdkafka's configuration of the producer; secrets are read from their files here. NULL with one
// sentence, which never holds a secret.
rd_kafka_conf_t *setup_conf(const struct setup *setup, char *error, size_t error_size);
