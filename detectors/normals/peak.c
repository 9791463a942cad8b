// Peak hours from the year's volumes (art. 31(3)): a clock slot is peak when its share of the year
// is more than 3 %, for slots of 60 minutes; of another length, which needs a documented method,
// more than that part of 3 %. Integers: volume x 100 x 60 > 3 x minutes x year.
//
// In force, in this order: an approved table of the newest year before this one, the bank's volumes
// before the sensor's; what the bank imported and nobody approved yet, and the sensor's own 28 full
// days or more, provisional; else none, and all hours are peak. A table comes into force at
// midnight.
#include "config/log.h"

#include "detectors/normals/memory.h"

#include <stdio.h>
#include <string.h>

#define SHARE_PERCENT  3
#define FULL_DAYS      28
#define SLOTS_PER_HOUR (S_PER_HOUR / DAY_SLOT_S)

void peak_slots(
    const int64_t volumes[static DAY_SLOTS], int64_t slot_ns, bool ret[static DAY_SLOTS])
{
    size_t length = (size_t)(slot_ns / (DAY_SLOT_S * NS_PER_S));
    __int128 year = 0;
    for (size_t s = 0; s < DAY_SLOTS; s++) {
        year += volumes[s];
    }
    for (size_t s = 0; s < DAY_SLOTS; s += length) {
        __int128 slot = 0;
        for (size_t i = s; i < s + length; i++) {
            slot += volumes[i];
        }
        bool peak = slot * 100 * SLOTS_PER_HOUR > (__int128)SHARE_PERCENT * (int64_t)length * year;
        for (size_t i = s; i < s + length; i++) {
            ret[i] = peak;
        }
    }
}

static int64_t year_of(int64_t date)
{
    int64_t year;
    int month, day;
    date_split(date, &year, &month, &day);
    return year;
}

// The last year's where it has enough days, so that the same hour is not judged otherwise next
// week; else all days that there are.
bool peak_own_volumes(const struct network_learned *learned, int64_t year, struct year_volumes *ret)
{
    const struct year_volumes *last = year_find(learned, year - 1), *now = year_find(learned, year);
    *ret = (struct year_volumes){.year = year};
    if (last != NULL && last->full_days >= FULL_DAYS) {
        *ret = *last;
        return true;
    }
    for (int i = 0; i < 2; i++) {
        const struct year_volumes *one = i == 0 ? last : now;
        for (size_t s = 0; one != NULL && s < DAY_SLOTS; s++) {
            ret->volumes[s] += one->volumes[s];
        }
        ret->full_days += one == NULL ? 0 : one->full_days;
    }
    return ret->full_days >= FULL_DAYS;
}

// The table of the date.
void peak_table_make(
    const struct normals *normals, uint16_t n, int64_t date, struct peak_table *ret)
{
    const struct network_learned *learned = &normals->networks[n].learned;
    int64_t year = year_of(date), slot_ns = normals->settings->normals.peak.slot_ns;
    const struct year_volumes *bank = &learned->bank;
    struct year_volumes own;
    memset(ret, 0, sizeof(*ret)); // tables are compared as bytes
    ret->state = PEAK_NONE;
    for (size_t i = 0; i < learned->approval_count; i++) {
        const struct approved_peak *approved = &learned->approvals[i];
        if (approved->year < year && approved->year >= ret->year) {
            ret->state = approved->bank ? PEAK_BANK : PEAK_APPROVED;
            ret->year = approved->year;
            memcpy(ret->slots, approved->slots, sizeof(ret->slots));
        }
    }
    if (ret->state != PEAK_NONE) {
        return;
    }
    bool has_bank = bank->year != 0 && bank->year < year;
    if (has_bank || peak_own_volumes(learned, year, &own)) {
        ret->state = PEAK_PROVISIONAL;
        ret->year = has_bank ? bank->year : own.year;
        peak_slots(has_bank ? bank->volumes : own.volumes, slot_ns, ret->slots);
    }
}

// "08:00-09:00 20:00-21:00": where the two differ.
static void differences_print(const bool *ours, const bool *theirs, char *text, size_t size)
{
    size_t length = 0;
    text[0] = '\0';
    for (size_t s = 0; s < DAY_SLOTS && length + 16 < size; s++) {
        size_t from = s;
        for (; s < DAY_SLOTS && ours[s] != theirs[s]; s++) {
        }
        if (s > from) {
            length += (size_t)snprintf(text + length, size - length, "%s%02zu:%02zu-%02zu:%02zu",
                length > 0 ? " " : "", from / 12, from % 12 * 5, s / 12, s % 12 * 5);
        }
    }
}

// The sensor's own profile is the cross-check of whatever is in force.
static void cross_check(const struct normals *normals, uint16_t n, int64_t date)
{
    const struct network_settings *network = &normals->settings->networks[n];
    struct network_learned *learned = &normals->networks[n].learned;
    struct year_volumes own;
    bool ours[DAY_SLOTS], theirs[DAY_SLOTS];
    char text[200];
    enum peak_state state = network_peak_state(network, date_begin_s(date));
    if (state > PEAK_APPROVED || !peak_own_volumes(learned, year_of(date), &own)) {
        return;
    }
    peak_slots(own.volumes, normals->settings->normals.peak.slot_ns, ours);
    for (size_t s = 0; s < DAY_SLOTS; s++) {
        theirs[s] = network_is_peak(network, date_begin_s(date) + (int64_t)s * DAY_SLOT_S);
    }
    differences_print(ours, theirs, text, sizeof(text));
    if (text[0] != '\0' && memcmp(ours, learned->warned, sizeof(ours)) != 0) {
        log_warning("network \"%s\": the sensor's own %lld full days have other peak hours than "
                    "those in force (%s), which stay: %s",
            network->id, (long long)own.full_days, peak_state_names[state], text);
        memcpy(learned->warned, ours, sizeof(ours));
    }
}

void peaks_choose(struct normals *normals, int64_t date, bool at_once)
{
    for (uint16_t n = 0; n < normals->settings->network_count; n++) {
        struct peak_tables *tables = normals->settings->networks[n].learned_peak;
        if (tables == NULL) {
            continue;
        }
        struct peak_table table;
        peak_table_make(normals, n, date, &table);
        if (at_once) {
            *tables = (struct peak_tables){.before = table, .now = table};
        } else if (memcmp(&table, &tables->now, sizeof(table)) != 0) {
            *tables = (struct peak_tables){tables->now, table, date_begin_s(date)};
        }
        cross_check(normals, n, date);
    }
}
