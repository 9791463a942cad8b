// Packets out of captures: several captures read as one, in order of time.
//
// Each capture reads ahead up to CAPTURE_FRAMES frames that lie in its window (capture.h). A binary
// heap holds the captures that have a frame at hand, ordered by (time, place on the command line).
// The first is drained until its next frame is behind the second's: rotated files cost nothing,
// interleaved ones a step down the heap per change.
//
// Order. Inside a capture the file's order is kept, also where its time steps back (a clock was
// set, a card with several queues wrote it): the packet keeps its instant, the step is counted, and
// for the merge the capture stays at the latest time that it has reached. So a capture whose clock
// steps back is never held up, and never holds up the others.
//
// Views. Packets point into the windows. A window moves only in a refill, and a refill happens only
// at the start of a call: a capture that runs dry in the middle of a burst leaves the heap and
// ends the burst there, since its next packet may be the next of all. Packets that were put
// together from fragments lie in a table of their own, which keeps them long enough.
//
// A capture that cannot be read on (cut in the middle of a record, a length that cannot be, a read
// error) ends at its last whole packet, with a warning; the others go on.
#include "dataplane/packets/capture.h"
#include "dataplane/packets/packets.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#define DESCRIPTORS_SPARE 64 // for the rest of the program

struct source {
    struct capture capture;
    struct instant latest; // reached so far, at least the head's time
    uint16_t place;
};

struct captures {
    struct source *sources;
    size_t count;
    struct source **heap; // the next to deliver from first
    size_t heap_count;
    struct source **dry; // without a frame at hand; refilled at the next call
    size_t dry_count;
    uint64_t ordinal;
    struct fragments *fragments;
    struct packet_counts counts;
};

// ---- the heap

static inline bool is_before(const struct source *one, const struct source *other)
{
    return one->latest.ns < other->latest.ns ||
           (one->latest.ns == other->latest.ns && one->place < other->place);
}

static void swap(struct source **one, struct source **other)
{
    struct source *kept = *one;
    *one = *other;
    *other = kept;
}

static void heap_sift_down(struct captures *captures)
{
    struct source **heap = captures->heap;
    for (size_t at = 0;;) {
        size_t first = at, left = 2 * at + 1, right = left + 1;
        if (left < captures->heap_count && is_before(heap[left], heap[first])) {
            first = left;
        }
        if (right < captures->heap_count && is_before(heap[right], heap[first])) {
            first = right;
        }
        if (first == at) {
            return;
        }
        swap(&heap[at], &heap[first]);
        at = first;
    }
}

static void heap_add(struct captures *captures, struct source *source)
{
    struct source **heap = captures->heap;
    size_t at = captures->heap_count++;
    heap[at] = source;
    while (at > 0 && is_before(heap[at], heap[(at - 1) / 2])) {
        swap(&heap[at], &heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
}

static struct source *heap_take(struct captures *captures)
{
    struct source *source = captures->heap[0];
    captures->heap[0] = captures->heap[--captures->heap_count];
    heap_sift_down(captures);
    return source;
}

// The one that comes after the first, NULL when there is none.
static const struct source *heap_second(const struct captures *captures)
{
    struct source *const *heap = captures->heap;
    if (captures->heap_count < 3) {
        return captures->heap_count == 2 ? heap[1] : NULL;
    }
    return is_before(heap[2], heap[1]) ? heap[2] : heap[1];
}

// ---- open and close

// Every capture is open at once, to know its first packet; rotated ones can be thousands.
static void descriptors_allow(size_t count)
{
    struct rlimit limit;
    rlim_t wanted = 2 * count + DESCRIPTORS_SPARE; // libpcap takes a second one
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < wanted) {
        limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit); // when it fails, open() says so
    }
}

struct captures *captures_open(char *const paths[], size_t count, char *error, size_t error_size)
{
    struct captures *captures = calloc(1, sizeof(*captures));
    if (captures == NULL || count == 0 || count > UINT16_MAX) {
        free(captures);
        snprintf(
            error, error_size, "%zu captures cannot be opened: 1 to %d can", count, UINT16_MAX);
        return NULL;
    }
    captures->sources = calloc(count, sizeof(*captures->sources));
    captures->heap = calloc(count, sizeof(struct source *));
    captures->dry = calloc(count, sizeof(struct source *));
    captures->fragments = fragments_new();
    if (captures->sources == NULL || captures->heap == NULL || captures->dry == NULL ||
        captures->fragments == NULL) {
        snprintf(error, error_size, "no memory for %zu captures", count);
        captures_close(captures);
        return NULL;
    }
    descriptors_allow(count);
    for (size_t i = 0; i < count; i++) {
        struct source *source = &captures->sources[i];
        captures->count = i + 1;
        source->place = (uint16_t)i;
        source->latest.ns = INT64_MIN;
        captures->dry[captures->dry_count++] = source;
        if (!capture_open(&source->capture, paths[i], error, error_size)) {
            captures_close(captures);
            return NULL;
        }
    }
    return captures;
}

