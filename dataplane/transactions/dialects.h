// Every link's dialect and parser, made once, read by all workers. Private to dataplane/.
#pragma once

#include "dataplane/transactions/iso8583.h"
#include "dataplane/transactions/region_codes.h"

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

// Sources of provinces whose codes fit the other system better, by link: at most `most`. Any thread
// may ask at any time.
size_t dialects_misfits(const struct dialects *dialects, struct region_misfit *ret, size_t most);
