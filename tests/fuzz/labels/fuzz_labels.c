// A table of labels from a hostile hand: read, and every label that comes out of it has a name.
#include "config/tables.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void table_use(const struct label_table *table, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < table->group_count; i++) {
        const struct label_group *group = &table->groups[i];
        for (size_t at = 0; at + LABEL_CHARACTERS <= size && at < 64; at++) {
            uint16_t label = label_find(table, group, label_word(data + at, group->length));
            if (label > table->count || (label == LABEL_NONE) != (*label_name(table, label) == 0)) {
                abort();
            }
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    int descriptor = memfd_create("labels", MFD_CLOEXEC);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", descriptor);
    if (descriptor < 0 || write(descriptor, data, size) != (ssize_t)size) {
        abort();
    }
    struct mistakes *mistakes = mistakes_new();
    struct label_table table;
    bool good = label_table_read(path, 32, &table, mistakes);
    if (good != (mistakes_count(mistakes) == 0)) {
        abort();
    }
    if (good) {
        table_use(&table, data, size);
    }
    label_table_free(&table);
    mistakes_free(mistakes);
    close(descriptor);
    return 0;
}
