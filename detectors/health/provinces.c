// Whether the provinces of a link's business can be right, by whole clock hours. They are what two
// provinces are counted by (arts. 7(1) to 9(1)), so that a table that is wrong, or an institution
// of the whole country under its domicile's code, would hide an outage of many provinces behind
// one.
//
// Too many without a province: more than the share beyond which an outage cannot be graded
// (12(1); T-D15). One that holds too much: more than half of a business that reaches others, each
// of which has a real part of it; a bank of one province has no such others.
#include "detectors/health/watch_parts.h"

#include <string.h>

#define LEAST           10000 // requests in an hour
#define UNKNOWN_PERCENT 30
#define MOST_PERCENT    50
#define OTHERS          5
#define OTHER_PERCENT   2

struct shares {
    int64_t all;
    uint8_t largest; // of those that are known
    int others;      // of them, with a real part
};

static struct shares shares_of(const struct link_provinces *provinces)
{
    const int64_t *demand = provinces->demand;
    struct shares shares = {.all = demand[PROVINCE_UNKNOWN]};
    for (uint8_t p = 1; p < PROVINCES; p++) {
        bool more = demand[p] > (shares.largest == 0 ? 0 : demand[shares.largest]);
        shares.largest = p != PROVINCE_NATIONAL && more ? p : shares.largest;
        shares.all += demand[p];
    }
    for (uint8_t p = 1; p < PROVINCES; p++) {
        shares.others += p != shares.largest && p != PROVINCE_NATIONAL &&
                         demand[p] * 100 >= shares.all * OTHER_PERCENT;
    }
    return shares;
}

static void unknown_tell(const struct link_settings *link, int64_t milli, struct health_change *ret)
{
    snprintf(ret->reason, HEALTH_REASON_MAX,
        "link %s: %lld.%lld %% of an hour's business has no known province", link->id,
        (long long)milli / 10, (long long)milli % 10);
    snprintf(ret->reason_chinese, HEALTH_REASON_MAX, "链路%s：一小时内%lld.%lld%%的业务省份未知",
        link->id, (long long)milli / 10, (long long)milli % 10);
}

static void largest_tell(
    const struct link_settings *link, int64_t milli, uint8_t province, struct health_change *ret)
{
    snprintf(ret->reason, HEALTH_REASON_MAX,
        "link %s: %lld.%lld %% of an hour's business is of province %02u: an institution of the "
        "whole country may be under its code (province_overrides, 99)",
        link->id, (long long)milli / 10, (long long)milli % 10, province);
    snprintf(ret->reason_chinese, HEALTH_REASON_MAX,
        "链路%s：一小时内%lld.%lld%%的业务归属%s，疑有全国性机构使用该省代码"
        "(province_overrides,99)",
        link->id, (long long)milli / 10, (long long)milli % 10, province_name(province));
}

static void hour_judge(struct health *health, uint16_t link, int64_t tick_s)
{
    const struct link_provinces *provinces = &health->provinces[link];
    const struct link_settings *settings = &health->settings->links[link];
    struct shares shares = shares_of(provinces);
    int64_t unknown = provinces->demand[PROVINCE_UNKNOWN];
    int64_t largest = shares.largest == 0 ? 0 : provinces->demand[shares.largest];
    if (shares.all < LEAST) {
        return; // too little to say anything, also that it is over
    }
    bool no_province = unknown * 100 > shares.all * UNKNOWN_PERCENT;
    bool too_much = largest * 100 > shares.all * MOST_PERCENT && shares.others >= OTHERS;
    if (!alarm_is_new(health, HEALTH_LINK_PROVINCE, link, no_province || too_much)) {
        return;
    }
    int64_t since_s = tick_s - S_PER_HOUR < health->first_s ? health->first_s : tick_s - S_PER_HOUR;
    struct health_change *alarm = alarm_raise(health, HEALTH_LINK_PROVINCE, link, since_s);
    if (no_province) {
        unknown_tell(settings, unknown * 1000 / shares.all, alarm);
    } else {
        largest_tell(settings, largest * 1000 / shares.all, shares.largest, alarm);
    }
}

void provinces_watch(struct health *health, const struct counters *counters, int64_t tick_s)
{
    for (size_t i = 0; i < counters->cell_count; i++) {
        const struct cell_counts *counts = &counters->cells[i];
        if (counts->cell.link < health->settings->link_count && counts->cell.province < PROVINCES) {
            health->provinces[counts->cell.link].demand[counts->cell.province] += counts->demand;
        }
    }
    for (uint16_t link = 0; tick_s % S_PER_HOUR == 0 && link < health->settings->link_count;
         link++) {
        hour_judge(health, link, tick_s);
        memset(&health->provinces[link], 0, sizeof(health->provinces[link]));
    }
}
