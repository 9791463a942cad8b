// The sketch is HyperLogLog (Flajolet, Fusy, Gandouet, Meunier 2007) of 64-bit hashes: a register
// holds the longest run of zeros that was seen of the persons whose hash begins with its number.
// Sets are exact up to a size beyond its bias; one that had to go without memory before is counted
// by its empty registers while it is small. Hashes of 64 bits need no correction for large sets.
// All sums are integers: the same set gives the same figure everywhere.
//
// Ids are keyed hashes already; they are mixed once more, so that a set of made-up ones counts as
// well.
#include "detectors/persons/person_set.h"

#include "config/memory.h"

#include <stdlib.h>
#include <string.h>

#define SLOTS_AT_FIRST 16
#define SIGMAS         3

static uint64_t mix(uint64_t id) // the end of splitmix64
{
    id = (id ^ (id >> 30)) * 0xbf58476d1ce4e5b9u;
    id = (id ^ (id >> 27)) * 0x94d049bb133111ebu;
    return id ^ (id >> 31);
}

void person_set_done(struct person_set *set, struct person_room *room)
{
    room->bytes -= (int64_t)(set->slot_count * sizeof(*set->slots));
    free(set->slots);
    free(set->registers);
    *set = (struct person_set){0};
}

bool person_set_is_exact(const struct person_set *set)
{
    return set->registers == NULL;
}

// ---- exact

static uint64_t *slot_find(const struct person_set *set, uint64_t id)
{
    size_t at = (size_t)mix(id) & (set->slot_count - 1);
    while (set->slots[at] != 0 && set->slots[at] != id) {
        at = (at + 1) & (set->slot_count - 1);
    }
    return &set->slots[at];
}

bool person_set_has(const struct person_set *set, uint64_t id)
{
    return set->slot_count > 0 && *slot_find(set, id) == id;
}

// Doubles the table. False when all sets together would be too large.
static bool slots_grow(struct person_set *set, struct person_room *room)
{
    struct person_set old = *set;
    size_t slots = old.slot_count == 0 ? SLOTS_AT_FIRST : 2 * old.slot_count;
    int64_t more = (int64_t)((slots - old.slot_count) * sizeof(*set->slots));
    if (room->bytes + more > room->bytes_most) {
        return false;
    }
    room->bytes += more;
    set->slot_count = slots;
    set->slots = memory_zeroed(slots, sizeof(*set->slots));
    for (size_t i = 0; i < old.slot_count; i++) {
        if (old.slots[i] != 0) {
            *slot_find(set, old.slots[i]) = old.slots[i];
        }
    }
    free(old.slots);
    return true;
}

static bool exact_add(struct person_set *set, uint64_t id)
{
    uint64_t *slot = slot_find(set, id);
    bool is_new = *slot == 0;
    *slot = id;
    set->count += is_new;
    return is_new;
}

// ---- sketch

static bool sketch_add(struct person_set *set, const struct person_room *room, uint64_t id)
{
    uint64_t hash = mix(id);
    uint8_t *at = &set->registers[hash >> (64 - room->precision)];
    uint64_t rest = hash << room->precision;
    uint8_t run = (uint8_t)(rest == 0 ? 65 - room->precision : __builtin_clzll(rest) + 1);
    bool grows = run > *at;
    *at = grows ? run : *at;
    return grows;
}

static void sketch_fill(
    struct person_set *sketch, const struct person_room *room, const struct person_set *exact)
{
    for (size_t i = 0; i < exact->slot_count; i++) {
        if (exact->slots[i] != 0) {
            sketch_add(sketch, room, exact->slots[i]);
        }
    }
}

static void sketch_begin(struct person_set *set, struct person_room *room)
{
    struct person_set exact = *set;
    set->registers = memory_zeroed((size_t)1 << room->precision, 1);
    set->slots = NULL;
    set->slot_count = 0;
    sketch_fill(set, room, &exact);
    person_set_done(&exact, room);
}

