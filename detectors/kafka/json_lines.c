#include "detectors/kafka/json_lines.h"

#include "config/log.h"
#include "config/memory.h"

#include <sodium.h>
#include <uthash.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_HASH_BYTES 16

struct line {
    uint8_t hash[LINE_HASH_BYTES];
    UT_hash_handle hh;
};

struct json_lines {
    FILE *file; // read by it, written below it
    struct line *known;
    char *waiting; // for the disk: what it refused stays, to its byte
    size_t waiting_bytes, waiting_capacity;
};

// The message's ce_id, in which nothing is escaped; a line without one is known by all it says.
static const char *line_id(const char *text, size_t *length)
{
    static const char key[] = "\"ce_id\":\"";
    const char *id = memmem(text, *length, key, sizeof(key) - 1);
    const char *from = id == NULL ? text : id + sizeof(key) - 1;
    const char *end = id == NULL ? NULL : memchr(from, '"', *length - (size_t)(from - text));
    *length = end == NULL ? *length - (size_t)(from - text) : (size_t)(end - from);
    return from;
}

// True when it was not known.
static bool line_learn(struct json_lines *lines, const char *text, size_t length)
{
    struct line *found, *line = memory_zeroed(1, sizeof(*line));
    const char *id = line_id(text, &length);
    crypto_generichash(line->hash, sizeof(line->hash), (const uint8_t *)id, length, NULL, 0);
    HASH_FIND(hh, lines->known, line->hash, sizeof(line->hash), found);
    if (found != NULL) {
        free(line);
        return false;
    }
    HASH_ADD(hh, lines->known, hash, sizeof(line->hash), line);
    return true;
}

// Learns the whole lines. What lies behind the last one goes.
static bool lines_read(struct json_lines *lines, const char *path)
{
    char *text = NULL;
    size_t size = 0;
    ssize_t length;
    off_t whole = 0;
    while ((length = getline(&text, &size, lines->file)) > 0 && text[length - 1] == '\n') {
        (void)line_learn(lines, text, (size_t)length);
        whole += length;
    }
    bool torn = length > 0;
    free(text);
    if (ferror(lines->file) || (torn && ftruncate(fileno(lines->file), whole) != 0)) {
        return false;
    }
    if (torn) {
        log_warning("%s: its last line was cut and is taken out", path);
    }
    return fseeko(lines->file, 0, SEEK_END) == 0; // between reading and writing
}

struct json_lines *json_lines_open(const char *path, bool anew)
{
    if (sodium_init() < 0) {
        errno = ENOSYS;
        return NULL;
    }
    struct json_lines *lines = memory_zeroed(1, sizeof(*lines));
    lines->file = fopen(path, anew ? "we" : "a+e");
    if (lines->file == NULL || (!anew && !lines_read(lines, path))) {
        int error = errno;
        json_lines_close(lines);
        errno = error;
        return NULL;
    }
    return lines;
}

void json_lines_add(struct json_lines *lines, const struct event *event)
{
    char *text = NULL;
    size_t length = 0;
    FILE *line = memory_stream(&text, &length);
    event_print(line, event);
    if (fclose(line) != 0) {
        log_error("no memory for a message");
        abort();
    }
    if (line_learn(lines, text, length)) {
        if (lines->waiting_bytes + length > lines->waiting_capacity) {
            lines->waiting_capacity = (lines->waiting_bytes + length) * 2;
            lines->waiting = memory_resize(lines->waiting, lines->waiting_capacity, 1);
        }
        memcpy(lines->waiting + lines->waiting_bytes, text, length);
        lines->waiting_bytes += length;
    }
    free(text);
}

bool json_lines_flush(struct json_lines *lines)
{
    size_t done = 0;
    ssize_t written = 0;
    while (done < lines->waiting_bytes && written >= 0) {
        written = write(fileno(lines->file), lines->waiting + done, lines->waiting_bytes - done);
        done += written > 0 ? (size_t)written : 0;
        written = written < 0 && errno == EINTR ? 0 : written;
    }
    int error = errno;
    if (done > 0) {
        memmove(lines->waiting, lines->waiting + done, lines->waiting_bytes - done);
    }
    lines->waiting_bytes -= done;
    errno = error;
    return lines->waiting_bytes == 0;
}

bool json_lines_close(struct json_lines *lines)
{
    struct line *line, *next;
    if (lines == NULL) {
        return true;
    }
    HASH_ITER(hh, lines->known, line, next)
    {
        HASH_DEL(lines->known, line);
        free(line);
    }
    bool written = lines->file == NULL || json_lines_flush(lines);
    written &= lines->file == NULL || fclose(lines->file) == 0;
    free(lines->waiting);
    free(lines);
    return written;
}
