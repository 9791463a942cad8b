// The crude loop that the row pipeline/floor runs in the place of `tapgrade run`.
#pragma once

#include <stddef.h>

// Receives until SIGTERM, then prints what it counted as `run` would, as far as it counts at all.
// The exit status.
int floor_main(const char *settings_path, char *const options[], size_t count);
