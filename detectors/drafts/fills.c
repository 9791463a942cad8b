// What a person may fill in, and with what: an item that some report has, which no other command
// fills, and a grade that the incident can have.
#include "detectors/drafts/report.h"

#include <stdio.h>
#include <string.h>

bool item_is_of_sent(const char *key)
{
    return strcmp(key, "reported_at") == 0;
}

static bool no_item(const struct fact *fill, char *error, size_t error_size)
{
    const char *key, *name, *of = fill->duty[0] == '\0' ? "" : " of ";
    int length = snprintf(error, error_size, "no report%s%s has an item \"%s\"; there are", of,
        fill->duty, fill->item);
    for (size_t i = 0, count = drafts_item(SIZE_MAX, &key, &name); i < count; i++) {
        drafts_item(i, &key, &name);
        if (length > 0 && (size_t)length < error_size && drafts_have_item(fill->duty, key)) {
            length += snprintf(error + length, error_size - (size_t)length, " %s", key);
        }
    }
    return false;
}

static int grade_named(const char *name)
{
    int grade = GRADE_MAXIMUM;
    while (grade >= GRADE_NONE && strcmp(grade_names_chinese[grade], name) != 0) {
        grade--;
    }
    return grade; // below all: it is none
}

// A lower grade is a decision of its own, with its own reason: nothing else takes one down.
static bool grade_check(
    const struct fact *fill, const struct incident *incident, char *error, size_t error_size)
{
    int said = grade_named(fill->value);
    if (said < GRADE_NONE) {
        snprintf(error, error_size,
            "final_grade is one of 无, 一般, 较大, 重大, 特别重大, found \"%.60s\"", fill->value);
        return false;
    }
    int grade = incident != NULL ? incident_whole_grade(incident) : GRADE_NONE;
    if (said < grade) {
        snprintf(error, error_size,
            "final_grade %s is lower than the incident's grade %s: use `regrade`, the only way "
            "down",
            fill->value, grade_names_chinese[grade]);
    }
    return said >= grade;
}

bool fill_is_possible(
    const struct fact *fill, const struct incident *incident, char *error, size_t error_size)
{
    if (!drafts_have_item(fill->duty, fill->item)) {
        return no_item(fill, error, error_size);
    }
    if (item_is_of_sent(fill->item)) {
        snprintf(error, error_size,
            "报告时间 reported_at is filled by `sent`, and by `correct` where that was wrong");
        return false;
    }
    return strcmp(fill->item, "final_grade") != 0 || grade_check(fill, incident, error, error_size);
}
