// The counters of the seconds that still matter: what is written comes back, also from a file that
// ends anywhere; what nobody needs goes.
#include "detectors/journal/segments.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/pairing/rig.h"

#include <cmocka.h>

#define HOUR S_PER_HOUR

static char folder[64];
static struct settings *settings;

static int folder_make(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/test_journal_XXXXXX");
    settings = rig_settings(16);
    settings->journal = (struct journal_settings){.keep_ns = HOUR * NS_PER_S, .bytes = 1 << 30};
    return mkdtemp(folder) == NULL;
}

static int folder_remove(void **state)
{
    (void)state;
    journal_remove(folder);
    rig_settings_free(settings);
    return rmdir(folder);
}

static struct counters tick_of(int64_t second, struct cell_counts *room)
{
    *room = (struct cell_counts){.cell = {.province = 32},
        .cohort_s = second,
        .demand = 1,
        .succeeded = (int32_t)(second % 7)};
    return (struct counters){.tick = instant_from_s(second), .cells = room, .cell_count = 1};
}

static void put(int64_t from_s, int64_t to_s)
{
    char error[512];
    struct journal *journal = journal_open(folder, NULL, settings, error, sizeof(error));
    assert_non_null(journal);
    for (int64_t s = from_s; s < to_s; s++) {
        struct cell_counts room;
        struct counters counters = tick_of(s, &room);
        journal_put(journal, &counters);
    }
    assert_true(journal_wait(journal, instant_from_s(to_s - 1), 10000));
    journal_close(journal);
}

// How many ticks come back, each as it was put, in order from `from_s` on.
static int64_t get(int64_t from_s)
{
    char error[512] = "";
    struct counters counters;
    int64_t count = 0;
    struct journal_reader *reader = journal_read(folder, settings);
    while (reader != NULL && journal_next(reader, &counters, error, sizeof(error)) == 1) {
        assert_int_equal(instant_second(counters.tick), from_s + count);
        assert_int_equal(counters.cell_count, 1);
        assert_int_equal(counters.cells[0].succeeded, (from_s + count) % 7);
        counters_free(&counters);
        count++;
    }
    journal_read_end(reader);
    assert_string_equal(error, "");
    return count;
}

static void everything_comes_back(void **state)
{
    (void)state;
    int64_t from_s = RIG_BASE_S / HOUR * HOUR - 3; // over a full hour
    assert_int_equal(get(from_s), 0);
    assert_int_equal(journal_last(folder, settings).ns, INSTANT_NEVER.ns);
    put(from_s, from_s + 10);
    put(from_s + 10, from_s + 20); // the next process
    assert_int_equal(get(from_s), 20);
    assert_int_equal(instant_second(journal_last(folder, settings)), from_s + 19);
    size_t count;
    struct segment *segments = segments_list(folder, &count);
    assert_int_equal(count, 3);
    free(segments);
}

static void files_are_the_owners(void **state)
{
    (void)state;
    struct stat found;
    put(RIG_BASE_S, RIG_BASE_S + 2);
    char *path = segment_path(folder, RIG_BASE_S, SEGMENT_SUFFIX);
    assert_int_equal(stat(path, &found), 0);
    assert_int_equal(found.st_mode & 0777, 0600);
    free(path);
}

// kill -9, or a full disk, in the middle of anything: whole lines come back, and what follows.
static void cut_anywhere(void **state)
{
    (void)state;
    put(RIG_BASE_S, RIG_BASE_S + 5);
    char *path = segment_path(folder, RIG_BASE_S, SEGMENT_SUFFIX);
    struct stat found;
    assert_int_equal(stat(path, &found), 0);
    int64_t before = 5, parts = 0;
    for (off_t length = found.st_size - 1; length >= 0; length--) {
        assert_int_equal(truncate(path, length), 0);
        int64_t count = get(RIG_BASE_S);
        assert_true(count <= before);
        before = count;
        parts += count > 0 && count < 5;
    }
    assert_int_equal(before, 0);
    assert_true(parts > 10);
    free(path);
    put(RIG_BASE_S + 1, RIG_BASE_S + 3); // behind one without a whole line
    assert_int_equal(get(RIG_BASE_S + 1), 2);
    assert_int_equal(instant_second(journal_last(folder, settings)), RIG_BASE_S + 2);
}

