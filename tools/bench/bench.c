// tapgrade bench: one JSON object a row. See docs/performance.md for what would make these figures
// lie.
#include "tools/bench/bench.h"

#include "config/instant.h"
#include "config/log.h"

#include "tools/commands.h"

#include <jansson.h>

#include <argp.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const struct row *const rows[] = {&pipeline_512_row, &pipeline_1m_row, &pipeline_floor_row,
    &pipeline_loss1_row, &pipeline_loss5_row, &pipeline_reorder5_row, &pipeline_evidence_row,
    &memory_1m_row, &replay_tshark_row, &scale_2_row, &detectors_cost_row, &detectors_memory_row};
static const char *row_now = "";
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static double clock_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

double bench_run(const char *const argv[], const char *out_path)
{
    double started_s = clock_s();
    pid_t pid = fork();
    if (pid == 0) {
        int out = open(out_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (out < 0 || dup2(out, STDOUT_FILENO) < 0) {
            _exit(127);
        }
        execvp(argv[0], (char *const *)(uintptr_t)argv); // exec changes none of them
        _exit(127);
    }
    int status;
    if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) ||
        WEXITSTATUS(status) != 0) {
        return -1;
    }
    return clock_s() - started_s;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

double bench_median(const double *values, unsigned count)
{
    double sorted[BENCH_RUNS_MAX] = {0};
    memcpy(sorted, values, count * sizeof(*sorted));
    qsort(sorted, count, sizeof(*sorted), compare_doubles);
    return sorted[count / 2];
}

static int remove_entry(const char *path, const struct stat *, int, struct FTW *)
{
    return remove(path);
}

void bench_remove(const char *path)
{
    nftw(path, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

json_t *bench_list(const double *values, unsigned count)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < count; i++) {
        json_array_append_new(list, json_real(values[i]));
    }
    return list;
}

void bench_void(struct measurement *measurement, const char *format, ...)
{
    va_list arguments;
    if (measurement->void_reason[0] == '\0') {
        va_start(arguments, format);
        vsnprintf(measurement->void_reason, sizeof(measurement->void_reason), format, arguments);
        va_end(arguments);
    }
}

void bench_says(const char *format, ...)
{
    va_list arguments;
    if (isatty(STDERR_FILENO)) {
        va_start(arguments, format);
        fprintf(stderr, "\r\033[K%s: ", row_now);
        vfprintf(stderr, format, arguments);
        va_end(arguments);
    }
}

static json_t *text_or_null(const char *text)
{
    return text[0] == '\0' ? json_null() : json_string(text);
}

static void print_row(const struct row *row, const struct measurement *got)
{
    json_t *object = json_pack("{s:s, s:o, s:s, s:o, s:b, s:s, s:i}", "row", row->name, "figure",
        got->skipped[0] == '\0' ? json_real(got->figure) : json_null(), "unit", row->unit, "goal",
        row->goal > 0 ? json_real(row->goal) : json_null(), "goal_is_at_most", row->is_at_most,
        "reference", got->reference, "runs", (int)got->runs);
    if (got->details != NULL) {
        json_object_update(object, got->details);
        json_decref(got->details);
    }
    json_object_set_new(object, "skipped", text_or_null(got->skipped));
    json_object_set_new(object, "void", text_or_null(got->void_reason));
    json_dumpf(object, stdout, JSON_COMPACT | JSON_REAL_PRECISION(5));
    putchar('\n');
    fflush(stdout);
    json_decref(object);
}

// Two rows at once would share the core, and take each other's hugepages. The end of the process
// unlocks.
static void wait_turn(void)
{
    static const char path[] = "/tmp/tapgrade-bench.lock";
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        file = open(path, O_RDONLY | O_CREAT | O_CLOEXEC, 0644);
    }
    if (file >= 0 && flock(file, LOCK_EX | LOCK_NB) != 0) {
        log_warning("another bench measures: waiting for its end");
        flock(file, LOCK_EX);
    }
}

// True when the row stands.
static bool measure_row(const struct row *row, const struct bench_options *options)
{
    char folder[] = "/tmp/tapgrade-bench-XXXXXX";
    struct measurement got = {0};
    if (mkdtemp(folder) == NULL) {
        bench_void(&got, "no folder can be made under /tmp");
    } else {
        row_now = row->name;
        row->measure(row, options, folder, &got);
        bench_remove(folder);
    }
    if (isatty(STDERR_FILENO)) {
        fputs("\r\033[K", stderr);
    }
    print_row(row, &got);
    return got.void_reason[0] == '\0';
}

