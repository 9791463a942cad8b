#include "tools/generate/course_truth.h"

#include "config/memory.h"

#include "tools/generate/scenario.h"

#include <jansson.h>

#include <stdlib.h>

struct course_truth {
    const struct course *course;
    FILE *out;
    struct course_day day;
    int64_t hours[HOURS], all_hours[HOURS]; // intents of the day in hand, and of all
    int64_t *lost;                          // by fault
};

static void print(struct course_truth *truth, json_t *object)
{
    if (truth->out != NULL) {
        json_dumpf(object, truth->out, JSON_COMPACT);
        fputc('\n', truth->out);
    }
    json_decref(object);
}

static json_t *hours_json(const int64_t hours[static HOURS])
{
    json_t *list = json_array();
    for (int i = 0; i < HOURS; i++) {
        json_array_append_new(list, json_integer(hours[i]));
    }
    return list;
}

static json_t *instant_json(struct instant at)
{
    char text[INSTANT_TEXT_MAX];
    return json_string(instant_format(at, 0, text));
}

static json_t *codes_json(const int64_t *codes, size_t count)
{
    char text[8];
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        snprintf(text, sizeof(text), "%02d", (int)codes[i]);
        json_array_append_new(list, json_string(text));
    }
    return list;
}

static json_t *texts_json(char *const *texts, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(list, json_string(texts[i]));
    }
    return list;
}

static void print_groups(struct course_truth *truth)
{
    const struct course *course = truth->course;
    json_t *list = json_array();
    for (size_t f = 0; f < course->function_count; f++) {
        for (size_t p = 0; p < course->province_count; p++) {
            char province[8];
            snprintf(province, sizeof(province), "%02d", (int)course->provinces[p].code);
            json_array_append_new(list,
                json_pack("{s:s, s:s, s:I, s:I}", "function", course->functions[f].id, "province",
                    province, "rate_milli", (json_int_t)course->provinces[p].rate_milli,
                    "share_ppm", (json_int_t)course->functions[f].share_ppm));
        }
    }
    print(truth, json_pack("{s:o}", "groups", list));
}

struct course_truth *course_truth_new(const struct course *course, FILE *out)
{
    struct course_truth *truth = memory_zeroed(1, sizeof(*truth));
    truth->course = course;
    truth->out = out;
    truth->lost = memory_zeroed(course->fault_count + 1, sizeof(*truth->lost));
    print_groups(truth);
    return truth;
}

// What is usual in each hour of the day, all groups together.
static void expected_fill(
    const struct course *course, const struct course_day *day, int64_t hours[static HOURS])
{
    for (int64_t hour = 0; hour < HOURS; hour++) {
        int64_t sum_micro = 0, from_s = day->day * S_PER_DAY - SHANGHAI_OFFSET_S;
        for (size_t f = 0; f < course->function_count; f++) {
            for (size_t p = 0; p < course->province_count; p++) {
                for (int64_t s = 0; s < S_PER_HOUR; s += 60) {
                    sum_micro += course_expected_micro(
                        course, day, p, f, from_s + hour * S_PER_HOUR + s, 60);
                }
            }
        }
        hours[hour] = sum_micro / PPM;
    }
}

static void day_end(struct course_truth *truth)
{
    char text[INSTANT_TEXT_MAX];
    int64_t expected[HOURS];
    if (truth->day.day == 0) {
        return;
    }
    expected_fill(truth->course, &truth->day, expected);
    instant_format(instant_from_s(truth->day.day * S_PER_DAY - SHANGHAI_OFFSET_S), 0, text);
    text[10] = '\0';
    print(truth, json_pack("{s:s, s:s, s:s, s:I, s:o, s:o}", "day", text, "type", truth->day.name,
                     "shape", truth->course->shapes[truth->day.shape].name, "level_ppm",
                     (json_int_t)truth->day.level_ppm, "intents", hours_json(truth->hours),
                     "expected", hours_json(expected)));
    for (int i = 0; i < HOURS; i++) {
        truth->all_hours[i] += truth->hours[i];
        truth->hours[i] = 0;
    }
}

void course_truth_day(struct course_truth *truth, const struct course_day *day)
{
    if (truth->out != NULL) {
        day_end(truth);
    }
    truth->day = *day;
}

void course_truth_count(struct course_truth *truth, int64_t epoch_s, int64_t count)
{
    truth->hours[shanghai_second_of_day(epoch_s) / S_PER_HOUR] += count;
}

void course_truth_lost(struct course_truth *truth, size_t fault, int64_t count)
{
    truth->lost[fault] += count;
}

static void print_fault(struct course_truth *truth, size_t at)
{
    static const char *const kinds[] = {[COURSE_UNANSWERED] = "unanswered",
        [COURSE_FAILED] = "failed",
        [COURSE_SLOW] = "slow",
        [COURSE_SILENCE] = "silence",
        [COURSE_QUIET] = "quiet",
        [COURSE_REFUSED] = "refused"};
    const struct fault_course *fault = &truth->course->faults[at];
    struct instant start = truth->course->start;
    print(truth, json_pack("{s:I, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:I, s:I}", "fault",
                     (json_int_t)at, "name", fault->name == NULL ? "" : fault->name, "kind",
                     kinds[fault->kind], "from", instant_json(instant_add(start, fault->from_ns)),
                     "to", instant_json(instant_add(start, fault->to_ns)), "provinces",
                     codes_json(fault->reach.provinces, fault->reach.province_count), "functions",
                     texts_json(fault->reach.functions, fault->reach.function_count), "links",
                     texts_json(fault->reach.links, fault->reach.link_count), "share_ppm",
                     (json_int_t)fault->share_ppm, "lost", (json_int_t)truth->lost[at]));
}

void course_truth_end(struct course_truth *truth)
{
    if (truth->out != NULL) {
        day_end(truth);
        for (size_t i = 0; i < truth->course->fault_count; i++) {
            print_fault(truth, i);
        }
        int64_t sum = 0;
        for (int i = 0; i < HOURS; i++) {
            sum += truth->all_hours[i];
        }
        print(truth, json_pack("{s:{s:I, s:o}}", "summary", "intents", (json_int_t)sum, "hours",
                         hours_json(truth->all_hours)));
    }
    free(truth->lost);
    free(truth);
}
