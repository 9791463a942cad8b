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
    READING_POSSIBLE = 16,        // what is undeterminable for want of coverage is an interruption
    READINGS_ALL = 31,
    READING_HARMED = 32, // no reading: what is undeterminable and has evidence of harm, art. 12(1)
};
#define READING_SETS 32

struct evaluation {
    const struct settings *settings;
    const struct network_settings *network;
    const struct rulebook *rulebook;
    const struct interruption *interruptions;
    size_t count;
    struct instant tick;
    int64_t ahead_ns; // what is ongoing is taken to go on for so long behind the tick; 0: as it is
};

struct measure {
    int64_t ns;            // the most that was measured anywhere
    struct instant met_at; // INSTANT_NEVER: the threshold is not reached
    uint8_t provinces[PROVINCES / 8 + 1];
    const struct clause *stands_for; // METRIC_UNDETERMINABLE: the clause whose duration this is
};

// Whether any of it is undeterminable: else READING_POSSIBLE changes nothing.
bool evaluation_has_possible(const struct evaluation *evaluation);

// Only clauses whose metric is measured.
void clause_measure(const struct evaluation *evaluation, const struct clause *clause,
    unsigned readings, struct measure *ret);

// Art. 2 and the clause's own scope.
bool network_is_in_scope(const struct network_settings *network);
bool clause_concerns(const struct clause *clause, const struct network_settings *network);
bool metric_is_measured(int metric);
