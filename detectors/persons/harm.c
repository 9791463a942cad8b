// One network's incident: who was affected, and by which readings.
//
// The sets of the network are unions over its functions and provinces, so that nobody counts twice
// in the clauses; those of a place say where.
//
// By default those do not count whose failures were one counterparty's (REASON_EXTERNAL), nor those
// of an approved window (REASON_PLANNED). They are kept in crowds of their own beside the others,
// one for each set of readings, made when the first of them comes.
#include "detectors/persons/parts.h"

// ---- begin and end

static size_t places_of(const struct persons *persons, uint16_t network)
{
    return persons->settings->networks[network].functions.function_count * PROVINCES;
}

// A window's own time is neither onset nor going on.
void harm_open(
    struct persons *persons, uint16_t network, struct instant from, struct instant to, bool planned)
{
    struct harm *harm = &persons->harms[network];
    if (!harm->open) {
        int64_t before_ns = (int64_t)persons->gate_buckets * persons->settings->outages.bucket_ns;
        harm->open = true;
        harm->onset = harm->overrun = INSTANT_NEVER;
        harm->until = INSTANT_NONE;
        harm->crowds[0].course = (struct course){.from_s = (from.ns - before_ns) / NS_PER_S,
            .missing_from = INSTANT_NEVER,
            .missing_to = INSTANT_NONE};
        harm->impact = (struct impact){.network = network, .version = harm->impact.version};
    }
    harm->onset = planned ? harm->onset : instant_min(harm->onset, from);
    harm->until = planned ? harm->until : instant_max(harm->until, to);
    harm->kept_until = instant_max(harm->kept_until, to);
    harm->changed = true;
}

void harm_overrun(struct persons *persons, uint16_t network, struct instant from)
{
    struct harm *harm = &persons->harms[network];
    harm->overrun = instant_min(harm->overrun, from);
    harm->changed = true;
}

void harm_close(struct persons *persons, uint16_t network)
{
    struct harm *harm = &persons->harms[network];
    for (size_t i = 0; i < CROWDS; i++) {
        crowd_done(&harm->crowds[i], &persons->room, places_of(persons, network));
    }
    *harm = (struct harm){.impact = {.version = harm->impact.version}};
}

// ---- sightings

bool harm_keeps(const struct harm *harm, unsigned crowd)
{
    return (crowd & ~harm->reasons) == 0;
}

void harm_begin_reason(struct persons *persons, uint16_t network, unsigned reason)
{
    struct harm *harm = &persons->harms[network];
    if ((harm->reasons & reason) != 0) {
        return;
    }
    unsigned kept = harm->reasons | reason;
    for (unsigned i = 1; i < CROWDS; i++) {
        if ((i & reason) != 0 && (i & ~kept) == 0) {
            crowd_copy(&harm->crowds[i], &harm->crowds[i & ~reason], &persons->room,
                places_of(persons, network));
        }
    }
    harm->reasons = kept;
}

bool harm_knows(const struct harm *harm, const struct sighting *sighting)
{
    const struct person_set *set = &harm->crowds[harm->reasons].sets[sighting->kind];
    return harm->open && (!person_set_is_exact(set) || person_set_has(set, sighting->id));
}

// Who got through, in each crowd that has the person.
static void served_take(struct persons *persons, struct harm *harm, const struct sighting *sighting)
{
    for (unsigned i = 0; i < CROWDS; i++) {
        struct crowd *crowd = &harm->crowds[i];
        const struct person_set *set = &crowd->sets[sighting->kind];
        if (harm_keeps(harm, i) &&
            (!person_set_is_exact(set) || person_set_has(set, sighting->id))) {
            harm->changed |= person_set_add(&crowd->served, &persons->room, sighting->id);
        }
    }
}

void harm_take(struct persons *persons, const struct sighting *sighting, unsigned reasons)
{
    struct harm *harm = &persons->harms[sighting->network];
    if (sighting->served) {
        served_take(persons, harm, sighting);
        return;
    }
    for (unsigned reason = 1; reason < CROWDS; reason <<= 1) {
        if ((reasons & reason) != 0) {
            harm_begin_reason(persons, sighting->network, reason);
        }
    }
    for (unsigned i = 0; i < CROWDS; i++) {
        if (harm_keeps(harm, i) && (reasons & ~i) == 0) {
            harm->changed |= crowd_take(
                &harm->crowds[i], &persons->room, sighting, places_of(persons, sighting->network));
        }
    }
}
