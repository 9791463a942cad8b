// What a clause measures over an episode, by the default readings of the rule or by stricter ones.
// Pure functions. Private to detectors/grades/.
#pragma once

#include "detectors/grades/grades.h"

// The open questions of the rule that are read more strictly, as a set of bits (art. 12(1)).
enum reading {
    READING_TOUCH = 1,            // any touch of peak: the whole interruption counts
    READING_UNION = 2,            // several provinces one after the other, not at once
    READING_CUMULATIVE = 4,       // the minutes of all interruptions of the episode
    READING_UNKNOWN_PROVINCE = 8, // province 00 may be a second province
    READING_POSSIBLE = 16,        // what is undeterminable for want of coverage is an interruption
    READING_ANY_FUNCTION = 32,    // one main function down is as much as all of them
    READING_DATA_SUM = 64,        // records of several kinds or facts are added together
    READING_MAY_HAVE = 128,       // what may have leaked has leaked
    READING_ORAL = 256,           // the PBOC's word counts before it comes in writing
    READING_PLANNED = 512,        // what an approved window holds of a change that overran it
    READING_EDGES = 1024,         // edge buckets with harm in part of them count whole
    READING_LITERAL = 2048,       // these four: what assumes it is an interruption (outages.h)
    READING_SILENCE = 4096,
    READING_CODES = 8192,
    READING_EXTERNAL = 16384,
    READING_UNKNOWN_HOLDER = 1 << 15, // persons of nobody knows which class are legal ones as well
    READING_NEVER_ARRIVED =
        1 << 16,                   // each intent that never arrived, or names nobody, was another's
    READING_COUNT_ERROR = 1 << 17, // the upper end of a count that has an error
    READINGS = 18,                 // how many
    READING_HARMED = 1 << 30, // no reading: what is undeterminable and has evidence of harm (12(1))
};

struct evaluation {
    const struct settings *settings;
    const struct network_settings *network;
    const struct rulebook *rulebook;
    const struct interruption *interruptions;
    size_t count;
    const struct fact *const *facts;
    size_t fact_count;
    const struct impact *impact; // NULL: nobody is affected, or nothing says so
    const bool *in_business;     // by function: has it any; NULL: nobody knows, all that there are
    struct instant tick;
    int64_t ahead_ns; // what is ongoing is taken to go on for so long behind the tick; 0: as it is
};

struct measure {
    int64_t measured;      // the most that was measured anywhere, in the unit of the clause
    struct instant met_at; // INSTANT_NEVER: the threshold is not reached
    uint8_t provinces[PROVINCES / 8 + 1];
    const struct clause *stands_for; // METRIC_UNDETERMINABLE: the clause whose duration this is
};

// Whether any of it is undeterminable: else READING_POSSIBLE changes nothing.
bool evaluation_has_possible(const struct evaluation *evaluation);
// Whether approved windows were cut out of any: else READING_PLANNED changes nothing.
bool evaluation_has_planned(const struct evaluation *evaluation);
// The stricter readings that may make a difference to the clause, as a set.
unsigned clause_readings(const struct evaluation *evaluation, const struct clause *clause);

void clause_measure(const struct evaluation *evaluation, const struct clause *clause,
    unsigned readings, struct measure *ret);
// entered.c: of a metric that is entered.
void facts_measure(const struct evaluation *evaluation, const struct clause *clause,
    unsigned readings, struct measure *ret);
// affected.c: of a metric of persons.
void persons_measure(const struct evaluation *evaluation, const struct clause *clause,
    unsigned readings, struct measure *ret);
unsigned persons_readings(const struct evaluation *evaluation, const struct clause *clause);
bool metric_is_of_persons(int metric);
// Whether a fact speaks of the clause's network and is not replaced by a later one.
bool fact_counts(const struct evaluation *evaluation, const struct fact *fact);

// Art. 2 and the clause's own scope.
bool network_is_in_scope(const struct rulebook *rulebook, const struct network_settings *network);
bool clause_concerns(const struct rulebook *rulebook, const struct clause *clause,
    const struct network_settings *network);
