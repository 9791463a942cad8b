// An episode, and all that is judged. Private to detectors/grades/.
#pragma once

#include "detectors/grades/criteria.h"
#include "detectors/grades/cutovers.h"
#include "detectors/grades/shelf.h"

struct episode {
    uint16_t network;
    const struct shelf *shelf;              // by which it was opened
    bool open, decided;                     // decided: an interruption was, and not only suspected
    bool evicted, ticks_merged;             // while it was measured
    bool has_news;                          // a fact came
    const struct impact *impact;            // of the tick; NULL: none. Of facts alone never
    uint64_t judged_impact, weighed_impact; // versions: in the grades, for `is_grave`
    bool is_grave;                          // a clause about persons is met by some reading
    struct instant first_suspected, onset, last_bad_end;
    struct instant told_end;     // of the interruption; of all there is, where there was none
    struct instant closed_until; // interruptions up to here belong to an earlier episode
    struct interruption *interruptions;
    size_t count, capacity;
    const struct fact *opened_by; // NULL: traffic
    const struct fact **facts;
    size_t fact_count, fact_capacity;
    struct grade *grades; // by rule book
};

struct grades {
    const struct settings *settings;
    struct shelf *shelf;      // the newest
    struct episode *episodes; // by network: of traffic
    struct episode **entered; // opened by facts, in that order; they stay open
    size_t entered_count, entered_capacity;
    struct fact **facts; // all that came
    size_t fact_count, fact_capacity;
    bool **in_business; // by network and function: it has had some; [n] NULL: nothing was seen
    struct grade *out;
    size_t out_capacity;
    struct interruption *last; // what the last tick brought
    size_t last_count, last_capacity;
    bool last_whole; // none of it had to be cut at the tick
    bool persons_measured;
    bool counting;                              // `evicted` is of an earlier tick
    uint64_t evicted;                           // so far
    struct instant evicted_at, ticks_merged_at; // the last time
    struct reading_texts readings;
    struct cutovers cutovers;
};

void episode_start(struct grades *grades, struct episode *episode, struct instant first);
// By every rule book. `changed`: its interruptions did.
void episode_judge(
    struct grades *grades, struct episode *episode, struct instant tick, bool changed);
void episode_free(struct episode *episode);

// affected.c
// Whether those who are affected open an episode: none of an earlier one.
bool episode_is_due(const struct grades *grades, struct episode *episode);
// Whether a clause about persons is met by some reading; harmful: and they go on being affected.
bool episode_is_grave(const struct grades *grades, struct episode *episode);
bool episode_is_harmful(const struct episode *episode);

// episode_facts.c
void entered_judge(struct grades *grades, struct instant tick);
// Whether time alone changes what its facts say.
bool episode_has_running_fact(const struct episode *episode, struct instant tick);

// episode_span.c
struct instant interruption_bad_end(const struct interruption *interruption, struct instant tick);
bool episode_has_decided(const struct episode *episode);
// Anew by its interruptions.
void episode_span(struct episode *episode, struct instant tick);
// As long as a clause about persons is met the incident goes on while they go on being affected.
void episode_extend(const struct grades *grades, struct episode *episode, struct instant tick);
// Whether anything of it goes on; whether the interruption does, where there was one.
bool episode_is_active(const struct episode *episode);
bool episode_is_ongoing(const struct episode *episode);
