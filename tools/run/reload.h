// SIGHUP: new settings for a run that goes on. Read and checked here, put in force by the
// detectors' thread between two ticks.
#pragma once

#include "config/settings.h"

#include "detectors/pipeline.h"

struct reload;

// `settings` were read from `path` with `mistakes`, and are the run's. Free it before them.
struct reload *reload_new(
    const char *path, struct settings *settings, const struct mistakes *mistakes);
void reload_free(struct reload *reload);

// Reads the file again and says what becomes of it. In a thread that may wait.
void reload_read(struct reload *reload);
// Puts in force what was read, if anything was. In the detectors' thread, between two ticks; waits
// for nothing.
void reload_apply(struct reload *reload, struct pipeline *pipeline);
// Nobody will call reload_apply any more: reload_read waits no longer.
void reload_end(struct reload *reload);
