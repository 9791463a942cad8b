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
