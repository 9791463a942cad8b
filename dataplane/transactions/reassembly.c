// The pool of blocks.
//
// A direction may own two chains of blocks: the first bytes of a message whose end has not come
// (`partial`: blocks filled one after the other), and segments that came before the bytes in front
// of them (`held`: by sequence, never overlapping, each piece with the instant and ordinal of its
// packet, long segments cut into pieces). Held blocks are also in one list by arrival over all
// connections: its head is the oldest instant that something waits for, which is what the watermark
// and the time limit of holding need, without a search.
//
// Limits: `pool_bytes` for all, `held_bytes` per connection, counted in whole blocks, so that a
// stream of tiny segments cannot take more memory than it says. Insertion walks the direction's own
// chain only when a segment does not belong at its end, held_bytes / 512 steps at most.
//
// What such a direction keeps (its chains, the acknowledgement it waits for) is a
// `struct direction` out of a pool, given back as soon as it keeps nothing: nearly all connections
// have none, and stay at two cache lines. There is one for every direction and every hole, so the
// pool cannot run out; the last one given back is the next one taken, so only as many take memory
// as were in use at once.
//
// A block was last used when what it held was read: under loss milliseconds and megabytes ago. So
// the next one to be taken is asked for when one is taken, and the next one to be read when the one
// in front of it is.
//
// The bytes are mapped apart from the heap and kept out of core dumps, and wiped when a block is
// let go: they may be card data.
#include "dataplane/transactions/reassembly.h"

#include "config/memory.h"

#include <string.h>

#define LARGEST_COPY  (64 * 1024) // of a segment that is read together with a partial message
#define FETCHED_BYTES 256
#define HOLES_MOST    16384 // 1 MiB of directions; beyond, held_over_limit is counted

bool reassembly_init(
    struct reassembly *pool, int64_t pool_bytes, int64_t held_bytes, uint32_t connections)
{
    *pool =
        (struct reassembly){.free = NONE, .oldest = NONE, .youngest = NONE, .direction_free = NONE};
    pool->count = (uint32_t)(pool_bytes / BLOCK_BYTES);
    pool->holes_most = pool->count < HOLES_MOST ? pool->count : HOLES_MOST;
    pool->direction_count = 2 * connections + pool->holes_most;
    pool->per_connection = (uint32_t)((held_bytes + BLOCK_BYTES - 1) / BLOCK_BYTES);
    pool->scratch_size = pool->per_connection * BLOCK_BYTES + LARGEST_COPY;
    pool->mapped = (size_t)pool->count * BLOCK_BYTES + pool->scratch_size;
    pool->blocks = memory_map(((size_t)pool->count + 1) * sizeof(*pool->blocks));
    pool->directions = memory_map(pool->direction_count * sizeof(*pool->directions));
    pool->bytes = memory_map(pool->mapped);
    if (pool->bytes != NULL) {
        pool->scratch = pool->bytes + (size_t)pool->count * BLOCK_BYTES;
    }
    return pool->blocks != NULL && pool->directions != NULL && pool->bytes != NULL;
}

void reassembly_done(struct reassembly *pool)
{
    memory_unmap(pool->bytes, pool->mapped);
    memory_unmap(pool->directions, pool->direction_count * sizeof(*pool->directions));
    memory_unmap(pool->blocks, ((size_t)pool->count + 1) * sizeof(*pool->blocks));
    *pool = (struct reassembly){0};
}

// ---- directions

struct direction *direction_take(
    struct reassembly *pool, struct connection *connection, enum side sender)
{
    uint32_t index = connection->direction[sender];
    if (index == NONE) {
        index = pool->direction_free;
        if (index != NONE) {
            pool->direction_free = pool->directions[index].next;
        } else {
            index = pool->directions_used++;
        }
        connection->direction[sender] = index;
        pool->directions[index] = (struct direction){.held_first = NONE,
            .held_last = NONE,
            .partial_first = NONE,
            .partial_last = NONE,
            .pending_older = NONE,
            .pending_newer = NONE,
            .hole = NONE};
    }
    return &pool->directions[index];
}

void direction_release(struct reassembly *pool, struct connection *connection, enum side sender)
{
    const uint16_t keeps = DIRECTION_HELD | DIRECTION_PARTIAL | DIRECTION_PENDING;
    uint32_t index = connection->direction[sender];
    if (index != NONE && !(connection->flags[sender] & keeps)) {
        pool->directions[index].next = pool->direction_free;
        pool->direction_free = index;
        connection->direction[sender] = NONE;
    }
}

// ---- blocks

// The lines of most messages.
static void block_fetch(const struct reassembly *pool, uint32_t block)
{
    if (block != NONE) {
        const uint8_t *bytes = block_bytes(pool, block);
        __builtin_prefetch(&pool->blocks[block], 1);
        for (size_t at = 0; at < FETCHED_BYTES; at += 64) {
            __builtin_prefetch(bytes + at, 1);
        }
    }
}

