// What an export may hold of a sensor that watches several institutions: what is of one of them.
// Private to tools/ledger/.
#pragma once

#include "config/settings.h"

#include "dataplane/counters/counters.h"

// Writes the settings without the networks, links and windows of other institutions, as a new file
// that the caller removes; its paths are absolute. False with one sentence.
bool scope_settings(struct settings *settings, uint16_t institution, char *path, size_t path_size,
    char *error, size_t error_size);
// Takes out of a tick what is of other institutions' networks.
void scope_counters(
    const struct settings *settings, uint16_t institution, struct counters *counters);
// Deletes from a copy of what is normal all but the settings' networks. False: it could not.
bool scope_normals(const struct settings *settings, const char *path);