// ---- arguments

struct arguments {
    const char *wanted; // NULL: all
    bool lists;
    struct bench_options options;
};

enum option_key { OPTION_LIST = 0x100, OPTION_RUNS, OPTION_TIME, OPTION_NO_HUGE, OPTION_SHRINK };

static const struct argp_option options[] = {
    {"list", OPTION_LIST, NULL, 0, "print the rows' names, one a line", 0},
    {"runs", OPTION_RUNS, "N", 0, "pairs of runs; the median of their ratios counts (3)", 0},
    {"time", OPTION_TIME, "TIME", 0, "of each run on a device, behind its warm-up (3s)", 0},
    {"no-huge", OPTION_NO_HUGE, NULL, 0, "reserve no hugepages, also as root", 0},
    {"shrink", OPTION_SHRINK, "N", 0, "captures N times smaller, for a quick look: the figures lie",
        0},
    {0},
};

static void row_find(struct arguments *arguments, const char *name, struct argp_state *state)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (strcmp(rows[i]->name, name) == 0) {
            arguments->wanted = rows[i]->name;
            return;
        }
    }
    argp_error(state, "no such row: '%s'; --help lists them", name);
}

static unsigned number_parse(
    const char *text, unsigned most, const char *what, struct argp_state *state)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || value == 0 || value > most) {
        argp_error(state, "%s is a number from 1 to %u, not '%s'", what, most, text);
    }
    return (unsigned)value;
}

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    struct bench_options *to = &arguments->options;
    switch (key) {
    case OPTION_LIST: arguments->lists = true; return 0;
    case OPTION_RUNS: to->runs = number_parse(value, BENCH_RUNS_MAX, "--runs", state); return 0;
    case OPTION_SHRINK: to->shrink = number_parse(value, 1000, "--shrink", state); return 0;
    case OPTION_NO_HUGE: to->wants_hugepages = false; return 0;
    case OPTION_TIME:
        if (!duration_parse(value, &to->stretch_ns) || to->stretch_ns < 100 * NS_PER_MS ||
            to->stretch_ns > 60 * NS_PER_S) {
            argp_error(state, "--time is a time from 100ms to 60s, not '%s'", value);
        }
        return 0;
    case ARGP_KEY_ARG: row_find(arguments, value, state); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static void print_help(const struct row *row, FILE *out)
{
    fprintf(out, "  %-17s ", row->name);
    if (row->goal > 0) {
        fprintf(out, "%s %g ", row->is_at_most ? "at most" : "at least", row->goal);
    } else {
        fputs("no goal, ", out);
    }
    fprintf(out, "%s: %s\n", row->unit, row->what);
}

static char *list_rows(int key, const char *text, void *)
{
    char *all = NULL;
    size_t size;
    if (key != ARGP_KEY_HELP_POST_DOC) {
        return (char *)(uintptr_t)text;
    }
    FILE *out = open_memstream(&all, &size);
    if (out == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < ROWS; i++) {
        print_help(rows[i], out);
    }
    fclose(out);
    return all;
}

static bool measure_rows(const struct arguments *arguments)
{
    bool stand = true;
    for (size_t i = 0; i < ROWS; i++) {
        if (arguments->wanted == NULL || arguments->wanted == rows[i]->name) {
            stand = measure_row(rows[i], &arguments->options) && stand;
        }
    }
    return stand;
}

int bench_main(int argc, char **argv)
{
    static const struct argp argp = {options, parse_option, "[ROW]",
        "Measures tapgrade against references as ratios of interleaved runs and prints one JSON "
        "object a row, all rows without ROW. Exit status 1 when a row is void.\vRows:",
        NULL, list_rows, NULL};
    struct arguments arguments = {.options = {.runs = 3,
                                      .stretch_ns = 3 * NS_PER_S,
                                      .warm_up_ns = 3 * NS_PER_S,
                                      .wants_hugepages = true,
                                      .shrink = 1}};
    argv[0] = (char[]){"tapgrade bench"};
    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    for (size_t i = 0; arguments.lists && i < ROWS; i++) {
        puts(rows[i]->name);
    }
    if (!arguments.lists) {
        wait_turn();
    }
    if (arguments.options.shrink > 1) {
        arguments.options.warm_up_ns /= 20;
    }
    return arguments.lists || measure_rows(&arguments) ? EXIT_DONE : EXIT_INPUT;
}
