// Theory of operation
//
// The capture of a recipe is one loop (tools/bench/traffic.h); it is written to a temporary file,
// read into memory and indexed. Two cursors go round it: `made` is ahead of `judged` by the frames
// whose fate is open. move_on() makes each loop new traffic; it is shown every frame in its order,
// sent or not, so what is not sent is missing on the streams.
//
// An answer pairs when its request went out: `asked` remembers for every place of the loop in which
// loop its request did. A place's answer comes less than a loop behind its request, so one number
// is enough.
#include "tests/send/load.h"

#include "tools/bench/move_on.h"
#include "tools/bench/traffic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PCAP_HEAD_BYTES 24
#define PCAP_FRAME_HEAD 16
#define HEADERS_BYTES   FRAME_PAYLOAD_AT
#define MTI_AT          (FRAME_PAYLOAD_AT + 4 + 46) // CUPS: length, header
#define STAN_AFTER      10                          // bytes of field 7
#define STAN_DIGITS     6

enum kind { KIND_NONE, KIND_REQUEST, KIND_ANSWER };

struct frame {
    const uint8_t *bytes;
    uint32_t length;
    uint8_t kind; // enum kind
    bool is_earlier;
    uint32_t place;
};

struct cursor {
    size_t index;
    uint64_t loop;
};

struct load {
    uint8_t *capture;
    size_t capture_bytes;
    struct frame *frames;
    size_t count;
    struct cursor made, judged;
    uint64_t *asked; // by place: its request's loop + 1; 0: never
    size_t places;
    struct load_sums sums;
    struct mileage mileage[MOVE_QUEUES_MAX];
};

static uint32_t place_of(const uint8_t *stan)
{
    uint32_t place = 0;
    for (int i = 0; i < STAN_DIGITS; i++) {
        place = place * 10 + (uint32_t)(stan[i] - '0');
    }
    return place;
}

// What the frame says of itself.
static struct frame frame_index(const uint8_t *bytes, uint32_t length)
{
    struct frame_moves moves;
    memcpy(&moves, bytes, sizeof(moves));
    struct frame frame = {.bytes = bytes, .length = length};
    if ((moves.flags & MOVES_MESSAGE) != 0) {
        frame.kind = memcmp(bytes + MTI_AT, "0200", 4) == 0 ? KIND_REQUEST : KIND_ANSWER;
        frame.is_earlier = (moves.flags & MOVES_EARLIER) != 0;
        frame.place = place_of(bytes + moves.time_at + STAN_AFTER);
    }
    return frame;
}

static bool capture_index(struct load *load)
{
    size_t at = PCAP_HEAD_BYTES, found = 0;
    while (found < load->count && at + PCAP_FRAME_HEAD <= load->capture_bytes) {
        uint32_t length;
        memcpy(&length, load->capture + at + 8, sizeof(length)); // little-endian, as this machine
        at += PCAP_FRAME_HEAD;
        if (length > LOAD_FRAME_MAX || length > load->capture_bytes - at) {
            return false;
        }
        load->frames[found] = frame_index(load->capture + at, length);
        if (load->frames[found].place >= load->places) {
            return false;
        }
        found++;
        at += length;
    }
    return found == load->count && at == load->capture_bytes;
}

static bool capture_read(struct load *load, const char *path)
{
    FILE *in = fopen(path, "re");
    long bytes = in != NULL && fseek(in, 0, SEEK_END) == 0 ? ftell(in) : -1;
    if (bytes > PCAP_HEAD_BYTES) {
        load->capture_bytes = (size_t)bytes;
        load->capture = malloc(load->capture_bytes);
        rewind(in);
    }
    bool read = load->capture != NULL &&
                fread(load->capture, 1, load->capture_bytes, in) == load->capture_bytes;
    if (in != NULL) {
        fclose(in);
    }
    return read;
}

// The recipe's capture in memory, through a file that nobody else sees.
static bool load_fill(struct load *load, const struct recipe *recipe, char *error, size_t size)
{
    struct traffic traffic;
    char path[] = "/tmp/tapgrade-send-XXXXXX";
    int file = mkstemp(path);
    bool written = file >= 0 &&
                   traffic_write(recipe, (struct traffic_lane){0, 1}, path, &traffic, error, size);
    if (written) {
        load->count = traffic.frames;
        load->places = (size_t)recipe->requests;
        traffic_free(&traffic);
        load->frames = calloc(load->count, sizeof(*load->frames));
        load->asked = calloc(load->places, sizeof(*load->asked));
    }
    bool read = written && load->frames != NULL && load->asked != NULL &&
                capture_read(load, path) && capture_index(load);
    if (file >= 0) {
        close(file);
        unlink(path);
    }
    return read;
}

struct load *load_new(const char *name)
{
    char error[512] = "it cannot be kept in memory";
    struct recipe recipe = {0};
    struct mistakes *mistakes = mistakes_new();
    struct load *load = calloc(1, sizeof(*load));
    bool filled = load != NULL && recipe_read(name, 1, &recipe, mistakes) &&
                  load_fill(load, &recipe, error, sizeof(error));
    mistakes_print(mistakes, stderr);
    mistakes_free(mistakes);
    recipe_free(&recipe);
    if (!filled) {
        fprintf(stderr, "send: no traffic of %s: %s\n", name, error);
        load_free(load);
        return NULL;
    }
    move_on_init(&(struct mover){.frames = {load->count}, .mileage = load->mileage});
    return load;
}

void load_free(struct load *load)
{
    if (load != NULL) {
        free(load->capture);
        free(load->frames);
        free(load->asked);
        free(load);
    }
}

static const struct frame *cursor_take(const struct load *load, struct cursor *cursor)
{
    const struct frame *frame = &load->frames[cursor->index];
    if (++cursor->index == load->count) {
        cursor->index = 0;
        cursor->loop++;
    }
    return frame;
}

uint32_t load_next(struct load *load, uint8_t *frame)
{
    const struct frame *next = cursor_take(load, &load->made);
    memcpy(frame, next->bytes, next->length);
    move_on(NULL, 0, 0, &frame, 1);
    return next->length;
}

void load_fate(struct load *load, bool is_sent)
{
    uint64_t loop = load->judged.loop;
    const struct frame *frame = cursor_take(load, &load->judged);
    struct load_sums *sums = &load->sums;
    if (!is_sent) {
        sums->refused++;
        sums->refused_bytes += frame->kind == KIND_NONE ? 0 : frame->length - HEADERS_BYTES;
        return;
    }
    sums->sent++;
    sums->sent_bytes += frame->length;
    sums->requests += frame->kind == KIND_REQUEST;
    sums->answers += frame->kind == KIND_ANSWER;
    if (frame->kind == KIND_REQUEST) {
        load->asked[frame->place] = loop + 1;
    } else if (frame->kind == KIND_ANSWER) {
        sums->pairs +=
            load->asked[frame->place] == loop + !frame->is_earlier && loop + !frame->is_earlier > 0;
    }
}

const struct load_sums *load_sums(const struct load *load)
{
    return &load->sums;
}
