// tapgrade run: DPDK ports → verdict, live.
//
// Worker threads (tools/run/workers.h), the first of them the main one and each on an EAL lcore of
// its own: bursts from the ports through the dataplane, and every tick that became complete into a
// ring a worker. The detectors' thread takes the ticks once all workers have put them, added
// together; it sleeps when there are none. The ledger's and the sender's threads are the detectors'
// own. All of them keep off the workers' cores where there are others.
//
// The start goes in stages (tools/run/start.h). Root is given up once the ports are open, before
// the ledger is: its files belong to the user that the process became.
//
// The end comes by SIGINT, SIGTERM or --duration: the handler sets a flag, the worker ends what is
// open, the detectors take what waits, and one JSON object says what was done.
#include "config/log.h"
#include "config/memory.h"

#include "dataplane/packets/event_clock.h"
#include "dataplane/packets/port.h"
#include "dataplane/packets/telemetry.h"

#include "detectors/normals/store.h"
#include "detectors/pipeline.h"

#include "tools/codes.h"
#include "tools/commands.h"
#include "tools/inputs.h"
#include "tools/outputs.h"
#include "tools/run/control.h"
#include "tools/run/cores.h"
#include "tools/run/frames.h"
#include "tools/run/notify.h"
#include "tools/run/options.h"
#include "tools/run/privileges.h"
#include "tools/run/reload.h"
#include "tools/run/start.h"
#include "tools/run/status.h"
#include "tools/run/summary.h"
#include "tools/run/workers.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#define REST_NS (2 * NS_PER_MS) // of the detectors, when no tick waits

struct run {
    struct run_options options;

    struct settings *settings;
    struct user user;
    struct outputs outputs;
    char *normals_path; // NULL: none
    struct pipeline *pipeline;
    struct ports *ports;
    struct workers *workers;
    struct frames *frames; // NULL: none are kept
    struct status *status;
    struct reload *reload;
    struct control *control;
    struct codes_told codes_told; // of the detectors' thread
    pthread_t detectors;
    bool has_detectors;
    uint64_t ticks_merged;        // the detectors' thread only, until it is joined
    struct port_watch port_watch; // the same
};

static atomic_bool is_stopped;

static void on_signal(int signal)
{
    (void)signal;
    atomic_store_explicit(&is_stopped, true, memory_order_relaxed);
}

// ---- the detectors' thread

// Those ticks that came as one sum with a later one, as ticks without a fact: none is skipped.
static void ticks_without_facts(struct run *run, const struct counters *sum)
{
    // Longer than a day is no silence but a clock that was set: normals begin anew behind it.
    for (uint64_t left = sum->merged <= S_PER_DAY ? sum->merged : 0; left > 0; left--) {
        struct counters empty = {
            .tick = instant_add(sum->tick, -(int64_t)left * NS_PER_S), .evicted = sum->evicted};
        pipeline_tick(run->pipeline, &empty);
    }
    if (sum->merged > 0) {
        log_warning(
            "the detectors were late: %" PRIu64 " s of counters came together", sum->merged + 1);
        run->ticks_merged += sum->merged;
    }
}

// By the wall clock a tick bears what the ports said meanwhile. Played captures say nothing: the
// verdict is then replay's.
static void tick_judge(struct run *run, const struct counters *counters)
{
    struct port_facts so_far[PORTS_MAX];
    struct counters seen = *counters;
    if (run->options.clock == CLOCK_WALL) {
        seen.clock_off_s = event_clock_follow();
        port_watch_take(&run->port_watch, so_far, ports_facts(so_far, PORTS_MAX), &seen);
    }
    pipeline_tick(run->pipeline, &seen);
}

// Every hour, and at the end: nobody waits for the end of a run.
static void codes_check(struct run *run)
{
    struct region_misfit misfits[MISFITS_MAX];
    size_t count = workers_misfits(run->workers, misfits, MISFITS_MAX);
    codes_warn(run->settings, misfits, count, &run->codes_told);
}

static void recovery_moves(void *context)
{
    struct run *run = context;
    pulse(status_detectors(run->status));
}

static void *detectors_main(void *context)
{
    struct run *run = context;
    bool begun = false;
    struct counters_merge *ticks = workers_ticks(run->workers);
    while (!counters_merge_is_over(ticks)) {
        pulse(status_detectors(run->status));
        reload_apply(run->reload, run->pipeline);
        const struct counters *counters = counters_merge_head(ticks);
        if (counters == NULL) {
            nanosleep(&(struct timespec){.tv_nsec = REST_NS}, NULL);
            continue;
        }
        if (!begun) {
            pipeline_recover(run->pipeline, counters->tick, recovery_moves, run);
            begun = true;
        }
        ticks_without_facts(run, counters);
        tick_judge(run, counters);
        if (instant_second(counters->tick) % S_PER_HOUR == 0) {
            codes_check(run);
        }
        status_tick(run->status, counters);
        counters_merge_pop(ticks);
    }
    codes_check(run);
    reload_end(run->reload);
    return NULL;
}

