// Reads segments in the order of their names. Only whole lines count: what a killed process left
// behind the last one is no line. Ticks go on rising: what is not later than the tick before it is
// passed over.
#include "config/memory.h"

#include "detectors/journal/segments.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>
#include <zlib.h>

#define CHUNK_BYTES (1 << 16)
#define LINE_MOST   (256 << 20) // counters_scan says what is too long; this bounds the memory

// A gzipped segment as whole lines.
struct lines {
    gzFile file;
    char *text;
    size_t length, capacity; // read so far
    size_t given, whole;     // of that: given to the reader; up to the last line's end
    bool over;
};

struct journal_reader {
    char *folder;
    const struct settings *settings;
    struct segment *segments;
    size_t segment_count, at; // the next one
    FILE *in;                 // NULL: none is open
    struct counters scanned;  // counts the lines
    struct instant last;
    bool first; // of its segment
    char *snapshot;
};

// What is not whole stays until more has come.
static void lines_fill(struct lines *lines)
{
    memmove(lines->text, lines->text + lines->given, lines->length - lines->given);
    lines->length -= lines->given;
    lines->given = lines->whole = 0;
    while (lines->whole == 0 && !lines->over) {
        if (lines->length + CHUNK_BYTES > lines->capacity) {
            lines->capacity = lines->capacity * 2 + CHUNK_BYTES;
            lines->text = memory_resize(lines->text, lines->capacity, 1);
        }
        int got = gzread(lines->file, lines->text + lines->length, CHUNK_BYTES);
        lines->over = got <= 0 || lines->length > LINE_MOST; // -1: torn
        size_t before = lines->length;
        lines->length += got > 0 ? (size_t)got : 0;
        const char *end = memrchr(lines->text + before, '\n', lines->length - before);
        lines->whole = end == NULL ? 0 : (size_t)(end - lines->text) + 1;
    }
}

static ssize_t lines_read(void *cookie, char *buffer, size_t size)
{
    struct lines *lines = cookie;
    if (lines->given == lines->whole) {
        lines_fill(lines);
    }
    size_t count = lines->whole - lines->given;
    count = count < size ? count : size;
    memcpy(buffer, lines->text + lines->given, count);
    lines->given += count;
    return (ssize_t)count;
}

static int lines_close(void *cookie)
{
    struct lines *lines = cookie;
    gzclose(lines->file);
    free(lines->text);
    free(lines);
    return 0;
}

static FILE *lines_open(const char *path)
{
    gzFile file = gzopen(path, "re");
    if (file == NULL) {
        return NULL;
    }
    struct lines *lines = memory_zeroed(1, sizeof(*lines));
    lines->file = file;
    lines->capacity = CHUNK_BYTES * 2;
    lines->text = memory_resize(NULL, lines->capacity, 1);
    FILE *in =
        fopencookie(lines, "r", (cookie_io_functions_t){.read = lines_read, .close = lines_close});
    if (in == NULL) {
        lines_close(lines);
    }
    return in;
}

static struct journal_reader *reader_new(
    const char *folder, const struct settings *settings, size_t skip_from_end)
{
    size_t count;
    struct segment *segments = segments_list(folder, &count);
    if (count == 0) {
        free(segments);
        return NULL;
    }
    struct journal_reader *reader = memory_zeroed(1, sizeof(*reader));
    reader->folder = memory_text(folder);
    reader->settings = settings;
    reader->segments = segments;
    reader->segment_count = count;
    reader->at = skip_from_end > 0 && skip_from_end <= count ? count - skip_from_end : 0;
    reader->last = (struct instant){INT64_MIN};
    return reader;
}

struct journal_reader *journal_read(const char *folder, const struct settings *settings)
{
    return reader_new(folder, settings, 0);
}

static void segment_leave(struct journal_reader *reader)
{
    if (reader->in != NULL) {
        fclose(reader->in);
    }
    reader->in = NULL;
}

static bool segment_enter(struct journal_reader *reader)
{
    while (reader->in == NULL && reader->at < reader->segment_count) {
        int64_t from_s = reader->segments[reader->at++].from_s;
        char *path = segment_path(reader->folder, from_s, SEGMENT_SUFFIX);
        reader->in = lines_open(path);
        free(path);
        free(reader->snapshot);
        reader->snapshot = segment_path(reader->folder, from_s, SNAPSHOT_SUFFIX);
        reader->scanned = (struct counters){0};
        reader->first = true;
    }
    return reader->in != NULL;
}

static int refused(struct journal_reader *reader, const char *why, char *error, size_t error_size)
{
    char *path =
        segment_path(reader->folder, reader->segments[reader->at - 1].from_s, SEGMENT_SUFFIX);
    snprintf(error, error_size, "%s: %s", path, why);
    free(path);
    segment_leave(reader);
    return -1;
}

int journal_next(
    struct journal_reader *reader, struct counters *ret, char *error, size_t error_size)
{
    char why[512];
    bool started = reader->first && reader->in != NULL; // its first line was given
    reader->first = reader->first && !started;
    while (segment_enter(reader)) {
        int got = counters_scan(reader->in, reader->settings, &reader->scanned, why, sizeof(why));
        if (got < 0) {
            return refused(reader, why, error, error_size);
        }
        if (got == 0) {
            segment_leave(reader);
        } else if (reader->scanned.tick.ns <= reader->last.ns) {
            counters_free(&reader->scanned);
        } else {
            *ret = reader->scanned; // counters_scan begins anew each time
            reader->last = ret->tick;
            return 1;
        }
    }
    return 0;
}

const char *journal_snapshot(const struct journal_reader *reader)
{
    bool there = reader->first && access(reader->snapshot, R_OK) == 0;
    return there ? reader->snapshot : NULL;
}

void journal_read_end(struct journal_reader *reader)
{
    if (reader == NULL) {
        return;
    }
    segment_leave(reader);
    free(reader->snapshot);
    free(reader->segments);
    free(reader->folder);
    free(reader);
}

// In the last segment that has a whole line: a process that was killed at once leaves one without.
struct instant journal_last(const char *folder, const struct settings *settings)
{
    struct instant last = INSTANT_NEVER;
    for (size_t back = 1; last.ns == INSTANT_NEVER.ns; back++) {
        struct journal_reader *reader = reader_new(folder, settings, back);
        char error[512];
        struct counters counters;
        bool all = reader == NULL || back >= reader->segment_count;
        int got;
        while (
            reader != NULL && (got = journal_next(reader, &counters, error, sizeof(error))) != 0) {
            if (got > 0) {
                last = counters.tick;
                counters_free(&counters);
            }
        }
        journal_read_end(reader);
        if (all) {
            break;
        }
    }
    return last;
}
