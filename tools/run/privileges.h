// Which user the process becomes once its ports are open, and what it may still do then.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct user {
    uid_t uid;
    gid_t gid;
    char name[64]; // for people
    bool changes;  // the process is to become this user; else it is and stays
};

// "USER" or "USER:GROUP", names or numbers; NULL: whoever runs the process. False with one
// sentence.
bool user_find(const char *text, struct user *ret, char *error, size_t error_size);

// Before the first thread: nothing that this process starts may ever have more privileges than it.
void privileges_forbid_new(void);

// What `check` says when this user asks it: it runs in a child process. Before the first thread.
bool privileges_try(const struct user *user, bool (*check)(void *context), void *context);

// All threads become the user, without a capability; the calling thread keeps those whose bits
// (CAP_*) are set in `kept`. No core dump is possible afterwards either. False with one sentence.
bool privileges_drop(const struct user *user, uint64_t kept, char *error, size_t error_size);
// The calling thread gives up what it still may, unless the process stays root; so do the threads
// that it starts from here on.
void privileges_lose(void);
