// What is learned of the cells and networks, in memory. Private to detectors/normals/.
#pragma once

#include "detectors/normals/past.h"

// A day in hand: today, or yesterday until it is closed. date 0: none.
struct open_day {
    int64_t date;
    uint16_t volumes[DAY_SLOTS];
};

// Of a group.
struct learned {
    struct past past;
    struct open_day open[2];     // by date % 2
    struct profile *profiles[2]; // by date % 2; NULL: not made yet
    int64_t demand;              // of the slot in hand, of its final buckets
    // Dates of the first and the last blind bucket of those less than BLIND_APART_DAYS apart; 0:
    // none.
    int64_t blind_since, blind_last;
    int64_t blind_slot_s; // beginning of the last slot with a blind bucket that is left out
};

#define HOUR_UNKNOWN (-1)

// All business of a network on a day in hand, by slot: intents, whatever their result.
struct open_hours {
    int64_t date;
    int64_t volumes[DAY_SLOTS]; // HOUR_UNKNOWN: not wholly seen
};

// Of a year: the sum of its full days.
struct year_volumes {
    int64_t year; // 0: none
    int64_t full_days;
    int64_t volumes[DAY_SLOTS];
};

#define OWN_YEARS 2 // this one and the last

// A year's peak hours that a named person approved; never changed again.
struct approved_peak {
    int64_t year;
    bool bank; // of the bank's own volumes
    bool slots[DAY_SLOTS];
};

struct network_learned {
    struct open_hours open[2]; // by date % 2
    struct year_volumes years[OWN_YEARS];
    struct year_volumes bank; // imported: the newest of the bank's own years
    struct approved_peak *approvals;
    size_t approval_count;
    bool warned[DAY_SLOTS]; // of which peak hours it was said that they differ
};

// A day counts as a full one for the year's statistics when every slot of it was seen, and teaches
// what is normal when at least this many of its slots are known.
#define SLOTS_LEARNED (DAY_SLOTS / 2)
// A day is closed this long after its end: what interruptions it had is known by then.
#define CLOSE_S S_PER_HOUR

// Adds a full day to its year and returns that; NULL, and nothing is added, for another day, and
// for an older year than the two newest.
const struct year_volumes *years_add(struct network_learned *network, const struct open_hours *day);
const struct year_volumes *year_find(const struct network_learned *network, int64_t year);

// What a person brings: imported years and approved tables are those of `fresh` from here on.
void learned_take(struct network_learned *network, struct network_learned *fresh);

// peak.c
// Which slots are peak; slot_ns divides an hour and is a multiple of DAY_SLOT_S.
void peak_slots(
    const int64_t volumes[static DAY_SLOTS], int64_t slot_ns, bool ret[static DAY_SLOTS]);
// The sensor's own volumes for a year's peak hours; false: too few full days.
bool peak_own_volumes(
    const struct network_learned *learned, int64_t year, struct year_volumes *ret);

// learn.c
struct normals;
struct group;
// peak.c: the table of a date where the settings give no hours, and those that are in force from
// the date on; at once, when the sensor begins.
void peak_table_make(
    const struct normals *normals, uint16_t network, int64_t date, struct peak_table *ret);
void peaks_choose(struct normals *normals, int64_t date, bool at_once);
struct learned *learned_at(struct group *group); // made when there is none
size_t slot_of_day(int64_t epoch_s);
void learned_free(struct learned *learned);
// The sensor began, or begins anew after an absence: the slot in hand is not whole.
void learn_restart(struct normals *normals);
// A bucket of the network is final: once for each, in order.
void learn_bucket(struct normals *normals, uint16_t network, int64_t bucket);
// Once a tick: closes days that are over, prepares tomorrow's profiles.
void learn_tick(struct normals *normals);
// Hands what changed to the keeper, and the days in hand.
void learn_keep(struct normals *normals, bool days_in_hand);
// The profile of the date, NULL when nothing is known of days before it.
const struct profile *learned_profile(
    const struct normals *normals, const struct group *group, int64_t date);
