#include "tools/bench/ours.h"

#include "config/instant.h"
#include "config/settings.h"

#include "dataplane/packets/port.h"

#include "tools/bench/bench.h"
#include "tools/bench/floor.h"
#include "tools/bench/move_on.h"
#include "tools/commands.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define POLL_NS           (5 * NS_PER_MS)
#define EXCHANGE_MESSAGES 262144 // a worker whose core was taken for a moment loses nothing
#define LONGEST_S         120    // of a run: the steady state must come before

_Static_assert(DEVICE_BURST == PORT_BURST_MAX, "both sides take bursts of one size");

struct paths {
    char settings[512], out[512], said[512], ledger[512];
};

// ---- settings

static void text_set(char **text, char *to)
{
    free(*text);
    *text = to;
}

static void path_set(const struct settings *settings, char **path)
{
    if (*path != NULL && **path != '\0') {
        text_set(path, settings_path(settings, *path));
    }
}

// They will lie in another folder.
static void paths_set(struct settings *settings)
{
    for (size_t i = 0; i < settings->network_count; i++) {
        path_set(settings, &settings->networks[i].functions_path);
        path_set(settings, &settings->networks[i].response_codes_path);
    }
    for (size_t i = 0; i < settings->link_count; i++) {
        path_set(settings, &settings->links[i].dialect_path);
    }
    for (size_t i = 0; i < settings->grades.rulebook_count; i++) {
        path_set(settings, &settings->grades.rulebook_paths[i]);
    }
    for (size_t i = 0; i < settings->calendars.year_count; i++) {
        path_set(settings, &settings->calendars.year_paths[i]);
    }
    path_set(settings, &settings->calendars.bank_days_path);
    path_set(settings, &settings->drafts.templates);
    path_set(settings, &settings->drafts.classification_path);
    path_set(settings, &settings->regions_path);
}

static void values_set(const struct ours_plan *plan, struct settings *settings)
{
    char ledger[512];
    snprintf(ledger, sizeof(ledger), "%s/ledger", plan->folder);
    text_set(&settings->ledger.folder, strdup(ledger));
    for (size_t i = 0; i < settings->link_count; i++) {
        settings->links[i].time_limit_ns = plan->recipe->time_limit_ns;
    }
    settings->ports.queues = (int64_t)plan->device->queues;
    settings->ports.exchange = EXCHANGE_MESSAGES;
    settings->ports.buffers = (int64_t)plan->device->buffers;
    settings->ports.buffer_bytes = DEVICE_BUFFER_BYTES;
    settings->ports.descriptors = DEVICE_DESCRIPTORS;
    settings->evidence.ring_bytes = plan->recipe->evidence_bytes;
    settings->packets.disorder_ns = plan->recipe->disorder_ns;
    settings->transactions.connections = plan->recipe->connection_entries;
    settings->transactions.open = plan->recipe->open;
}

// The shipped settings, but for what the recipe and the device say.
static bool settings_write(const struct ours_plan *plan, const char *path)
{
    struct mistakes *mistakes = mistakes_new();
    struct settings *settings = settings_read(TAPGRADE_SOURCE "/config/tapgrade.yaml", mistakes);
    FILE *out = settings == NULL ? NULL : fopen(path, "we");
    if (out != NULL) {
        paths_set(settings);
        values_set(plan, settings);
        yaml_print(out, &settings_schema, settings, false);
    }
    mistakes_print(mistakes, stderr);
    settings_free(settings);
    mistakes_free(mistakes);
    return out != NULL && fclose(out) == 0;
}

// ---- the process

static void redirect(const char *path, int to)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0 || dup2(file, to) < 0) {
        _exit(127);
    }
}

