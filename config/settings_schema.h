// The parts of the settings' field tables. Private to config/.
#pragma once

#include "config/settings.h"

// settings_judgement.c
extern const struct schema outages_schema, grades_schema, incidents_schema, drafts_schema;
