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
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const struct row *const rows[] = {&replay_tshark_row};
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
    double sorted[BENCH_RUNS];
    memcpy(sorted, values, count * sizeof(*sorted));
    qsort(sorted, count, sizeof(*sorted), compare_doubles);
    return sorted[count / 2];
}

static int remove_entry(const char *path, const struct stat *, int, struct FTW *)
{
    return remove(path);
}

static json_t *seconds(const double *values, unsigned count)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < count; i++) {
        json_array_append_new(list, json_real(values[i]));
    }
    return list;
}

// True when the row stands.
static bool measure_row(const struct row *row)
{
    char folder[] = "/tmp/tapgrade-bench-XXXXXX";
    struct measurement got = {0};
    if (mkdtemp(folder) == NULL) {
        snprintf(got.void_reason, sizeof(got.void_reason), "no folder can be made under /tmp");
    } else {
        row->measure(folder, &got);
        nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    }
    bool stands = got.void_reason[0] == '\0';
    json_t *object = json_pack("{s:s, s:f, s:s, s:f, s:s, s:i, s:o, s:o, s:o}", "row", row->name,
        "figure", got.figure, "unit", row->unit, "goal", row->goal, "reference", got.reference,
        "runs", (int)got.runs, "seconds", seconds(got.ours_s, got.runs), "reference_seconds",
        seconds(got.reference_s, got.runs), "void",
        stands ? json_null() : json_string(got.void_reason));
    json_dumpf(object, stdout, JSON_COMPACT | JSON_REAL_PRECISION(5));
    putchar('\n');
    json_decref(object);
    return stands;
}

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    const char **wanted = state->input;
    if (key != ARGP_KEY_ARG) {
        return ARGP_ERR_UNKNOWN;
    }
    for (size_t i = 0; i < ROWS; i++) {
        if (strcmp(rows[i]->name, value) == 0) {
            *wanted = rows[i]->name;
            return 0;
        }
    }
    argp_error(state, "no such row: '%s'; --help lists them", value);
    return 0;
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
        fprintf(out, "  %-16s at least %g %s: %s\n", rows[i]->name, rows[i]->goal, rows[i]->unit,
            rows[i]->what);
    }
    fclose(out);
    return all;
}

int bench_main(int argc, char **argv)
{
    static const struct argp argp = {NULL, parse_option, "[ROW]",
        "Measures tapgrade against references as ratios of interleaved runs and prints one JSON "
        "object a row.\vRows:",
        NULL, list_rows, NULL};
    const char *wanted = NULL;
    bool stand = true;
    argv[0] = (char[]){"tapgrade bench"};
    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&argp, argc, argv, 0, NULL, &wanted);
    for (size_t i = 0; i < ROWS; i++) {
        if (wanted == NULL || wanted == rows[i]->name) {
            stand = measure_row(rows[i]) && stand;
        }
    }
    return stand ? EXIT_DONE : EXIT_INPUT;
}
