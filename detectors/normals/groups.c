#include "config/log.h"
#include "config/memory.h"

#include "detectors/normals/memory.h"

#include <stdlib.h>
#include <string.h>

size_t ring_seconds(const struct normals *normals, const struct group *group)
{
    return normals->networks[group->network].slots * (size_t)normals->bucket_s;
}

void group_take_volumes(const struct network_memory *memory, struct group *group)
{
    group->volumes = memory->table.volumes == NULL
                         ? NULL
                         : memory->table.volumes[group->function * PROVINCES + group->province];
}

static struct group *group_new(struct network_memory *memory, struct group of)
{
    struct group *group = memory_zeroed(1, sizeof(*group));
    *group = of;
    group->slots = memory_zeroed(memory->slots, sizeof(*group->slots));
    memory->active[memory->active_count++] = group;
    return group;
}

struct group *group_at(
    struct normals *normals, uint16_t network, uint16_t function, uint8_t province)
{
    struct network_memory *memory = &normals->networks[network];
    struct group **at = &memory->groups[function * PROVINCES + province];
    if (*at == NULL) {
        *at = group_new(memory, (struct group){.network = network, .function = function});
        (*at)->province = province;
        group_take_volumes(memory, *at);
    }
    return *at;
}

// Art. 10(3) is about main functions.
static struct group **unit_place(const struct normals *normals, const struct cell *cell)
{
    const struct network_settings *network = &normals->settings->networks[cell->network];
    const struct function_table *functions = &network->functions;
    bool main =
        cell->function < functions->function_count && functions->functions[cell->function].main;
    return cell->unit == LABEL_NONE || cell->unit > network->units.count || !main
               ? NULL
               : &normals->networks[cell->network]
                      .units[cell->function * network->units.count + cell->unit - 1];
}

static bool unit_has_room(struct normals *normals)
{
    bool room = normals->unit_count < UNITS_MOST;
    if (!room && !normals->units_exceeded) {
        log_warning("more than %d units of main functions: the others are not watched by "
                    "themselves, but in their provinces",
            UNITS_MOST);
    }
    normals->units_exceeded |= !room;
    return room;
}

struct group *unit_at(struct normals *normals, const struct cell *cell)
{
    struct group **at = unit_place(normals, cell);
    if (at != NULL && *at == NULL && unit_has_room(normals)) {
        *at = group_new(&normals->networks[cell->network],
            (struct group){
                .network = cell->network, .function = cell->function, .unit = cell->unit});
        normals->unit_count++;
    }
    return at == NULL ? NULL : *at;
}

struct group *link_at(struct normals *normals, const struct cell *cell)
{
    struct network_memory *memory = &normals->networks[cell->network];
    uint16_t *only = &memory->only_links[cell->function];
    uint16_t link = cell->link + 1;
    *only = *only == LINK_NONE || *only == link ? link : LINKS_SEVERAL;
    if (*only != LINKS_SEVERAL) {
        return NULL;
    }
    struct group **at = &memory->links[cell->function * normals->settings->link_count + cell->link];
    if (*at == NULL) {
        *at = group_new(memory,
            (struct group){.network = cell->network, .function = cell->function, .link = link});
    }
    return *at;
}

bool group_is_of_province(const struct group *group)
{
    return group->unit == LABEL_NONE && group->link == LINK_NONE;
}

void group_free(struct group *group, size_t slots)
{
    for (size_t i = 0; group != NULL && i < group->lane_count; i++) {
        free(group->lanes[i].demand);
        free(group->lanes[i].open);
        free(group->lanes[i].orphans_processed);
        free(group->lanes[i].orphans_failed);
    }
    if (group != NULL) {
        free(group->lanes);
        for (size_t i = 0; i < slots; i++) {
            free(group->slots[i].refusals.items);
        }
        free(group->slots);
        free(group->refused.codes);
        learned_free(group->learned);
    }
    free(group);
}

