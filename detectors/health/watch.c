// An alarm belongs to a kind and a subject, is raised once and cleared once, and both are told.
// What it goes by are seconds of event time and the counters' sums alone, so that a replay says
// what the live run said.
#include "config/memory.h"

#include "detectors/health/watch_parts.h"

#include <stdlib.h>
#include <string.h>

#define NEGOTIATION_S 5  // the link of a port that has just started may take so long to come up
#define PORT_SILENT_S 10 // a mirror port of a payment network is never so quiet
#define DROPS_CALM_S  60 // without a drop for so long the alarm is over
#define CLOCK_AGAIN_S 60 // off by so much more or less: it was set again

const char *second_format(int64_t second, char text[static INSTANT_TEXT_MAX])
{
    instant_format(instant_from_s(second), 0, text);
    text[10] = ' ';
    text[19] = '\0';
    return text;
}

const char *const health_kind_names[] = {[HEALTH_CLOCK] = "clock",
    [HEALTH_PORT_DOWN] = "port_down",
    [HEALTH_PORT_SILENT] = "port_silent",
    [HEALTH_PORT_DROPS] = "port_drops",
    [HEALTH_LINK_SILENT] = "link_silent",
    [HEALTH_LINK_ONE_WAY] = "link_one_way",
    [HEALTH_LINK_PROVINCE] = "link_province",
    [HEALTH_LINK_GAPS] = "link_gaps",
    [HEALTH_BLIND] = "blind"};

struct health *health_new(const struct settings *settings)
{
    struct health *health = memory_zeroed(1, sizeof(*health));
    size_t all = 0;
    health->settings = settings;
    health->links = memory_zeroed(settings->link_count + 1, sizeof(*health->links));
    health->provinces = memory_zeroed(settings->link_count + 1, sizeof(*health->provinces));
    for (int kind = 0; kind < HEALTH_KINDS; kind++) {
        size_t subjects = kind <= HEALTH_PORT_DROPS  ? PORTS_MAX
                          : kind <= HEALTH_LINK_GAPS ? settings->link_count
                                                     : settings->network_count;
        health->subjects[kind] = subjects;
        health->alarms[kind] = memory_zeroed(subjects + 1, sizeof(*health->alarms[kind]));
        all += subjects;
    }
    health->changes = memory_zeroed(all + 1, sizeof(*health->changes));
    health->standing = memory_zeroed(all + 1, sizeof(*health->standing));
    return health;
}

void health_free(struct health *health)
{
    if (health == NULL) {
        return;
    }
    for (int kind = 0; kind < HEALTH_KINDS; kind++) {
        free(health->alarms[kind]);
    }
    free(health->links);
    free(health->provinces);
    free(health->changes);
    free(health->standing);
    free(health);
}

bool alarm_is_raised(const struct health *health, enum health_kind kind, uint16_t subject)
{
    return health->alarms[kind][subject].raised;
}

static struct health_change *change_add(
    struct health *health, enum health_kind kind, uint16_t subject)
{
    struct health_change *last = &health->alarms[kind][subject].last;
    last->kind = kind;
    last->subject = subject;
    last->at = health->at;
    return last;
}

bool alarm_is_new(struct health *health, enum health_kind kind, uint16_t subject, bool on)
{
    struct alarm *alarm = &health->alarms[kind][subject];
    if (!on && alarm->raised) {
        alarm->raised = false;
        change_add(health, kind, subject)->raised = false;
        alarm->changed = true;
    }
    return on && !alarm->raised;
}

struct health_change *alarm_raise(
    struct health *health, enum health_kind kind, uint16_t subject, int64_t since_s)
{
    struct alarm *alarm = &health->alarms[kind][subject];
    struct health_change *last = change_add(health, kind, subject);
    alarm->raised = alarm->changed = last->raised = true;
    last->since = instant_from_s(since_s);
    health->raised++;
    return last;
}

// ---- the machine's clock

// Told again when it was set once more, not when it drifts.
static bool clock_is_other(const struct health *health, int64_t off_s)
{
    return off_s != 0 && alarm_is_raised(health, HEALTH_CLOCK, 0) &&
           llabs(off_s - health->clock_told_s) > CLOCK_AGAIN_S;
}

static void clock_watch(struct health *health, int64_t off_s, int64_t tick_s)
{
    if (!alarm_is_new(health, HEALTH_CLOCK, 0, off_s != 0) && !clock_is_other(health, off_s)) {
        return;
    }
    health->clock_told_s = off_s;
    struct health_change *alarm = alarm_raise(health, HEALTH_CLOCK, 0, tick_s);
    const char *where = off_s > 0 ? "ahead" : "back";
    int64_t seconds = off_s > 0 ? off_s : -off_s;
    snprintf(alarm->reason, HEALTH_REASON_MAX,
        "the machine's clock was set %s by %lld s: event time goes on as before, and takes the new "
        "time at the next start",
        where, (long long)seconds);
    snprintf(alarm->reason_chinese, HEALTH_REASON_MAX,
        "本机时钟被%s拨%lld秒：事件时间不随之跳变，重新启动后采用新时间",
        off_s > 0 ? "向前" : "向后", (long long)seconds);
}

// ---- ports

