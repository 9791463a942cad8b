// One capture, or one a queue, and the device that repeats it: what both sides of a row receive.
#pragma once

#include "tools/bench/bench.h"
#include "tools/bench/device.h"
#include "tools/bench/ours.h"
#include "tools/bench/recipe.h"
#include "tools/bench/traffic.h"

struct scene {
    const struct bench_options *options;
    const char *folder;
    struct recipe recipe;
    struct device device;
    struct traffic traffic[DEVICE_QUEUES_MAX];
    char captures[DEVICE_QUEUES_MAX][512];
    size_t warm_up_loops;
    bool is_floor; // who receives is the crude loop of floor.h
};

// Reads the recipe; `change`, or NULL, may alter it; then writes the captures. False with the row
// void. To be ended by scene_done in any case.
bool scene_make(struct scene *scene, const struct bench_options *options, const char *folder,
    const char *recipe, size_t queues, void (*change)(struct recipe *), struct measurement *row);
void scene_done(struct scene *scene);

// One run of ours. False with the row void, also when not everything came out that went in.
bool scene_run(const struct scene *scene, struct ours_result *ret, struct measurement *row);
