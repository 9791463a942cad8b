// Sums the cells' counts over links and sites into 10-second buckets of (network, function,
// province), beside the volume that the bucket would normally have had.
//
// A bucket is given out when one of its counts changed, once more at its end (from then on it can
// be judged; a group with a normal volume has one even when nothing was seen: silence), when the
// mirror's counts changed after its end, and when it becomes final: every outcome is known, bucket
// end + longest time limit of the network <= tick. Work at a tick is in proportion to what changed;
// only at a bucket's end and finality all groups of the network are visited.
//
// The first bucket is usually seen in part: its normal volume is scaled to the seconds from the
// first tick on. A jump of the tick by more than a day is no silence but an absence: it starts anew
// behind the jump. Shorter jumps (ticks are never skipped, but a hand-made file may) are walked
// through bucket by bucket, so that silence inside them is seen.
//
// The end of an open request's patience (`overdue`) is the link's 99.9 % latency so far, by the
// upper end of its class; the time limit before 1,000 answers.
#include "config/memory.h"

#include "detectors/normals/memory.h"
#include "detectors/normals/store.h"

#include <stdlib.h>
#include <string.h>

#define REMEMBER_LIMITS 2  // facts about older requests change no verdict
#define REMEMBER_S      60 // and a minute, so that slow captures lose nothing
#define JUMP_S          S_PER_DAY

const char *const basis_names[BASES] = {[BASIS_TABLE] = "table",
    [BASIS_MEDIAN] = "median8",
    [BASIS_YEARLY] = "yearly",
    [BASIS_ATTEMPTS] = "attempts"};

static bool networks_new(struct normals *normals, struct mistakes *mistakes)
{
    const struct settings *settings = normals->settings;
    bool good = true;
    for (uint16_t n = 0; n < settings->network_count; n++) {
        const struct network_settings *network = &settings->networks[n];
        struct network_memory *memory = &normals->networks[n];
        size_t groups = (network->functions.function_count + 1) * PROVINCES;
        size_t units = network->functions.function_count * network->units.count;
        size_t links = (network->functions.function_count + 1) * settings->link_count;
        memory->limit_ns = settings_time_limit_ns(settings, n);
        int64_t kept_s = REMEMBER_LIMITS * (memory->limit_ns / NS_PER_S + 1) + REMEMBER_S;
        memory->slots = (size_t)(kept_s / normals->bucket_s) + 3;
        memory->groups = memory_zeroed(groups, sizeof(struct group *));
        memory->units = memory_zeroed(units + 1, sizeof(struct group *));
        memory->links = memory_zeroed(links + 1, sizeof(struct group *));
        memory->only_links =
            memory_zeroed(network->functions.function_count + 1, sizeof(*memory->only_links));
        memory->parties =
            memory_zeroed(network->functions.function_count + 1, sizeof(struct parties *));
        memory->active = memory_zeroed(
            groups + links + (units < UNITS_MOST ? units : UNITS_MOST), sizeof(struct group *));
        memory->changed_from = INT64_MAX;
        if (network->normals_path != NULL && network->normals_path[0] != '\0') {
            char *path = settings_path(settings, network->normals_path);
            good &= volume_table_read(path, settings, n, &memory->table, mistakes);
            free(path);
        }
    }
    return good;
}

static void links_new(struct normals *normals)
{
    for (size_t l = 0; l < normals->settings->link_count; l++) {
        const struct link_settings *settings = &normals->settings->links[l];
        struct link_memory *link = &normals->links[l];
        size_t slots = normals->networks[settings->network].slots;
        link->mirrors = memory_zeroed(slots, sizeof(*link->mirrors));
        link->limit_ns = settings->time_limit_ns;
        link->overdue_ns = settings->time_limit_ns;
        link->seconds_kept =
            slots * (size_t)normals->bucket_s + (size_t)(settings->time_limit_ns / NS_PER_S) + 2;
        link->missing_second = memory_zeroed(link->seconds_kept, sizeof(*link->missing_second));
    }
}

// Groups with a normal volume are watched from the first tick on, also when nothing is ever seen.
static void groups_expected(struct normals *normals)
{
    for (uint16_t n = 0; n < normals->settings->network_count; n++) {
        const struct volume_table *table = &normals->networks[n].table;
        for (size_t i = 0; i < table->volume_count; i++) {
            if (table->volumes[i] != NULL) {
                group_at(normals, n, (uint16_t)(i / PROVINCES), (uint8_t)(i % PROVINCES));
            }
        }
    }
}

