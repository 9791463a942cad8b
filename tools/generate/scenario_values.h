// The values of a scenario file that have a parser of their own. Private to scenario.c.
#pragma once

#include "config/yaml.h"

extern const struct parsed share_parsed;   // "70.0001": percent → parts per million
extern const struct parsed rate_parsed;    // "12.5": per second → thousandths
extern const struct parsed instant_parsed; // RFC 3339 → struct instant
extern const struct parsed end_parsed;     // "10.1.0.10:9001" → struct end_address
