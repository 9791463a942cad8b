// Several networks hit at once (art. 12(2)): each keeps its grade, the whole has the highest.
// Incidents of traffic whose harm overlaps in time, and whose networks are of one institution and
// share a data centre or a zone of the settings, belong together until a person says otherwise
// (facts: split, confirm). Each institution reports its own. What is only suspected, and what is a
// state secret, is left alone.
//
// One incident stands for the group, the first that was suspected: its brief names every network,
// and runs from the earliest instant at which any of them was 较大. It stays so when others come,
// so that regrouping restarts no clock; when it is split off itself, the next one takes its place.
#include "config/memory.h"

#include "detectors/incidents/incidents_parts.h"

#include <stdlib.h>
#include <string.h>

struct group {
    struct incident_group shown;
    size_t *members; // of the records, by first suspicion
    size_t count, capacity, pointer_capacity;
    const struct incident **pointers;
};

// Data centres first, then the settings' zones of several.
static bool link_is_in_zone(
    const struct settings *settings, const struct link_settings *link, size_t zone)
{
    if (zone < settings->site_count) {
        return link->site == zone;
    }
    const struct zone_settings *wide = &settings->incidents.zones[zone - settings->site_count];
    bool in = false;
    for (size_t i = 0; i < wide->site_count; i++) {
        in |= strcmp(wide->sites[i], settings->sites[link->site]) == 0;
    }
    return in;
}

void groups_new(struct incidents *incidents)
{
    const struct settings *settings = incidents->settings;
    incidents->zone_count = settings->site_count + settings->incidents.zone_count;
    incidents->zones =
        memory_zeroed(settings->network_count * incidents->zone_count + 1, sizeof(bool));
    for (size_t i = 0; i < settings->link_count; i++) {
        const struct link_settings *link = &settings->links[i];
        for (size_t zone = 0; zone < incidents->zone_count; zone++) {
            incidents->zones[link->network * incidents->zone_count + zone] |=
                link_is_in_zone(settings, link, zone);
        }
    }
}

void groups_free(struct incidents *incidents)
{
    for (size_t i = 0; i < incidents->group_count; i++) {
        free(incidents->groups[i]->members);
        free(incidents->groups[i]->pointers);
        free(incidents->groups[i]);
    }
    free(incidents->groups);
    free(incidents->zones);
}

static bool may_share_fate(const struct incidents *incidents, uint16_t a, uint16_t b)
{
    const struct network_settings *networks = incidents->settings->networks;
    const bool *zones = incidents->zones;
    if (networks[a].institution != networks[b].institution) {
        return false;
    }
    for (size_t zone = 0; zone < incidents->zone_count; zone++) {
        if (zones[a * incidents->zone_count + zone] && zones[b * incidents->zone_count + zone]) {
            return true;
        }
    }
    return false;
}

// The last word of a person about it: FACT_SPLIT, FACT_CONFIRM, or -1.
static int word_of(const struct life *life)
{
    int word = -1;
    for (size_t i = 0; i < life->measured.fact_count; i++) {
        int kind = life->measured.facts[i]->kind;
        word = kind == FACT_SPLIT || kind == FACT_CONFIRM ? kind : word;
    }
    return word;
}

static bool can_be_grouped(const struct incidents *incidents, size_t i)
{
    const struct incident *record = &incidents->records[i];
    const struct life *life = incidents->lives[i];
    bool harmed = record->grade > GRADE_NONE || !life->measured.suspected;
    return life->given && harmed && record->opened_by == NULL &&
           incidents->settings->networks[record->network].secrecy != SECRECY_STATE &&
           word_of(life) != FACT_SPLIT;
}

// In their harm so far, not in the time in which it may still come back.
static bool overlaps(const struct incident *a, const struct incident *b)
{
    return a->onset.ns < b->measured->last_bad_end.ns && b->onset.ns < a->measured->last_bad_end.ns;
}

static struct group *group_of(const struct incidents *incidents, size_t i)
{
    const struct incident_group *shown = incidents->records[i].group;
    return shown == NULL
               ? NULL
               : (struct group *)(uintptr_t)((const char *)shown - offsetof(struct group, shown));
}

// By first suspicion, then by network: what stands first stands for the group.
static bool comes_before(const struct incident *a, const struct incident *b)
{
    return a->first_suspected.ns != b->first_suspected.ns
               ? a->first_suspected.ns < b->first_suspected.ns
               : a->network < b->network;
}

// Behind the one that stands for the group already.
static void member_add(struct incidents *incidents, struct group *group, size_t i)
{
    group->members =
        memory_grow(group->members, group->count, &group->capacity, sizeof(*group->members));
    size_t place = group->count++;
    while (place > 1 &&
           comes_before(&incidents->records[i], &incidents->records[group->members[place - 1]])) {
        group->members[place] = group->members[place - 1];
        place--;
    }
    group->members[place] = i;
    incidents->records[i].group = &group->shown;
}

static void member_remove(struct incidents *incidents, struct group *group, size_t i)
{
    size_t kept = 0;
    for (size_t m = 0; m < group->count; m++) {
        if (group->members[m] != i) {
            group->members[kept++] = group->members[m];
        }
    }
    group->count = kept;
    incidents->records[i].group = NULL;
    if (kept == 1) {
        member_remove(incidents, group, group->members[0]); // alone is no group
    }
}

