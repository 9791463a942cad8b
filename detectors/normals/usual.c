// The usual share of failures of a group, learned from its own outcomes and frozen while more fail.
//
// The final buckets of a group are gathered into chunks of at least CHUNK_LEAST outcomes, so that
// one failure in a thin hour is no excess by itself. A chunk with a significant excess over what is
// known so far is left: an incident says nothing of what is usual. The sums are halved once a day
// of event time on which something was taken, so that a share that creeps up within hours does not
// become the usual one.
//
// Before LEARNED outcomes the settings' share stands, and everything below an impairment is taken.
// When nothing but excess was seen for FROZEN_S, it is what is usual now: the business has changed,
// or nobody minds; what was known is forgotten, and it is learned anew.
#include "detectors/normals/memory.h"

#define CHUNK_LEAST  100
#define LEARNED      1000
#define FROZEN_S     (7 * S_PER_DAY)
#define EXCESS_LEAST 3 // failures of a chunk

static void halve_daily(struct habit *habit, int64_t second)
{
    int64_t day = second / S_PER_DAY;
    for (int times = 0; habit->day != 0 && habit->day < day && times < 2; times++) {
        habit->all.known /= 2;
        habit->all.failed /= 2;
        habit->day++;
    }
    habit->day = day;
}

static bool is_excess(const struct outages_settings *settings, const struct habit *habit)
{
    struct usual usual = usual_of(settings, habit);
    const struct outcomes *chunk = &habit->chunk;
    return usual.learned
               ? excess_is_significant(&usual, chunk->known, chunk->failed, EXCESS_LEAST)
               : excess_reaches(&usual, chunk->known, chunk->failed, settings->impaired_percent);
}

static void chunk_close(
    const struct outages_settings *settings, struct habit *habit, int64_t second)
{
    if (is_excess(settings, habit)) {
        if (habit->excess_since_s == 0) {
            habit->excess_since_s = second;
        } else if (second - habit->excess_since_s > FROZEN_S) {
            habit->all = habit->chunk;
            habit->excess_since_s = 0;
        }
    } else {
        halve_daily(habit, second);
        habit->all.known += habit->chunk.known;
        habit->all.failed += habit->chunk.failed;
        habit->excess_since_s = 0;
    }
    habit->chunk = (struct outcomes){0};
}

void usual_learn(const struct outages_settings *settings, struct habit *habit,
    const struct slot *slot, int64_t second)
{
    const struct normal *normal = &slot->normal;
    int64_t failed = normal->failed + normal->unanswered;
    int64_t known = normal->succeeded + normal->declined + failed;
    if (known <= 0 || failed < 0) {
        return;
    }
    habit->chunk.known += known;
    habit->chunk.failed += failed;
    if (habit->chunk.known >= CHUNK_LEAST) {
        chunk_close(settings, habit, second);
    }
}

struct usual usual_of(const struct outages_settings *settings, const struct habit *habit)
{
    struct usual usual = {habit->all.known, habit->all.failed, true};
    if (usual.known < LEARNED) {
        return usual_from_settings(settings);
    }
    while (usual.known > USUAL_MOST) {
        usual.known /= 2;
        usual.failed /= 2;
    }
    return usual;
}
