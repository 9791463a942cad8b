// Theory of operation
//
// Whose packet. A connection belongs to the worker of the receive queue that RSS gives it (rss.h),
// by the innermost addresses and ports, whatever queue it came in by: a port that spreads well
// makes handing over rare; tunnels, fragments put together, and devices that spread otherwise or
// not at all make it frequent; the result is the same. With more workers than queues all spreading
// is done here. What is no TCP stays where it came in: it moves time and the sums of links, which
// add up.
//
// By the wall clock a worker first takes what the others handed over, a bounded part of it, then
// its own packets, as they are. A packet that finds no room is lost; its bytes become a gap.
// Packets of one connection that came in by two workers may change their order by the rings' delay,
// as on a tap: streams put that right.
//
// By packets all come in the order of (at, ordinal), as in one capture merged by time. Every worker
// has a frontier: it will not receive anything before it. It hands over everything, to itself too,
// and a worker takes what lies before all frontiers, which is all there by then, merged. Time moves
// with the least frontier, so workers without packets do not fall behind. The frontier of a worker
//
//     with packets     is behind the last one it received
//     at its end       (a device that is a file) holds nobody up
//     without packets  on a device that may still bring some is the furthest of the others less
//                      packets.disorder: what comes later than that counts as seen then
//
// Full rings: the worker goes on taking what it can while it waits. The earliest packet of all that
// wait can always be taken: everybody else's frontier has passed it or will. So no deadlock. Those
// without packets therefore leave out the disorder while somebody waits: a ring may be shorter.
#include "dataplane/crew.h"

#include "dataplane/counters/intents.h"
#include "dataplane/member.h"
#include "dataplane/packet_ring.h"
#include "dataplane/packets/rss.h"
#include "dataplane/transactions/dialects.h"

#include <stdatomic.h>
#include <stdlib.h>

#define BURST          64
#define BURSTS_AT_ONCE 16 // by the wall clock: others may hand over faster than this one takes

struct crew_worker {
    _Alignas(64) struct member *member;
    struct instant received; // the last instant
    struct frontier frontier;
    uint64_t handed_over, lost_packets, disordered;
    atomic_bool waits; // for room: a hint to the others
};

struct crew {
    const struct settings *settings;
    size_t workers, queues;
    enum crew_time time;
    void (*wait)(void *context, size_t worker);
    void *context;
    struct dialects *dialects;
    struct mesh *mesh;
    struct intents *intents;    // of the detectors' thread
    struct packet_ring **rings; // [from * workers + to]
    uint32_t hash[2][256];      // of the fold's high and low byte
    struct crew_worker members[];
};

// ---- whose packet

static void spread_init(struct crew *crew)
{
    for (uint32_t byte = 0; byte < 256; byte++) {
        crew->hash[0][byte] = rss_hash_of(byte << 8);
        crew->hash[1][byte] = rss_hash_of(byte);
    }
}

static size_t owner_of(const struct crew *crew, size_t self, const struct packet *packet)
{
    if (packet->kind != PACKET_TCP) {
        return self;
    }
    uint32_t fold = rss_fold(packet);
    uint32_t hash = crew->hash[0][fold >> 8 & 0xff] ^ crew->hash[1][fold & 0xff];
    return hash % RSS_PLACES % crew->queues % crew->workers;
}

static struct packet_ring *ring_between(const struct crew *crew, size_t from, size_t to)
{
    return crew->rings[from * crew->workers + to];
}

static void rings_publish(const struct crew *crew, size_t from)
{
    for (size_t to = 0; to < crew->workers; to++) {
        packet_ring_publish(ring_between(crew, from, to));
    }
}

// ---- taking what was handed over

// The ring whose next packet is the earliest, if that lies before the limit.
static struct packet_ring *ring_earliest(
    const struct crew *crew, size_t self, struct frontier limit)
{
    struct packet_ring *earliest = NULL;
    for (size_t from = 0; from < crew->workers; from++) {
        struct packet_ring *ring = ring_between(crew, from, self);
        const struct packet *packet = packet_ring_next(ring);
        if (packet != NULL &&
            frontier_is_before((struct frontier){packet->at, packet->ordinal}, limit)) {
            limit = (struct frontier){packet->at, packet->ordinal};
            earliest = ring;
        }
    }
    return earliest;
}

// So many bursts at most.
static void rings_take(
    const struct crew *crew, size_t self, struct frontier limit, size_t bursts_most)
{
    struct packet burst[BURST];
    size_t count, bursts = 0;
    do {
        struct packet_ring *ring;
        for (count = 0; count < BURST && (ring = ring_earliest(crew, self, limit)) != NULL;
             count++) {
            burst[count] = *packet_ring_next(ring);
            packet_ring_step(ring);
        }
        member_packets(crew->members[self].member, burst, count);
        for (size_t from = 0; from < crew->workers; from++) {
            packet_ring_release(ring_between(crew, from, self));
        }
    } while (count == BURST && ++bursts < bursts_most);
}

