#include "tools/generate/generate.h"

#include "config/log.h"

#include "tools/generate/course.h"
#include "tools/generate/pcap_write.h"
#include "tools/generate/scenario.h"
#include "tools/generate/traffic.h"

#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STATUS_DONE, STATUS_WRONG, STATUS_USAGE, STATUS_FAULT };
enum {
    KEY_TRUTH = 't',
    KEY_NORMALS = 'n',
    KEY_SEED = 's',
    KEY_OUTPUT = 'o',
    KEY_PRINT = 'p',
    KEY_COUNTERS = 'c'
};

struct arguments {
    const char *scenario_path, *capture_path, *truth_path, *normals_path;
    const char *settings_path; // counters are made instead of a capture
    int64_t seed;              // -1: the scenario's
    bool print;
};

static const struct argp_option options[] = {
    {"output", KEY_OUTPUT, "FILE", 0, "write the capture here (pcap, nanoseconds)", 0},
    {"truth", KEY_TRUTH, "FILE", 0,
        "write what really happened: JSON lines, one per request, sorted by time; the last line "
        "sums up",
        0},
    {"counters", KEY_COUNTERS, "SETTINGS", 0,
        "the scenario is a course of weeks or a year: write counters (JSON lines for replay "
        "--start-at counters), by the names of these settings; FILE may be -",
        0},
    {"normals", KEY_NORMALS, "FILE", 0,
        "write the normal volumes that fit the rates (CSV for the settings' key normals)", 0},
    {"seed", KEY_SEED, "N", 0, "use this seed instead of the scenario's", 0},
    {"print", KEY_PRINT, NULL, 0, "print the scenario with all keys and what they mean", 0},
    {0},
};

static const char doc[] =
    "Makes synthetic ISO 8583 traffic as a capture, or counters of a long time without packets. "
    "The same scenario and seed give the same bytes; "
    "another loss or order of packets leaves the business as it was. Card numbers are from "
    "ranges that no issuer has.\v"
    "A scenario says who talks to whom (links, institutions), how much of what from where "
    "(provinces "
    "with exact rates per second, functions with shares), what goes wrong and when (faults: "
    "silence, quiet, "
    "no_answer, error_code, slow, refused, unreachable) and what the tap makes of it (tap: loss, "
    "reorder, duplicate, split, coalesce, vlan, dark). Samples: tests/scenarios/*/scenario.yaml; "
    "all "
    "keys: "
    "--print. A course (--counters) says what is usual by day types, hours and growth, and what "
    "happens on top; sample: tests/accuracy/year.yaml.\n\n"
    "Examples:\n"
    "  tapgrade generate demo.yaml -o demo.pcap --truth demo.truth.jsonl\n"
    "  tapgrade generate --counters s.yaml year.yaml -o - | tapgrade replay -c s.yaml --start-at "
    "counters --stop-after grades -";

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    char *end = NULL;
    switch (key) {
    case KEY_OUTPUT: arguments->capture_path = text; return 0;
    case KEY_TRUTH: arguments->truth_path = text; return 0;
    case KEY_NORMALS: arguments->normals_path = text; return 0;
    case KEY_COUNTERS: arguments->settings_path = text; return 0;
    case KEY_PRINT: arguments->print = true; return 0;
    case KEY_SEED:
        errno = 0;
        arguments->seed = strtoll(text, &end, 10);
        if (errno != 0 || *text == '\0' || *end != '\0' || arguments->seed < 0) {
            argp_error(state, "--seed is a whole number from 0 on, not '%s'", text);
        }
        return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num > 0) {
            argp_error(state, "one SCENARIO only, not also '%s'", text);
        }
        arguments->scenario_path = text;
        return 0;
    case ARGP_KEY_END:
        if (arguments->scenario_path == NULL) {
            argp_error(state, "a SCENARIO is missing");
        }
        if (arguments->capture_path == NULL && arguments->normals_path == NULL &&
            !arguments->print) {
            argp_error(state, "-o FILE is missing: where the result goes");
        }
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static FILE *open_output(const char *path)
{
    if (strcmp(path, "-") == 0) {
        return stdout;
    }
    FILE *out = fopen(path, "w");
    if (out == NULL) {
        log_error("cannot write '%s': %s", path, strerror(errno));
    }
    return out;
}

static bool close_output(FILE *out, const char *path)
{
    bool failed = ferror(out) != 0;
    failed |= fclose(out) != 0;
    if (failed) {
        log_error("cannot write all of '%s': %s", path, strerror(errno));
    }
    return !failed;
}

static void show_progress(int percent)
{
    fprintf(stderr, "\r%3d %%%s", percent, percent >= 100 ? "\n" : "");
}

static void print_summary(
    const struct scenario *scenario, const struct traffic_counts *counts, uint64_t bytes)
{
    const struct truth_counts *truth = &counts->truth;
    char from[INSTANT_TEXT_MAX], to[INSTANT_TEXT_MAX];
    printf("%s to %s, %" PRIu64 " frames, %" PRIu64 " messages, %" PRIu64 " bytes\n",
        instant_format(scenario->start, 3, from),
        instant_format(
            instant_add(scenario->start, scenario->duration_ns + scenario->tail_ns), 3, to),
        counts->tap.frames + counts->tap.duplicated - counts->tap.lost, counts->messages, bytes);
    printf("%" PRIu64 " intents, %" PRIu64 " requests:", truth->intents, truth->attempts);
    for (size_t i = 0; i < TRUTH_OUTCOMES; i++) {
        printf(" %" PRIu64 " %s%s", truth->business[i], truth_outcome_names[i],
            i + 1 < TRUTH_OUTCOMES ? "," : "");
    }
    printf("; %" PRIu64 " reversals, %" PRIu64 " management\n", truth->kinds[KIND_REVERSAL],
        truth->kinds[KIND_MANAGEMENT]);
    printf("tap: %" PRIu64 " frames lost, %" PRIu64 " late, %" PRIu64 " twice; %" PRIu64
           " requests and %" PRIu64 " answers not wholly seen\n",
        counts->tap.lost, counts->tap.reordered, counts->tap.duplicated, truth->unseen_requests,
        truth->unseen_answers);
}

