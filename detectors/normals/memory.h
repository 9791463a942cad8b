// What normals remember of the recent seconds. Private to detectors/normals/.
//
// Everything is kept in rings by bucket number (seconds since 1970 / bucket length): a slot whose
// number is another one is free. The rings reach two time limits and a minute back; a fact about an
// older request cannot change a verdict any more and is counted as forgotten.
#pragma once

#include "detectors/normals/learned.h"
#include "detectors/normals/normals.h"
#include "detectors/normals/table.h"

// Keep-alives, echoes and ARP come once a minute or more often: a mirror that shows none of them
// for so long is dead.
#define ALIVE_S 60

// What was seen of a link in one bucket.
struct mirror {
    int64_t bucket;
    int64_t seen_request_bytes, missing_request_bytes, missing_answer_bytes;
    int64_t seen_answer_bytes, unseen_answer_bytes; // of this bucket alone
    int64_t alive_frames, traces;
    int64_t resets, fins, unanswered; // syn retries and echoes without an answer
    int64_t sign_offs;
    int64_t connections; // that the link had shortly before
    int64_t usual_ends;  // connections that ended in an ordinary minute before
    bool changed;        // at this tick
};

// How many connections a link has, and how many end, by the minute. Minutes that were quiet, or not
// seen, change nothing of the former.
struct minutes {
    int64_t minute; // in hand
    int64_t connections, ends;
    int64_t last_connections; // of the last minute that had any
    int64_t usual_ends_milli; // mean, an eighth of it the last minute
};

// Of one link: what was seen of it, how long its answers take, and in which seconds request bytes
// are missing.
struct link_memory {
    struct mirror *mirrors;           // by bucket % the network's slots
    int64_t latency[LATENCY_CLASSES]; // answers so far
    int64_t answers;
    int64_t overdue_ns; // the learned 99.9 % latency
    struct minutes minutes;
    int64_t *missing_second; // by second % seconds_kept: the second in which requests are
    size_t seconds_kept;     // missing; 0 none
    int64_t limit_ns;
    // Of the slot in hand, of its final buckets:
    int64_t slot_seen_bytes, slot_missing_bytes; // of requests
    bool slot_is_dead;                           // in at least one of them
};

// What a bucket's refusals were by code, in the order in which they came.
struct refusal {
    uint16_t code;
    int32_t count;
};
struct refusals {
    struct refusal *items; // kept with the slot
    uint16_t count, capacity;
};

// And what they usually are: sums of final buckets in which none jumped, halved when they are
// large.
struct refused {
    int64_t *codes; // by index into the network's table; NULL: none was ever refused
    int64_t known;
    int64_t
        jumping_since_s; // every final bucket since then had one that jumps; 0: the last had none
};

// How a function's business with one counterparty fared in one bucket.
struct party {
    char name[COUNTERPARTY_CHARACTERS + 1];
    int64_t known, failed;
};
struct parties {
    int64_t bucket;
    struct party *items; // kept with the place in the ring
    size_t count, capacity;
};

// One bucket of a group.
struct slot {
    struct refusals refusals;
    int64_t bucket;
    struct normal normal; // its counts; the rest is filled when it is given out
    bool has_orphans;
    bool queued;
};

// What a group has on one link, by second: requests without an outcome, and orphans.
struct lane {
    uint16_t link;
    int64_t usual;   // demand, while all of the group's mirrors lived: its share of B
    int32_t *demand; // by second, with the orphans
    int32_t *open, *orphans_processed, *orphans_failed; // by second % (slots * bucket seconds)
    int64_t open_total;
    int64_t overdue_until_s; // open requests of earlier seconds are overdue; never goes back
};

// What a group's outcomes were without excess: the share of failures that is usual.
struct outcomes {
    int64_t known, failed;
};
struct habit {
    struct outcomes all;    // halved once a day
    struct outcomes chunk;  // since the last one was taken or left
    int64_t day;            // of the last halving
    int64_t excess_since_s; // every chunk since then was left; 0: the last one was taken
};

// A unit's or a link's group has all provinces, no normal volume, and learns its usual share of
// failures alone.
struct group {
    uint16_t network, function;
    uint16_t unit, link; // LABEL_NONE, LINK_NONE: of none
    uint8_t province;
    struct habit habit;
    struct refused refused;
    const struct volumes *volumes; // the bank's; NULL: none
    struct learned *learned;       // NULL: nothing
    struct slot *slots;
    struct lane *lanes;
    size_t lane_count;
    int64_t open_total;
};

// A unit that is watched has its buckets, here and in outages: some 170 KiB. Those that come when
// so many are watched count in their provinces only.
#define UNITS_MOST 1024

#define LINKS_SEVERAL UINT16_MAX

struct network_memory {
    int64_t limit_ns;
    size_t slots;                     // length of the rings, in buckets
    int64_t changed_from, changed_to; // mirrors of its links that changed at this tick: buckets
    int64_t shortest_answer_bytes;
    struct volume_table table;
    struct network_learned learned;
    struct parties *
        *parties;          // by function: a ring of buckets; NULL: no counterparty was ever named
    struct group **groups; // [function * PROVINCES + province]
    struct group **units;  // [function * the network's units + unit - 1]
    struct group **links;  // [function * all links + link], where it comes on several
    uint16_t *
        only_links; // by function: the link that all of it came on so far; LINK_NONE, LINKS_SEVERAL
    struct group **active; // those that exist, in order of coming
    size_t active_count;
};

