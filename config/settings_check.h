// Private to config/: what a settings file must say beyond its schema.
#pragma once

#include "config/settings.h"

// Cells keep a network and a link in 16 bits; every pair of them is compared.
#define NETWORKS_MAX 250
#define LINKS_MAX    2000
// Each has a ledger, with a thread and an outbox.
#define INSTITUTIONS_MAX 32
#define NAME_MAX         64

// settings_schema_kafka.c, settings_schema_normals.c, settings_schema_persons.c and
// settings_schema_ports.c
extern const struct schema calendars_schema, kafka_schema, normals_schema, persons_schema,
    ports_schema, packets_schema;

// settings_schema_kafka.c
bool kafka_check(const struct kafka_settings *kafka, struct mistakes *mistakes);

// settings_schema_duties.c
extern const struct schema duties_schema;

// settings_schema_institutions.c
extern const struct schema institution_schema;
// Fills in networks[].institution too.
bool institutions_check(struct settings *settings, struct mistakes *mistakes);

// settings_schema_evidence.c
extern const struct schema evidence_schema;
bool evidence_check(const struct evidence_settings *evidence, struct mistakes *mistakes);

// settings_schema_persons.c
bool persons_check(const struct persons_settings *persons, struct mistakes *mistakes);

// Whether an id may stand in keys, topics, file names and tables; "" of what is NULL.
bool name_is_good(const char *name);

// Resolves indices and checks everything that concerns more than one value. Values that already
// have their mistake are passed over. False when a mistake was found.
bool settings_check(struct settings *settings, struct mistakes *mistakes);
