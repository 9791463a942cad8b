// Each message is POSTed as a CloudEvent in HTTP's structured mode: one JSON document with the
// attributes and the value under `data`, which a receiver understands without looking at headers.
// Redirects are not followed: whoever answers for the receiver could send the token elsewhere.
#include "config/secret.h"

#include "detectors/json.h"
#include "detectors/kafka/second_sink.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_S 5
#define WHOLE_S   10
#define TOKEN_MAX 4096

// A path may be a secret too: receivers of chat services know who may write by nothing else.
static bool refuse(char *error, size_t error_size, const struct second_sink *sink, const char *why)
{
    const char *target = sink->to.target;
    const char *host = strstr(target, "://") + 3; // the settings were checked for it
    snprintf(error, error_size, "webhook '%.*s': %s",
        (int)(host - target + (ptrdiff_t)strcspn(host, "/?#")), target, why);
    return false;
}

static size_t answer_drop(char *bytes, size_t size, size_t count, void *context)
{
    (void)bytes, (void)context;
    return size * count;
}

static void header_add(struct second_sink *sink, const char *text)
{
    struct curl_slist *list = curl_slist_append(sink->headers, text);
    if (list != NULL) {
        sink->headers = list;
    }
}

static bool token_set(struct second_sink *sink, char *error, size_t error_size)
{
    char token[TOKEN_MAX];
    const char *path = sink->to.token;
    if (path[0] == '\0') {
        return true;
    }
    if (!secret_read(path, token, sizeof(token), error, error_size)) {
        return false;
    }
    curl_easy_setopt(sink->curl, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
    bool set = curl_easy_setopt(sink->curl, CURLOPT_XOAUTH2_BEARER, token) == CURLE_OK;
    explicit_bzero(token, sizeof(token));
    return set || refuse(error, error_size, sink, "the token was not taken");
}

static bool webhook_open(struct second_sink *sink, char *error, size_t error_size)
{
    sink->curl = curl_easy_init();
    if (sink->curl == NULL) {
        return refuse(error, error_size, sink, "libcurl could not be started");
    }
    header_add(sink, "Content-Type: application/cloudevents+json; charset=UTF-8");
    header_add(sink, "Expect:");
    curl_easy_setopt(sink->curl, CURLOPT_URL, sink->to.target);
    curl_easy_setopt(sink->curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(sink->curl, CURLOPT_HTTPHEADER, sink->headers);
    curl_easy_setopt(sink->curl, CURLOPT_USERAGENT, "tapgrade/" TAPGRADE_VERSION);
    curl_easy_setopt(sink->curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S);
    curl_easy_setopt(sink->curl, CURLOPT_TIMEOUT, (long)WHOLE_S);
    curl_easy_setopt(sink->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(sink->curl, CURLOPT_PROXY, ""); // no surprise by an environment
    curl_easy_setopt(sink->curl, CURLOPT_WRITEFUNCTION, answer_drop);
    if (sink->to.authorities[0] != '\0') {
        curl_easy_setopt(sink->curl, CURLOPT_CAINFO, sink->to.authorities);
    }
    return token_set(sink, error, error_size);
}

// ce_id → id, content-type → datacontenttype.
static char *document_make(const struct outbox_row *row)
{
    json_t *headers = json_loads(row->headers, 0, NULL), *document = json_object(), *value;
    const char *name;
    json_object_foreach(headers, name, value)
    {
        const char *attribute = strncmp(name, "ce_", 3) == 0 ? name + 3 : "datacontenttype";
        json_object_set(document, attribute, value);
    }
    json_set(document, "data", json_loads(row->value, 0, NULL));
    char *text = json_compact(document);
    json_decref(headers);
    json_decref(document);
    return text;
}

static bool webhook_send(
    struct second_sink *sink, const struct outbox_row *row, char *error, size_t error_size)
{
    char *text = document_make(row), reason[64];
    long status = 0;
    curl_easy_setopt(sink->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(text));
    curl_easy_setopt(sink->curl, CURLOPT_POSTFIELDS, text);
    CURLcode result = curl_easy_perform(sink->curl);
    curl_easy_getinfo(sink->curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_setopt(sink->curl, CURLOPT_POSTFIELDS, NULL);
    free(text);
    if (result != CURLE_OK) {
        return refuse(error, error_size, sink, curl_easy_strerror(result));
    }
    snprintf(reason, sizeof(reason), "answered %ld", status);
    return (status >= 200 && status < 300) || refuse(error, error_size, sink, reason);
}

static void webhook_close(struct second_sink *sink)
{
    curl_easy_cleanup(sink->curl); // with its copy of the token
    curl_slist_free_all(sink->headers);
}

const struct sink_kind sink_webhook = {webhook_open, webhook_send, webhook_close};
