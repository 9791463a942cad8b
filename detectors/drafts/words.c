// The words of a template, and the document made of them. What the machine has no value for says
// so: a gap that nobody sees would be sent.
#include "config/memory.h"

#include "detectors/drafts/report.h"

#include <stdlib.h>
#include <string.h>

#define TO_FILL "【须人工填写】"
#define INDENT  "\n      "

enum column {
    COLUMN_NUMBER,
    COLUMN_ITEM,
    COLUMN_KEY,
    COLUMN_VALUE,
    COLUMN_MARK,
    COLUMN_ARTICLE,
    COLUMNS
};
static const struct template_name item_columns[] = {
    [COLUMN_NUMBER] = {.name = "number", .help = "序号"},
    [COLUMN_ITEM] = {.name = "item", .help = "名称，按办法原文"},
    [COLUMN_KEY] = {.name = "key", .help = "命令行中的名称"},
    [COLUMN_VALUE] = {.name = "value", .help = "内容；未填写时为【须人工填写】"},
    [COLUMN_MARK] = {.name = "mark", .help = "〔须确认〕等标记"},
    [COLUMN_ARTICLE] = {.name = "article", .help = "要求该项内容的条款"},
    {0},
};

enum word {
    WORD_BANNER,
    WORD_SECRET,
    WORD_TITLE,
    WORD_DRAFT,
    WORD_RULEBOOK,
    WORD_AS_OF,
    WORD_REPORT_TO,
    WORD_FIRST_PAGE,
    WORD_ARTICLE,
    WORD_ITEMS,
    WORD_IMPACT,
    WORD_ANNEX,
    WORD_GRADING,
    WORD_OPEN_QUESTIONS,
    WORD_DEADLINE_ARTICLE,
    WORD_DEADLINES,
    WORD_TO_DO,
    WORD_HISTORY,
    WORD_CHANGES,
    WORD_CURVE,
    WORDS,
};

const struct template_name report_words[] = {
    [WORD_BANNER] = {.name = "banner", .help = "机器草稿，须人工核实", .required = true},
    [WORD_SECRET] = {.name = "secret", .help = "工作秘密的渠道限制", .required = true},
    [WORD_TITLE] = {.name = "title", .help = "报告名称", .required = true},
    [WORD_DRAFT] = {.name = "draft", .help = "草稿编号", .required = true},
    [WORD_RULEBOOK] = {.name = "rulebook", .help = "规则及版本", .required = true},
    [WORD_AS_OF] = {.name = "as_of", .help = "数据截至时间", .required = true},
    [WORD_REPORT_TO] = {.name = "report_to", .help = "报送对象"},
    [WORD_FIRST_PAGE] = {.name = "first_page", .help = "值班要点(drafts.first_page)"},
    [WORD_ARTICLE] = {.name = "article", .help = "规定报告内容的条款"},
    [WORD_ITEMS] = {.name = "items", .help = "报告内容", .required = true, .columns = item_columns},
    [WORD_IMPACT] = {.name = "impact", .help = "机器测得的影响"},
    [WORD_ANNEX] = {.name = "annex", .help = "受影响省份的分支机构"},
    [WORD_GRADING] = {.name = "grading", .help = "定级依据"},
    [WORD_OPEN_QUESTIONS] = {.name = "open_questions", .help = "待判断的问题"},
    [WORD_DEADLINE_ARTICLE] = {.name = "deadline_article", .help = "规定时限的条款"},
    [WORD_DEADLINES] = {.name = "deadlines", .help = "时限"},
    [WORD_TO_DO] = {.name = "to_do", .help = "须填写、须确认的内容和渠道"},
    [WORD_HISTORY] = {.name = "history", .help = "经过"},
    [WORD_CHANGES] = {.name = "changes", .help = "与上次报告相比的变化"},
    [WORD_CURVE] = {.name = "curve", .help = "受损最重的业务的损失比例走势（恢复曲线）"},
    {0},
};

// Several lines begin on a line of their own, further in than any item: no line of a value can be
// taken for a line of the document.
static void lines_print(FILE *out, const char *text)
{
    fputs(strchr(text, '\n') != NULL ? INDENT : "", out);
    for (const char *at = text; *at != '\0'; at++) {
        fputs(*at == '\n' ? INDENT : (char[]){*at, '\0'}, out);
    }
}

static char *value_text(const struct item *item, bool shown)
{
    char *text = NULL, *value = shown ? shown_text(item) : memory_text(item->value);
    size_t size;
    FILE *out = memory_stream(&text, &size);
    if (value[0] == '\0') {
        fputs(item->state == ITEM_AS_NEEDED ? "（如有，须人工填写）" : TO_FILL, out);
    } else {
        lines_print(out, value);
    }
    fclose(out);
    free(value);
    return text;
}

static char *number_text(size_t number)
{
    char *text = NULL;
    if (asprintf(&text, "%2zu", number) < 0) {
        abort();
    }
    return text;
}

static const char *mark_of(const struct item *item)
{
    return item->state == ITEM_CONFIRM ? "  〔须确认〕" : "";
}

static char **cells_make(const struct report *report, bool shown)
{
    char **cells = memory_zeroed(report->item_count * COLUMNS + 1, sizeof(*cells));
    for (size_t i = 0; i < report->item_count; i++) {
        const struct item *item = &report->items[i];
        char **row = &cells[i * COLUMNS];
        row[COLUMN_NUMBER] = number_text(i + 1);
        row[COLUMN_ITEM] = memory_text(item->name);
        row[COLUMN_KEY] = memory_text(item->key);
        row[COLUMN_VALUE] = value_text(item, shown);
        row[COLUMN_MARK] = memory_text(mark_of(item));
        row[COLUMN_ARTICLE] = memory_text(item->article);
    }
    return cells;
}

