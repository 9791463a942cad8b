// The captures of the bench rows, and how they move on by the loop, read back by other means: what
// is in the frames, followed over several loops, against what traffic_sum says.
#include "config/instant.h"

#include "tools/bench/move_on.h"
#include "tools/bench/traffic.h"

#include <uthash.h>

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define LOOPS      3
#define MTI_AT     (54 + 4 + 46)
#define BITMAP_AT  (MTI_AT + 4)
#define FIELD_3_AT (BITMAP_AT + 16 + 18)

static int64_t provinces[] = {11, 31};

static const struct row {
    const char *what;
    struct recipe recipe;
    struct traffic_lane lane;
} rows[] = {
    {"clean",
        {.seed = 1,
            .connections = 8,
            .requests = 400,
            .answered_after = 32,
            .shuffled = 16,
            .bare_ack_percent = 37,
            .acked_after = 10,
            .declined_percent = 6},
        .lane = {0, 1}},
    {"one connection, in order, no bare ACK",
        {.seed = 2,
            .connections = 1,
            .requests = 100,
            .answered_after = 50,
            .shuffled = 1,
            .acked_after = 1},
        .lane = {0, 1}},
    {"answered in the next loop, the other lane",
        {.seed = 3,
            .connections = 300,
            .requests = 300,
            .answered_after = 300,
            .shuffled = 100,
            .bare_ack_percent = 37,
            .acked_after = 10,
            .declined_percent = 50},
        .lane = {1, 2}},
    {"loss",
        {.seed = 4,
            .connections = 8,
            .requests = 400,
            .answered_after = 32,
            .shuffled = 16,
            .bare_ack_percent = 37,
            .acked_after = 10,
            .declined_percent = 6,
            .lost_percent = 20},
        .lane = {0, 1}},
    {"reordering",
        {.seed = 5,
            .connections = 8,
            .requests = 400,
            .answered_after = 128,
            .shuffled = 16,
            .bare_ack_percent = 37,
            .acked_after = 10,
            .declined_percent = 6,
            .reordered_percent = 20,
            .reordered_frames = 64},
        .lane = {0, 1}},
};

// ---- what was written

struct capture {
    uint8_t *bytes;
    size_t length, count;
    uint8_t *frames[8192];
    uint32_t lengths[8192];
};

static void capture_read(const char *path, struct capture *ret)
{
    FILE *in = fopen(path, "rb");
    assert_non_null(in);
    fseek(in, 0, SEEK_END);
    ret->length = (size_t)ftell(in);
    rewind(in);
    ret->bytes = malloc(ret->length);
    assert_int_equal(fread(ret->bytes, 1, ret->length, in), ret->length);
    fclose(in);
    ret->count = 0;
    for (size_t at = 24; at < ret->length; ret->count++) {
        uint32_t length;
        memcpy(&length, ret->bytes + at + 8, sizeof(length)); // written little-endian
        length = __builtin_bswap32(htonl(length));
        assert_true(ret->count < sizeof(ret->frames) / sizeof(ret->frames[0]));
        ret->frames[ret->count] = ret->bytes + at + 16;
        ret->lengths[ret->count] = length;
        at += 16 + length;
    }
}

// ---- what it means

struct stream { // one direction of a connection
    uint8_t ends[12];
    uint32_t start, end; // of what was seen
    uint64_t bytes;      // seen
    UT_hash_handle hh;
};

struct request {
    char key[34]; // fields 7, 11 and 33's first digits
    char amount[12];
    bool is_open;
    UT_hash_handle hh;
};

struct model {
    struct stream *streams;
    struct request *requests;
    struct traffic_sums sums;
    uint64_t open, bare_acks;
};

static uint32_t number_at(const uint8_t *at)
{
    uint32_t number;
    memcpy(&number, at, sizeof(number));
    return ntohl(number);
}