static void groups_join(struct incidents *incidents, size_t a, size_t b)
{
    struct group *group = group_of(incidents, a), *other = group_of(incidents, b);
    if (group == NULL && other == NULL) {
        bool swap = comes_before(&incidents->records[b], &incidents->records[a]);
        group = memory_zeroed(1, sizeof(*group));
        incidents->groups = memory_grow(
            incidents->groups, incidents->group_count, &incidents->group_capacity, sizeof(group));
        incidents->groups[incidents->group_count++] = group;
        member_add(incidents, group, swap ? b : a);
        member_add(incidents, group, swap ? a : b);
    } else if (group == NULL || other == NULL) {
        member_add(incidents, group != NULL ? group : other, group != NULL ? b : a);
    } else if (group != other) { // the older one lives on
        while (other->count > 0) {
            size_t member = other->members[--other->count];
            member_add(incidents, group, member);
        }
    }
}

static void whole_fill(struct incidents *incidents, struct group *group)
{
    struct incident_group *shown = &group->shown;
    *shown = (struct incident_group){.onset = INSTANT_NEVER,
        .met_larger_at = INSTANT_NEVER,
        .conservative_larger_at = INSTANT_NEVER};
    for (size_t m = 0; m < group->count; m++) {
        const struct incident *member = &incidents->records[group->members[m]];
        group->pointers = memory_grow(group->pointers, m, &group->pointer_capacity, sizeof(member));
        group->pointers[m] = member;
        shown->onset = instant_min(shown->onset, member->onset);
        shown->met_larger_at = instant_min(shown->met_larger_at, member->met_larger_at);
        shown->conservative_larger_at =
            instant_min(shown->conservative_larger_at, member->conservative_larger_at);
        shown->grade = member->grade > shown->grade ? member->grade : shown->grade;
        if (member->conservative_grade > shown->conservative_grade) {
            shown->conservative_grade = member->conservative_grade;
        }
        shown->confirmed |= word_of(incidents->lives[group->members[m]]) == FACT_CONFIRM;
    }
    shown->members = group->pointers;
    shown->member_count = group->count;
    if (group->count > 0) {
        memcpy(shown->id, incidents->records[group->members[0]].id, sizeof(shown->id));
    }
}

void groups_step(struct incidents *incidents)
{
    for (size_t i = 0; i < incidents->count; i++) {
        struct group *group = group_of(incidents, i);
        if (group != NULL && word_of(incidents->lives[i]) == FACT_SPLIT) {
            member_remove(incidents, group, i);
        }
    }
    for (size_t i = 0; i < incidents->count; i++) {
        for (size_t j = i + 1; j < incidents->count && can_be_grouped(incidents, i); j++) {
            const struct incident *a = &incidents->records[i], *b = &incidents->records[j];
            if (a->network != b->network && can_be_grouped(incidents, j) && overlaps(a, b) &&
                may_share_fate(incidents, a->network, b->network)) {
                groups_join(incidents, i, j);
            }
        }
    }
    for (size_t g = 0; g < incidents->group_count; g++) {
        whole_fill(incidents, incidents->groups[g]);
    }
}

bool whole_changes(struct incidents *incidents, size_t at)
{
    const struct incident_group *group = incidents->records[at].group;
    struct life *life = incidents->lives[at];
    struct whole whole = {.members = 0};
    if (group != NULL) {
        bool stands = strcmp(group->id, incidents->records[at].id) == 0;
        uint32_t grades = 0;
        for (size_t i = 0; i < group->member_count; i++) {
            grades += (uint32_t)group->members[i]->grade;
        }
        whole = (struct whole){.members = (uint32_t)group->member_count,
            .confirmed = group->confirmed,
            .grades = grades,
            .grade = group->grade,
            .conservative_grade = group->conservative_grade,
            .met_larger_ns = stands ? group->met_larger_at.ns : 0,
            .conservative_larger_ns = stands ? group->conservative_larger_at.ns : 0};
        memcpy(whole.id, group->id, sizeof(whole.id));
    }
    bool same = strcmp(whole.id, life->whole.id) == 0 && whole.members == life->whole.members &&
                whole.confirmed == life->whole.confirmed && whole.grades == life->whole.grades &&
                whole.grade == life->whole.grade &&
                whole.conservative_grade == life->whole.conservative_grade &&
                whole.met_larger_ns == life->whole.met_larger_ns &&
                whole.conservative_larger_ns == life->whole.conservative_larger_ns;
    life->whole = whole;
    return !same;
}

bool incident_is_represented(const struct incident *incident)
{
    return incident->group != NULL && strcmp(incident->group->id, incident->id) != 0;
}

static const struct incident_group *group_that_it_stands_for(const struct incident *incident)
{
    return incident_is_represented(incident) ? NULL : incident->group;
}

int incident_whole_grade(const struct incident *incident)
{
    const struct incident_group *group = group_that_it_stands_for(incident);
    return group != NULL ? group->grade : incident->grade;
}

int incident_whole_conservative(const struct incident *incident)
{
    const struct incident_group *group = group_that_it_stands_for(incident);
    return group != NULL ? group->conservative_grade : incident->conservative_grade;
}

const struct incident *const *incident_members(
    const struct incident *const *incident, size_t *count)
{
    const struct incident_group *group = group_that_it_stands_for(*incident);
    *count = group != NULL ? group->member_count : 1;
    return group != NULL ? group->members : incident;
}
