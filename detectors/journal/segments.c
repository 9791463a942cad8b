#include "detectors/journal/segments.h"

#include "config/memory.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define STAMP        "%Y%m%dT%H%M%SZ"
#define STAMP_LENGTH 16

char *segment_path(const char *folder, int64_t from_s, const char *suffix)
{
    char stamp[SEGMENT_NAME_MAX], *path = NULL;
    struct tm tm;
    time_t second = (time_t)from_s;
    strftime(stamp, sizeof(stamp), STAMP, gmtime_r(&second, &tm));
    if (asprintf(&path, "%s/%s%s", folder, stamp, suffix) < 0) {
        abort(); // out of memory
    }
    return path;
}

static int64_t size_of(const char *folder, int64_t from_s, const char *suffix)
{
    struct stat found;
    char *path = segment_path(folder, from_s, suffix);
    int64_t bytes = stat(path, &found) == 0 ? (int64_t)found.st_size : 0;
    free(path);
    return bytes;
}

void segment_remove(const char *folder, int64_t from_s)
{
    static const char *const suffixes[] = {SEGMENT_SUFFIX, SNAPSHOT_SUFFIX};
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        char *path = segment_path(folder, from_s, suffixes[i]);
        unlink(path);
        free(path);
    }
}

// Names of other files are passed over.
static bool name_read(const char *name, int64_t *ret_from_s)
{
    struct tm tm = {0};
    const char *end = strptime(name, STAMP, &tm);
    if (end != name + STAMP_LENGTH || strcmp(end, SEGMENT_SUFFIX) != 0) {
        return false;
    }
    *ret_from_s = (int64_t)timegm(&tm);
    return true;
}

static int by_time(const void *left, const void *right)
{
    const struct segment *a = left, *b = right;
    return (a->from_s > b->from_s) - (a->from_s < b->from_s);
}

struct segment *segments_list(const char *folder, size_t *ret_count)
{
    struct segment *segments = NULL;
    size_t capacity = 0;
    struct dirent *entry;
    DIR *all = opendir(folder);
    *ret_count = 0;
    while (all != NULL && (entry = readdir(all)) != NULL) {
        int64_t from_s;
        if (name_read(entry->d_name, &from_s)) {
            segments = memory_grow(segments, *ret_count, &capacity, sizeof(*segments));
            segments[(*ret_count)++] = (struct segment){from_s,
                size_of(folder, from_s, SEGMENT_SUFFIX) + size_of(folder, from_s, SNAPSHOT_SUFFIX)};
        }
    }
    if (all != NULL) {
        closedir(all);
    }
    if (*ret_count > 1) {
        qsort(segments, *ret_count, sizeof(*segments), by_time);
    }
    return segments;
}

static bool is_wanted(int64_t from_s, int64_t to_s, const struct span *spans, size_t span_count)
{
    for (size_t i = 0; i < span_count; i++) {
        if (from_s <= instant_second(spans[i].to) && to_s > instant_second(spans[i].from)) {
            return true;
        }
    }
    return false;
}

// A hole of less than a day would be read as an absence.
static void holes_close(const struct segment *segments, size_t count, bool *keep)
{
    size_t last = SIZE_MAX;
    for (size_t i = 0; i < count; i++) {
        if (!keep[i]) {
            continue;
        }
        bool near =
            last != SIZE_MAX && segments[i].from_s - segments[last + 1].from_s < JOURNAL_APART_S;
        for (size_t j = last + 1; near && j < i; j++) {
            keep[j] = true;
        }
        last = i;
    }
}

static void bytes_hold(const struct segment *segments, size_t count, int64_t bytes_most, bool *keep)
{
    int64_t bytes = 0;
    for (size_t i = count; i-- > 0;) {
        bytes += keep[i] ? segments[i].bytes : 0;
        keep[i] &= bytes <= bytes_most || i == count - 1;
    }
}

void segments_choose(const struct segment *segments, size_t count, const struct span *spans,
    size_t span_count, int64_t bytes_most, bool *ret_keep)
{
    for (size_t i = 0; i < count; i++) {
        int64_t to_s = i + 1 < count ? segments[i + 1].from_s : INT64_MAX;
        ret_keep[i] = i + 1 == count || is_wanted(segments[i].from_s, to_s, spans, span_count);
    }
    holes_close(segments, count, ret_keep);
    bytes_hold(segments, count, bytes_most, ret_keep);
}

char *journal_snapshot_of(const char *folder, struct instant at)
{
    size_t count;
    struct segment *segments = segments_list(folder, &count);
    char *found = NULL;
    for (size_t i = 0; i < count; i++) {
        char *path = segment_path(folder, segments[i].from_s, SNAPSHOT_SUFFIX);
        bool early = segments[i].from_s <= instant_second(at) + S_PER_HOUR || i == 0;
        if (early && access(path, R_OK) == 0) {
            free(found);
            found = path;
        } else {
            free(path);
        }
    }
    free(segments);
    return found;
}

bool journal_has_files(const char *folder)
{
    size_t count;
    free(segments_list(folder, &count));
    return count > 0;
}

void journal_remove(const char *folder)
{
    size_t count;
    struct segment *segments = segments_list(folder, &count);
    for (size_t i = 0; i < count; i++) {
        segment_remove(folder, segments[i].from_s);
    }
    free(segments);
}
