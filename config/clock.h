// The machine's clocks, for threads that wait for others and for what persons do. Verdicts are in
// event time, which is an argument everywhere.
#pragma once

#include "config/instant.h"

#include <time.h>

// Since some instant; only ever goes on.
static inline int64_t monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

static inline struct instant wall_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (struct instant){now.tv_sec * NS_PER_S + now.tv_nsec};
}
