// Row scale/2: two workers, each with a queue of its own, against one with one of the two.
#include "tools/bench/bench.h"
#include "tools/bench/scene.h"

#include <stdio.h>

#define CORES_NEEDED 3 // two workers, and one for everything else

static bool run_once(const struct scene *scene, double *packets_per_s, struct measurement *row)
{
    struct ours_result result;
    bench_says("run %u: %zu workers", row->runs + 1, scene->device.queues);
    bool ran = scene_run(scene, &result, row);
    *packets_per_s = result.packets_per_s;
    json_decref(result.summary);
    return ran;
}

static void measure(const struct row *, const struct bench_options *options, const char *folder,
    struct measurement *row)
{
    double two[BENCH_RUNS_MAX], one[BENCH_RUNS_MAX], ratios[BENCH_RUNS_MAX];
    struct scene both = {0}, single;
    struct device_cores cores;
    snprintf(row->reference, sizeof(row->reference),
        "tapgrade run with one worker on the capture of one of the two queues");
    device_cores(&cores);
    if (cores.idle < CORES_NEEDED) {
        snprintf(row->skipped, sizeof(row->skipped),
            "%u cores are free of the %u that can be used; %d are needed: two workers, and one for "
            "everything else",
            cores.idle, cores.usable, CORES_NEEDED);
        return;
    }
    bool runs = scene_make(&both, options, folder, "pipeline-512.yaml", 2, NULL, row);
    single = both;
    single.device.queues = 1;
    for (; runs && row->runs < options->runs; row->runs++) {
        bool first = row->runs % 2 == 0;
        if (!((first || run_once(&single, &one[row->runs], row)) &&
                run_once(&both, &two[row->runs], row) &&
                (!first || run_once(&single, &one[row->runs], row)))) {
            break;
        }
        ratios[row->runs] = two[row->runs] / one[row->runs];
    }
    if (row->runs > 0) {
        row->figure = bench_median(ratios, row->runs);
        row->details = json_pack("{s:o, s:o, s:o, s:b}", "ratios", bench_list(ratios, row->runs),
            "packets_per_s", bench_list(two, row->runs), "reference_packets_per_s",
            bench_list(one, row->runs), "hugepages", both.device.has_hugepages);
    }
    scene_done(&both);
}

const struct row scale_2_row = {
    "scale/2", "of one worker's packet rate", "two workers on two queues", 1.9, false, measure};
