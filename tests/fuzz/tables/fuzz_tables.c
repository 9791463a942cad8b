// The bank's tables (CSV) from a hostile hand: normal volumes, and the volumes of a year.
#include "config/settings.h"

#include "detectors/normals/table.h"
#include "detectors/normals/year_table.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Every hour of a year that was read without a mistake is not negative, and so is their sum.
static void years_check(const struct network_year *years, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int64_t sum = 0;
        for (size_t s = 0; s < DAY_SLOTS; s++) {
            if (years[i].volumes.volumes[s] < 0) {
                abort();
            }
            sum += years[i].volumes.volumes[s];
        }
        if (sum <= 0) {
            abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char id[] = "pay", payment[] = "payment", folder[] = ".";
    struct function functions[] = {{.id = payment, .name = payment, .main = true}};
    struct network_settings network = {
        .id = id, .functions = {.functions = functions, .function_count = 1}};
    struct settings settings = {.networks = &network, .network_count = 1, .folder = folder};
    settings.regions.province[32] = true;
    struct mistakes *mistakes = mistakes_new();
    struct volume_table table = {0};
    struct network_year *years = NULL;
    size_t count = 0;
    char path[64];
    int descriptor = memfd_create("table", MFD_CLOEXEC);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", descriptor);
    if (descriptor < 0 || write(descriptor, data, size) != (ssize_t)size) {
        abort();
    }
    volume_table_read(path, &settings, 0, &table, mistakes);
    if (year_table_read(path, &settings, &years, &count, mistakes)) {
        years_check(years, count);
    }
    volume_table_done(&table);
    free(years);
    close(descriptor);
    mistakes_free(mistakes);
    return 0;
}
