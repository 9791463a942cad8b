// Theory of operation
//
// One reload at a time. The control thread (control.c) reads the file, with all that it names, into
// settings of their own: mistakes are said, every one, and the old settings stay. What differs is
// said key by key. A key that shapes what already runs refuses the whole reload: half of a file in
// force would be settings that nobody wrote. So does a file behind an unchanged key, a dialect say,
// whose bytes are no longer those that were read at the start.
//
// What is good lies in `ready` until the detectors' thread takes it, before its next tick; it gives
// the old values back through `done`, to be freed where time does not matter. The workers are not
// asked, not told and not stopped: no packet is lost to a reload.
#include "tools/run/reload.h"

#include "config/log.h"
#include "config/memory.h"

#include "tools/inputs.h"
#include "tools/run/notify.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WAIT_NS (5 * NS_PER_MS)

struct fixed_file {
    char *path, digest[SOURCE_TEXT_MAX];
};

struct reload {
    const char *path;
    struct settings *settings; // the run's
    struct fixed_file *fixed;  // files that are read once
    size_t fixed_count, fixed_capacity;
    struct pipeline_reload *_Atomic ready, *_Atomic done;
    atomic_bool over; // the detectors' thread takes nothing any more
};

// ---- files that are read once

static bool is_live_file(const struct settings *settings, const char *path)
{
    char *templates = settings_path(settings, settings->drafts.templates);
    size_t length = strlen(templates);
    bool template = strncmp(templates, path, length) == 0 && path[length] == '/';
    free(templates);
    if (template) {
        return true;
    }
    for (size_t i = 0; i < settings->grades.rulebook_count; i++) {
        char *rulebook = settings_path(settings, settings->grades.rulebook_paths[i]);
        bool same = strcmp(rulebook, path) == 0;
        free(rulebook);
        if (same) {
            return true;
        }
    }
    return false;
}

struct reload *reload_new(
    const char *path, struct settings *settings, const struct mistakes *mistakes)
{
    struct reload *reload = memory_zeroed(1, sizeof(*reload));
    size_t count;
    const char *const *files = mistakes_files(mistakes, &count);
    reload->path = path;
    reload->settings = settings;
    for (size_t i = 0; i < count; i++) {
        struct fixed_file file;
        if (strcmp(files[i], path) == 0 || is_live_file(settings, files[i]) ||
            !input_digest(files[i], file.digest)) {
            continue;
        }
        file.path = memory_text(files[i]);
        reload->fixed = memory_grow(
            reload->fixed, reload->fixed_count, &reload->fixed_capacity, sizeof(*reload->fixed));
        reload->fixed[reload->fixed_count++] = file;
    }
    return reload;
}

void reload_free(struct reload *reload)
{
    if (reload == NULL) {
        return;
    }
    pipeline_reload_free(reload->ready);
    pipeline_reload_free(reload->done);
    for (size_t i = 0; i < reload->fixed_count; i++) {
        free(reload->fixed[i].path);
    }
    free(reload->fixed);
    free(reload);
}

// ---- what differs

struct differences {
    size_t live, fixed;
};

static void on_difference(void *context, const char *key, bool live)
{
    struct differences *differences = context;
    if (live) {
        differences->live++;
        log_info("reload: %s changes", key);
    } else {
        differences->fixed++;
        log_error("reload: %s cannot change while tapgrade runs: restart it, or set the old value "
                  "again",
            key);
    }
}

static void files_compare(const struct reload *reload, struct differences *differences)
{
    for (size_t i = 0; i < reload->fixed_count; i++) {
        char digest[SOURCE_TEXT_MAX];
        const struct fixed_file *file = &reload->fixed[i];
        if (!input_digest(file->path, digest) || strcmp(digest, file->digest) != 0) {
            differences->fixed++;
            log_error("reload: '%s' is not what it was at the start, and cannot change while "
                      "tapgrade runs: restart it, or put the old file back",
                file->path);
        }
    }
}

static bool is_acceptable(const struct reload *reload, const struct settings *fresh)
{
    struct differences differences = {0, 0};
    yaml_compare(&settings_schema, reload->settings, fresh, on_difference, &differences);
    files_compare(reload, &differences);
    if (differences.fixed > 0) {
        log_error("reload: refused, the old settings stay");
        return false;
    }
    log_info("reload: %zu keys of '%s' change", differences.live, reload->path);
    return true;
}

// ---- the control thread

static struct pipeline_reload *prepare(const struct reload *reload)
{
    struct mistakes *mistakes = mistakes_new();
    struct pipeline_reload *prepared = NULL;
    struct settings *fresh = inputs_check(reload->path, mistakes);
    bool good = fresh != NULL && mistakes_count(mistakes) == 0;
    if (good && is_acceptable(reload, fresh)) {
        prepared = pipeline_reload_new(fresh, mistakes);
        fresh = NULL;
    }
    mistakes_print(mistakes, stderr);
    if (mistakes_count(mistakes) > 0) {
        log_error("reload: '%s' has the mistakes above, the old settings stay", reload->path);
    }
    settings_free(fresh);
    mistakes_free(mistakes);
    return prepared;
}

// Until the detectors' thread has taken them, at most one of its ticks.
static void hand_over(struct reload *reload, struct pipeline_reload *prepared)
{
    struct pipeline_reload *done;
    atomic_store_explicit(&reload->ready, prepared, memory_order_release);
    while ((done = atomic_load_explicit(&reload->done, memory_order_acquire)) == NULL) {
        if (atomic_load_explicit(&reload->over, memory_order_acquire)) {
            return;
        }
        nanosleep(&(struct timespec){.tv_nsec = WAIT_NS}, NULL);
    }
    atomic_store_explicit(&reload->done, NULL, memory_order_relaxed);
    pipeline_reload_free(done);
}

static void monotonic_tell(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    notify(
        "RELOADING=1\nMONOTONIC_USEC=%" PRId64, (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000);
}

void reload_read(struct reload *reload)
{
    monotonic_tell();
    struct pipeline_reload *prepared = prepare(reload);
    if (prepared != NULL) {
        hand_over(reload, prepared);
    }
    notify("READY=1");
}

// ---- the detectors' thread

void reload_apply(struct reload *reload, struct pipeline *pipeline)
{
    if (atomic_load_explicit(&reload->ready, memory_order_relaxed) == NULL) {
        return;
    }
    struct pipeline_reload *prepared =
        atomic_exchange_explicit(&reload->ready, NULL, memory_order_acq_rel);
    pipeline_reload(pipeline, reload->settings, prepared);
    log_info("reload: in force");
    atomic_store_explicit(&reload->done, prepared, memory_order_release);
}

void reload_end(struct reload *reload)
{
    atomic_store_explicit(&reload->over, true, memory_order_release);
}
