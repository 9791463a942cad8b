// The shipped dialects for the fuzz targets; the first byte of an input chooses one.
#pragma once

#include "config/settings.h"

#include "dataplane/transactions/dialect.h"

#define FUZZ_DIALECTS 12

const struct dialect *fuzz_dialect(uint8_t choice);
struct settings *fuzz_settings(void);
