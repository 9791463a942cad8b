// The median of the last eight comparable days, slot by slot, is what a day would have been.
//
// A median of eight forgets an odd day by itself; slots that were part of an incident, or that were
// not wholly seen, are unknown and count for nothing. Neighbouring slots are smoothed (1, 2, 1)
// where they are alike: at the hour when a service opens or closes the step stays where it is, or
// else the slot before opening time would have a normal volume that never arrives.
//
// Days are alike when type and flags are: a pay day that is a workday is compared with such ones.
// Before there are enough of them the year's profile stands in: the shape of all days, at the level
// of the last days of the type.
#include "detectors/normals/past.h"

#include "config/memory.h"

#include <stdlib.h>
#include <string.h>

#define MANTISSA_BITS 12
#define MANTISSA_MAX  ((1 << MANTISSA_BITS) - 1)
#define EXPONENT_MAX  15
#define MOST_SLOTS    1000 // of which the 99.9th percentile can be told
#define MOST_FEWEST   30   // intents of a slot
#define ALIKE         2    // neighbours that differ by more than this factor are a step

uint16_t volume_pack(int64_t intents)
{
    int exponent = 0;
    int64_t mantissa = intents < 0 ? 0 : intents;
    while (mantissa > MANTISSA_MAX && exponent < EXPONENT_MAX) {
        exponent++;
        mantissa = (intents + (1LL << (exponent - 1))) >> exponent;
    }
    bool too_many = mantissa >= MANTISSA_MAX && exponent == EXPONENT_MAX;
    return too_many ? VOLUME_UNKNOWN - 1 : (uint16_t)(exponent << MANTISSA_BITS | mantissa);
}

int64_t volume_unpack(uint16_t volume)
{
    return (int64_t)(volume & MANTISSA_MAX) << (volume >> MANTISSA_BITS);
}

uint8_t day_kind(struct day day)
{
    return (uint8_t)((unsigned)day.type * DAY_FLAGS + day.flags);
}

struct day day_of_kind(uint8_t kind)
{
    return (struct day){.type = kind / DAY_FLAGS, .flags = kind % DAY_FLAGS};
}

void past_done(struct past *past)
{
    free(past->days);
    *past = (struct past){0};
}

static void year_add(struct past *past, const struct past_day *day)
{
    int64_t year;
    int month, of_month;
    date_split(day->date, &year, &month, &of_month);
    for (; past->year != 0 && past->year < year; past->year++) {
        for (size_t s = 0; s < DAY_SLOTS; s++) {
            past->sums[s] /= 2;
            past->counts[s] /= 2;
        }
    }
    past->year = past->year == 0 ? year : past->year;
    for (size_t s = 0; s < DAY_SLOTS; s++) {
        if (day->volumes[s] != VOLUME_UNKNOWN && past->counts[s] < UINT16_MAX) {
            past->sums[s] += volume_unpack(day->volumes[s]);
            past->counts[s]++;
        }
    }
}

static void day_remove(struct past *past, size_t at)
{
    past->day_count--;
    memmove(&past->days[at], &past->days[at + 1], (past->day_count - at) * sizeof(*past->days));
}

static void day_insert(struct past *past, const struct past_day *day)
{
    size_t at = past->day_count;
    past->days = memory_resize(past->days, past->day_count + 1, sizeof(*past->days));
    for (; at > 0 && past->days[at - 1].date > day->date; at--) {
        past->days[at] = past->days[at - 1];
    }
    past->days[at] = *day;
    past->day_count++;
}

void past_put(struct past *past, const struct past_day *day)
{
    for (size_t i = past->day_count; i-- > 0;) {
        if (past->days[i].date == day->date) {
            day_remove(past, i);
        }
    }
    day_insert(past, day);
}

int64_t past_add(struct past *past, const struct past_day *day)
{
    size_t of_kind = 0;
    past_put(past, day);
    year_add(past, day);
    for (size_t i = 0; i < past->day_count; i++) {
        of_kind += past->days[i].kind == day->kind;
    }
    for (size_t i = 0; i < past->day_count; i++) {
        if (past->days[i].kind == day->kind && of_kind <= DAYS_KEPT) {
            return past->days[i].date;
        }
        if (past->days[i].kind == day->kind) {
            day_remove(past, i--);
            of_kind--;
        }
    }
    return day->date;
}

// ---- a profile ----------------------------------------------------------------------------------

// The newest days before a date that are comparable; what is left out where `any` day will do.
struct comparable {
    const struct past_day *days[COMPARABLE_DAYS];
    size_t count;
};

enum likeness { SAME_KIND, SAME_TYPE, ANY_DAY };

static bool is_like(uint8_t kind, uint8_t other, enum likeness likeness)
{
    return likeness == ANY_DAY || kind == other ||
           (likeness == SAME_TYPE && kind / DAY_FLAGS == other / DAY_FLAGS);
}

static struct comparable comparable_find(
    const struct past *past, int64_t date, uint8_t kind, enum likeness likeness)
{
    struct comparable found = {0};
    for (size_t i = past->day_count; i-- > 0 && found.count < COMPARABLE_DAYS;) {
        const struct past_day *day = &past->days[i];
        if (day->date <= date - 2 && is_like(day->kind, kind, likeness)) {
            found.days[found.count++] = day;
        }
    }
    return found;
}