// Every byte once: nothing before the first, no overlap.
static void stream_take(struct model *model, const uint8_t *frame, uint32_t length)
{
    struct stream *stream;
    uint32_t sequence = number_at(frame + FRAME_SEQUENCE_AT);
    HASH_FIND(hh, model->streams, frame + 26, 12, stream);
    if (stream == NULL) {
        stream = calloc(1, sizeof(*stream));
        memcpy(stream->ends, frame + 26, 12);
        stream->start = stream->end = sequence;
        HASH_ADD_KEYPTR(hh, model->streams, stream->ends, 12, stream);
    }
    assert_true((int32_t)(sequence - stream->start) >= 0);
    if ((int32_t)(sequence + length - stream->end) > 0) {
        stream->end = sequence + length;
    }
    stream->bytes += length;
}

static void request_take(struct model *model, const char key[static 34], const uint8_t *amount)
{
    struct request *request;
    HASH_FIND(hh, model->requests, key, 34, request);
    if (request != NULL) {
        fail_msg("two requests of one key: %.34s", key);
    }
    request = calloc(1, sizeof(*request));
    memcpy(request->key, key, sizeof(request->key));
    memcpy(request->amount, amount, sizeof(request->amount));
    request->is_open = true;
    HASH_ADD(hh, model->requests, key, 34, request);
    model->open++;
}

static void answer_take(
    struct model *model, const char key[static 34], const uint8_t *amount, bool declined)
{
    struct request *request;
    HASH_FIND(hh, model->requests, key, 34, request);
    model->sums.answers++;
    model->sums.declined += declined;
    model->sums.succeeded += !declined;
    if (request != NULL) {
        assert_true(request->is_open);
        assert_memory_equal(request->amount, amount, sizeof(request->amount));
        request->is_open = false;
        model->open--;
        model->sums.paired++;
    }
}

static void frame_take(struct model *model, const uint8_t *frame, uint32_t length)
{
    char key[34];
    static const uint8_t no_amount[12];
    if (length < 100) {
        model->bare_acks++;
        return;
    }
    stream_take(model, frame, length - FRAME_PAYLOAD_AT);
    bool has_amount = (frame[BITMAP_AT] & 0x10) != 0;
    const uint8_t *amount = frame + FIELD_3_AT + 6;
    const uint8_t *time = amount + (has_amount ? 12 : 0);
    bool is_answer = frame[MTI_AT + 2] == '1';
    // 12, 13, in answers 15, 18, in requests 22, 25; then 32 and 33 with their lengths
    const uint8_t *parties = time + 16 + 6 + 4 + 4 + (is_answer ? 4 : 3) + 2;
    memcpy(key, time, 16);
    memcpy(key + 16, parties, 18);
    if (is_answer) {
        const uint8_t *reference = parties + 20;
        bool approved = (frame[BITMAP_AT + 4] & 0x04) != 0; // field 38
        bool declined = memcmp(reference + 12 + (approved ? 6 : 0), "51", 2) == 0;
        answer_take(model, key, has_amount ? amount : no_amount, declined);
    } else {
        model->sums.requests++;
        request_take(model, key, has_amount ? amount : no_amount);
    }
}

static void sums_compare(const struct row *row, const struct traffic *traffic, uint64_t frames,
    const struct model *model)
{
    struct traffic_sums said = {0};
    traffic_sum(traffic, frames, &said);
    if (memcmp(&said, &model->sums, sizeof(said)) != 0) {
        fail_msg("%s: after %llu frames, %llu requests, %llu answers, %llu paired instead of %llu, "
                 "%llu, %llu",
            row->what, (unsigned long long)frames, (unsigned long long)said.requests,
            (unsigned long long)said.answers, (unsigned long long)said.paired,
            (unsigned long long)model->sums.requests, (unsigned long long)model->sums.answers,
            (unsigned long long)model->sums.paired);
    }
}

