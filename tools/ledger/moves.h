// Private to tools/ledger/.
#pragma once

#include "tools/ledger/ledger.h"

// Whether the move fits what the ledger says of the incident now, with what was entered and not yet
// taken. False with one sentence that names the rule.
bool move_check(struct book *book, const json_t *incident, const struct fact *fact, char *error,
    size_t error_size);
