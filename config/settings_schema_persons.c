// The fields of settings' `persons`. None is live: they shape memory, or what is already counted.
#include "config/settings_check.h"

#define MIN_NS (60 * NS_PER_S)
#define H_NS   (3600 * NS_PER_S)

#define PERSONS(member, field_type) .type = field_type, FIELD_AT(struct persons_settings, member)

static const struct field persons_fields[] = {
    {.name = "remember",
        PERSONS(remember_ns, FIELD_DURATION),
        .min = MIN_NS,
        .max = H_NS,
        .help = "Affected customers are kept so long, so that counting starts at the onset"},
    {.name = "facts",
        PERSONS(facts, FIELD_INTEGER),
        .min = 1000,
        .max = 100000000,
        .help = "Most of them that are kept, 32 bytes each"},
    {.name = "exact",
        PERSONS(exact, FIELD_INTEGER),
        .min = 1000,
        .max = 1 << 26,
        .unit = "persons",
        .help = "Counted exactly up to so many, by HyperLogLog above; 5 x 2^precision at least"},
    {.name = "precision",
        PERSONS(precision, FIELD_INTEGER),
        .min = 10,
        .max = 16,
        .help = "HyperLogLog of 2^precision registers: 14 errs by 0.81 %"},
    {.name = "set_bytes",
        PERSONS(set_bytes, FIELD_INTEGER),
        .min = 1 << 20,
        .max = 1LL << 36,
        .unit = "bytes",
        .help = "Of all exact sets together; a set that finds no room goes on by HyperLogLog"},
    {.name = "intents_per_100_persons",
        PERSONS(intents_per_100, FIELD_INTEGER),
        .min = 0,
        .max = 100000,
        .unit = "intents",
        .help = "Estimates persons of whom nothing arrived; 0: by those who did, else 100 or more"},
};

const struct schema persons_schema = {
    .size = sizeof(struct persons_settings), FIELDS(persons_fields)};

// Below five times its registers HyperLogLog is biased, and a fraction of a visit is nobody's.
bool persons_check(const struct persons_settings *persons, struct mistakes *mistakes)
{
    bool few = mistakes_has_value(mistakes, &persons->exact) &&
               mistakes_has_value(mistakes, &persons->precision) &&
               persons->exact < 5LL << persons->precision;
    bool fraction = persons->intents_per_100 > 0 && persons->intents_per_100 < 100;
    if (few) {
        mistake_at(mistakes, &persons->exact,
            "exact must be at least 5 x 2^precision, %lld, found %lld", 5LL << persons->precision,
            (long long)persons->exact);
    }
    if (fraction) {
        mistake_at(mistakes, &persons->intents_per_100,
            "intents_per_100_persons must be 0 or at least 100, found %lld",
            (long long)persons->intents_per_100);
    }
    return !few && !fraction;
}
