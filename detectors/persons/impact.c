// How many were affected by which reading, when there were so many, and when there will be. The
// course has the persons by the second of their intents; those who were never seen are spread
// evenly over the time in which business did not arrive.
#include "config/memory.h"

#include "detectors/persons/parts.h"

#include <stdlib.h>
#include <string.h>

#define RATE_S 300 // "as in the last minutes"

static bool is_counted(enum person_class class, unsigned readings, uint8_t kind)
{
    bool legal = kind == AFFECTED_LEGAL || kind == AFFECTED_MERCHANT ||
                 (kind == AFFECTED_UNKNOWN && (readings & PERSONS_UNKNOWN_IS_LEGAL) != 0);
    bool natural = kind == AFFECTED_NATURAL || kind == AFFECTED_UNKNOWN;
    return class == CLASS_NATURAL ? natural : legal;
}

// What a sketch's figure is moved by: its lower end by default, its upper one when read strictly.
static int64_t error_of(const struct course *course, uint8_t kind, unsigned readings)
{
    int64_t error = (readings & PERSONS_SKETCH_BEST) != 0 ? 0 : course->errors[kind];
    return (readings & PERSONS_SKETCH_HIGH) != 0 ? course->errors[kind] : -error;
}

static int64_t estimate_of(const struct course *course, enum person_class class, unsigned readings)
{
    const struct head_count *estimate = &course->estimate[class];
    return (readings & PERSONS_ESTIMATE_HIGH) != 0 ? estimate->high : estimate->best;
}

// Of the crowd that the readings make.
static const struct course *course_of(const struct impact *impact, unsigned readings)
{
    return impact->courses[readings / PERSONS_EXTERNAL % PERSONS_CROWDS];
}

unsigned impact_readings(const struct impact *impact, enum person_class class)
{
    const struct course *ours = impact->courses[0];
    const struct course *widest = course_of(impact, PERSONS_READINGS - 1);
    bool unknown = widest->counts[AFFECTED_UNKNOWN] > 0 && class == CLASS_LEGAL;
    unsigned set = unknown ? PERSONS_UNKNOWN_IS_LEGAL : 0;
    set |= widest->estimate[class].high > 0 ? PERSONS_ESTIMATE_HIGH : 0;
    set |= impact->sketched ? PERSONS_SKETCH_HIGH : 0;
    set |= course_of(impact, PERSONS_EXTERNAL) != ours ? PERSONS_EXTERNAL : 0;
    return set | (course_of(impact, PERSONS_PLANNED) != ours ? PERSONS_PLANNED : 0);
}

int64_t impact_count(const struct impact *impact, enum person_class class, unsigned readings)
{
    const struct course *course = course_of(impact, readings);
    int64_t count = estimate_of(course, class, readings);
    for (uint8_t k = 0; k < AFFECTED_KINDS; k++) {
        if (is_counted(class, readings, k)) {
            count += course->counts[k] + error_of(course, k, readings);
        }
    }
    return count;
}

// Those of `estimate` who had not come by the end of the second.
static int64_t estimated_by(const struct course *course, int64_t estimate, int64_t second)
{
    int64_t from_s = instant_second(course->missing_from);
    int64_t to_s = instant_second(course->missing_to), length_s = to_s - from_s;
    if (estimate == 0 || second < from_s) {
        return 0;
    }
    return second + 1 >= to_s || length_s <= 0
               ? estimate
               : (int64_t)((__int128)estimate * (second + 1 - from_s) / length_s);
}

struct instant impact_reached(
    const struct impact *impact, enum person_class class, unsigned readings, int64_t threshold)
{
    const struct course *course = course_of(impact, readings);
    int64_t estimate = estimate_of(course, class, readings), seen = 0;
    if (impact_count(impact, class, readings) < threshold) {
        return INSTANT_NEVER;
    }
    for (uint8_t k = 0; k < AFFECTED_KINDS; k++) {
        seen += is_counted(class, readings, k) ? error_of(course, k, readings) : 0;
    }
    // What a window holds is nothing before it is overrun.
    struct instant least = (readings & PERSONS_PLANNED) != 0 && impact->overrun.ns != INT64_MAX
                               ? impact->overrun
                               : impact->onset;
    int64_t end_s = course->from_s + (int64_t)course->seconds, missing_s = 0;
    missing_s = estimate > 0 ? instant_second(course->missing_to) : course->from_s;
    end_s = end_s > missing_s ? end_s : missing_s;
    for (int64_t second = course->from_s; second < end_s; second++) {
        size_t at = (size_t)(second - course->from_s);
        for (uint8_t k = 0; k < AFFECTED_KINDS && at < course->seconds; k++) {
            seen += is_counted(class, readings, k) ? course->came[k][at] : 0;
        }
        if (seen + estimated_by(course, estimate, second) >= threshold) {
            return instant_max(instant_from_s(second), least);
        }
    }
    return instant_max(impact->until, least); // estimated ones whose time nobody knows
}

struct instant impact_expected(
    const struct impact *impact, enum person_class class, int64_t threshold)
{
    const struct course *course = impact->courses[0];
    int64_t left = threshold - impact_count(impact, class, 0), came = 0;
    if (!impact->ongoing || left <= 0) {
        return INSTANT_NEVER;
    }
    for (int64_t second = course->last_s - RATE_S + 1; second <= course->last_s; second++) {
        int64_t at = second - course->from_s;
        bool is_inside = at >= 0 && at < (int64_t)course->seconds;
        for (uint8_t k = 0; k < AFFECTED_KINDS && is_inside; k++) {
            came += is_counted(class, 0, k) ? course->came[k][at] : 0;
        }
    }
    int64_t since_s = course->last_s - instant_second(impact->onset) + 1;
    int64_t over_s = since_s < RATE_S && since_s > 0 ? since_s : RATE_S;
    int64_t wait_s = came == 0 ? -1 : (int64_t)(((__int128)left * over_s + came - 1) / came);
    return came == 0 || wait_s > 366 * S_PER_DAY ? INSTANT_NEVER
                                                 : instant_from_s(course->last_s + wait_s);
}

void impact_keep(struct impact *copy, const struct impact *impact)
{
    struct place_impact *places = (void *)(uintptr_t)copy->places;
    if (impact->place_count > copy->place_count || places == NULL) {
        places = memory_resize(places, impact->place_count + 1, sizeof(*places));
    }
    if (impact->place_count > 0) {
        memcpy(places, impact->places, impact->place_count * sizeof(*places));
    }
    *copy = *impact;
    copy->places = places;
    memset(copy->courses, 0, sizeof(copy->courses));
}

void impact_done(struct impact *copy)
{
    free((void *)(uintptr_t)copy->places);
    *copy = (struct impact){0};
}