static void loops_follow(
    const struct row *row, const struct capture *capture, const struct traffic *traffic)
{
    static struct mileage mileage[MOVE_QUEUES_MAX];
    struct model model = {0};
    bool clean = row->recipe.lost_percent == 0;
    move_on_init(&(struct mover){.frames = {capture->count}, .mileage = mileage});
    for (uint64_t i = 0; i < LOOPS * capture->count; i++) {
        uint8_t frame[1518], *const frames[] = {frame};
        size_t place = i % capture->count;
        memcpy(frame, capture->frames[place], capture->lengths[place]);
        move_on(NULL, 0, 0, frames, 1);
        frame_take(&model, frame, capture->lengths[place]);
        sums_compare(row, traffic, i + 1, &model);
    }
    assert_int_equal(mileage[0].received, LOOPS * capture->count);
    struct stream *stream, *next_stream;
    HASH_ITER(hh, model.streams, stream, next_stream)
    {
        uint32_t span = stream->end - stream->start;
        assert_true(clean ? stream->bytes == span : stream->bytes < span);
        HASH_DEL(model.streams, stream);
        free(stream);
    }
    struct request *request, *next_request;
    HASH_ITER(hh, model.requests, request, next_request)
    {
        HASH_DEL(model.requests, request);
        free(request);
    }
    if (clean) { // as many as the recipe says, at a place's end
        assert_int_equal(model.open, row->recipe.answered_after);
    }
    uint64_t share = 100 * model.bare_acks / (LOOPS * capture->count);
    assert_in_range(share, (uint64_t)(row->recipe.bare_ack_percent * 9 / 10),
        (uint64_t)(row->recipe.bare_ack_percent * 11 / 10));
}

static void test_loops(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char path[] = "/tmp/tapgrade-test-XXXXXX", error[256] = "";
        struct recipe recipe = rows[i].recipe;
        struct traffic traffic;
        struct capture capture;
        recipe.provinces = provinces;
        recipe.province_count = 2;
        close(mkstemp(path));
        if (!traffic_write(&recipe, rows[i].lane, path, &traffic, error, sizeof(error))) {
            fail_msg("%s: %s", rows[i].what, error);
        }
        capture_read(path, &capture);
        assert_int_equal(capture.count, traffic.frames);
        loops_follow(&rows[i], &capture, &traffic);
        traffic_free(&traffic);
        free(capture.bytes);
        unlink(path);
    }
}

// ---- digits

static void digits_check(const uint8_t *frame, uint64_t loop, uint64_t stan)
{
    char expected[32], got[32] = "";
    uint64_t second = loop % 86400;
    snprintf(expected, sizeof(expected), "%02u0310%02u%02u%02u%06u", (unsigned)(loop % 100),
        (unsigned)(second / 3600), (unsigned)(second / 60 % 60), (unsigned)(second % 60),
        (unsigned)((stan + loop) % 1000000));
    memcpy(got, frame + 158, 18);
    assert_string_equal(got, expected);
}

// One frame is a loop of its own; that of the loop before is one behind.
static void test_digits(void **state)
{
    static const uint32_t stans[] = {0, 1, 9, 99, 999995, 999999, 123456, 899999};
    static struct mileage mileage[MOVE_QUEUES_MAX];
    (void)state;
    for (size_t i = 0; i < sizeof(stans) / sizeof(stans[0]); i++) {
        move_on_init(&(struct mover){.frames = {2}, .mileage = mileage});
        for (uint64_t loop = 0; loop < 90000; loop++) {
            uint8_t now[256] = {0}, before[256] = {0}, *const frames[] = {now, before};
            struct frame_moves moves = {.flags = MOVES_MESSAGE | MOVES_AMOUNT, .time_at = 160};
            char text[32];
            snprintf(text, sizeof(text), "000310000000%06u", stans[i]);
            memcpy(now, &moves, sizeof(moves));
            moves.flags |= MOVES_EARLIER;
            memcpy(before, &moves, sizeof(moves));
            memcpy(now + 158, text, 18);
            memcpy(before + 158, text, 18);
            move_on(NULL, 0, 0, frames, 2);
            digits_check(now, loop, stans[i]);
            digits_check(before, loop + 86400ULL * 1000000 - 1, stans[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loops),
        cmocka_unit_test(test_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
