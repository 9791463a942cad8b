// Each province walks through the seconds of the scenario by itself. A second holds the whole part
// of what the rate has added up to so far, so 20/s is 20 intents in every second and 0.5/s is one
// in every other. Inside the second the intents take one slot each, at a random place of the slot
// (even), or lie anywhere (random: how independent customers arrive, given their number). The last
// moments of a second stay free, see SCENARIO_MARGIN_NS.
//
// Functions are dealt out by a smooth weighted turn: each gains its share per intent, the richest
// is taken and pays a whole.
#include "tools/generate/schedule.h"

#include "config/memory.h"

#include "tools/generate/random.h"

#include <stdlib.h>

struct province_walk {
    int64_t second;      // next to be filled
    int64_t owed_milli;  // what the rate has added up to, less what was given
    int64_t begin_ns;    // of the second in hand
    size_t next, count;  // intents of the second in hand
    int64_t *offsets_ns; // where they lie in it
    size_t capacity;
    int64_t *gained_ppm; // by function
};

struct schedule {
    const struct scenario *scenario;
    struct random random;
    int64_t usable_ns; // of a second
    struct province_walk *walks;
};

struct schedule *schedule_new(const struct scenario *scenario)
{
    struct schedule *schedule = memory_zeroed(1, sizeof(*schedule));
    schedule->scenario = scenario;
    schedule->random = random_init(scenario->seed, RANDOM_SCHEDULE);
    schedule->usable_ns = NS_PER_S - SCENARIO_MARGIN_NS;
    schedule->walks = memory_zeroed(scenario->province_count, sizeof(*schedule->walks));
    for (size_t i = 0; i < scenario->province_count; i++) {
        schedule->walks[i].gained_ppm = memory_zeroed(scenario->function_count, sizeof(int64_t));
    }
    return schedule;
}

void schedule_free(struct schedule *schedule)
{
    if (schedule == NULL) {
        return;
    }
    for (size_t i = 0; i < schedule->scenario->province_count; i++) {
        free(schedule->walks[i].gained_ppm);
        free(schedule->walks[i].offsets_ns);
    }
    free(schedule->walks);
    free(schedule);
}

static int compare_offsets(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void fill_second(struct schedule *schedule, struct province_walk *walk)
{
    uint64_t usable = (uint64_t)schedule->usable_ns;
    if (walk->count > walk->capacity) {
        walk->capacity = walk->count;
        walk->offsets_ns =
            memory_resize(walk->offsets_ns, walk->capacity, sizeof(*walk->offsets_ns));
    }
    for (size_t i = 0; i < walk->count; i++) {
        uint64_t slot = usable / walk->count;
        walk->offsets_ns[i] = schedule->scenario->spacing == SPACING_EVEN
                                  ? (int64_t)(i * slot + random_below(&schedule->random, slot))
                                  : (int64_t)random_below(&schedule->random, usable);
    }
    if (schedule->scenario->spacing == SPACING_RANDOM) {
        qsort(walk->offsets_ns, walk->count, sizeof(*walk->offsets_ns), compare_offsets);
    }
}

bool schedule_next(struct schedule *schedule, size_t province, int64_t *ret_ns)
{
    const struct scenario *scenario = schedule->scenario;
    struct province_walk *walk = &schedule->walks[province];
    while (walk->next == walk->count) {
        struct instant begin = instant_add(scenario->start, walk->second * NS_PER_S);
        if (walk->second++ * NS_PER_S >= scenario->duration_ns) {
            return false;
        }
        walk->owed_milli += province_rate_milli(&scenario->provinces[province], begin);
        walk->begin_ns = begin.ns;
        walk->next = 0;
        walk->count = (size_t)(walk->owed_milli / RATE_MILLI);
        walk->owed_milli %= RATE_MILLI;
        fill_second(schedule, walk);
    }
    int64_t at_ns = walk->begin_ns + walk->offsets_ns[walk->next++];
    if (at_ns >= scenario->start.ns + scenario->duration_ns) {
        return false;
    }
    *ret_ns = at_ns;
    return true;
}

size_t schedule_function(struct schedule *schedule, size_t province)
{
    const struct scenario *scenario = schedule->scenario;
    int64_t *gained_ppm = schedule->walks[province].gained_ppm;
    size_t richest = 0;
    for (size_t i = 0; i < scenario->function_count; i++) {
        gained_ppm[i] += scenario->functions[i].share_ppm;
        richest = gained_ppm[i] > gained_ppm[richest] ? i : richest;
    }
    gained_ppm[richest] -= PPM;
    return richest;
}
