#include "tools/bench/scene.h"

#include "tools/bench/truth.h"

#include <stdio.h>
#include <string.h>

#define SPARE_BUFFERS 16384 // in flight, and in the pool's cache

static bool recipe_make(
    struct scene *scene, const char *name, void (*change)(struct recipe *), struct measurement *row)
{
    struct mistakes *mistakes = mistakes_new();
    bool read = recipe_read(name, scene->options->shrink, &scene->recipe, mistakes);
    if (!read) {
        mistakes_print(mistakes, stderr);
        bench_void(row, "%s has mistakes", name);
    } else if (change != NULL) {
        change(&scene->recipe);
    }
    mistakes_free(mistakes);
    return read;
}

// A capture that stays in a cache is received faster than any wire's.
static bool is_beyond_cache(const struct scene *scene, struct measurement *row)
{
    uint64_t cache = device_cache_bytes();
    for (size_t i = 0; i < scene->device.queues; i++) {
        if (scene->traffic[i].bytes < cache) {
            bench_void(row, "the capture has %llu MiB, the last-level cache %llu: raise requests",
                (unsigned long long)scene->traffic[i].bytes >> 20, (unsigned long long)cache >> 20);
            return false;
        }
    }
    return true;
}

bool scene_make(struct scene *scene, const struct bench_options *options, const char *folder,
    const char *recipe, size_t queues, void (*change)(struct recipe *), struct measurement *row)
{
    char error[512];
    *scene = (struct scene){.options = options,
        .folder = folder,
        .device = {.queues = queues, .buffers = SPARE_BUFFERS}};
    if (!recipe_make(scene, recipe, change, row)) {
        return false;
    }
    // Entries of the steady state are all in use then.
    scene->warm_up_loops = scene->recipe.answered_after == scene->recipe.requests ? 2 : 1;
    for (size_t i = 0; i < queues; i++) {
        char *path = scene->captures[i];
        snprintf(path, sizeof(scene->captures[i]), "%s/%p-%zu.pcap", folder, (void *)scene, i);
        bench_says("writing %s", path);
        if (!traffic_write(&scene->recipe, (struct traffic_lane){(unsigned)i, (unsigned)queues},
                path, &scene->traffic[i], error, sizeof(error))) {
            bench_void(row, "%s", error);
            return false;
        }
        scene->device.captures[i] = path;
        scene->device.buffers += scene->traffic[i].frames;
    }
    device_init(&scene->device, options->wants_hugepages);
    return options->shrink > 1 || is_beyond_cache(scene, row);
}

void scene_done(struct scene *scene)
{
    device_done(&scene->device);
    for (size_t i = 0; i < DEVICE_QUEUES_MAX; i++) {
        traffic_free(&scene->traffic[i]);
    }
    recipe_free(&scene->recipe);
}

bool scene_run(const struct scene *scene, struct ours_result *ret, struct measurement *row)
{
    char error[512];
    const struct ours_plan plan = {.device = &scene->device,
        .recipe = &scene->recipe,
        .traffic = scene->traffic,
        .folder = scene->folder,
        .warm_up_ns = scene->options->warm_up_ns,
        .stretch_ns = scene->options->stretch_ns,
        .warm_up_loops = scene->warm_up_loops,
        .is_floor = scene->is_floor};
    if (!ours_run(&plan, ret, error, sizeof(error))) {
        bench_void(row, "%s", error);
        return false;
    }
    struct traffic_sums sums = {0};
    for (size_t i = 0; i < scene->device.queues; i++) {
        traffic_sum(&scene->traffic[i], ret->received[i], &sums);
        sums.frames += ret->received[i];
    }
    return truth_check(&sums, ret->summary, scene->is_floor, row);
}