struct queued {
    struct group *group;
    int64_t bucket;
};

struct normals {
    const struct settings *settings;
    int64_t bucket_s;
    bool started;
    int64_t first_s, tick_s; // first and last tick
    int64_t whole_s;         // of requests asked before it only a part is known: left out
    struct link_memory *links;
    struct network_memory *networks;
    struct queued *queue; // buckets to give out at this tick
    size_t queue_count, queue_capacity;
    struct normal *out;
    size_t out_count, out_capacity;
    int64_t open_day;         // the date before which every day is closed
    int64_t prepared;         // groups of all networks that have tomorrow's profile
    struct keeper *keeper;    // NULL: nothing is written
    struct kept_batch *batch; // of this tick; NULL: empty
    int64_t kept_hour;        // when days in hand were last written
    size_t unit_count;        // groups of units, at most UNITS_MOST
    bool units_exceeded;      // the log has been told
    uint64_t forgotten;       // facts that came too late for any bucket, or from the future
};

// mirrors.c
void mirrors_add(struct normals *normals, const struct link_counts *counts);
struct mirror *mirror_at(struct normals *normals, uint16_t link, int64_t bucket);
// Adds to the record what was seen of the links on which the group has ever been, of all of the
// network's when it has been on none: a link that carries other provinces says nothing about it.
void mirrors_fill(
    const struct normals *normals, const struct group *group, int64_t bucket, struct normal *ret);
// NULL when nothing was seen of the link in the bucket.
const struct mirror *mirror_find(const struct normals *normals, uint16_t link, int64_t bucket);
// Without a frame for a minute, or without a byte of one side although there were some.
bool mirror_is_dead(const struct normals *normals, uint16_t link, int64_t bucket);
// Whether a frame of the link was seen in the bucket or in the minute before it.
bool mirror_is_alive(const struct normals *normals, uint16_t link, int64_t bucket);
// Whether request bytes are missing on the link in [cohort - limit, cohort].
bool link_misses_requests(const struct link_memory *link, int64_t cohort_s);
// The end of the answers' latency class that holds 99.9 % of them; the limit before 1,000 answers.
int64_t latency_overdue_ns(
    const int64_t latency[static LATENCY_CLASSES], int64_t answers, int64_t limit_ns);

// refusals.c: codes whose share jumps
void refusals_add(struct normals *normals, const struct code_counts *counts);
// How many of the bucket's refusals are by codes whose share jumps.
int64_t refusals_jumping(
    const struct normals *normals, const struct group *group, const struct slot *slot);
// A bucket is final: once for each.
void refusals_learn(struct normals *normals, struct group *group, const struct slot *slot);

// parties.c: counterparties
void parties_add(struct normals *normals, const struct counterparty_counts *counts);
void parties_fill(const struct normals *normals, const struct group *group, struct normal *ret);
void parties_free(struct normals *normals, uint16_t network);

// usual.c: the usual share of failures
// A bucket is final: once for each.
void usual_learn(const struct outages_settings *settings, struct habit *habit,
    const struct slot *slot, int64_t second);
struct usual usual_of(const struct outages_settings *settings, const struct habit *habit);

// shares.c: B over the links
// A bucket has ended: the one that ended ALIVE_S before it says how B is usually spread, if all of
// the group's mirrors have lived since.
void shares_learn(const struct normals *normals, struct group *group, int64_t ended);
// Fills covered_milli and dark_milli, behind mirrors_fill; only_link and only_site.
void shares_fill(
    const struct normals *normals, const struct group *group, int64_t bucket, struct normal *ret);

// groups.c
size_t ring_seconds(const struct normals *normals, const struct group *group);
struct group *group_at(
    struct normals *normals, uint16_t network, uint16_t function, uint8_t province);
// The group of the cell's unit; NULL where it has none that is watched.
struct group *unit_at(struct normals *normals, const struct cell *cell);
// The group of the cell's link; NULL where its function comes on that one alone.
struct group *link_at(struct normals *normals, const struct cell *cell);
// Of a province; else of a unit or a link.
bool group_is_of_province(const struct group *group);
// The group's normal volume, as its network's table now says.
void group_take_volumes(const struct network_memory *memory, struct group *group);
struct slot *slot_find(const struct normals *normals, const struct group *group, int64_t bucket);
// The slot of a bucket, made new when its place is free; NULL when it lies outside of the ring.
struct slot *slot_at(const struct normals *normals, struct group *group, int64_t bucket);
void group_add(struct normals *normals, const struct cell_counts *counts);
void group_count_overdue(struct normals *normals, struct group *group);
void group_count_orphans(
    const struct normals *normals, const struct group *group, struct slot *slot);
void group_free(struct group *group, size_t slots);
// Its indices are those of the settings.
bool cell_is_known(const struct normals *normals, const struct cell *cell);
// Asked neither before what was seen begins, nor in the future.
bool cohort_is_known(const struct normals *normals, int64_t cohort_s);

// from_counters.c
void normals_queue(struct normals *normals, struct group *group, struct slot *slot);
