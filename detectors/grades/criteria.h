// The criteria of an episode by one rule book, and the grade that they give. Private to
// detectors/grades/.
#pragma once

#include "detectors/grades/evaluate.h"

// The name of every set of stricter readings that was ever needed, for people.
struct reading_texts {
    char *texts[1 << READINGS];
};
void reading_texts_free(struct reading_texts *texts);

// Fills the grade's criteria, levels, thresholds ahead and flags; its criteria so far are kept.
void grade_evaluate(
    const struct evaluation *evaluation, struct reading_texts *texts, struct grade *grade);
