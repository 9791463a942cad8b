// The operator's table of normal volumes (CSV) in memory. Private to detectors/normals/.
#pragma once

#include "config/settings.h"

// Intents per hour in thousandths, by hour of the day in Shanghai; VOLUME_NONE without a row.
#define VOLUME_NONE (-1)

struct volumes {
    int64_t hourly_milli[24];
};

// Of one network: [function * PROVINCES + province], NULL where the file has no row.
struct volume_table {
    struct volumes **volumes;
    size_t volume_count;
};

// Reads the network's file; rows of other known networks are skipped, so that one file may serve
// all. False after mistakes.
bool volume_table_read(const char *path, const struct settings *settings, uint16_t network,
    struct volume_table *ret, struct mistakes *mistakes);
// Gives one hour its volume; the table is made when there is none.
void volume_table_set(struct volume_table *table, size_t function_count, int function, int province,
    int hour, int64_t milli);
void volume_table_done(struct volume_table *table);

// The normal volume of `covered_s` seconds in the hour of the given second, in thousandths of an
// intent, rounded half up; VOLUME_NONE without a row. The hour's volume is spread evenly.
int64_t volumes_milli(const struct volumes *volumes, int64_t epoch_s, int64_t covered_s);
