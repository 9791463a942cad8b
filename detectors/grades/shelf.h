// The rule books of one reading of the settings. Incidents quote their clauses for as long as the
// process lives, so an older set is kept. Private to detectors/grades/.
#pragma once

#include "detectors/grades/overlay.h"

struct shelf {
    struct rulebook **judging; // those that are verified, in the settings' order
    size_t count;
    const struct rulebook **not_covered; // the others
    size_t not_covered_count;
    struct rulebook **read; // all
    size_t read_count;
    struct overlay **overlays;
    size_t overlay_count;
    struct rulebook **merged; // made of a rule book and an overlay
    size_t merged_count;
    const struct rulebook **of_network; // by network and place in `judging`
    struct shelf *older;
};

// NULL after mistakes.
struct shelf *shelf_read(const struct settings *settings, struct mistakes *mistakes);
// Frees this one; returns the older.
struct shelf *shelf_free(struct shelf *shelf);
bool shelf_is_same(const struct shelf *one, const struct shelf *other);
// The i-th that judges, as it is for the network.
const struct rulebook *shelf_book(const struct shelf *shelf, size_t network, size_t i);