static void port_drops_watch(
    struct health *health, const struct port_facts *facts, struct port_seen *seen, int64_t tick_s)
{
    bool drops = facts->missed + facts->without_buffer + facts->errors > 0;
    bool was = alarm_is_raised(health, HEALTH_PORT_DROPS, facts->port);
    seen->drop_s = drops ? tick_s : seen->drop_s;
    bool on = drops || (was && tick_s - seen->drop_s < DROPS_CALM_S);
    if (alarm_is_new(health, HEALTH_PORT_DROPS, facts->port, on)) {
        struct health_change *alarm =
            alarm_raise(health, HEALTH_PORT_DROPS, facts->port, tick_s - 1);
        snprintf(alarm->reason, HEALTH_REASON_MAX,
            "port %u: in a second %lld frames missed, %lld without a buffer, %lld in error",
            facts->port, (long long)facts->missed, (long long)facts->without_buffer,
            (long long)facts->errors);
        snprintf(alarm->reason_chinese, HEALTH_REASON_MAX,
            "端口%u：一秒内丢帧%lld、无缓冲%lld、错误%lld", facts->port, (long long)facts->missed,
            (long long)facts->without_buffer, (long long)facts->errors);
    }
}

static void port_watch(struct health *health, const struct port_facts *facts, int64_t tick_s)
{
    struct port_seen *seen = &health->ports[facts->port];
    if (facts->frames > 0 || !seen->known) {
        seen->frame_s = tick_s;
        seen->known = true;
    }
    bool down = facts->link == PORT_LINK_DOWN;
    seen->was_up |= facts->link == PORT_LINK_UP;
    seen->down_ticks = down ? seen->down_ticks + 1 : 0;
    bool told = down && (seen->was_up || seen->down_ticks > NEGOTIATION_S);
    if (alarm_is_new(health, HEALTH_PORT_DOWN, facts->port, told)) {
        struct health_change *alarm =
            alarm_raise(health, HEALTH_PORT_DOWN, facts->port, tick_s - seen->down_ticks);
        snprintf(alarm->reason, HEALTH_REASON_MAX, "port %u: link down", facts->port);
        snprintf(alarm->reason_chinese, HEALTH_REASON_MAX, "端口%u：链路断开", facts->port);
    }
    bool silent = !down && tick_s - seen->frame_s >= PORT_SILENT_S;
    if (alarm_is_new(health, HEALTH_PORT_SILENT, facts->port, silent)) {
        struct health_change *alarm =
            alarm_raise(health, HEALTH_PORT_SILENT, facts->port, seen->frame_s);
        snprintf(alarm->reason, HEALTH_REASON_MAX, "no frame on port %u for %d s", facts->port,
            PORT_SILENT_S);
        snprintf(alarm->reason_chinese, HEALTH_REASON_MAX, "端口%u：%d秒未收到任何帧", facts->port,
            PORT_SILENT_S);
    }
    port_drops_watch(health, facts, seen, tick_s);
}

// ---- networks

static void network_watch(
    struct health *health, uint16_t network, const struct blind_network *blind)
{
    const struct network_settings *settings = &health->settings->networks[network];
    char since[INSTANT_TEXT_MAX];
    if (!alarm_is_new(health, HEALTH_BLIND, network, blind->groups > 0)) {
        return;
    }
    struct health_change *alarm =
        alarm_raise(health, HEALTH_BLIND, network, instant_second(blind->since));
    second_format(instant_second(blind->since), since);
    snprintf(alarm->reason, HEALTH_REASON_MAX,
        "network %s: business is not seen since %s, and nothing proves that it stopped",
        settings->id, since);
    snprintf(alarm->reason_chinese, HEALTH_REASON_MAX, "%s：自%s起业务未观测到，且无中断迹象",
        settings->name, since);
}

// ---- a tick

static size_t changes_take(struct health *health)
{
    size_t count = 0;
    for (int kind = 0; kind < HEALTH_KINDS; kind++) {
        for (size_t i = 0; i < health->subjects[kind]; i++) {
            struct alarm *alarm = &health->alarms[kind][i];
            if (alarm->changed) {
                health->changes[count++] = alarm->last;
                alarm->changed = false;
            }
        }
    }
    return count;
}

size_t health_watch(struct health *health, const struct counters *counters,
    const struct blind_network *networks, const struct health_change **ret)
{
    int64_t tick_s = instant_second(counters->tick);
    health->at = counters->tick;
    if (!health->started) {
        health->started = true;
        health->first_s = tick_s - 1;
        links_start(health);
    }
    for (size_t i = 0; i < counters->link_count; i++) {
        links_add(health, &counters->links[i]);
    }
    clock_watch(health, counters->clock_off_s, tick_s);
    links_watch(health, tick_s);
    provinces_watch(health, counters, tick_s);
    for (size_t i = 0; i < counters->port_count; i++) {
        port_watch(health, &counters->ports[i], tick_s);
    }
    for (uint16_t n = 0; networks != NULL && n < health->settings->network_count; n++) {
        network_watch(health, n, &networks[n]);
    }
    *ret = health->changes;
    return changes_take(health);
}

size_t health_standing(struct health *health, const struct health_change **ret)
{
    size_t count = 0;
    for (int kind = 0; kind < HEALTH_KINDS; kind++) {
        for (size_t i = 0; i < health->subjects[kind]; i++) {
            if (health->alarms[kind][i].raised) {
                health->standing[count++] = health->alarms[kind][i].last;
            }
        }
    }
    *ret = health->standing;
    return count;
}

uint64_t health_raised(const struct health *health)
{
    return health->raised;
}
