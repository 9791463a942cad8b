// A crowd: the sets of those who count by one set of readings, per network and per place, and when
// they came. Private to detectors/persons/.
#include "config/memory.h"

#include "detectors/persons/parts.h"

#include <stdlib.h>
#include <string.h>

#define COURSE_MOST_S (7 * S_PER_DAY)

// ---- begin and end

static void place_free(struct place *place, struct person_room *room)
{
    for (size_t k = 0; place != NULL && k < AFFECTED_KINDS; k++) {
        person_set_done(&place->sets[k], room);
    }
    free(place);
}

void crowd_done(struct crowd *crowd, struct person_room *room, size_t places)
{
    for (size_t i = 0; crowd->places != NULL && i < places; i++) {
        place_free(crowd->places[i], room);
    }
    for (size_t k = 0; k < AFFECTED_KINDS; k++) {
        person_set_done(&crowd->sets[k], room);
        free(crowd->course.came[k]);
    }
    person_set_done(&crowd->served, room);
    free(crowd->places);
    free(crowd->listed);
    *crowd = (struct crowd){.places = NULL};
}

static void course_copy(struct course *to, const struct course *from)
{
    *to = *from;
    for (size_t k = 0; k < AFFECTED_KINDS; k++) {
        to->came[k] = from->capacity == 0
                          ? NULL
                          : memory_resize(NULL, from->capacity, sizeof(to->came[k][0]));
        if (from->capacity > 0) {
            memcpy(to->came[k], from->came[k], from->capacity * sizeof(to->came[k][0]));
        }
    }
}

static void places_copy(
    struct crowd *to, const struct crowd *from, struct person_room *room, size_t places)
{
    for (size_t i = 0; from->places != NULL && i < places; i++) {
        const struct place *old = from->places[i];
        to->places = to->places == NULL ? memory_zeroed(places, sizeof(*to->places)) : to->places;
        if (old != NULL) {
            struct place *place = to->places[i] = memory_zeroed(1, sizeof(*place));
            place->impact = old->impact;
            place->changed = true;
            for (size_t k = 0; k < AFFECTED_KINDS; k++) {
                person_set_copy(&place->sets[k], &old->sets[k], room);
            }
        }
    }
}

void crowd_copy(struct crowd *to, const struct crowd *from, struct person_room *room, size_t places)
{
    *to = (struct crowd){.intents = from->intents,
        .unnamed = from->unnamed,
        .lost = from->lost,
        .doubtful = from->doubtful,
        .missing_milli = from->missing_milli,
        .dark_milli = from->dark_milli};
    for (size_t k = 0; k < AFFECTED_KINDS; k++) {
        person_set_copy(&to->sets[k], &from->sets[k], room);
    }
    person_set_copy(&to->served, &from->served, room);
    course_copy(&to->course, &from->course);
    places_copy(to, from, room, places);
}

// ---- sightings

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

void course_add(struct course *course, uint8_t kind, int64_t cohort_s, int64_t persons)
{
    int64_t second = cohort_s - course->from_s;
    second = second < 0 ? 0 : second > COURSE_MOST_S ? COURSE_MOST_S : second;
    if ((size_t)second >= course->seconds) {
        course_grow(course, (size_t)second + 1);
    }
    course->came[kind][second] += (int32_t)persons;
    course->total[kind] += persons;
}

static struct place *place_of(struct crowd *crowd, const struct sighting *sighting, size_t places)
{
    if (crowd->places == NULL) {
        crowd->places = memory_zeroed(places, sizeof(*crowd->places));
    }
    struct place **place =
        &crowd->places[(size_t)sighting->function * PROVINCES + sighting->province];
    if (*place == NULL) {
        *place = memory_zeroed(1, sizeof(**place));
        (*place)->impact.function = sighting->function;
        (*place)->impact.province = sighting->province;
    }
    return *place;
}

static bool person_take(
    struct crowd *crowd, struct person_room *room, const struct sighting *sighting, size_t places)
{
    uint8_t kind = sighting->kind;
    struct person_set *set = &crowd->sets[kind];
    struct place *place = place_of(crowd, sighting, places);
    bool came = person_set_add(set, room, sighting->id);
    if (came && person_set_is_exact(set)) { // whom a sketch adds is told by the tick
        course_add(&crowd->course, kind, sighting->cohort_s, 1);
    }
    bool changes = person_set_add(&place->sets[kind], room, sighting->id);
    place->changed |= changes;
    return came || changes;
}

bool crowd_take(
    struct crowd *crowd, struct person_room *room, const struct sighting *sighting, size_t places)
{
    struct course *course = &crowd->course;
    int64_t *const sums[] = {[SIGHTED_INTENTS] = &crowd->intents,
        [SIGHTED_UNNAMED] = &crowd->unnamed,
        [SIGHTED_LOST] = &crowd->lost,
        [SIGHTED_DOUBTFUL] = &crowd->doubtful,
        [SIGHTED_DARK_MILLI] = &crowd->dark_milli};
    course->last_s = sighting->cohort_s > course->last_s ? sighting->cohort_s : course->last_s;
    if (sighting->kind < SIGHTED_INTENTS) {
        return person_take(crowd, room, sighting, places);
    }
    if (sighting->kind == SIGHTED_LOST) { // they are estimated, as those who never arrived are
        struct instant at = instant_from_s(sighting->cohort_s);
        course->missing_from = instant_min(course->missing_from, at);
        course->missing_to = instant_max(course->missing_to, instant_add(at, NS_PER_S));
    }
    *sums[sighting->kind] += (int64_t)sighting->id;
    return true;
}
