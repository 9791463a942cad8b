// What persons remember. Private to detectors/persons/.
#pragma once

#include "detectors/persons/person_set.h"
#include "detectors/persons/persons.h"

// ---- sightings.c: what waits for the excess that it may belong to, in order of coming

enum sighting_kind {
    SIGHTED_INTENTS = AFFECTED_KINDS,
    SIGHTED_UNNAMED,
    SIGHTED_LOST,       // their outcome was not seen, and they failed: fewer answers are missing
    SIGHTED_DOUBTFUL,   // their outcome was not seen: they may have been answered
    SIGHTED_DARK_MILLI, // they were not seen at all; in thousandths
};                      // behind enum affected_kind

struct sighting {
    uint64_t id; // of a person; SIGHTED_INTENTS and those behind it: how many
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
    // Of the function in the whole country: the counterparty that lost most, and all others.
    int32_t party_known, party_failed, others_known, others_failed;
    int32_t lost, doubtful, dark_milli; // so many were sighted
    uint8_t mark;                       // enum gate_mark
    bool final;                         // every outcome is known
    bool ours;                          // in an interruption that is certain: nobody else's
};

enum gate_mark { MARK_NONE, MARK_EDGE, MARK_EXCESS };

// Whose failures the persons of a bucket suffer.
enum gate_answer { GATE_SHUT, GATE_WAITS, GATE_OURS, GATE_EXTERNAL };

struct gate {
    struct usual usual;
    size_t size;
    struct gate_bucket ring[];
};

struct gate *gate_new(size_t buckets);
// The bucket's outcomes so far. Calls `marked` for each bucket that counts from now on.
typedef void gate_marker(void *context, int64_t bucket);
void gate_take(struct gate *gate, const struct gate_bucket *bucket, int64_t fewest,
    int64_t buckets_a_minute, gate_marker *marked, void *context);
// The bucket as it stands; NULL when it is forgotten, or was never there.
struct gate_bucket *gate_at(struct gate *gate, int64_t bucket);
// `ours`: whatever the counterparties' sums say.
void gate_force(struct gate *gate, int64_t bucket, bool ours, gate_marker *marked, void *context);
bool gate_is_marked(const struct gate *gate, int64_t bucket);
enum gate_answer gate_ask(
    struct gate *gate, int64_t bucket, const struct outages_settings *outages);

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

// Those who count by a set of readings.
struct crowd {
    struct person_set sets[AFFECTED_KINDS], served;
    struct place **places;       // [function * PROVINCES + province]; NULL: none yet
    struct place_impact *listed; // of those that there are
    size_t place_count;
    struct course course;
    int64_t intents, unnamed;
    int64_t lost, doubtful; // whose outcome was not seen
    int64_t missing_milli;
    int64_t dark_milli; // of what is normal, behind what was not seen of requests
};

// Why a person may not count by default: a set of bits, which is the place of a crowd as well. The
// crowd of a set holds everybody who has no other reason.
enum reason {
    REASON_EXTERNAL = PERSONS_EXTERNAL / PERSONS_EXTERNAL,
    REASON_PLANNED = PERSONS_PLANNED / PERSONS_EXTERNAL,
    CROWDS = PERSONS_CROWDS
};

struct harm {
    bool open, changed;
    struct instant onset, until;
    struct instant kept_until; // the same of interruptions of any kind: its incident goes on
    struct instant overrun;    // of harm inside and outside of approved windows: the part outside
    unsigned reasons;          // that there were; other crowds are not kept
    struct crowd crowds[CROWDS];
    struct impact impact;
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

void harm_open(struct persons *persons, uint16_t network, struct instant from, struct instant to,
    bool planned);
void harm_close(struct persons *persons, uint16_t network);
// Harm reaches over the edge of an approved window; outside of it, from this instant on.
void harm_overrun(struct persons *persons, uint16_t network, struct instant from);
// Whether the person is among those who were counted, as far as is known.
bool harm_knows(const struct harm *harm, const struct sighting *sighting);
void harm_take(struct persons *persons, const struct sighting *sighting, unsigned reasons);
// Whether the crowd is kept: nobody has come for a reason that is not among those that there were.
bool harm_keeps(const struct harm *harm, unsigned crowd);
// From here on the crowds are kept that have those with one more reason, unless they are.
void harm_begin_reason(struct persons *persons, uint16_t network, unsigned reason);
// figures.c: those of the tick, from the sets and the network's interruptions.
void harm_sum(struct persons *persons, uint16_t network, const struct interruption *interruptions,
    size_t count);

// ---- crowds.c

void crowd_done(struct crowd *crowd, struct person_room *room, size_t places);
// `to` is empty. Exact sets that find no room become sketches.
void crowd_copy(
    struct crowd *to, const struct crowd *from, struct person_room *room, size_t places);
// True when somebody came, or a place changed.
bool crowd_take(
    struct crowd *crowd, struct person_room *room, const struct sighting *sighting, size_t places);
void course_add(struct course *course, uint8_t kind, int64_t cohort_s, int64_t persons);
