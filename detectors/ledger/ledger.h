// 台账: storage, not a stage. One SQLite file (WAL, STRICT tables, user_version, foreign keys),
// append-only, hash-chained; kept at least 3 years (art. 25). Written by one thread, one
// transaction per change set.
#pragma once

#include "config/settings.h"

#include "detectors/kafka/kafka.h"

#include <jansson.h>

// What one tick changed. Built by pipeline.c, handed over whole, freed by the ledger.
struct change_set;
struct change_set *change_set_new(struct instant tick);
void change_set_free(struct change_set *changes);
bool change_set_is_empty(const struct change_set *changes);
// Of a tick that an earlier process may have judged: what the ledger has under a key stays as it
// is, and another content is no error.
void change_set_is_again(struct change_set *changes);
// All texts are copied. An entry under the same key with the same content is a no-op, with another
// content an error that is kept for ledger_close.
void change_set_add_incident(struct change_set *changes, const char *id, uint32_t sequence,
    const char *event, const char *json);
void change_set_add_duty(struct change_set *changes, const char *incident_id, const char *duty,
    uint32_t sequence, const char *json);
void change_set_add_draft(struct change_set *changes, const char *id, const char *incident_id,
    const char *json, const char *text);
// What a person has entered, and, as an entry of its own, at which tick the detectors took it.
void change_set_add_fact(struct change_set *changes, const char *id, const char *json);
void change_set_add_fact_taken(struct change_set *changes, const char *id, const char *json);
void change_set_add_event(struct change_set *changes, const struct event *event);
// What the program did, as an entry of the chain alone: what kind of note, of what, and how.
// Takes the reference.
void change_set_add_note(
    struct change_set *changes, const char *kind, const char *key, json_t *json);

// <path without .sqlite>.<id>.sqlite: an institution's ledger when there are several. False: too
// long.
#define LEDGER_PATH_MAX 4300
bool ledger_path_name(const struct institution_settings *institution, const char *path,
    char ret[static LEDGER_PATH_MAX]);
// That, or the path itself when there is one institution only.
bool ledger_path_of(const struct settings *settings, uint16_t institution, const char *path,
    char ret[static LEDGER_PATH_MAX]);

struct ledger;
// Makes or opens the file. NULL with one sentence in `error`.
struct ledger *ledger_open(const char *path, char *error, size_t error_size);
// Holds so many bytes in <path>-reserve, which are given up when the disk is full, and taken back
// when there is room again. What cannot be held is told in the log.
void ledger_reserve(struct ledger *ledger, int64_t bytes);
// Never blocks on the disk; takes ownership.
void ledger_commit(struct ledger *ledger, struct change_set *changes);
// Called from the ledger's thread before each attempt to commit, with the change set's tick.
void ledger_before_commit(
    struct ledger *ledger, void (*before)(void *context, struct instant tick), void *context);
// Called from the ledger's thread after each commit that had outbox rows.
void ledger_on_commit(struct ledger *ledger, void (*committed)(void *context), void *context);
// From here on the ledger's thread looks twice a second for facts that another process has put into
// the file and nobody has taken, also those of before.
void ledger_watch_facts(struct ledger *ledger);
// The next one, as its text, which the caller frees; NULL: none so far. Never waits for the disk.
char *ledger_next_fact(struct ledger *ledger);
// Of another process: one more entry. The file must be there. False with one sentence.
bool ledger_add_fact(
    const char *path, const char *id, const char *json, char *error, size_t error_size);
// What an earlier process left, for one that goes on: the newest event of every incident, and every
// fact with the tick that took it, in the order of the ledger. False with one sentence; a file that
// is not there holds nothing.
struct ledger_past {
    void (*incident)(void *context, const char *id, const char *json);
    void (*taken)(void *context, const char *fact, const char *taken);
    void *context;
};
bool ledger_read_past(
    const char *path, const struct ledger_past *past, char *error, size_t error_size);
