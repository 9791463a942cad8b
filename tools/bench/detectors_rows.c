// The rows of detectors.c, and the files that its runs read.
#include "tools/bench/bench.h"
#include "tools/bench/detectors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int codes[DETECTORS_PROVINCES] = {11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35,
    36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52, 53, 54, 61, 62, 63, 64, 65};

static bool functions_write(const char *path)
{
    FILE *out = fopen(path, "we");
    if (out == NULL) {
        return false;
    }
    fputs("functions:\n", out);
    for (int f = 0; f < DETECTORS_FUNCTIONS; f++) {
        fprintf(out,
            "  - {id: f%d, name: 业务%d, main: true, matches: [{mti: \"0200\", processing: "
            "\"%d0....\", condition: \"\"}]}\n",
            f, f, f);
    }
    return fclose(out) == 0;
}

// As many as are asked: three a second of each group.
static bool normals_write(const char *path, size_t networks)
{
    FILE *out = fopen(path, "we");
    if (out == NULL) {
        return false;
    }
    fputs("network,function,province,hour,normal_per_hour\n", out);
    for (size_t n = 0; n < networks; n++) {
        for (int i = 0; i < DETECTORS_FUNCTIONS * DETECTORS_PROVINCES * 24; i++) {
            int province = codes[i / 24 % DETECTORS_PROVINCES];
            fprintf(out, "net%02zu,f%d,%d,%d,10800\n", n, i / 24 / DETECTORS_PROVINCES, province,
                i % 24);
        }
    }
    return fclose(out) == 0;
}

// The block of the settings of replay/tshark that begins with `first`, up to the next key; its
// first line apart, which is replaced.
static const char *block_find(const char *text, const char *first, size_t *ret_length)
{
    const char *at = strstr(text, first);
    if (at == NULL) {
        return NULL;
    }
    at += strlen(first);
    const char *end = at;
    while (*end == ' ') {
        end = strchrnul(end, '\n');
        end += *end == '\n';
    }
    *ret_length = (size_t)(end - at);
    return at;
}

static void line_write(
    FILE *out, const char *line, size_t length, const struct detectors_scene *scene, size_t network)
{
    if (strncmp(line, "    network: ", 13) == 0) {
        fprintf(out, "    network: net%02zu\n", network);
    } else if (strncmp(line, "    functions: ", 15) == 0) {
        fprintf(out, "    functions: \"%s\"\n", scene->functions);
    } else if (strncmp(line, "    normals: ", 13) == 0) {
        fprintf(out, "    normals: \"%s\"\n", scene->normals);
    } else if (strncmp(line, "    ours: ", 10) == 0) {
        fprintf(out, "    ours: [\"10.%zu.0.0/16\"]\n", network);
    } else if (strncmp(line, "    theirs: ", 12) == 0) {
        fprintf(out, "    theirs: [\"10.%zu.0.0/16\"]\n", 100 + network);
    } else {
        fwrite(line, 1, length, out);
    }
}

static void block_write(FILE *out, const char *name, const char *block, size_t length,
    const struct detectors_scene *scene)
{
    for (size_t n = 0; n < scene->networks; n++) {
        fprintf(out, "  - id: %s%02zu\n", name, n);
        for (const char *line = block; line < block + length;) {
            const char *end = strchrnul(line, '\n');
            line_write(out, line, (size_t)(end + 1 - line), scene, n);
            line = end + 1;
        }
    }
}

// Many networks with a link each, else the settings of replay/tshark.
static bool settings_write(const struct detectors_scene *scene, const char *text)
{
    size_t network_length, link_length;
    const char *network = block_find(text, "  - id: pay\n", &network_length);
    const char *link = block_find(text, "  - id: iso-a\n", &link_length);
    FILE *out = network == NULL || link == NULL ? NULL : fopen(scene->settings, "we");
    if (out == NULL) {
        return false;
    }
    fwrite(text, 1, (size_t)(network - text) - strlen("  - id: pay\n"), out);
    block_write(out, "net", network, network_length, scene);
    fputs("links:\n", out);
    block_write(out, "link", link, link_length, scene);
    fputs(link + link_length, out);
    return fclose(out) == 0;
}

