// First byte: the dialect. The rest is a stream, taken apart as the reassembly does it; every step
// must go forward and stay inside.
#include "dataplane/transactions/dialect.h"

#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/iso8583/dialects.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Bytes that this step takes; 0 when it waits for more.
static size_t step(const struct dialect *dialect, const uint8_t *bytes, size_t length)
{
    struct framed framed = {0}, one;
    enum framing_result result = framing_next(dialect, bytes, length, &framed);
    if (framing_is_one(dialect, bytes, length, &one) &&
        (result != FRAMING_WHOLE || memcmp(&one, &framed, sizeof(one)) != 0)) {
        abort();
    }
    switch (result) {
    case FRAMING_WHOLE:
        if (framed.consumed > length || framed.consumed == 0 || framed.length == 0 ||
            framed.length > (size_t)dialect->framing.longest ||
            framed.offset + framed.length > framed.consumed) {
            abort();
        }
        return framed.consumed;
    case FRAMING_KEEPALIVE:
        if (framed.consumed > length || framed.consumed == 0) {
            abort();
        }
        return framed.consumed;
    case FRAMING_PARTIAL:
        if (framed.consumed != 0 && framed.consumed <= length) {
            abort();
        }
        return 0;
    case FRAMING_BAD: break;
    }
    size_t offset = 1 + framing_resync(dialect, bytes + 1, length - 1);
    if (offset > length) {
        abort();
    }
    return offset;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) {
        return 0;
    }
    const struct dialect *dialect = fuzz_dialect(data[0]);
    const uint8_t *bytes = data + 1;
    size_t left = size - 1;
    while (left > 0) {
        size_t taken = step(dialect, bytes, left);
        if (taken == 0) {
            break;
        }
        bytes += taken;
        left -= taken;
    }
    return 0;
}
