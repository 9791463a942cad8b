// Makes every repetition of a capture new traffic: TCP's numbers move on by the bytes of a loop,
// field 7 by a second, the STAN and the last two digits of the amount by one. A port_hook; what it
// costs is ours.
#pragma once

#include <stddef.h>
#include <stdint.h>

#define MOVE_QUEUES_MAX 4

// How far a queue has come, for the process that measures: in memory that both share.
struct mileage {
    _Alignas(64) uint64_t received; // frames in all
    uint64_t frames, since_frames;
    int64_t at_ns, since_ns; // CLOCK_MONOTONIC; since: when the warm-up ended; 0: not yet
};

struct mover {
    size_t frames[MOVE_QUEUES_MAX]; // of the loop, by queue
    int64_t warm_up_ns;             // ...
    size_t warm_up_loops;           // both must be over
    struct mileage *mileage;        // by queue
};

void move_on(void *context, uint16_t port, uint16_t queue, uint8_t *const frames[], size_t count);
void move_on_init(const struct mover *mover);
