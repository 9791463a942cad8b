// The summary for people after a replay, Chinese and English side by side: what was read, each
// incident's story, and the last draft as it would be completed by a person.
#include "config/columns.h"
#include "config/memory.h"

#include "detectors/pipeline_parts.h"

#include <stdlib.h>
#include <string.h>

static struct story *story_of(struct pipeline *pipeline, const char *incident_id)
{
    for (size_t i = 0; i < pipeline->story_count; i++) {
        if (strcmp(pipeline->stories[i].incident_id, incident_id) == 0) {
            return &pipeline->stories[i];
        }
    }
    pipeline->stories = memory_grow(pipeline->stories, pipeline->story_count,
        &pipeline->story_capacity, sizeof(*pipeline->stories));
    struct story *story = &pipeline->stories[pipeline->story_count++];
    *story = (struct story){0};
    memcpy(story->incident_id, incident_id, sizeof(story->incident_id));
    return story;
}

static void measure_print(FILE *out, const struct clause *clause, int64_t value)
{
    char text[INSTANT_TEXT_MAX];
    bool duration = metric_is_duration(clause->metric) || clause->metric == METRIC_UNDETERMINABLE;
    if (duration) {
        fputs(duration_format(value * NS_PER_MS, text), out);
    } else {
        fprintf(out, "%lld", (long long)value);
    }
}

// The clause that gave the grade: the first criterion of it by the default readings.
static char *clause_text(const struct incident *incident)
{
    const struct grade *grade = incident->measured;
    const struct criterion *found = NULL;
    char *text = NULL;
    size_t size;
    for (size_t i = 0; found == NULL && i < grade->criterion_count; i++) {
        const struct criterion *criterion = &grade->criteria[i];
        if (criterion->reading == NULL && criterion->clause->grade == incident->grade) {
            found = criterion;
        }
    }
    FILE *out = found != NULL ? open_memstream(&text, &size) : NULL;
    if (out == NULL) {
        return NULL;
    }
    fprintf(out, "%s (%s): ", found->clause->article, found->clause->id);
    measure_print(out, found->clause, found->measured);
    fputs(" >= ", out);
    measure_print(out, found->clause, found->threshold);
    if (found->stands_for != NULL) {
        fprintf(out, ", 可能 / possibly %s", found->stands_for->id);
    }
    fclose(out);
    return text;
}

static void chapter_add(struct story *story, const struct incident *incident)
{
    story->chapters =
        memory_grow(story->chapters, story->count, &story->capacity, sizeof(*story->chapters));
    story->chapters[story->count++] = (struct chapter){
        .event = incident->event,
        .at = incident->at,
        .met_at = incident->met_at,
        .grade = incident->grade,
        .conservative_grade = incident->conservative_grade,
        .ended_at = incident->ended_at,
        .suspicion = incident_is_suspicion(incident),
        .condition = incident_condition_chinese(incident),
        .clause = incident->event == EVENT_ESCALATED ? clause_text(incident) : NULL,
    };
}

// The first tick that saw anything saw the second before it.
static void totals_add(struct totals *totals, const struct tick *tick)
{
    bool empty = tick->counters != NULL && tick->counters->cell_count == 0 &&
                 tick->counters->link_count == 0;
    if (totals->ticks == 0 && empty) {
        return;
    }
    if (totals->ticks++ == 0) {
        totals->first = instant_add(tick->at, tick->counters != NULL ? -NS_PER_S : 0);
    }
    totals->last = tick->at;
    if (tick->counters == NULL) {
        return;
    }
    totals->evicted = tick->counters->evicted;
    for (size_t i = 0; i < tick->counters->cell_count; i++) {
        const struct cell_counts *cell = &tick->counters->cells[i];
        totals->demand += cell->demand;
        totals->succeeded += cell->succeeded;
        totals->declined += cell->declined;
        totals->failed += cell->failed;
        totals->unanswered += cell->unanswered;
        totals->unobserved += cell->unobserved;
        totals->excluded += cell->excluded;
        totals->throttled += cell->throttled;
    }
}

static void draft_keep(struct story *story, const struct draft *draft)
{
    free(story->draft_id);
    free(story->draft_text);
    story->draft_id = memory_text(draft->id);
    story->draft_text = memory_text(draft->text);
    story->draft_count++;
}