void normals_take_tables(struct normals *normals, struct normals *fresh)
{
    for (size_t n = 0; n < normals->settings->network_count; n++) {
        struct network_memory *memory = &normals->networks[n];
        struct volume_table old = memory->table;
        memory->table = fresh->networks[n].table;
        fresh->networks[n].table = old;
        learned_take(&memory->learned, &fresh->networks[n].learned);
        for (size_t i = 0; i < memory->active_count; i++) {
            group_take_volumes(memory, memory->active[i]);
        }
    }
    groups_expected(normals);
    if (normals->started) {
        peaks_choose(normals, date_of_second(normals->tick_s) + 1, false);
    }
}

struct normals *normals_new(const struct settings *settings, struct mistakes *mistakes)
{
    struct normals *normals = memory_zeroed(1, sizeof(*normals));
    normals->settings = settings;
    normals->bucket_s = settings->outages.bucket_ns / NS_PER_S;
    normals->networks = memory_zeroed(settings->network_count + 1, sizeof(*normals->networks));
    normals->links = memory_zeroed(settings->link_count + 1, sizeof(*normals->links));
    if (!networks_new(normals, mistakes)) {
        normals_free(normals);
        return NULL;
    }
    links_new(normals);
    groups_expected(normals);
    return normals;
}

bool normals_load(
    struct normals *normals, const char *path, char digest[static 33], struct mistakes *mistakes)
{
    char error[512];
    sqlite3 *store = normals_store_open(path, false, error, sizeof(error));
    bool good = store != NULL && normals_store_load(store, normals, digest, error, sizeof(error));
    if (!good) {
        mistake(mistakes, path, 0, 0, "%s", error);
    }
    sqlite3_close(store);
    return good;
}

bool normals_keep(struct normals *normals, const char *path, struct mistakes *mistakes)
{
    char error[512];
    normals->keeper = keeper_start(path, normals->settings, error, sizeof(error));
    if (normals->keeper == NULL) {
        mistake(mistakes, path, 0, 0, "%s", error);
    }
    return normals->keeper != NULL;
}

void normals_begin(struct normals *normals, struct instant at)
{
    peaks_choose(normals, date_of_second(instant_second(at)), true);
}

void normals_free(struct normals *normals)
{
    if (normals == NULL) {
        return;
    }
    if (normals->keeper != NULL) {
        learn_keep(normals, normals->started);
        keeper_stop(normals->keeper);
    }
    for (size_t n = 0; n < normals->settings->network_count; n++) {
        struct network_memory *memory = &normals->networks[n];
        for (size_t i = 0; i < memory->active_count; i++) {
            group_free(memory->active[i], memory->slots);
        }
        volume_table_done(&memory->table);
        free(memory->learned.approvals);
        parties_free(normals, (uint16_t)n);
        free(memory->groups);
        free(memory->units);
        free(memory->links);
        free(memory->only_links);
        free(memory->active);
    }
    for (size_t l = 0; l < normals->settings->link_count; l++) {
        free(normals->links[l].mirrors);
        free(normals->links[l].missing_second);
    }
    free(normals->networks);
    free(normals->links);
    free(normals->queue);
    free(normals->out);
    free(normals);
}

uint64_t normals_forgotten(const struct normals *normals)
{
    return normals->forgotten;
}

void normals_queue(struct normals *normals, struct group *group, struct slot *slot)
{
    if (slot->queued) {
        return;
    }
    if (normals->queue_count == normals->queue_capacity) {
        normals->queue_capacity = normals->queue_capacity * 2 + 64;
        normals->queue =
            memory_resize(normals->queue, normals->queue_capacity, sizeof(*normals->queue));
    }
    slot->queued = true;
    normals->queue[normals->queue_count++] = (struct queued){group, slot->bucket};
}

// What a bucket would normally have had.
struct volume {
    enum basis basis;
    int64_t milli, low_milli;
};

static int64_t part_milli(int64_t slot_milli, int64_t covered_s)
{
    return (int64_t)(((__int128)slot_milli * covered_s + DAY_SLOT_S / 2) / DAY_SLOT_S);
}

static struct volume volume_learned(
    const struct normals *normals, const struct group *group, int64_t from_s, int64_t covered_s)
{
    const struct profile *profile = learned_profile(normals, group, date_of_second(from_s));
    size_t slot = (size_t)(shanghai_second_of_day(from_s) / DAY_SLOT_S);
    if (profile == NULL || profile->basis[slot] == BASIS_ATTEMPTS) {
        return (struct volume){.basis = BASIS_ATTEMPTS};
    }
    return (struct volume){.basis = profile->basis[slot],
        .milli = part_milli(profile->milli[slot], covered_s),
        .low_milli = part_milli(profile->low_milli[slot], covered_s)};
}

