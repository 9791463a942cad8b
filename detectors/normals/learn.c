// Learning what is normal from what was seen.
//
// The final buckets of a cell are summed up by slots of five minutes. A slot is known when all of
// it was seen: the sensor ran, no mirror of the cell's links was dead, and coverage was at least
// normals.least_coverage; its volume is then corrected for what was missing. Slots of an incident
// are left out again, with some time around it (normals_leave_out, which the pipeline calls a tick
// later, every minute while the incident is told), and so is what the outages call blind
// (normals_leave_blind): business that faded away and nobody knows why. What has been blind on and
// off for two weeks is what is normal now. What is not known stays unknown.
//
// A day is closed an hour after its end, and belongs to the past from then on. The profile of a day
// is made of days two before it or older, and does not change while the day lasts: what is normal
// stands still during an incident by itself. Profiles of tomorrow are made in the evening, a few at
// each tick, so that midnight is no more work than any other second.
#include "config/memory.h"

#include "detectors/normals/memory.h"
#include "detectors/normals/store.h"

#include <stdlib.h>
#include <string.h>

#define PREPARE_FROM_S (20 * S_PER_HOUR) // of the day
#define PREPARE_TICKS  7200              // in which all are made

size_t slot_of_day(int64_t epoch_s)
{
    return (size_t)(shanghai_second_of_day(epoch_s) / DAY_SLOT_S);
}

void learned_free(struct learned *learned)
{
    if (learned != NULL) {
        past_done(&learned->past);
        free(learned->profiles[0]);
        free(learned->profiles[1]);
    }
    free(learned);
}

struct learned *learned_at(struct group *group)
{
    if (group->learned == NULL) {
        group->learned = memory_zeroed(1, sizeof(*group->learned));
    }
    return group->learned;
}

void learned_take(struct network_learned *network, struct network_learned *fresh)
{
    struct approved_peak *approvals = network->approvals;
    network->approvals = fresh->approvals;
    fresh->approvals = approvals;
    network->approval_count = fresh->approval_count;
    network->bank = fresh->bank;
}

// ---- days ---------------------------------------------------------------------------------------

const struct year_volumes *year_find(const struct network_learned *network, int64_t year)
{
    for (size_t i = 0; i < OWN_YEARS; i++) {
        if (network->years[i].year == year) {
            return &network->years[i];
        }
    }
    return NULL;
}

static struct year_volumes *year_at(struct network_learned *network, int64_t year)
{
    struct year_volumes *oldest = &network->years[0];
    for (size_t i = 0; i < OWN_YEARS; i++) {
        if (network->years[i].year == year) {
            return &network->years[i];
        }
        oldest = network->years[i].year < oldest->year ? &network->years[i] : oldest;
    }
    if (oldest->year > year) {
        return NULL;
    }
    *oldest = (struct year_volumes){.year = year};
    return oldest;
}

const struct year_volumes *years_add(struct network_learned *network, const struct open_hours *day)
{
    int64_t year;
    int month, of_month;
    date_split(day->date, &year, &month, &of_month);
    for (size_t s = 0; s < DAY_SLOTS; s++) {
        if (day->volumes[s] == HOUR_UNKNOWN) {
            return NULL;
        }
    }
    struct year_volumes *sum = year_at(network, year);
    if (sum != NULL) {
        sum->full_days++;
        for (size_t s = 0; s < DAY_SLOTS; s++) {
            sum->volumes[s] += day->volumes[s];
        }
    }
    return sum;
}

static bool is_learned(const struct open_day *open)
{
    size_t known = 0;
    for (size_t s = 0; s < DAY_SLOTS; s++) {
        known += open->volumes[s] != VOLUME_UNKNOWN;
    }
    return known >= SLOTS_LEARNED;
}

static struct kept_batch *batch_of(struct normals *normals)
{
    if (normals->batch == NULL) {
        normals->batch = memory_zeroed(1, sizeof(*normals->batch));
    }
    return normals->batch;
}

// A row of the group; nothing without a keeper.
static void group_keep(struct normals *normals, const struct group *group, struct kept_row row,
    const void *volumes, size_t size, const uint16_t *counts)
{
    row.network = group->network;
    row.function = group->function;
    row.province = group->province;
    if (normals->keeper != NULL) {
        kept_add(batch_of(normals), &row, volumes, size, counts);
    }
}