// A live run keeps no stories: it runs for years.
void stories_tick(struct pipeline *pipeline, const struct tick *tick)
{
    totals_add(&pipeline->totals, tick);
    if (!pipeline->options.replay || pipeline->options.stop_after < STAGE_KAFKA) {
        return;
    }
    alarms_keep(pipeline, tick);
    for (size_t i = 0; i < tick->incident_count; i++) {
        chapter_add(story_of(pipeline, tick->incidents[i].id), &tick->incidents[i]);
    }
    for (size_t i = 0; i < tick->duty_count; i++) {
        if (duty_is_brief(&tick->duties[i])) {
            struct story *story = story_of(pipeline, tick->duties[i].subject);
            story->duty = tick->duties[i];
            story->has_duty = true;
        }
    }
    // What a reader of the summary looks for; all other drafts are in the ledger.
    for (size_t i = 0; i < tick->draft_count; i++) {
        if (duty_is_brief(tick->drafts[i].duty)) {
            draft_keep(story_of(pipeline, tick->drafts[i].duty->subject), &tick->drafts[i]);
        }
    }
}

void stories_free(struct pipeline *pipeline)
{
    for (size_t i = 0; i < pipeline->story_count; i++) {
        struct story *story = &pipeline->stories[i];
        for (size_t j = 0; j < story->count; j++) {
            free(story->chapters[j].clause);
        }
        free(story->chapters);
        free(story->draft_id);
        free(story->draft_text);
    }
    free(pipeline->stories);
    free(pipeline->alarms);
    pipeline->stories = NULL;
    pipeline->story_count = 0;
}

// "2026-03-10 10:00:20": short, and sorts; the zone is said once, with the period.
static const char *local_format(struct instant at, char text[static INSTANT_TEXT_MAX])
{
    instant_format(at, 0, text);
    text[10] = ' ';
    text[19] = '\0';
    return text;
}

// They add up to the requests: what was open when the capture ended is a row too.
static void outcomes_print(FILE *out, const struct totals *totals)
{
    int64_t known = totals->succeeded + totals->declined + totals->failed + totals->unanswered +
                    totals->unobserved + totals->excluded + totals->throttled;
    const struct {
        const char *name;
        int64_t count;
        bool rare;
    } rows[] = {
        {"  成功 / succeeded", totals->succeeded, false},
        {"  拒绝 / declined", totals->declined, false},
        {"  失败 / failed", totals->failed, false},
        {"  无应答 / unanswered", totals->unanswered, false},
        {"  未观测 / unobserved", totals->unobserved, true},
        {"  不计入 / excluded", totals->excluded, true},
        {"  限流 / throttled", totals->throttled, true},
        {"  结束时未决 / open", totals->demand - known, true},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].rare && rows[i].count == 0) {
            continue;
        }
        columns_print(out, rows[i].name, SUMMARY_COLUMNS);
        fprintf(out, "%9lld\n", (long long)rows[i].count);
    }
}

static void read_print(FILE *out, const struct totals *totals)
{
    char first[INSTANT_TEXT_MAX], last[INSTANT_TEXT_MAX];
    if (totals->ticks == 0) {
        fputs("没有读到任何业务 / nothing was read\n", out);
        return;
    }
    columns_print(out, "时段 / period", SUMMARY_COLUMNS);
    fprintf(out, "%s — %s（北京时间）\n", local_format(totals->first, first),
        local_format(totals->last, last));
    if (totals->demand > 0) {
        columns_print(out, "业务请求 / requests", SUMMARY_COLUMNS);
        fprintf(out, "%9lld\n", (long long)totals->demand);
        outcomes_print(out, totals);
    }
    if (totals->evicted > 0) {
        columns_print(out, "表满被逐出 / evicted", SUMMARY_COLUMNS);
        fprintf(out, "%9llu\n", (unsigned long long)totals->evicted);
    }
}

static void escalation_print(FILE *out, const struct chapter *chapter)
{
    char met_at[INSTANT_TEXT_MAX];
    fprintf(out, " → %s (grade %d), 达到时刻 / met at %s", grade_names_chinese[chapter->grade],
        chapter->grade, instant_format(chapter->met_at, 3, met_at));
    if (chapter->clause != NULL) {
        fprintf(out, "\n%25s%s", "", chapter->clause);
    }
}

