#include "dataplane/packets/event_clock.h"

#define STEP_NS  (2 * NS_PER_S)  // more is no drift and no leap second, but somebody's hand
#define LEAST_NS (5 * NS_PER_MS) // the kernel steers both clocks: less is in the reading
#define MOST_NS  NS_PER_MS       // taken off at once: packets may be out of order by so much

atomic_int_fast64_t event_clock_offset_ns;

static int64_t error_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec - event_clock_read().ns;
}

void event_clock_begin(void)
{
    atomic_fetch_add_explicit(&event_clock_offset_ns, error_ns(), memory_order_relaxed);
}

int64_t event_clock_follow(void)
{
    int64_t error = error_ns();
    if (error > STEP_NS || error < -STEP_NS) {
        return error / NS_PER_S;
    }
    int64_t step = error > LEAST_NS ? MOST_NS : error < -LEAST_NS ? -MOST_NS : 0;
    atomic_fetch_add_explicit(&event_clock_offset_ns, step, memory_order_relaxed);
    return 0;
}
