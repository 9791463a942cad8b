// One network's incident: who was affected, per network and per place, and when they came.
//
// The sets of the network are unions over its functions and provinces, so that nobody counts twice
// in the clauses; those of a place say where. Of persons who never reached the tap, and of failed
// intents that name nobody, only intents are known: as many persons as these intents usually have
// (the settings' figure, else what those who were seen have had: intents per person). Low is as if
// all of them were seen already, high as if each were another person. They are of the classes that
// were seen; natural persons when nobody was.
#include "config/memory.h"

#include "detectors/persons/parts.h"

#include <stdlib.h>
#include <string.h>

#define BASIS_PERSONS 100 // so many that were seen say how many intents a person has
#define COURSE_MOST_S (7 * S_PER_DAY)

// ---- begin and end

void harm_open(struct persons *persons, uint16_t network, struct instant from, struct instant to)
{
    struct harm *harm = &persons->harms[network];
    if (!harm->open) {
        int64_t before_ns = (int64_t)persons->gate_buckets * persons->settings->outages.bucket_ns;
        harm->open = true;
        harm->onset = from;
        harm->until = harm->kept_until = to;
        harm->course = (struct course){.from_s = (from.ns - before_ns) / NS_PER_S,
            .missing_from = INSTANT_NEVER,
            .missing_to = INSTANT_NONE};
        harm->impact = (struct impact){.network = network, .version = harm->impact.version};
    }
    harm->onset = instant_min(harm->onset, from);
    harm->until = instant_max(harm->until, to);
    harm->changed = true;
}

static void place_free(struct persons *persons, struct place *place)
{
    for (size_t k = 0; place != NULL && k < AFFECTED_KINDS; k++) {
        person_set_done(&place->sets[k], &persons->room);
    }
    free(place);
}

void harm_close(struct persons *persons, uint16_t network)
{
    struct harm *harm = &persons->harms[network];
    size_t places = persons->settings->networks[network].functions.function_count * PROVINCES;
    for (size_t i = 0; i < places; i++) {
        place_free(persons, harm->places[i]);
        harm->places[i] = NULL;
    }
    for (size_t k = 0; k < AFFECTED_KINDS; k++) {
        person_set_done(&harm->sets[k], &persons->room);
        free(harm->course.came[k]);
    }
    person_set_done(&harm->served, &persons->room);
    free(harm->listed);
    *harm = (struct harm){.places = harm->places, .impact = {.version = harm->impact.version}};
}

// ---- sightings

static struct place *place_of(struct harm *harm, const struct sighting *sighting)
{
    struct place **place =
        &harm->places[(size_t)sighting->function * PROVINCES + sighting->province];
    if (*place == NULL) {
        *place = memory_zeroed(1, sizeof(**place));
        (*place)->impact.function = sighting->function;
        (*place)->impact.province = sighting->province;
    }
    return *place;
}

static void course_grow(struct course *course, size_t seconds)
{
    size_t capacity = course->capacity == 0 ? 4096 : course->capacity;
    while (capacity < seconds) {
        capacity *= 2;
    }
    for (size_t k = 0; k < AFFECTED_KINDS && capacity > course->capacity; k++) {
        course->came[k] = memory_resize(course->came[k], capacity, sizeof(course->came[k][0]));
        memset(&course->came[k][course->capacity], 0,
            (capacity - course->capacity) * sizeof(course->came[k][0]));
    }
    course->capacity = capacity;
    course->seconds = seconds;
}

static void course_add(struct course *course, uint8_t kind, int64_t cohort_s, int64_t persons)
{
    int64_t second = cohort_s - course->from_s;
    second = second < 0 ? 0 : second > COURSE_MOST_S ? COURSE_MOST_S : second;
    if ((size_t)second >= course->seconds) {
        course_grow(course, (size_t)second + 1);
    }
    course->came[kind][second] += (int32_t)persons;
    course->total[kind] += persons;
}

bool harm_knows(const struct harm *harm, const struct sighting *sighting)
{
    const struct person_set *set = &harm->sets[sighting->kind];
    return harm->open && (!person_set_is_exact(set) || person_set_has(set, sighting->id));
}

