// Private to config/: whole files in memory.
#pragma once

#include "config/yaml.h"

#include <stddef.h>
#include <stdint.h>

// The bytes of a regular file of at most `bytes_max`, with a NUL behind them that *ret_size does
// not count. NULL with a mistake. The caller frees.
uint8_t *file_read(const char *path, size_t bytes_max, size_t *ret_size, struct mistakes *mistakes);
