// Any bytes as a file of interruptions: what is accepted prints as what reads back and prints the
// same, byte for byte.
#include "detectors/outages/outages.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/pairing/rig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *printed(const struct settings *settings, const struct interruption *one)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL) {
        abort();
    }
    interruption_print(out, settings, one);
    fclose(out);
    return text;
}

static void check_again(const struct settings *settings, const struct interruption *one)
{
    struct interruption again;
    char error[512], *first = printed(settings, one);
    FILE *in = fmemopen(first, strlen(first), "r");
    if (in == NULL || interruption_scan(in, settings, &again, error, sizeof(error)) != 1) {
        abort();
    }
    char *second = printed(settings, &again);
    if (strcmp(first, second) != 0) {
        abort();
    }
    fclose(in);
    free(first);
    free(second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct settings *settings;
    struct interruption one = {0};
    char error[512];
    settings = settings == NULL ? rig_settings(16) : settings;
    FILE *in = size == 0 ? NULL : fmemopen((void *)(uintptr_t)data, size, "r");
    while (in != NULL && interruption_scan(in, settings, &one, error, sizeof(error)) == 1) {
        check_again(settings, &one);
    }
    if (in != NULL) {
        fclose(in);
    }
    return 0;
}