static void execute(
    const struct ours_plan *plan, const struct paths *paths, struct mileage *mileage)
{
    char *argv[DEVICE_OPTIONS_MAX + 16];
    char lcores[32], duration[32], settings[512];
    const char *options[DEVICE_OPTIONS_MAX];
    struct mover mover = {
        .warm_up_ns = plan->warm_up_ns, .warm_up_loops = plan->warm_up_loops, .mileage = mileage};
    for (size_t i = 0; i < plan->device->queues; i++) {
        mover.frames[i] = plan->traffic[i].frames;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    redirect(paths->out, STDOUT_FILENO);
    redirect(paths->said, STDERR_FILENO);
    snprintf(lcores, sizeof(lcores), "0@%d", plan->device->cores[0]);
    if (plan->device->queues > 1) {
        snprintf(
            lcores, sizeof(lcores), "0@%d,1@%d", plan->device->cores[0], plan->device->cores[1]);
    }
    snprintf(duration, sizeof(duration), "%ds", LONGEST_S);
    snprintf(settings, sizeof(settings), "%s", paths->settings);
    size_t count = 0, option_count = device_options(plan->device, lcores, options);
    char *const own[] = {(char[]){"tapgrade"}, (char[]){"-c"}, settings, (char[]){"--duration"},
        duration, (char[]){"--"}};
    for (; count < sizeof(own) / sizeof(own[0]); count++) {
        argv[count] = own[count];
    }
    for (size_t i = 0; i < option_count; i++) {
        argv[count++] = (char *)(uintptr_t)options[i]; // the EAL copies what it changes
    }
    argv[count] = NULL;
    move_on_init(&mover);
    ports_hook(move_on, NULL);
    if (plan->is_floor) {
        exit(floor_main(settings, argv + sizeof(own) / sizeof(own[0]), option_count));
    }
    exit(run_main((int)count, argv));
}

static int64_t clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

// How far all queues are, now.
struct reading {
    bool is_warm, is_measured; // every queue's warm-up is over, and its stretch
    double packets;
    struct process_times times;
};

static void read_now(
    const struct ours_plan *plan, pid_t pid, const struct mileage *mileage, struct reading *ret)
{
    *ret = (struct reading){.is_warm = true, .is_measured = true};
    for (size_t i = 0; i < plan->device->queues; i++) {
        const volatile struct mileage *queue = &mileage[i]; // written by the other process
        ret->is_warm &= queue->since_frames != 0;
        ret->is_measured &= ret->is_warm && queue->at_ns - queue->since_ns >= plan->stretch_ns;
        ret->packets += (double)queue->received;
    }
    if (ret->is_warm) {
        process_times(pid, &ret->times);
    }
}

// Until the stretch is over; false when the process is.
static bool wait_measured(const struct ours_plan *plan, pid_t pid, const struct mileage *mileage,
    struct ours_result *ret, int *status)
{
    struct reading first = {0}, now = {0};
    int64_t until_ns = clock_ns() + (LONGEST_S + 60) * NS_PER_S; // it ends by itself before
    while (!now.is_measured && clock_ns() < until_ns) {
        if (waitpid(pid, status, WNOHANG) == pid) {
            return false;
        }
        nanosleep(&(struct timespec){.tv_nsec = POLL_NS}, NULL);
        read_now(plan, pid, mileage, &now);
        first = first.is_warm ? first : now;
    }
    double cpu_s = (double)process_busiest_ns(&first.times, &now.times) / (double)NS_PER_S;
    ret->packets_per_cpu_s = (now.packets - first.packets) / cpu_s;
    process_memory(pid, &ret->memory);
    return true;
}

static double rate_of(const struct ours_plan *plan, const struct mileage *mileage)
{
    double rate = 0;
    for (size_t i = 0; i < plan->device->queues; i++) {
        const struct mileage *queue = &mileage[i];
        double s = (double)(queue->at_ns - queue->since_ns) / (double)NS_PER_S;
        rate += s > 0 && queue->since_frames > 0 ? (double)(queue->frames - queue->since_frames) / s
                                                 : 0;
    }
    return rate;
}

// The last line that the process said.
static void said_last(const char *path, char *ret, size_t size)
{
    char *line = NULL;
    size_t line_size = 0;
    FILE *in = fopen(path, "re");
    ret[0] = '\0';
    while (in != NULL && getline(&line, &line_size, in) > 0) {
        snprintf(ret, size, "%.*s", (int)strcspn(line, "\n"), line);
    }
    free(line);
    if (in != NULL) {
        fclose(in);
    }
}

bool ours_run(const struct ours_plan *plan, struct ours_result *ret, char *error, size_t error_size)
{
    struct paths paths;
    char said[256];
    int status = -1;
    snprintf(paths.settings, sizeof(paths.settings), "%s/settings.yaml", plan->folder);
    snprintf(paths.out, sizeof(paths.out), "%s/ours", plan->folder);
    snprintf(paths.said, sizeof(paths.said), "%s/said", plan->folder);
    snprintf(paths.ledger, sizeof(paths.ledger), "%s/ledger", plan->folder);
    bench_remove(paths.ledger);
    struct mileage *mileage = mmap(NULL, MOVE_QUEUES_MAX * sizeof(*mileage), PROT_READ | PROT_WRITE,
        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    *ret = (struct ours_result){0};
    if (mileage == MAP_FAILED || !settings_write(plan, paths.settings)) {
        snprintf(error, error_size, "%s cannot be written", paths.settings);
        return false;
    }
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        execute(plan, &paths, mileage);
    }
    if (pid > 0 && wait_measured(plan, pid, mileage, ret, &status)) {
        ret->packets_per_s = rate_of(plan, mileage);
        kill(pid, SIGTERM);
        waitpid(pid, &status, 0);
    }
    for (size_t i = 0; i < plan->device->queues; i++) {
        ret->received[i] = mileage[i].received;
    }
    munmap(mileage, MOVE_QUEUES_MAX * sizeof(*mileage));
    ret->summary = json_load_file(paths.out, 0, NULL);
    if (ret->summary == NULL || status != 0 || ret->packets_per_s == 0) {
        said_last(paths.said, said, sizeof(said));
        snprintf(error, error_size, "tapgrade run did not measure (it says: %s)", said);
        return false;
    }
    return true;
}