// log2 with 32 bits of fraction.
static uint64_t log2_of(uint64_t value)
{
    int whole = 63 - __builtin_clzll(value);
    uint64_t log = 0, x = value << (63 - whole) >> 1; // 1 <= x < 2, with 62 bits of fraction
    for (int bit = 31; bit >= 0; bit--) {
        unsigned __int128 square = ((unsigned __int128)x * x) >> 62;
        bool is_two = square >> 63 != 0;
        log |= (uint64_t)is_two << bit;
        x = (uint64_t)(is_two ? square >> 1 : square);
    }
    return ((uint64_t)whole << 32) + log;
}

// m * ln(m / empty), of which ln(2) is 0.693147.
static int64_t linear_count(uint64_t empty, int64_t precision)
{
    uint64_t log = ((uint64_t)precision << 32) - log2_of(empty);
    return (int64_t)((((unsigned __int128)log << precision) * 693147 / 1000000) >> 32);
}

// alpha * m^2 / sum of 2^-register, with alpha = 0.7213 / (1 + 1.079 / m), all times powers of ten
// and two: below 2^116.
static int64_t sketch_count(const struct person_set *set, const struct person_room *room)
{
    unsigned __int128 sum = 0, m = (unsigned __int128)1 << room->precision;
    uint64_t empty = 0;
    for (size_t i = 0; i < (size_t)m; i++) {
        sum += (uint64_t)1 << (56 - set->registers[i]);
        empty += set->registers[i] == 0;
    }
    int64_t count = (int64_t)(((m * m * m * 7213) << 46) / (m * 10000 + 10790) * 1024 / sum);
    return 2 * count <= 5 * (int64_t)m && empty > 0 ? linear_count(empty, room->precision) : count;
}

// ---- both

void person_set_copy(struct person_set *to, const struct person_set *from, struct person_room *room)
{
    size_t registers = (size_t)1 << room->precision;
    int64_t bytes = (int64_t)(from->slot_count * sizeof(*from->slots));
    *to = (struct person_set){.count = from->count};
    if (!person_set_is_exact(from)) {
        to->registers = memory_zeroed(registers, 1);
        memcpy(to->registers, from->registers, registers);
    } else if (room->bytes + bytes > room->bytes_most) {
        to->count = 0;
        to->registers = memory_zeroed(registers, 1);
        sketch_fill(to, room, from);
    } else if (from->slot_count > 0) {
        room->bytes += bytes;
        to->slot_count = from->slot_count;
        to->slots = memory_zeroed(from->slot_count, sizeof(*to->slots));
        memcpy(to->slots, from->slots, (size_t)bytes);
    }
}

bool person_set_add(struct person_set *set, struct person_room *room, uint64_t id)
{
    if (!person_set_is_exact(set)) {
        return sketch_add(set, room, id);
    }
    bool is_full = 4 * ((size_t)set->count + 1) > 3 * set->slot_count;
    bool is_most = set->count >= room->exact;
    if ((is_full || is_most) && person_set_has(set, id)) {
        return false;
    }
    if (!is_most && (!is_full || slots_grow(set, room))) {
        return exact_add(set, id);
    }
    sketch_begin(set, room);
    return sketch_add(set, room, id);
}

int64_t person_set_count(struct person_set *set, const struct person_room *room)
{
    if (!person_set_is_exact(set)) {
        int64_t count = sketch_count(set, room);
        set->count = count > set->count ? count : set->count;
    }
    return set->count;
}

// 1.04 / 2^(precision / 2): of an odd precision by sqrt(2) = 1.41422.
int64_t person_set_error(struct person_set *set, const struct person_room *room)
{
    if (person_set_is_exact(set)) {
        return 0;
    }
    __int128 part = room->precision % 2 == 0 ? 104000 : 147079;
    __int128 of = (__int128)100000 << ((room->precision + 1) / 2);
    return (int64_t)((person_set_count(set, room) * SIGMAS * part + of - 1) / of);
}
