// The pipeline's part of what is normal: what was learned before, and what
// later stages tell it a tick later.
#include "detectors/normals/store.h"
#include "detectors/pipeline_parts.h"

bool normals_open(struct pipeline *pipeline, struct mistakes *mistakes)
{
    struct pipeline_options *options = &pipeline->options;
    const char *path = options->normals_path;
    if (path == NULL || options->stop_after < STAGE_NORMALS) {
        return true;
    }
    return (!normals_store_exists(path) ||
               normals_load(pipeline->normals, path, options->normals_digest, mistakes)) &&
           (!options->normals_keep || normals_keep(pipeline->normals, path, mistakes));
}

// What the tick before told as interrupted teaches nothing of what is normal. Every minute is
// enough: a day is closed an hour after its end, and what interrupted it is told for a day.
static void normals_leave_interruptions(struct pipeline *pipeline, const struct tick *tick)
{
    int64_t minute = tick->at.ns / (60 * NS_PER_S);
    for (size_t i = 0; minute != pipeline->left_out_minute && i < tick->interruption_count; i++) {
        const struct interruption *one = &tick->interruptions[i];
        if (one->unit == LABEL_NONE) {
            normals_leave_out(
                pipeline->normals, one->network, one->function, one->province, one->from, one->to);
        }
    }
    pipeline->left_out_minute = minute;
}

void normals_tick(struct pipeline *pipeline, struct tick *tick)
{
    if (tick->counters != NULL) {
        normals_leave_interruptions(pipeline, tick);
        tick->normal_count =
            normals_from_counters(pipeline->normals, tick->counters, &tick->normals);
    }
}
