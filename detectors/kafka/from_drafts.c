// A draft as a message: the document of its items, and the Chinese text as it would be pasted, both
// without what is of persons.
#include "detectors/json.h"
#include "detectors/kafka/cloud_event.h"

void event_from_draft(const struct settings *settings, const char *source, bool replay,
    const struct draft *draft, struct event *ret)
{
    json_t *value = json_copy(draft->shown_document);
    struct envelope envelope =
        draft->duty->incident != NULL
            ? envelope_of_incident(settings, draft->duty->incident, source, replay)
            : envelope_of_notice(settings, draft->duty, source, replay);
    envelope.topic = "draft.v1";
    envelope.type = "draft.written";
    envelope.id = draft->id;
    envelope.at = draft->at;
    envelope.due_at = draft->duty->due_at;
    json_set_text(value, "text", draft->shown_text);
    cloud_event_make(settings, &envelope, value, ret);
}
