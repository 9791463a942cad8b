// The criteria of an episode by one rule book, and the grade that they give. Private to
// detectors/grades/.
#pragma once

#include "detectors/grades/evaluate.h"

#define READING_TEXT 256

// The name of every set of stricter readings, for people.
void readings_name(char ret[static READING_SETS][READING_TEXT]);

// Fills the grade's criteria, levels, next threshold and flags; its criteria so far are kept.
void grade_evaluate(const struct evaluation *evaluation,
    char readings[static READING_SETS][READING_TEXT], struct grade *grade);
