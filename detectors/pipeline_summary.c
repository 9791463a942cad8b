// The summary for people after a replay, Chinese and English side by side: what was read, each
// incident's story, and the last draft as it would be completed by a person.
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
    bool persons =
        clause->metric == METRIC_NATURAL_PERSONS || clause->metric == METRIC_LEGAL_PERSONS;
    if (persons) {
        fprintf(out, "%lld", (long long)value);
    } else {
        fputs(duration_format(value * NS_PER_MS, text), out);
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
        .clause = incident->event == EVENT_ESCALATED ? clause_text(incident) : NULL,
    };
}

static void totals_add(struct totals *totals, const struct tick *tick)
{
    if (totals->ticks++ == 0) {
        totals->first = tick->at;
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
    for (size_t i = 0; i < tick->incident_count; i++) {
        chapter_add(story_of(pipeline, tick->incidents[i].id), &tick->incidents[i]);
    }
    for (size_t i = 0; i < tick->duty_count; i++) {
        struct story *story = story_of(pipeline, tick->duties[i].incident->id);
        story->duty = tick->duties[i];
        story->has_duty = true;
    }
    for (size_t i = 0; i < tick->draft_count; i++) {
        draft_keep(story_of(pipeline, tick->drafts[i].duty->incident->id), &tick->drafts[i]);
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
    pipeline->stories = NULL;
    pipeline->story_count = 0;
}

static void read_print(FILE *out, const struct totals *totals)
{
    char first[64], last[64];
    if (totals->ticks == 0) {
        fputs("没有读到任何业务 / nothing was read\n", out);
        return;
    }
    instant_format_chinese(instant_add(totals->first, -NS_PER_S), first);
    instant_format_chinese(totals->last, last);
    fprintf(out, "读取 / read: %s — %s\n", first, last);
    if (totals->demand > 0) {
        fprintf(out,
            "  业务请求 / requests %lld: 成功 / succeeded %lld, 拒绝 / declined %lld, "
            "失败 / failed %lld, 无应答 / unanswered %lld, 未观测 / unobserved %lld\n",
            (long long)totals->demand, (long long)totals->succeeded, (long long)totals->declined,
            (long long)totals->failed, (long long)totals->unanswered,
            (long long)totals->unobserved);
    }
    if (totals->evicted > 0) {
        fprintf(out, "  表满被逐出 / evicted from full tables: %llu\n",
            (unsigned long long)totals->evicted);
    }
}

static void chapter_print(FILE *out, const struct chapter *chapter)
{
    static const char *const names[] = {[EVENT_OPENED] = "疑似 / suspected",
        [EVENT_UPDATED] = "更新 / updated",
        [EVENT_ESCALATED] = "升级 / escalated",
        [EVENT_RECOVERED] = "整体中断结束 / interruption ended",
        [EVENT_CLOSED] = "关闭 / closed"};
    char at[64], met_at[INSTANT_TEXT_MAX];
    fprintf(out, "    %s  %s", instant_format_chinese(chapter->at, at), names[chapter->event]);
    if (chapter->event == EVENT_ESCALATED) {
        fprintf(out, " → %s (grade %d), 达到时刻 / met at %s", grade_names_chinese[chapter->grade],
            chapter->grade, instant_format(chapter->met_at, 3, met_at));
        if (chapter->clause != NULL) {
            fprintf(out, "\n      %s", chapter->clause);
        }
    } else if (chapter->conservative_grade > chapter->grade) {
        fprintf(out, ", 从严口径 / conservative: %s (grade %d)",
            grade_names_chinese[chapter->conservative_grade], chapter->conservative_grade);
    }
    fputc('\n', out);
}

static void loss_print(FILE *out, const struct loss *loss)
{
    int64_t ratio = loss_ratio_x10000(loss);
    fprintf(out, "损失 / lost %lld.%02lld%%", (long long)(ratio / 100), (long long)(ratio % 100));
}

static void provinces_print(
    FILE *out, const struct settings *settings, const struct incident *incident)
{
    const struct grade *grade = incident->measured;
    const struct function_table *functions = &settings->networks[incident->network].functions;
    char from[64], text[INSTANT_TEXT_MAX];
    for (size_t i = 0; i < grade->interruption_count; i++) {
        const struct interruption *part = &grade->interruptions[i];
        fprintf(out, "    %s %s (%02u %s): ", province_name(part->province),
            function_name(functions, part->function), part->province,
            function_id(functions, part->function));
        loss_print(out, &part->loss);
        fprintf(out, ", %s%s %s\n", instant_format_chinese(part->from, from),
            part->ongoing ? " 起, 持续中 / ongoing" : " 起 / for",
            duration_format(part->to.ns - part->from.ns, text));
    }
}

static void duty_print(FILE *out, const struct story *story, struct instant now)
{
    const struct duty *duty = &story->duty;
    char due[64], limit[64];
    if (!story->has_duty) {
        fputs("  报送 / duties: 无 / none\n", out);
        return;
    }
    fprintf(out, "  %s %s%s: 工作时限 / due %s, 最晚 / at the latest %s", duty_ids[duty->kind],
        duty_names_chinese[duty->kind], duty->provisional ? " (待判定 / to be decided)" : "",
        instant_format_chinese(duty->due_at, due),
        instant_format_chinese(duty->outer_limit_at, limit));
    fprintf(out,
        "\n    发现时剩余 / left when found: %lld min%s; 数据结束时剩余 / at the end of the data: "
        "%lld min\n",
        (long long)((duty->due_at.ns - duty->known_at.ns) / (60 * NS_PER_S)),
        duty->overdue_at_detection ? " (发现时已逾期 / overdue at detection)" : "",
        (long long)((duty->due_at.ns - now.ns) / (60 * NS_PER_S)));
}

static void incident_print(
    FILE *out, const struct pipeline *pipeline, const struct incident *incident)
{
    const struct settings *settings = pipeline->settings;
    const struct network_settings *network = &settings->networks[incident->network];
    const struct story *story = NULL;
    char onset[64];
    for (size_t i = 0; i < pipeline->story_count && story == NULL; i++) {
        if (strcmp(pipeline->stories[i].incident_id, incident->id) == 0) {
            story = &pipeline->stories[i];
        }
    }
    fprintf(out, "\n事件 / incident %s\n", incident->id);
    fprintf(out, "  网络 / network: %s (%s)\n", network->name, network->id);
    fprintf(out, "  事发时间 / onset: %s\n", instant_format_chinese(incident->onset, onset));
    fprintf(out, "  等级 / grade: %s (%d), 从严口径 / conservative: %s (%d)\n",
        grade_names_chinese[incident->grade], incident->grade,
        grade_names_chinese[incident->conservative_grade], incident->conservative_grade);
    fprintf(out, "  状态 / state: %s\n  经过 / time line:\n", incident_condition_chinese(incident));
    for (size_t i = 0; story != NULL && i < story->count; i++) {
        chapter_print(out, &story->chapters[i]);
    }
    const struct next_threshold *next = &incident->measured->next;
    if (next->clause != NULL && next->at.ns != INSTANT_NEVER.ns) {
        fprintf(out, "    若情况不变 / if nothing changes: %s → %s (%s)\n",
            instant_format_chinese(next->at, onset), grade_names_chinese[next->clause->grade],
            next->clause->id);
    }
    fputs("  影响 / impact:\n", out);
    provinces_print(out, settings, incident);
    if (story == NULL) {
        return;
    }
    duty_print(out, story, pipeline->totals.last);
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
    if (count == 0) {
        fputs("没有发现事件 / no incident was found\n", out);
    }
    for (size_t i = 0; i < count; i++) {
        incident_print(out, pipeline, &incidents[i]);
    }
}
