// What the sensor has to say about a risk notice (art. 24): the incidents of its network, as search
// of what was seen. Leaks, flaws and holes do not show in the share of business that fails, so no
// incident proves nothing, and the text says so.
#include "config/memory.h"

#include "detectors/drafts/report.h"

#include <stdlib.h>
#include <string.h>

#define SEEN_MAX 10 // of the newest

static struct fact *fact_copy(const struct fact *fact)
{
    struct fact *copy = memory_zeroed(1, sizeof(*copy));
    *copy = *fact;
    return copy;
}

void notice_begin(struct notice *notice, const struct fact *fact)
{
    *notice = (struct notice){.fact = fact_copy(fact)};
}

void notice_take_move(struct notice *notice, const struct fact *move)
{
    notice->moves = memory_grow(
        notice->moves, notice->move_count, &notice->move_capacity, sizeof(*notice->moves));
    notice->moves[notice->move_count++] = fact_copy(move);
}

void notice_done(struct notice *notice)
{
    for (size_t i = 0; i < notice->move_count; i++) {
        free(notice->moves[i]);
    }
    free(notice->moves);
    free(notice->fact);
}

struct notice *notice_of(struct notice *notices, size_t count, const char *id)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(notices[i].fact->id, id) == 0) {
            return &notices[i];
        }
    }
    return NULL;
}

static bool is_of_network(const struct report *report, const struct incident *incident)
{
    return incident->network == report->notice->fact->network;
}

static size_t count_of_network(const struct report *report)
{
    size_t count = 0;
    for (size_t i = 0; i < report->incident_count; i++) {
        count += is_of_network(report, &report->incidents[i]);
    }
    return count;
}

static void incident_print(FILE *out, const struct incident *incident)
{
    char onset[64];
    fprintf(out, "%s起，%s（从严口径：%s），%s；事件编号 %s\n",
        instant_format_chinese(incident->onset, onset), grade_names_chinese[incident->grade],
        grade_names_chinese[incident->conservative_grade], incident_condition_chinese(incident),
        incident->id);
}

void seen_print(FILE *out, const struct report *report)
{
    size_t count = count_of_network(report), passed = 0;
    char at[64];
    // Of the ledger's those that a start goes on with are known here.
    fprintf(out, "截至 %s，本系统本次运行掌握该网络事件 %zu 起（含启动时恢复的，其余见台账）\n",
        instant_format_chinese(report->at, at), count);
    for (size_t i = 0; i < report->incident_count; i++) {
        const struct incident *incident = &report->incidents[i];
        if (is_of_network(report, incident) && count - passed++ <= SEEN_MAX) {
            incident_print(out, incident);
        }
    }
    if (count > SEEN_MAX) {
        fprintf(out, "较早的 %zu 起从略，见台账\n", count - SEEN_MAX);
    }
    fputs("流量监测只反映业务是否中断、失败，不能证明有无数据泄露、安全缺陷或者漏洞\n", out);
}
