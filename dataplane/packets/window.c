#include "dataplane/packets/window.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(at, count)   ((void)(at), (void)(count))
#define ASAN_UNPOISON_MEMORY_REGION(at, count) ((void)(at), (void)(count))
#endif

#define PAGE_BYTES 4096

// Small enough that what was read is still in the second-level cache when it is decoded.
#define READ_BYTES ((size_t)256 * 1024)
// Of many captures at once most wait for their turn with what the first read gave.
#define FIRST_READ_BYTES ((size_t)4 * 1024)

bool window_init(struct window *window, int fd)
{
    struct stat stat;
    *window = (struct window){.fd = fd, .bytes = aligned_alloc(PAGE_BYTES, WINDOW_BYTES)};
    if (window->bytes != NULL) {
        (void)madvise(window->bytes, WINDOW_BYTES, MADV_DONTDUMP); // it holds card data
    }
    if (fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode)) {
        window->file_size = (uint64_t)stat.st_size;
        (void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    }
    return window->bytes != NULL;
}

void window_done(struct window *window)
{
    if (window->fd >= 0) {
        close(window->fd);
    }
    free(window->bytes);
    window->fd = -1;
    window->bytes = NULL;
    window->base += window->begin; // the offset outlives the window
    window->begin = window->end = 0;
}

static ssize_t read_some(struct window *window, size_t room)
{
    ssize_t got;
    do {
        got = read(window->fd, window->bytes + window->end, room);
    } while (got < 0 && errno == EINTR);
    window->error = got < 0 ? errno : 0;
    return got;
}

bool window_refill(struct window *window)
{
    size_t left = window_left(window);
    memmove(window->bytes, window->bytes + window->begin, left);
    window->base += window->begin;
    window->begin = 0;
    window->end = left;
    ASAN_UNPOISON_MEMORY_REGION(window->bytes, WINDOW_BYTES);
    size_t room = WINDOW_BYTES - left;
    size_t wanted = window->base + left == 0 ? FIRST_READ_BYTES : READ_BYTES;
    ssize_t got = room == 0 ? 0 : read_some(window, room < wanted ? room : wanted);
    window->end += got > 0 ? (size_t)got : 0;
    // A sanitizer shall see reads behind what the file gave.
    ASAN_POISON_MEMORY_REGION(window->bytes + window->end, WINDOW_BYTES - window->end);
    if (got <= 0) {
        return false;
    }
    uint64_t skip = window->skip;
    window->skip = 0;
    window_skip(window, skip);
    return true;
}

void window_clear(struct window *window)
{
    ASAN_UNPOISON_MEMORY_REGION(window->bytes, WINDOW_BYTES);
    window->begin = window->end = 0;
}

void window_skip(struct window *window, uint64_t count)
{
    size_t left = window_left(window);
    if (count <= left) {
        window->begin += (size_t)count;
    } else {
        window->begin = window->end;
        window->skip += count - left;
    }
}
