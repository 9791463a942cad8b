// Refusals say nothing of the system, as long as their codes come in their usual shares. A code
// whose share jumps may be a fault that answers with a refusal: a lost table, a wrong key, a limit
// of 0. It counts as failed by the stricter reading: >= 5 x its own normal share, >= 10 points, >=
// 50 intents in a bucket; all three are settings.
//
// What is usual is learned from final buckets in which nothing jumps, and is known from LEARNED
// outcomes on. What has jumped for FROZEN_S without a pause is what is usual now.
#include "config/memory.h"

#include "detectors/normals/memory.h"

#define LEARNED  1000
#define HALVED   ((int64_t)1 << 20)
#define FROZEN_S (7 * S_PER_DAY)

static int64_t known_of(const struct slot *slot)
{
    const struct normal *normal = &slot->normal;
    return normal->succeeded + normal->declined + normal->failed + normal->unanswered;
}

static struct refusal *refusal_at(struct refusals *refusals, uint16_t code)
{
    for (size_t i = 0; i < refusals->count; i++) {
        if (refusals->items[i].code == code) {
            return &refusals->items[i];
        }
    }
    if (refusals->count == refusals->capacity) {
        refusals->capacity = (uint16_t)(refusals->capacity * 2 + 4);
        refusals->items =
            memory_resize(refusals->items, refusals->capacity, sizeof(*refusals->items));
    }
    refusals->items[refusals->count] = (struct refusal){.code = code};
    return &refusals->items[refusals->count++];
}

void refusals_add(struct normals *normals, const struct code_counts *counts)
{
    const struct cell *cell = &counts->cell;
    if (!cohort_is_known(normals, counts->cohort_s) || !cell_is_known(normals, cell) ||
        counts->code >= normals->settings->networks[cell->network].response_codes.code_count) {
        normals->forgotten++;
        return;
    }
    struct group *group = group_at(normals, cell->network, cell->function, cell->province);
    struct slot *slot = slot_at(normals, group, counts->cohort_s / normals->bucket_s);
    if (slot != NULL) { // else its cell was counted as forgotten
        refusal_at(&slot->refusals, counts->code)->count += counts->declined;
        normals_queue(normals, group, slot);
    }
}

// Shares as fractions over the same denominator, so that all are integers.
static bool jumps(const struct outages_settings *settings, const struct refused *usual,
    const struct refusal *refusal, int64_t known)
{
    __int128 share = (__int128)refusal->count * usual->known;
    __int128 usual_share = (__int128)usual->codes[refusal->code] * known;
    return share >= settings->jump_times * usual_share &&
           (share - usual_share) * 100 >= (__int128)settings->jump_points * known * usual->known;
}

int64_t refusals_jumping(
    const struct normals *normals, const struct group *group, const struct slot *slot)
{
    const struct outages_settings *settings = &normals->settings->outages;
    const struct refused *usual = &group->refused;
    int64_t known = known_of(slot), jumping = 0;
    if (known < settings->jump_intents || usual->codes == NULL || usual->known < LEARNED) {
        return 0;
    }
    for (size_t i = 0; i < slot->refusals.count; i++) {
        const struct refusal *refusal = &slot->refusals.items[i];
        jumping +=
            refusal->count > 0 && jumps(settings, usual, refusal, known) ? refusal->count : 0;
    }
    return jumping;
}

static void learn(struct refused *usual, const struct slot *slot, size_t codes)
{
    usual->known += known_of(slot);
    for (size_t i = 0; i < slot->refusals.count; i++) {
        usual->codes[slot->refusals.items[i].code] += slot->refusals.items[i].count;
    }
    if (usual->known >= HALVED) {
        usual->known /= 2;
        for (size_t i = 0; i < codes; i++) {
            usual->codes[i] /= 2;
        }
    }
}

void refusals_learn(struct normals *normals, struct group *group, const struct slot *slot)
{
    size_t codes = normals->settings->networks[group->network].response_codes.code_count;
    struct refused *usual = &group->refused;
    int64_t second = slot->bucket * normals->bucket_s;
    if (known_of(slot) <= 0) {
        return;
    }
    if (usual->codes == NULL) {
        usual->codes = memory_zeroed(codes, sizeof(*usual->codes));
    }
    if (refusals_jumping(normals, group, slot) > 0) {
        usual->jumping_since_s = usual->jumping_since_s == 0 ? second : usual->jumping_since_s;
        if (second - usual->jumping_since_s <= FROZEN_S) {
            return;
        }
        usual->known = 0;
        for (size_t i = 0; i < codes; i++) {
            usual->codes[i] = 0;
        }
    }
    usual->jumping_since_s = 0;
    learn(usual, slot, codes);
}
