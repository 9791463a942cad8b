#include "tools/generate/memory.h"

#include "config/log.h"

#include <stdlib.h>

static void *or_end(void *memory)
{
    if (memory == NULL) {
        log_error("no memory left for the scenario");
        exit(3);
    }
    return memory;
}

void *memory_new(size_t count, size_t size)
{
    return or_end(calloc(count == 0 ? 1 : count, size));
}

void *memory_resize(void *old, size_t count, size_t size)
{
    return or_end(reallocarray(old, count == 0 ? 1 : count, size));
}
