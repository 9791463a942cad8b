// A device's clock beside the machine's: ticks of a rate that nobody says, from an instant that
// nobody says → nanoseconds UTC. Arithmetic alone; who reads the clocks is from_port.c. Private to
// packets/.
#pragma once

#include "config/instant.h"

struct device_clock {
    uint64_t base_ticks, ticks; // of the first observation, of the last one
    struct instant base, at;    // the instants that belong to them
    uint64_t ns_per_tick;       // times 2^32; 0: not known yet
};

// The first observation: the device's clock and the machine's, read one after the other.
void device_clock_begin(struct device_clock *clock, uint64_t ticks, struct instant now);
// Another one, about a second after the one before.
void device_clock_observe(struct device_clock *clock, uint64_t ticks, struct instant now);
// When the device's clock was at `ticks`, before or after the last observation. False as long as
// that is not known, or when it is no instant that we can write.
bool device_clock_convert(const struct device_clock *clock, uint64_t ticks, struct instant *ret);