// The known volumes of a slot, least first.
static size_t slot_volumes(
    const struct comparable *comparable, size_t slot, int64_t ret[static COMPARABLE_DAYS])
{
    size_t count = 0;
    for (size_t i = 0; i < comparable->count; i++) {
        uint16_t packed = comparable->days[i]->volumes[slot];
        if (packed == VOLUME_UNKNOWN) {
            continue;
        }
        int64_t volume = volume_unpack(packed);
        size_t at = count++;
        for (; at > 0 && ret[at - 1] > volume; at--) {
            ret[at] = ret[at - 1];
        }
        ret[at] = volume;
    }
    return count;
}

static void medians_fill(const struct comparable *comparable, int64_t fewest, struct profile *ret)
{
    for (size_t s = 0; s < DAY_SLOTS; s++) {
        int64_t volumes[COMPARABLE_DAYS];
        size_t count = slot_volumes(comparable, s, volumes);
        if (count > 0 && (int64_t)count >= fewest) {
            ret->milli[s] = (volumes[(count - 1) / 2] + volumes[count / 2]) * 500;
            ret->low_milli[s] = volumes[(count - 1) / 4] * 1000;
            ret->basis[s] = BASIS_MEDIAN;
        }
    }
}

static int most_compare(const void *left, const void *right)
{
    const int64_t *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

// How far the slots of the days are spread above their medians; of slots with few intents the
// spread is that of counting, and says nothing.
static void most_fill(const struct comparable *comparable, struct profile *ret)
{
    int64_t shares[COMPARABLE_DAYS * DAY_SLOTS];
    size_t found = 0;
    for (size_t s = 0; s < DAY_SLOTS; s++) {
        int64_t volumes[COMPARABLE_DAYS];
        bool enough = ret->basis[s] == BASIS_MEDIAN && ret->milli[s] >= MOST_FEWEST * 1000;
        size_t count = enough ? slot_volumes(comparable, s, volumes) : 0;
        for (size_t i = 0; i < count; i++) {
            shares[found++] = volumes[i] * 1000000 / ret->milli[s];
        }
    }
    if (found < MOST_SLOTS) {
        return;
    }
    qsort(shares, found, sizeof(shares[0]), most_compare);
    int64_t most = shares[(found * 999 + 999) / 1000 - 1];
    ret->most_permille = most > 1000 ? most : 1000;
}

static int64_t neighbour(const int64_t *milli, const uint8_t *basis, size_t slot, size_t beside)
{
    bool alike = beside < DAY_SLOTS && basis[beside] == BASIS_MEDIAN &&
                 milli[beside] <= milli[slot] * ALIKE && milli[slot] <= milli[beside] * ALIKE;
    return alike ? milli[beside] : milli[slot];
}

static void medians_smooth(struct profile *profile)
{
    int64_t plain[DAY_SLOTS];
    memcpy(plain, profile->milli, sizeof(plain));
    for (size_t s = 0; s < DAY_SLOTS; s++) {
        if (profile->basis[s] == BASIS_MEDIAN) {
            int64_t before = neighbour(plain, profile->basis, s, s - 1);
            int64_t behind = neighbour(plain, profile->basis, s, s + 1);
            profile->milli[s] = (before + 2 * plain[s] + behind) / 4;
        }
    }
}

static int64_t mean_milli(const struct past *past, size_t slot)
{
    return past->counts[slot] == 0 ? 0 : past->sums[slot] * 1000 / past->counts[slot];
}

// What the days had, against what the year's mean says of the same slots.
struct level {
    int64_t had_milli, mean_milli;
};

static struct level level_of(const struct past *past, const struct comparable *recent)
{
    struct level level = {0};
    for (size_t i = 0; i < recent->count; i++) {
        for (size_t s = 0; s < DAY_SLOTS; s++) {
            if (recent->days[i]->volumes[s] != VOLUME_UNKNOWN && past->counts[s] > 0) {
                level.had_milli += volume_unpack(recent->days[i]->volumes[s]) * 1000;
                level.mean_milli += mean_milli(past, s);
            }
        }
    }
    return level;
}

static void yearly_fill(
    const struct past *past, const struct comparable *recent, int64_t fewest, struct profile *ret)
{
    struct level level = level_of(past, recent);
    for (size_t s = 0; s < DAY_SLOTS; s++) {
        if (ret->basis[s] != BASIS_ATTEMPTS || past->counts[s] < fewest) {
            continue;
        }
        int64_t volumes[COMPARABLE_DAYS], mean = mean_milli(past, s);
        size_t count = slot_volumes(recent, s, volumes);
        ret->milli[s] = level.mean_milli == 0
                            ? mean
                            : (int64_t)((__int128)mean * level.had_milli / level.mean_milli);
        ret->low_milli[s] = count > 0 ? volumes[0] * 1000 : ret->milli[s] / 2;
        ret->basis[s] = BASIS_YEARLY;
    }
}

void profile_make(
    const struct past *past, int64_t date, uint8_t kind, int64_t fewest, struct profile *ret)
{
    struct comparable same = comparable_find(past, date, kind, SAME_KIND);
    struct comparable recent = comparable_find(past, date, kind, SAME_TYPE);
    if (recent.count == 0) {
        recent = comparable_find(past, date, kind, ANY_DAY);
    }
    *ret = (struct profile){.date = date};
    memset(ret->basis, BASIS_ATTEMPTS, sizeof(ret->basis));
    medians_fill(&same, fewest, ret);
    most_fill(&same, ret);
    medians_smooth(ret);
    if (recent.count > 0) {
        yearly_fill(past, &recent, fewest, ret);
    }
}
