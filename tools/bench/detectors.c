// Rows detectors/cost and detectors/memory: all detectors, from normals to the JSON lines, over 50
// networks of 6 functions in 31 provinces, driven by made-up ticks as fast as they go. One tick is
// a second of event time, so CPU time by ticks is the share of a core that a live run gives them.
//
// Every second every group has intents: some are answered in the same second, the rest in the next,
// so that a tick has two cells a group, as ticks of a busy bank have. After the warm-up (two time
// limits, windows of 15 minutes) comes a healthy stretch, and then one in which nothing of any
// network is answered any more. The figure is the dearer of the two.
//
// Each run is a process of its own: what it holds in memory is its own. The row is void unless the
// detectors saw the outage of each network.
#include "tools/bench/detectors.h"

#include "config/memory.h"

#include "dataplane/counters/counters.h"

#include "detectors/pipeline.h"

#include "tools/bench/process.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WARM_UP_TICKS  960 // past the widest window, 15 minutes
#define MEASURED_TICKS 240
#define SHRUNK_TICKS   120

#define ASKED_EACH    3 // intents of a group and second
#define ANSWERED_SOON 2 // of those, in the same second

static const uint8_t provinces[DETECTORS_PROVINCES] = {11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33,
    34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52, 53, 54, 61, 62, 63, 64, 65};

struct drive {
    const struct settings *settings;
    struct pipeline *pipeline;
    struct cell_counts *cells;
    struct link_counts *links;
    int64_t limit_s;
    int64_t tick_s;
    int64_t broken_s; // from this second on nothing is answered
};

static void cells_of_group(struct drive *drive, struct cell cell, struct counters *counters)
{
    int64_t asked_s = drive->tick_s - 1;
    const int64_t cohorts[] = {asked_s - drive->limit_s, asked_s - 1, asked_s};
    for (int i = 0; i < 3; i++) {
        bool answered = cohorts[i] < drive->broken_s;
        struct cell_counts counts = {.cell = cell, .cohort_s = cohorts[i]};
        counts.unanswered = i == 0 && !answered ? ASKED_EACH : 0;
        counts.succeeded = !answered || i == 0 ? 0
                           : i == 1            ? ASKED_EACH - ANSWERED_SOON
                                               : ANSWERED_SOON;
        counts.demand = i == 2 ? ASKED_EACH : 0;
        if (counts.unanswered > 0 || counts.succeeded > 0 || counts.demand > 0) {
            counters->cells[counters->cell_count++] = counts;
        }
    }
}

static void link_fill(const struct drive *drive, uint16_t link, struct link_counts *ret)
{
    int32_t asked = ASKED_EACH * DETECTORS_FUNCTIONS * DETECTORS_PROVINCES;
    bool answered = drive->tick_s <= drive->broken_s;
    *ret = (struct link_counts){.link = link,
        .second = drive->tick_s - 1,
        .frames = 3 * (int64_t)asked,
        .our_frames = asked,
        .their_frames = 2 * (int64_t)asked,
        .seen_request_bytes = 230 * (int64_t)asked,
        .seen_answer_bytes = answered ? 150 * (int64_t)asked : 90,
        .shortest_answer_bytes = 90,
        .connections = drive->tick_s % 60 == 1 ? 8 : 0};
    ret->latency[8] = answered ? asked : 0;
}

static void drive_tick(struct drive *drive)
{
    struct counters counters = {
        .tick = instant_from_s(++drive->tick_s), .cells = drive->cells, .links = drive->links};
    for (uint16_t n = 0; n < drive->settings->network_count; n++) {
        for (uint16_t f = 0; f < DETECTORS_FUNCTIONS; f++) {
            for (size_t p = 0; p < DETECTORS_PROVINCES; p++) {
                struct cell cell = {
                    .network = n, .link = n, .function = f, .province = provinces[p]};
                cells_of_group(drive, cell, &counters);
            }
        }
        link_fill(drive, n, &counters.links[counters.link_count++]);
    }
    pipeline_tick(drive->pipeline, &counters);
}

static double cpu_s(void)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

static double drive_ticks(struct drive *drive, int ticks, double *ret_worst_s)
{
    double begun_s = cpu_s(), before_s = begun_s;
    for (int i = 0; i < ticks; i++) {
        drive_tick(drive);
        double now_s = cpu_s();
        *ret_worst_s = now_s - before_s > *ret_worst_s ? now_s - before_s : *ret_worst_s;
        before_s = now_s;
    }
    return (before_s - begun_s) / ticks;
}

