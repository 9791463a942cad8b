#include "detectors/calls/calls.h"
#include "detectors/json.h"
#include "detectors/kafka/cloud_event.h"
#include "detectors/ledger/ledger.h"

#include <stdlib.h>
#include <string.h>

void call_key(const struct call *call, char ret[static CALL_KEY_MAX])
{
    snprintf(ret, CALL_KEY_MAX, "%s/call/%lld/%s", call->subject,
        (long long)instant_second(call->at), call_cause_names[call->cause]);
}

json_t *call_json(const struct settings *settings, const struct call *call)
{
    const struct network_settings *network = &settings->networks[call->network];
    char key[CALL_KEY_MAX];
    json_t *object = json_object();
    call_key(call, key);
    json_set_text(object, "id", key);
    json_set_text(object, "subject", call->subject);
    json_set_text(object, "network", network->id);
    json_set_text(object, "network_name", network->name);
    json_set_text(object, "level", call_level_names[call->level]);
    json_set_text(object, "cause", call_cause_names[call->cause]);
    json_set_integer(object, "step", call->step);
    json_set_instant(object, "at", call->at);
    json_set_flag(object, "muted", call->muted);
    json_set_integer(object, "grade", call->grade);
    json_set_integer(object, "conservative_grade", call->conservative_grade);
    json_set_text(object, "message", call->text);
    return object;
}

// Of a network whose affairs are state secrets nothing leaves (art. 2): its call asks somebody to
// look, and names neither the network nor the grade. An incident's id names nothing; in the place
// of the network that is not seen stands its number.
static struct call call_without_secret(const struct call *call)
{
    struct call bare = *call;
    if (strncmp(call->subject, NETWORK_PREFIX, sizeof(NETWORK_PREFIX) - 1) == 0) {
        snprintf(bare.subject, sizeof(bare.subject), NETWORK_PREFIX "%u", call->network + 1U);
    }
    bare.grade = bare.conservative_grade = GRADE_NONE;
    snprintf(bare.text, sizeof(bare.text), "涉密事项，请查看台账");
    return bare;
}

static json_t *call_json_bare(const struct settings *settings, const struct call *call)
{
    static const char *const held_back[] = {
        "network", "network_name", "grade", "conservative_grade"};
    json_t *object = call_json(settings, call);
    for (size_t i = 0; i < sizeof(held_back) / sizeof(held_back[0]); i++) {
        json_object_del(object, held_back[i]);
    }
    return object;
}

void event_from_call(const struct settings *settings, const char *source, const struct call *whole,
    struct event *ret)
{
    char key[CALL_KEY_MAX], type[64];
    bool secret = settings->networks[whole->network].secrecy == SECRECY_STATE;
    const struct call bare = call_without_secret(whole), *call = secret ? &bare : whole;
    call_key(call, key);
    snprintf(type, sizeof(type), "call.%s", call_level_names[call->level]);
    const struct envelope envelope = {.institution = settings->networks[call->network].institution,
        .topic = "call.v1",
        .type = type,
        .key = key,
        .sequence = 1,
        .subject = secret ? "" : settings->networks[call->network].id,
        .at = call->at,
        .severity = severity_from_grade(call->conservative_grade).otel,
        .source = source};
    json_t *value = secret ? call_json_bare(settings, call) : call_json(settings, call);
    cloud_event_make(settings, &envelope, value, ret);
    snprintf(ret->topic, sizeof(ret->topic), "%s", OUTBOX_CALL);
}