static bool is_withdrawn(const struct chapter *chapter)
{
    return chapter->event == EVENT_RECOVERED && chapter->suspicion;
}

static const char *event_name(const struct chapter *chapter)
{
    static const char *const names[] = {[EVENT_OPENED] = "疑似 / suspected",
        [EVENT_UPDATED] = "更新 / updated",
        [EVENT_ESCALATED] = "升级 / escalated",
        [EVENT_RECOVERED] = "整体中断结束 / interruption ended",
        [EVENT_CLOSED] = "关闭 / closed"};
    return is_withdrawn(chapter) ? "疑似未证实 / suspicion not confirmed" : names[chapter->event];
}

// An event has the instant at which it could be known; the end of an interruption lies before it.
static void chapter_print(FILE *out, const struct chapter *chapter)
{
    char at[INSTANT_TEXT_MAX];
    fprintf(out, "    %s  %s", local_format(chapter->at, at), event_name(chapter));
    if (chapter->event == EVENT_UPDATED) {
        fprintf(out, ": %s", chapter->condition);
    } else if (chapter->event == EVENT_RECOVERED && !is_withdrawn(chapter) &&
               chapter->ended_at.ns != INSTANT_NEVER.ns) {
        fprintf(out, " %s", local_format(chapter->ended_at, at));
    }
    if (chapter->event == EVENT_ESCALATED) {
        escalation_print(out, chapter);
    } else if (chapter->conservative_grade > chapter->grade) {
        fprintf(out, ", 从严口径 / conservative: %s (grade %d)",
            grade_names_chinese[chapter->conservative_grade], chapter->conservative_grade);
    }
    fputc('\n', out);
}

#define IMPACT_NAME_MAX 256

static size_t impact_name(char text[static IMPACT_NAME_MAX], const struct network_settings *network,
    const struct interruption *part)
{
    const struct function_table *functions = &network->functions;
    char code[4], unit[UNIT_CHARACTERS + 8] = "";
    if (part->unit != LABEL_NONE) {
        snprintf(unit, sizeof(unit), ", %s", label_name(&network->units, part->unit));
    }
    snprintf(code, sizeof(code), "%02u", part->province % PROVINCES);
    snprintf(text, IMPACT_NAME_MAX, "    %s %s (%s %s%s)",
        part->nationwide ? "全部省份" : province_name(part->province),
        function_name(functions, part->function), part->nationwide ? "all" : code,
        function_id(functions, part->function), unit);
    return columns_of(text);
}

static void impact_row_print(FILE *out, const struct interruption *part)
{
    int64_t ratio = loss_ratio_x10000(&part->loss);
    char from[INSTANT_TEXT_MAX], text[INSTANT_TEXT_MAX];
    fprintf(out, "损失 / lost %3lld.%02lld%%, %s %s %s", (long long)(ratio / 100),
        (long long)(ratio % 100), local_format(part->from, from),
        part->ongoing ? "起, 持续中 / ongoing" : "起 / for",
        duration_format(part->to.ns - part->from.ns, text));
    if (part->kind == OUTAGE_IMPAIRMENT) {
        fputs(", 业务受损 / impaired", out);
    } else if (part->assumes != 0) {
        fputs(", 从严口径 / by the stricter reading only", out);
    }
    if (part->undeterminable) {
        fprintf(out, ", 可能 / possibly: 未观测 / unobserved %lld, 可见度 / seen %lld.%lld%%",
            (long long)part->loss.unobserved, (long long)(part->loss.coverage_milli / 10),
            (long long)(part->loss.coverage_milli % 10));
    }
    fputc('\n', out);
}

static void impact_print(
    FILE *out, const struct settings *settings, const struct incident *incident)
{
    const struct grade *grade = incident->measured;
    const struct network_settings *network = &settings->networks[incident->network];
    char name[IMPACT_NAME_MAX];
    size_t widest = 0;
    for (size_t i = 0; i < grade->interruption_count; i++) {
        size_t columns = impact_name(name, network, &grade->interruptions[i]);
        widest = columns > widest ? columns : widest;
    }
    for (size_t i = 0; i < grade->interruption_count; i++) {
        impact_name(name, network, &grade->interruptions[i]);
        columns_print(out, name, widest + 2);
        impact_row_print(out, &grade->interruptions[i]);
    }
}

