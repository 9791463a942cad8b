// The pipeline's part of what is normal: what was learned before, and what
// later stages tell it a tick later.
#include "detectors/normals/store.h"
#include "detectors/pipeline_parts.h"

// The file is made at the start in any case: what is wrong with it is said then.
static bool normals_make(const char *path, struct mistakes *mistakes)
{
    char error[512];
    sqlite3 *store = normals_store_open(path, true, error, sizeof(error));
    if (store == NULL) {
        mistake(mistakes, path, 0, 0, "%s", error);
    }
    sqlite3_close(store);
    return store != NULL;
}

bool normals_open(struct pipeline *pipeline, struct mistakes *mistakes)
{
    struct pipeline_options *options = &pipeline->options;
    const char *path = options->normals_path;
    if (path == NULL || options->stop_after < STAGE_NORMALS) {
        return true;
    }
    if (normals_store_exists(path) &&
        !normals_load(pipeline->normals, path, options->normals_digest, mistakes)) {
        return false;
    }
    if (options->journal_folder != NULL) {
        return !options->normals_keep || normals_make(path, mistakes); // normals_keep_now
    }
    return !options->normals_keep || normals_keep(pipeline->normals, path, mistakes);
}

// Behind the ticks that were judged again: of those the file has all.
void normals_keep_now(struct pipeline *pipeline)
{
    const struct pipeline_options *options = &pipeline->options;
    struct mistakes *mistakes = mistakes_new();
    if (options->normals_keep && options->normals_path != NULL &&
        !normals_keep(pipeline->normals, options->normals_path, mistakes)) {
        mistakes_print(mistakes, stderr);
    }
    mistakes_free(mistakes);
}

static void on_blind(
    void *context, uint16_t network, uint16_t function, uint8_t province, struct instant from)
{
    struct pipeline *pipeline = context;
    normals_leave_blind(pipeline->normals, network, function, province, from);
}

// What the tick before told as interrupted teaches nothing of what is normal. Every minute is
// enough: a day is closed an hour after its end, and what interrupted it is told for a day. Nor
// does what is blind.
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
    if (minute != pipeline->left_out_minute) {
        outages_tell_blind(pipeline->outages, on_blind, pipeline);
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
