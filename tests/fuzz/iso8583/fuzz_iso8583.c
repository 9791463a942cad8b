// First byte: the dialect, and who sends. The rest is one message. What is accepted keeps its
// promises, and its counters add up.
#include "dataplane/transactions/iso8583.h"

#include <stdlib.h>

#include "tests/fuzz/iso8583/dialects.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) {
        return 0;
    }
    struct settings *settings = fuzz_settings();
    struct parser parser = {.dialect = fuzz_dialect(data[0] & 15),
        .settings = settings,
        .link = &settings->links[0],
        .network = &settings->networks[0]};
    struct message message = {.flags = (data[0] & 16) != 0 ? MESSAGE_FROM_OURS : 0};
    struct parse_counts counts = {0};
    bool fine = message_from_bytes(&parser, data + 1, size - 1, &message, &counts);
    uint64_t refused = counts.bad_header + counts.bad_mti + counts.bad_bitmap +
                       counts.bad_field_length + counts.unknown_field + counts.too_short +
                       counts.key_missing + counts.test_messages;
    if (counts.messages != fine || refused != !fine ||
        (fine && (message.province >= PROVINCES || message.kind > KIND_OTHER))) {
        abort();
    }
    return 0;
}
