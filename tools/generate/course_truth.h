// What a course really was: JSON lines of its groups, days, faults and sums.
#pragma once

#include "tools/generate/course.h"

struct course_truth;

// `out` may be NULL: nothing is told.
struct course_truth *course_truth_new(const struct course *course, FILE *out);
// A day begins.
void course_truth_day(struct course_truth *truth, const struct course_day *day);
// So many intents began at the second, whatever became of them; and were lost by a fault.
void course_truth_count(struct course_truth *truth, int64_t epoch_s, int64_t count);
void course_truth_lost(struct course_truth *truth, size_t fault, int64_t count);
// Tells the rest, and frees.
void course_truth_end(struct course_truth *truth);