static void day_close(struct normals *normals, const struct group *group, struct open_day *open)
{
    if (is_learned(open)) {
        struct past_day day = {.date = open->date,
            .kind = day_kind(calendar_day(&normals->settings->calendars.calendar, open->date))};
        memcpy(day.volumes, open->volumes, sizeof(day.volumes));
        struct past *past = &group->learned->past;
        int64_t oldest = past_add(past, &day);
        group_keep(normals, group,
            (struct kept_row){
                .kind = KEPT_DAY, .date = day.date, .day_kind = day.kind, .oldest = oldest},
            day.volumes, sizeof(day.volumes[0]), NULL);
        group_keep(normals, group, (struct kept_row){.kind = KEPT_PROFILE, .date = past->year},
            past->sums, sizeof(past->sums[0]), past->counts);
    } else {
        group_keep(normals, group, (struct kept_row){.kind = KEPT_LOST_DAY, .date = open->date},
            NULL, 0, NULL);
    }
    open->date = 0;
}

// Older than the date, the older of the two first.
static void days_close(struct normals *normals, const struct group *group, int64_t before)
{
    struct open_day *open = group->learned->open;
    bool swapped = open[1].date < open[0].date;
    for (int i = 0; i < 2; i++) {
        struct open_day *one = &open[i ^ swapped];
        if (one->date != 0 && one->date < before) {
            day_close(normals, group, one);
        }
    }
}

static void network_keep(
    struct normals *normals, uint16_t network, struct kept_row row, const int64_t *volumes)
{
    row.network = network;
    if (normals->keeper != NULL) {
        kept_add(batch_of(normals), &row, volumes, sizeof(*volumes), NULL);
    }
}

static void hours_close(struct normals *normals, uint16_t n, int64_t before)
{
    struct network_learned *network = &normals->networks[n].learned;
    bool swapped = network->open[1].date < network->open[0].date;
    for (int i = 0; i < 2; i++) {
        struct open_hours *one = &network->open[i ^ swapped];
        if (one->date != 0 && one->date < before) {
            const struct year_volumes *year = years_add(network, one);
            network_keep(
                normals, n, (struct kept_row){.kind = KEPT_PAST_HOURS, .date = one->date}, NULL);
            if (year != NULL) {
                network_keep(normals, n,
                    (struct kept_row){
                        .kind = KEPT_YEAR, .date = year->year, .oldest = year->full_days},
                    year->volumes);
            }
            one->date = 0;
        }
    }
}

static struct open_day *open_day_at(struct normals *normals, struct group *group, int64_t date)
{
    struct open_day *open = &learned_at(group)->open[date % 2];
    if (open->date != date) {
        days_close(normals, group, date - 1);
        open->date = date;
        memset(open->volumes, 0xff, sizeof(open->volumes)); // VOLUME_UNKNOWN
    }
    return open;
}

static struct open_hours *open_hours_at(struct normals *normals, uint16_t n, int64_t date)
{
    struct open_hours *open = &normals->networks[n].learned.open[date % 2];
    if (open->date != date) {
        hours_close(normals, n, date - 1);
        open->date = date;
        for (size_t s = 0; s < DAY_SLOTS; s++) {
            open->volumes[s] = HOUR_UNKNOWN;
        }
    }
    return open;
}

// ---- slots --------------------------------------------------------------------------------------

static void links_watch(struct normals *normals, uint16_t network, int64_t bucket)
{
    for (uint16_t l = 0; l < normals->settings->link_count; l++) {
        if (normals->settings->links[l].network == network) {
            struct link_memory *link = &normals->links[l];
            const struct mirror *mirror = mirror_find(normals, l, bucket);
            link->slot_is_dead |= mirror_is_dead(normals, l, bucket);
            link->slot_seen_bytes += mirror == NULL ? 0 : mirror->seen_request_bytes;
            link->slot_missing_bytes += mirror == NULL ? 0 : mirror->missing_request_bytes;
        }
    }
}

