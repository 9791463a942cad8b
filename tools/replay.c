// tapgrade replay: captures → verdict. One loop: a burst through the dataplane, then every tick
// that became complete through the detectors. --start-at and --stop-after cut the flow line at any
// arrow.
#include "tools/replay.h"

#include "config/log.h"

#include "dataplane/worker.h"

#include "detectors/facts/facts.h"
#include "detectors/normals/store.h"
#include "detectors/pipeline.h"

#include "tools/codes.h"
#include "tools/commands.h"
#include "tools/inputs.h"
#include "tools/progress.h"

#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define BURST 64

enum option_key {
    OPTION_STOP_AFTER = 0x100,
    OPTION_START_AT,
    OPTION_PUBLISH,
    OPTION_AS_SENSOR,
    OPTION_LEARN,
    OPTION_FACTS
};

static const struct argp_option options[] = {
    {"config", 'c', "SETTINGS", 0, "the settings file", 0},
    {"workers", 'w', "N", 0, "1 to 64 workers; the verdict does not depend on it", 0},
    {"stop-after", OPTION_STOP_AFTER, "STAGE", 0,
        "print that stage's records as JSON lines on standard output, and nothing else there", 0},
    {"start-at", OPTION_START_AT, "STAGE", 0,
        "the files are not captures but that stage's records: counters or outages", 0},
    {"facts", OPTION_FACTS, "FILE", 0,
        "what persons have entered, as `tapgrade ledger fact --print` writes it: JSON lines", 0},
    {"as-sensor", OPTION_AS_SENSOR, NULL, 0,
        "name incidents as a run of the settings' sensor does, so that its facts find them", 0},
    {"learn", OPTION_LEARN, NULL, 0,
        "write what is normal to the settings' normals.store; else it is read only", 0},
    {"publish", OPTION_PUBLISH, NULL, 0, "send the records to Kafka, marked as replay", 0},
    {0},
};

static enum stage stage_parse(const char *name, struct argp_state *state)
{
    for (int stage = 0; stage < STAGES; stage++) {
        if (strcmp(stage_names[stage], name) == 0) {
            return (enum stage)stage;
        }
    }
    argp_error(state,
        "no such stage: '%s'; the stages are packets, transactions, counters, normals, "
        "outages, grades, incidents, duties, drafts and kafka",
        name);
    return STAGES;
}

static long workers_parse(const char *text, struct argp_state *state)
{
    char *end;
    long workers = strtol(text, &end, 10);
    if (*end != '\0' || workers < 1 || workers > 64) {
        argp_error(state, "--workers is a number from 1 to 64, not '%s'", text);
    }
    return workers;
}

