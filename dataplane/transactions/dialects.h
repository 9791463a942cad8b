// Every link's dialect and parser, made once, read by all workers. Private to dataplane/.
#pragma once

#include "dataplane/transactions/iso8583.h"

struct dialects {
    struct parser *parsers; // by link
    size_t parser_count;
    struct dialect **read; // each file once
    size_t read_count;
    struct account_key key;
};

// Reads a link's dialect and checks that the settings can keep its longest message. NULL after
// mistakes.
struct dialect *dialect_of_link(
    const struct settings *settings, const struct link_settings *link, struct mistakes *mistakes);
