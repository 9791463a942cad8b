// A folder of files that are nobody else's, with the SHA-256 of each. Private to tools/ledger/.
#pragma once

#include <jansson.h>

#include <stdbool.h>
#include <stddef.h>

struct folder;
// Makes it; it must not be there. NULL with one sentence.
struct folder *folder_new(const char *path, char *error, size_t error_size);
// A file in it, `name` may have one folder of its own. After a mistake nothing more is done.
void folder_put(struct folder *folder, const char *name, const void *bytes, size_t size);
void folder_put_text(struct folder *folder, const char *name, const char *text);
// A copy of a file that lies elsewhere. False when that cannot be read, which is no mistake here.
bool folder_copy(struct folder *folder, const char *name, const char *from);
// A file that `write` makes at a path where none is yet, in a folder that is there. When it says
// false that is the mistake.
void folder_write(struct folder *folder, const char *name,
    bool (*write)(const char *path, const void *what, char *error, size_t error_size),
    const void *what);
// Writes SHA256SUMS, for `sha256sum -c`. False with one sentence about the first mistake. Frees.
bool folder_end(struct folder *folder, char *error, size_t error_size);
