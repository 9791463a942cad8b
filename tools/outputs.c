#include "tools/outputs.h"

#include "config/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// The folder and its parents, mode 0750: the ledger is nobody else's business.
static bool make_folder(const char *path)
{
    char part[4096];
    if ((size_t)snprintf(part, sizeof(part), "%s/", path) >= sizeof(part)) {
        return false;
    }
    for (char *slash = strchr(part + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(part, 0750) != 0 && errno != EEXIST) {
            return false;
        }
        *slash = '/';
    }
    return true;
}

bool outputs_check(const struct settings *settings)
{
    char *folder = settings_path(settings, settings->ledger.folder);
    bool made = make_folder(folder);
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
    free(plain);
    free(folder);
}
