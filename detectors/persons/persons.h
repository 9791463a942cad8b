// The record `impact`: how many persons a network's failures have affected since their onset
// (arts. 7(2)-10(2), 已实际影响; ... ). Beside the flow, between outages and grades:
// it needs the buckets' excess and the interruptions, and the grades need it.
#pragma once

#include "config/settings.h"

#include "dataplane/counters/counters.h"

#include "detectors/normals/normals.h"
#include "detectors/outages/outages.h"

#include <jansson.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum person_class { CLASS_NATURAL, CLASS_LEGAL, PERSON_CLASSES };

// Open questions of counting that may be read more strictly, as a set of bits.
enum persons_reading {
    PERSONS_UNKNOWN_IS_LEGAL = 1, // accounts of nobody knows whom count as legal persons, too
    PERSONS_ESTIMATE_HIGH = 2,    // every intent that never arrived was another person's, and what
                                  // nobody saw has failed
    PERSONS_SKETCH_HIGH = 4,      // the upper end of a sketch's error
    PERSONS_EXTERNAL = 8,         // failures confined to one counterparty are our own (T-D22)
    PERSONS_PLANNED = 16,         // what an approved window holds of harm that overran it (T-D17)
    PERSONS_READINGS = 32,
    PERSONS_SKETCH_BEST = 32, // no reading: a sketch's best figure, for people
};

struct head_count {
    int64_t low, best, high;
};

struct place_impact {
    uint16_t function;
    uint8_t province;
    int64_t natural, legal; // seen ones; a person of two places is in both
};

struct course;
#define PERSONS_CROWDS (PERSONS_READINGS / PERSONS_EXTERNAL)
struct impact {
    uint16_t network;
    bool ongoing;                               // failures beyond the usual ones go on
    struct instant onset, until;                // of the excess so far
    struct head_count by_class[PERSON_CLASSES]; // seen and estimated; they never fall
    int64_t seen[AFFECTED_KINDS];               // best figures
    int64_t estimated;       // of the best ones: never arrived, or were failures without a name
    int64_t never_succeeded; // of the seen ones, as far as is known; -1: not known (a sketch)
    int64_t intents, unnamed_intents; // affected ones, and those that name nobody
    int64_t missing_intents;          // that never arrived
    // Whose outcome was not seen: that failed, as not so many answers are missing; and that may
    // have.
    int64_t lost_intents, doubtful_intents;
    bool without_basis; // some were missing or unnamed, and nothing says how many have one person
    bool sketched;      // some figure has an error
    bool evicted;       // sightings were dropped before they could be counted
    // Seen ones, best figures, who count by a stricter reading only, or not at all.
    int64_t external[PERSON_CLASSES], planned[PERSON_CLASSES];
    // Since when there is harm outside of an approved window that reaches into one; INSTANT_NEVER:
    // none does, and nobody in a window counts by any reading.
    struct instant overrun;
    const struct place_impact *places; // by function and province; who count by some reading
    size_t place_count;
    // When who came, by the readings that are crowds; like `places`, live until the next tick.
    const struct course *courses[PERSONS_CROWDS];
    uint64_t version; // grows with every change
};

struct persons;
struct persons *persons_new(const struct settings *settings);
void persons_free(struct persons *persons);

// One tick: *ret are the networks with an excess that is not over for longer than incidents.reopen,
// by network. `normals` and `interruptions` are those of the same tick.
size_t persons_count(struct persons *persons, const struct counters *counters,
    const struct normal *normals, size_t normal_count, const struct interruption *interruptions,
    size_t interruption_count, const struct impact **ret);

// The stricter readings that may make a difference to the class, as a set.
unsigned impact_readings(const struct impact *impact, enum person_class class);
// How many of the class are affected, by a set of stricter readings; 0: the default.
int64_t impact_count(const struct impact *impact, enum person_class class, unsigned readings);
// When there were so many, by the second of the intent that made them so; INSTANT_NEVER: not yet.
struct instant impact_reached(
    const struct impact *impact, enum person_class class, unsigned readings, int64_t threshold);
// When there will be, if they go on coming as in the last minutes; INSTANT_NEVER: never.
struct instant impact_expected(
    const struct impact *impact, enum person_class class, int64_t threshold);

// A copy that outlives the tick, for people: without the course. `copy` is zeroed, or an older one.
void impact_keep(struct impact *copy, const struct impact *impact);
void impact_done(struct impact *copy);

// natural, legal {low, best, high}, seen by kind, never_succeeded (null: not known),
// not_counted {external, planned}, and the flags.
json_t *impact_json(const struct impact *impact);
