#include "tests/unit/incidents/sample.h"

#include <stdio.h>
#include <stdlib.h>

// Settings own their texts; these are never freed.
static char *text(const char *literal)
{
    return (char *)(uintptr_t)literal;
}

static void networks_init(struct sample *sample)
{
    static int64_t payment[] = {SPECIAL_PAYMENT};
    sample->functions[0] =
        (struct function){.id = text("payment"), .name = text("消费"), .main = true};
    sample->functions[1] = (struct function){.id = text("query"), .name = text("余额查询")};
    for (int i = 0; i < 2; i++) {
        sample->networks[i] = (struct network_settings){
            .id = text(i == 0 ? "pay" : "cash"),
            .name = text(i == 0 ? "网上支付系统" : "存取款系统"),
            .pboc_domain = true,
            .in_china = true,
            .financial_service = true,
            .special_class = payment,
            .special_class_count = 1,
            .mlps = text("第三级 S3A3"),
            .mlps_filing = text("31000099001"),
            .functions = {.functions = sample->functions, .function_count = 2},
        };
    }
}

static void rulebook_init(struct sample *sample)
{
    static const struct {
        const char *id, *article;
        int grade;
        int64_t provinces, at_least_ms;
    } rows[] = {
        {"10(1)", "第十条第一项", GRADE_COMMON, 1, 1800000},
        {"9(1)(1)", "第九条第一项", GRADE_LARGER, 2, 900000},
        {"8(1)(1)", "第八条第一项", GRADE_MAJOR, 2, 5400000},
        {"7(1)(1)", "第七条第一项", GRADE_MAXIMUM, 2, 10800000},
        {"9(1)(2)", "第九条第一项", GRADE_LARGER, 1, 1800000},
    };
    for (int i = 0; i < 5; i++) {
        sample->clauses[i] = (struct clause){.id = text(rows[i].id),
            .article = text(rows[i].article),
            .phrase = text("整体中断"),
            .grade = rows[i].grade,
            .metric = METRIC_OUTAGE,
            .in_peak = i > 0,
            .provinces = rows[i].provinces,
            .at_least = rows[i].at_least_ms};
    }
    sample->rulebook = (struct rulebook){.id = text("pboc-2025-4"),
        .version = text("2026.1"),
        .title = text("中国人民银行业务领域网络安全事件报告管理办法"),
        .regulator = text("中国人民银行"),
        .clauses = sample->clauses,
        .clause_count = 5};
}

// What is shipped, read once.
static void drafts_init(struct sample *sample)
{
    static struct classifications classifications;
    static char templates[512];
    const char *source = getenv("TAPGRADE_SOURCE");
    if (source != NULL && templates[0] == '\0') {
        char table[512];
        struct mistakes *mistakes = mistakes_new();
        snprintf(templates, sizeof(templates), "%s/config/templates", source);
        snprintf(table, sizeof(table), "%s/config/tables/classification.tsv", source);
        if (!classifications_read(table, &classifications, mistakes)) {
            mistakes_print(mistakes, stderr);
            abort();
        }
        mistakes_free(mistakes);
    }
    sample->settings.drafts =
        (struct drafts_settings){.templates = templates, .classifications = classifications};
}

struct drafts *sample_drafts(struct sample *sample)
{
    struct mistakes *mistakes = mistakes_new();
    struct drafts *drafts = drafts_new(&sample->settings, mistakes);
    mistakes_print(mistakes, stderr);
    mistakes_free(mistakes);
    return drafts;
}

void sample_init(struct sample *sample)
{
    *sample = (struct sample){0};
    networks_init(sample);
    rulebook_init(sample);
    sample->sites[0] = text("上海数据中心");
    sample->sites[1] = text("北京数据中心");
    sample->institutions[0] = (struct institution_settings){.id = text("bank"),
        .name = text("示例银行股份有限公司"),
        .code = text("C1000000000000"),
        .type = INSTITUTION_OTHER,
        .domicile = text("中国人民银行上海总部"),
        .report_to = text("中国人民银行上海总部"),
        .reporter = text(""),
        .contact = text("")};
    sample->links[0] = (struct link_settings){.id = text("a"), .network = 0, .site = 0};
    sample->links[1] = (struct link_settings){.id = text("b"), .network = 0, .site = 0};
    sample->links[2] = (struct link_settings){.id = text("c"), .network = 1, .site = 1};
    sample->settings = (struct settings){
        .sensor = text("tap-1"),
        .institutions = sample->institutions,
        .institution_count = 1,
        .duties = {.close_of_business_ns = 17 * 3600 * NS_PER_S,
            .immediate_ns = 15 * 60 * NS_PER_S},
        .networks = sample->networks,
        .network_count = 2,
        .links = sample->links,
        .link_count = 3,
        .sites = sample->sites,
        .site_count = 2,
        .incidents = {.reopen_ns = 1800 * NS_PER_S},
        .outages = {.merge_ns = 180 * NS_PER_S, .impaired_percent = 30, .calm_percent = 5},
        .kafka = {.topic_prefix = text("tapgrade")},
    };
    drafts_init(sample);
}

struct instant at(const char *time_of_day)
{
    char whole[64];
    struct instant ret;
    snprintf(whole, sizeof(whole), "2026-03-10T%s+08:00", time_of_day);
    if (!instant_parse(whole, &ret)) {
        fprintf(stderr, "not a time of day: '%s'\n", time_of_day);
        abort();
    }
    return ret;
}

struct grade sample_grade(struct sample *sample, int64_t minutes)
{
    static const uint8_t provinces[] = {31, 32};
    struct instant from = at("10:00:00"), to = instant_add(from, minutes * 60 * NS_PER_S);
    for (int i = 0; i < 2; i++) {
        sample->interruptions[i] = (struct interruption){
            .network = 0,
            .province = provinces[i],
            .ongoing = true,
            .from = from,
            .to = to,
            .in_peak_ms = minutes * 60000,
            .loss = {.normal_milli = 61210000,
                .demand = 61210,
                .processed = 902,
                .failed = 60308,
                .coverage_milli = 1000},
        };
    }
    return (struct grade){.network = 0,
        .rulebook = &sample->rulebook,
        .ongoing = true,
        .first_suspected = from,
        .onset = from,
        .last_bad_end = to,
        .next = {.clause = NULL, .at = INSTANT_NEVER},
        .interruptions = sample->interruptions,
        .interruption_count = 2};
}

void sample_met(struct sample *sample, struct grade *grade, enum sample_clause clause,
    const char *met_at, const char *reading)
{
    const struct clause *met = &sample->clauses[clause];
    struct criterion *criterion = &grade->criteria[grade->criterion_count++];
    *criterion = (struct criterion){.clause = met,
        .reading = reading,
        .measured = met->at_least,
        .threshold = met->at_least,
        .met_at = at(met_at)};
    criterion->provinces[31 / 8] |= (uint8_t)(1 << 31 % 8);
    criterion->provinces[32 / 8] |= (uint8_t)(1 << 32 % 8);
    if (met->grade > grade->conservative_grade) {
        grade->conservative_grade = met->grade;
    }
    if (reading == NULL && met->grade > grade->grade) {
        grade->grade = met->grade;
    }
}
