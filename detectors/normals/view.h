// What is normal and when peak is, for people: of what normals_load has taken.
#pragma once

#include "detectors/normals/learned.h"
#include "detectors/normals/normals.h"

// A cell on a date, by clock hours: intents in thousandths; HOUR_UNKNOWN where nothing is known.
struct cell_view {
    uint16_t network, function;
    uint8_t province;
    enum basis basis; // the weakest of its hours
    int64_t hourly_milli[24];
    int64_t day_milli;
};
// In the order of networks, functions and provinces. `learned_only`: the bank's table aside.
void normals_view(const struct normals *normals, int64_t date, bool learned_only,
    void (*tell)(void *context, const struct cell_view *cell), void *context);

// A network's peak hours on a date, and what they could be made of.
struct peak_view {
    struct peak_table in_force;         // PEAK_BANK with year 0: the settings' peak_hours
    struct year_volumes own[OWN_YEARS]; // newest first; year 0: none
    struct year_volumes bank;           // year 0: none
};
void normals_peak_view(
    const struct normals *normals, uint16_t network, int64_t date, struct peak_view *ret);
