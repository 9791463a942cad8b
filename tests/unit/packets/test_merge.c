// Several captures merged by time; one that breaks off; one that comes from a pipe.
#include "dataplane/packets/packets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/unit/packets/capture_forms.h"

#include <cmocka.h>

#define MERGE_FILES  5
#define MERGE_FRAMES 2000

struct merge_frame {
    int64_t ns, reached_ns; // its own time, the latest of its file so far
    uint32_t number;
    uint16_t file;
};

struct merge {
    struct merge_frame frames[MERGE_FILES * MERGE_FRAMES];
    size_t at;
};

static int merge_compare(const void *one, const void *other)
{
    const struct merge_frame *a = one, *b = other;
    if (a->reached_ns != b->reached_ns) {
        return a->reached_ns < b->reached_ns ? -1 : 1;
    }
    return a->file != b->file ? (int)a->file - (int)b->file : (int)a->number - (int)b->number;
}

static void merge_check(const struct packet *packet, void *context)
{
    struct merge *merge = context;
    const struct merge_frame *expected = &merge->frames[merge->at++];
    uint32_t number = (uint32_t)packet->payload[0] | (uint32_t)packet->payload[1] << 8;
    if (packet->at.ns != expected->ns || packet->tap_port != expected->file ||
        number != expected->number) {
        fail_msg("packet %zu: %u of file %u, not %u of file %u", merge->at - 1, number,
            packet->tap_port, expected->number, expected->file);
    }
}

// Small steps of time, so that ties are frequent; in file 2 the time steps back now and then; files
// 3 and 4 are one capture rotated.
static void merge_write(struct writer *writers, struct merge *merge, uint64_t *ret_steps)
{
    uint32_t seed = 7;
    *ret_steps = 0;
    for (uint16_t file = 0; file < MERGE_FILES; file++) {
        int64_t us = file == 4 ? 3000 : 0, reached = INT64_MIN;
        pcap_header(&writers[file], PCAP_US, LINK_ETHERNET);
        for (uint32_t i = 0; i < MERGE_FRAMES; i++) {
            uint8_t frame[1200];
            us += random_next(&seed) % 3;
            us -= file == 2 && i % 100 == 50 ? 40 : 0;
            int64_t ns = START_S * NS_PER_S + (us + 1000) * 1000;
            *ret_steps += ns < reached;
            reached = ns > reached ? ns : reached;
            uint32_t length = frame_make(
                frame, shapes[0].link, shapes[0].link_bytes, i, 4 + random_next(&seed) % 900);
            pcap_record(&writers[file], START_S, (uint32_t)us + 1000, frame, length, length);
            merge->frames[merge->at++] = (struct merge_frame){ns, reached, i, file};
        }
    }
    qsort(merge->frames, merge->at, sizeof(merge->frames[0]), merge_compare);
}

static void merged_by_time(void **state)
{
    (void)state;
    static struct merge merge;
    static const size_t burst_sizes[] = {1, 7, 64};
    struct writer writers[MERGE_FILES] = {0};
    uint64_t steps;
    merge_write(writers, &merge, &steps);
    assert_true(steps > 100);
    for (size_t i = 0; i < 3; i++) {
        struct reading reading;
        merge.at = 0;
        assert_true(read_all(writers, MERGE_FILES, burst_sizes[i], merge_check, &merge, &reading));
        assert_int_equal(reading.packets, MERGE_FILES * MERGE_FRAMES);
        assert_int_equal(reading.counts.time_stepped_back, steps);
    }
    for (size_t i = 0; i < MERGE_FILES; i++) {
        writer_done(&writers[i]);
    }
}

// Rotated files come by the hundred: more than the limit of open files says at first.
static void many_captures_at_once(void **state)
{
    (void)state;
    enum { COPIES = 200, FRAMES = 3, LOW_LIMIT = 64 };
    static char *paths[COPIES];
    struct writer writer = {0};
    struct packet burst[64];
    char path[64], error[300] = "";
    int fd;
    size_t count = 0, got;
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    const rlim_t kept = limit.rlim_cur;
    limit.rlim_cur = LOW_LIMIT;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    pcap_header(&writer, PCAP_US, LINK_ETHERNET);
    for (uint32_t i = 0; i < FRAMES; i++) {
        pcap_record(&writer, START_S + i, 0, "", 0, 0);
    }
    writer_path(&writer, path, &fd);
    for (size_t i = 0; i < COPIES; i++) {
        paths[i] = path;
    }
    struct captures *captures = captures_open(paths, COPIES, error, sizeof(error));
    assert_non_null(captures);
    while ((got = packets_from_capture(captures, burst, 64)) > 0) {
        for (size_t i = 0; i < got; i++, count++) {
            assert_int_equal(burst[i].tap_port, count % COPIES);
            assert_true(burst[i].at.ns == (int64_t)(START_S + count / COPIES) * NS_PER_S);
        }
    }
    assert_int_equal(count, COPIES * FRAMES);
    captures_close(captures);
    limit.rlim_cur = kept;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    close(fd);
    writer_done(&writer);
}

static void one_cut_capture_does_not_stop_the_others(void **state)
{
    (void)state;
    struct writer writers[2] = {0};
    struct reading reading;
    uint8_t frame[128];
    const uint32_t length = frame_make(frame, shapes[0].link, shapes[0].link_bytes, 1, 20);
    for (int file = 0; file < 2; file++) {
        pcap_header(&writers[file], PCAP_US, LINK_ETHERNET);
        for (uint32_t i = 0; i < 10; i++) {
            pcap_record(&writers[file], START_S + i, 0, frame, length, length);
        }
    }
    writers[0].size -= length * 5;
    assert_true(read_all(writers, 2, 64, NULL, NULL, &reading));
    assert_in_range(reading.packets, 14, 16);
    assert_int_equal(reading.warnings, 1);
    writer_done(&writers[0]);
    writer_done(&writers[1]);
}

// A pipe hands bytes out in pieces, and has no size.
static void standard_input_is_a_capture(void **state)
{
    (void)state;
    struct writer writer = {0};
    uint8_t frame[128];
    char error[200], dash[] = "-", *paths[] = {dash};
    int ends[2], kept = dup(STDIN_FILENO);
    struct packet burst[64];
    size_t count = 0, got;
    const uint32_t length = frame_make(frame, shapes[0].link, shapes[0].link_bytes, 1, 20);
    pcap_header(&writer, PCAP_NS, LINK_ETHERNET);
    for (uint32_t i = 0; i < 300; i++) {
        pcap_record(&writer, START_S + i, 0, frame, length, length);
    }
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], writer.bytes, writer.size), writer.size); // fits a pipe
    close(ends[1]);
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
    struct captures *captures = captures_open(paths, 1, error, sizeof(error));
    assert_non_null(captures);
    while ((got = packets_from_capture(captures, burst, 64)) > 0) {
        count += got;
    }
    assert_int_equal(count, 300);
    assert_int_equal(captures_bytes_total(captures), 0);
    assert_int_equal(captures_warning_count(captures), 0);
    captures_close(captures);
    if (kept >= 0) {
        dup2(kept, STDIN_FILENO);
        close(kept);
    }
    writer_done(&writer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(merged_by_time),
        cmocka_unit_test(many_captures_at_once),
        cmocka_unit_test(one_cut_capture_does_not_stop_the_others),
        cmocka_unit_test(standard_input_is_a_capture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
