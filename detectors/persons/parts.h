// What persons remember. Private to detectors/persons/.
#pragma once

#include "detectors/persons/person_set.h"
#include "detectors/persons/persons.h"

// ---- sightings.c: what waits for the excess that it may belong to, in order of coming

enum sighting_kind {
    SIGHTED_INTENTS = AFFECTED_KINDS,
    SIGHTED_UNNAMED
}; // behind enum affected_kind

struct sighting {
    uint64_t id; // of a person; SIGHTED_INTENTS, SIGHTED_UNNAMED: how many
    int64_t cohort_s;
    uint16_t network, function;
    uint8_t province, kind;
    bool served;
};

struct sightings {
    struct sighting *list;
    size_t count, capacity, most;
    int64_t dropped_s; // the latest cohort that had to go for want of room
};

void sightings_done(struct sightings *sightings);
// The newest stays when there is no room; older ones go.
void sightings_put(struct sightings *sightings, const struct sighting *sighting);
// Gives every one to `take` and forgets those that it took, and those of cohorts before `since_s`.
typedef bool sighting_taker(void *context, const struct sighting *sighting);
void sightings_offer(
    struct sightings *sightings, int64_t since_s, sighting_taker *take, void *context);

// ---- gates.c: which buckets of a (network, function, province) hold an excess

struct gate_bucket {
    int64_t bucket;
    int32_t known, failed;
    uint8_t mark; // enum gate_mark
};

enum gate_mark { MARK_NONE, MARK_EDGE, MARK_EXCESS };

struct gate {
    struct usual usual;
    size_t size;
    struct gate_bucket ring[];
};

struct gate *gate_new(size_t buckets);
// The bucket's outcomes so far. Calls `marked` for each bucket that counts from now on.
typedef void gate_marker(void *context, int64_t bucket);
void gate_take(struct gate *gate, int64_t bucket, int64_t known, int64_t failed, int64_t fewest,
    int64_t buckets_a_minute, gate_marker *marked, void *context);
void gate_force(struct gate *gate, int64_t bucket, gate_marker *marked, void *context);
bool gate_is_open(const struct gate *gate, int64_t bucket);

// ---- harm.c: one network's incident

struct course {
    int64_t from_s, last_s;        // the first second, the latest cohort that counts
    int32_t *came[AFFECTED_KINDS]; // new persons by cohort second
    int64_t total[AFFECTED_KINDS]; // of them
    size_t seconds, capacity;
    // What readings need, at the tick.
    int64_t counts[AFFECTED_KINDS], errors[AFFECTED_KINDS];
    struct head_count estimate[PERSON_CLASSES]; // of those who were not seen; low is 0
    struct instant missing_from, missing_to;    // when they did not come
};

struct place { // a (function, province)
    struct place_impact impact;
    struct person_set sets[AFFECTED_KINDS];
    bool changed;
};

struct harm {
    bool open, changed;
    struct instant onset, until;
    struct instant kept_until; // the same of interruptions of any kind: its incident goes on
    struct person_set sets[AFFECTED_KINDS], served;
    struct place **places;       // [function * PROVINCES + province]
    struct place_impact *listed; // of those that there are
    struct course course;
    struct impact impact;
    int64_t intents, unnamed;
    int64_t missing_milli;
};

struct persons {
    const struct settings *settings;
    struct person_room room;
    struct sightings sightings;
    int64_t bucket_s;
    size_t gate_buckets;
    struct gate ***gates; // [network][function * PROVINCES + province], of main functions
    struct harm *harms;   // by network
    struct instant tick;
    bool marked; // a bucket was, at this tick
    struct impact *out;
    size_t out_count;
};

void harm_open(struct persons *persons, uint16_t network, struct instant from, struct instant to);
void harm_close(struct persons *persons, uint16_t network);
// Whether the person is among those who were counted, as far as is known.
bool harm_knows(const struct harm *harm, const struct sighting *sighting);
void harm_take(struct persons *persons, const struct sighting *sighting);
// Figures of the tick, from the sets and the network's interruptions.
void harm_sum(struct persons *persons, uint16_t network, const struct interruption *interruptions,
    size_t count);
