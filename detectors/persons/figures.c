// The figures of one network's incident at a tick.
//
// Of persons who never reached the tap, and of failed intents that name nobody, only intents are
// known: as many persons as these intents usually have (the settings' figure, else what those who
// were seen have had: intents per person). So are those of intents whose outcome was not seen,
// where fewer answers are missing than would have served them. Low is as if all of them were seen
// already, high as if each were another person, and as if everything had failed that was not seen.
// They are of the classes that were seen; natural persons when nobody was.
#include "config/memory.h"

#include "detectors/persons/parts.h"

#define BASIS_PERSONS 100 // so many that were seen say how many intents a person has

static int64_t most(int64_t one, int64_t other)
{
    return one > other ? one : other;
}

static void seen_sum(struct persons *persons, struct crowd *crowd)
{
    struct course *course = &crowd->course;
    for (uint8_t k = 0; k < AFFECTED_KINDS; k++) {
        int64_t count = person_set_count(&crowd->sets[k], &persons->room);
        if (count > course->total[k]) {
            course_add(course, k, course->last_s, count - course->total[k]);
        }
        course->errors[k] = person_set_error(&crowd->sets[k], &persons->room);
        course->counts[k] = count;
    }
}

static bool is_exact(const struct crowd *crowd)
{
    bool exact = person_set_is_exact(&crowd->served);
    for (size_t k = 0; k < AFFECTED_KINDS; k++) {
        exact &= person_set_is_exact(&crowd->sets[k]);
    }
    return exact;
}

static void served_sum(struct persons *persons, struct harm *harm)
{
    struct crowd *crowd = &harm->crowds[0];
    int64_t seen = 0;
    harm->impact.sketched = false;
    for (unsigned i = 0; i < CROWDS; i++) {
        harm->impact.sketched |= harm_keeps(harm, i) && !is_exact(&harm->crowds[i]);
    }
    for (size_t k = 0; k < AFFECTED_KINDS; k++) {
        seen += crowd->course.counts[k];
        harm->impact.seen[k] = crowd->course.counts[k];
    }
    harm->impact.never_succeeded =
        is_exact(crowd) ? seen - person_set_count(&crowd->served, &persons->room) : -1;
}

static int64_t natural_of(const int64_t counts[static AFFECTED_KINDS])
{
    return counts[AFFECTED_NATURAL] + counts[AFFECTED_UNKNOWN];
}

static int64_t legal_of(const int64_t counts[static AFFECTED_KINDS])
{
    return counts[AFFECTED_LEGAL] + counts[AFFECTED_MERCHANT];
}

static void places_sum(struct persons *persons, struct crowd *crowd, size_t places)
{
    crowd->place_count = 0;
    for (size_t i = 0; crowd->places != NULL && i < places; i++) {
        struct place *place = crowd->places[i];
        if (place == NULL) {
            continue;
        }
        int64_t counts[AFFECTED_KINDS];
        for (size_t k = 0; k < AFFECTED_KINDS && place->changed; k++) {
            counts[k] = person_set_count(&place->sets[k], &persons->room);
        }
        if (place->changed) {
            place->impact.natural = natural_of(counts);
            place->impact.legal = legal_of(counts);
            place->changed = false;
        }
        crowd->listed = crowd->place_count == 0
                            ? memory_resize(crowd->listed, places, sizeof(*crowd->listed))
                            : crowd->listed;
        crowd->listed[crowd->place_count++] = place->impact;
    }
}

// Which crowd answers to a set of readings: of those who were affected in an approved window nobody
// counts unless the harm outlasted it.
static unsigned crowd_of(const struct harm *harm, unsigned reasons)
{
    bool overran = harm->overrun.ns != INSTANT_NEVER.ns;
    return reasons & harm->reasons & ~(overran ? 0u : (unsigned)REASON_PLANNED);
}

// Where those are who count by default; where there are none, those who do by a stricter reading.
static void places_show(struct persons *persons, struct harm *harm, size_t places)
{
    struct crowd *crowd = &harm->crowds[0];
    if (crowd->places == NULL) {
        crowd = &harm->crowds[crowd_of(harm, CROWDS - 1)];
    }
    places_sum(persons, crowd, places);
    harm->impact.places = crowd->listed;
    harm->impact.place_count = crowd->place_count;
}