static struct lane *lane_at(const struct normals *normals, struct group *group, uint16_t link)
{
    for (size_t i = 0; i < group->lane_count; i++) {
        if (group->lanes[i].link == link) {
            return &group->lanes[i];
        }
    }
    size_t seconds = ring_seconds(normals, group);
    group->lanes = memory_resize(group->lanes, group->lane_count + 1, sizeof(*group->lanes));
    struct lane *lane = &group->lanes[group->lane_count++];
    *lane = (struct lane){.link = link,
        .demand = memory_zeroed(seconds, sizeof(*lane->demand)),
        .open = memory_zeroed(seconds, sizeof(*lane->open)),
        .orphans_processed = memory_zeroed(seconds, sizeof(*lane->orphans_processed)),
        .orphans_failed = memory_zeroed(seconds, sizeof(*lane->orphans_failed))};
    return lane;
}

// A slot's place is used for a new bucket: what was open in the old one stays without an outcome.
static void lanes_forget(const struct normals *normals, struct group *group, size_t slot)
{
    for (size_t i = 0; i < group->lane_count; i++) {
        struct lane *lane = &group->lanes[i];
        size_t at = slot * (size_t)normals->bucket_s, bucket_s = (size_t)normals->bucket_s;
        for (size_t s = at; s < at + bucket_s; s++) {
            lane->open_total -= lane->open[s];
            group->open_total -= lane->open[s];
        }
        memset(&lane->demand[at], 0, bucket_s * sizeof(*lane->demand));
        memset(&lane->open[at], 0, bucket_s * sizeof(*lane->open));
        memset(&lane->orphans_processed[at], 0, bucket_s * sizeof(*lane->orphans_processed));
        memset(&lane->orphans_failed[at], 0, bucket_s * sizeof(*lane->orphans_failed));
    }
}

struct slot *slot_find(const struct normals *normals, const struct group *group, int64_t bucket)
{
    struct slot *slot = &group->slots[(size_t)bucket % normals->networks[group->network].slots];
    return slot->bucket == bucket ? slot : NULL;
}

struct slot *slot_at(const struct normals *normals, struct group *group, int64_t bucket)
{
    size_t slots = normals->networks[group->network].slots;
    int64_t newest = normals->tick_s / normals->bucket_s;
    if (bucket < 0 || bucket > newest || bucket <= newest - (int64_t)slots) {
        return NULL;
    }
    struct slot *slot = &group->slots[(size_t)bucket % slots];
    if (slot->bucket != bucket) {
        lanes_forget(normals, group, (size_t)bucket % slots);
        slot->refusals.count = 0;
        *slot = (struct slot){.bucket = bucket, .refusals = slot->refusals};
    }
    return slot;
}

static void counts_add(struct normal *normal, const struct cell_counts *counts)
{
    normal->demand += counts->demand;
    normal->succeeded += counts->succeeded;
    normal->declined += counts->declined;
    normal->failed += counts->failed;
    normal->unanswered += counts->unanswered;
    normal->unobserved += counts->unobserved;
    normal->excluded += counts->excluded;
    normal->throttled += counts->throttled;
    normal->reversed += counts->reversed;
    normal->slow += counts->slow;
    normal->planned += counts->planned;
    normal->late += counts->late;
    normal->retries += counts->retries;
    normal->ungrouped += counts->ungrouped;
}

// Requests without an outcome, by second, so that their age is known.
static void lane_open(struct group *group, struct lane *lane, struct slot *slot, size_t at,
    const struct cell_counts *counts)
{
    int32_t open = counts->demand - counts->succeeded - counts->declined - counts->failed -
                   counts->unanswered - counts->unobserved - counts->excluded - counts->throttled;
    lane->open[at] += open;
    lane->open_total += open;
    group->open_total += open;
    slot->normal.open += open;
    if (counts->cohort_s < lane->overdue_until_s) {
        slot->normal.overdue += open;
    }
}

bool cell_is_known(const struct normals *normals, const struct cell *cell)
{
    return cell->network < normals->settings->network_count &&
           cell->link < normals->settings->link_count && cell->province < PROVINCES &&
           cell->function <= normals->settings->networks[cell->network].functions.function_count;
}

