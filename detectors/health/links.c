// What the mirror of a link shows, side by side.
//
// A side that is not seen is not a side that is silent: the other one acknowledges bytes that were
// never seen. Without that proof it may be the far end that is dead, which is what the tap is there
// to see. A link that was never seen is silent since the start.
#include "detectors/health/watch_parts.h"

#define SILENT_S   60 // keep-alives, echoes and ARP come more often
#define ONE_WAY_S  10
#define GAPS_MILLI 10 // of a minute's bytes, in thousandths: more is told
#define MINUTE_S   60
#define LATE_S     2 // a minute's last facts may come so late

enum { OUR_SIDE, THEIR_SIDE };

void links_start(struct health *health)
{
    for (size_t i = 0; i < health->settings->link_count; i++) {
        health->links[i] = (struct link_watch){.frame_s = health->first_s - 1,
            .side_s = {health->first_s - 1, health->first_s - 1},
            .minute = health->first_s / MINUTE_S,
            .told_minute = -1};
    }
}

static void minute_begin(struct link_watch *watch, int64_t minute)
{
    if (minute > watch->minute) {
        watch->told_minute = watch->minute;
        watch->told_seen = watch->minute_seen;
        watch->told_missing = watch->minute_missing;
        watch->minute = minute;
        watch->minute_seen = watch->minute_missing = 0;
    }
}

static void minute_add(struct link_watch *watch, const struct link_counts *counts)
{
    int64_t minute = counts->second / MINUTE_S;
    int64_t seen = counts->seen_request_bytes + counts->seen_answer_bytes;
    int64_t missing = counts->missing_request_bytes + counts->missing_answer_bytes;
    minute_begin(watch, minute);
    if (minute == watch->minute) {
        watch->minute_seen += seen;
        watch->minute_missing += missing;
    } else if (minute == watch->told_minute) {
        watch->told_seen += seen;
        watch->told_missing += missing;
    }
}

// Missing bytes that the side sent, as far as the link's role says who asks.
static int64_t missing_of(enum link_role role, const struct link_counts *counts, int side)
{
    bool asks =
        (role == ROLE_ACQUIRER && side == OUR_SIDE) || (role == ROLE_ISSUER && side == THEIR_SIDE);
    bool both = role != ROLE_ACQUIRER && role != ROLE_ISSUER;
    return (asks || both ? counts->missing_request_bytes : 0) +
           (!asks || both ? counts->missing_answer_bytes : 0);
}

void links_add(struct health *health, const struct link_counts *counts)
{
    if (counts->link >= health->settings->link_count) {
        return;
    }
    struct link_watch *watch = &health->links[counts->link];
    enum link_role role = health->settings->links[counts->link].role;
    const int64_t frames[2] = {counts->our_frames, counts->their_frames};
    if (counts->frames > 0 && counts->second >= watch->frame_s) {
        watch->frame_s = counts->second;
        watch->any = true;
    }
    for (int side = OUR_SIDE; side <= THEIR_SIDE; side++) {
        if (frames[side] > 0 && counts->second >= watch->side_s[side]) {
            watch->side_s[side] = counts->second;
            watch->missing[side] = 0;
            watch->seen[side] = true;
        } else {
            watch->missing[side] += missing_of(role, counts, side);
        }
    }
    minute_add(watch, counts);
}

static void silent_watch(struct health *health, uint16_t link, int64_t tick_s)
{
    const struct link_watch *watch = &health->links[link];
    const char *id = health->settings->links[link].id;
    char since[INSTANT_TEXT_MAX];
    bool silent = tick_s - 1 - watch->frame_s >= SILENT_S;
    if (!alarm_is_new(health, HEALTH_LINK_SILENT, link, silent)) {
        return;
    }
    struct health_change *alarm = alarm_raise(health, HEALTH_LINK_SILENT, link, watch->frame_s + 1);
    second_format(watch->frame_s + 1, since);
    snprintf(alarm->reason, HEALTH_REASON_MAX, "no frame of link %s since %s%s", id,
        watch->any ? "" : "the start, ", since);
    snprintf(alarm->reason_chinese, HEALTH_REASON_MAX, "链路%s：自%s%s起未收到任何帧", id,
        watch->any ? "" : "启动时", since);
}

static void one_way_watch(struct health *health, uint16_t link, int64_t tick_s)
{
    const struct link_watch *watch = &health->links[link];
    const char *id = health->settings->links[link].id;
    char since[INSTANT_TEXT_MAX];
    int dead = watch->side_s[OUR_SIDE] <= watch->side_s[THEIR_SIDE] ? OUR_SIDE : THEIR_SIDE;
    bool was = alarm_is_raised(health, HEALTH_LINK_ONE_WAY, link);
    bool stale = tick_s - 1 - watch->side_s[dead] >= ONE_WAY_S;
    if (!alarm_is_new(
            health, HEALTH_LINK_ONE_WAY, link, stale && (was || watch->missing[dead] > 0))) {
        return;
    }
    struct health_change *alarm =
        alarm_raise(health, HEALTH_LINK_ONE_WAY, link, watch->side_s[dead] + 1);
    second_format(watch->side_s[dead] + 1, since);
    snprintf(alarm->reason, HEALTH_REASON_MAX,
        "one direction of link %s not seen since %s%s: what %s side sends", id,
        watch->seen[dead] ? "" : "the start, ", since, dead == OUR_SIDE ? "our" : "their");
    snprintf(alarm->reason_chinese, HEALTH_REASON_MAX, "链路%s：自%s%s起单向不可见（%s发出的报文）",
        id, watch->seen[dead] ? "" : "启动时", since, dead == OUR_SIDE ? "我方" : "对方");
}

static void gaps_tell(struct health *health, uint16_t link, const struct link_watch *watch)
{
    int64_t all = watch->told_seen + watch->told_missing;
    int64_t milli = all == 0 ? 0 : (int64_t)((__int128)watch->told_missing * 1000 / all);
    const char *id = health->settings->links[link].id;
    char since[INSTANT_TEXT_MAX];
    if (all == 0 || !alarm_is_new(health, HEALTH_LINK_GAPS, link, milli > GAPS_MILLI)) {
        return; // nothing to be seen says nothing of how well it is seen
    }
    struct health_change *alarm =
        alarm_raise(health, HEALTH_LINK_GAPS, link, watch->told_minute * MINUTE_S);
    second_format(watch->told_minute * MINUTE_S, since);
    snprintf(alarm->reason, HEALTH_REASON_MAX,
        "%lld.%lld %% of the bytes of link %s not seen since %s", (long long)(milli / 10),
        (long long)(milli % 10), id, since);
    snprintf(alarm->reason_chinese, HEALTH_REASON_MAX, "链路%s：自%s起%lld.%lld%%的字节未观测到",
        id, since, (long long)(milli / 10), (long long)(milli % 10));
}

// By whole minutes of event time.
static void gaps_watch(struct health *health, uint16_t link, int64_t tick_s)
{
    struct link_watch *watch = &health->links[link];
    minute_begin(watch, (tick_s - LATE_S - 1) / MINUTE_S);
    if (watch->told_minute >= 0 && tick_s > (watch->told_minute + 1) * MINUTE_S + LATE_S) {
        gaps_tell(health, link, watch);
        watch->told_minute = -1;
    }
}

void links_watch(struct health *health, int64_t tick_s)
{
    for (uint16_t link = 0; link < health->settings->link_count; link++) {
        silent_watch(health, link, tick_s);
        one_way_watch(health, link, tick_s);
        gaps_watch(health, link, tick_s);
    }
}
