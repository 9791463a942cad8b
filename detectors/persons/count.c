// Whom the failures beyond the usual ones have affected, since their onset.
//
// A sighting says that an intent of a (function, province) failed for good, and of whom. It counts
// when the bucket of its request holds an excess (gates.c): only main functions have one, and what
// fails every day affects nobody (T-N5). An excess is known later than its sightings, and an onset
// later still, so they wait for `persons.remember`; the sets that they then enter (harm.c) only
// grow, whoever gets through afterwards, until no excess has been for incidents.reopen and what may
// be known late.
//
// The default figures are what is certain: those who were seen, and those who never arrived by the
// best estimate. What stricter readings would add is asked for by the grades.
#include "config/memory.h"

#include "detectors/persons/parts.h"

#include <stdlib.h>

#define S_PER_MINUTE 60

struct persons *persons_new(const struct settings *settings)
{
    const struct persons_settings *own = &settings->persons;
    struct persons *persons = memory_zeroed(1, sizeof(*persons));
    int64_t longest_ns = 0;
    persons->settings = settings;
    persons->room = (struct person_room){
        .exact = own->exact, .precision = own->precision, .bytes_most = own->set_bytes};
    persons->sightings = (struct sightings){.most = (size_t)own->facts, .dropped_s = INT64_MIN};
    persons->bucket_s = settings->outages.bucket_ns / NS_PER_S;
    persons->gates = memory_zeroed(settings->network_count + 1, sizeof(struct gate **));
    persons->harms = memory_zeroed(settings->network_count + 1, sizeof(*persons->harms));
    persons->out = memory_zeroed(settings->network_count + 1, sizeof(*persons->out));
    for (uint16_t n = 0; n < settings->network_count; n++) {
        size_t places = settings->networks[n].functions.function_count * PROVINCES;
        int64_t limit_ns = settings_time_limit_ns(settings, n);
        longest_ns = limit_ns > longest_ns ? limit_ns : longest_ns;
        persons->gates[n] = memory_zeroed(places + 1, sizeof(struct gate *));
    }
    persons->gate_buckets =
        (size_t)((own->remember_ns + 2 * longest_ns) / settings->outages.bucket_ns) + 60;
    return persons;
}

void persons_free(struct persons *persons)
{
    for (uint16_t n = 0; persons != NULL && n < persons->settings->network_count; n++) {
        size_t places = persons->settings->networks[n].functions.function_count * PROVINCES;
        harm_close(persons, n);
        for (size_t i = 0; i < places; i++) {
            free(persons->gates[n][i]);
        }
        free(persons->gates[n]);
    }
    if (persons != NULL) {
        sightings_done(&persons->sightings);
        free(persons->gates);
        free(persons->harms);
        free(persons->out);
    }
    free(persons);
}

// ---- gates

struct marking {
    struct persons *persons;
    const struct gate *gate;
    uint16_t network, function;
    uint8_t province;
};

static bool is_planned(const struct persons *persons, uint16_t network, uint16_t function,
    uint8_t province, struct instant at)
{
    const struct maintenance_settings *window;
    struct instant from, to;
    return maintenance_next(persons->settings, network, function, province, at, instant_add(at, 1),
        &from, &to, &window);
}

static struct instant bucket_begin(const struct persons *persons, int64_t bucket)
{
    return instant_from_s(bucket * persons->bucket_s);
}

// Whether a bucket on the other side of a window's edge counts as well: no more than a recovery
// that ends nothing lies between them.
static void edge_look(const struct marking *marking, int64_t bucket, bool planned)
{
    struct persons *persons = marking->persons;
    const struct outages_settings *outages = &persons->settings->outages;
    int64_t reach = outages->merge_ns / outages->bucket_ns + 1;
    for (int64_t other = bucket - reach; other <= bucket + reach; other++) {
        if (gate_is_marked(marking->gate, other) &&
            planned != is_planned(persons, marking->network, marking->function, marking->province,
                           bucket_begin(persons, other))) {
            harm_overrun(
                persons, marking->network, bucket_begin(persons, planned ? other : bucket));
        }
    }
}

static void on_mark(void *context, int64_t bucket)
{
    const struct marking *marking = context;
    struct persons *persons = marking->persons;
    struct instant from = bucket_begin(persons, bucket);
    bool planned =
        is_planned(persons, marking->network, marking->function, marking->province, from);
    persons->marked = true;
    harm_open(persons, marking->network, from, bucket_begin(persons, bucket + 1), planned);
    if (persons->settings->maintenance_count > 0) {
        edge_look(marking, bucket, planned);
    }
}

// The gate of a main function, made when there is something to remember; else NULL.
static struct gate **gate_of(
    const struct persons *persons, uint16_t network, uint16_t function, uint8_t province)
{
    const struct function_table *functions = &persons->settings->networks[network].functions;
    bool main = function < functions->function_count && functions->functions[function].main;
    return main && province < PROVINCES
               ? &persons->gates[network][(size_t)function * PROVINCES + province]
               : NULL;
}

static int32_t narrow(int64_t count)
{
    return (int32_t)(count < INT32_MAX ? count : INT32_MAX);
}

