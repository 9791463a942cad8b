#include "tools/run/summary.h"

#include <inttypes.h>
#include <string.h>

static void outcomes_print(FILE *out, const struct dataplane_counts *counts)
{
    static const enum outcome shown[] = {OUTCOME_SUCCEEDED, OUTCOME_DECLINED, OUTCOME_FAILED,
        OUTCOME_UNANSWERED, OUTCOME_UNOBSERVED, OUTCOME_EXCLUDED, OUTCOME_THROTTLED, OUTCOME_LATE,
        OUTCOME_DUPLICATE, OUTCOME_REVERSED};
    fputs(",\"by_outcome\":{", out);
    for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
        fprintf(out, "%s\"%s\":%" PRIu64, i == 0 ? "" : ",", outcome_names[shown[i]],
            counts->by_outcome[shown[i]]);
    }
    fputc('}', out);
}

// What the sensor did not see when it ended: each alarm's reason, as text of JSON.
static void unseen_print(FILE *out, const struct run_summary *summary)
{
    fprintf(out, ",\"alarms\":%" PRIu64 ",\"unseen\":[", summary->alarms);
    for (size_t i = 0; i < summary->unseen_count; i++) {
        json_t *reason = json_string(summary->unseen[i].reason);
        fputs(i == 0 ? "" : ",", out);
        json_dumpf(reason, out, JSON_ENCODE_ANY);
        json_decref(reason);
    }
    fputc(']', out);
}

static void devices_print(FILE *out, const struct run_summary *summary)
{
    fputs(",\"ports\":[", out);
    for (size_t i = 0; i < summary->device_count; i++) {
        const struct port_facts *device = &summary->devices[i];
        char name[PORT_NAME_MAX]; // of the EAL: nothing in it that JSON would mind
        port_name(device->port, name);
        fprintf(out, "%s{\"name\":\"%s\",\"packets\":%" PRId64 ",\"dropped\":%" PRId64 "}",
            i == 0 ? "" : ",", name, device->frames,
            device->missed + device->without_buffer + device->errors);
    }
    fputc(']', out);
}

void sent_figures(const struct sender_status *sent, struct sent_figure ret[static SENT_FIGURES])
{
    const struct sent_figure figures[SENT_FIGURES] = {
        {"waiting", (uint64_t)sent->waiting},
        {"oldest_ms", sent->oldest_ns > 0 ? (uint64_t)(sent->oldest_ns / NS_PER_MS) : 0},
        {"delivered", sent->delivered},
        {"attempts", sent->attempts},
        {"failures", sent->failures},
        {"dropped", sent->dropped},
        {"away", sent->away},
        {"second_sink", sent->second_sink},
        {"takeovers", sent->takeovers},
        {"second_sent", sent->second_sent},
        {NULL, 0},
    };
    memcpy(ret, figures, sizeof(figures));
}

static void sent_print(FILE *out, const struct run_summary *summary)
{
    struct sent_figure figures[SENT_FIGURES];
    if (!summary->publishes) {
        return;
    }
    sent_figures(&summary->sent, figures);
    fputs(",\"kafka\":{", out);
    for (size_t i = 0; figures[i].name != NULL; i++) {
        fprintf(out, "%s\"%s\":%" PRIu64, i == 0 ? "" : ",", figures[i].name, figures[i].value);
    }
    fputc('}', out);
}

void run_summary_print(FILE *out, const struct run_summary *summary)
{
    const struct port_counts *ports = &summary->ports;
    const struct dataplane_counts *counts = &summary->crew.dataplane;
    double elapsed_s = (double)summary->elapsed_ns / (double)NS_PER_S;
    fprintf(out,
        "{\"packets\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"dropped\":%" PRIu64
        ",\"transactions\":%" PRIu64,
        ports->packets.frames, ports->packets.bytes,
        ports->missed + ports->without_buffer + ports->errors, counts->transactions.requests);
    outcomes_print(out, counts);
    fprintf(out, ",\"elapsed\":%.3f,\"packets_per_s\":%.0f", elapsed_s,
        elapsed_s > 0 ? (double)ports->packets.frames / elapsed_s : 0);
    devices_print(out, summary);
    fprintf(out,
        ",\"missing_bytes\":%" PRIu64 ",\"snap_cut\":%" PRIu64 ",\"disordered\":%" PRIu64
        ",\"restamped\":%" PRIu64 ",\"evicted\":%" PRIu64 ",\"ticks_merged\":%" PRIu64,
        counts->streams.missing_bytes, ports->packets.snap_cut + ports->cut,
        counts->disordered_packets, ports->restamped,
        counts->transactions.evicted + counts->streams.connections_evicted, summary->ticks_merged);
    fprintf(out,
        ",\"paired\":%" PRIu64 ",\"mismatched\":%" PRIu64 ",\"orphans\":%" PRIu64
        ",\"repeats\":%" PRIu64 ",\"evicted_open\":%" PRIu64 ",\"connections_evicted\":%" PRIu64
        ",\"retransmitted_bytes\":%" PRIu64 ",\"bad_bytes\":%" PRIu64,
        counts->transactions.paired, counts->transactions.mismatched, counts->transactions.orphans,
        counts->transactions.repeats, counts->transactions.evicted_open,
        counts->streams.connections_evicted, counts->streams.retransmitted_bytes,
        counts->streams.bad_bytes);
    fprintf(out, ",\"workers\":%zu,\"handed_over\":%" PRIu64 ",\"overflowed\":%" PRIu64,
        summary->workers, summary->crew.handed_over,
        summary->crew.lost_packets + summary->crew.lost_messages);
    unseen_print(out, summary);
    sent_print(out, summary);
    fputs("}\n", out);
}