static struct frontier least_frontier(const struct crew *crew)
{
    struct frontier least = FRONTIER_END;
    for (size_t i = 0; i < crew->workers; i++) {
        struct frontier frontier = mesh_frontier(crew->mesh, i);
        least = frontier_is_before(frontier, least) ? frontier : least;
    }
    return least;
}

// False once no worker will receive anything more: then everything was taken.
static bool take_in_order(const struct crew *crew, size_t self)
{
    struct frontier limit = least_frontier(crew);
    bool over = limit.at.ns == INSTANT_NEVER.ns;
    rings_take(crew, self, limit, SIZE_MAX);
    if (!over && limit.at.ns != INT64_MIN) {
        member_advance(crew->members[self].member, limit.at);
    }
    return !over;
}

// ---- by packets

static void frontier_move(
    const struct crew *crew, struct crew_worker *worker, size_t self, struct frontier frontier)
{
    if (frontier_is_before(worker->frontier, frontier)) {
        worker->frontier = frontier;
        mesh_publish_frontier(crew->mesh, self, frontier);
    }
}

static void wait_for_room(struct crew *crew, size_t self, const struct packet *packet)
{
    struct crew_worker *worker = &crew->members[self];
    atomic_store_explicit(&worker->waits, true, memory_order_relaxed);
    rings_publish(crew, self);
    frontier_move(crew, worker, self, (struct frontier){packet->at, packet->ordinal});
    (void)take_in_order(crew, self);
    (void)member_pass(worker->member);
    crew->wait(crew->context, self);
    atomic_store_explicit(&worker->waits, false, memory_order_relaxed);
}

static void hand_over_in_order(struct crew *crew, size_t self, const struct packet *packet)
{
    size_t owner = owner_of(crew, self, packet);
    crew->members[self].handed_over += owner != self;
    while (!packet_ring_put(ring_between(crew, self, owner), packet)) {
        wait_for_room(crew, self, packet);
    }
}

static bool somebody_waits(const struct crew *crew)
{
    bool waits = false;
    for (size_t i = 0; i < crew->workers; i++) {
        waits |= atomic_load_explicit(&crew->members[i].waits, memory_order_relaxed);
    }
    return waits;
}

// Of a worker without packets: less the disorder that packets may have, unless that is in the way.
static struct frontier frontier_of_the_others(const struct crew *crew)
{
    struct frontier furthest = {{INT64_MIN}, 0};
    for (size_t i = 0; i < crew->workers; i++) {
        struct frontier frontier = mesh_frontier(crew->mesh, i);
        bool further = frontier_is_before(furthest, frontier);
        furthest = further && frontier.at.ns != INSTANT_NEVER.ns ? frontier : furthest;
    }
    if (furthest.at.ns != INT64_MIN && !somebody_waits(crew)) {
        furthest.at = instant_add(furthest.at, -crew->settings->packets.disorder_ns);
    }
    return furthest;
}

static void packets_in_order(
    struct crew *crew, size_t self, struct packet *packets, size_t count, bool over)
{
    struct crew_worker *worker = &crew->members[self];
    for (size_t i = 0; i < count; i++) {
        struct instant floor = instant_max(worker->received, worker->frontier.at);
        worker->disordered += packets[i].at.ns < floor.ns;
        packets[i].at = worker->received = instant_max(packets[i].at, floor);
        hand_over_in_order(crew, self, &packets[i]);
    }
    rings_publish(crew, self);
    if (over) {
        frontier_move(crew, worker, self, FRONTIER_END);
    } else if (count > 0) {
        uint64_t next = packets[count - 1].ordinal + 1;
        frontier_move(crew, worker, self, (struct frontier){worker->received, next});
    } else {
        frontier_move(crew, worker, self, frontier_of_the_others(crew));
    }
    (void)take_in_order(crew, self);
    (void)member_pass(worker->member);
}

// ---- by the wall clock

static bool hand_over(struct crew *crew, size_t self, const struct packet *packet)
{
    struct crew_worker *worker = &crew->members[self];
    size_t owner = owner_of(crew, self, packet);
    if (owner == self) {
        return false;
    }
    worker->handed_over++;
    worker->lost_packets += !packet_ring_put(ring_between(crew, self, owner), packet);
    return true;
}

static void packets_at_once(struct crew *crew, size_t self, struct packet *packets, size_t count)
{
    struct member *member = crew->members[self].member;
    struct instant last = count > 0 ? packets[count - 1].at : (struct instant){INT64_MIN};
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (!hand_over(crew, self, &packets[i])) {
            if (kept != i) {
                packets[kept] = packets[i];
            }
            kept++;
        }
    }
    rings_publish(crew, self);
    rings_take(crew, self, FRONTIER_END, BURSTS_AT_ONCE);
    member_packets(member, packets, kept);
    if (kept == 0 && count > 0) {
        member_advance(member, last);
    }
    (void)member_pass(member);
}

// ---- the worker's calls

void crew_packets(struct crew *crew, size_t worker, struct packet *packets, size_t count, bool over)
{
    if (crew->workers == 1) {
        member_packets(crew->members[worker].member, packets, count);
    } else if (crew->time == CREW_WALL) {
        packets_at_once(crew, worker, packets, count);
    } else {
        packets_in_order(crew, worker, packets, count, over);
    }
}

