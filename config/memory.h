// Memory outside the packet path. Small and rare: when even that is missing the process stops at
// once with one sentence, and goes on from the ledger; half a verdict would be worse.
#pragma once

#include <stddef.h>
#include <stdio.h>

void *memory_resize(void *old, size_t count, size_t size);
void *memory_zeroed(size_t count, size_t size);
char *memory_text(const char *text); // a copy; NULL stays NULL
// What is printed there is `*text` once the stream is closed; the caller frees it.
FILE *memory_stream(char **text, size_t *size);
// Makes room for one more element in an array that doubles. Returns the array.
void *memory_grow(void *array, size_t count, size_t *capacity, size_t size);

// Messages in memory hold card data until they are hashed: from here on no core file of this
// process can be made. To be said again when the process changes its user.
void memory_forbid_dumps(void);
// Keeps what lies wholly inside out of core files, whoever may make them.
void memory_leave_out_of_dumps(void *memory, size_t size);

// Zeroed memory of its own for a large table: in huge pages where they are to be had, out of core
// files. What is not touched takes no memory, unless the pages were asked for. NULL when there is
// none. memory_unmap takes the same size, and NULL.
void *memory_map(size_t size);
// The same, in any case with its pages at their first touch: for a table that stays empty as a
// rule, and whose thread need not keep up with a wire.
void *memory_map_as_needed(size_t size);
// From here on memory_map has its pages from the kernel at once: who must keep up with a wire
// cannot wait for them at each first touch. Kernels before 5.14 give them at the touch all the
// same.
void memory_map_whole(void);
void memory_unmap(void *memory, size_t size);