static void links_forget(struct normals *normals, uint16_t network)
{
    for (uint16_t l = 0; l < normals->settings->link_count; l++) {
        if (normals->settings->links[l].network == network) {
            struct link_memory *link = &normals->links[l];
            link->slot_seen_bytes = link->slot_missing_bytes = 0;
            link->slot_is_dead = false;
        }
    }
}

struct sight {
    int64_t seen_bytes, missing_bytes;
    bool dead;
};

static void sight_add(struct sight *sight, const struct link_memory *link)
{
    sight->seen_bytes += link->slot_seen_bytes;
    sight->missing_bytes += link->slot_missing_bytes;
    sight->dead |= link->slot_is_dead;
}

// Of all links of the network.
static struct sight network_sight(const struct normals *normals, uint16_t network)
{
    struct sight sight = {0};
    for (uint16_t l = 0; l < normals->settings->link_count; l++) {
        if (normals->settings->links[l].network == network) {
            sight_add(&sight, &normals->links[l]);
        }
    }
    return sight;
}

// Of the links on which the group has ever been, as in mirrors_fill.
static struct sight group_sight(
    const struct normals *normals, const struct group *group, const struct sight *network)
{
    struct sight sight = {0};
    for (size_t i = 0; i < group->lane_count; i++) {
        sight_add(&sight, &normals->links[group->lanes[i].link]);
    }
    return group->lane_count == 0 ? *network : sight;
}

static bool sight_is_whole(const struct normals *normals, const struct sight *sight)
{
    __int128 all = (__int128)sight->seen_bytes + sight->missing_bytes;
    return !sight->dead &&
           (sight->missing_bytes <= 0 || (__int128)sight->seen_bytes * 100 >=
                                             all * normals->settings->normals.least_coverage);
}

// What there was, where so much of it was seen; rounded half up.
static int64_t sight_correct(const struct sight *sight, int64_t demand)
{
    if (sight->missing_bytes <= 0 || sight->seen_bytes <= 0) {
        return demand;
    }
    __int128 all = (__int128)sight->seen_bytes + sight->missing_bytes;
    return (int64_t)(((__int128)demand * all + sight->seen_bytes / 2) / sight->seen_bytes);
}

static void slot_close(struct normals *normals, uint16_t n, int64_t from_s)
{
    struct network_memory *memory = &normals->networks[n];
    int64_t date = date_of_second(from_s), total = 0;
    size_t at = slot_of_day(from_s);
    struct sight all = network_sight(normals, n);
    bool ran = normals->first_s <= from_s;
    for (size_t i = 0; i < memory->active_count; i++) {
        struct group *group = memory->active[i];
        if (!group_is_of_province(group)) {
            continue;
        }
        struct sight sight = group_sight(normals, group, &all);
        struct open_day *open = open_day_at(normals, group, date);
        int64_t volume = sight_correct(&sight, group->learned->demand);
        bool known =
            ran && sight_is_whole(normals, &sight) && group->learned->blind_slot_s != from_s;
        open->volumes[at] = known ? volume_pack(volume) : VOLUME_UNKNOWN;
        group->learned->demand = 0;
        total += volume;
    }
    open_hours_at(normals, n, date)->volumes[at] =
        ran && sight_is_whole(normals, &all) ? total : HOUR_UNKNOWN;
    links_forget(normals, n);
}

void learn_bucket(struct normals *normals, uint16_t network, int64_t bucket)
{
    struct network_memory *memory = &normals->networks[network];
    int64_t end_s = (bucket + 1) * normals->bucket_s;
    if (!normals->settings->normals.learn) {
        return;
    }
    links_watch(normals, network, bucket);
    for (size_t i = 0; i < memory->active_count; i++) {
        const struct slot *slot = slot_find(normals, memory->active[i], bucket);
        if (slot != NULL && group_is_of_province(memory->active[i])) {
            learned_at(memory->active[i])->demand += slot->normal.demand - slot->normal.excluded;
        }
    }
    if (end_s % DAY_SLOT_S == 0) {
        slot_close(normals, network, end_s - DAY_SLOT_S);
    }
}

void learn_restart(struct normals *normals)
{
    for (uint16_t n = 0; n < normals->settings->network_count; n++) {
        struct network_memory *memory = &normals->networks[n];
        for (size_t i = 0; i < memory->active_count; i++) {
            if (memory->active[i]->learned != NULL) {
                memory->active[i]->learned->demand = 0;
            }
        }
        links_forget(normals, n);
    }
}

