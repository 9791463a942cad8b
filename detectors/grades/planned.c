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

struct look {
    const struct settings *settings;
    const struct cutovers *cutovers;
    const struct interruption *whole;
    struct instant tick, end;
};

// The next planned time at or behind `from`, by either kind, whichever begins first.
static bool planned_next(const struct look *look, struct instant from, struct instant *ret_from,
    struct instant *ret_to, bool *ret_is_cutover)
{
    const struct interruption *whole = look->whole;
    const struct maintenance_settings *window;
    struct instant cut_from, cut_to;
    bool maintained = maintenance_next(look->settings, whole->network, whole->function,
        whole->province, from, look->end, ret_from, ret_to, &window);
    bool cut = cutover_next(look->cutovers, look->settings, whole->network, look->tick, from,
        look->end, &cut_from, &cut_to);
    *ret_is_cutover = cut && (!maintained || cut_from.ns < ret_from->ns);
    if (*ret_is_cutover) {
        *ret_from = cut_from;
        *ret_to = cut_to;
    }
    return maintained || cut;
}

size_t interruption_unplanned(const struct settings *settings, const struct cutovers *cutovers,
    const struct interruption *whole, struct instant tick, struct interruption *ret)
{
    struct look look = {settings, cutovers, whole, tick, instant_min(whole->to, tick)};
    struct instant from = whole->from, to, next;
    size_t count = 0;
    bool is_cutover, any_cutover = false;
    while (planned_next(&look, from, &to, &next, &is_cutover)) {
        any_cutover |= is_cutover;
        if (to.ns > from.ns) {
            part_fill(settings, whole, from, to, &ret[count++]);
        }
        from = next;
    }
    if (from.ns == whole->from.ns) {
        ret[0] = *whole;
        return 1;
    }
    if (from.ns < look.end.ns) {
        part_fill(settings, whole, from, whole->to, &ret[count++]);
    }
    for (size_t i = 0; i < count; i++) {
        ret[i].cutover = any_cutover;
    }
    return count;
}
