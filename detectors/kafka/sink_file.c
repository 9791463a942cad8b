// Lines as in the JSON-lines file: {topic, key, headers, value}. A line is whole on the disk before
// the next one is begun; one that was torn by a full disk is ended, so that the next begins anew.
#include "detectors/kafka/second_sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static bool refuse(const struct second_sink *sink, char *error, size_t error_size)
{
    snprintf(
        error, error_size, "file '%s' cannot be written: %s", sink->to.target, strerror(errno));
    return false;
}

static bool file_open(struct second_sink *sink, char *error, size_t error_size)
{
    sink->file = open(sink->to.target, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
    return sink->file >= 0 || refuse(sink, error, error_size);
}

static bool write_all(int file, const char *text, size_t size)
{
    while (size > 0) {
        ssize_t count = write(file, text, size);
        if (count < 0 && errno != EINTR) {
            return false;
        }
        text += count > 0 ? count : 0;
        size -= count > 0 ? (size_t)count : 0;
    }
    return true;
}

// What a write left unfinished, this process's or an earlier one's, goes.
static bool torn_line_drop(int file)
{
    off_t size = lseek(file, 0, SEEK_END), end = size;
    char byte = '\n';
    while (end > 0 && pread(file, &byte, 1, end - 1) == 1 && byte != '\n') {
        end--;
    }
    return end == size || ftruncate(file, end) == 0;
}

static bool file_send(
    struct second_sink *sink, const struct outbox_row *row, char *error, size_t error_size)
{
    char *line = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&line, &size);
    if (out == NULL) {
        return refuse(sink, error, error_size);
    }
    struct event event = {
        .headers = (char *)(uintptr_t)row->headers, .value = (char *)(uintptr_t)row->value};
    snprintf(event.topic, sizeof(event.topic), "%s", row->topic);
    snprintf(event.key, sizeof(event.key), "%s", row->key);
    event_print(out, &event);
    fclose(out);
    bool written = flock(sink->file, LOCK_EX) == 0 && // the sender of another ledger's outbox
                   torn_line_drop(sink->file) && write_all(sink->file, line, size) &&
                   fdatasync(sink->file) == 0;
    (void)flock(sink->file, LOCK_UN);
    free(line);
    return written || refuse(sink, error, error_size);
}

static void file_close(struct second_sink *sink)
{
    if (sink->file >= 0) {
        close(sink->file);
    }
}

const struct sink_kind sink_file = {file_open, file_send, file_close};