static uint32_t block_new(struct reassembly *pool, struct connection *connection)
{
    uint32_t block = pool->free;
    if (connection->blocks >= pool->per_connection) {
        return NONE;
    }
    if (block != NONE) {
        pool->free = pool->blocks[block].next;
        block_fetch(pool, pool->free);
    } else if (pool->used < pool->count) {
        block = pool->used++;
    } else {
        return NONE;
    }
    connection->blocks++;
    return block;
}

void block_free(struct reassembly *pool, struct connection *connection, uint32_t block)
{
    uint8_t *bytes = pool->bytes + (size_t)block * BLOCK_BYTES;
    for (uint32_t wiped = 0; wiped < pool->blocks[block].length; wiped += 64) {
        memset(bytes + wiped, 0, 64);
    }
    pool->blocks[block].next = pool->free;
    pool->free = block;
    connection->blocks--;
}

static int32_t distance(uint32_t from, uint32_t to)
{
    return (int32_t)(to - from);
}

static uint32_t block_end(const struct reassembly *pool, uint32_t block)
{
    return pool->blocks[block].sequence + pool->blocks[block].length;
}

// The last held block that ends at or before `sequence`; NONE: none does.
static uint32_t held_before(
    const struct reassembly *pool, const struct direction *direction, uint32_t sequence)
{
    uint32_t last = direction->held_last, before = NONE;
    if (last != NONE && distance(block_end(pool, last), sequence) >= 0) {
        return last;
    }
    for (uint32_t block = direction->held_first;
         block != NONE && distance(block_end(pool, block), sequence) >= 0;
         block = pool->blocks[block].next) {
        before = block;
    }
    return before;
}

static void held_link(
    struct reassembly *pool, struct direction *direction, uint32_t before, uint32_t block)
{
    uint32_t *from = before == NONE ? &direction->held_first : &pool->blocks[before].next;
    pool->blocks[block].next = *from;
    *from = block;
    if (pool->blocks[block].next == NONE) {
        direction->held_last = block;
    }
    pool->blocks[block].older = pool->youngest;
    pool->blocks[block].younger = NONE;
    *(pool->youngest == NONE ? &pool->oldest : &pool->blocks[pool->youngest].younger) = block;
    pool->youngest = block;
}

// Puts the first `length` bytes of the segment into a block behind `before`. NONE without room.
static uint32_t held_piece(struct reassembly *pool, struct connection *connection, enum side sender,
    uint32_t owner, struct segment *segment, uint32_t length, uint32_t before)
{
    uint32_t block = block_new(pool, connection);
    if (block == NONE) {
        return NONE;
    }
    pool->blocks[block] = (struct block){.at = segment->at,
        .ordinal = segment->ordinal,
        .sequence = segment->sequence,
        .length = length,
        .cut = length == segment->length ? segment->cut : 0,
        .owner = owner,
        .hole = direction_of(pool, connection, sender)->hole,
        .index = segment_index(segment)};
    if (length > 0) {
        block_copy(pool->bytes + (size_t)block * BLOCK_BYTES, segment->bytes, length);
    }
    held_link(pool, direction_of(pool, connection, sender), before, block);
    connection->flags[sender] |= DIRECTION_HELD;
    return block;
}

