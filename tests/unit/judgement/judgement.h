// What the tests of normals, outages and grades share: the default network of the vectors
// (special class, financial service, PBOC domain, peak 09:00-21:00), and ways to feed its stages.
#pragma once

#include "config/settings.h"

#include "detectors/grades/grades.h"

#define DAY_S    1773072000LL // 2026-03-10 00:00:00 in Shanghai
#define LIMIT_S  30
#define PAYMENT  0 // main
#define LOGIN    1 // main
#define QUERY    2 // not main
#define JIANGSU  32
#define ZHEJIANG 33
#define ANHUI    34

// The instant of a time of day such as "10:30:00.000" or "10:30" of 2026-03-10 in Shanghai.
struct instant at(const char *time);
const char *text_of(struct instant instant); // the other way, for messages; two calls live at once

struct fixture {
    struct settings settings;
    struct network_settings network;
    struct link_settings links[2];
    struct function functions[3];
    struct hours peak_hours[2];
    int64_t special_class[1];
    char *rulebook_paths[1];
    char rulebook_path[512];
    char normals_path[64]; // a temporary file, or ""
};
void fixture_init(struct fixture *fixture);
// Gives PAYMENT in these provinces (0 ends the list) a normal volume of so many intents an hour.
void fixture_normals(struct fixture *fixture, int64_t per_hour, const int *provinces);
// Writes the text as the table of normals.
void fixture_table(struct fixture *fixture, const char *text);
void fixture_done(struct fixture *fixture);

// What happens in one second in one province. What is unanswered or unobserved becomes known a time
// limit later.
struct second {
    int32_t demand, succeeded, declined, failed, unanswered, unobserved, excluded;
    int32_t orphans_processed, orphans_failed;
};
// Of the link in one second; it has LINK_CONNECTIONS while it lives.
#define LINK_CONNECTIONS 4
struct mirror_second {
    int64_t frames, seen_request_bytes, missing_request_bytes, seen_answer_bytes,
        missing_answer_bytes;
    int32_t shortest_answer_bytes, resets, fins, syn_retries;
    int32_t fast_answers; // within 6.4 ms: what the link's latency is learned from
};

// A scene gives the facts of every second since the day's beginning.
struct scene {
    struct second (*second)(const struct scene *scene, int64_t s, int province);
    struct mirror_second (*mirror)(const struct scene *scene, int64_t s); // NULL: alive, all seen
    const int *provinces;                                                 // 0 ends the list
    const void *context;
};

// The three stages behind each other.
struct line {
    struct fixture *fixture;
    struct normals *normals;
    struct outages *outages;
    struct grades *grades;
    struct normal last_normal;      // the newest bucket that was given out
    const struct interruption *all; // that the last tick gave
    size_t all_count;
    struct interruption interruptions[64]; // of those, by the default readings, and the possible
    size_t interruption_count;
    const struct grade *grade;             // of the first network, NULL: no episode
    struct instant decided_at[5];          // tick at which each grade was first given
    struct instant suspected_at, known_at; // ticks of the first suspicion and first interruption
};
void line_init(struct line *line, struct fixture *fixture);
void line_done(struct line *line);
// Ticks (from, to] seconds since the day's beginning.
void line_run(struct line *line, const struct scene *scene, int64_t from_s, int64_t to_s);

// An interruption of PAYMENT as a person would state it.
struct stated {
    int province;
    const char *from, *to; // NULL: ongoing
    int function;
};
#define STATED_MAX 8

// Feeds grades with interruptions as they had come by each tick, second by second around the edges,
// up to `until` (NULL: the last end). The grade's record lives until the next call.
const struct grade *judge(
    struct fixture *fixture, struct grades *grades, const struct stated *stated, const char *until);
struct grades *grades_of(struct fixture *fixture);
