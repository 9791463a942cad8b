#include "detectors/kafka/cloud_event.h"

#include "detectors/json.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Index is enum grade_level.
static const struct severity severities[] = {
    {2, 9, 1, 21}, {3, 13, 2, 47}, {4, 17, 3, 73}, {5, 19, 4, 99}, {6, 21, 4, 99}};

struct severity severity_from_grade(int grade)
{
    return severities[grade < GRADE_NONE      ? GRADE_NONE
                      : grade > GRADE_MAXIMUM ? GRADE_MAXIMUM
                                              : grade];
}

void event_done(struct event *event)
{
    free(event->headers);
    free(event->value);
    *event = (struct event){0};
}

// ce_source is a URI reference: what is not unreserved (RFC 3986) is percent-encoded.
static void uri_append(char *uri, size_t size, const char *text)
{
    size_t length = strlen(uri);
    for (; *text != '\0' && length + 4 < size; text++) {
        unsigned char c = (unsigned char)*text;
        bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                     strchr("-._~", c) != NULL;
        length += (size_t)snprintf(uri + length, size - length, plain ? "%c" : "%%%02X", c);
    }
}

static void source_make(
    const struct settings *settings, const struct envelope *envelope, char *uri, size_t size)
{
    const char *code = settings->institutions[envelope->institution].code;
    snprintf(uri, size, "/tapgrade/");
    uri_append(uri, size, code != NULL && code[0] != '\0' ? code : "unset");
    snprintf(uri + strlen(uri), size - strlen(uri), "/");
    uri_append(uri, size, envelope->source);
}

static void header_printf(json_t *headers, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void header_printf(json_t *headers, const char *name, const char *format, ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    json_set_text(headers, name, text);
}

static json_t *headers_json(
    const struct settings *settings, const struct envelope *envelope, const struct event *event)
{
    json_t *headers = json_object();
    char source[256], time[INSTANT_TEXT_MAX];
    source_make(settings, envelope, source, sizeof(source));
    json_set_text(headers, "ce_specversion", "1.0");
    json_set_text(headers, "ce_id", event->id);
    json_set_text(headers, "ce_source", source);
    header_printf(headers, "ce_type", "io.tapgrade.%s.v1", envelope->type);
    json_set_text(headers, "ce_subject", envelope->subject);
    json_set_text(headers, "ce_time", instant_format(envelope->at, 3, time));
    header_printf(headers, "ce_dataschema", "urn:tapgrade:schema:%s", envelope->topic);
    // Zero-padded: the extension's order is the order of its text.
    header_printf(headers, "ce_sequence", "%010u", envelope->sequence);
    json_set_text(headers, "ce_partitionkey", envelope->key);
    header_printf(headers, "ce_severitynumber", "%d", envelope->severity);
    if (envelope->due_at.ns != INSTANT_NONE.ns && envelope->due_at.ns != INSTANT_NEVER.ns) {
        json_set_text(headers, "ce_due", instant_format(envelope->due_at, 3, time));
    }
    if (envelope->replay) {
        json_set_text(headers, "ce_replay", "true");
    }
    json_set_text(headers, "content-type", "application/json");
    return headers;
}

json_t *institution_json(const struct settings *settings, uint16_t network)
{
    const struct institution_settings *institution = institution_of(settings, network);
    json_t *object = json_object();
    json_set_text(object, "id", institution->id);
    json_set_text(object, "name", institution->name);
    json_set_text(object, "code", institution->code);
    return object;
}

struct envelope envelope_of_incident(const struct settings *settings,
    const struct incident *incident, const char *source, bool replay)
{
    return (struct envelope){.institution = settings->networks[incident->network].institution,
        .key = incident->id,
        .sequence = incident->sequence,
        .subject = settings->networks[incident->network].id,
        .at = incident->at,
        .severity = severity_from_grade(incident->grade).otel,
        .source = source,
        .replay = replay};
}

void cloud_event_make(const struct settings *settings, const struct envelope *envelope,
    json_t *value, struct event *ret)
{
    *ret = (struct event){.institution = envelope->institution};
    if (envelope->id != NULL) {
        snprintf(ret->id, sizeof(ret->id), "%s/%s", envelope->id, envelope->type);
    } else {
        snprintf(ret->id, sizeof(ret->id), "%s/%u/%s", envelope->key, envelope->sequence,
            envelope->type);
    }
    snprintf(
        ret->topic, sizeof(ret->topic), "%s.%s", settings->kafka.topic_prefix, envelope->topic);
    snprintf(ret->key, sizeof(ret->key), "%s", envelope->key);
    json_t *headers = headers_json(settings, envelope, ret);
    ret->headers = json_compact(headers);
    ret->value = json_compact(value);
    json_decref(headers);
    json_decref(value);
}

void event_print(FILE *out, const struct event *event)
{
    json_t *object = json_object();
    json_set_text(object, "topic", event->topic);
    json_set_text(object, "key", event->key);
    json_set(object, "headers", json_loads(event->headers, 0, NULL));
    json_set(object, "value", json_loads(event->value, 0, NULL));
    json_dumpf(object, out, JSON_COMPACT);
    fputc('\n', out);
    json_decref(object);
}
