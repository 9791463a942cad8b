// What happened when: as it was measured, as persons have entered it, as it was reported. Sorted by
// the instant; of one instant in the order of finding.
#include "config/memory.h"

#include "detectors/drafts/report.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define HISTORY_MAX 200

struct line {
    struct instant at;
    size_t ordinal;
    char *text;
};

struct history {
    struct line *lines;
    size_t count;
};

__attribute__((format(printf, 3, 4))) static void line_add(
    struct history *history, struct instant at, const char *format, ...)
{
    if (at.ns == INSTANT_NEVER.ns || history->count == HISTORY_MAX) {
        return;
    }
    struct line *line = &history->lines[history->count];
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&line->text, format, arguments) < 0) {
        abort();
    }
    va_end(arguments);
    line->at = at;
    line->ordinal = history->count++;
}

static int line_compare(const void *a, const void *b)
{
    const struct line *one = a, *other = b;
    if (one->at.ns != other->at.ns) {
        return one->at.ns < other->at.ns ? -1 : 1;
    }
    return one->ordinal < other->ordinal ? -1 : one->ordinal > other->ordinal;
}

// Of one instant the lower grade first.
static void criteria_add(struct history *history, const struct grade *grade)
{
    for (int level = GRADE_COMMON; level <= GRADE_MAXIMUM; level++) {
        for (size_t i = 0; i < grade->criterion_count; i++) {
            const struct criterion *criterion = &grade->criteria[i];
            if (criterion->reading == NULL && criterion->clause->grade == level) {
                line_add(history, criterion->met_at, "达到%s（%s）", grade_names_chinese[level],
                    criterion->clause->article);
            }
        }
    }
}

static void measured_add(
    struct history *history, const struct settings *settings, const struct incident *incident)
{
    const struct grade *grade = incident->measured;
    const struct network_settings *network = &settings->networks[incident->network];
    bool impaired = grade->interruption_count > 0;
    line_add(history, incident->onset, "%s %s（事发时间）", network->name,
        impaired ? "首次受损" : "事件发生");
    for (size_t i = 0; i < grade->interruption_count; i++) {
        const struct interruption *one = &grade->interruptions[i];
        if (one->assumes != 0) {
            continue;
        }
        const char *where = one->nationwide ? "全部省份" : province_name(one->province);
        const char *what = function_name(&network->functions, one->function);
        const char *kind = one->kind == OUTAGE_IMPAIRMENT ? "业务无法正常开展"
                           : one->undeterminable          ? "可能整体中断"
                                                          : "整体中断";
        line_add(history, one->from, "%s %s %s开始", where, what, kind);
        line_add(
            history, one->ongoing ? INSTANT_NEVER : one->to, "%s %s %s结束", where, what, kind);
    }
    criteria_add(history, grade);
}

static const struct fact *entry_of(const struct incident *incident, const char *id)
{
    for (size_t i = 0; i < incident->move_count; i++) {
        if (strcmp(incident->moves[i]->id, id) == 0) {
            return incident->moves[i];
        }
    }
    return NULL;
}

// What is another than in the entry that was wrong. Who took a report stands in the ledger alone.
static void differences_print(FILE *out, const struct fact *fact, const struct fact *wrong)
{
    bool of_sent = fact->corrects == FACT_SENT;
    const char *before = "的";
    char at[64];
    if (of_sent && strcmp(fact->recipient, wrong->recipient) != 0) {
        fprintf(out, "%s接收单位为%s", before, fact->recipient);
        before = "，";
    }
    if (fact->at.ns != wrong->at.ns) {
        fprintf(out, "%s%s时间为%s", before, of_sent ? "报送" : "接报",
            instant_format_chinese(fact->at, at));
        before = "，";
    }
    int channel = of_sent ? fact->channel : fact->confirmed_channel;
    if (channel != (of_sent ? wrong->channel : wrong->confirmed_channel)) {
        fprintf(
            out, "%s%s为%s", before, of_sent ? "渠道" : "确认方式", channel_names_chinese[channel]);
        before = "，";
    }
    bool contact = !of_sent && strcmp(fact->contact, wrong->contact) != 0;
    fprintf(out, "%s%s", contact ? before : "", contact ? "接报联系人，见台账" : "");
}

// When it was corrected; what is right now has the instant in its words.
static void correct_add(
    struct history *history, const struct incident *incident, const struct fact *move)
{
    const struct fact *wrong = entry_of(incident, move->replaces);
    char *text = NULL, short_text[FACT_TEXT_MAX];
    size_t size;
    if (wrong == NULL || move->withdrawn) {
        line_add(history, move->entered_at, "%s", fact_chinese(move, short_text));
        return;
    }
    FILE *out = memory_stream(&text, &size);
    fprintf(out, "更正：%s（%s）", duty_key_chinese(move->duty), move->duty);
    differences_print(out, move, wrong);
    fclose(out);
    line_add(history, move->entered_at, "%s", text);
    free(text);
}

static void entered_add(struct history *history, const struct incident *incident)
{
    const struct grade *grade = incident->measured;
    char text[FACT_TEXT_MAX];
    for (size_t i = 0; i < grade->fact_count; i++) {
        line_add(history, grade->facts[i]->at, "人工录入：%s", fact_chinese(grade->facts[i], text));
    }
    for (size_t i = 0; i < incident->move_count; i++) {
        const struct fact *move = incident->moves[i];
        if (move->kind == FACT_FILL) {
            continue; // what was filled stands in its item
        }
        if (move->kind == FACT_CORRECT) {
            correct_add(history, incident, move);
        } else {
            line_add(history, move->at, "%s", fact_chinese(move, text));
        }
    }
}

void history_print(FILE *out, const struct settings *settings, const struct incident *incident)
{
    struct history history = {.lines = memory_zeroed(HISTORY_MAX, sizeof(struct line))};
    char at[64];
    size_t count;
    const struct incident *const *members = incident_members(&incident, &count);
    for (size_t i = 0; i < count; i++) {
        measured_add(&history, settings, members[i]);
        entered_add(&history, members[i]);
    }
    qsort(history.lines, history.count, sizeof(*history.lines), line_compare);
    for (size_t i = 0; i < history.count; i++) {
        fprintf(
            out, "%s %s\n", instant_format_chinese(history.lines[i].at, at), history.lines[i].text);
        free(history.lines[i].text);
    }
    if (history.count == HISTORY_MAX) {
        fputs("其余从略，见台账\n", out);
    }
    free(history.lines);
}
