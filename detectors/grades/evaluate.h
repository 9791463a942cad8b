// What a clause measures over the interruptions of an episode, by the default readings of the rule
// or by stricter ones. Pure functions. Private to detectors/grades/.
#pragma once

#include "detectors/grades/grades.h"

// The open questions of the rule that are read more strictly (regulation.md 2.6), as a set of bits.
enum reading {
    READING_TOUCH = 1,            // any touch of peak: the whole interruption counts
    READING_UNION = 2,            // several provinces one after the other, not at once
    READING_CUMULATIVE = 4,       // the minutes of all interruptions of the episode
    READING_UNKNOWN_PROVINCE = 8, // province 00 may be a second province
    READINGS_ALL = 15,
};
#define READING_SETS 16

struct evaluation {
    const struct settings *settings;
    const struct network_settings *network;
    const struct interruption *interruptions;
    size_t count;
    struct instant tick;
    int64_t ahead_ns; // what is ongoing is taken to go on for so long behind the tick; 0: as it is
};

struct measure {
    int64_t ns;            // the most that was measured anywhere
    struct instant met_at; // INSTANT_NEVER: the threshold is not reached
    uint8_t provinces[PROVINCES / 8 + 1];
};

// Only clauses whose metric is a duration.
void clause_measure(const struct evaluation *evaluation, const struct clause *clause,
    unsigned readings, struct measure *ret);

// Art. 2 and the clause's own scope.
bool network_is_in_scope(const struct network_settings *network);
bool clause_concerns(const struct clause *clause, const struct network_settings *network);
bool metric_is_measured(int metric);
