#include "detectors/normals/view.h"

#include "detectors/normals/memory.h"

#include <string.h>

#define HOURS      24
#define HOUR_SLOTS (DAY_SLOTS / HOURS)

static enum basis weaker(enum basis a, enum basis b)
{
    return a > b ? a : b; // as they stand in the enum
}

static int64_t hour_learned(const struct profile *profile, size_t hour, enum basis *basis)
{
    int64_t sum = 0;
    for (size_t s = hour * HOUR_SLOTS; s < (hour + 1) * HOUR_SLOTS; s++) {
        if (profile == NULL || profile->basis[s] == BASIS_ATTEMPTS) {
            return HOUR_UNKNOWN;
        }
        sum += profile->milli[s];
        *basis = weaker(*basis, profile->basis[s]);
    }
    return sum;
}

static bool cell_fill(const struct normals *normals, const struct group *group, int64_t date,
    bool learned_only, struct cell_view *ret)
{
    const struct profile *profile = learned_profile(normals, group, date);
    bool any = false;
    *ret = (struct cell_view){.network = group->network,
        .function = group->function,
        .province = group->province,
        .basis = BASIS_TABLE};
    for (size_t hour = 0; hour < HOURS; hour++) {
        int64_t milli = learned_only || group->volumes == NULL ? VOLUME_NONE
                                                               : group->volumes->hourly_milli[hour];
        milli = milli == VOLUME_NONE ? hour_learned(profile, hour, &ret->basis) : milli;
        ret->hourly_milli[hour] = milli;
        ret->day_milli += milli == HOUR_UNKNOWN ? 0 : milli;
        any |= milli != HOUR_UNKNOWN;
    }
    return any;
}

void normals_view(const struct normals *normals, int64_t date, bool learned_only,
    void (*tell)(void *context, const struct cell_view *cell), void *context)
{
    for (size_t n = 0; n < normals->settings->network_count; n++) {
        size_t functions = normals->settings->networks[n].functions.function_count + 1;
        for (size_t i = 0; i < functions * PROVINCES; i++) {
            const struct group *group = normals->networks[n].groups[i];
            struct cell_view cell;
            if (group != NULL && cell_fill(normals, group, date, learned_only, &cell)) {
                tell(context, &cell);
            }
        }
    }
}

void normals_peak_view(
    const struct normals *normals, uint16_t network, int64_t date, struct peak_view *ret)
{
    const struct network_settings *settings = &normals->settings->networks[network];
    const struct network_learned *learned = &normals->networks[network].learned;
    *ret = (struct peak_view){.bank = learned->bank};
    bool second = learned->years[1].year > learned->years[0].year;
    ret->own[0] = learned->years[second];
    ret->own[1] = learned->years[!second];
    peak_table_make(normals, network, date, &ret->in_force);
    for (size_t s = 0; settings->peak_hours_count > 0 && s < DAY_SLOTS; s++) {
        ret->in_force.state = PEAK_BANK;
        ret->in_force.year = 0;
        ret->in_force.slots[s] =
            network_is_peak(settings, date_begin_s(date) + (int64_t)s * DAY_SLOT_S);
    }
}