// ---- start

static int fail(int status, const char *sentence)
{
    start_fail(sentence);
    return status;
}

static bool start_pipeline(struct run *run, struct mistakes *mistakes)
{
    const struct settings *settings = run->settings;
    char error[1024];
    outputs_name(settings, settings->sensor, &run->outputs);
    run->normals_path = normals_store_path(settings);
    struct pipeline_options pipeline_options = {.source = settings->sensor,
        .stop_after = run->options.stop_after,
        .out = run->options.prints_records ? stdout : NULL,
        .ledger_path = run->options.prints_records ? NULL : run->outputs.ledger_path,
        .json_lines_path = run->options.prints_records ? NULL : run->outputs.json_lines_path,
        .journal_folder = run->options.prints_records ? NULL : run->outputs.journal_folder,
        .played = run->options.clock == CLOCK_PACKETS,
        .normals_path = run->normals_path,
        .normals_keep = settings->normals.learn && !run->options.prints_records,
        .publish = !run->options.prints_records && settings->kafka.enabled};
    if (!run->options.prints_records &&
        !frames_start(run->frames, settings, workers_ticks(run->workers), &pipeline_options, error,
            sizeof(error))) {
        start_fail(error);
        return false;
    }
    run->pipeline = pipeline_new(settings, &pipeline_options, mistakes);
    return run->pipeline != NULL;
}

static void signals_mask(int how)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGALRM);
    if (how == SIG_BLOCK) {
        sigaddset(&set, SIGHUP); // for good: control.c waits for it
    }
    pthread_sigmask(how, &set, NULL);
}

// Only this thread takes them, once everything has started.
static void signals_take(const struct run *run)
{
    const struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGALRM, &action, NULL);
    int64_t us = run->options.duration_ns / 1000;
    const struct itimerval timer = {.it_value = {.tv_sec = us / 1000000, .tv_usec = us % 1000000}};
    setitimer(ITIMER_REAL, &timer, NULL);
    signals_mask(SIG_UNBLOCK);
}

// What can be wrong without a device: settings, the user, the ledger folder.
static int start_inputs(struct run *run, struct mistakes *mistakes)
{
    char error[1024];
    start_enter(START_SETTINGS, "%s", run->options.settings_path);
    run->settings = inputs_check(run->options.settings_path, mistakes);
    if (run->settings != NULL) {
        inputs_check_secrets(run->settings, mistakes);
    }
    if (run->settings == NULL || mistakes_count(mistakes) > 0) {
        return EXIT_INPUT;
    }
    int64_t missing = inputs_missing_year(run->settings);
    if (missing != 0) {
        log_warning(
            "calendars: the notice of %lld is missing: its days are Monday to Friday, with no "
            "holiday and no working weekend",
            (long long)missing);
    }
    if (!user_find(run->options.user_name, &run->user, error, sizeof(error))) {
        return fail(EXIT_INPUT, error);
    }
    start_enter(START_OUTPUTS, "%s, written by %s", run->settings->ledger.folder, run->user.name);
    if (!run->options.prints_records &&
        !outputs_make(run->settings, &run->user, error, sizeof(error))) {
        return fail(EXIT_INPUT, error);
    }
    return EXIT_DONE;
}

static int start_dataplane(struct run *run, struct mistakes *mistakes)
{
    char error[1024];
    start_enter(START_PORTS, "the EAL, its devices and their buffers");
    run->ports = ports_open(run->settings, run->options.eal_options, run->options.eal_count,
        run->options.clock, error, sizeof(error));
    if (run->ports == NULL) {
        return fail(EXIT_INPUT, error);
    }
    size_t workers = ports_workers(run->ports);
    start_enter(START_MEMORY, "%zu workers, each with %lld connections, %lld open transactions",
        workers, (long long)run->settings->transactions.connections,
        (long long)run->settings->transactions.open);
    memory_map_whole();
    if (!run->options.prints_records &&
        !frames_new(run->settings, run->ports, &run->frames, error, sizeof(error))) {
        return fail(EXIT_INPUT, error);
    }
    run->status = status_new(run->settings, workers);
    run->reload = reload_new(run->options.settings_path, run->settings, mistakes);
    run->workers = workers_new(
        run->settings, run->ports, run->options.clock, run->status, &is_stopped, mistakes);
    if (run->workers == NULL) {
        return fail(EXIT_INPUT, "the tables do not fit: lower transactions.connections, open or "
                                "pool_bytes, or ports.ticks");
    }
    return EXIT_DONE;
}

static bool on_kafka(void *context, const char *parameter, struct telemetry_answer *answer)
{
    const struct run *run = context;
    struct sender_status sent;
    struct sent_figure figures[SENT_FIGURES];
    bool publishes = pipeline_sent(run->pipeline, &sent);
    sent_figures(&sent, figures);
    for (size_t i = 0; publishes && figures[i].name != NULL; i++) {
        telemetry_number(answer, figures[i].name, figures[i].value);
    }
    return publishes && parameter == NULL;
}