static void sighting_take(struct persons *persons, const struct sighting *sighting);

static void unseen_sight(struct persons *persons, const struct normal *normal, uint8_t kind,
    int64_t count, int32_t *told)
{
    if (count > *told) {
        sighting_take(persons, &(struct sighting){.id = (uint64_t)(count - *told),
                                   .cohort_s = instant_second(normal->from),
                                   .network = normal->network,
                                   .function = normal->function,
                                   .province = normal->province,
                                   .kind = kind});
        *told = narrow(count);
    }
}

// Of the intents whose outcome the tap did not see, those that failed for certain: not more were
// answered than answers fit into what is missing. Some are retries of others, which nobody can tell
// where outcomes are missing; what is normal is no retry.
static int64_t lost_of(const struct normal *normal)
{
    int64_t lost = normal->unobserved - normal_answered_most(normal);
    int64_t known = normal->succeeded + normal->declined + normal->failed + normal->unanswered;
    int64_t room = (normal->normal_milli + 999) / 1000 - known;
    room = room > 0 ? room : 0;
    return normal->basis == BASIS_ATTEMPTS || lost < room ? lost : room;
}

// What was asked unseen, in thousandths: of what is normal, or as much as there are missing bytes.
static int64_t dark_milli_of(const struct normal *normal)
{
    int64_t dark_milli = normal->normal_milli - normal->covered_milli;
    int64_t seen = normal->seen_request_bytes, missing = normal->missing_request_bytes;
    int64_t milli = seen <= 0 ? 0 : (int64_t)((__int128)normal->demand * 1000 * missing / seen);
    return dark_milli > milli ? dark_milli : milli;
}

static void unseen_take(struct persons *persons, const struct normal *normal, struct gate *gate)
{
    struct gate_bucket *at = gate_at(gate, normal->from.ns / persons->settings->outages.bucket_ns);
    if (at != NULL && normal->final) {
        int64_t lost = lost_of(normal);
        unseen_sight(persons, normal, SIGHTED_LOST, lost, &at->lost);
        unseen_sight(persons, normal, SIGHTED_DOUBTFUL, normal->unobserved - lost, &at->doubtful);
        unseen_sight(persons, normal, SIGHTED_DARK_MILLI, dark_milli_of(normal), &at->dark_milli);
    }
}

static void normal_take(struct persons *persons, const struct normal *normal)
{
    struct gate **gate = gate_of(persons, normal->network, normal->function, normal->province);
    int64_t failed = normal->failed + normal->unanswered;
    int64_t known = normal->succeeded + normal->declined + failed + normal->open;
    int64_t bucket_ns = persons->settings->outages.bucket_ns;
    bool over = normal->from.ns + bucket_ns <= persons->tick.ns;
    bool unseen = normal->final && normal->unobserved > 0;
    if (gate == NULL || !normal_is_of_province(normal) || !over || (known <= 0 && !unseen) ||
        failed < 0 || (failed == 0 && !unseen && *gate == NULL)) {
        return;
    }
    if (*gate == NULL) {
        *gate = gate_new(persons->gate_buckets);
    }
    (*gate)->usual = normal->usual;
    struct gate_bucket bucket = {.bucket = normal->from.ns / bucket_ns,
        .known = narrow(known),
        .failed = narrow(failed),
        .party_known = narrow(normal->party_known),
        .party_failed = narrow(normal->party_failed),
        .others_known = narrow(normal->others_known),
        .others_failed = narrow(normal->others_failed),
        .final = normal->final};
    struct marking marking = {persons, *gate, normal->network, normal->function, normal->province};
    gate_take(*gate, &bucket, persons->settings->outages.fewest_intents,
        S_PER_MINUTE / persons->bucket_s, on_mark, &marking);
    unseen_take(persons, normal, *gate);
}

// What was certainly interrupted holds an excess, whatever its buckets could tell; so does what was
// but for one counterparty.
static void interruption_take(struct persons *persons, const struct interruption *interruption)
{
    struct gate **gate =
        gate_of(persons, interruption->network, interruption->function, interruption->province);
    struct harm *harm = &persons->harms[interruption->network];
    if (interruption->suspected) {
        return;
    }
    harm->kept_until = instant_max(harm->kept_until, instant_min(interruption->to, persons->tick));
    bool certain = interruption_is_certain(interruption);
    bool external = interruption->kind == OUTAGE_INTERRUPTION && !interruption->undeterminable &&
                    interruption->assumes == ASSUMES_EXTERNAL;
    if (gate == NULL || (!certain && !external)) {
        return;
    }
    int64_t bucket_ns = persons->settings->outages.bucket_ns;
    int64_t end = instant_min(interruption->to, persons->tick).ns / bucket_ns;
    int64_t first = end - (int64_t)persons->gate_buckets + 1;
    int64_t begin = interruption->from.ns / bucket_ns;
    if (*gate == NULL) {
        *gate = gate_new(persons->gate_buckets);
        (*gate)->usual = usual_from_settings(&persons->settings->outages);
    }
    struct marking marking = {
        persons, *gate, interruption->network, interruption->function, interruption->province};
    for (int64_t b = begin > first ? begin : first; b < end; b++) {
        gate_force(*gate, b, certain, on_mark, &marking);
    }
}

