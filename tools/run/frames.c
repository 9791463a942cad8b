#include "tools/run/frames.h"

#include "config/memory.h"

#include "dataplane/evidence/evidence.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct frames {
    struct evidence_keeper *keeper;
    struct frame_ring **rings;
    size_t count;
};

bool frames_new(const struct settings *settings, struct ports *ports, struct frames **ret,
    char *error, size_t error_size)
{
    *ret = NULL;
    if (settings->evidence.ring_bytes == 0) {
        return true;
    }
    struct frames *frames = memory_zeroed(1, sizeof(*frames));
    frames->count = ports_workers(ports);
    frames->rings = memory_zeroed(frames->count, sizeof(frames->rings[0]));
    for (size_t i = 0; i < frames->count; i++) {
        frames->rings[i] =
            frame_ring_new((size_t)settings->evidence.ring_bytes, settings->evidence.payload);
        if (frames->rings[i] == NULL) {
            snprintf(error, error_size,
                "the rings of evidence do not fit: lower "
                "evidence.ring_bytes, which every worker has once");
            frames_free(frames);
            return false;
        }
        port_reader_keep(ports_reader(ports, i), frames->rings[i]);
    }
    *ret = frames;
    return true;
}

static void freeze(void *context, const struct evidence_request *request)
{
    evidence_keeper_freeze(context, request);
}

static bool next(void *context, struct evidence *ret)
{
    return evidence_keeper_next(context, ret);
}

static void watch(void *context, const struct counters *counters)
{
    evidence_keeper_tick(context, counters);
}

bool frames_start(struct frames *frames, const struct settings *settings,
    struct counters_merge *ticks, struct pipeline_options *options, char *error, size_t error_size)
{
    if (frames == NULL) {
        return true;
    }
    char *folder = settings_path(settings, settings->ledger.folder), path[4096];
    bool fits = (size_t)snprintf(path, sizeof(path), "%s/evidence", folder) < sizeof(path);
    free(folder);
    if (!fits || (mkdir(path, 0750) != 0 && errno != EEXIST)) {
        snprintf(error, error_size, "the folder of evidence '%s' cannot be made: %s", path,
            fits ? strerror(errno) : "its path is too long");
        return false;
    }
    frames->keeper =
        evidence_keeper_start(settings, path, frames->rings, frames->count, error, error_size);
    if (frames->keeper == NULL) {
        return false;
    }
    counters_merge_watch(ticks, watch, frames->keeper);
    options->freeze = freeze;
    options->evidence = next;
    options->evidence_context = frames->keeper;
    return true;
}

void frames_end(struct frames *frames)
{
    if (frames != NULL) {
        evidence_keeper_end(frames->keeper);
    }
}

void frames_free(struct frames *frames)
{
    if (frames == NULL) {
        return;
    }
    evidence_keeper_free(frames->keeper);
    for (size_t i = 0; i < frames->count; i++) {
        frame_ring_free(frames->rings[i]);
    }
    free(frames->rings);
    free(frames);
}
