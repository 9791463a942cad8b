#include "tools/outputs.h"

#include "config/log.h"

#include "detectors/ledger/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// One level. What is made belongs to the user; what is there stays as it is.
static bool make_level(const char *path, const struct user *user)
{
    if (mkdir(path, 0750) != 0) {
        return errno == EEXIST;
    }
    return !user->changes || chown(path, user->uid, user->gid) == 0;
}

// The folder and its parents, mode 0750: the ledger is nobody else's business.
static bool make_folder(const char *path, const struct user *user)
{
    char part[4096];
    if ((size_t)snprintf(part, sizeof(part), "%s/", path) >= sizeof(part)) {
        return false;
    }
    for (char *slash = strchr(part + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (!make_level(part, user)) {
            return false;
        }
        *slash = '/';
    }
    return true;
}

static bool is_writable(const char *path)
{
    return faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0 || errno == ENOENT;
}

static bool is_ledger_writable(const char *ledger)
{
    static const char *const beside[] = {"", "-wal", "-shm", "-head", "-reserve"};
    char path[LEDGER_PATH_MAX + 16];
    bool good = true;
    for (size_t i = 0; i < sizeof(beside) / sizeof(beside[0]); i++) {
        snprintf(path, sizeof(path), "%s%s", ledger, beside[i]);
        good &= is_writable(path);
    }
    return good;
}

struct trial {
    const struct settings *settings;
    struct outputs outputs;
};

// Files of an earlier run may belong to the user that it ran as.
static bool are_writable(void *context)
{
    const struct trial *trial = context;
    const struct outputs *outputs = &trial->outputs;
    char path[LEDGER_PATH_MAX];
    bool good = is_writable(outputs->json_lines_path) && is_writable(outputs->journal_folder);
    for (size_t i = 0; i < trial->settings->institution_count; i++) {
        good &= ledger_path_of(trial->settings, (uint16_t)i, outputs->ledger_path, path) &&
                is_ledger_writable(path);
    }
    snprintf(path, sizeof(path), "%s", outputs->ledger_path);
    *strrchr(path, '/') = '\0';
    return good && faccessat(AT_FDCWD, path, W_OK | X_OK, AT_EACCESS) == 0;
}

bool outputs_make(
    const struct settings *settings, const struct user *user, char *error, size_t error_size)
{
    struct trial trial = {.settings = settings};
    char *folder = settings_path(settings, settings->ledger.folder);
    bool made = make_folder(folder, user), good = false;
    if (!made) {
        snprintf(error, error_size, "the ledger folder '%s' cannot be made: %s", folder,
            strerror(errno));
    } else {
        outputs_name(settings, settings->sensor, &trial.outputs);
        good = privileges_try(user, are_writable, &trial);
    }
    if (made && !good) {
        snprintf(error, error_size,
            "the ledger folder '%s', or a file of sensor '%s' in it, cannot be written by %s%s: "
            "run "
            "`chown -R` for it, or set another ledger.folder",
            folder, settings->sensor, user->changes ? "the user " : "", user->name);
    }
    free(folder);
    return good;
}

bool outputs_check(const struct settings *settings)
{
    char *folder = settings_path(settings, settings->ledger.folder);
    const struct user nobody_else = {.changes = false};
    bool made = make_folder(folder, &nobody_else);
    bool good = made && access(folder, W_OK | X_OK) == 0;
    if (!good) {
        log_error("the ledger folder '%s' cannot be %s: %s", folder, made ? "written" : "made",
            strerror(errno));
    }
    free(folder);
    return good;
}

void outputs_name(const struct settings *settings, const char *name, struct outputs *ret)
{
    char *folder = settings_path(settings, settings->ledger.folder);
    char *plain = realpath(folder, NULL); // for people: without the way over the settings' folder
    const char *shown = plain != NULL ? plain : folder;
    snprintf(ret->ledger_path, OUTPUT_PATH_MAX, "%s/%s.sqlite", shown, name);
    snprintf(ret->json_lines_path, OUTPUT_PATH_MAX, "%s/%s.jsonl", shown, name);
    snprintf(ret->journal_folder, OUTPUT_PATH_MAX, "%s/%s.journal", shown, name);
    free(plain);
    free(folder);
}