// Bytes that are none of ours: said with the file's name, and the next segment is read.
static void spoiled(void **state)
{
    (void)state;
    char error[512] = "";
    struct counters counters;
    put(RIG_BASE_S, RIG_BASE_S + 2);
    char *path = segment_path(folder, RIG_BASE_S - 5, SEGMENT_SUFFIX);
    FILE *out = fopen(path, "w");
    fputs("{\"tick\":\"nonsense\"}\n", out);
    fclose(out);
    struct journal_reader *reader = journal_read(folder, settings);
    assert_int_equal(journal_next(reader, &counters, error, sizeof(error)), -1);
    assert_non_null(strstr(error, path));
    assert_int_equal(journal_next(reader, &counters, error, sizeof(error)), 1);
    assert_int_equal(instant_second(counters.tick), RIG_BASE_S);
    counters_free(&counters);
    journal_read_end(reader);
    free(path);
}

static struct span span_of(int64_t from_s, int64_t to_s)
{
    return (struct span){instant_from_s(from_s), instant_from_s(to_s)};
}

// A day and a half of hours, and an incident in the tenth.
static void what_is_kept(void **state)
{
    (void)state;
    enum { HOURS = 100 };
    struct segment segments[HOURS];
    bool keep[HOURS];
    for (int64_t i = 0; i < HOURS; i++) {
        segments[i] = (struct segment){i * HOUR, 10};
    }
    struct span spans[] = {
        span_of(98 * HOUR + 60, 99 * HOUR), span_of(9 * HOUR + 1, 10 * HOUR + 5)};
    segments_choose(segments, HOURS, spans, 1, 1000, keep);
    for (int i = 0; i < HOURS; i++) {
        assert_int_equal(keep[i], i >= 98);
    }
    segments_choose(segments, HOURS, spans, 2, 1000, keep);
    for (int i = 0; i < HOURS; i++) {
        assert_int_equal(keep[i], i >= 98 || i == 9 || i == 10);
    }
    // A gap that would be read as an absence is none.
    spans[1] = span_of(75 * HOUR, 75 * HOUR);
    segments_choose(segments, HOURS, spans, 2, 1000, keep);
    assert_false(keep[74]);
    assert_true(keep[75]);
    assert_true(keep[80]);
    // Room for five: the newest.
    segments_choose(segments, HOURS, spans, 2, 50, keep);
    assert_false(keep[94]);
    assert_true(keep[95]);
    segments_choose(segments, HOURS, spans, 2, 0, keep);
    assert_false(keep[98]);
    assert_true(keep[99]);
}

static void old_segments_go(void **state)
{
    (void)state;
    char error[512];
    int64_t base_s = RIG_BASE_S / HOUR * HOUR;
    struct journal *journal = journal_open(folder, NULL, settings, error, sizeof(error));
    for (int64_t hour = 0; hour < 30; hour++) {
        struct cell_counts room;
        struct counters counters = tick_of(base_s + hour * HOUR, &room);
        struct span span = span_of(base_s + (hour - 1) * HOUR, base_s + hour * HOUR);
        journal_keep(journal, &span, 1);
        journal_put(journal, &counters);
    }
    journal_close(journal);
    size_t count;
    struct segment *segments = segments_list(folder, &count);
    assert_in_range(count, 2, 4);
    assert_int_equal(segments[count - 1].from_s, base_s + 29 * HOUR);
    free(segments);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(everything_comes_back, folder_make, folder_remove),
        cmocka_unit_test_setup_teardown(files_are_the_owners, folder_make, folder_remove),
        cmocka_unit_test_setup_teardown(cut_anywhere, folder_make, folder_remove),
        cmocka_unit_test_setup_teardown(spoiled, folder_make, folder_remove),
        cmocka_unit_test(what_is_kept),
        cmocka_unit_test_setup_teardown(old_segments_go, folder_make, folder_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
