// A settings file from a hostile hand: read and checked; when it has no mistake of form, print,
// read and print must be a fixed point.
#include "config/settings.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Reads the bytes by `schema` and prints them back; NULL after mistakes.
static char *read_and_print(const void *data, size_t size, struct mistakes *mistakes, bool check)
{
    char path[64], *text = NULL;
    size_t text_size;
    int descriptor = memfd_create("settings", MFD_CLOEXEC);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", descriptor);
    if (descriptor < 0 || write(descriptor, data, size) != (ssize_t)size) {
        abort();
    }
    if (check) {
        settings_free(settings_read(path, mistakes));
    }
    struct settings settings;
    if (yaml_read(path, &settings_schema, &settings, mistakes)) {
        FILE *out = open_memstream(&text, &text_size);
        yaml_print(out, &settings_schema, &settings, check);
        fclose(out);
    }
    yaml_free(&settings_schema, &settings);
    close(descriptor);
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mistakes *mistakes = mistakes_new();
    char *once = read_and_print(data, size, mistakes, true);
    char *twice = once == NULL ? NULL : read_and_print(once, strlen(once), mistakes, false);
    char *thrice = twice == NULL ? NULL : read_and_print(twice, strlen(twice), mistakes, false);
    if (once != NULL && (thrice == NULL || strcmp(twice, thrice) != 0)) {
        abort();
    }
    free(once);
    free(twice);
    free(thrice);
    mistakes_free(mistakes);
    return 0;
}
