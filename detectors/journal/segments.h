// The files of a journal. Private to detectors/journal/.
#pragma once

#include "detectors/journal/journal.h"

#define SEGMENT_NAME_MAX 40
#define SEGMENT_SUFFIX   ".jsonl.gz"
#define SNAPSHOT_SUFFIX  ".normals.sqlite"

struct segment {
    int64_t from_s; // first tick
    int64_t bytes;  // with its snapshot
};

// All segments, the oldest first; the caller frees. NULL: none, or no such folder.
struct segment *segments_list(const char *folder, size_t *ret_count);
// <folder>/<name><suffix>; the caller frees.
char *segment_path(const char *folder, int64_t from_s, const char *suffix);
void segment_remove(const char *folder, int64_t from_s);
// Which to keep; the last one ends with now and is always kept.
void segments_choose(const struct segment *segments, size_t count, const struct span *spans,
    size_t span_count, int64_t bytes_most, bool *ret_keep);
