#include "tests/unit/judgement/judgement.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct instant at(const char *time)
{
    char text[64];
    struct instant instant = INSTANT_NONE;
    snprintf(text, sizeof(text), "2026-03-10T%s%s+08:00", time, strlen(time) == 5 ? ":00" : "");
    if (!instant_parse(text, &instant)) {
        fail_msg("no time: %s", time);
    }
    return instant;
}

const char *text_of(struct instant instant)
{
    static char texts[2][INSTANT_TEXT_MAX];
    static int which;
    which = !which;
    return instant.ns == INT64_MAX ? "never" : instant_format(instant, 3, texts[which]);
}

static char folder[] = ".", network_id[] = "pay", network_name[] = "网上支付系统",
            link_id[] = "link";

static struct function functions[] = {
    {.id = (char[]){"payment"}, .name = (char[]){"消费"}, .main = true},
    {.id = (char[]){"login"}, .name = (char[]){"登录"}, .main = true},
    {.id = (char[]){"query"}, .name = (char[]){"查询"}, .main = false},
};

void fixture_init(struct fixture *fixture)
{
    *fixture = (struct fixture){0};
    const char *source = getenv("TAPGRADE_SOURCE");
    snprintf(fixture->rulebook_path, sizeof(fixture->rulebook_path),
        "%s/config/rulebooks/pboc-2025-4.yaml", source == NULL ? "." : source);
    fixture->rulebook_paths[0] = fixture->rulebook_path;
    memcpy(fixture->functions, functions, sizeof(functions));
    fixture->special_class[0] = SPECIAL_PAYMENT;
    fixture->peak_hours[0] = (struct hours){9 * 3600, 21 * 3600};
    fixture->network = (struct network_settings){.id = network_id,
        .name = network_name,
        .pboc_domain = true,
        .in_china = true,
        .financial_service = true,
        .special_class = fixture->special_class,
        .special_class_count = 1,
        .normals_path = fixture->normals_path,
        .peak_hours = fixture->peak_hours,
        .peak_hours_count = 1,
        .functions = {.functions = fixture->functions, .function_count = 3}};
    for (size_t i = 0; i < 2; i++) {
        fixture->links[i] =
            (struct link_settings){.id = link_id, .time_limit_ns = LIMIT_S * NS_PER_S};
    }
    fixture->settings = (struct settings){.folder = folder,
        .networks = &fixture->network,
        .network_count = 1,
        .links = fixture->links,
        .link_count = 1,
        .outages = {10 * NS_PER_S, 180 * NS_PER_S, 70, 30, 20, 30, 5, 1, 5, 10, 50},
        .grades = {fixture->rulebook_paths, 1},
        .incidents = {1800 * NS_PER_S}};
    for (int province = 11; province < 66; province++) {
        fixture->settings.regions.province[province] = true;
    }
}