// The bank's table wins; what was learned stands where it has no row.
static struct volume bucket_volume(
    const struct normals *normals, const struct group *group, int64_t bucket)
{
    int64_t from_s = bucket * normals->bucket_s, covered_s = normals->bucket_s;
    if (normals->first_s > from_s) {
        covered_s -= normals->first_s - from_s;
    }
    covered_s = covered_s < 0 ? 0 : covered_s;
    int64_t milli = volumes_milli(group->volumes, from_s, covered_s);
    if (milli == VOLUME_NONE) {
        return volume_learned(normals, group, from_s, covered_s);
    }
    return (struct volume){.basis = BASIS_TABLE, .milli = milli, .low_milli = milli};
}

static int64_t most_learned(
    const struct normals *normals, const struct group *group, int64_t bucket)
{
    int64_t date = date_of_second(bucket * normals->bucket_s);
    const struct profile *profile = learned_profile(normals, group, date);
    return profile == NULL ? 0 : profile->most_permille;
}

// Buckets whose end has come since the last tick.
static void queue_ended(
    struct normals *normals, const struct network_memory *memory, int64_t first, int64_t end)
{
    for (int64_t b = first; b < end; b++) {
        for (size_t i = 0; i < memory->active_count; i++) {
            struct group *group = memory->active[i];
            shares_learn(normals, group, b);
            bool expected = bucket_volume(normals, group, b).milli > 0;
            struct slot *slot =
                expected ? slot_at(normals, group, b) : slot_find(normals, group, b);
            if (slot != NULL) {
                normals_queue(normals, group, slot);
            }
        }
    }
}

static void queue_existing(struct normals *normals, const struct network_memory *memory, int64_t b)
{
    for (size_t i = 0; i < memory->active_count; i++) {
        struct slot *slot = slot_find(normals, memory->active[i], b);
        if (slot != NULL) {
            normals_queue(normals, memory->active[i], slot);
        }
    }
}

// The number of the first bucket that is not over at the instant.
static int64_t bucket_open(const struct normals *normals, int64_t ns)
{
    return ns < 0 ? 0 : ns / (normals->bucket_s * NS_PER_S);
}

// Whether a mirror of one of the network's links changed; forgets it.
static bool mirrors_changed(struct normals *normals, uint16_t network, int64_t bucket)
{
    size_t slots = normals->networks[network].slots;
    bool changed = false;
    for (size_t l = 0; l < normals->settings->link_count; l++) {
        if (normals->settings->links[l].network == network) {
            struct mirror *mirror = &normals->links[l].mirrors[(size_t)bucket % slots];
            changed |= mirror->bucket == bucket && mirror->changed;
            mirror->changed = false;
        }
    }
    return changed;
}

static void queue_mirrors(struct normals *normals, uint16_t network, int64_t ended)
{
    struct network_memory *memory = &normals->networks[network];
    for (int64_t b = memory->changed_from; b <= memory->changed_to; b++) {
        if (mirrors_changed(normals, network, b) && b < ended) {
            queue_existing(normals, memory, b);
        }
    }
    memory->changed_from = INT64_MAX;
    memory->changed_to = 0;
}

// A bucket is final, and is given out beside what was usual until then.
static void outcomes_learn(struct normals *normals, const struct network_memory *memory, int64_t b)
{
    for (size_t i = 0; i < memory->active_count; i++) {
        const struct slot *slot = slot_find(normals, memory->active[i], b);
        if (slot != NULL) {
            usual_learn(&normals->settings->outages, &memory->active[i]->habit, slot,
                b * normals->bucket_s);
            if (group_is_of_province(memory->active[i])) {
                refusals_learn(normals, memory->active[i], slot);
            }
        }
    }
}

static void network_advance(struct normals *normals, uint16_t n, int64_t before_s, int64_t now_s)
{
    struct network_memory *memory = &normals->networks[n];
    int64_t first = normals->first_s / normals->bucket_s;
    int64_t ended_before = bucket_open(normals, before_s * NS_PER_S);
    int64_t ended = bucket_open(normals, now_s * NS_PER_S);
    for (size_t i = 0; i < memory->active_count; i++) {
        if (memory->active[i]->open_total != 0) {
            group_count_overdue(normals, memory->active[i]);
        }
    }
    queue_mirrors(normals, n, ended);
    queue_ended(normals, memory, ended_before < first ? first : ended_before, ended);
    int64_t b = bucket_open(normals, before_s * NS_PER_S - memory->limit_ns);
    int64_t final = bucket_open(normals, now_s * NS_PER_S - memory->limit_ns);
    for (b = b < first ? first : b; b < final; b++) {
        queue_existing(normals, memory, b);
        outcomes_learn(normals, memory, b);
        learn_bucket(normals, n, b);
    }
}