// How much of it was outside of approved windows.
static int64_t unplanned_ns(const struct persons *persons, const struct interruption *one)
{
    const struct maintenance_settings *window;
    struct instant end = instant_min(one->to, persons->tick), from = one->from, begin, next;
    int64_t outside_ns = end.ns - from.ns;
    while (maintenance_next(persons->settings, one->network, one->function, one->province, from,
        end, &begin, &next, &window)) {
        outside_ns -= next.ns - begin.ns;
        from = next;
    }
    return outside_ns;
}

// Whether what never arrived in it counts in the crowd.
static bool is_missing(
    const struct persons *persons, const struct interruption *one, unsigned crowd)
{
    const struct function_table *functions = &persons->settings->networks[one->network].functions;
    bool main =
        one->function < functions->function_count && functions->functions[one->function].main;
    bool external = one->kind == OUTAGE_INTERRUPTION && one->assumes == ASSUMES_EXTERNAL &&
                    !one->suspected && !one->undeterminable;
    return main && one->loss.never_arrived_milli > 0 &&
           (interruption_is_certain(one) || (external && (crowd & REASON_EXTERNAL) != 0));
}

// Whether intents never arrived inside of an approved window as well as outside of it.
static bool is_partly_planned(const struct persons *persons, const struct harm *harm,
    const struct interruption *interruptions, size_t count)
{
    bool partly = false;
    for (size_t i = 0; i < count && harm->overrun.ns != INSTANT_NEVER.ns; i++) {
        const struct interruption *one = &interruptions[i];
        int64_t whole_ns = instant_min(one->to, persons->tick).ns - one->from.ns;
        partly |= one->network == harm->impact.network && whole_ns > 0 &&
                  is_missing(persons, one, 0) && unplanned_ns(persons, one) < whole_ns;
    }
    return partly;
}

// The intents that never arrived, in thousandths: those of interruptions that are certain, of which
// as much is planned as of their time.
static void missing_sum(const struct persons *persons, struct harm *harm, unsigned at,
    const struct interruption *interruptions, size_t count)
{
    struct crowd *crowd = &harm->crowds[at];
    struct course *course = &crowd->course;
    int64_t sum_milli = 0;
    for (size_t i = 0; i < count; i++) {
        const struct interruption *one = &interruptions[i];
        struct instant to = instant_min(one->to, persons->tick);
        int64_t whole_ns = to.ns - one->from.ns, ns = whole_ns;
        if (one->network != harm->impact.network || to.ns <= harm->onset.ns || whole_ns <= 0 ||
            !is_missing(persons, one, at)) {
            continue;
        }
        ns = (at & REASON_PLANNED) != 0 ? ns : unplanned_ns(persons, one);
        if (ns > 0) {
            sum_milli += (int64_t)((__int128)one->loss.never_arrived_milli * ns / whole_ns);
            course->missing_from = instant_min(course->missing_from, one->from);
            course->missing_to = instant_max(course->missing_to, to);
        }
    }
    harm->changed |= sum_milli > crowd->missing_milli;
    crowd->missing_milli = most(sum_milli, crowd->missing_milli);
}

// How many persons so many thousandths of intents have; -1: nothing says so.
static int64_t persons_of(const struct persons *persons, const struct crowd *crowd, int64_t milli)
{
    const int64_t *seen = crowd->course.counts;
    int64_t named = crowd->intents - crowd->unnamed;
    int64_t heads = natural_of(seen) + seen[AFFECTED_LEGAL];
    int64_t per_100 = persons->settings->persons.intents_per_100;
    if (per_100 > 0) {
        return milli / (10 * per_100);
    }
    named = named > heads ? named : heads;
    return heads < BASIS_PERSONS ? -1
                                 : (int64_t)((__int128)milli * heads / ((__int128)named * 1000));
}

// Those of intents whose outcome nobody saw, and that failed: the same people as those who were
// seen.
static int64_t lost_of(const struct crowd *crowd)
{
    int64_t named = crowd->intents - crowd->unnamed;
    int64_t heads = natural_of(crowd->course.counts) + crowd->course.counts[AFFECTED_LEGAL];
    named = most(named, heads);
    return named <= 0 ? 0 : (int64_t)((__int128)crowd->lost * heads / named);
}

