// A sensor without traffic: ledger and sender alone, fed with incidents of three messages each
// (finding, state, draft), for the tests against real brokers.
//   feed SETTINGS LEDGER INCIDENTS PAUSE_MS WAIT_S
// Commits one incident every PAUSE_MS, waits until all is delivered or WAIT_S are over, and prints
// one JSON object: how many, what is left, and how long it took from a commit to the delivery
// reports of its messages.
#include "config/memory.h"

#include "detectors/kafka/kafka.h"
#include "detectors/ledger/ledger.h"

#include <sqlite3.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DRAFT_BYTES 12000 // as a large one has

static int64_t wall_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

static void message_add(struct change_set *changes, const struct settings *settings, int incident,
    int sequence, const char *topic, size_t bytes)
{
    char headers[512], time[INSTANT_TEXT_MAX];
    char *value = memory_zeroed(bytes + 64, 1);
    struct event event = {.headers = headers, .value = value};
    instant_format((struct instant){wall_ns()}, 3, time);
    snprintf(event.key, sizeof(event.key), "%032d", incident % 10); // several of the same incident
    snprintf(event.id, sizeof(event.id), "%s/%d/%s", event.key, sequence, topic);
    snprintf(event.topic, sizeof(event.topic), "%s.%s.v1", settings->kafka.topic_prefix, topic);
    snprintf(headers, sizeof(headers),
        "{\"ce_id\":\"%s\",\"ce_time\":\"%s\",\"ce_sequence\":\"%010d\",\"ce_due\":\"%s\"}",
        event.id, time, sequence, time);
    int length = snprintf(value, 64, "{\"n\":%d,\"text\":\"", sequence);
    memset(value + length, 'x', bytes);
    strcpy(value + (size_t)length + bytes, "\"}");
    change_set_add_event(changes, &event);
    free(value);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

// Of each message, from the commit of its incident to the mark that its report made.
static size_t latencies_read(
    const char *path, const int64_t *committed_ns, int incidents, double *ret_ms)
{
    sqlite3 *database = NULL;
    sqlite3_stmt *rows = NULL;
    size_t count = 0;
    sqlite3_open_v2(path, &database, SQLITE_OPEN_READONLY, NULL);
    sqlite3_prepare_v2(database,
        "SELECT json_extract(headers, '$.ce_sequence'), delivered_at FROM outbox"
        " WHERE state = 'delivered'",
        -1, &rows, NULL);
    while (sqlite3_step(rows) == SQLITE_ROW) {
        int incident = sqlite3_column_int(rows, 0);
        struct instant at;
        if (incident < incidents &&
            instant_parse((const char *)sqlite3_column_text(rows, 1), &at)) {
            ret_ms[count++] = (double)(at.ns - committed_ns[incident]) / NS_PER_MS;
        }
    }
    sqlite3_finalize(rows);
    sqlite3_close(database);
    return count;
}

static void report(const char *path, const int64_t *committed_ns, int incidents,
    const struct sender_status *status, int64_t done_ns)
{
    double *ms = memory_zeroed((size_t)incidents * 3 + 1, sizeof(*ms));
    size_t count = latencies_read(path, committed_ns, incidents, ms);
    qsort(ms, count, sizeof(*ms), compare);
    printf(
        "{\"messages\":%d,\"delivered\":%zu,\"left\":%lld,\"attempts\":%llu,\"failures\":%llu,"
        "\"takeovers\":%llu,\"second_sent\":%llu,\"p50_ms\":%.0f,\"p99_ms\":%.0f,\"max_ms\":%.0f,"
        "\"done_at\":%.3f}\n",
        incidents * 3, count, (long long)status->waiting, (unsigned long long)status->attempts,
        (unsigned long long)status->failures, (unsigned long long)status->takeovers,
        (unsigned long long)status->second_sent, count > 0 ? ms[count / 2] : 0,
        count > 0 ? ms[(count * 99 - 1) / 100] : 0, count > 0 ? ms[count - 1] : 0,
        (double)done_ns / NS_PER_S);
    free(ms);
}

static void wake(void *sender)
{
    sender_wake(sender);
}

int main(int argc, char **argv)
{
    struct mistakes *mistakes = mistakes_new();
    struct settings *settings = argc == 6 ? settings_read(argv[1], mistakes) : NULL;
    char error[512];
    mistakes_print(mistakes, stderr);
    if (settings == NULL) {
        fputs("usage: feed SETTINGS LEDGER INCIDENTS PAUSE_MS WAIT_S\n", stderr);
        return 2;
    }
    int incidents = atoi(argv[3]);
    int64_t *committed_ns = memory_zeroed((size_t)incidents + 1, sizeof(*committed_ns));
    struct ledger *ledger = ledger_open(argv[2], error, sizeof(error));
    struct sender *sender =
        ledger != NULL ? sender_start(settings, argv[2], false, error, sizeof(error)) : NULL;
    if (sender == NULL) {
        fprintf(stderr, "feed: %s\n", error);
        return 1;
    }
    ledger_on_commit(ledger, wake, sender);
    for (int i = 0; i < incidents; i++) {
        struct change_set *changes = change_set_new(INSTANT_NONE);
        message_add(changes, settings, i, i, "finding", 3000);
        message_add(changes, settings, i, i, "incident", 3000);
        message_add(changes, settings, i, i, "draft", DRAFT_BYTES);
        committed_ns[i] = wall_ns();
        ledger_commit(ledger, changes);
        usleep((useconds_t)atoi(argv[4]) * 1000);
    }
    struct sender_status status;
    ledger_close(ledger, error, sizeof(error));
    sender_stop(sender, atoll(argv[5]) * NS_PER_S, &status);
    report(argv[2], committed_ns, incidents, &status, wall_ns());
    free(committed_ns);
    settings_free(settings);
    mistakes_free(mistakes);
    return 0;
}
