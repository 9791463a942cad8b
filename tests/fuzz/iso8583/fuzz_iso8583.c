// First byte: the dialect, and who sends. The rest is one message. What is accepted keeps its
// promises, and its counters add up. It is parsed four times: by nothing but the walk, when its
// shape and lengths may be known from other inputs, and when they are; all come to the same.
#include "dataplane/transactions/iso8583.h"

#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/iso8583/dialects.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct result {
    struct message message;
    struct parse_counts counts;
    bool fine;
};

static struct result parse(
    const struct parser *parser, struct plans *plans, const uint8_t *data, size_t size)
{
    struct result result = {.message = {.flags = (data[0] & 16) != 0 ? MESSAGE_FROM_OURS : 0}};
    result.fine =
        message_from_bytes(parser, plans, data + 1, size - 1, &result.message, &result.counts);
    return result;
}

static void must_agree(const struct result *a, const struct result *b)
{
    if (a->fine != b->fine || memcmp(&a->counts, &b->counts, sizeof(a->counts)) != 0 ||
        (a->fine && memcmp(&a->message, &b->message, sizeof(a->message)) != 0)) {
        abort();
    }
}

// One for each dialect, at an address of its own as in the program.
static const struct parser *parser_of(uint8_t choice)
{
    static struct parser parsers[16];
    static const struct account_key key; // any will do
    struct settings *settings = fuzz_settings();
    parsers[choice] = (struct parser){.dialect = fuzz_dialect(choice),
        .settings = settings,
        .link = &settings->links[0],
        .network = &settings->networks[0],
        .key = &key};
    return &parsers[choice];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct plans *none, *kept;
    if (size < 1) {
        return 0;
    }
    none = none == NULL ? plans_new() : none;
    kept = kept == NULL ? plans_new() : kept;
    plans_clear(none);
    const struct parser *parser = parser_of(data[0] & 15);
    struct result result = parse(parser, none, data, size);
    for (int i = 0; i < 3; i++) {
        struct result again = parse(parser, kept, data, size);
        must_agree(&result, &again);
    }
    const struct parse_counts *counts = &result.counts;
    uint64_t refused = counts->bad_header + counts->bad_mti + counts->bad_bitmap +
                       counts->bad_field_length + counts->unknown_field + counts->too_short +
                       counts->key_missing + counts->test_messages;
    if (counts->messages != result.fine || refused != !result.fine ||
        (result.fine &&
            (result.message.province >= PROVINCES || result.message.kind > KIND_OTHER))) {
        abort();
    }
    return 0;
}
