// Frames as evidence: the rings that a run's workers fill, and the thread that writes them down.
#pragma once

#include "config/settings.h"

#include "dataplane/counters/counters_merge.h"
#include "dataplane/packets/port.h"

#include "detectors/pipeline.h"

#include "tools/run/privileges.h"

struct frames;

// Before the workers run: a ring for each, when the settings want any. False with one sentence;
// *ret is NULL when none are kept.
bool frames_new(const struct settings *settings, struct ports *ports, struct frames **ret,
    char *error, size_t error_size);
// Once root is given up: the folder, and the thread. Nothing when `frames` is NULL. False with one
// sentence.
bool frames_start(struct frames *frames, const struct settings *settings,
    struct counters_merge *ticks, struct pipeline_options *options, char *error, size_t error_size);
// No tick will come: what waits is written.
void frames_end(struct frames *frames);
// After the ports.
void frames_free(struct frames *frames);