static void duty_print(FILE *out, const struct story *story, struct instant now)
{
    const struct duty *duty = &story->duty;
    char due[INSTANT_TEXT_MAX], limit[INSTANT_TEXT_MAX];
    if (!story->has_duty) {
        fputs("  报送 / duty: 无 / none\n", out);
        return;
    }
    fprintf(out, "  报送 / duty: %s %s%s\n", duty_ids[duty->kind], duty_names_chinese[duty->kind],
        duty->provisional ? " (待判定 / to be decided)" : "");
    fprintf(out, "    工作时限 / due %s, 最晚 / at the latest %s%s\n",
        local_format(duty->due_at, due), local_format(duty->outer_limit_at, limit),
        duty->overdue_at_detection ? " (发现时已逾期 / overdue at detection)" : "");
    fprintf(out,
        "    剩余 / left: 发现时 / when found %lld min, 数据结束时 / at the end of the data %lld "
        "min\n",
        (long long)((duty->due_at.ns - duty->known_at.ns) / (60 * NS_PER_S)),
        (long long)((duty->due_at.ns - now.ns) / (60 * NS_PER_S)));
}

static void group_print(FILE *out, const struct settings *settings, const struct incident *incident)
{
    const struct incident_group *group = incident->group;
    if (group == NULL) {
        return;
    }
    fprintf(out, "  同组 / group %s (%s): 整体 / whole %s (%d), ", group->id,
        group->confirmed ? "已确认 / confirmed" : "机器建议 / proposed",
        grade_names_chinese[group->grade], group->grade);
    for (size_t i = 0; i < group->member_count; i++) {
        fprintf(out, "%s%s %d", i > 0 ? ", " : "",
            settings->networks[group->members[i]->network].id, group->members[i]->grade);
    }
    fputc('\n', out);
}

// The clocks of several rule books, the earliest first, and what none of them covers.
static void clocks_print(
    FILE *out, const struct settings *settings, const struct incident *incident)
{
    struct clock clocks[CLOCKS_MAX];
    const struct grade *grade = incident->measured;
    size_t count = duty_clocks(settings, incident, clocks);
    char due[INSTANT_TEXT_MAX];
    for (size_t i = 0; i < count; i++) {
        fprintf(out, "    %s %s (%s)%s\n",
            i == 0 ? "最早时限 / earliest clock" : "其他时限 / other clock",
            local_format(clocks[i].due_at, due), clocks[i].rulebook->id,
            clocks[i].provisional ? ", 待判定 / to be decided" : "");
    }
    for (size_t i = 0; i < grade->not_covered_count && count > 0; i++) {
        fprintf(out, "    未覆盖 / not covered: %s %s (%s)\n", grade->not_covered[i]->regulator,
            grade->not_covered[i]->title, grade->not_covered[i]->id);
    }
}

static void undeterminable_print(FILE *out, const struct incident *incident)
{
    const struct grade *grade = incident->measured;
    if (grade_is_undeterminable(grade)) {
        fprintf(out,
            "    无法准确定级, 按%s上报 (第十二条第一款) / cannot be determined, hence (12(1))\n",
            grade_names_chinese[grade->grade]);
    }
    for (size_t i = 0; i < grade->undeterminable_count; i++) {
        fprintf(out, "  不能准确判定 / undeterminable (%s): %s\n", grade->undeterminable_of[i],
            grade->undeterminable[i]);
    }
}

static void head_count_print(FILE *out, const char *name, const struct head_count *count)
{
    fprintf(out, "%s %lld", name, (long long)count->best);
    if (count->low != count->high) {
        fprintf(out, " (%lld-%lld)", (long long)count->low, (long long)count->high);
    }
}

static void not_counted_print(
    FILE *out, const char *name, const int64_t counts[static PERSON_CLASSES])
{
    if (counts[CLASS_NATURAL] + counts[CLASS_LEGAL] > 0) {
        fprintf(out, "; 未计入 / not counted, %s: %lld + %lld", name,
            (long long)counts[CLASS_NATURAL], (long long)counts[CLASS_LEGAL]);
    }
}

