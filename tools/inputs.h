// What a verdict depends on besides the packets: the settings and every file that they name.
#pragma once

#include "config/settings.h"

#include <stdio.h>

// settings_read, then dialects, rule books and normals are read as well, only to find their
// mistakes. NULL or a non-empty `mistakes` means that there were some. Free with settings_free.
struct settings *inputs_check(const char *path, struct mistakes *mistakes);

// The files that only a live run reads, and only its user may: each mistake where they are named.
void inputs_check_secrets(const struct settings *settings, struct mistakes *mistakes);

// The year whose calendar should be here today and is not, 0: none. From 1 November on the next.
int64_t inputs_missing_year(const struct settings *settings);

// The digest reads every input before the replay does. A pipe can be read once only: records of one
// are copied to a nameless file, which *ret_path names from then on (*ret_spool is NULL when there
// was no need to); packets are never written anywhere. False with a sentence.
bool inputs_spool(char **ret_path, FILE **ret_spool, char *error, size_t error_size);
bool inputs_are_files(char *const captures[], size_t count, char *error, size_t error_size);

// Every file that the settings name and that a verdict depends on, some of them empty.
void inputs_each_path(
    struct settings *settings, void (*each)(void *context, char **path), void *context);

#define SOURCE_TEXT_MAX 33 // 32 hex digits

// XXH3 of one file's bytes. False when it cannot be read.
bool input_digest(const char *path, char text[static SOURCE_TEXT_MAX]);

// The digest (XXH3, 128 bits) of captures, settings (but for ledger and kafka, which no verdict
// depends on), rule books, normals, dialects and tables, made in a thread of its own.
struct source_digest;
struct source_digest *source_digest_start(
    const struct settings *settings, char *const captures[], size_t count);
// Waits for it, once, and adds what was learned before, as a digest or empty. False when a file
// could not be read: `text` names it.
bool source_digest_wait(
    struct source_digest *digest, const char *normals, char *text, size_t text_size);
// Of the same with what persons have entered (NULL: nothing): other facts, another verdict, of the
// same incidents. False when the file cannot be read.
bool source_with_facts(
    const char *source, const char *facts_path, char text[static SOURCE_TEXT_MAX]);
// Stops when it is not done.
void source_digest_free(struct source_digest *digest);
