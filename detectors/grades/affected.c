// What the persons who were affected (persons.h) say to a clause (arts. 7(2), 8(2), 9(2), 10(2)),
// and to an episode. The person rule knows no 70 %, no peak and no province: it is met where
// nothing is interrupted, too (T-N6), and then opens an episode of its own. Until a clause is met
// by some reading an excess of failures is no incident.
#include "detectors/grades/episode.h"

#include <string.h>

bool metric_is_of_persons(int metric)
{
    return metric == METRIC_NATURAL_PERSONS || metric == METRIC_LEGAL_PERSONS;
}

static enum person_class class_of(const struct clause *clause)
{
    return clause->metric == METRIC_NATURAL_PERSONS ? CLASS_NATURAL : CLASS_LEGAL;
}

static const struct {
    unsigned counting, reading; // persons.h, evaluate.h
} questions[] = {
    {PERSONS_UNKNOWN_IS_LEGAL, READING_UNKNOWN_HOLDER},
    {PERSONS_ESTIMATE_HIGH, READING_NEVER_ARRIVED},
    {PERSONS_SKETCH_HIGH, READING_COUNT_ERROR},
    {PERSONS_EXTERNAL, READING_EXTERNAL},
    {PERSONS_PLANNED, READING_PLANNED},
};
#define QUESTIONS (sizeof(questions) / sizeof(questions[0]))

static unsigned counting_of(unsigned readings)
{
    unsigned set = 0;
    for (size_t i = 0; i < QUESTIONS; i++) {
        set |= (readings & questions[i].reading) != 0 ? questions[i].counting : 0;
    }
    return set;
}

unsigned persons_readings(const struct evaluation *evaluation, const struct clause *clause)
{
    const struct impact *impact = evaluation->impact;
    unsigned counting = impact == NULL ? 0 : impact_readings(impact, class_of(clause)), set = 0;
    for (size_t i = 0; i < QUESTIONS; i++) {
        set |= (counting & questions[i].counting) != 0 ? questions[i].reading : 0;
    }
    return set;
}

void persons_measure(const struct evaluation *evaluation, const struct clause *clause,
    unsigned readings, struct measure *ret)
{
    const struct impact *impact = evaluation->impact;
    enum person_class class = class_of(clause);
    *ret = (struct measure){.met_at = INSTANT_NEVER};
    if (impact == NULL) {
        return;
    }
    ret->measured = impact_count(impact, class, counting_of(readings));
    ret->met_at = impact_reached(impact, class, counting_of(readings), clause->at_least);
    if (ret->met_at.ns == INT64_MAX && evaluation->ahead_ns > 0) {
        struct instant at = impact_expected(impact, class, clause->at_least);
        bool is_near = at.ns <= evaluation->tick.ns + evaluation->ahead_ns;
        ret->met_at = is_near ? at : INSTANT_NEVER;
    }
    for (size_t i = 0; i < impact->place_count && ret->met_at.ns != INT64_MAX; i++) {
        const struct place_impact *place = &impact->places[i];
        if ((class == CLASS_NATURAL ? place->natural : place->legal) > 0) {
            ret->provinces[place->province / 8] |= (uint8_t)(1u << (place->province % 8));
        }
    }
}

// ---- episodes

void grades_see_persons(struct grades *grades, const struct impact *impacts, size_t count)
{
    for (size_t n = 0; n < grades->settings->network_count; n++) {
        grades->episodes[n].impact = NULL;
    }
    for (size_t i = 0; i < count; i++) {
        grades->episodes[impacts[i].network].impact = &impacts[i];
    }
    grades->persons_measured = true;
}

static bool is_met_by_some(const struct rulebook *book, const struct network_settings *network,
    const struct impact *impact)
{
    for (size_t i = 0; i < book->clause_count; i++) {
        const struct clause *clause = &book->clauses[i];
        if (metric_is_of_persons(clause->metric) && clause_concerns(book, clause, network) &&
            impact_count(impact, class_of(clause), PERSONS_READINGS - 1) >= clause->at_least) {
            return true;
        }
    }
    return false;
}

// By the rule books of the episode; before there is one, by the newest.
static void weigh(const struct grades *grades, struct episode *episode)
{
    const struct shelf *shelf = episode->open ? episode->shelf : grades->shelf;
    const struct impact *impact = episode->impact;
    if (impact == NULL || impact->version == episode->weighed_impact) {
        episode->is_grave &= impact != NULL;
        return;
    }
    episode->weighed_impact = impact->version;
    episode->is_grave = false;
    for (size_t i = 0; i < shelf->count; i++) {
        episode->is_grave |= is_met_by_some(shelf_book(shelf, episode->network, i),
            &grades->settings->networks[episode->network], impact);
    }
}

bool episode_is_due(const struct grades *grades, struct episode *episode)
{
    weigh(grades, episode);
    return !episode->open && episode->is_grave &&
           episode->impact->onset.ns > episode->closed_until.ns;
}

bool episode_is_grave(const struct grades *grades, struct episode *episode)
{
    weigh(grades, episode);
    return episode->is_grave;
}

bool episode_is_harmful(const struct episode *episode)
{
    return episode->impact != NULL && episode->is_grave && episode->impact->ongoing;
}
