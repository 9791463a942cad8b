// Theory of operation
//
// Only root may open most devices; nothing that is read from them needs root. So the process starts
// as root, lets the EAL open the ports, and becomes an ordinary user before it opens its ledger,
// its sockets and makes its threads.
//
// glibc's setresuid and its kin change every thread of the process, those of the EAL too, and the
// kernel takes all capabilities from a thread that stops being root. A driver that still needs one
// (port_start.c has the list) uses it from the thread that opens and closes the ports: that thread
// asks to keep its capabilities over the change, and then gives all but those up. Threads that are
// made later are made by one that has given up these as well. capset(2) is a
// thread's own affair, so no library is needed for two system calls.
//
// The kernel makes a process that changed its user dumpable as /proc/sys/fs/suid_dumpable says;
// that is undone here.
#include "tools/run/privileges.h"

#include "config/memory.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// ---- who

static bool number_parse(const char *text, unsigned *ret)
{
    char *end;
    errno = 0;
    unsigned long number = strtoul(text, &end, 10);
    bool good = *text >= '0' && *text <= '9' && *end == '\0' && errno == 0 && number < UINT32_MAX;
    if (good) {
        *ret = (unsigned)number;
    }
    return good;
}

static bool uid_find(const char *name, struct user *ret)
{
    const struct passwd *found = getpwnam(name);
    if (found == NULL && number_parse(name, &ret->uid)) {
        found = getpwuid(ret->uid);
        ret->gid = found != NULL ? found->pw_gid : ret->uid;
        return true;
    }
    if (found != NULL) {
        ret->uid = found->pw_uid;
        ret->gid = found->pw_gid;
    }
    return found != NULL;
}

static bool gid_find(const char *name, struct user *ret)
{
    const struct group *found = getgrnam(name);
    if (found != NULL) {
        ret->gid = found->gr_gid;
        return true;
    }
    return number_parse(name, &ret->gid);
}

static bool user_change(struct user *ret, char *error, size_t error_size)
{
    ret->changes = ret->uid != geteuid() || ret->gid != getegid();
    if (ret->changes && geteuid() != 0) {
        snprintf(error, error_size,
            "only root can become the user '%s': start as root, or as '%s' without --user",
            ret->name, ret->name);
        return false;
    }
    if (ret->changes && ret->uid == 0) {
        snprintf(
            error, error_size, "--user is to give up root: name another user than '%s'", ret->name);
        return false;
    }
    return true;
}

bool user_find(const char *text, struct user *ret, char *error, size_t error_size)
{
    struct user user = {.uid = geteuid(), .gid = getegid(), .name = "this user"};
    if (text == NULL) {
        *ret = user;
        return true;
    }
    const char *colon = strchr(text, ':');
    size_t length = colon != NULL ? (size_t)(colon - text) : strlen(text);
    if (length >= sizeof(user.name)) {
        length = sizeof(user.name) - 1;
    }
    memcpy(user.name, text, length);
    user.name[length] = '\0';
    if (!uid_find(user.name, &user)) {
        snprintf(error, error_size,
            "there is no user '%s': make one with `useradd --system %s`, or name another",
            user.name, user.name);
        return false;
    }
    if (colon != NULL && !gid_find(colon + 1, &user)) {
        snprintf(error, error_size, "there is no group '%s'", colon + 1);
        return false;
    }
    if (!user_change(&user, error, error_size)) {
        return false;
    }
    *ret = user;
    return true;
}

// ---- what it may

void privileges_forbid_new(void)
{
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static bool capabilities_set(uint64_t kept)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {
        {.effective = (uint32_t)kept, .permitted = (uint32_t)kept},
        {.effective = (uint32_t)(kept >> 32), .permitted = (uint32_t)(kept >> 32)},
    };
    return syscall(SYS_capset, &header, data) == 0;
}

// The groups that the user is in, and no other.
static bool groups_set(const struct user *user)
{
    const struct passwd *entry = getpwuid(user->uid);
    return entry != NULL ? initgroups(entry->pw_name, user->gid) == 0
                         : setgroups(1, &user->gid) == 0;
}

static bool become(const struct user *user)
{
    return groups_set(user) && setresgid(user->gid, user->gid, user->gid) == 0 &&
           setresuid(user->uid, user->uid, user->uid) == 0;
}

bool privileges_try(const struct user *user, bool (*check)(void *context), void *context)
{
    int status;
    if (!user->changes) {
        return check(context);
    }
    pid_t child = fork();
    if (child == 0) {
        _exit(become(user) && check(context) ? 0 : 1);
    }
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
           WEXITSTATUS(status) == 0;
}

bool privileges_drop(const struct user *user, uint64_t kept, char *error, size_t error_size)
{
    if (!user->changes) {
        return true;
    }
    bool done =
        prctl(PR_SET_KEEPCAPS, kept != 0, 0, 0, 0) == 0 && become(user) && capabilities_set(kept);
    if (!done) {
        snprintf(error, error_size,
            "the process cannot become the user '%s': it needs the capabilities CAP_SETUID, "
            "CAP_SETGID and those of its drivers (%s)",
            user->name, strerror(errno));
        return false;
    }
    memory_forbid_dumps();
    if (setresuid(0, 0, 0) == 0 || geteuid() != user->uid) {
        snprintf(
            error, error_size, "the process is the user '%s' and can still be root", user->name);
        return false;
    }
    return true;
}

void privileges_lose(void)
{
    if (geteuid() != 0) {
        (void)capabilities_set(0);
    }
}