static void measure_stretches(struct drive *drive, unsigned shrink, struct detectors_result *ret)
{
    int ticks = shrink > 1 ? SHRUNK_TICKS : MEASURED_TICKS;
    double ignored = 0;
    drive_ticks(drive, shrink > 1 ? SHRUNK_TICKS : WARM_UP_TICKS, &ignored);
    ret->healthy_s = drive_ticks(drive, ticks, &ret->worst_s);
    drive->broken_s = drive->tick_s;
    ret->outage_s = drive_ticks(drive, ticks, &ret->worst_s);
}

static bool drive_new(struct drive *drive, const struct settings *settings, const char *sink)
{
    struct mistakes *mistakes = mistakes_new();
    struct pipeline_options options = {
        .source = "bench", .stop_after = STAGE_KAFKA, .json_lines_path = sink};
    struct instant begin;
    size_t groups = settings->network_count * DETECTORS_FUNCTIONS * DETECTORS_PROVINCES;
    instant_parse("2026-03-10T10:00:00+08:00", &begin);
    *drive = (struct drive){.settings = settings,
        .pipeline = pipeline_new(settings, &options, mistakes),
        .cells = memory_zeroed(3 * groups, sizeof(*drive->cells)),
        .links = memory_zeroed(settings->network_count, sizeof(*drive->links)),
        .limit_s = settings_time_limit_ns(settings, 0) / NS_PER_S,
        .tick_s = instant_second(begin),
        .broken_s = INT64_MAX};
    mistakes_print(mistakes, stderr);
    return drive->pipeline != NULL; // mistakes live as long as the pipeline
}

// Networks of which an incident was told.
static size_t count_incidents(const char *sink, const struct settings *settings)
{
    bool *told = memory_zeroed(settings->network_count, sizeof(*told));
    size_t count = 0, size = 0;
    char *line = NULL;
    FILE *in = fopen(sink, "re");
    while (in != NULL && getline(&line, &size, in) > 0) {
        for (size_t n = 0; n < settings->network_count; n++) {
            char quoted[64];
            snprintf(quoted, sizeof(quoted), "\"%s\"", settings->networks[n].id);
            bool is_incident = strstr(line, ".incident.v1\"") != NULL;
            told[n] |= is_incident && strstr(line, quoted) != NULL;
        }
    }
    for (size_t n = 0; n < settings->network_count; n++) {
        count += told[n];
    }
    if (in != NULL) {
        fclose(in);
    }
    free(line);
    free(told);
    return count;
}

// In a process of its own: its memory is what it took.
static void run(const struct detectors_scene *scene, unsigned shrink, struct detectors_result *ret)
{
    struct mistakes *mistakes = mistakes_new();
    struct settings *settings = settings_read(scene->settings, mistakes);
    struct process_memory before, after;
    struct drive drive;
    size_t unsent;
    mistakes_print(mistakes, stderr);
    process_memory(getpid(), &before);
    if (settings == NULL || !drive_new(&drive, settings, scene->sink)) {
        return;
    }
    measure_stretches(&drive, shrink, ret);
    process_memory(getpid(), &after);
    ret->resident_bytes = after.resident_bytes;
    ret->taken_bytes = after.resident_bytes - before.resident_bytes;
    ret->ran = pipeline_end(drive.pipeline, &unsent, ret->error, sizeof(ret->error));
    ret->seen = count_incidents(scene->sink, settings);
}

bool detectors_run(
    const struct detectors_scene *scene, unsigned shrink, struct detectors_result *ret)
{
    int ends[2], status;
    *ret = (struct detectors_result){0};
    if (pipe(ends) != 0) {
        return false;
    }
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        struct detectors_result result = {0};
        close(ends[0]);
        run(scene, shrink, &result);
        bool told = write(ends[1], &result, sizeof(result)) == (ssize_t)sizeof(result);
        _exit(told ? 0 : 1);
    }
    close(ends[1]);
    bool got = pid > 0 && read(ends[0], ret, sizeof(*ret)) == (ssize_t)sizeof(*ret);
    close(ends[0]);
    return pid > 0 && waitpid(pid, &status, 0) == pid && got && ret->ran;
}
