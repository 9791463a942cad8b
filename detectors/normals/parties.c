// Whose the losses of a bucket are. Of each function and bucket the counterparties' sums are kept;
// beside a bucket of one province stand those of the whole country, as counterparties are not told
// apart by province.
#include "config/memory.h"

#include "detectors/normals/memory.h"

#include <stdlib.h>
#include <string.h>

static struct parties *parties_at(
    struct normals *normals, uint16_t network, uint16_t function, int64_t bucket)
{
    struct network_memory *memory = &normals->networks[network];
    int64_t newest = normals->tick_s / normals->bucket_s;
    if (bucket < 0 || bucket > newest || bucket <= newest - (int64_t)memory->slots) {
        return NULL;
    }
    if (memory->parties[function] == NULL) {
        memory->parties[function] = memory_zeroed(memory->slots, sizeof(struct parties));
    }
    struct parties *parties = &memory->parties[function][(size_t)bucket % memory->slots];
    if (parties->bucket != bucket) {
        parties->bucket = bucket;
        parties->count = 0;
    }
    return parties;
}

static struct party *party_at(struct parties *parties, const char *name)
{
    for (size_t i = 0; i < parties->count; i++) {
        if (strcmp(parties->items[i].name, name) == 0) {
            return &parties->items[i];
        }
    }
    if (parties->count == parties->capacity) {
        parties->capacity = parties->capacity * 2 + 8;
        parties->items = memory_resize(parties->items, parties->capacity, sizeof(*parties->items));
    }
    struct party *party = &parties->items[parties->count++];
    *party = (struct party){.known = 0};
    memccpy(party->name, name, '\0', sizeof(party->name) - 1);
    return party;
}

void parties_add(struct normals *normals, const struct counterparty_counts *counts)
{
    const struct cell of = {
        .network = counts->network, .link = counts->link, .function = counts->function};
    struct parties *parties =
        !cohort_is_known(normals, counts->cohort_s) || !cell_is_known(normals, &of)
            ? NULL
            : parties_at(
                  normals, counts->network, counts->function, counts->cohort_s / normals->bucket_s);
    if (parties == NULL) {
        normals->forgotten++;
        return;
    }
    struct party *party = party_at(parties, counts->counterparty);
    party->known += counts->processed + counts->failed + counts->unanswered;
    party->failed += counts->failed + counts->unanswered;
}

// Among those that lost as much, the first name: the order in which they came says nothing.
static const struct party *worst_of(const struct parties *parties)
{
    const struct party *worst = NULL;
    for (size_t i = 0; i < parties->count; i++) {
        const struct party *party = &parties->items[i];
        bool named = strcmp(party->name, "other") != 0; // those are many
        if (named &&
            (worst == NULL || party->failed > worst->failed ||
                (party->failed == worst->failed && strcmp(party->name, worst->name) < 0))) {
            worst = party;
        }
    }
    return worst;
}

// Of all provinces, as the cells have it.
static void function_sum(const struct normals *normals, const struct group *group, int64_t bucket,
    int64_t *ret_known, int64_t *ret_failed)
{
    const struct network_memory *memory = &normals->networks[group->network];
    *ret_known = *ret_failed = 0;
    for (size_t p = 0; p < PROVINCES; p++) {
        const struct group *of = memory->groups[group->function * PROVINCES + p];
        const struct slot *slot = of == NULL ? NULL : slot_find(normals, of, bucket);
        if (slot != NULL) {
            int64_t failed = slot->normal.failed + slot->normal.unanswered;
            *ret_failed += failed;
            *ret_known += slot->normal.succeeded + slot->normal.declined + failed;
        }
    }
}

void parties_fill(const struct normals *normals, const struct group *group, struct normal *ret)
{
    const struct network_memory *memory = &normals->networks[group->network];
    const struct parties *ring = memory->parties[group->function];
    int64_t bucket = instant_second(ret->from) / normals->bucket_s, known, failed;
    const struct parties *parties = ring == NULL ? NULL : &ring[(size_t)bucket % memory->slots];
    const struct party *worst =
        parties == NULL || parties->bucket != bucket ? NULL : worst_of(parties);
    if (worst == NULL) {
        return;
    }
    function_sum(normals, group, bucket, &known, &failed);
    ret->party_known = worst->known;
    ret->party_failed = worst->failed;
    // Retries of one intent are taken out of the cells, not of the counterparties' sums.
    ret->others_known = known > worst->known ? known - worst->known : 0;
    ret->others_failed = failed > worst->failed ? failed - worst->failed : 0;
}

void parties_free(struct normals *normals, uint16_t network)
{
    struct network_memory *memory = &normals->networks[network];
    size_t functions = normals->settings->networks[network].functions.function_count + 1;
    for (size_t f = 0; memory->parties != NULL && f < functions; f++) {
        for (size_t i = 0; memory->parties[f] != NULL && i < memory->slots; i++) {
            free(memory->parties[f][i].items);
        }
        free(memory->parties[f]);
    }
    free(memory->parties);
}