static void title_print(FILE *out, const struct report *report)
{
    if (report->kind == REPORT_NOT_REPORTED) {
        fputs("网络安全事件不报告依据", out);
        return;
    }
    bool undecided = report->duty->state == DUTY_TO_BE_DECIDED;
    fprintf(out, "%s%s", duty_names_chinese[report->duty->kind], undecided ? "（待判定）" : "");
}

// A notice is under the rule, and no clause of a rule book judges it.
static void rulebook_print(FILE *out, const struct report *report)
{
    if (report->duty->incident == NULL) {
        fputs("中国人民银行业务领域网络安全事件报告管理办法（中国人民银行令〔2025〕第4号）", out);
        return;
    }
    const struct rulebook *book = report->duty->incident->measured->rulebook;
    fprintf(
        out, "%s（%s，版本 %s）", book->title != NULL ? book->title : "", book->id, book->version);
}

static void deadline_article_print(FILE *out, const struct report *report)
{
    static const char *const spans[DUTY_KINDS] = {[DUTY_BRIEF] = "，1小时内",
        [DUTY_BRIEF_ATTENTION] = "，1小时内",
        [DUTY_ONSET] = "，24小时内",
        [DUTY_ONSET_ATTENTION] = "，24小时内",
        [DUTY_PROGRESS] = "，至少每隔2小时",
        [DUTY_IMMEDIATE] = "，立即",
        [DUTY_SUMMARY] = "，10个工作日内",
        [DUTY_PRELIMINARY] = "，10个工作日内",
        [DUTY_PROMISED] = "，承诺日期",
        [DUTY_REVISED] = "，10个工作日内",
        [DUTY_RISK_ANSWER] = "，按通报要求"};
    const char *span = spans[report->duty->kind];
    fprintf(out, "%s%s", duty_articles[report->duty->kind], span != NULL ? span : "");
}

// Art. 14. Nowhere said and not to be derived: a person must.
static void report_to_print(FILE *out, const struct settings *settings, uint16_t network)
{
    const struct institution_settings *institution = institution_of(settings, network);
    char text[REPORT_TO_MAX];
    bool said = institution->report_to[0] != '\0';
    bool derived = institution->domicile != NULL && institution->domicile[0] != '\0';
    fputs(said || derived ? duty_report_to(settings, network, text) : TO_FILL, out);
}

// Of an incident: what was measured, and what became of it. A notice has none of it.
static void incident_word_print(FILE *out, const struct report *report, enum word word)
{
    const struct settings *settings = report->settings;
    const struct incident *incident = report->duty->incident;
    switch (word) {
    case WORD_FIRST_PAGE:
        if (settings->drafts.first_page) {
            first_page_print(out, report);
        }
        break;
    case WORD_IMPACT: impact_print(out, settings, incident); break;
    case WORD_ANNEX: annex_print(out, settings, incident); break;
    case WORD_GRADING: grading_print(out, settings, incident); break;
    case WORD_OPEN_QUESTIONS: open_questions_print(out, incident); break;
    case WORD_CURVE: curve_print(out, report); break;
    case WORD_HISTORY: history_print(out, settings, incident); break;
    case WORD_CHANGES:
        if (report->before != NULL) {
            struct snapshot now = snapshot_of(report);
            changes_print(out, report, report->before, &now);
        }
        break;
    default: break;
    }
}

static void word_print(FILE *out, const struct report *report, enum word word)
{
    char text[64];
    switch (word) {
    case WORD_BANNER: fputs(REPORT_BANNER, out); break;
    case WORD_SECRET: fputs(report_is_secret(report) ? REPORT_SECRET : "", out); break;
    case WORD_TITLE: title_print(out, report); break;
    case WORD_DRAFT: fputs(report->id, out); break;
    case WORD_RULEBOOK: rulebook_print(out, report); break;
    case WORD_AS_OF:
        fprintf(out, "%s%s", instant_format_chinese(report->at, text),
            sensor_clock_is_doubtful(&report->clock) ? CLOCK_DOUBT : "");
        break;
    case WORD_REPORT_TO: report_to_print(out, report->settings, report->duty->network); break;
    case WORD_ARTICLE: fputs(report->items[0].article, out); break;
    case WORD_DEADLINE_ARTICLE: deadline_article_print(out, report); break;
    case WORD_DEADLINES: deadlines_print(out, report); break;
    case WORD_TO_DO: to_do_print(out, report); break;
    default:
        if (report->duty->incident != NULL) {
            incident_word_print(out, report, word);
        }
    }
}

static char *word_text(const struct report *report, enum word word)
{
    char *text = NULL;
    size_t size;
    FILE *out = memory_stream(&text, &size);
    word_print(out, report, word);
    fclose(out);
    return text;
}

char *report_text(const struct report *report, const struct template *template, bool shown)
{
    char *texts[WORDS] = {0}, **cells = cells_make(report, shown), *text = NULL;
    struct template_value values[WORDS] = {0};
    size_t size;
    for (int word = 0; word < WORDS; word++) {
        texts[word] = word_text(report, (enum word)word);
        values[word].text = texts[word];
    }
    values[WORD_ITEMS].row_count = report->item_count;
    values[WORD_ITEMS].cells = (const char *const *)cells;
    FILE *out = memory_stream(&text, &size);
    template_print(out, template, values);
    fclose(out);
    for (int word = 0; word < WORDS; word++) {
        free(texts[word]);
    }
    for (size_t i = 0; i < report->item_count * COLUMNS; i++) {
        free(cells[i]);
    }
    free(cells);
    return text;
}
