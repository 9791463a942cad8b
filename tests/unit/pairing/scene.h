// Traffic that is lost, reordered, late and answered on other connections, as packets in memory:
// for tests of the whole dataplane.
#pragma once

#include "tests/unit/streams/rig.h"

#define INTENTS     3000
#define CONNECTIONS 40
#define LENGTH      200

struct event {
    int64_t at_ns;
    uint64_t number;
    bool answer;
};

struct scene {
    struct rig rig; // for its settings
    struct event events[2 * INTENTS];
    size_t event_count;
    uint8_t bytes[2 * INTENTS][LENGTH];
    struct packet packets[2 * INTENTS + 1];
    size_t packet_count;
};

struct scene *scene_new(void);
void scene_free(struct scene *scene);
