#include "config/memory.h"

#include "detectors/persons/parts.h"

#include <stdlib.h>
#include <string.h>

void sightings_done(struct sightings *sightings)
{
    free(sightings->list);
    *sightings = (struct sightings){.most = sightings->most, .dropped_s = INT64_MIN};
}

// The older half: one by one would move all of them every time.
static void sightings_drop(struct sightings *sightings)
{
    size_t gone = sightings->count - sightings->count / 2;
    for (size_t i = 0; i < gone; i++) {
        int64_t cohort_s = sightings->list[i].cohort_s;
        sightings->dropped_s = cohort_s > sightings->dropped_s ? cohort_s : sightings->dropped_s;
    }
    sightings->count -= gone;
    memmove(sightings->list, &sightings->list[gone], sightings->count * sizeof(*sightings->list));
}

void sightings_put(struct sightings *sightings, const struct sighting *sighting)
{
    if (sightings->count == sightings->most) {
        sightings_drop(sightings);
    }
    sightings->list = memory_grow(
        sightings->list, sightings->count, &sightings->capacity, sizeof(*sightings->list));
    sightings->list[sightings->count++] = *sighting;
}

void sightings_offer(
    struct sightings *sightings, int64_t since_s, sighting_taker *take, void *context)
{
    size_t kept = 0;
    for (size_t i = 0; i < sightings->count; i++) {
        struct sighting sighting = sightings->list[i];
        if (sighting.cohort_s >= since_s && !take(context, &sighting)) {
            sightings->list[kept++] = sighting;
        }
    }
    sightings->count = kept;
}