void crew_advance(struct crew *crew, size_t worker, struct instant now)
{
    member_advance(crew->members[worker].member, now);
}

void crew_pass(struct crew *crew, size_t worker)
{
    (void)member_pass(crew->members[worker].member);
}

static bool take_the_last(struct crew *crew, size_t self)
{
    if (crew->time == CREW_PACKETS) {
        return take_in_order(crew, self);
    }
    bool over = least_frontier(crew).at.ns == INSTANT_NEVER.ns;
    rings_take(crew, self, FRONTIER_END, SIZE_MAX);
    return !over;
}

void crew_end(struct crew *crew, size_t worker)
{
    struct member *member = crew->members[worker].member;
    if (crew->workers > 1) {
        frontier_move(crew, &crew->members[worker], worker, FRONTIER_END);
        while (take_the_last(crew, worker)) {
            (void)member_pass(member);
            crew->wait(crew->context, worker);
        }
    }
    member_end(member);
}

bool crew_tick(struct crew *crew, size_t worker, struct counters *ret)
{
    return member_tick(crew->members[worker].member, ret);
}

struct intents *crew_intents(struct crew *crew)
{
    return crew->intents;
}

static void worker_counts(const struct crew_worker *worker, struct crew_counts *ret)
{
    member_counts(worker->member, &ret->dataplane);
    ret->dataplane.disordered_packets += worker->disordered;
    ret->handed_over += worker->handed_over;
    ret->lost_packets += worker->lost_packets;
    ret->lost_messages += member_lost(worker->member);
}

void crew_worker_counts(const struct crew *crew, size_t worker, struct crew_counts *ret)
{
    *ret = (struct crew_counts){0};
    worker_counts(&crew->members[worker], ret);
}

void crew_counts(const struct crew *crew, struct crew_counts *ret)
{
    *ret = (struct crew_counts){0};
    for (size_t i = 0; i < crew->workers; i++) {
        worker_counts(&crew->members[i], ret);
    }
}

// ---- start and end

static bool rings_make(struct crew *crew)
{
    size_t count = crew->workers * crew->workers;
    size_t bytes = (size_t)crew->settings->ports.handover_bytes;
    crew->rings = calloc(count, sizeof(struct packet_ring *));
    bool made = crew->rings != NULL;
    for (size_t i = 0; made && crew->workers > 1 && i < count; i++) {
        crew->rings[i] = packet_ring_new(bytes);
        made = crew->rings[i] != NULL;
    }
    return made;
}

static bool members_make(struct crew *crew, struct mistakes *mistakes)
{
    struct member_options options = {.dialects = crew->dialects,
        .mesh = crew->mesh,
        .blocks = crew->time == CREW_PACKETS,
        .wait = crew->wait,
        .context = crew->context};
    for (; options.number < crew->workers; options.number++) {
        struct crew_worker *worker = &crew->members[options.number];
        worker->received = worker->frontier.at = (struct instant){INT64_MIN};
        worker->member = member_new(crew->settings, &options, mistakes);
        if (worker->member == NULL) {
            return false;
        }
        intents_add_source(crew->intents, member_processed(worker->member));
    }
    return true;
}

struct crew *crew_new(const struct settings *settings, const struct crew_spread *spread,
    enum crew_time time, void (*wait)(void *context, size_t worker), void *context,
    struct mistakes *mistakes)
{
    size_t size = sizeof(struct crew) + spread->workers * sizeof(struct crew_worker);
    struct crew *crew = aligned_alloc(64, size);
    if (crew == NULL) {
        mistake(mistakes, NULL, 0, 0, "no memory for %zu workers", spread->workers);
        return NULL;
    }
    memset(crew, 0, size);
    crew->settings = settings;
    crew->workers = spread->workers;
    crew->queues = spread->queues < spread->workers ? spread->workers : spread->queues;
    crew->time = time;
    crew->wait = wait;
    crew->context = context;
    spread_init(crew);
    crew->dialects = dialects_new(settings, mistakes);
    crew->mesh = mesh_new(crew->workers, (size_t)settings->ports.exchange);
    crew->intents = intents_new(settings);
    if (crew->dialects == NULL || crew->mesh == NULL || crew->intents == NULL ||
        !rings_make(crew) || !members_make(crew, mistakes)) {
        crew_free(crew);
        return NULL;
    }
    return crew;
}

void crew_free(struct crew *crew)
{
    if (crew == NULL) {
        return;
    }
    intents_free(crew->intents);
    for (size_t i = 0; i < crew->workers; i++) {
        member_free(crew->members[i].member);
    }
    for (size_t i = 0; crew->rings != NULL && i < crew->workers * crew->workers; i++) {
        packet_ring_free(crew->rings[i]);
    }
    free(crew->rings);
    mesh_free(crew->mesh);
    dialects_free(crew->dialects);
    free(crew);
}

size_t crew_misfits(const struct crew *crew, struct region_misfit *ret, size_t most)
{
    return dialects_misfits(crew->dialects, ret, most);
}
