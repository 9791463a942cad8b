// What an incident's verdict came from, into a folder. Private to tools/ledger/.
#pragma once

#include "tools/ledger/folder.h"

#include <jansson.h>

// verdict/settings.yaml with all files that it names, verdict/normals.sqlite and
// verdict/counters.jsonl: `tapgrade replay -c settings.yaml --start-at counters counters.jsonl`
// gives the incident again. `incident`: its last record. What is not there any more is told in the
// log.
void bundle_put(
    struct folder *folder, const char *settings_path, const char *journal, const json_t *incident);
