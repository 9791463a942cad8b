// What a cell's volume was on the days that are remembered, and what is normal for a day after
// them. Private to detectors/normals/.
#pragma once

#include "config/calendar.h"

#include "detectors/normals/normals.h"

#include <stddef.h>
#include <stdint.h>

// Intents of a slot of five minutes in two bytes: twelve bits of mantissa, four of exponent. Exact
// up to 4,095, to a four-thousandth above; no cell has more than 134 million in five minutes.
#define VOLUME_UNKNOWN UINT16_MAX
uint16_t volume_pack(int64_t intents);
int64_t volume_unpack(uint16_t volume); // not of VOLUME_UNKNOWN

// Days are comparable when their type and flags are the same.
#define DAY_KINDS       (DAY_TYPES * DAY_FLAGS)
#define COMPARABLE_DAYS 8
#define DAYS_KEPT       (COMPARABLE_DAYS + 1) // of each kind: the newest may be yesterday
uint8_t day_kind(struct day day);
struct day day_of_kind(uint8_t kind);

struct past_day {
    int64_t date;
    uint8_t kind;
    uint16_t volumes[DAY_SLOTS];
};

// 576 bytes a day and 2,880 for the year: 16 KiB where each type has its eight days.
struct past {
    struct past_day *days; // by date
    size_t day_count;
    // Plan B: what the year's slots had, and on how many days. Halved when a year ends, so that the
    // last one counts half as much as the one in hand.
    int64_t year;
    int64_t sums[DAY_SLOTS];
    uint16_t counts[DAY_SLOTS];
};

void past_done(struct past *past);
// Puts a day among the others, in the place of one of the same date; the year stays.
void past_put(struct past *past, const struct past_day *day);
// Adds a day; of its kind the oldest beyond DAYS_KEPT is forgotten. Returns the date of the oldest
// day of the kind that is kept. A day that is there already is replaced, and the year keeps both.
int64_t past_add(struct past *past, const struct past_day *day);

// What is normal on one date.
struct profile {
    int64_t date;
    int64_t milli[DAY_SLOTS];     // intents of the slot, in thousandths
    int64_t low_milli[DAY_SLOTS]; // what some comparable days had no more than
    uint8_t basis[DAY_SLOTS];     // enum basis: BASIS_MEDIAN, BASIS_YEARLY, BASIS_ATTEMPTS
    // 99.9 % of the comparable days' slots had at most so many thousandths of their median, 1000 at
    // least; 0: too few slots are known to say.
    int64_t most_permille;
};

// Of days two and more before the date: whether yesterday has been closed does not matter, so that
// a profile is the same whenever it is made. `fewest` comparable days, else the yearly profile at
// the level of the last days; else attempts only.
void profile_make(
    const struct past *past, int64_t date, uint8_t kind, int64_t fewest, struct profile *ret);