// ---- profiles -----------------------------------------------------------------------------------

const struct profile *learned_profile(
    const struct normals *normals, const struct group *group, int64_t date)
{
    struct learned *learned = group->learned;
    if (learned == NULL || learned->past.day_count == 0) {
        return NULL;
    }
    struct profile **at = &learned->profiles[date % 2];
    if (*at == NULL || (*at)->date != date) {
        const struct settings *settings = normals->settings;
        *at = *at == NULL ? memory_zeroed(1, sizeof(**at)) : *at;
        profile_make(&learned->past, date,
            day_kind(calendar_day(&settings->calendars.calendar, date)),
            settings->normals.fewest_days, *at);
    }
    return *at;
}

static void profiles_prepare(struct normals *normals)
{
    int64_t date = date_of_second(normals->tick_s) + 1;
    if (shanghai_second_of_day(normals->tick_s) < PREPARE_FROM_S) {
        normals->prepared = 0;
        return;
    }
    int64_t groups = 0, until;
    for (size_t n = 0; n < normals->settings->network_count; n++) {
        groups += (int64_t)normals->networks[n].active_count;
    }
    until = normals->prepared + groups / PREPARE_TICKS + 1;
    int64_t at = 0;
    for (size_t n = 0; n < normals->settings->network_count && at < until; n++) {
        const struct network_memory *memory = &normals->networks[n];
        int64_t count = (int64_t)memory->active_count;
        for (int64_t i = normals->prepared - at; i >= 0 && i < count && at + i < until; i++) {
            learned_profile(normals, memory->active[i], date);
            normals->prepared = at + i + 1;
        }
        at += count;
    }
}

// The days in hand, so that a sensor that starts again goes on with them.
static void open_days_keep(struct normals *normals, uint16_t n)
{
    const struct network_memory *memory = &normals->networks[n];
    const struct calendar *calendar = &normals->settings->calendars.calendar;
    for (int which = 0; which < 2; which++) {
        const struct open_hours *hours = &memory->learned.open[which];
        if (hours->date != 0) {
            network_keep(normals, n,
                (struct kept_row){.kind = KEPT_OPEN_HOURS, .date = hours->date}, hours->volumes);
        }
        for (size_t i = 0; i < memory->active_count; i++) {
            const struct group *group = memory->active[i];
            const struct open_day *open =
                group->learned == NULL ? NULL : &group->learned->open[which];
            if (open != NULL && open->date != 0) {
                group_keep(normals, group,
                    (struct kept_row){.kind = KEPT_OPEN_DAY,
                        .date = open->date,
                        .day_kind = day_kind(calendar_day(calendar, open->date))},
                    open->volumes, sizeof(open->volumes[0]), NULL);
            }
        }
    }
}

void learn_keep(struct normals *normals, bool days_in_hand)
{
    for (uint16_t n = 0; days_in_hand && n < normals->settings->network_count; n++) {
        open_days_keep(normals, n);
    }
    if (normals->batch != NULL) {
        keeper_put(normals->keeper, normals->batch);
        normals->batch = NULL;
    }
}

static void days_end(struct normals *normals, int64_t today)
{
    normals->open_day = today;
    for (uint16_t n = 0; n < normals->settings->network_count; n++) {
        struct network_memory *memory = &normals->networks[n];
        for (size_t i = 0; i < memory->active_count; i++) {
            if (memory->active[i]->learned != NULL) {
                days_close(normals, memory->active[i], today);
            }
        }
        hours_close(normals, n, today);
    }
    peaks_choose(normals, today + 1, false);
}

void learn_tick(struct normals *normals)
{
    int64_t today = date_of_second(normals->tick_s - CLOSE_S);
    int64_t hour = normals->tick_s / S_PER_HOUR;
    profiles_prepare(normals);
    if (today != normals->open_day) {
        days_end(normals, today);
    }
    if (normals->keeper != NULL) {
        learn_keep(normals, hour != normals->kept_hour && normals->kept_hour != 0);
    }
    normals->kept_hour = hour;
}
