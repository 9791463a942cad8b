// Memory outside the packet path. Small and rare: when even that is missing the process stops at
// once with one sentence, and goes on from the ledger; half a verdict would be worse.
#pragma once

#include <stddef.h>

void *memory_resize(void *old, size_t count, size_t size);
void *memory_zeroed(size_t count, size_t size);
char *memory_text(const char *text); // a copy; NULL stays NULL
// Makes room for one more element in an array that doubles. Returns the array.
void *memory_grow(void *array, size_t count, size_t *capacity, size_t size);
