#include "detectors/grades/planned.h"

static void part_fill(const struct settings *settings, const struct interruption *whole,
    struct instant from, struct instant to, struct interruption *ret)
{
    *ret = *whole;
    ret->from = from;
    ret->to = to;
    ret->ongoing = whole->ongoing && to.ns == whole->to.ns;
    ret->whole_from = whole->from;
    ret->whole_to = whole->to;
    ret->unknown_ns = whole->unknown_ns < to.ns - from.ns ? whole->unknown_ns : to.ns - from.ns;
    ret->in_peak_ms = peak_ns(&settings->networks[whole->network], from, to) / NS_PER_MS;
}

size_t interruption_unplanned(const struct settings *settings, const struct interruption *whole,
    struct instant tick, struct interruption *ret)
{
    struct instant from = whole->from, end = instant_min(whole->to, tick), to, next;
    const struct maintenance_settings *window;
    size_t count = 0;
    while (maintenance_next(settings, whole->network, whole->function, whole->province, from, end,
        &to, &next, &window)) {
        if (to.ns > from.ns) {
            part_fill(settings, whole, from, to, &ret[count++]);
        }
        from = next;
    }
    if (from.ns == whole->from.ns) {
        ret[0] = *whole;
        return 1;
    }
    if (from.ns < end.ns) {
        part_fill(settings, whole, from, whole->to, &ret[count++]);
    }
    return count;
}
