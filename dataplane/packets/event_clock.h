// The clock of a live run: UTC by the machine's clock as it was at the start, and from there on by
// the time that has passed. Who sets the machine's clock moves no event: a step ahead would make
// requests expire that nobody refused, and a step back would stop the judgement until the old
// instant comes again. Small errors are followed, slowly. Any thread reads, one follows.
#pragma once

#include "config/instant.h"

#include <stdatomic.h>
#include <time.h>

extern atomic_int_fast64_t event_clock_offset_ns; // over the monotonic clock

static inline struct instant event_clock_read(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t offset_ns = atomic_load_explicit(&event_clock_offset_ns, memory_order_relaxed);
    return (struct instant){now.tv_sec * NS_PER_S + now.tv_nsec + offset_ns};
}

// Takes what the machine's clock says.
void event_clock_begin(void);
// Once a second. How many seconds the machine's clock has been set ahead (back: negative), rounded
// towards zero; 0 as long as the two agree.
int64_t event_clock_follow(void);
