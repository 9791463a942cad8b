// A set of persons that only grows: exact up to a size, HyperLogLog above it, where how many it
// holds is known within an error. Private to detectors/persons/.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What all sets share: how large they may grow, and how much memory the exact ones have taken.
struct person_room {
    int64_t exact;     // persons, at least 5 * 2^precision
    int64_t precision; // 10 to 16
    int64_t bytes, bytes_most;
};

struct person_set {
    uint64_t *slots;    // exact: open addressing, 0 is free
    uint8_t *registers; // sketch
    size_t slot_count;  // a power of two
    int64_t count;      // exact, or the most that the sketch has said so far
};

void person_set_done(struct person_set *set, struct person_room *room);

// `to` is empty, and holds what `from` does; a sketch of it where there is no room.
void person_set_copy(
    struct person_set *to, const struct person_set *from, struct person_room *room);

// True when the person was not in the set; of a sketch: when a register grew.
bool person_set_add(struct person_set *set, struct person_room *room, uint64_t id);
// Whether it holds the person; of a sketch never.
bool person_set_has(const struct person_set *set, uint64_t id);
bool person_set_is_exact(const struct person_set *set);

// How many persons: exact, or the sketch's best figure, which never falls.
int64_t person_set_count(struct person_set *set, const struct person_room *room);
// Half the width of the band that holds the true figure: three times 1.04 / sqrt(2^precision) of
// it, rounded up; 0 of an exact set.
int64_t person_set_error(struct person_set *set, const struct person_room *room);
