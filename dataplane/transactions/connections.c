// The table of connections.
//
// Entries lie in one array of fixed size, taken in order of need, so that memory which was never
// needed is never touched; two cache lines each, of which a packet that brings no message touches
// the first. They are found through open addressing over (hash, index) pairs, eight to a cache
// line: a burst prefetches the pairs first, then the entries, and looks at both when they have
// arrived. Removal shifts the followers back, so that no tombstones pile up. The hash is keyed
// (packets/hash.h): a sender cannot choose connections that follow each other.
//
// Every entry is in one of three queues, by age:
//
//   MAIN    has carried payload; at most `settings.transactions.connections`
//   BARE    has not, ended or not; a flood of SYNs, refused or not, fills this queue only
//   CLOSED  ended by FINs or a RST; kept a little for what comes late
//
// A queue is not re-ordered with every packet: that would touch two more entries each time. An
// entry remembers the second in which it was queued; when it comes up as the oldest and was seen
// since, it goes to the young end again. A full queue gives up its oldest entry (after at most
// LOOKS such second chances); what is held of it is read out first by the caller.
#include "dataplane/transactions/connections.h"

#include "config/memory.h"

#include <string.h>

#define LOOKS 8

bool connections_init(struct connections *table, uint32_t most)
{
    uint32_t small = most / 8 + 64;
    *table = (struct connections){.entry_count = most + 2 * small, .free = NONE, .slot_count = 64};
    const uint32_t limits[QUEUES] = {most, small, small};
    for (int i = 0; i < QUEUES; i++) {
        table->queues[i] = (struct queue){NONE, NONE, 0, limits[i]};
    }
    while (table->slot_count < 2 * table->entry_count) {
        table->slot_count *= 2;
    }
    table->entries = memory_map((size_t)table->entry_count * sizeof(*table->entries));
    table->slots = memory_map((size_t)table->slot_count * sizeof(*table->slots));
    return table->entries != NULL && table->slots != NULL;
}

void connections_done(struct connections *table)
{
    memory_unmap(table->entries, (size_t)table->entry_count * sizeof(*table->entries));
    memory_unmap(table->slots, (size_t)table->slot_count * sizeof(*table->slots));
    *table = (struct connections){0};
}

uint32_t connections_find(const struct connections *table, const struct packet *packet,
    uint32_t hash, uint16_t vlan_class, enum side *sender)
{
    uint32_t mask = table->slot_count - 1;
    for (uint32_t i = hash & mask; table->slots[i].place != 0; i = (i + 1) & mask) {
        const struct slot *slot = &table->slots[i];
        if (slot->hash == hash &&
            connection_is(&table->entries[slot->place - 1], packet, vlan_class, sender)) {
            return slot->place - 1;
        }
    }
    return NONE;
}

static void queue_unlink(struct connections *table, struct connection *entry)
{
    struct queue *queue = &table->queues[entry->queue];
    *(entry->queue_older == NONE ? &queue->oldest
                                 : &table->entries[entry->queue_older].queue_newer) =
        entry->queue_newer;
    *(entry->queue_newer == NONE ? &queue->newest
                                 : &table->entries[entry->queue_newer].queue_older) =
        entry->queue_older;
    queue->count--;
    entry->queue = QUEUE_FREE;
}

void connections_queue(struct connections *table, uint32_t index, enum connection_queue where)
{
    struct connection *entry = &table->entries[index];
    struct queue *queue = &table->queues[where];
    if (entry->queue != QUEUE_FREE) {
        queue_unlink(table, entry);
    }
    entry->queue = (uint8_t)where;
    entry->queue_older = queue->newest;
    entry->queue_newer = NONE;
    *(queue->newest == NONE ? &queue->oldest : &table->entries[queue->newest].queue_newer) = index;
    queue->newest = index;
    queue->count++;
    entry->queued_s = (uint32_t)instant_second(entry->last_seen);
}

uint32_t connections_victim(struct connections *table, enum connection_queue where)
{
    struct queue *queue = &table->queues[where];
    if (queue->count < queue->limit) {
        return NONE;
    }
    for (int look = 0; look < LOOKS; look++) {
        const struct connection *entry = &table->entries[queue->oldest];
        if (entry->queued_s == (uint32_t)instant_second(entry->last_seen)) {
            break;
        }
        connections_queue(table, queue->oldest, where);
    }
    return queue->oldest;
}

static void slot_add(struct connections *table, uint32_t hash, uint32_t index)
{
    uint32_t mask = table->slot_count - 1, i = hash & mask;
    while (table->slots[i].place != 0) {
        i = (i + 1) & mask;
    }
    table->slots[i] = (struct slot){hash, index + 1};
}

// Takes the pair out and moves back those behind it that had to give way to it.
static void slot_remove(struct connections *table, uint32_t hash, uint32_t index)
{
    uint32_t mask = table->slot_count - 1, hole = hash & mask;
    while (table->slots[hole].place != index + 1) {
        hole = (hole + 1) & mask;
    }
    for (uint32_t i = (hole + 1) & mask; table->slots[i].place != 0; i = (i + 1) & mask) {
        uint32_t home = table->slots[i].hash & mask;
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            table->slots[hole] = table->slots[i];
            hole = i;
        }
    }
    table->slots[hole] = (struct slot){0, 0};
}

void connection_renew(struct connection *connection)
{
    struct connection fresh = {
        .port = {connection->port[OURS], connection->port[THEIRS]},
        .link = connection->link,
        .vlan_class = connection->vlan_class,
        .hash = connection->hash,
        .queue = connection->queue,
        .last_seen = connection->last_seen,
        .queue_older = connection->queue_older,
        .queue_newer = connection->queue_newer,
        .queued_s = connection->queued_s,
        .direction = {NONE, NONE},
        .holes = {NONE, NONE},
    };
    memcpy(fresh.address, connection->address, sizeof(fresh.address));
    *connection = fresh;
}

uint32_t connections_add(struct connections *table, const struct packet *packet, uint32_t hash,
    uint16_t vlan_class, uint16_t link, enum side sender, struct instant at)
{
    uint32_t index = table->free;
    if (index != NONE) {
        table->free = table->entries[index].queue_newer;
    } else {
        index = table->used++;
    }
    struct connection *entry = &table->entries[index];
    memcpy(entry->address[sender], packet->source, 16);
    memcpy(entry->address[!sender], packet->destination, 16);
    entry->port[sender] = packet->source_port;
    entry->port[!sender] = packet->destination_port;
    entry->link = link;
    entry->vlan_class = vlan_class;
    entry->hash = hash;
    entry->queue = QUEUE_FREE;
    entry->last_seen = at;
    connection_renew(entry);
    slot_add(table, hash, index);
    connections_queue(table, index, QUEUE_BARE);
    return index;
}

void connections_remove(struct connections *table, uint32_t index)
{
    struct connection *entry = &table->entries[index];
    slot_remove(table, entry->hash, index);
    queue_unlink(table, entry);
    entry->queue_newer = table->free;
    table->free = index;
}
