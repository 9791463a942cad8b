// A parser on the shipped settings, whose first link the tests may change.
#pragma once

#include "dataplane/transactions/iso8583.h"

struct settings *settings_shipped(void);

// The link of the settings is link 3 of the parser, so that an index of 0 cannot hide.
struct parser parser_of(const struct settings *settings, const struct dialect *dialect);

// message_from_bytes, three times: the message's shape is known the second time, its lengths the
// third. The test ends when that makes a difference.
bool message_parse(const struct parser *parser, const uint8_t *bytes, size_t length,
    struct message *ret, struct parse_counts *counts);