// Legal persons by their part of the accounts that were seen. True when nothing says how many.
static bool estimate_sum(const struct persons *persons, struct crowd *crowd)
{
    struct head_count *natural = &crowd->course.estimate[CLASS_NATURAL];
    struct head_count *legal = &crowd->course.estimate[CLASS_LEGAL];
    const int64_t *seen = crowd->course.counts;
    int64_t heads = natural_of(seen) + seen[AFFECTED_LEGAL];
    int64_t milli = crowd->missing_milli + crowd->unnamed * 1000;
    int64_t best = persons_of(persons, crowd, milli), high = (milli + 999) / 1000;
    bool without_basis = (milli > 0 && best < 0) || (crowd->lost > 0 && heads == 0);
    best = best < 0 ? 0 : best < high ? best : high;
    best += lost_of(crowd);
    high += crowd->lost + crowd->doubtful + (crowd->dark_milli + 999) / 1000;
    __int128 part = heads == 0 ? 0 : seen[AFFECTED_LEGAL], of = heads == 0 ? 1 : heads;
    int64_t legal_best = (int64_t)(best * part / of), legal_high = (int64_t)(high * part / of);
    legal->best = most(legal->best, legal_best);
    legal->high = most(legal->high, legal_high);
    natural->best = most(natural->best, best - legal_best);
    natural->high = most(natural->high, high);
    return without_basis;
}

#define COUNTING (PERSONS_EXTERNAL - 1) // the readings that are no crowds

static void class_sum(struct harm *harm, enum person_class class)
{
    struct head_count *figure = &harm->impact.by_class[class];
    const struct course *course = &harm->crowds[0].course;
    int64_t unknown = course->counts[AFFECTED_UNKNOWN];
    int64_t best = impact_count(&harm->impact, class, PERSONS_SKETCH_BEST);
    figure->low =
        most(figure->low, impact_count(&harm->impact, class, 0) - course->estimate[class].best -
                              (class == CLASS_NATURAL ? unknown : 0));
    figure->best = most(figure->best, best);
    figure->high = most(figure->high, impact_count(&harm->impact, class, COUNTING));
}

// Who is in the reason's crowd and not in the default one.
static void reason_sum(const struct harm *harm, unsigned reason, int64_t ret[static PERSON_CLASSES])
{
    const int64_t *all = harm->crowds[harm->reasons & reason].course.counts;
    const int64_t *ours = harm->crowds[0].course.counts;
    ret[CLASS_NATURAL] = most(0, natural_of(all) - natural_of(ours));
    ret[CLASS_LEGAL] = most(0, legal_of(all) - legal_of(ours));
}

static void crowds_sum(struct persons *persons, struct harm *harm)
{
    struct impact *impact = &harm->impact;
    const struct crowd *crowd = &harm->crowds[0];
    for (unsigned i = 0; i < CROWDS; i++) {
        bool without_basis = false;
        if (harm_keeps(harm, i)) {
            seen_sum(persons, &harm->crowds[i]);
            without_basis = estimate_sum(persons, &harm->crowds[i]);
        }
        impact->without_basis = i == 0 ? without_basis : impact->without_basis;
        impact->courses[i] = &harm->crowds[crowd_of(harm, i)].course;
    }
    served_sum(persons, harm);
    impact->estimated =
        crowd->course.estimate[CLASS_NATURAL].best + crowd->course.estimate[CLASS_LEGAL].best;
    impact->intents = crowd->intents;
    impact->unnamed_intents = crowd->unnamed;
    impact->missing_intents = (crowd->missing_milli + 999) / 1000;
    impact->lost_intents = crowd->lost;
    impact->doubtful_intents = crowd->doubtful + (crowd->dark_milli + 999) / 1000;
}

void harm_sum(struct persons *persons, uint16_t network, const struct interruption *interruptions,
    size_t count)
{
    struct harm *harm = &persons->harms[network];
    struct impact *impact = &harm->impact;
    if (is_partly_planned(persons, harm, interruptions, count)) {
        harm_begin_reason(persons, network, REASON_PLANNED);
    }
    for (unsigned i = 0; i < CROWDS; i++) {
        if (harm_keeps(harm, i)) {
            missing_sum(persons, harm, i, interruptions, count);
        }
    }
    if (!harm->changed) {
        return;
    }
    impact->onset = harm->onset;
    impact->until = harm->until;
    impact->overrun = harm->overrun;
    crowds_sum(persons, harm);
    places_show(
        persons, harm, persons->settings->networks[network].functions.function_count * PROVINCES);
    impact->evicted |= instant_second(harm->onset) <= persons->sightings.dropped_s;
    class_sum(harm, CLASS_NATURAL);
    class_sum(harm, CLASS_LEGAL);
    reason_sum(harm, REASON_EXTERNAL, impact->external);
    reason_sum(harm, REASON_PLANNED, impact->planned);
    impact->version++;
    harm->changed = false;
}