// The same file, looked at while others write it, by one thread; what the ledger's own has not
// committed yet is not there. NULL with one sentence.
struct ledger_lookup;
struct ledger_lookup *ledger_lookup_open(const char *path, char *error, size_t error_size);
void ledger_lookup_close(struct ledger_lookup *lookup);
// Content of an entry, which the caller frees; NULL: there is none.
char *ledger_lookup_entry(struct ledger_lookup *lookup, const char *kind, const char *key);
// Every record of an incident's duties, and the id of every draft, in the order of the ledger.
void ledger_lookup_duties(struct ledger_lookup *lookup, const char *incident,
    void (*give)(void *context, const char *json), void *context);
void ledger_lookup_drafts(struct ledger_lookup *lookup, const char *incident,
    void (*give)(void *context, const char *id), void *context);
// What has a duty: of that of its answer every risk notice.
void ledger_lookup_notices(struct ledger_lookup *lookup, const char *duty,
    void (*give)(void *context, const char *id), void *context);
// The same of any changes, by another thread or process than the ledger's own; takes ownership.
bool ledger_add(const char *path, struct change_set *changes, char *error, size_t error_size);
// Waits until everything is on disk. False with one sentence when something could not be written.
bool ledger_close(struct ledger *ledger, char *error, size_t error_size);

// Where the chain ends: number and hash (BLAKE2b-256, hex) of its last entry; 0 and zeroes of an
// empty one. Beside each ledger stands its head, in <path>-head.
struct ledger_head {
    int64_t count;
    char hash[65];
};
enum head_state { HEAD_READ, HEAD_MISSING, HEAD_UNREADABLE };
enum head_state ledger_head_read(const char *path, struct ledger_head *ret);

// Reads all of the file: its pages, its schema, the chain from its first entry to the head beside
// it, and each row against the entry that it belongs to. False with one sentence that names the
// first thing that does not fit. *ret_head is where the chain ends; NULL: nobody asks.
bool ledger_verify(const char *path, struct ledger_head *ret_head, char *error, size_t error_size);

// Whether the chain holds the entry that a head, kept elsewhere, names. False with one sentence.
bool ledger_holds(const char *path, const struct ledger_head *head, char *error, size_t error_size);

// A copy at `to`, where no file may be, while others write the ledger; with its own head beside it,
// and verified. False with one sentence; nothing is left then.
bool ledger_backup(
    const char *path, const char *to, struct ledger_head *ret_head, char *error, size_t error_size);

// The outbox, for the sender: a connection of its own to the same file. Rows come in the order in
// which they were committed; a row stays pending until it is marked.
struct outbox_row {
    int64_t number;
    const char *id, *topic, *key, *headers, *value; // live until the next call
};
// Notes about rows, under their ids: what the brokers never take, and what went to the second sink.
#define OUTBOX_REFUSED "message_refused"
#define OUTBOX_SECOND  "second_sink"
struct outbox;
struct outbox *outbox_open(const char *path, char *error, size_t error_size);
void outbox_close(struct outbox *outbox);
// The first pending row after `number`: 1, none: 0, the file cannot be read now: -1.
int outbox_next(struct outbox *outbox, int64_t number, struct outbox_row *ret);
// The same of those that the second sink has not had.
int outbox_second_next(struct outbox *outbox, int64_t number, struct outbox_row *ret);
// The same of calls, which go to people and to no broker: rows of the topic OUTBOX_CALL.
#define OUTBOX_CALL "call"
int outbox_call_next(struct outbox *outbox, int64_t number, struct outbox_row *ret);
// The row given last ends here: a read that stays open would see an old file.
void outbox_rest(struct outbox *outbox);
// The earliest instant at which a report that waits is due (header ce_due), and the instant of the
// event that waits longest (ce_time): 1, none: 0, the file cannot be read now: -1.
int outbox_due(struct outbox *outbox, struct instant *ret);
int outbox_oldest(struct outbox *outbox, struct instant *ret);
// One transaction: one attempt more for each; delivered when `delivered_at` is not NULL.
bool outbox_mark(
    struct outbox *outbox, const int64_t *numbers, size_t count, const char *delivered_at);
// How many rows are pending; -1 when the file cannot be read.
int64_t outbox_pending(struct outbox *outbox);
const char *outbox_error(struct outbox *outbox);
