// The fields of settings' `evidence`. None is live: rings are made before the first packet.
#include "config/settings_check.h"

#define EVIDENCE(member, field_type) .type = field_type, FIELD_AT(struct evidence_settings, member)

static const struct field evidence_fields[] = {
    {.name = "ring_bytes",
        EVIDENCE(ring_bytes, FIELD_INTEGER),
        .min = 0,
        .max = 1LL << 36,
        .unit = "bytes",
        .help = "Headers of the newest frames, per worker, at least 1 MiB; 0: no evidence is kept"},
    {.name = "one_in",
        EVIDENCE(one_in, FIELD_INTEGER),
        .min = 1,
        .max = 1000000,
        .help = "Of the frames that belong to no failed, unanswered or reset exchange"},
    {.name = "payload",
        EVIDENCE(payload, FIELD_BOOLEAN),
        .help = "Whole frames instead of headers; the files are then encrypted for `recipient`"},
    {.name = "recipient",
        EVIDENCE(recipient_path, FIELD_TEXT),
        .help = "File of the public key that `tapgrade evidence key` has made; empty: none"},
    {.name = "most_bytes",
        EVIDENCE(most_bytes, FIELD_INTEGER),
        .min = 1 << 20,
        .max = 1LL << 44,
        .unit = "bytes",
        .help = "Of all evidence files together; beyond it no more are written"},
};

const struct schema evidence_schema = {
    .size = sizeof(struct evidence_settings), FIELDS(evidence_fields)};

#define LEAST_RING (1 << 20)

bool evidence_check(const struct evidence_settings *evidence, struct mistakes *mistakes)
{
    bool small = mistakes_has_value(mistakes, &evidence->ring_bytes) && evidence->ring_bytes > 0 &&
                 evidence->ring_bytes < LEAST_RING;
    bool open = mistakes_has_value(mistakes, &evidence->payload) &&
                mistakes_has_value(mistakes, &evidence->recipient_path) && evidence->payload &&
                evidence->recipient_path[0] == '\0';
    if (small) {
        mistake_at(mistakes, &evidence->ring_bytes,
            "ring_bytes must be 0 or at least %d, found %lld", LEAST_RING,
            (long long)evidence->ring_bytes);
    }
    if (open) {
        mistake_at(mistakes, &evidence->payload,
            "payload needs a recipient: card data is never written in clear");
    }
    return !small && !open;
}