static void person_take(struct persons *persons, struct harm *harm, const struct sighting *sighting)
{
    struct person_set *set = &harm->sets[sighting->kind];
    struct place *place = place_of(harm, sighting);
    if (sighting->served) {
        harm->changed |= harm_knows(harm, sighting) &&
                         person_set_add(&harm->served, &persons->room, sighting->id);
        return;
    }
    bool came = person_set_add(set, &persons->room, sighting->id);
    if (came && person_set_is_exact(set)) { // whom a sketch adds is told by the tick
        course_add(&harm->course, sighting->kind, sighting->cohort_s, 1);
    }
    place->changed |= person_set_add(&place->sets[sighting->kind], &persons->room, sighting->id);
    harm->changed |= came || place->changed;
}

void harm_take(struct persons *persons, const struct sighting *sighting)
{
    struct harm *harm = &persons->harms[sighting->network];
    struct course *course = &harm->course;
    course->last_s = sighting->cohort_s > course->last_s ? sighting->cohort_s : course->last_s;
    if (sighting->kind == SIGHTED_INTENTS) {
        harm->intents += (int64_t)sighting->id;
        harm->changed = true;
    } else if (sighting->kind == SIGHTED_UNNAMED) {
        harm->unnamed += (int64_t)sighting->id;
        harm->changed = true;
    } else {
        person_take(persons, harm, sighting);
    }
}

// ---- figures

static void seen_sum(struct persons *persons, struct harm *harm)
{
    struct impact *impact = &harm->impact;
    struct course *course = &harm->course;
    bool exact = person_set_is_exact(&harm->served);
    int64_t seen = 0;
    for (uint8_t k = 0; k < AFFECTED_KINDS; k++) {
        int64_t count = person_set_count(&harm->sets[k], &persons->room);
        if (count > course->total[k]) {
            course_add(course, k, course->last_s, count - course->total[k]);
        }
        course->errors[k] = person_set_error(&harm->sets[k], &persons->room);
        impact->seen[k] = course->counts[k] = count;
        exact &= person_set_is_exact(&harm->sets[k]);
        seen += count;
    }
    impact->sketched = !exact;
    impact->never_succeeded = exact ? seen - person_set_count(&harm->served, &persons->room) : -1;
}

static int64_t natural_of(const int64_t counts[static AFFECTED_KINDS])
{
    return counts[AFFECTED_NATURAL] + counts[AFFECTED_UNKNOWN];
}

static void places_sum(struct persons *persons, struct harm *harm, size_t places)
{
    size_t count = 0;
    for (size_t i = 0; i < places; i++) {
        struct place *place = harm->places[i];
        if (place == NULL) {
            continue;
        }
        int64_t counts[AFFECTED_KINDS];
        for (size_t k = 0; k < AFFECTED_KINDS && place->changed; k++) {
            counts[k] = person_set_count(&place->sets[k], &persons->room);
        }
        if (place->changed) {
            place->impact.natural = natural_of(counts);
            place->impact.legal = counts[AFFECTED_LEGAL] + counts[AFFECTED_MERCHANT];
            place->changed = false;
        }
        harm->listed =
            count == 0 ? memory_resize(harm->listed, places, sizeof(*harm->listed)) : harm->listed;
        harm->listed[count++] = place->impact;
    }
    harm->impact.places = harm->listed;
    harm->impact.place_count = count;
}

// The intents that never arrived, in thousandths: those of interruptions that are certain.
static void missing_sum(const struct persons *persons, struct harm *harm, uint16_t network,
    const struct interruption *interruptions, size_t count)
{
    const struct function_table *functions = &persons->settings->networks[network].functions;
    struct course *course = &harm->course;
    int64_t missing_milli = 0;
    for (size_t i = 0; i < count; i++) {
        const struct interruption *one = &interruptions[i];
        bool main =
            one->function < functions->function_count && functions->functions[one->function].main;
        if (one->network == network && main && interruption_is_certain(one) &&
            one->to.ns > harm->onset.ns && one->loss.never_arrived_milli > 0) {
            missing_milli += one->loss.never_arrived_milli;
            course->missing_from = instant_min(course->missing_from, one->from);
            course->missing_to =
                instant_max(course->missing_to, instant_min(one->to, persons->tick));
        }
    }
    harm->changed |= missing_milli > harm->missing_milli;
    harm->missing_milli = missing_milli > harm->missing_milli ? missing_milli : harm->missing_milli;
}

