// IP packets out of their fragments: what a tunnel that is smaller than the frames in it, or a link
// with a small MTU, makes of them.
//
// A ring of DATAGRAMS places in the order in which their first fragments came, each with room for
// DATAGRAM_BYTES, found by a hash of what the fragments of one datagram have in common. Places are
// never freed one by one: the oldest end of the ring is dropped when its WAIT is over in the time
// of the packets, or when the ring is full. So the result depends on the packets alone, memory is
// fixed, and what was put together stays where it is until the ring has gone round: a view into it
// outlives FRAGMENTS_BURST_MAX frames.
//
// Bytes that overlap are taken only when they are the same bytes again, as where a mirror shows
// every frame twice. Different ones are somebody's attempt to show us another stream than the
// receiver's: the datagram is dropped, with what still comes of it (RFC 5722, RFC 8200 4.5; here
// for IPv4 too). For COPY after a datagram is whole its fragments are copies; later the
// identification may name another one.
//
// WAIT is much shorter than a receiver's 30 s or 60 s: behind a tap the fragments are microseconds
// apart, and TCP (packets.hold) gives the bytes up in that time anyway. Those cut by the snap
// length count as received: the datagram is captured up to its first cut.
#include "dataplane/packets/bytes.h"
#include "dataplane/packets/decode.h"

#include <sodium.h>

#include <stdlib.h>
#include <sys/mman.h>

#define DATAGRAMS      1024  // 100,000 a second, each over within 10 ms
#define DATAGRAM_BYTES 16384 // a jumbo frame in its tunnels, and nothing that TCP would make
#define UNIT           8     // fragments are multiples of it
#define WORD_UNITS     64
#define WORDS          (DATAGRAM_BYTES / UNIT / WORD_UNITS)
#define BUCKETS        2048
#define WAIT_NS        NS_PER_S
#define COPY_NS        (10 * NS_PER_MS)
#define PLACE_NONE     UINT32_MAX
#define NESTED_MAX     5 // the outermost, and one in each tunnel

_Static_assert(DATAGRAMS >= FRAGMENTS_BURST_MAX * NESTED_MAX, "a burst must not go round the ring");

struct key {
    uint8_t source[16], destination[16];
    uint32_t id;
    uint16_t vlan; // addresses are unique in a VLAN only
    uint8_t protocol, is_ipv6;
};
_Static_assert(sizeof(struct key) == 40, "compared and hashed as bytes");

enum datagram_state { OPEN, SPOILT, JOINED };

struct datagram {
    struct key key;
    struct instant first, joined;
    uint64_t seen[WORDS]; // a bit a unit
    uint32_t seen_units;
    uint32_t total;    // bytes, 0 while the last fragment is missing
    uint32_t end;      // of what came so far
    uint32_t captured; // up to here nothing was cut
    uint32_t bucket, next;
    uint8_t state;
    uint8_t protocol; // of the first fragment
};

struct fragments {
    struct datagram *datagrams; // datagrams[i % DATAGRAMS], oldest <= i < newest
    uint8_t *bytes;             // kept out of core dumps: there may be card data
    uint64_t oldest, newest;
    uint64_t fragments; // counted so far
    struct instant now;
    uint32_t buckets[BUCKETS];
    uint8_t hash_key[crypto_shorthash_KEYBYTES]; // nobody can fill a bucket on purpose
};

struct fragments *fragments_new(void)
{
    struct fragments *table = calloc(1, sizeof(*table));
    if (table == NULL || sodium_init() < 0) {
        free(table);
        return NULL;
    }
    size_t size = (size_t)DATAGRAMS * DATAGRAM_BYTES;
    void *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    table->bytes = bytes == MAP_FAILED ? NULL : bytes;
    table->datagrams = calloc(DATAGRAMS, sizeof(*table->datagrams));
    if (table->bytes == NULL || table->datagrams == NULL) {
        fragments_free(table);
        return NULL;
    }
    madvise(bytes, size, MADV_DONTDUMP);
    memset(table->buckets, 0xff, sizeof(table->buckets));
    table->now.ns = INT64_MIN;
    crypto_shorthash_keygen(table->hash_key);
    return table;
}

void fragments_free(struct fragments *fragments)
{
    if (fragments == NULL) {
        return;
    }
    if (fragments->bytes != NULL) {
        munmap(fragments->bytes, (size_t)DATAGRAMS * DATAGRAM_BYTES);
    }
    free(fragments->datagrams);
    free(fragments);
}

