// Each institution has a ledger of its own, so that a whole file, with its chain, can be handed to
// its inspector and holds nothing of another's. Of one institution it has the plain name.
#include "detectors/ledger/ledger.h"

#include <stdio.h>
#include <string.h>

#define ENDING ".sqlite"

bool ledger_path_name(const struct institution_settings *institution, const char *path,
    char ret[static LEDGER_PATH_MAX])
{
    size_t length = strlen(path), ending = strlen(ENDING);
    bool ends = length > ending && strcmp(path + length - ending, ENDING) == 0;
    int stem = (int)(ends ? length - ending : length);
    int written = snprintf(
        ret, LEDGER_PATH_MAX, "%.*s.%s%s", stem, path, institution->id, ends ? ENDING : "");
    return written > 0 && (size_t)written < LEDGER_PATH_MAX;
}

bool ledger_path_of(const struct settings *settings, uint16_t institution, const char *path,
    char ret[static LEDGER_PATH_MAX])
{
    if (settings->institution_count > 1) {
        return ledger_path_name(&settings->institutions[institution], path, ret);
    }
    int length = snprintf(ret, LEDGER_PATH_MAX, "%s", path);
    return length >= 0 && (size_t)length < LEDGER_PATH_MAX;
}