// ---- sightings

static bool on_sighting(void *context, const struct sighting *sighting)
{
    struct persons *persons = context;
    struct gate **gate =
        gate_of(persons, sighting->network, sighting->function, sighting->province);
    // Who got through may have done so long after the buckets that gates remember.
    if (sighting->served && harm_knows(&persons->harms[sighting->network], sighting)) {
        harm_take(persons, sighting, 0);
        return true;
    }
    enum gate_answer answer =
        gate == NULL || *gate == NULL
            ? GATE_SHUT
            : gate_ask(*gate, sighting->cohort_s / persons->bucket_s, &persons->settings->outages);
    if (answer == GATE_SHUT || answer == GATE_WAITS) {
        return false;
    }
    bool planned = is_planned(persons, sighting->network, sighting->function, sighting->province,
        instant_from_s(sighting->cohort_s));
    harm_take(persons, sighting,
        (answer == GATE_EXTERNAL ? (unsigned)REASON_EXTERNAL : 0) |
            (planned ? (unsigned)REASON_PLANNED : 0));
    return true;
}

static void sighting_take(struct persons *persons, const struct sighting *sighting)
{
    if (gate_of(persons, sighting->network, sighting->function, sighting->province) != NULL &&
        !on_sighting(persons, sighting)) {
        sightings_put(&persons->sightings, sighting);
    }
}

static void affected_take(struct persons *persons, const struct affected *affected)
{
    sighting_take(persons, &(struct sighting){.id = affected->id,
                               .cohort_s = affected->cohort_s,
                               .network = affected->cell.network,
                               .function = affected->cell.function,
                               .province = affected->cell.province,
                               .kind = affected->kind,
                               .served = affected->served});
}

static void cell_take(struct persons *persons, const struct cell_counts *counts)
{
    const int64_t sums[] = {counts->affected, counts->affected_unnamed};
    for (uint8_t i = 0; i < 2; i++) {
        if (sums[i] > 0) {
            sighting_take(persons, &(struct sighting){.id = (uint64_t)sums[i],
                                       .cohort_s = counts->cohort_s,
                                       .network = counts->cell.network,
                                       .function = counts->cell.function,
                                       .province = counts->cell.province,
                                       .kind = (uint8_t)(SIGHTED_INTENTS + i)});
        }
    }
}

static void sightings_take(struct persons *persons, const struct counters *counters)
{
    int64_t since_s = (persons->tick.ns - persons->settings->persons.remember_ns) / NS_PER_S;
    bool whole = persons->tick.ns % persons->settings->outages.bucket_ns == 0;
    if ((persons->marked || whole) && persons->sightings.count > 0) {
        sightings_offer(&persons->sightings, since_s, on_sighting, persons);
    }
    for (size_t i = 0; i < counters->cell_count; i++) {
        cell_take(persons, &counters->cells[i]);
    }
    for (size_t i = 0; i < counters->affected_count; i++) {
        affected_take(persons, &counters->affected[i]);
    }
}

// ---- ticks

// How much later than its bucket something may come to be known.
static int64_t lag_ns(const struct persons *persons, uint16_t network)
{
    const struct settings *settings = persons->settings;
    return settings_time_limit_ns(settings, network) + settings->intents.served_within_ns +
           2 * settings->outages.bucket_ns;
}

static void harm_advance(struct persons *persons, uint16_t network,
    const struct interruption *interruptions, size_t count)
{
    struct harm *harm = &persons->harms[network];
    int64_t since_ns = persons->tick.ns - lag_ns(persons, network);
    struct instant last = instant_max(harm->until, harm->kept_until);
    if (!harm->open) {
        return;
    }
    if (last.ns + persons->settings->incidents.reopen_ns < since_ns) {
        harm_close(persons, network);
        return;
    }
    bool ongoing = harm->until.ns >= since_ns;
    harm->changed |= ongoing != harm->impact.ongoing;
    harm->impact.ongoing = ongoing;
    harm_sum(persons, network, interruptions, count);
    persons->out[persons->out_count++] = harm->impact;
}

size_t persons_count(struct persons *persons, const struct counters *counters,
    const struct normal *normals, size_t normal_count, const struct interruption *interruptions,
    size_t interruption_count, const struct impact **ret)
{
    persons->tick = counters->tick;
    persons->marked = false;
    persons->out_count = 0;
    for (size_t i = 0; i < normal_count; i++) {
        normal_take(persons, &normals[i]);
    }
    bool whole = persons->tick.ns % persons->settings->outages.bucket_ns == 0;
    for (size_t i = 0; whole && i < interruption_count; i++) {
        interruption_take(persons, &interruptions[i]);
    }
    sightings_take(persons, counters);
    for (uint16_t n = 0; n < persons->settings->network_count; n++) {
        harm_advance(persons, n, interruptions, interruption_count);
    }
    *ret = persons->out;
    return persons->out_count;
}