void captures_close(struct captures *captures)
{
    if (captures == NULL) {
        return;
    }
    for (size_t i = 0; i < captures->count; i++) {
        capture_done(&captures->sources[i].capture);
    }
    free(captures->sources);
    free(captures->heap);
    free(captures->dry);
    fragments_free(captures->fragments);
    free(captures);
}

// ---- the flow

// The source moved on to a new frame at hand.
static inline void source_reach(struct captures *captures, struct source *source)
{
    struct instant at = capture_head(&source->capture)->at;
    if (__builtin_expect(at.ns < source->latest.ns, 0)) {
        captures->counts.time_stepped_back++;
    } else {
        source->latest = at;
    }
}

// Views are dead now: refill what ran dry.
static void dry_fill(struct captures *captures)
{
    for (size_t i = 0; i < captures->dry_count; i++) {
        struct source *source = captures->dry[i];
        if (capture_fill(&source->capture)) {
            source_reach(captures, source);
            heap_add(captures, source);
            continue;
        }
        captures->counts.cut_captures += source->capture.is_broken;
        captures->counts.untimed += source->capture.untimed;
        captures->counts.capture_dropped += source->capture.dropped;
        capture_end(&source->capture);
    }
    captures->dry_count = 0;
}

// Delivers from one source until another's frame comes first, the burst is full (true), or the
// source has no frame at hand (false).
static bool source_drain(struct captures *captures, struct source *source,
    const struct source *second, struct packet *burst, size_t max, size_t *count)
{
    struct capture *capture = &source->capture;
    do {
        const struct frame *frame = &capture->frames[capture->frame_next++];
        struct packet *packet = &burst[(*count)++];
        packet_decode(frame->bytes, frame->captured, frame->length, frame->link_type, packet,
            &captures->counts);
        packet->at = frame->at;
        packet->ordinal = captures->ordinal++;
        packet->tap_port = source->place;
        if (capture_head(capture) == NULL && !capture_more(capture)) {
            return false;
        }
        source_reach(captures, source);
    } while (*count < max && (second == NULL || is_before(source, second)));
    return true;
}

size_t packets_from_capture(struct captures *captures, struct packet *burst, size_t max)
{
    size_t count = 0;
    max = max < FRAGMENTS_BURST_MAX ? max : FRAGMENTS_BURST_MAX;
    dry_fill(captures);
    while (count < max && captures->heap_count > 0) {
        struct source *source = captures->heap[0];
        if (!source_drain(captures, source, heap_second(captures), burst, max, &count)) {
            captures->dry[captures->dry_count++] = heap_take(captures);
            break;
        }
        heap_sift_down(captures);
    }
    packets_join(captures->fragments, burst, count, &captures->counts);
    if (count == 0) {
        fragments_end(captures->fragments, &captures->counts);
    }
    return count;
}

// ---- what is known about them

const struct packet_counts *captures_counts(const struct captures *captures)
{
    return &captures->counts;
}

size_t captures_warning_count(const struct captures *captures)
{
    size_t count = 0;
    for (size_t i = 0; i < captures->count; i++) {
        count += captures->sources[i].capture.warning != NULL;
    }
    return count;
}

const char *captures_warning(const struct captures *captures, size_t index)
{
    for (size_t i = 0; i < captures->count; i++) {
        const char *warning = captures->sources[i].capture.warning;
        if (warning != NULL && index-- == 0) {
            return warning;
        }
    }
    return NULL;
}

uint64_t captures_bytes_read(const struct captures *captures)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < captures->count; i++) {
        bytes += window_offset(&captures->sources[i].capture.window);
    }
    return bytes;
}

uint64_t captures_bytes_total(const struct captures *captures)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < captures->count; i++) {
        uint64_t size = captures->sources[i].capture.window.file_size;
        if (size == 0) {
            return 0;
        }
        bytes += size;
    }
    return bytes;
}
