// Private to tools/ledger/.
#pragma once

#include "detectors/duties/duties.h"

#include "tools/ledger/ledger.h"

// An incident, or a notice, as the ledger tells of it, with what was entered and not yet taken.
struct desk;
// `incident`: its last record; NULL of a notice.
struct desk *desk_open(struct book *book, const json_t *incident, const char *subject);
void desk_close(struct desk *desk);
// A duty by what a person calls it; NULL: there is none.
const struct duty *desk_duty(const struct desk *desk, const char *subject, const char *name);
// Why nothing can be corrected where no entry counts. Always false.
bool desk_has_no_entry(struct desk *desk, const json_t *move, char *error, size_t error_size);
// Whether the move can be. False with one sentence that names the rule.
bool desk_allows(struct desk *desk, const struct fact *move, char *error, size_t error_size);
