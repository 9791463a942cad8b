// Theory of operation
//
// A request that its owner never sees makes its answer an orphan there, and an orphan counts when
// request bytes are missing on the link at that time; an answer that it never sees leaves a request
// open, which is unobserved when a gap of the answering side lies before its deadline. So a lost
// message counts as missing bytes at once, in this worker's own sums, and its owner is told, as
// soon as the ring has room, of two gaps a link and side: at the first and at the last lost
// message. With both, every request that lost something finds a gap between itself and its
// deadline, unless the owner stood still for longer than the time limit.
//
// Until then the worker's watermark stays behind the first one, so that the owner cannot have
// paired beyond it. Nobody waits for that but pairing; and whose ring is full is behind in any
// case.
#include "dataplane/overflow.h"

#include <stdlib.h>

struct untold {
    struct instant first, last;
    uint64_t first_ordinal, last_ordinal;
    uint64_t bytes; // 0: nothing to tell
};

struct overflow {
    size_t workers, links;
    uint64_t lost;
    size_t untold_count;
    struct untold untold[]; // [to][link][sent by ours]
};

struct overflow *overflow_new(const struct settings *settings, size_t workers)
{
    size_t count = workers * settings->link_count * 2;
    struct overflow *overflow = calloc(1, sizeof(*overflow) + count * sizeof(overflow->untold[0]));
    if (overflow != NULL) {
        overflow->workers = workers;
        overflow->links = settings->link_count;
    }
    return overflow;
}

void overflow_free(struct overflow *overflow)
{
    free(overflow);
}

static struct untold *untold_of(struct overflow *overflow, size_t to, size_t link, bool ours)
{
    return &overflow->untold[(to * overflow->links + link) * 2 + ours];
}

// What a gap or a message says of bytes, streams have counted of gaps.
static void bytes_count(const struct message *message, struct tally *tally)
{
    struct link_facts facts = {tally};
    if (message->flags & MESSAGE_GAP) {
        return;
    }
    struct link_counts *link = link_facts_at(&facts, message->link, message->at);
    bool answer = message->flags & (MESSAGE_ANSWER | MESSAGE_REJECTED);
    *(answer ? &link->missing_answer_bytes : &link->missing_request_bytes) += message->length;
}

void overflow_note(
    struct overflow *overflow, size_t to, const struct message *message, struct tally *tally)
{
    if (message->link >= overflow->links) {
        return;
    }
    bool ours = message->flags & MESSAGE_FROM_OURS, gap = message->flags & MESSAGE_GAP;
    struct untold *untold = untold_of(overflow, to, message->link, ours);
    if (untold->bytes == 0) {
        overflow->untold_count++;
        untold->first = untold->last = message->at;
        untold->first_ordinal = untold->last_ordinal = message->ordinal;
    }
    if (message->at.ns < untold->first.ns) {
        untold->first = message->at;
        untold->first_ordinal = message->ordinal;
    } else if (message->at.ns > untold->last.ns) {
        untold->last = message->at;
        untold->last_ordinal = message->ordinal;
    }
    untold->bytes += gap ? message->amount + 1 : message->length + 1u; // never zero
    overflow->lost++;
    bytes_count(message, tally);
}

static bool tell(struct overflow *overflow, struct mesh *mesh, size_t self, size_t place)
{
    struct untold *untold = &overflow->untold[place];
    struct message gap = {
        .at = untold->first,
        .ordinal = untold->first_ordinal,
        .amount = untold->bytes,
        .link = (uint16_t)(place / 2 % overflow->links),
        .code = -1,
        .flags = (uint8_t)(MESSAGE_GAP | (place % 2 ? MESSAGE_FROM_OURS : 0)),
    };
    if (!mesh_put(mesh, self, place / 2 / overflow->links, &gap)) {
        return false;
    }
    if (untold->first.ns == untold->last.ns) {
        *untold = (struct untold){0};
        overflow->untold_count--;
        return true;
    }
    untold->first = untold->last;
    untold->first_ordinal = untold->last_ordinal;
    untold->bytes = 1;
    return tell(overflow, mesh, self, place);
}

bool overflow_tell(struct overflow *overflow, struct mesh *mesh, size_t self)
{
    size_t count = overflow->workers * overflow->links * 2;
    for (size_t i = 0; i < count && overflow->untold_count > 0; i++) {
        if (overflow->untold[i].bytes > 0) {
            (void)tell(overflow, mesh, self, i);
        }
    }
    return overflow->untold_count == 0;
}

struct instant overflow_oldest(const struct overflow *overflow)
{
    size_t count = overflow->workers * overflow->links * 2;
    struct instant oldest = INSTANT_NEVER;
    for (size_t i = 0; i < count && overflow->untold_count > 0; i++) {
        if (overflow->untold[i].bytes > 0) {
            oldest = instant_min(oldest, overflow->untold[i].first);
        }
    }
    return oldest;
}

uint64_t overflow_lost(const struct overflow *overflow)
{
    return overflow->lost;
}