static int start_threads(struct run *run, struct mistakes *mistakes)
{
    start_enter(START_THREADS, "ledger, sender, detectors");
    if (!start_pipeline(run, mistakes)) {
        return EXIT_INPUT;
    }
    run->has_detectors = pthread_create(&run->detectors, NULL, detectors_main, run) == 0;
    run->control = control_start(run->reload, status_is_moving, run->status);
    if (!run->has_detectors || run->control == NULL) {
        return fail(EXIT_INTERNAL, "the detectors' or the control thread cannot be started");
    }
    if (!ports_telemetry() || !status_telemetry(run->status) ||
        !telemetry_register("/tapgrade/kafka",
            "What was published, and what waits for the brokers.", on_kafka, run)) {
        log_warning("telemetry is switched off: nothing under /tapgrade/ will be answered");
    }
    return EXIT_DONE;
}

struct starter {
    struct run *run;
    struct mistakes *mistakes;
    cpu_set_t all;
    int status;
};

// What this thread starts inherits of it: no capability, and the cores that are not the workers'.
static void *starter_main(void *context)
{
    struct starter *starter = context;
    privileges_lose();
    cores_leave(&starter->all, starter->run->ports);
    starter->status = start_threads(starter->run, starter->mistakes);
    return NULL;
}

static int start_elsewhere(struct starter *starter)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, starter_main, starter) != 0) {
        return fail(EXIT_INTERNAL, "no thread can be started");
    }
    pthread_join(thread, NULL);
    return starter->status;
}

static int start(struct run *run, struct mistakes *mistakes)
{
    char error[1024];
    struct starter starter = {.run = run, .mistakes = mistakes};
    privileges_forbid_new();
    notify_open();
    start_open(run->options.verbose);
    int status = start_inputs(run, mistakes);
    cores_remember(&starter.all);
    if (status != EXIT_DONE || (status = start_dataplane(run, mistakes)) != EXIT_DONE) {
        return status;
    }
    start_enter(START_PRIVILEGES, "%s%s", run->user.changes ? "become " : "stay ", run->user.name);
    if (!privileges_drop(&run->user, ports_capabilities(run->ports), error, sizeof(error))) {
        return fail(EXIT_INPUT, error);
    }
    return start_elsewhere(&starter);
}

// ---- end

static void print_object(const struct run *run, FILE *out)
{
    struct run_summary summary = {.ticks_merged = run->ticks_merged,
        .elapsed_ns = workers_elapsed_ns(run->workers),
        .workers = ports_workers(run->ports)};
    summary.unseen_count = pipeline_health(run->pipeline, &summary.unseen, &summary.alarms);
    ports_counts(run->ports, &summary.ports);
    summary.device_count = ports_facts(summary.devices, PORTS_MAX);
    workers_counts(run->workers, &summary.crew);
    summary.publishes = pipeline_sent(run->pipeline, &summary.sent);
    run_summary_print(out, &summary);
}

static int finish(struct run *run)
{
    char error[512];
    size_t unsent;
    bool done = pipeline_end(run->pipeline, &unsent, error, sizeof(error));
    print_object(run, run->options.prints_records ? stderr : stdout);
    if (unsent > 0) {
        log_warning("%zu messages wait in the outbox of %s", unsent,
            run->settings->institution_count > 1 ? "the institutions' ledgers"
                                                 : run->outputs.ledger_path);
    }
    if (!done) {
        return fail(EXIT_INTERNAL, error);
    }
    return fflush(stdout) == 0 ? EXIT_DONE : fail(EXIT_INPUT, "standard output cannot be written");
}

static void detectors_join(struct run *run)
{
    if (run->has_detectors) {
        workers_close(run->workers);
        pthread_join(run->detectors, NULL);
        run->has_detectors = false;
    }
}

int run_main(int argc, char **argv)
{
    struct run run = {0};
    run_options_parse(argc, argv, &run.options);

    struct mistakes *mistakes = mistakes_new();
    signals_mask(SIG_BLOCK);
    int status = start(&run, mistakes);
    mistakes_print(mistakes, stderr);
    if (status == EXIT_DONE) {
        signals_take(&run);
        start_enter(START_READY, "sensor %s", run.settings->sensor);
        if (!workers_run(run.workers)) {
            status = fail(EXIT_INTERNAL, "a worker's thread cannot be started");
        }
    }
    control_stop(run.control);
    detectors_join(&run);
    frames_end(run.frames);
    telemetry_end();
    status = status == EXIT_DONE ? finish(&run) : status;
    ports_close(run.ports);
    pipeline_free(run.pipeline);
    workers_free(run.workers);
    frames_free(run.frames);
    reload_free(run.reload);
    status_free(run.status);
    free(run.normals_path);
    settings_free(run.settings);
    mistakes_free(mistakes);
    notify_close();
    return status;
}
