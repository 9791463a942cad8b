// A stricter standard of single networks: the institution's own (art. 6(4)), or what was agreed
// with the operator of an infrastructure of the PBOC (art. 11). Arts. 7 to 10 are floors, so a
// clause of an overlay is never laxer than the one in whose place it stands. Private to
// detectors/grades/.
#pragma once

#include "detectors/grades/grades.h"

enum overlay_kind { OVERLAY_OWN_STANDARD, OVERLAY_FMI_COUNTERPARTY };

struct overlay {
    char *id, *base, *version, *effective_from;
    int kind;
    char *counterparty,
        *agreement; // OVERLAY_FMI_COUNTERPARTY: with whom, and the paper's reference
    char *approved_by, *approved_on, *next_review;
    char **networks;
    size_t network_count;
    struct clause *clauses;
    size_t clause_count;
};
extern const struct schema overlay_schema;

// NULL after mistakes: also when a network is not in the settings.
struct overlay *overlay_read(
    const char *path, const struct settings *settings, struct mistakes *mistakes);
void overlay_free(struct overlay *overlay);
bool overlay_concerns(const struct overlay *overlay, const struct network_settings *network);
// The base with the overlay's clauses in place of those with the same id, and the others behind. It
// shares all texts with both, but for the version; freed by overlay_merged_free. NULL after
// mistakes: a clause that is laxer.
struct rulebook *overlay_merge(
    const struct rulebook *base, const struct overlay *overlay, struct mistakes *mistakes);
void overlay_merged_free(struct rulebook *merged);
