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

// What the first line reads as; NULL when it is refused.
static char *read_first(const struct settings *settings, const char *data, size_t size)
{
    struct counters counters = {0};
    char error[256], *text = NULL;
    FILE *in = fmemopen((void *)(uintptr_t)data, size, "r");
    if (counters_scan(in, settings, &counters, error, sizeof(error)) == 1) {
        text = print(settings, &counters);
        counters_free(&counters);
    }
    fclose(in);
    return text;
}

// A blank behind the first brace is nothing to JSON, and too much for the reader of plain lines:
// both readers say the same.
static void check_readers(const struct settings *settings, const uint8_t *data, size_t size)
{
    char *blank = malloc(size + 2);
    blank[0] = '{';
    blank[1] = ' ';
    memcpy(blank + 2, data + 1, size - 1);
    char *one = read_first(settings, (const char *)data, size);
    char *other = read_first(settings, blank, size + 1);
    if ((one == NULL) != (other == NULL) || (one != NULL && strcmp(one, other) != 0)) {
        abort();
    }
    free(blank);
    free(one);
    free(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct settings *settings;
    struct counters counters = {0};
    char error[256];
    settings = settings == NULL ? rig_settings(16) : settings;
    if (size > 0 && data[0] == '{') {
        check_readers(settings, data, size);
    }
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
