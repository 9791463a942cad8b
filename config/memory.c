#include "config/memory.h"

#include "config/log.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

static void *checked(void *memory, size_t count, size_t size)
{
    if (memory == NULL && count > 0 && size > 0) {
        log_error("out of memory: %zu records of %zu bytes", count, size);
        abort();
    }
    return memory;
}

void *memory_resize(void *old, size_t count, size_t size)
{
    return checked(reallocarray(old, count, size), count, size);
}

void *memory_zeroed(size_t count, size_t size)
{
    return checked(calloc(count, size), count, size);
}

char *memory_text(const char *text)
{
    return text == NULL ? NULL : checked(strdup(text), 1, strlen(text) + 1);
}

FILE *memory_stream(char **text, size_t *size)
{
    return checked(open_memstream(text, size), 1, BUFSIZ);
}

void *memory_grow(void *array, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity) {
        return array;
    }
    *capacity = *capacity == 0 ? 8 : *capacity * 2;
    return memory_resize(array, *capacity, size);
}

void memory_forbid_dumps(void)
{
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
#ifndef __SANITIZE_ADDRESS__ // the leak checker attaches to its own process, which needs it
                             // dumpable
    prctl(PR_SET_DUMPABLE, 0);
#endif
}

void memory_leave_out_of_dumps(void *memory, size_t size)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), from = (uintptr_t)memory, to = from + size;
    from = (from + page - 1) / page * page;
    to = to / page * page;
    if (to > from) {
        madvise((char *)memory + (from - (uintptr_t)memory), to - from, MADV_DONTDUMP);
    }
}

#define HUGE_PAGE ((size_t)2 * 1024 * 1024)

static bool maps_whole;

void memory_map_whole(void)
{
    maps_whole = true;
}

static size_t mapped_size(size_t size)
{
    size_t page = size < HUGE_PAGE ? (size_t)sysconf(_SC_PAGESIZE) : HUGE_PAGE;
    return (size + page - 1) / page * page;
}

// Maps a page more than is needed and gives back what lies outside of the aligned part.
static void *aligned_map(size_t size, size_t page)
{
    char *all = mmap(NULL, size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED) {
        return NULL;
    }
    size_t before = (page - (uintptr_t)all % page) % page;
    if (before > 0) {
        munmap(all, before);
    }
    munmap(all + before + size, page - before);
    return all + before;
}

// False when there are not so many.
static bool pages_take(void *memory, size_t size)
{
    return !maps_whole || madvise(memory, size, MADV_POPULATE_WRITE) == 0 || errno != ENOMEM;
}

void *memory_map_as_needed(size_t size)
{
    size_t mapped = mapped_size(size);
    bool large = mapped >= HUGE_PAGE;
    void *memory = aligned_map(mapped, large ? HUGE_PAGE : (size_t)sysconf(_SC_PAGESIZE));
    if (memory != NULL) {
        madvise(memory, mapped, MADV_DONTDUMP);
        if (large) {
            madvise(memory, mapped, MADV_HUGEPAGE);
        }
    }
    return memory;
}

void *memory_map(size_t size)
{
    void *memory = memory_map_as_needed(size);
    if (memory != NULL && !pages_take(memory, mapped_size(size))) {
        memory_unmap(memory, size);
        return NULL;
    }
    return memory;
}

void memory_unmap(void *memory, size_t size)
{
    if (memory != NULL) {
        munmap(memory, mapped_size(size));
    }
}
