#include "detectors/json.h"

#include "config/log.h"

#include <stdlib.h>
#include <string.h>

void json_set(json_t *object, const char *key, json_t *value)
{
    if (value == NULL || json_object_set_new(object, key, value) != 0) {
        log_error("JSON: the value of '%s' could not be set", key); // no memory, or not UTF-8
    }
}

// Names come from settings files, which are checked to be UTF-8; anything else is shown as such.
void json_set_text(json_t *object, const char *key, const char *text)
{
    if (text == NULL) {
        return;
    }
    json_t *value = json_string(text);
    json_set(object, key, value != NULL ? value : json_string("(not UTF-8)"));
}

void json_set_integer(json_t *object, const char *key, int64_t value)
{
    json_set(object, key, json_integer(value));
}

void json_set_flag(json_t *object, const char *key, bool value)
{
    json_set(object, key, json_boolean(value));
}

void json_set_instant(json_t *object, const char *key, struct instant at)
{
    char text[INSTANT_TEXT_MAX];
    if (at.ns != INSTANT_NEVER.ns) {
        json_set_text(object, key, instant_format(at, 3, text));
    }
}

json_t *json_bit_names(unsigned set, const char *const names[], unsigned count)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < count; i++) {
        if ((set & 1u << i) != 0) {
            json_array_append_new(list, json_string(names[i]));
        }
    }
    return list;
}

char *json_compact(const json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT);
    if (text == NULL) {
        log_error("out of memory while JSON was written");
        abort();
    }
    return text;
}
