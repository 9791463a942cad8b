// Inside of the stage: the lives of incidents and their groups. Private to detectors/incidents/.
#pragma once

#include "detectors/incidents/incidents.h"

// What makes an update when it changes. Compared as bytes, so it is always zeroed first.
struct facts {
    uint8_t seen[PROVINCES];    // ever in this incident
    uint8_t ongoing[PROVINCES]; // now
    int32_t conservative_grade;
    uint32_t criteria, questions;
    uint32_t confirmed; // some data were decided
    uint32_t evicted, ticks_merged, review;
    uint32_t entered;              // facts
    int32_t beside[BESIDE_MAX][2]; // grades of the other rule books
};

// What of a group makes an update of the incident that stands for it. As above.
struct whole {
    char id[INCIDENT_ID_MAX];
    uint32_t members, confirmed, grades;
    int32_t grade, conservative_grade;
    int64_t met_larger_ns, conservative_larger_ns;
};

struct life {
    struct grade measured; // own copy, with its interruptions: valid after the tick
    size_t interruption_capacity, fact_capacity;
    struct impact impact; // own copy as well; they never fall, so the last one stays
    struct facts facts;
    bool live; // its episode was given at the last tick
    bool given;
    bool opened, rose, recovered; // at this tick
    struct whole whole;           // of its group, as it was told last
    struct fact **moves;
    size_t move_capacity;
    bool moved;                 // by a person, since the last tick
    bool rose_aside;            // the grade, since the last tick, but not by what is measured
    bool recovered_aside;       // told at the next tick
    struct incident_group told; // of a record that was only told of
    enum incident_state person; // what persons have made of it; INCIDENT_SUSPECTED: nothing yet
    int machine_grade, machine_conservative; // highest so far: a person may have said less
};

struct incidents {
    const struct settings *settings;
    char *source;
    struct incident *records; // all, by order of opening
    struct life **lives;      // of the same index
    size_t count, record_capacity, life_capacity;
    struct group **groups; // all that ever were
    size_t group_count, group_capacity;
    bool *zones; // by network and zone: has a data centre in it
    size_t zone_count;
    struct incident *events; // of this tick
    size_t event_count, event_capacity;
};

// groups.c
void groups_new(struct incidents *incidents);
void groups_free(struct incidents *incidents);
// After the records of a tick: who belongs together, and what the whole of it is.
void groups_step(struct incidents *incidents);
// Whether its group is another than was told last.
bool whole_changes(struct incidents *incidents, size_t at);
// moves.c
// The day after 处置结束 the summary is due.
void moves_step(struct incident *record, struct life *life, struct instant tick);
void moves_free(struct life *life, size_t count);
// condition.c: whether it is of a main function
bool interruption_is_main(const struct settings *settings, const struct interruption *interruption);
// persons_json.c: whom it concerned, and that nothing but persons makes it.
json_t *incident_persons_json(const struct settings *settings, const struct incident *incident);
bool grade_is_of_persons(const struct grade *grade);
