#include "config/columns.h"

#include "detectors/ledger/ledger.h"

#include "tools/replay.h"

// Only what happened is worth a line.
static void print_count(FILE *out, const char *chinese, const char *english, uint64_t count)
{
    char name[256];
    if (count != 0) {
        snprintf(name, sizeof(name), "  %s / %s", chinese, english);
        columns_print(out, name, 2 * SUMMARY_COLUMNS);
        fprintf(out, "%9llu\n", (unsigned long long)count);
    }
}

static void print_not_seen(FILE *out, const struct stream_counts *streams)
{
    print_count(out, "缺口", "gaps in what the tap saw", streams->gaps);
    print_count(out, "未见字节", "bytes never seen", streams->missing_bytes);
    print_count(out, "跳过字节", "bytes jumped over to the next message", streams->jumped_bytes);
    print_count(out, "连接结束截断字节", "bytes of messages cut short by their connection's end",
        streams->cut_short_bytes);
    print_count(out, "无法识别字节", "bytes that begin no message", streams->bad_bytes);
    print_count(out, "重传字节", "retransmitted bytes", streams->retransmitted_bytes);
    print_count(out, "无链路分组", "packets of no configured link", streams->no_link);
    print_count(out, "快照截断字节", "bytes cut off by the snap length", streams->snap_cut_bytes);
    print_count(out, "序号跳变", "jumps of sequence numbers", streams->sequence_jumps);
    print_count(out, "重组内存不足", "gaps given up early, reassembly memory full",
        streams->held_over_limit);
}

static void print_not_parsed(FILE *out, const struct parse_counts *parse)
{
    print_count(out, "报文头错误", "messages with a bad header", parse->bad_header);
    print_count(out, "报文类型错误", "messages with a bad MTI", parse->bad_mti);
    print_count(out, "位图错误", "messages with a bad bitmap", parse->bad_bitmap);
    print_count(out, "域长度错误", "messages with a bad field length", parse->bad_field_length);
    print_count(out, "未知域", "messages with an unknown field", parse->unknown_field);
    print_count(out, "报文过短", "messages that end too early", parse->too_short);
    print_count(out, "缺少配对键", "messages without a pairing key", parse->key_missing);
    print_count(out, "测试报文", "test messages, left out", parse->test_messages);
}

// What the outcomes of the business, which follow, do not tell.
static void print_transactions(FILE *out, const struct dataplane_counts *counts)
{
    print_count(out, "迟到应答", "late answers", counts->by_outcome[OUTCOME_LATE]);
    print_count(out, "重复应答", "answers seen again", counts->by_outcome[OUTCOME_DUPLICATE]);
    print_count(out, "无请求的应答", "answers without a request", counts->transactions.orphans);
    print_count(
        out, "被冲正的成功交易", "approvals reversed automatically", counts->transactions.reversed);
    print_count(out, "未列应答码", "answers whose code is not in the table",
        counts->transactions.unlisted_codes);
}

static void print_wrapped(FILE *out, const struct packet_counts *packets)
{
    print_count(out, "隧道分组", "packets out of tunnels", packets->tunnelled);
    print_count(out, "隧道头错误", "tunnels with a bad header", packets->bad_tunnel_header);
    print_count(out, "隧道嵌套过深", "tunnels nested too deep", packets->tunnels_too_deep);
    print_count(out, "隧道内容未知", "tunnels with unknown contents", packets->unknown_in_tunnel);
    print_count(out, "GTP-U", "GTP-U packets, left alone", packets->gtp_u);
    print_count(out, "IP 分片", "IP fragments", packets->fragments);
    print_count(out, "分片重组", "IP packets out of fragments", packets->datagrams_joined);
    print_count(out, "分片不全", "IP packets not whole", packets->datagrams_incomplete);
    print_count(
        out, "分片重叠", "IP packets of overlapping fragments", packets->datagrams_overlapping);
    print_count(out, "分片过长", "IP packets too long to keep", packets->datagrams_too_long);
    print_count(out, "重复分片", "fragments seen twice", packets->fragments_repeated);
}

void replay_summary(const struct replay *replay, FILE *out)
{
    if (replay->source == NULL) {
        return;
    }
    const struct packet_counts *packets = captures_counts(replay->source);
    struct dataplane_counts counts;
    dataplane_counts(replay->dataplane, &counts);
    columns_print(out, "读取 / read", SUMMARY_COLUMNS);
    fprintf(out, "%9llu packets, %llu bytes, %llu messages, %llu pairs\n",
        (unsigned long long)packets->frames, (unsigned long long)packets->bytes,
        (unsigned long long)counts.parse.messages, (unsigned long long)counts.transactions.paired);
    print_count(out, "截断分组", "packets cut by the snap length", packets->snap_cut);
    print_wrapped(out, packets);
    print_count(
        out, "采集丢包", "packets that the capturing program lost", packets->capture_dropped);
    print_count(out, "时间倒退", "packets stamped before the one in front of them",
        counts.disordered_packets);
    print_not_seen(out, &counts.streams);
    print_not_parsed(out, &counts.parse);
    print_transactions(out, &counts);
}

static void print_output(FILE *out, const char *name, const char *path)
{
    columns_print(out, name, SUMMARY_COLUMNS);
    fprintf(out, "%s\n", path);
}

void replay_outputs(const struct replay *replay, size_t unsent, FILE *out)
{
    for (size_t i = 0; i < replay->settings->institution_count; i++) {
        char path[LEDGER_PATH_MAX];
        if (ledger_path_of(replay->settings, (uint16_t)i, replay->outputs.ledger_path, path)) {
            print_output(out, "台账 / ledger", path);
        }
    }
    print_output(out, "JSON 行 / JSON lines", replay->outputs.json_lines_path);
    if (unsent != 0) {
        columns_print(out, "待发 / unsent", SUMMARY_COLUMNS);
        fprintf(out, "%zu messages wait in the ledger's outbox for the broker\n", unsent);
    }
}