static void piece_skip(struct segment *segment, uint32_t length)
{
    segment->bytes = length > 0 ? segment->bytes + length : segment->bytes; // a mark has none
    segment->length -= length;
    segment->sequence += length;
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

bool held_insert(struct reassembly *pool, struct connection *connection, enum side sender,
    uint32_t owner, struct segment *segment, struct held *ret)
{
    struct direction *direction = direction_take(pool, connection, sender);
    uint32_t before = held_before(pool, direction, segment->sequence);
    bool mark = segment->length == 0;
    while (segment->length > 0 || mark) {
        uint32_t after = before == NONE ? direction->held_first : pool->blocks[before].next;
        int32_t room =
            after == NONE ? INT32_MAX : distance(segment->sequence, pool->blocks[after].sequence);
        if (mark && room < 0) { // inside a held piece: that place has come
            return true;
        }
        if (room <= 0 && !mark) { // `after` has these bytes already, or is a mark
            uint32_t known = (uint32_t)distance(segment->sequence, block_end(pool, after));
            known = smaller(known, segment->length);
            ret->overlapped += known;
            piece_skip(segment, known);
            before = after;
            continue;
        }
        uint32_t length = smaller(smaller(segment->length, BLOCK_BYTES), (uint32_t)room);
        before = held_piece(pool, connection, sender, owner, segment, length, before);
        if (before == NONE) {
            direction_release(pool, connection, sender);
            return false;
        }
        ret->stored += length;
        piece_skip(segment, length);
        mark = false;
    }
    return true;
}

// The chain of the direction in front of its new mark belongs to the hole that the mark ends.
static void chain_end(struct reassembly *pool, struct direction *direction, uint32_t mark)
{
    pool->blocks[mark].next = NONE;
    direction->held_last = direction->hole = mark;
    for (uint32_t block = direction->held_first; block != NONE; block = pool->blocks[block].next) {
        pool->blocks[block].hole = mark;
    }
}

uint32_t held_part(struct reassembly *pool, struct connection *connection, enum side sender,
    uint32_t owner, const struct segment *segment)
{
    struct segment at = *segment;
    struct direction *front = direction_take(pool, connection, sender);
    uint32_t before = held_before(pool, front, segment->sequence), last = front->held_last;
    uint32_t after = before == NONE ? front->held_first : pool->blocks[before].next;
    bool overlaps = after != NONE &&
                    distance(pool->blocks[after].sequence, segment->sequence + segment->length) > 0;
    at.length = at.cut = 0;
    uint32_t in = front->hole,
             mark = overlaps ? NONE : held_piece(pool, connection, sender, owner, &at, 0, before);
    if (mark == NONE) {
        direction_release(pool, connection, sender);
        return NONE;
    }
    pool->blocks[mark].direction = connection->direction[sender];
    pool->blocks[mark].flags = connection->flags[sender];
    chain_end(pool, front, mark);
    connection->flags[sender] &=
        (uint16_t) ~(DIRECTION_HELD | DIRECTION_PARTIAL | DIRECTION_PENDING);
    connection->direction[sender] = NONE;
    if (after != NONE) {
        struct direction *rest = direction_take(pool, connection, sender);
        rest->held_first = after;
        rest->held_last = last;
        rest->hole = in;
        connection->flags[sender] |= DIRECTION_HELD;
    }
    return mark;
}

uint32_t held_take(struct reassembly *pool, struct connection *connection, enum side sender)
{
    struct direction *direction = direction_of(pool, connection, sender);
    uint32_t block = direction->held_first;
    struct block *taken = &pool->blocks[block];
    direction->held_first = taken->next;
    block_fetch(pool, taken->next);
    if (taken->next == NONE) {
        direction->held_last = NONE;
        connection->flags[sender] &= (uint16_t)~DIRECTION_HELD;
    }
    *(taken->older == NONE ? &pool->oldest : &pool->blocks[taken->older].younger) = taken->younger;
    *(taken->younger == NONE ? &pool->youngest : &pool->blocks[taken->younger].older) =
        taken->older;
    direction_release(pool, connection, sender);
    return block;
}

// The block that the partial message goes on in, new when the last one is full.
static uint32_t partial_block(
    struct reassembly *pool, struct connection *connection, struct direction *direction)
{
    uint32_t last = direction->partial_last;
    if (last != NONE && pool->blocks[last].length < BLOCK_BYTES) {
        return last;
    }
    uint32_t block = block_new(pool, connection);
    if (block != NONE) {
        pool->blocks[block] = (struct block){.next = NONE};
        *(last == NONE ? &direction->partial_first : &pool->blocks[last].next) = block;
        direction->partial_last = block;
    }
    return block;
}

bool partial_add(struct reassembly *pool, struct connection *connection, enum side sender,
    const uint8_t *bytes, uint32_t length)
{
    struct direction *direction = direction_take(pool, connection, sender);
    connection->flags[sender] |= DIRECTION_PARTIAL;
    while (length > 0) {
        uint32_t block = partial_block(pool, connection, direction);
        if (block == NONE) {
            partial_drop(pool, connection, sender);
            return false;
        }
        uint32_t used = pool->blocks[block].length, part = smaller(BLOCK_BYTES - used, length);
        memcpy(pool->bytes + (size_t)block * BLOCK_BYTES + used, bytes, part);
        pool->blocks[block].length += part;
        direction->partial_length += part;
        bytes += part;
        length -= part;
    }
    return true;
}

uint32_t partial_take(struct reassembly *pool, struct connection *connection, enum side sender)
{
    const struct direction *direction = direction_of(pool, connection, sender);
    uint8_t *to = pool->scratch;
    for (uint32_t block = direction->partial_first; block != NONE;
         block = pool->blocks[block].next) {
        memcpy(to, block_bytes(pool, block), pool->blocks[block].length);
        to += pool->blocks[block].length;
    }
    return partial_drop(pool, connection, sender);
}

uint32_t partial_drop(struct reassembly *pool, struct connection *connection, enum side sender)
{
    if (!(connection->flags[sender] & DIRECTION_PARTIAL)) {
        return 0;
    }
    struct direction *direction = direction_of(pool, connection, sender);
    uint32_t length = direction->partial_length;
    for (uint32_t block = direction->partial_first; block != NONE;) {
        uint32_t next = pool->blocks[block].next;
        block_free(pool, connection, block);
        block = next;
    }
    direction->partial_first = direction->partial_last = NONE;
    direction->partial_length = direction->needed = 0;
    connection->flags[sender] &= (uint16_t)~DIRECTION_PARTIAL;
    direction_release(pool, connection, sender);
    return length;
}
