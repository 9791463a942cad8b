// The recovery curve: what share of the worst cell's business was lost, from the onset to half an
// hour behind the end. It is a table of text, which pages show as one: what was not seen is 未观测,
// never 0.
#include "detectors/drafts/report.h"

#include <string.h>

#define BEHIND_NS (30 * 60 * NS_PER_S)
#define BAR_MAX   20 // blocks of 5 %

static bool is_main(const struct settings *settings, const struct interruption *one)
{
    const struct function_table *functions = &settings->networks[one->network].functions;
    return one->function < functions->function_count && functions->functions[one->function].main;
}

static int64_t lost_milli(const struct interruption *one)
{
    return one->loss.failed * 1000 + one->loss.never_arrived_milli;
}

// What is certain first, then main functions, then what lost most.
static bool is_worse(const struct settings *settings, const struct interruption *one,
    const struct interruption *than)
{
    if (than == NULL || interruption_is_certain(one) != interruption_is_certain(than)) {
        return than == NULL || interruption_is_certain(one);
    }
    if (is_main(settings, one) != is_main(settings, than)) {
        return is_main(settings, one);
    }
    return lost_milli(one) > lost_milli(than);
}

struct curve curve_of(const struct settings *settings, const struct outages *outages,
    const struct incident *incident, struct instant at)
{
    const struct grade *grade = incident->measured;
    const struct interruption *worst = NULL;
    struct curve curve = {0};
    for (size_t i = 0; i < grade->interruption_count; i++) {
        const struct interruption *one = &grade->interruptions[i];
        worst = is_worse(settings, one, worst) ? one : worst;
    }
    if (worst == NULL || outages == NULL) {
        return curve;
    }
    bool over = incident->ended_at.ns != INSTANT_NEVER.ns;
    struct instant end = over ? instant_add(incident->ended_at, BEHIND_NS) : at;
    curve.function = worst->function;
    curve.unit = worst->unit;
    curve.province = worst->province;
    curve.nationwide = worst->nationwide;
    outages_curve(
        outages, worst, incident->onset, instant_add(instant_min(end, at), -1), &curve.losses);
    return curve;
}

static bool is_known(const struct loss_point *point)
{
    return point->state == LOSS_KNOWN || point->state == LOSS_PART;
}

static int64_t known_ns(const struct curve *curve)
{
    int64_t count = 0;
    for (size_t i = 0; i < curve->losses.count; i++) {
        count += is_known(&curve->losses.points[i]);
    }
    return count * curve->losses.step_ns;
}

const struct curve *curve_better(const struct curve *fresh, const struct curve *kept)
{
    return known_ns(fresh) >= known_ns(kept) ? fresh : kept;
}

// In hundredths of a percent, rounded down.
static int64_t share_x10000(const struct loss_point *point)
{
    __int128 lost = (__int128)point->lost_milli * 10000;
    return point->total_milli > 0 ? (int64_t)(lost / point->total_milli) : 0;
}

static void share_print(FILE *out, const struct loss_point *point)
{
    static const char *const names[] = {
        [LOSS_NONE] = "无业务记录", [LOSS_UNKNOWN] = "未观测", [LOSS_OPEN] = "结果待定"};
    int64_t share = share_x10000(point);
    if (!is_known(point)) {
        fputs(names[point->state], out);
        return;
    }
    fprintf(out, "%lld.%02lld%%%s", (long long)(share / 100), (long long)(share % 100),
        point->state == LOSS_PART ? "（部分未观测）" : "");
}

// What was lost at all has a block.
static void bar_print(FILE *out, const struct loss_point *point)
{
    int64_t blocks = is_known(point) ? (share_x10000(point) * BAR_MAX + 9999) / 10000 : 0;
    for (int64_t i = 0; i < blocks; i++) {
        fputs("█", out);
    }
}

static void cell_print(
    FILE *out, const struct settings *settings, uint16_t network, const struct curve *curve)
{
    const struct network_settings *of = &settings->networks[network];
    fprintf(out, "%s %s", curve->nationwide ? "全部省份" : province_name(curve->province),
        function_name(&of->functions, curve->function));
    if (curve->unit != LABEL_NONE) {
        fprintf(out, "（业务单元 %s）", label_name(&of->units, curve->unit));
    }
}

// "10:00", with the day where it is another one than the row's before.
static const char *time_format(
    const struct loss_point *point, const struct loss_point *before, char text[static 64])
{
    char rfc[INSTANT_TEXT_MAX], last[INSTANT_TEXT_MAX] = "";
    instant_format(point->from, 0, rfc);
    if (before != NULL) {
        instant_format(before->from, 0, last);
    }
    bool same = strncmp(rfc, last, 10) == 0;
    snprintf(text, 64, "%.*s%s%.5s", same ? 0 : 5, rfc + 5, same ? "" : " ", rfc + 11);
    return text;
}

void curve_print(FILE *out, const struct report *report)
{
    const struct curve *curve = report->curve;
    if (known_ns(curve) == 0) {
        return;
    }
    fputs("  ", out);
    cell_print(out, report->settings, report->duty->network, curve);
    fprintf(out, "，未处理和处理失败占比，每行%lld分钟（北京时间）\n",
        (long long)(curve->losses.step_ns / NS_PER_S / 60));
    fputs("  │时段起│占比│图示（每格5%）│\n", out);
    for (size_t i = 0; i < curve->losses.count; i++) {
        const struct loss_point *point = &curve->losses.points[i];
        char text[64];
        fprintf(out, "  │%s│", time_format(point, i > 0 ? point - 1 : NULL, text));
        share_print(out, point);
        fputs("│", out);
        bar_print(out, point);
        fputs("│\n", out);
    }
}

static const struct loss_point *last_known(const struct curve *curve)
{
    for (size_t i = curve->losses.count; i-- > 0;) {
        if (is_known(&curve->losses.points[i])) {
            return &curve->losses.points[i];
        }
    }
    return NULL;
}

static void last_print(FILE *out, const struct settings *settings, uint16_t network,
    const struct curve *curve, const char *behind)
{
    const struct loss_point *point = last_known(curve);
    char text[64];
    if (point == NULL) {
        fprintf(out, "未观测%s", behind);
        return;
    }
    cell_print(out, settings, network, curve);
    fprintf(out, " %s 起 ", time_format(point, NULL, text));
    share_print(out, point);
    fputs(behind, out);
}

void curve_change_print(FILE *out, const struct settings *settings, uint16_t network,
    const struct curve *before, const struct curve *now)
{
    const struct loss_point *one = last_known(before), *other = last_known(now);
    bool both = one != NULL && other != NULL;
    bool same = both ? share_x10000(one) == share_x10000(other) : one == other;
    if (!same) {
        fputs("最近可知时段的损失比例：", out);
        last_print(out, settings, network, before, " → ");
        last_print(out, settings, network, now, "\n");
    }
}
