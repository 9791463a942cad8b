#include "tools/ledger/words.h"

#include "config/yaml_field.h"

#include "detectors/facts/facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct word {
    const char *name, *chinese;
};

static const char *word_of(const struct word *words, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(words[i].name, name) == 0) {
            return words[i].chinese;
        }
    }
    return name;
}

const char *duty_state_word(const char *state)
{
    static const struct word words[] = {{"open", "待报"}, {"to_be_decided", "待判定"},
        {"not_reported", "决定不报告"}, {"sent", "已报"}, {"received", "已接报"},
        {"lapsed", "不再需要"}};
    return word_of(words, sizeof(words) / sizeof(words[0]), state);
}

const char *incident_state_word(const char *state)
{
    static const struct word words[] = {{"suspected", "疑似"}, {"graded", "已定级"},
        {"recovering", "恢复中"}, {"disposal_ended", "处置结束"}, {"summary_due", "待总结"},
        {"preliminary_filed", "已报初步报告"}, {"summary_filed", "已报总结"},
        {"returned", "总结被退回"}, {"refiled", "已重报总结"}, {"closed", "已归档"},
        {"false_alarm", "误报"}, {"out_of_scope", "不在范围"}};
    return word_of(words, sizeof(words) / sizeof(words[0]), state);
}

const char *channel_word(const char *channel, char text[static CHANNEL_WORD_MAX])
{
    snprintf(text, CHANNEL_WORD_MAX, "%s", channel);
    for (const struct choice *one = sent_channels; one->name != NULL; one++) {
        if (strcmp(one->name, channel) == 0) {
            snprintf(text, CHANNEL_WORD_MAX, "%s %s", channel_names_chinese[one->value], channel);
        }
    }
    return text;
}

const char *time_word(const char *instant, char text[static INSTANT_TEXT_MAX])
{
    struct instant at;
    text[0] = '\0';
    if (instant_parse(instant, &at)) {
        instant_format(at, 0, text);
        text[10] = ' ';  // for the T
        text[19] = '\0'; // the offset is always that of Beijing
    }
    return text;
}

const char *countdown_word(struct instant due, struct instant now, char text[static COUNTDOWN_MAX])
{
    int64_t left_ns = due.ns - now.ns;
    const char *what = left_ns < 0 ? "超时" : "还有";
    long long s = llabs(left_ns / NS_PER_S);
    if (s >= 2 * S_PER_DAY) {
        snprintf(text, COUNTDOWN_MAX, "%s %lld 天", what, s / S_PER_DAY);
    } else {
        snprintf(text, COUNTDOWN_MAX, "%s %lld:%02lld:%02lld", what, s / S_PER_HOUR,
            s % S_PER_HOUR / 60, s % 60);
    }
    return text;
}

const char *json_word(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text == NULL ? "" : text;
}
