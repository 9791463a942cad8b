// Memory or the end: the generator runs to its end or not at all, so nobody asks twice.
#pragma once

#include <stddef.h>

void *memory_new(size_t count, size_t size); // zeroed
void *memory_resize(void *old, size_t count, size_t size);
