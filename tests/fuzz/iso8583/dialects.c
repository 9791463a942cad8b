#include "tests/fuzz/iso8583/dialects.h"

#include <stdio.h>
#include <stdlib.h>

static const char *source(void)
{
    const char *folder = getenv("TAPGRADE_SOURCE");
    return folder != NULL ? folder : "."; // fuzzers are started in the source folder
}

const struct dialect *fuzz_dialect(uint8_t choice)
{
    static const char *const names[FUZZ_DIALECTS] = {"cups", "cups-binary-length", "iso87-ascii4",
        "iso87-ascii4-raw", "iso87-ascii-2byte", "iso87-ascii-2byte-raw", "iso87-bcd-2byte",
        "iso87-bcd-tpdu", "iso93-ascii4", "pos", "base24", "base24-tcp"};
    static struct dialect *dialects[FUZZ_DIALECTS];
    size_t i = choice % FUZZ_DIALECTS;
    if (dialects[i] == NULL) {
        char path[4096];
        struct mistakes *mistakes = mistakes_new();
        snprintf(path, sizeof(path), "%s/config/dialects/%s.yaml", source(), names[i]);
        dialects[i] = dialect_read(path, mistakes);
        if (dialects[i] == NULL) {
            mistakes_print(mistakes, stderr);
            abort();
        }
        mistakes_free(mistakes);
    }
    return dialects[i];
}

struct settings *fuzz_settings(void)
{
    static struct settings *settings;
    if (settings == NULL) {
        char path[4096];
        struct mistakes *mistakes = mistakes_new();
        snprintf(path, sizeof(path), "%s/config/tapgrade.yaml", source());
        settings = settings_read(path, mistakes);
        if (settings == NULL) {
            mistakes_print(mistakes, stderr);
            abort();
        }
        mistakes_free(mistakes);
    }
    return settings;
}
