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

void event_from_call(
    const struct settings *settings, const char *source, const struct call *call, struct event *ret)
{
    char key[CALL_KEY_MAX], type[64];
    call_key(call, key);
    snprintf(type, sizeof(type), "call.%s", call_level_names[call->level]);
    const struct envelope envelope = {.institution = settings->networks[call->network].institution,
        .topic = "call.v1",
        .type = type,
        .key = key,
        .sequence = 1,
        .subject = settings->networks[call->network].id,
        .at = call->at,
        .severity = severity_from_grade(call->conservative_grade).otel,
        .source = source};
    cloud_event_make(settings, &envelope, call_json(settings, call), ret);
    snprintf(ret->topic, sizeof(ret->topic), "%s", OUTBOX_CALL);
}
