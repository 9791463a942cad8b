// Any bytes as a file of counters: what is accepted prints as what reads back the same.
#include "dataplane/counters/counters.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/pairing/rig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *print(const struct settings *settings, const struct counters *counters)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    counters_print(out, settings, counters);
    fclose(out);
    return text;
}

static void check_again(const struct settings *settings, const char *text)
{
    struct counters counters = {0};
    char error[256];
    FILE *in = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
    if (counters_scan(in, settings, &counters, error, sizeof(error)) != 1) {
        abort();
    }
    char *again = print(settings, &counters);
    if (strcmp(text, again) != 0) {
        abort();
    }
    fclose(in);
    free(again);
    counters_free(&counters);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct settings *settings;
    struct counters counters = {0};
    char error[256];
    settings = settings == NULL ? rig_settings(16) : settings;
    FILE *in = size == 0 ? NULL : fmemopen((void *)(uintptr_t)data, size, "r");
    while (in != NULL && counters_scan(in, settings, &counters, error, sizeof(error)) == 1) {
        char *text = print(settings, &counters);
        if (text[0] != '\0') {
            check_again(settings, text);
        }
        free(text);
        counters_free(&counters);
    }
    if (in != NULL) {
        fclose(in);
    }
    return 0;
}
