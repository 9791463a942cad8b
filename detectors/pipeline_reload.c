// New settings for a pipeline that runs.
//
// All stages and the caller share one struct of settings by address. Its live keys are exchanged in
// place, by the detectors' thread, between two ticks: no stage holds a text of it from one tick to
// the next. What a stage made of live keys when it was new, it takes from a stage of its kind that
// was made from the new settings. Everything that was seen, suspected, graded and promised stays.
//
// The workers read the same struct, but none of the live keys.
#include "config/memory.h"

#include "detectors/normals/store.h"
#include "detectors/pipeline_parts.h"

#include <stdlib.h>
#include <string.h>

struct pipeline_reload {
    struct settings *settings;
    struct normals *normals;
    struct grades *grades;
    struct drafts *drafts;
};

// What a person has imported and approved since the start.
static bool store_read(
    const struct settings *settings, struct normals *normals, struct mistakes *mistakes)
{
    char digest[NORMALS_DIGEST_TEXT_MAX], *path = normals_store_path(settings);
    bool good = path == NULL || !normals_store_exists(path) ||
                normals_load(normals, path, digest, mistakes);
    free(path);
    return good;
}

struct pipeline_reload *pipeline_reload_new(struct settings *settings, struct mistakes *mistakes)
{
    struct pipeline_reload *reload = memory_zeroed(1, sizeof(*reload));
    reload->settings = settings;
    reload->normals = normals_new(settings, mistakes);
    reload->grades = grades_new(settings, mistakes);
    reload->drafts = drafts_new(settings, mistakes);
    if (reload->normals == NULL || reload->grades == NULL || reload->drafts == NULL ||
        !store_read(settings, reload->normals, mistakes)) {
        pipeline_reload_free(reload);
        return NULL;
    }
    return reload;
}

void pipeline_reload_free(struct pipeline_reload *reload)
{
    if (reload == NULL) {
        return;
    }
    normals_free(reload->normals);
    grades_free(reload->grades);
    drafts_free(reload->drafts);
    settings_free(reload->settings);
    free(reload);
}

void pipeline_reload(
    struct pipeline *pipeline, struct settings *settings, struct pipeline_reload *reload)
{
    yaml_take_live(&settings_schema, settings, reload->settings);
    normals_take_tables(pipeline->normals, reload->normals);
    grades_take_rulebooks(pipeline->grades, reload->grades);
    drafts_take_templates(pipeline->drafts, reload->drafts);
    outages_take_thresholds(pipeline->outages);
    partitions_reload(pipeline, settings);
}
