// The bank's own volumes of a year by clock hour (CSV), for peak hours (art. 31(3)). Private to
// detectors/normals/ and tools/normals/.
#pragma once

#include "detectors/normals/learned.h"

#define YEAR_TABLE_HEADER "network,year,hour,intents"

struct network_year {
    uint16_t network;
    struct year_volumes volumes; // each hour's intents lie on its slots, their sum is exact
};

// Reads "network,year,hour,intents": all 24 hours of every year that it names, all business of the
// network whatever its result. False after mistakes (file:line: sentence). Free *ret.
bool year_table_read(const char *path, const struct settings *settings, struct network_year **ret,
    size_t *ret_count, struct mistakes *mistakes);