static char *template_read(const char *folder)
{
    char command[1024], *text = NULL;
    size_t size = 0;
    snprintf(command, sizeof(command),
        "sed -e 's|%%SOURCE%%|%s|g' -e 's|%%FOLDER%%|%s|g' "
        "%s/tools/bench/replay-tshark.settings.yaml",
        TAPGRADE_SOURCE, folder, TAPGRADE_SOURCE);
    FILE *in = popen(command, "re");
    if (in == NULL || getdelim(&text, &size, '\0', in) <= 0) {
        free(text);
        text = NULL;
    }
    if (in != NULL) {
        pclose(in);
    }
    return text;
}

bool detectors_scene_write(struct detectors_scene *scene, const char *folder, unsigned shrink)
{
    scene->networks = DETECTORS_NETWORKS / shrink == 0 ? 1 : DETECTORS_NETWORKS / shrink;
    snprintf(scene->settings, sizeof(scene->settings), "%s/settings.yaml", folder);
    snprintf(scene->functions, sizeof(scene->functions), "%s/functions.yaml", folder);
    snprintf(scene->normals, sizeof(scene->normals), "%s/normals.csv", folder);
    snprintf(scene->sink, sizeof(scene->sink), "%s/sink.jsonl", folder);
    char *text = template_read(folder);
    bool good = text != NULL && functions_write(scene->functions) &&
                normals_write(scene->normals, scene->networks) && settings_write(scene, text);
    free(text);
    return good;
}

// ---- rows

struct figures {
    double cost_percent[BENCH_RUNS_MAX], memory_mib[BENCH_RUNS_MAX];
    double healthy_ms[BENCH_RUNS_MAX], outage_ms[BENCH_RUNS_MAX], worst_ms[BENCH_RUNS_MAX];
};

static void figures_take(struct figures *figures, unsigned run, const struct detectors_result *got)
{
    double dearer_s = got->healthy_s > got->outage_s ? got->healthy_s : got->outage_s;
    figures->cost_percent[run] = dearer_s * 100;
    figures->memory_mib[run] = (double)got->resident_bytes / (1 << 20);
    figures->healthy_ms[run] = got->healthy_s * 1e3;
    figures->outage_ms[run] = got->outage_s * 1e3;
    figures->worst_ms[run] = got->worst_s * 1e3;
}

static bool run_once(const struct detectors_scene *scene, const struct bench_options *options,
    struct figures *figures, struct measurement *row)
{
    struct detectors_result got;
    remove(scene->sink);
    bench_says("run %u: %zu networks", row->runs + 1, scene->networks);
    if (!detectors_run(scene, options->shrink, &got)) {
        bench_void(
            row, "the detectors did not run%s%s", got.error[0] == '\0' ? "" : ": ", got.error);
        return false;
    }
    if (got.seen != scene->networks) {
        bench_void(row, "the outage of %zu of %zu networks was told", got.seen, scene->networks);
    }
    figures_take(figures, row->runs++, &got);
    return true;
}

static void measure(const struct row *of, const struct bench_options *options, const char *folder,
    struct measurement *row)
{
    struct detectors_scene scene;
    struct figures figures;
    bool is_memory = of == &detectors_memory_row;
    if (!detectors_scene_write(&scene, folder, options->shrink)) {
        bench_void(row, "the settings cannot be written to %s", folder);
        return;
    }
    snprintf(row->reference, sizeof(row->reference),
        "none: %zu networks, %d functions, %d provinces, a tick a second", scene.networks,
        DETECTORS_FUNCTIONS, DETECTORS_PROVINCES);
    while (row->runs < options->runs && run_once(&scene, options, &figures, row)) {
    }
    if (row->runs > 0) {
        const double *values = is_memory ? figures.memory_mib : figures.cost_percent;
        row->figure = bench_median(values, row->runs);
        row->details = json_pack("{s:o, s:o, s:o, s:o}", "healthy_ms",
            bench_list(figures.healthy_ms, row->runs), "outage_ms",
            bench_list(figures.outage_ms, row->runs), "worst_ms",
            bench_list(figures.worst_ms, row->runs), "resident_mib",
            bench_list(figures.memory_mib, row->runs));
    }
}

const struct row detectors_cost_row = {"detectors/cost", "% of a core",
    "31 provinces x 50 networks x 6 functions, a tick a second: CPU of all detectors", 5, true,
    measure};
const struct row detectors_memory_row = {
    "detectors/memory", "MiB", "the same: VmRSS of the process", 1024, true, measure};