// ---- the ring

static void oldest_drop(struct fragments *table, struct packet_counts *counts)
{
    uint32_t place = (uint32_t)(table->oldest++ % DATAGRAMS);
    const struct datagram *datagram = &table->datagrams[place];
    uint32_t *link = &table->buckets[datagram->bucket];
    while (*link != place) {
        link = &table->datagrams[*link].next;
    }
    *link = datagram->next;
    counts->datagrams_incomplete += datagram->state == OPEN;
}

static void expire(struct fragments *table, struct packet_counts *counts)
{
    while (table->oldest < table->newest &&
           table->now.ns - table->datagrams[table->oldest % DATAGRAMS].first.ns > WAIT_NS) {
        oldest_drop(table, counts);
    }
}

static uint32_t bucket_of(const struct fragments *table, const struct key *key)
{
    uint8_t hash[crypto_shorthash_BYTES];
    crypto_shorthash(hash, (const uint8_t *)key, sizeof(*key), table->hash_key);
    return be16_load(hash) % BUCKETS;
}

static struct datagram *datagram_add(
    struct fragments *table, const struct key *key, uint32_t bucket, struct packet_counts *counts)
{
    if (table->newest - table->oldest == DATAGRAMS) {
        oldest_drop(table, counts);
    }
    uint32_t place = (uint32_t)(table->newest++ % DATAGRAMS);
    struct datagram *datagram = &table->datagrams[place];
    *datagram = (struct datagram){.key = *key,
        .first = table->now,
        .captured = DATAGRAM_BYTES,
        .bucket = bucket,
        .next = table->buckets[bucket],
        .protocol = key->protocol};
    table->buckets[bucket] = place;
    return datagram;
}

// The youngest of the key, PLACE_NONE's NULL when there is none or the key is free again.
static struct datagram *datagram_find(
    struct fragments *table, const struct key *key, uint32_t bucket)
{
    for (uint32_t at = table->buckets[bucket]; at != PLACE_NONE; at = table->datagrams[at].next) {
        struct datagram *datagram = &table->datagrams[at];
        if (memcmp(&datagram->key, key, sizeof(*key)) == 0) {
            bool is_over =
                datagram->state == JOINED && table->now.ns - datagram->joined.ns > COPY_NS;
            return is_over ? NULL : datagram;
        }
    }
    return NULL;
}

// ---- one datagram

static uint8_t *datagram_bytes(const struct fragments *table, const struct datagram *datagram)
{
    return table->bytes + (size_t)(datagram - table->datagrams) * DATAGRAM_BYTES;
}

// Marks the units; returns how many of them were new.
static uint32_t units_mark(struct datagram *datagram, uint32_t first, uint32_t count)
{
    uint32_t fresh = 0;
    for (uint32_t unit = first; unit < first + count; unit++) {
        uint64_t *word = &datagram->seen[unit / WORD_UNITS], bit = 1ull << unit % WORD_UNITS;
        fresh += (*word & bit) == 0;
        *word |= bit;
    }
    datagram->seen_units += fresh;
    return fresh;
}

// The fragment agrees with what is known of the datagram's length.
static bool length_agrees(const struct datagram *datagram, const struct fragment *fragment)
{
    uint32_t end = fragment->offset + fragment->rest.length;
    if (fragment->more) {
        return datagram->total == 0 || end <= datagram->total;
    }
    return datagram->total == 0 ? end >= datagram->end : end == datagram->total;
}

// All of its bytes came before, and they were the same, as far as both were captured.
static bool is_copy(
    const struct fragments *table, const struct datagram *datagram, const struct fragment *fragment)
{
    uint32_t room =
        datagram->captured > fragment->offset ? datagram->captured - fragment->offset : 0;
    uint32_t bytes = fragment->rest.captured < room ? fragment->rest.captured : room;
    return memcmp(datagram_bytes(table, datagram) + fragment->offset, fragment->rest.at, bytes) ==
           0;
}

static void fragment_copy(
    const struct fragments *table, struct datagram *datagram, const struct fragment *fragment)
{
    uint32_t captured = fragment->rest.captured, end = fragment->offset + fragment->rest.length;
    if (captured > 0) {
        memcpy(datagram_bytes(table, datagram) + fragment->offset, fragment->rest.at, captured);
    }
    if (captured < fragment->rest.length && fragment->offset + captured < datagram->captured) {
        datagram->captured = fragment->offset + captured;
    }
    datagram->end = end > datagram->end ? end : datagram->end;
    datagram->total = fragment->more ? datagram->total : end;
    datagram->protocol = fragment->offset == 0 ? fragment->protocol : datagram->protocol;
}