// How many persons so many thousandths of intents have; -1: nothing says so.
static int64_t persons_of(const struct persons *persons, const struct harm *harm, int64_t milli)
{
    const int64_t *seen = harm->course.counts;
    int64_t named = harm->intents - harm->unnamed, heads = natural_of(seen) + seen[AFFECTED_LEGAL];
    int64_t per_100 = persons->settings->persons.intents_per_100;
    if (per_100 > 0) {
        return milli / (10 * per_100);
    }
    named = named > heads ? named : heads;
    return heads < BASIS_PERSONS ? -1
                                 : (int64_t)((__int128)milli * heads / ((__int128)named * 1000));
}

static int64_t most(int64_t one, int64_t other)
{
    return one > other ? one : other;
}

// Legal persons by their part of the accounts that were seen.
static void estimate_sum(const struct persons *persons, struct harm *harm)
{
    struct head_count *natural = &harm->course.estimate[CLASS_NATURAL];
    struct head_count *legal = &harm->course.estimate[CLASS_LEGAL];
    const int64_t *seen = harm->course.counts;
    int64_t heads = natural_of(seen) + seen[AFFECTED_LEGAL];
    int64_t milli = harm->missing_milli + harm->unnamed * 1000;
    int64_t best = persons_of(persons, harm, milli), high = (milli + 999) / 1000;
    harm->impact.without_basis = milli > 0 && best < 0;
    best = best < 0 ? 0 : best < high ? best : high;
    __int128 part = heads == 0 ? 0 : seen[AFFECTED_LEGAL], of = heads == 0 ? 1 : heads;
    int64_t legal_best = (int64_t)(best * part / of), legal_high = (int64_t)(high * part / of);
    legal->best = most(legal->best, legal_best);
    legal->high = most(legal->high, legal_high);
    natural->best = most(natural->best, best - legal_best);
    natural->high = most(natural->high, high);
    harm->impact.estimated = natural->best + legal->best;
}

static void class_sum(struct harm *harm, enum person_class class)
{
    struct head_count *figure = &harm->impact.by_class[class];
    const struct course *course = &harm->course;
    int64_t unknown = course->counts[AFFECTED_UNKNOWN];
    int64_t best = impact_count(&harm->impact, class, PERSONS_SKETCH_BEST);
    figure->low =
        most(figure->low, impact_count(&harm->impact, class, 0) - course->estimate[class].best -
                              (class == CLASS_NATURAL ? unknown : 0));
    figure->best = most(figure->best, best);
    figure->high = most(figure->high, impact_count(&harm->impact, class, PERSONS_READINGS - 1));
}

void harm_sum(struct persons *persons, uint16_t network, const struct interruption *interruptions,
    size_t count)
{
    struct harm *harm = &persons->harms[network];
    struct impact *impact = &harm->impact;
    size_t places = persons->settings->networks[network].functions.function_count * PROVINCES;
    missing_sum(persons, harm, network, interruptions, count);
    if (!harm->changed) {
        return;
    }
    impact->onset = harm->onset;
    impact->until = harm->until;
    impact->course = &harm->course;
    seen_sum(persons, harm);
    places_sum(persons, harm, places);
    estimate_sum(persons, harm);
    impact->intents = harm->intents;
    impact->unnamed_intents = harm->unnamed;
    impact->missing_intents = (harm->missing_milli + 999) / 1000;
    impact->evicted |= instant_second(harm->onset) <= persons->sightings.dropped_s;
    class_sum(harm, CLASS_NATURAL);
    class_sum(harm, CLASS_LEGAL);
    impact->version++;
    harm->changed = false;
}
