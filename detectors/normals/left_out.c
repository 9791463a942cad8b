// What happened, or may have, and teaches nothing of what is normal: of the days in hand its slots
// are unknown again.
#include "detectors/normals/memory.h"

#define LEFT_OUT_BEFORE  DAY_SLOT_S // the harm begins before it is an interruption
#define LEFT_OUT_BEHIND  (1800)     // and what was kept back comes later
#define BLIND_APART_DAYS 8 // workdays are blind again after a weekend, and Mondays a week later

// Whether it has not been so for weeks.
static bool is_blind_news(struct learned *learned, int64_t date)
{
    if (learned->blind_last == 0 || date - learned->blind_last > BLIND_APART_DAYS) {
        learned->blind_since = date;
    }
    learned->blind_last = date > learned->blind_last ? date : learned->blind_last;
    return date - learned->blind_since < BLIND_LEARNED_DAYS;
}

static void slot_forget(struct learned *learned, int64_t second)
{
    int64_t date = date_of_second(second);
    struct open_day *open = &learned->open[date % 2];
    if (open->date == date) {
        open->volumes[slot_of_day(second)] = VOLUME_UNKNOWN;
    }
}

void normals_leave_blind(struct normals *normals, uint16_t network, uint16_t function,
    uint8_t province, struct instant from)
{
    const struct group *group = normals->networks[network].groups[function * PROVINCES + province];
    int64_t second = instant_second(from);
    if (group != NULL && group->learned != NULL &&
        is_blind_news(group->learned, date_of_second(second))) {
        group->learned->blind_slot_s = second - second % DAY_SLOT_S; // which may not be over yet
        slot_forget(group->learned, second);
    }
}

void normals_leave_out(struct normals *normals, uint16_t network, uint16_t function,
    uint8_t province, struct instant from, struct instant to)
{
    const struct group *group = normals->networks[network].groups[function * PROVINCES + province];
    if (group == NULL || group->learned == NULL) {
        return;
    }
    int64_t from_s = instant_second(from) - LEFT_OUT_BEFORE;
    int64_t to_s = instant_second(to) + LEFT_OUT_BEHIND;
    to_s = to_s > normals->tick_s ? normals->tick_s : to_s;
    from_s = from_s < to_s - 2 * S_PER_DAY ? to_s - 2 * S_PER_DAY : from_s;
    for (int64_t s = from_s - from_s % DAY_SLOT_S; s < to_s; s += DAY_SLOT_S) {
        slot_forget(group->learned, s);
    }
}