static int write_normals(const struct scenario *scenario, const char *path)
{
    FILE *out = open_output(path);
    if (out == NULL) {
        return STATUS_WRONG;
    }
    scenario_print_normals(scenario, out);
    return close_output(out, path) ? STATUS_DONE : STATUS_WRONG;
}

static int write_capture(const struct scenario *scenario, const struct arguments *arguments)
{
    FILE *truth = arguments->truth_path == NULL ? NULL : open_output(arguments->truth_path);
    if (arguments->truth_path != NULL && truth == NULL) {
        return STATUS_WRONG;
    }
    struct pcap_writer *writer = pcap_writer_open(arguments->capture_path);
    if (writer == NULL) {
        log_error("cannot write '%s': %s", arguments->capture_path, strerror(errno));
        if (truth != NULL) {
            fclose(truth);
        }
        return STATUS_WRONG;
    }
    bool terminal = isatty(STDERR_FILENO) != 0;
    struct traffic_counts counts =
        traffic_run(scenario, writer, truth, terminal ? show_progress : NULL);
    if (terminal) {
        fputs("\r     \r", stderr);
    }
    uint64_t bytes = pcap_writer_bytes(writer);
    bool written = pcap_writer_close(writer);
    if (!written) {
        log_error("cannot write all of '%s': %s", arguments->capture_path, strerror(errno));
    }
    written &= truth == NULL || close_output(truth, arguments->truth_path);
    print_summary(scenario, &counts, bytes);
    return written ? STATUS_DONE : STATUS_WRONG;
}

static int run(struct scenario *scenario, const struct arguments *arguments)
{
    if (arguments->seed >= 0) {
        scenario->seed = arguments->seed;
    }
    if (arguments->print) {
        yaml_print(stdout, &scenario_schema, scenario, true);
    }
    int status = STATUS_DONE;
    if (arguments->normals_path != NULL) {
        status = write_normals(scenario, arguments->normals_path);
    }
    if (status == STATUS_DONE && arguments->capture_path != NULL) {
        status = write_capture(scenario, arguments);
    }
    return status;
}

// ---- a course

static int write_course(
    const struct course *course, const struct settings *settings, const struct arguments *arguments)
{
    FILE *out = open_output(arguments->capture_path);
    FILE *truth = arguments->truth_path == NULL ? NULL : open_output(arguments->truth_path);
    if (out == NULL || (truth == NULL && arguments->truth_path != NULL)) {
        return STATUS_WRONG;
    }
    bool terminal = isatty(STDERR_FILENO) != 0;
    struct course_counts counts =
        course_write(course, settings, out, truth, terminal ? show_progress : NULL);
    bool written = close_output(out, arguments->capture_path);
    written &= truth == NULL || close_output(truth, arguments->truth_path);
    if (out != stdout) {
        printf("%" PRIu64 " ticks, %" PRId64 " intents, %" PRId64 " of them lost by faults\n",
            counts.ticks, counts.intents, counts.lost);
    }
    return written ? STATUS_DONE : STATUS_WRONG;
}

static int run_course(
    struct course *course, const struct settings *settings, const struct arguments *arguments)
{
    int status = STATUS_DONE;
    course->seed = arguments->seed >= 0 ? arguments->seed : course->seed;
    if (arguments->print) {
        yaml_print(stdout, &course_schema, course, true);
    }
    if (arguments->normals_path != NULL) {
        FILE *out = open_output(arguments->normals_path);
        if (out == NULL) {
            return STATUS_WRONG;
        }
        course_print_normals(course, out);
        status = close_output(out, arguments->normals_path) ? STATUS_DONE : STATUS_WRONG;
    }
    if (status == STATUS_DONE && arguments->capture_path != NULL) {
        status = write_course(course, settings, arguments);
    }
    return status;
}

static int generate_course(const struct arguments *arguments)
{
    struct mistakes *mistakes = mistakes_new();
    struct settings *settings = settings_read(arguments->settings_path, mistakes);
    struct course *course =
        settings == NULL ? NULL : course_read(arguments->scenario_path, settings, mistakes);
    int status = STATUS_WRONG;
    if (course == NULL) {
        mistakes_print(mistakes, stderr);
    } else {
        status = run_course(course, settings, arguments);
    }
    course_free(course);
    settings_free(settings);
    mistakes_free(mistakes);
    return status;
}

int generate_main(int argc, char **argv)
{
    static const struct argp argp = {
        options, parse_option, "SCENARIO.yaml -o FILE", doc, NULL, NULL, NULL};
    struct arguments arguments = {.seed = -1};
    argv[0] = (char[]){"tapgrade generate"};
    argp_err_exit_status = STATUS_USAGE;
    if (argp_parse(&argp, argc, argv, 0, NULL, &arguments) != 0) {
        return STATUS_USAGE;
    }
    if (arguments.settings_path != NULL) {
        return generate_course(&arguments);
    }
    struct mistakes *mistakes = mistakes_new();
    struct scenario *scenario = scenario_read(arguments.scenario_path, mistakes);
    int status = STATUS_WRONG;
    if (scenario == NULL) {
        mistakes_print(mistakes, stderr);
    } else {
        status = run(scenario, &arguments);
    }
    scenario_free(scenario);
    mistakes_free(mistakes);
    return status;
}
