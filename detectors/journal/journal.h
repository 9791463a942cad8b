// The counters of the seconds that still matter, beside the ledger: what a run that was killed goes
// on from, and what an incident's export holds. Storage, not a stage.
//
// A folder of segments, one for every hour of event time and every start, named by its first tick:
// 20260310T015953Z.jsonl.gz, the JSON lines of counters_print, gzipped and flushed tick by tick, so
// that a killed process leaves all but perhaps the last line. Beside it lies what was known of
// normal business when the segment began: ....normals.sqlite. Counters hold keyed hashes of
// accounts; files are mode 0600.
#pragma once

#include "config/settings.h"

#include "dataplane/counters/counters.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// [from, to]
struct span {
    struct instant from, to;
};

// ---- writing: never waits for the disk, but where it says so

struct journal;
// Makes the folder when it is not there. `normals_path` is copied into each segment's snapshot;
// NULL: none. Both are copied, `settings` outlives it. NULL with one sentence.
struct journal *journal_open(const char *folder, const char *normals_path,
    const struct settings *settings, char *error, size_t error_size);
// Takes a tick; later than the one before. What finds no room in memory, because the disk is too
// slow or refuses, is left out; the log says so.
void journal_put(struct journal *journal, const struct counters *counters);
// Waits until the tick is with the kernel, or has been given up: what is said outside about a tick
// is said after it. False when the time is over.
bool journal_wait(struct journal *journal, struct instant tick, int64_t most_ms);
// From here on only segments that overlap a span are kept, those between two that are less than
// JOURNAL_APART_S apart, and never more bytes than the settings say: the oldest go.
#define JOURNAL_APART_S (25 * S_PER_HOUR)
void journal_keep(struct journal *journal, const struct span *spans, size_t count);
// Writes what is left.
void journal_close(struct journal *journal);
// All of its files. Not while it is written.
void journal_remove(const char *folder);
bool journal_has_files(const char *folder);

// ---- reading: also of a journal that is being written

struct journal_reader;
// From the first segment on; NULL: there is none.
struct journal_reader *journal_read(const char *folder, const struct settings *settings);
// The next tick, in order; free it with counters_free. 1: *ret, 0: end; -1: *error names the file
// that cannot be read as counters of these settings; reading goes on with the next one.
int journal_next(
    struct journal_reader *reader, struct counters *ret, char *error, size_t error_size);
// The snapshot beside the segment of the last tick, when it is that segment's first tick; else
// NULL.
const char *journal_snapshot(const struct journal_reader *reader);
// What was known of normal business at the instant: the path of the newest snapshot that is not
// later than an hour behind it; the caller frees. NULL: none is kept.
char *journal_snapshot_of(const char *folder, struct instant at);
// A copy of an SQLite file while others write it, mode 0600. False: nothing is left of it.
bool snapshot_take(const char *from, const char *to);
void journal_read_end(struct journal_reader *reader);
// The last whole tick; INSTANT_NEVER without one.
struct instant journal_last(const char *folder, const struct settings *settings);
