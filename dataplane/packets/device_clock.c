// Theory of operation
//
// The rate is that of all time since the first observation: reading two clocks one after the other
// is wrong by a microsecond or so, which the length of the base makes small. What the rate leaves
// over (a crystal drifts as it warms up) is taken off the offset, an eighth of it at each
// observation, so that stamps do not jump: a rate that is off by 1 ppm leaves 8 us.
//
// An observation that is further off than STEP_NS is a step of one of the clocks, the machine's as
// a rule: everything begins anew from there, with the old rate until the next observation. Ticks
// may wrap at 2^64; a device whose clock stands still has no rate, and its stamps are not used.
#include "dataplane/packets/device_clock.h"

#include <stdlib.h>

#define STEP_NS  NS_PER_MS
#define LEAST_NS (50 * NS_PER_MS) // of the base, for a rate
#define SHARE    8                // of the error, that is taken off

void device_clock_begin(struct device_clock *clock, uint64_t ticks, struct instant now)
{
    *clock = (struct device_clock){.base_ticks = ticks, .ticks = ticks, .base = now, .at = now};
}

static void rate_take(struct device_clock *clock, uint64_t ticks, struct instant now)
{
    uint64_t passed = ticks - clock->base_ticks;
    int64_t passed_ns = now.ns - clock->base.ns;
    if (passed == 0 || passed > INT64_MAX || passed_ns < LEAST_NS) {
        return;
    }
    unsigned __int128 rate = ((unsigned __int128)(uint64_t)passed_ns << 32) / passed;
    clock->ns_per_tick = rate <= UINT64_MAX ? (uint64_t)rate : 0;
}

static void begin_anew(struct device_clock *clock, uint64_t ticks, struct instant now)
{
    uint64_t rate = clock->ns_per_tick;
    device_clock_begin(clock, ticks, now);
    clock->ns_per_tick = rate;
}

void device_clock_observe(struct device_clock *clock, uint64_t ticks, struct instant now)
{
    struct instant expected;
    if (ticks == clock->ticks) { // it stands still
        device_clock_begin(clock, ticks, now);
        return;
    }
    if (clock->ns_per_tick == 0 || !device_clock_convert(clock, ticks, &expected)) {
        expected = now;
    }
    int64_t error_ns;
    bool steps = __builtin_sub_overflow(now.ns, expected.ns, &error_ns) || error_ns > STEP_NS ||
                 error_ns < -STEP_NS;
    if (steps || now.ns < clock->base.ns) {
        begin_anew(clock, ticks, now);
        return;
    }
    rate_take(clock, ticks, now);
    clock->ticks = ticks;
    clock->at = instant_add(expected, error_ns / SHARE);
}

bool device_clock_convert(const struct device_clock *clock, uint64_t ticks, struct instant *ret)
{
    int64_t ahead = (int64_t)(ticks - clock->ticks);
    __int128 ns = clock->at.ns + ((__int128)ahead * clock->ns_per_tick >> 32);
    if (clock->ns_per_tick == 0 || ns < 0 || ns > INT64_MAX) {
        return false;
    }
    *ret = (struct instant){(int64_t)ns};
    return true;
}