static void check_arguments(const struct replay *replay, struct argp_state *state)
{
    if (replay->settings_path == NULL) {
        argp_error(state, "-c SETTINGS is missing");
    }
    if (replay->capture_count == 0) {
        argp_error(state, "a CAPTURE is missing");
    }
    if (replay->start_at != STAGE_PACKETS && replay->start_at != STAGE_COUNTERS &&
        replay->start_at != STAGE_OUTAGES) {
        argp_error(
            state, "--start-at is counters or outages, not '%s'", stage_names[replay->start_at]);
    }
    if (replay->stop_after < replay->start_at) {
        argp_error(state, "--stop-after %s comes before --start-at %s",
            stage_names[replay->stop_after], stage_names[replay->start_at]);
    }
    if (replay->start_at != STAGE_PACKETS && replay->capture_count != 1) {
        argp_error(state, "--start-at reads exactly one file of records");
    }
}

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    struct replay *replay = state->input;
    switch (key) {
    case 'c': replay->settings_path = value; return 0;
    case 'w': replay->workers = (size_t)workers_parse(value, state); return 0;
    case OPTION_STOP_AFTER:
        replay->stop_after = stage_parse(value, state);
        replay->prints_records = true;
        return 0;
    case OPTION_START_AT: replay->start_at = stage_parse(value, state); return 0;
    case OPTION_FACTS: replay->facts_path = value; return 0;
    case OPTION_PUBLISH: replay->publish = true; return 0;
    case OPTION_AS_SENSOR: replay->as_sensor = true; return 0;
    case OPTION_LEARN: replay->learn = true; return 0;
    case ARGP_KEY_ARGS:
        replay->captures = state->argv + state->next;
        replay->given = replay->captures[0];
        replay->capture_count = (size_t)(state->argc - state->next);
        return 0;
    case ARGP_KEY_END: check_arguments(replay, state); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {options, parse_option, "-c SETTINGS CAPTURE...",
    "Grades what captures hold: pcap, pcapng and what libpcap reads, merged by time. Prints a "
    "short summary and the drafts; the ledger and the JSON lines go to the settings' ledger "
    "folder, under a name made of the digest of everything that the verdict depends on, so that "
    "the same replay again adds nothing.\v"
    "STAGE: packets transactions counters normals outages grades incidents duties drafts kafka\n\n"
    "Examples:\n"
    "  tapgrade replay -c s.yaml monday.pcap\n"
    "  tapgrade replay -c s.yaml --stop-after outages monday.pcap >o.jsonl\n"
    "  tapgrade replay -c s.yaml --start-at outages --stop-after grades o.jsonl",
    NULL, NULL, NULL};

// One sentence on standard error; the exit status that goes with it.
static int fail(int status, const char *sentence)
{
    log_error("%s", sentence);
    return status;
}

static int fail_at(const char *path, const char *sentence)
{
    log_error("%s: %s", path, sentence);
    return EXIT_INPUT;
}

// ---- packets and transactions: what is printed needs no detectors
// ---------------------------------------

static void print_transaction(void *context, const struct transaction *transaction)
{
    struct replay *replay = context;
    if (transaction->outcome != OUTCOME_OPEN) {
        transaction_print(stdout, replay->settings, transaction);
    }
}

// ---- the loop
// -------------------------------------------------------------------------------------------

static void run_ticks(struct replay *replay)
{
    struct counters counters;
    while (dataplane_tick(replay->dataplane, &counters)) {
        if (replay->pipeline != NULL) {
            pipeline_tick(replay->pipeline, &counters);
        }
    }
}

static void print_packets(struct replay *replay)
{
    struct packet burst[BURST];
    for (size_t count; (count = packets_from_capture(replay->source, burst, BURST)) > 0;) {
        for (size_t i = 0; i < count; i++) {
            packet_print(stdout, &burst[i]);
        }
    }
}

// The rest would come to nothing.
static bool is_hopeless(const struct replay *replay)
{
    return replay->pipeline != NULL && pipeline_is_nameless(replay->pipeline);
}

static void run_captures(struct replay *replay)
{
    struct progress progress;
    progress_start(&progress, "replay", captures_bytes_total(replay->source));
    dataplane_read(replay->dataplane, replay->source);
    while (dataplane_next(replay->dataplane) && !is_hopeless(replay)) {
        run_ticks(replay);
        progress_show(&progress, dataplane_bytes_read(replay->dataplane));
    }
    run_ticks(replay);
    progress_end(&progress);
}

static void warn(const struct replay *replay)
{
    for (size_t i = 0; i < captures_warning_count(replay->source); i++) {
        log_warning("%s", captures_warning(replay->source, i));
    }
}

// Harmless to the verdict, as every byte is then a retransmission; surely not what was meant.
static void warn_of_repeats(const struct replay *replay)
{
    for (size_t i = 1; i < replay->capture_count; i++) {
        for (size_t j = 0; j < i; j++) {
            struct stat one, other;
            if (stat(replay->captures[i], &one) == 0 && stat(replay->captures[j], &other) == 0 &&
                S_ISREG(one.st_mode) && one.st_dev == other.st_dev && one.st_ino == other.st_ino) {
                log_warning("capture '%s' is given twice", replay->captures[i]);
                break;
            }
        }
    }
}

static bool far_packet_refused(const struct replay *replay)
{
    const struct far_packet *far = dataplane_far_packet(replay->dataplane);
    char text[2][INSTANT_TEXT_MAX];
    if (far == NULL) {
        return false;
    }
    log_error("capture '%s': packet %llu is stamped %s, more than %d days away from %s, which was "
              "reached before it",
        replay->captures[far->tap_port], (unsigned long long)far->ordinal,
        instant_format(far->at, 9, text[0]), APART_MOST_DAYS,
        instant_format(far->before, 9, text[1]));
    return true;
}

static int run_from_packets(struct replay *replay, struct mistakes *mistakes)
{
    char error[512];
    warn_of_repeats(replay);
    replay->source = captures_open(replay->captures, replay->capture_count, error, sizeof(error));
    if (replay->source == NULL) {
        return fail(EXIT_INPUT, error);
    }
    if (replay->stop_after == STAGE_PACKETS) {
        print_packets(replay);
        warn(replay);
        return EXIT_DONE;
    }
    bool prints = replay->stop_after == STAGE_TRANSACTIONS;
    replay->dataplane = dataplane_new(
        replay->settings, replay->workers, prints ? print_transaction : NULL, replay, mistakes);
    if (replay->dataplane == NULL) {
        return EXIT_INPUT;
    }
    run_captures(replay);
    warn(replay);
    return far_packet_refused(replay) ? EXIT_INPUT : EXIT_DONE;
}

// No second is skipped: one that the file has no record of was empty.
static void run_missing_ticks(
    struct replay *replay, const struct counters *before, const struct counters *next)
{
    struct counters empty = {.evicted = before->evicted};
    int64_t to = instant_second(next->tick);
    for (int64_t s = instant_second(before->tick) + 1; s < to; s++) {
        empty.tick = instant_from_s(s);
        pipeline_tick(replay->pipeline, &empty);
    }
}

static int run_from_counters(struct replay *replay, FILE *in)
{
    char error[512];
    struct counters counters = {0}, before = {0};
    int got;
    while ((got = counters_scan(in, replay->settings, &counters, error, sizeof(error))) > 0) {
        bool follows = before.line == 0 ||
                       (counters.tick.ns > before.tick.ns && !is_far(before.tick, counters.tick));
        if (!follows) {
            snprintf(error, sizeof(error),
                "line %zu: a tick must be later than the one before it, by %d days at most",
                counters.line, APART_MOST_DAYS);
            counters_free(&counters);
            return fail_at(replay->given, error);
        }
        if (before.line != 0) {
            run_missing_ticks(replay, &before, &counters);
        }
        pipeline_tick(replay->pipeline, &counters);
        before = counters;
        counters_free(&counters);
    }
    return got < 0 ? fail_at(replay->given, error) : EXIT_DONE;
}

static int run_from_outages(struct replay *replay, FILE *in)
{
    char error[512];
    struct interruption *all = NULL, one;
    size_t count = 0;
    int got;
    while ((got = interruption_scan(in, replay->settings, &one, error, sizeof(error))) > 0) {
        struct interruption *larger = realloc(all, (count + 1) * sizeof(*all));
        if (larger == NULL) {
            free(all);
            return fail(EXIT_INTERNAL, "out of memory");
        }
        all = larger;
        all[count++] = one;
    }
    if (got == 0) {
        pipeline_interruptions(replay->pipeline, all, count);
    }
    free(all);
    return got < 0 ? fail_at(replay->given, error) : EXIT_DONE;
}

static int run_from_records(struct replay *replay)
{
    const char *path = replay->captures[0];
    FILE *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    if (in == NULL) {
        return fail_at(replay->given, strerror(errno));
    }
    int status = replay->start_at == STAGE_COUNTERS ? run_from_counters(replay, in)
                                                    : run_from_outages(replay, in);
    if (in != stdin) {
        fclose(in);
    }
    return status;
}

// ---- set-up and end
// ---------------------------------------------------------------------------------------

static bool stores(const struct replay *replay)
{
    return replay->stop_after == STAGE_KAFKA && !replay->prints_records;
}

// The digest takes as long as reading the captures does: it is made beside the replay.
static bool identify(void *context, struct pipeline_options *ret)
{
    struct replay *replay = context;
    if (!source_digest_wait(replay->digest, ret->normals_digest, replay->identity_text,
            sizeof(replay->identity_text))) {
        log_error("%s", replay->identity_text);
        return false;
    }
    if (!source_with_facts(replay->identity_text, replay->facts_path, replay->source_text)) {
        log_error("%s: %s", replay->facts_path, strerror(errno));
        return false;
    }
    ret->identity = replay->as_sensor ? replay->settings->sensor : replay->identity_text;
    ret->source = replay->source_text;
    if (stores(replay)) {
        char name[32];
        snprintf(name, sizeof(name), "replay-%.16s", replay->source_text);
        outputs_name(replay->settings, name, &replay->outputs);
        ret->ledger_path = replay->outputs.ledger_path;
        ret->json_lines_path = replay->outputs.json_lines_path;
    }
    return true;
}

// What incidents are named by.
static int start_digest(struct replay *replay)
{
    char error[512];
    bool readable =
        replay->start_at == STAGE_PACKETS
            ? inputs_are_files(replay->captures, replay->capture_count, error, sizeof(error))
            : inputs_spool(&replay->captures[0], &replay->spool, error, sizeof(error));
    if (!readable) {
        return fail(EXIT_INPUT, error);
    }
    replay->digest = source_digest_start(replay->settings, replay->captures, replay->capture_count);
    return EXIT_DONE;
}

static int start_pipeline(struct replay *replay, struct mistakes *mistakes)
{
    size_t fact_count = 0;
    char error[640];
    if ((stores(replay) || replay->learn) && !outputs_check(replay->settings)) {
        return EXIT_INPUT;
    }
    if (replay->learn &&
        (!replay->settings->normals.learn || *replay->settings->normals.store_path == '\0')) {
        return fail(EXIT_INPUT, "--learn needs normals.learn: true and a normals.store");
    }
    if (replay->facts_path != NULL &&
        (replay->facts = facts_load(
             replay->facts_path, replay->settings, &fact_count, error, sizeof(error))) == NULL) {
        return fail_at(replay->facts_path, error);
    }
    if (replay->stop_after >= STAGE_INCIDENTS && start_digest(replay) != EXIT_DONE) {
        return EXIT_INPUT;
    }
    replay->normals_path = normals_store_path(replay->settings);
    struct pipeline_options pipeline_options = {.identify = identify,
        .context = replay,
        .replay = true,
        .stop_after = replay->stop_after,
        .out = replay->prints_records ? stdout : NULL,
        .publish = stores(replay) && replay->publish,
        .normals_path = replay->normals_path,
        .normals_keep = replay->learn};
    replay->pipeline = pipeline_new(replay->settings, &pipeline_options, mistakes);
    if (replay->pipeline == NULL) {
        return EXIT_INPUT;
    }
    pipeline_add_facts(replay->pipeline, replay->facts, fact_count);
    return EXIT_DONE;
}

static int finish(struct replay *replay)
{
    char error[512];
    size_t unsent = 0;
    if (replay->pipeline == NULL) {
        return EXIT_DONE;
    }
    if (replay->source != NULL) {
        struct region_misfit misfits[MISFITS_MAX];
        struct codes_told told = {.count = 0};
        codes_warn(replay->settings, misfits,
            dataplane_misfits(replay->dataplane, misfits, MISFITS_MAX), &told);
    }
    bool done = pipeline_end(replay->pipeline, &unsent, error, sizeof(error));
    if (pipeline_is_nameless(replay->pipeline)) {
        return EXIT_INPUT; // said already
    }
    if (!replay->prints_records) {
        replay_summary(replay, stdout);
        pipeline_summary(replay->pipeline, stdout);
        replay_outputs(replay, unsent, stdout);
    }
    bool of_stdout = replay->prints_records && ferror(stdout); // which main says
    if (!done && !of_stdout) {
        log_error("%s; the ledger is %s", error, replay->outputs.ledger_path);
        return EXIT_INTERNAL;
    }
    return EXIT_DONE;
}

static int run(struct replay *replay, struct mistakes *mistakes)
{
    replay->settings = settings_read(replay->settings_path, mistakes);
    if (replay->settings == NULL) {
        return EXIT_INPUT;
    }
    int status = EXIT_DONE;
    if (replay->stop_after >= STAGE_COUNTERS) {
        status = start_pipeline(replay, mistakes);
    }
    if (status == EXIT_DONE) {
        status = replay->start_at == STAGE_PACKETS ? run_from_packets(replay, mistakes)
                                                   : run_from_records(replay);
    }
    return status == EXIT_DONE ? finish(replay) : status;
}

int replay_main(int argc, char **argv)
{
    struct replay replay = {.workers = 1, .stop_after = STAGE_KAFKA, .start_at = STAGE_PACKETS};
    argv[0] = (char[]){"tapgrade replay"};
    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&argp, argc, argv, 0, NULL, &replay);

    struct mistakes *mistakes = mistakes_new();
    int status = run(&replay, mistakes);
    mistakes_print(mistakes, stderr);
    pipeline_free(replay.pipeline);
    free(replay.facts);
    source_digest_free(replay.digest);
    dataplane_free(replay.dataplane);
    captures_close(replay.source);
    free(replay.normals_path);
    settings_free(replay.settings);
    mistakes_free(mistakes);
    if (replay.spool != NULL) {
        fclose(replay.spool);
    }
    return status;
}
