// A folder that lives as long as one test program, with the shipped configuration's subfolders in
// it, so that settings written there find their tables.
#pragma once

#include "config/yaml.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char scratch_folder[64];

static inline const char *scratch_path(const char *name)
{
    static char path[128];
    snprintf(path, sizeof(path), "%s/%s", scratch_folder, name);
    return path;
}

static inline int scratch_setup(void **state)
{
    static const char *const subfolders[] = {"tables", "dialects", "rulebooks", "templates"};
    (void)state;
    strcpy(scratch_folder, "/tmp/tapgrade-test-XXXXXX");
    if (mkdtemp(scratch_folder) == NULL) {
        return -1;
    }
    for (size_t i = 0; i < sizeof(subfolders) / sizeof(subfolders[0]); i++) {
        char target[512];
        snprintf(target, sizeof(target), "%s/config/%s", getenv("TAPGRADE_SOURCE"), subfolders[i]);
        if (symlink(target, scratch_path(subfolders[i])) != 0) {
            return -1;
        }
    }
    return 0;
}

static inline int scratch_teardown(void **state)
{
    char command[128];
    (void)state;
    snprintf(command, sizeof(command), "rm -r '%s'", scratch_folder);
    return system(command);
}

// Writes a file of the folder and returns its path.
static inline const char *scratch_write(const char *name, const void *bytes, size_t size)
{
    const char *path = scratch_path(name);
    FILE *out = fopen(path, "wb");
    if (out == NULL || fwrite(bytes, 1, size, out) != size || fclose(out) != 0) {
        abort();
    }
    return path;
}

// The sentences, each "name:line:column: ..." with the folder cut off. The caller frees.
static inline char *scratch_sentences(const struct mistakes *mistakes)
{
    char *text = NULL;
    size_t size, length = strlen(scratch_folder) + 1;
    FILE *out = open_memstream(&text, &size);
    mistakes_print(mistakes, out);
    fclose(out);
    for (char *at = text; (at = strstr(at, scratch_folder)) != NULL;) {
        memmove(at, at + length, strlen(at + length) + 1);
    }
    return text;
}
