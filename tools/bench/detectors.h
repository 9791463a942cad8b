// A run of the detectors over many networks, for the rows detectors/cost and detectors/memory.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DETECTORS_NETWORKS  50
#define DETECTORS_FUNCTIONS 6
#define DETECTORS_PROVINCES 31

struct detectors_scene {
    char settings[512], functions[512], normals[512], sink[512];
    size_t networks;
};
// Writes settings, functions and normal volumes into the folder. False when that cannot be done.
bool detectors_scene_write(struct detectors_scene *scene, const char *folder, unsigned shrink);

struct detectors_result {
    bool ran;
    char error[256];
    double healthy_s, outage_s, worst_s;  // CPU of a tick: mean of each stretch; the dearest of all
    uint64_t resident_bytes, taken_bytes; // of the process; of those, by the detectors
    size_t seen;                          // networks whose outage was told
};
// In a process of its own. False when it failed.
bool detectors_run(
    const struct detectors_scene *scene, unsigned shrink, struct detectors_result *ret);
