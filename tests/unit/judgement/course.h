// Courses of events for the tests of losses and outages: phases of what happens in a bucket.
#pragma once

#include "tests/unit/judgement/judgement.h"

#define START_S (10 * 3600LL) // the first phase begins at 10:00
#define LEAD_S  120           // and before it all is well

extern const int jiangsu[], jiangsu_and_zhejiang[];

// What the provinces live through, phase by phase; all is well before and after. Counts are for one
// bucket of 10 seconds, and spread over its seconds.
struct phase {
    int32_t seconds; // 0 ends the list
    struct second bucket;
    struct mirror_second mirror; // used when `has_mirror`
    bool has_mirror;
};

struct course {
    const struct phase *phases;
    int32_t normal; // intents in a bucket when all is well
};

#define ALIVE  .frames = 100
#define SEEN   .seen_request_bytes = 10000, .seen_answer_bytes = 10000
#define ANSWER .shortest_answer_bytes = 100

#define WELL(count)                                                                                \
    {                                                                                              \
        .demand = (count), .succeeded = (count)                                                    \
    }
#define REFUSED(count)                                                                             \
    {                                                                                              \
        .demand = (count), .failed = (count)                                                       \
    }
#define UNANSWERED(count)                                                                          \
    {                                                                                              \
        .demand = (count), .unanswered = (count)                                                   \
    }

struct expected {
    const char *from, *to;
    bool ongoing;
};

struct row {
    const char *what;
    int32_t normal;
    struct phase phases[6];
    struct expected expected[4];
    int grade, conservative;
    const char *met_at;
    bool attempts_only;
    int32_t tail_s;              // 0: 300; -1: none
    struct expected possible[4]; // undeterminable
};

struct second course_second(const struct scene *scene, int64_t s, int province);
struct mirror_second course_mirror(const struct scene *scene, int64_t s);
// Runs a course in these provinces, with their normal volume known, until `tail_s` behind its end.
void course_run(struct line *line, struct fixture *fixture, const struct course *course,
    const int *provinces, bool with_normals, int64_t tail_s);

void rows_check(const struct row *rows, size_t count);
#define CHECK(rows) rows_check(rows, sizeof(rows) / sizeof((rows)[0]))