void fixture_table(struct fixture *fixture, const char *text)
{
    fixture_done(fixture);
    snprintf(fixture->normals_path, sizeof(fixture->normals_path), "/tmp/normals-XXXXXX");
    int fd = mkstemp(fixture->normals_path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

void fixture_normals(struct fixture *fixture, int64_t per_hour, const int *provinces)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    fprintf(out, "network,function,province,hour,normal_per_hour\n");
    for (; *provinces != 0; provinces++) {
        for (int hour = 0; hour < 24; hour++) {
            fprintf(out, "pay,payment,%02d,%d,%lld\n", *provinces, hour, (long long)per_hour);
        }
    }
    fclose(out);
    fixture_table(fixture, text);
    free(text);
}

void fixture_done(struct fixture *fixture)
{
    if (fixture->normals_path[0] != '\0') {
        unlink(fixture->normals_path);
        fixture->normals_path[0] = '\0';
    }
}

struct grades *grades_of(struct fixture *fixture)
{
    struct mistakes *mistakes = mistakes_new();
    struct grades *grades = grades_new(&fixture->settings, mistakes);
    mistakes_print(mistakes, stderr);
    assert_non_null(grades);
    mistakes_free(mistakes);
    return grades;
}

void line_init(struct line *line, struct fixture *fixture)
{
    struct mistakes *mistakes = mistakes_new();
    *line = (struct line){.fixture = fixture};
    line->normals = normals_new(&fixture->settings, mistakes);
    mistakes_print(mistakes, stderr);
    assert_non_null(line->normals);
    line->outages = outages_new(&fixture->settings);
    line->grades = grades_of(fixture);
    for (size_t i = 0; i < 5; i++) {
        line->decided_at[i] = INSTANT_NEVER;
    }
    line->suspected_at = line->known_at = INSTANT_NEVER;
    mistakes_free(mistakes);
}

void line_done(struct line *line)
{
    normals_free(line->normals);
    outages_free(line->outages);
    grades_free(line->grades);
    fixture_done(line->fixture);
}

// At the tick the second before it is over: its requests and immediate answers are known, and the
// fate of what was asked a time limit before.
static size_t cells_fill(
    const struct scene *scene, int64_t tick_s, int64_t from_s, struct cell_counts *cells)
{
    size_t count = 0;
    for (const int *province = scene->provinces; *province != 0; province++) {
        struct cell cell = {.province = (uint8_t)*province};
        struct second now = scene->second(scene, tick_s - 1, *province);
        cells[count++] = (struct cell_counts){.cell = cell,
            .cohort_s = DAY_S + tick_s - 1,
            .demand = now.demand,
            .succeeded = now.succeeded,
            .declined = now.declined,
            .failed = now.failed,
            .excluded = now.excluded,
            .orphans_processed = now.orphans_processed,
            .orphans_failed = now.orphans_failed};
        if (tick_s - 1 - LIMIT_S >= from_s) {
            struct second then = scene->second(scene, tick_s - 1 - LIMIT_S, *province);
            cells[count++] = (struct cell_counts){.cell = cell,
                .cohort_s = DAY_S + tick_s - 1 - LIMIT_S,
                .unanswered = then.unanswered,
                .unobserved = then.unobserved};
        }
    }
    return count;
}

static struct link_counts link_fill(const struct scene *scene, int64_t tick_s)
{
    struct mirror_second mirror = {.frames = 100,
        .seen_request_bytes = 10000,
        .seen_answer_bytes = 10000,
        .shortest_answer_bytes = 100};
    if (scene->mirror != NULL) {
        mirror = scene->mirror(scene, tick_s - 1);
    }
    return (struct link_counts){.second = DAY_S + tick_s - 1,
        .frames = mirror.frames,
        .seen_request_bytes = mirror.seen_request_bytes,
        .missing_request_bytes = mirror.missing_request_bytes,
        .seen_answer_bytes = mirror.seen_answer_bytes,
        .missing_answer_bytes = mirror.missing_answer_bytes,
        .connections = mirror.frames > 0 && (tick_s - 1) % 60 == 0 ? LINK_CONNECTIONS : 0,
        .fins = mirror.fins,
        .syn_retries = mirror.syn_retries,
        .shortest_answer_bytes = mirror.shortest_answer_bytes,
        .resets = mirror.resets,
        .latency = {[5] = mirror.fast_answers}};
}

static void line_note(struct line *line, struct instant tick)
{
    for (size_t i = 0; i < line->interruption_count; i++) {
        struct instant *first =
            line->interruptions[i].suspected ? &line->suspected_at : &line->known_at;
        *first = instant_min(*first, tick);
    }
    if (line->grade != NULL) {
        struct instant *first = &line->decided_at[line->grade->grade];
        *first = instant_min(*first, tick);
    }
}

static void interruptions_take(struct line *line)
{
    line->interruption_count = 0;
    for (size_t i = 0; i < line->all_count && line->interruption_count < 64; i++) {
        if (line->all[i].kind == OUTAGE_INTERRUPTION && line->all[i].assumes == 0) {
            line->interruptions[line->interruption_count++] = line->all[i];
        }
    }
}

void line_run(struct line *line, const struct scene *scene, int64_t from_s, int64_t to_s)
{
    struct cell_counts cells[64];
    for (int64_t s = from_s + 1; s <= to_s; s++) {
        const struct normal *normals;
        const struct grade *grades;
        struct link_counts link = link_fill(scene, s);
        struct counters counters = {.tick = instant_from_s(DAY_S + s),
            .cells = cells,
            .cell_count = cells_fill(scene, s, from_s, cells),
            .links = &link,
            .link_count = 1};
        size_t count = normals_from_counters(line->normals, &counters, &normals);
        line->last_normal = count > 0 ? normals[count - 1] : line->last_normal;
        line->all_count =
            outages_from_normals(line->outages, normals, count, counters.tick, &line->all);
        interruptions_take(line);
        count =
            grades_from_outages(line->grades, line->all, line->all_count, counters.tick, &grades);
        line->grade = count > 0 ? &grades[0] : NULL;
        line_note(line, counters.tick);
    }
}

static size_t seen_by(const struct stated *stated, struct instant tick, struct interruption *ret)
{
    size_t count = 0;
    for (size_t i = 0; i < STATED_MAX && stated[i].from != NULL; i++) {
        struct instant from = at(stated[i].from);
        struct instant to = stated[i].to == NULL ? INSTANT_NEVER : at(stated[i].to);
        if (from.ns < tick.ns) {
            ret[count++] = (struct interruption){.function = (uint16_t)stated[i].function,
                .province = (uint8_t)stated[i].province,
                .from = from,
                .to = instant_min(to, tick),
                .ongoing = to.ns == INT64_MAX || tick.ns < to.ns + 180 * NS_PER_S};
        }
    }
    return count;
}

const struct grade *judge(
    struct fixture *fixture, struct grades *grades, const struct stated *stated, const char *until)
{
    struct instant first = INSTANT_NEVER, last = until == NULL ? INSTANT_NONE : at(until);
    const struct grade *found = NULL;
    struct interruption seen[STATED_MAX];
    (void)fixture;
    for (size_t i = 0; i < STATED_MAX && stated[i].from != NULL; i++) {
        first = instant_min(first, at(stated[i].from));
        last = until == NULL ? instant_max(last, at(stated[i].to)) : last;
    }
    int64_t end_s = instant_second(instant_add(last, NS_PER_S - 1));
    for (int64_t s = instant_second(first); s <= end_s; s++) {
        struct instant tick = instant_from_s(s);
        if (s % 60 != 0 && end_s - s > 90) {
            continue; // in the middle a tick a minute does
        }
        size_t count = seen_by(stated, tick, seen);
        count = grades_from_outages(grades, seen, count, tick, &found);
        found = count > 0 ? found : NULL;
    }
    return found;
}