static void persons_print(FILE *out, const struct impact *impact)
{
    if (impact == NULL) {
        return;
    }
    fputs("  影响用户 / persons affected: ", out);
    head_count_print(out, "自然人 / natural", &impact->by_class[CLASS_NATURAL]);
    head_count_print(out, "，法人和其他组织 / legal", &impact->by_class[CLASS_LEGAL]);
    if (impact->estimated > 0) {
        fprintf(out, ", 其中测算 / of them estimated %lld", (long long)impact->estimated);
    }
    not_counted_print(out, "交易对手所致 / behind one counterparty", impact->external);
    not_counted_print(out, "窗口内 / in approved windows", impact->planned);
    fputc('\n', out);
}

static void facts_print(FILE *out, const struct grade *grade)
{
    char text[FACT_TEXT_MAX], at[INSTANT_TEXT_MAX];
    for (size_t i = 0; i < grade->fact_count; i++) {
        fprintf(out, "    人工录入 / entered: %s %s (%s)\n", local_format(grade->facts[i]->at, at),
            fact_chinese(grade->facts[i], text), grade->facts[i]->id);
    }
}

static void incident_print(
    FILE *out, const struct pipeline *pipeline, const struct incident *incident)
{
    const struct settings *settings = pipeline->settings;
    const struct network_settings *network = &settings->networks[incident->network];
    const struct story *story = NULL;
    char onset[INSTANT_TEXT_MAX];
    for (size_t i = 0; i < pipeline->story_count && story == NULL; i++) {
        if (strcmp(pipeline->stories[i].incident_id, incident->id) == 0) {
            story = &pipeline->stories[i];
        }
    }
    fprintf(out, "\n事件 / incident %s\n", incident->id);
    fprintf(out, "  网络 / network: %s (%s)\n", network->name, network->id);
    fprintf(out, "  事发时间 / onset: %s\n", local_format(incident->onset, onset));
    fprintf(out, "  等级 / grade: %s (%d), 从严口径 / conservative: %s (%d)\n",
        grade_names_chinese[incident->grade], incident->grade,
        grade_names_chinese[incident->conservative_grade], incident->conservative_grade);
    group_print(out, settings, incident);
    undeterminable_print(out, incident);
    fprintf(out, "  状态 / state: %s\n  经过 / time line, 可知时刻 / when known:\n",
        incident_condition_chinese(incident));
    for (size_t i = 0; story != NULL && i < story->count; i++) {
        chapter_print(out, &story->chapters[i]);
    }
    for (size_t i = 0; i < incident->measured->ahead_count; i++) {
        const struct next_threshold *next = &incident->measured->ahead[i];
        fprintf(out, "    若情况不变 / if nothing changes: %s → %s (%s)\n",
            local_format(next->at, onset), grade_names_chinese[next->clause->grade],
            next->clause->id);
    }
    facts_print(out, incident->measured);
    fputs("  影响 / impact:\n", out);
    impact_print(out, settings, incident);
    persons_print(out, incident->measured->impact);
    if (story == NULL) {
        return;
    }
    if (incident_is_represented(incident)) {
        fprintf(out, "  报送 / duty: 见同组事件 / with incident %s\n", incident->group->id);
        return;
    }
    duty_print(out, story, pipeline->totals.last);
    clocks_print(out, settings, incident);
    if (story->draft_text != NULL) {
        fprintf(out, "  草稿 / draft %s (第 %zu 版 / version %zu):\n\n%s", story->draft_id,
            story->draft_count, story->draft_count, story->draft_text);
    } else if (story->has_duty) {
        fputs("  草稿 / draft: 无, 须线下处理 / none, handle offline\n", out);
    }
}

void pipeline_summary(const struct pipeline *pipeline, FILE *out)
{
    const struct incident *incidents;
    size_t count = incidents_all(pipeline->incidents, &incidents);
    read_print(out, &pipeline->totals);
    alarms_print(pipeline, out);
    if (count == 0 && pipeline->totals.ticks > 0) {
        fputs("没有发现事件 / no incident was found\n", out);
    }
    for (size_t i = 0; i < count; i++) {
        incident_print(out, pipeline, &incidents[i]);
    }
}
