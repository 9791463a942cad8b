// What has changed since the report before (art. 19(2): 影响的变化).
#include "detectors/drafts/report.h"

#include <string.h>

struct snapshot snapshot_of(const struct report *report)
{
    const struct settings *settings = report->settings;
    const struct duty *duty = report->duty;
    const struct incident *incident = duty->incident;
    const struct impact *impact = incident->measured->impact;
    int64_t normal_milli;
    struct loss loss = incident_loss(settings, incident, &normal_milli);
    bool any = incident->measured->interruption_count > 0;
    struct snapshot snapshot = {.at = report->at,
        .curve = *report->curve,
        .grade = incident_whole_grade(incident),
        .conservative_grade = incident_whole_conservative(incident),
        .ratio_x10000 = any ? loss_ratio_x10000(&loss) : -1,
        .processed = loss.processed,
        .failed = loss.failed,
        .natural = incident->measured->persons_measured ? 0 : -1,
        .legal = incident->measured->persons_measured ? 0 : -1,
        .condition = incident_condition_chinese(incident)};
    memcpy(snapshot.key, duty->key, sizeof(snapshot.key));
    incident_provinces(incident, snapshot.provinces);
    if (snapshot.natural == 0 && impact != NULL) {
        snapshot.natural = impact->by_class[CLASS_NATURAL].best;
        snapshot.legal = impact->by_class[CLASS_LEGAL].best;
    }
    return snapshot;
}

static void level_print(FILE *out, const char *name, int before, int now)
{
    if (before != now) {
        fprintf(out, "%s：%s → %s\n", name, grade_names_chinese[before], grade_names_chinese[now]);
    }
}

static void count_print(FILE *out, const char *name, int64_t before, int64_t now)
{
    if (before == now || now < 0) {
        return;
    }
    fprintf(out, "%s：", name);
    fprintf(out, before < 0 ? "未测量" : "%lld个", (long long)before);
    fprintf(out, " → %lld个\n", (long long)now);
}

static void provinces_print(
    FILE *out, const char *name, const bool before[PROVINCES], const bool now[PROVINCES])
{
    const char *separator = name;
    for (unsigned i = 0; i < PROVINCES; i++) {
        if (now[i] && !before[i]) {
            fprintf(out, "%s%s", separator, province_name((uint8_t)i));
            separator = "、";
        }
    }
    fputs(separator == name ? "" : "\n", out);
}

static void share_print(FILE *out, int64_t ratio, const char *behind)
{
    if (ratio < 0) {
        fprintf(out, "不适用%s", behind);
    } else {
        fprintf(out, "%lld.%02lld%%%s", (long long)(ratio / 100), (long long)(ratio % 100), behind);
    }
}

static void ratio_print(FILE *out, int64_t before, int64_t now)
{
    if (before != now) {
        fputs("未处理和处理失败占比：", out);
        share_print(out, before, " → ");
        share_print(out, now, "\n");
    }
}

void changes_print(FILE *out, const struct report *report, const struct snapshot *before,
    const struct snapshot *now)
{
    char text[64];
    long start;
    fprintf(out, "与 %s（%s）相比：\n", before->key, instant_format_chinese(before->at, text));
    fflush(out);
    start = ftell(out);
    level_print(out, "等级", before->grade, now->grade);
    level_print(out, "从严口径等级", before->conservative_grade, now->conservative_grade);
    if (strcmp(before->condition, now->condition) != 0) {
        fprintf(out, "状态：%s → %s\n", before->condition, now->condition);
    }
    provinces_print(out, "新增受影响省份：", before->provinces, now->provinces);
    provinces_print(out, "不再受影响省份：", now->provinces, before->provinces);
    ratio_print(out, before->ratio_x10000, now->ratio_x10000);
    curve_change_print(out, report->settings, report->duty->network, &before->curve, &now->curve);
    if (before->failed != now->failed) {
        fprintf(out, "失败笔数：%lld → %lld\n", (long long)before->failed, (long long)now->failed);
    }
    count_print(out, "影响自然人", before->natural, now->natural);
    count_print(out, "影响法人和其他组织", before->legal, now->legal);
    fflush(out);
    if (ftell(out) == start) {
        fputs("没有变化\n", out);
    }
}
