// Inside of health: the alarms, and what is remembered of each link. Private to detectors/health/.
#pragma once

#include "detectors/health/health.h"

struct alarm {
    bool raised, changed; // `changed`: at this tick
    struct health_change last;
};

// Of a link: when each side was seen last, and the minute in hand.
struct link_watch {
    int64_t frame_s;    // the last second with a frame of any kind; before the first: the start
    int64_t side_s[2];  // with a segment of our side, of theirs
    int64_t missing[2]; // bytes that were not seen since then
    bool seen[2], any;
    int64_t minute, minute_seen, minute_missing;
    int64_t told_minute, told_seen, told_missing; // the last whole minute
};

struct port_seen {
    bool known, was_up;
    int64_t down_ticks; // in a row
    int64_t frame_s;    // the last tick with frames, or the first
    int64_t drop_s;     // the last tick with drops
};

// Of a link: what was asked of it since the clock hour began, by province.
struct link_provinces {
    int64_t demand[PROVINCES];
};

struct health {
    const struct settings *settings;
    bool started;
    int64_t first_s;
    struct link_watch *links;
    struct link_provinces *provinces; // by link
    struct port_seen ports[PORTS_MAX];
    struct alarm *alarms[HEALTH_KINDS];
    size_t subjects[HEALTH_KINDS];
    struct health_change *changes;
    struct health_change *standing;
    uint64_t raised;
    struct instant at;    // the tick
    int64_t clock_told_s; // how far the clock was off when that was told
};

bool alarm_is_raised(const struct health *health, enum health_kind kind, uint16_t subject);
// Clears an alarm that is not on any more; true when one is to be raised.
bool alarm_is_new(struct health *health, enum health_kind kind, uint16_t subject, bool on);
// Raises it. The caller writes the reasons.
struct health_change *alarm_raise(
    struct health *health, enum health_kind kind, uint16_t subject, int64_t since_s);

// "2026-03-10 10:00:20", of Shanghai.
const char *second_format(int64_t second, char text[static INSTANT_TEXT_MAX]);

// links.c
void links_start(struct health *health);
void links_add(struct health *health, const struct link_counts *counts);
void links_watch(struct health *health, int64_t tick_s);

// provinces.c
void provinces_watch(struct health *health, const struct counters *counters, int64_t tick_s);