bool cohort_is_known(const struct normals *normals, int64_t cohort_s)
{
    return cohort_s >= 0 && cohort_s >= normals->whole_s && cohort_s <= normals->tick_s;
}

// False when the bucket is not kept any more.
static bool counts_take(
    struct normals *normals, struct group *group, const struct cell_counts *counts)
{
    struct slot *slot = slot_at(normals, group, counts->cohort_s / normals->bucket_s);
    if (slot == NULL) {
        return false;
    }
    struct lane *lane = lane_at(normals, group, counts->cell.link);
    size_t at = (size_t)counts->cohort_s % ring_seconds(normals, group);
    counts_add(&slot->normal, counts);
    lane_open(group, lane, slot, at, counts);
    lane->demand[at] += counts->demand - counts->excluded - counts->throttled +
                        counts->orphans_processed + counts->orphans_failed;
    lane->orphans_processed[at] += counts->orphans_processed;
    lane->orphans_failed[at] += counts->orphans_failed;
    slot->has_orphans |= counts->orphans_processed != 0 || counts->orphans_failed != 0;
    normals_queue(normals, group, slot);
    return true;
}

void group_add(struct normals *normals, const struct cell_counts *counts)
{
    const struct cell *cell = &counts->cell;
    if (!cell_is_known(normals, cell) || !cohort_is_known(normals, counts->cohort_s)) {
        normals->forgotten++;
        return;
    }
    struct group *beside[] = {unit_at(normals, cell), link_at(normals, cell)};
    if (!counts_take(
            normals, group_at(normals, cell->network, cell->function, cell->province), counts)) {
        normals->forgotten++;
        return;
    }
    for (size_t i = 0; i < sizeof(beside) / sizeof(beside[0]); i++) {
        if (beside[i] != NULL) {
            counts_take(normals, beside[i], counts);
        }
    }
}

static void lane_count_overdue(
    struct normals *normals, struct group *group, struct lane *lane, int64_t until_s)
{
    int64_t kept_s = (int64_t)ring_seconds(normals, group);
    int64_t s = lane->overdue_until_s;
    if (s <= normals->tick_s - kept_s) {
        s = normals->tick_s - kept_s + 1;
    }
    for (; s < until_s; s++) {
        struct slot *slot = slot_find(normals, group, s / normals->bucket_s);
        int32_t open = lane->open[s % kept_s];
        if (slot != NULL && open != 0) {
            slot->normal.overdue += open;
            normals_queue(normals, group, slot);
        }
    }
    lane->overdue_until_s = until_s;
}

// Second s is overdue when even its last request is older than the latency at the tick.
void group_count_overdue(struct normals *normals, struct group *group)
{
    for (size_t i = 0; i < group->lane_count; i++) {
        struct lane *lane = &group->lanes[i];
        int64_t overdue_ns = normals->links[lane->link].overdue_ns;
        int64_t until_s = normals->tick_s - (overdue_ns + NS_PER_S - 1) / NS_PER_S;
        if (until_s > lane->overdue_until_s) {
            lane_count_overdue(normals, group, lane, until_s);
        }
    }
}

void group_count_orphans(
    const struct normals *normals, const struct group *group, struct slot *slot)
{
    slot->normal.orphans_processed = slot->normal.orphans_failed = 0;
    for (size_t i = 0; i < group->lane_count; i++) {
        const struct lane *lane = &group->lanes[i];
        int64_t from_s = slot->bucket * normals->bucket_s;
        for (int64_t s = from_s; s < from_s + normals->bucket_s; s++) {
            size_t at = (size_t)s % ring_seconds(normals, group);
            bool any = lane->orphans_processed[at] != 0 || lane->orphans_failed[at] != 0;
            if (any && link_misses_requests(&normals->links[lane->link], s)) {
                slot->normal.orphans_processed += lane->orphans_processed[at];
                slot->normal.orphans_failed += lane->orphans_failed[at];
            }
        }
    }
}
