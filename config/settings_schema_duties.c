// The fields of settings' `duties`: by when reports are due (arts. 15 to 17).
#include "config/settings_check.h"

#define MIN_NS (60 * NS_PER_S)
#define H_NS   (3600 * NS_PER_S)

#define DUTIES(member, field_type)                                                                 \
    .type = field_type, .live = true, FIELD_AT(struct duties_settings, member)

static const struct field duties_fields[] = {
    {.name = "close_of_business",
        DUTIES(close_of_business_ns, FIELD_DURATION),
        .min = H_NS,
        .max = 24 * H_NS,
        .help = "Since midnight: sealed reports are due by then on their last day"},
    {.name = "immediate",
        DUTIES(immediate_ns, FIELD_DURATION),
        .min = MIN_NS,
        .max = H_NS,
        .help = "What is reported at once (art. 16) is overdue after this"},
};

const struct schema duties_schema = {.size = sizeof(struct duties_settings), FIELDS(duties_fields)};
