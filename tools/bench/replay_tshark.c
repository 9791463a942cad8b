// Row replay/tshark: messages per second of `replay`, whole process, against `tshark` that reads
// the same ISO 8583 fields of the same capture. The capture has the one framing that tshark's
// dissector knows (2-byte length).
#include "tools/bench/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MESSAGES_EXPECTED 500000UL // replay-tshark.yaml: 500 requests/s and their answers, 500 s

struct paths {
    char self[512], scenario[512], settings[512];
    char capture[512], truth[512], ours[512], theirs[512];
};

static bool fill_paths(struct paths *paths, const char *folder)
{
    ssize_t length = readlink("/proc/self/exe", paths->self, sizeof(paths->self) - 1);
    if (length < 0) {
        return false;
    }
    paths->self[length] = '\0';
    snprintf(paths->scenario, sizeof(paths->scenario), "%s/tools/bench/replay-tshark.yaml",
        TAPGRADE_SOURCE);
    snprintf(paths->settings, sizeof(paths->settings), "%s/settings.yaml", folder);
    snprintf(paths->capture, sizeof(paths->capture), "%s/bench.pcap", folder);
    snprintf(paths->truth, sizeof(paths->truth), "%s/truth", folder);
    snprintf(paths->ours, sizeof(paths->ours), "%s/ours", folder);
    snprintf(paths->theirs, sizeof(paths->theirs), "%s/theirs", folder);
    return true;
}

// The settings are a template: %SOURCE% and %FOLDER% stand for the project and the row's folder.
static bool write_settings(const struct paths *paths, const char *folder)
{
    char command[2048];
    snprintf(command, sizeof(command),
        "sed -e 's|%%SOURCE%%|%s|g' -e 's|%%FOLDER%%|%s|g' "
        "%s/tools/bench/replay-tshark.settings.yaml > %s",
        TAPGRADE_SOURCE, folder, TAPGRADE_SOURCE, paths->settings);
    return system(command) == 0;
}

// Messages with an MTI in tshark's output: "0200\t..." a packet, several joined by commas.
static unsigned long count_tshark_messages(const char *path)
{
    FILE *in = fopen(path, "r");
    unsigned long messages = 0;
    char *line = NULL;
    size_t size = 0;
    while (in != NULL && getline(&line, &size, in) > 0) {
        const char *end = strchr(line, '\t');
        for (const char *at = line; end != NULL && end != line && at < end; at++) {
            messages += *at == ',' || at + 1 == end;
        }
    }
    free(line);
    if (in != NULL) {
        fclose(in);
    }
    return messages;
}

// Messages that replay's summary says were read, when each belongs to a pair.
static unsigned long count_our_messages(const char *path)
{
    FILE *in = fopen(path, "r");
    unsigned long messages = 0, pairs = 0;
    char *line = NULL;
    size_t size = 0;
    bool found = false;
    while (in != NULL && !found && getline(&line, &size, in) > 0) {
        const char *at = strstr(line, " bytes, ");
        found = at != NULL && sscanf(at, " bytes, %lu messages, %lu pairs", &messages, &pairs) == 2;
    }
    free(line);
    if (in != NULL) {
        fclose(in);
    }
    return found && 2 * pairs == messages ? messages : 0;
}

static void check(struct measurement *ret, const char *who, unsigned long messages)
{
    if (messages != MESSAGES_EXPECTED) {
        bench_void(ret, "%s read %lu of %lu messages", who, messages, MESSAGES_EXPECTED);
    }
}

static void measure(const struct row *, const struct bench_options *options, const char *folder,
    struct measurement *ret)
{
    struct paths paths;
    double ours_s[BENCH_RUNS_MAX], reference_s[BENCH_RUNS_MAX];
    if (!fill_paths(&paths, folder) || !write_settings(&paths, folder)) {
        bench_void(ret, "the settings cannot be written to %s", folder);
        return;
    }
    const char *const generate[] = {
        paths.self, "generate", paths.scenario, "-o", paths.capture, NULL};
    const char *const ours[] = {paths.self, "replay", "-c", paths.settings, paths.capture, NULL};
    const char *const theirs[] = {"tshark", "-n", "-r", paths.capture, "-d",
        "tcp.port==5000,iso8583", "-o", "iso8583.len_endian:Big endian", "-T", "fields", "-e",
        "iso8583.mti", "-e", "iso8583.bit2", "-e", "iso8583.bit3", "-e", "iso8583.bit4", "-e",
        "iso8583.bit7", "-e", "iso8583.bit11", "-e", "iso8583.bit25", "-e", "iso8583.bit32", "-e",
        "iso8583.bit33", "-e", "iso8583.bit37", "-e", "iso8583.bit39", "-e", "iso8583.bit41", "-e",
        "iso8583.bit42", NULL};
    snprintf(ret->reference, sizeof(ret->reference),
        "tshark -T fields, MTI and 12 fields, %lu messages", MESSAGES_EXPECTED);
    if (bench_run(generate, paths.truth) < 0) {
        bench_void(ret, "the capture could not be generated");
        return;
    }
    for (ret->runs = 0; ret->runs < options->runs; ret->runs++) {
        bench_says("run %u", ret->runs + 1);
        ours_s[ret->runs] = bench_run(ours, paths.ours);
        reference_s[ret->runs] = bench_run(theirs, paths.theirs);
        if (ours_s[ret->runs] < 0 || reference_s[ret->runs] < 0) {
            bench_void(ret, "%s failed", ours_s[ret->runs] < 0 ? "replay" : "tshark");
            return;
        }
        check(ret, "replay", count_our_messages(paths.ours));
        check(ret, "tshark", count_tshark_messages(paths.theirs));
    }
    ret->figure = bench_median(reference_s, ret->runs) / bench_median(ours_s, ret->runs);
    ret->details = json_pack("{s:o, s:o}", "seconds", bench_list(ours_s, ret->runs),
        "reference_seconds", bench_list(reference_s, ret->runs));
}

const struct row replay_tshark_row = {"replay/tshark", "times",
    "messages/s of replay, whole process, against tshark reading the same fields", 200, false,
    measure};
