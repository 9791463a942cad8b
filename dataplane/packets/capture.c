#include "dataplane/packets/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct capture_format *const formats[] = {
    &pcap_format, &pcapng_format, &libpcap_format};
#define FORMATS (sizeof(formats) / sizeof(formats[0]))

static bool fail(const struct capture *capture, const char *reason, char *error, size_t error_size)
{
    snprintf(error, error_size, "capture '%s' %s", capture->path, reason);
    return false;
}

// Rotating capture programs like to compress.
static bool is_compressed(const struct window *window)
{
    static const struct {
        size_t count;
        const char *bytes;
    } magics[] = {
        {2, "\x1f\x8b"},         // gzip
        {4, "\x28\xb5\x2f\xfd"}, // zstd
        {5, "\xfd\x37zXZ"},      // xz
        {3, "BZh"},              // bzip2
    };
    for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++) {
        if (window_left(window) >= magics[i].count &&
            memcmp(window->bytes, magics[i].bytes, magics[i].count) == 0) {
            return true;
        }
    }
    return false;
}

// A pipe may hand out a header in pieces.
static void header_read(struct window *window, size_t wanted)
{
    while (window_left(window) < wanted && window_refill(window)) {
    }
}

static bool format_find(struct capture *capture, char *error, size_t error_size)
{
    struct window *window = &capture->window;
    header_read(window, pcap_format.header_bytes);
    if (window->error != 0) {
        return fail(capture, strerror(window->error), error, error_size);
    }
    if (window_left(window) == 0) {
        return fail(capture, "is empty", error, error_size);
    }
    if (is_compressed(window)) {
        return fail(capture, "is compressed: unpack it first", error, error_size);
    }
    for (size_t i = 0; i < FORMATS; i++) {
        char reason[CAPTURE_TEXT_MAX];
        capture->format = formats[i];
        if (!formats[i]->is(window->bytes, window_left(window))) {
            continue;
        }
        header_read(window, formats[i]->header_bytes);
        if (window_left(window) < formats[i]->header_bytes) {
            return fail(capture, "ends in the middle of its file header", error, error_size);
        }
        return formats[i]->open(capture, reason, sizeof(reason)) ||
               fail(capture, reason, error, error_size);
    }
    return fail(capture, "has no known format", error, error_size);
}

bool capture_open(struct capture *capture, const char *path, char *error, size_t error_size)
{
    bool is_input = strcmp(path, "-") == 0;
    *capture = (struct capture){.path = is_input ? "standard input" : path, .window.fd = -1};
    int fd = is_input ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        snprintf(
            error, error_size, "capture '%s' cannot be opened: %s", capture->path, strerror(errno));
        return false;
    }
    if (!window_init(&capture->window, fd)) {
        return fail(capture, "finds no memory", error, error_size);
    }
    return format_find(capture, error, error_size);
}

void capture_end(struct capture *capture)
{
    if (capture->format != NULL && capture->format->close != NULL) {
        capture->format->close(capture);
    }
    window_done(&capture->window);
    free(capture->interfaces);
    capture->interfaces = NULL;
    capture->interface_count = capture->interface_room = 0;
}

void capture_done(struct capture *capture)
{
    capture_end(capture);
    free(capture->warning);
    capture->warning = NULL;
}

bool capture_more(struct capture *capture)
{
    capture->frame_next = 0;
    capture->frame_count =
        capture->is_broken ? 0 : capture->format->parse(capture, capture->frames, CAPTURE_FRAMES);
    return capture->frame_count > 0;
}

// Nothing more comes: was the last record whole?
static void end_check(struct capture *capture)
{
    const struct window *window = &capture->window;
    if (window->error != 0) {
        capture_break(capture, "cannot be read (%s)", strerror(window->error));
    } else if (window_left(window) > 0 || window->skip > 0) {
        capture_break(capture, "ends in the middle of a record");
    }
}

bool capture_fill(struct capture *capture)
{
    while (!capture_more(capture)) {
        if (capture->is_broken) {
            return false;
        }
        if (!capture->format->refill(capture)) {
            end_check(capture);
            return false;
        }
    }
    return true;
}

void capture_break(struct capture *capture, const char *what, ...)
{
    char text[CAPTURE_TEXT_MAX];
    va_list arguments;
    if (capture->is_broken) {
        return;
    }
    capture->is_broken = true;
    va_start(arguments, what);
    vsnprintf(text, sizeof(text), what, arguments);
    va_end(arguments);
    if (asprintf(&capture->warning,
            "capture '%s' %s at byte %llu: it is read to its last whole packet", capture->path,
            text, (unsigned long long)window_offset(&capture->window)) < 0) {
        capture->warning = NULL;
    }
}
