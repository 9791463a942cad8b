#include "detectors/outages/outages.h"

#define NS_PER_DAY (S_PER_DAY * NS_PER_S)

// Nanoseconds since local midnight in Shanghai.
static int64_t ns_of_day(struct instant at)
{
    int64_t second = instant_second(at);
    return (int64_t)shanghai_second_of_day(second) * NS_PER_S + (at.ns - second * NS_PER_S);
}

// The peak slots from `of_day` on, those behind each other as one; false: none.
static bool slots_next(
    const struct peak_table *table, int64_t of_day, int64_t *ret_from, int64_t *ret_to)
{
    const int64_t slot_ns = DAY_SLOT_S * NS_PER_S;
    int64_t slot = of_day / slot_ns;
    while (slot < DAY_SLOTS && table->state != PEAK_NONE && !table->slots[slot]) {
        slot++;
    }
    *ret_from = slot * slot_ns < of_day ? of_day : slot * slot_ns;
    bool found = slot < DAY_SLOTS;
    while (slot < DAY_SLOTS && (table->state == PEAK_NONE || table->slots[slot])) {
        slot++;
    }
    *ret_to = slot * slot_ns;
    return found;
}

// The peak hours that hold `of_day`, or the next ones of that day; false: none.
static bool hours_next(
    const struct network_settings *network, int64_t of_day, int64_t *ret_from, int64_t *ret_to)
{
    bool found = false;
    for (size_t i = 0; i < network->peak_hours_count; i++) {
        int64_t from = network->peak_hours[i].from_s * NS_PER_S;
        int64_t to = network->peak_hours[i].to_s * NS_PER_S;
        from = from < of_day ? of_day : from;
        if (from < to && (!found || from < *ret_from)) {
            *ret_from = from;
            *ret_to = to;
            found = true;
        }
    }
    return found;
}

// Whether nothing is known of the network's peak hours in all of the time.
static bool has_none(
    const struct network_settings *network, struct instant from, struct instant end)
{
    return network_peak_state(network, instant_second(from)) == PEAK_NONE &&
           network_peak_state(network, instant_second(end)) == PEAK_NONE;
}

bool peak_next(const struct network_settings *network, struct instant from, struct instant end,
    struct instant *ret_from, struct instant *ret_to)
{
    int64_t of_day, peak_from = 0, peak_to = 0;
    if (from.ns < end.ns && has_none(network, from, end)) {
        *ret_from = from;
        *ret_to = end;
        return true;
    }
    for (int days = 0; days < 2 && from.ns < end.ns; days++) {
        of_day = ns_of_day(from);
        const struct peak_table *table = network_peak_table(network, instant_second(from));
        if (table == NULL ? hours_next(network, of_day, &peak_from, &peak_to)
                          : slots_next(table, of_day, &peak_from, &peak_to)) {
            struct instant start = instant_add(from, peak_from - of_day);
            if (start.ns >= end.ns) {
                return false;
            }
            *ret_from = start;
            *ret_to = instant_min(instant_add(from, peak_to - of_day), end);
            return true;
        }
        from = instant_add(from, NS_PER_DAY - of_day);
    }
    return false;
}

int64_t peak_ns(const struct network_settings *network, struct instant from, struct instant to)
{
    int64_t sum_ns = 0;
    struct instant peak_from, peak_to;
    while (peak_next(network, from, to, &peak_from, &peak_to)) {
        sum_ns += peak_to.ns - peak_from.ns;
        from = peak_to;
    }
    return sum_ns;
}