static void normal_fill(
    const struct normals *normals, const struct group *group, struct slot *slot, struct normal *ret)
{
    const struct network_memory *memory = &normals->networks[group->network];
    struct volume volume = bucket_volume(normals, group, slot->bucket);
    int64_t end_ns = (slot->bucket + 1) * normals->bucket_s * NS_PER_S;
    if (slot->has_orphans) {
        group_count_orphans(normals, group, slot);
    }
    *ret = slot->normal;
    ret->network = group->network;
    ret->function = group->function;
    ret->unit = group->unit;
    ret->link = group->link;
    ret->province = group->province;
    ret->basis = volume.basis;
    ret->from = instant_from_s(slot->bucket * normals->bucket_s);
    ret->final = end_ns + memory->limit_ns <= normals->tick_s * NS_PER_S;
    ret->normal_milli = volume.milli;
    ret->low_milli = volume.low_milli;
    ret->shortest_answer_bytes = memory->shortest_answer_bytes;
    ret->traces = ret->failed + ret->unanswered;
    ret->usual = usual_of(&normals->settings->outages, &group->habit);
    ret->jumping = refusals_jumping(normals, group, slot);
    ret->most_permille = ret->ungrouped > 0 ? most_learned(normals, group, slot->bucket) : 0;
    parties_fill(normals, group, ret);
    mirrors_fill(normals, group, slot->bucket, ret);
    shares_fill(normals, group, slot->bucket, ret);
}

static void queue_flush(struct normals *normals)
{
    size_t needed = normals->out_count + normals->queue_count;
    if (needed > normals->out_capacity) {
        normals->out_capacity = needed * 2;
        normals->out = memory_resize(normals->out, normals->out_capacity, sizeof(*normals->out));
    }
    for (size_t i = 0; i < normals->queue_count; i++) {
        struct slot *slot = slot_find(normals, normals->queue[i].group, normals->queue[i].bucket);
        if (slot != NULL) {
            slot->queued = false;
            normal_fill(
                normals, normals->queue[i].group, slot, &normals->out[normals->out_count++]);
        }
    }
    normals->queue_count = 0;
}

static void normals_advance(struct normals *normals, int64_t before_s, int64_t now_s)
{
    normals->tick_s = now_s;
    for (uint16_t n = 0; n < normals->settings->network_count; n++) {
        network_advance(normals, n, before_s, now_s);
    }
    queue_flush(normals);
}

// The first tick tells of what was asked in the second before it, and of outcomes: those of older
// requests, which another process or the journal's trimmed part has counted, belong to no demand.
static void normals_start(struct normals *normals, int64_t now_s, uint64_t merged)
{
    if (!normals->started) {
        peaks_choose(normals, date_of_second(now_s), true);
    }
    normals->started = true;
    learn_restart(normals);
    normals->first_s = now_s;
    normals->tick_s = now_s;
    normals->whole_s = now_s - 1 - (int64_t)(merged < S_PER_DAY ? merged : S_PER_DAY);
}

static int normal_compare(const void *left, const void *right)
{
    const struct normal *a = left, *b = right;
    const int keys[][2] = {{a->network, b->network}, {a->function, b->function}, {a->unit, b->unit},
        {a->link, b->link}, {a->province, b->province}};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (keys[i][0] != keys[i][1]) {
            return keys[i][0] < keys[i][1] ? -1 : 1;
        }
    }
    if (a->from.ns != b->from.ns) {
        return a->from.ns < b->from.ns ? -1 : 1;
    }
    return (int)a->final - (int)b->final;
}

size_t normals_from_counters(
    struct normals *normals, const struct counters *counters, const struct normal **ret)
{
    int64_t now_s = instant_second(counters->tick);
    normals->out_count = 0;
    if (!normals->started || now_s > normals->tick_s + JUMP_S) {
        normals_start(normals, now_s, counters->merged);
    }
    int64_t before_s = normals->tick_s;
    while (before_s + normals->bucket_s < now_s) {
        normals_advance(normals, before_s, before_s + normals->bucket_s);
        before_s += normals->bucket_s;
    }
    normals->tick_s = now_s > before_s ? now_s : before_s;
    for (size_t i = 0; i < counters->link_count; i++) {
        mirrors_add(normals, &counters->links[i]);
    }
    for (size_t i = 0; i < counters->cell_count; i++) {
        group_add(normals, &counters->cells[i]);
    }
    for (size_t i = 0; i < counters->code_count; i++) {
        refusals_add(normals, &counters->codes[i]);
    }
    for (size_t i = 0; i < counters->counterparty_count; i++) {
        parties_add(normals, &counters->counterparties[i]);
    }
    normals_advance(normals, before_s, normals->tick_s);
    learn_tick(normals);
    if (normals->out_count > 1) {
        qsort(normals->out, normals->out_count, sizeof(*normals->out), normal_compare);
    }
    *ret = normals->out;
    return normals->out_count;
}
