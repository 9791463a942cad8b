// What the making of a course's counters has in hand. Private to tools/generate/course_*.c.
#pragma once

#include "dataplane/counters/counters.h"

#include "tools/generate/course.h"
#include "tools/generate/course_truth.h"
#include "tools/generate/random.h"

enum course_outcome { SUCCEEDED, DECLINED, FAILED, UNANSWERED, SLOW, UNSENT, OUTCOMES };

// A share by a running count: of every million so many, evenly spread.
struct dealer {
    int64_t owed_ppm;
};

struct group {
    size_t province, function, link_at; // of the course
    struct cell cell;
    int64_t left_micro; // of the count before
    struct dealer declined, failed, extra, extra_declined, extra_failed;
    struct dealer *faults; // by fault
    struct dealer requests_unseen, answers_unseen[OUTCOMES];
};

struct due {
    size_t group;
    int64_t tick_s, cohort_s;
    struct cell_counts counts;
};

struct writer {
    const struct course *course;
    const struct settings *settings;
    FILE *out;
    struct course_truth *truth;
    struct random random;
    struct group *groups; // in the order of cells
    size_t group_count;
    struct due *due;
    size_t due_count, due_capacity;
    struct cell_counts *cells;
    size_t cell_count, cell_capacity;
    struct link_counts *links; // by link of the course
    struct course_day day;
    int64_t start_s;
    struct course_counts counts;
};

// course_links.c: what links show.
struct blindness {
    bool dead; // nothing at all: not even that something is missing
    int64_t requests_ppm, answers_ppm;
};
struct blindness course_blindness(const struct writer *writer, size_t link_at, int64_t epoch_s);
// Requests and answers of business, and how many of each the tap did not see.
void course_link_add(struct link_counts *link, int64_t requests, int64_t requests_unseen,
    int64_t answers, int64_t answers_unseen);
// What a link shows besides business.
void course_link_tick(struct writer *writer, size_t at, int64_t from_s, int64_t tick_s);
// Moves the links that showed something to the front, and counts them.
size_t course_links_told(struct writer *writer);

// Whether an empty list, or one that holds the text.
bool course_has_text(char *const *list, size_t count, const char *text);
// Whether [from, to) after the start holds the second.
bool course_is_at(const struct writer *writer, int64_t from_ns, int64_t to_ns, int64_t epoch_s);