static void spoil(struct datagram *datagram, struct packet_counts *counts)
{
    counts->datagrams_overlapping++;
    datagram->state = SPOILT;
}

// True when the datagram is whole now.
static bool fragment_put(const struct fragments *table, struct datagram *datagram,
    const struct fragment *fragment, struct packet_counts *counts)
{
    uint32_t units = (fragment->rest.length + UNIT - 1) / UNIT;
    if (!length_agrees(datagram, fragment)) {
        spoil(datagram, counts);
        return false;
    }
    uint32_t fresh = units_mark(datagram, fragment->offset / UNIT, units);
    if (fresh == 0 && is_copy(table, datagram, fragment)) {
        counts->fragments_repeated++;
        return false;
    }
    if (fresh < units) {
        spoil(datagram, counts);
        return false;
    }
    fragment_copy(table, datagram, fragment);
    return datagram->total != 0 && datagram->seen_units == (datagram->total + UNIT - 1) / UNIT;
}

// ---- one frame

// False, and counted, when no receiver would take it, or it is larger than is kept.
static bool fragment_is_good(const struct fragment *fragment, struct packet_counts *counts)
{
    uint32_t end = fragment->offset + fragment->rest.length;
    bool is_odd = fragment->more && fragment->rest.length % UNIT != 0;
    if (is_odd || fragment->rest.length == 0 || end > UINT16_MAX) {
        counts->bad_ip_header++;
        return false;
    }
    if (end > DATAGRAM_BYTES) {
        counts->datagrams_too_long += !fragment->more;
        return false;
    }
    return true;
}

static struct key key_of(const struct packet *packet, const struct fragment *fragment)
{
    struct key key = {.id = fragment->id,
        .vlan = packet->vlan,
        .protocol = fragment->is_ipv6 ? 0 : fragment->protocol,
        .is_ipv6 = fragment->is_ipv6};
    memcpy(key.source, packet->source, sizeof(key.source));
    memcpy(key.destination, packet->destination, sizeof(key.destination));
    return key;
}

// The datagram that the fragment completes, or NULL.
static struct datagram *datagram_from_fragment(struct fragments *table, const struct packet *packet,
    const struct fragment *fragment, struct packet_counts *counts)
{
    if (!fragment_is_good(fragment, counts)) {
        return NULL;
    }
    struct key key = key_of(packet, fragment);
    uint32_t bucket = bucket_of(table, &key);
    struct datagram *datagram = datagram_find(table, &key, bucket);
    if (datagram == NULL) {
        datagram = datagram_add(table, &key, bucket, counts);
    }
    if (datagram->state != OPEN) {
        counts->fragments_repeated += datagram->state == JOINED;
        return NULL;
    }
    return fragment_put(table, datagram, fragment, counts) ? datagram : NULL;
}

static void packet_join(struct fragments *table, struct packet *ret, struct packet_counts *counts)
{
    table->now = instant_max(table->now, ret->at);
    expire(table, counts);
    for (int nested = 0; ret->is_fragment; nested++) {
        struct fragment fragment = fragment_take(ret);
        struct datagram *datagram =
            nested < NESTED_MAX ? datagram_from_fragment(table, ret, &fragment, counts) : NULL;
        if (datagram == NULL) {
            return;
        }
        datagram->state = JOINED;
        datagram->joined = table->now;
        counts->datagrams_joined++;
        uint32_t captured =
            datagram->captured < datagram->total ? datagram->captured : datagram->total;
        struct rest rest = {datagram_bytes(table, datagram), captured, datagram->total};
        payload_decode(datagram->protocol, fragment.is_ipv6, rest, ret, counts);
    }
}

void packets_join(
    struct fragments *fragments, struct packet *burst, size_t count, struct packet_counts *counts)
{
    if (counts->fragments == fragments->fragments) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (burst[i].is_fragment) {
            packet_join(fragments, &burst[i], counts);
        }
    }
    fragments->fragments = counts->fragments;
}

void fragments_end(struct fragments *fragments, struct packet_counts *counts)
{
    while (fragments->oldest < fragments->newest) {
        oldest_drop(fragments, counts);
    }
}
