#include "tests/unit/iso8583/parser_of.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct settings *settings_shipped(void)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/config/tapgrade.yaml", getenv("TAPGRADE_SOURCE"));
    struct mistakes *mistakes = mistakes_new();
    struct settings *settings = settings_read(path, mistakes);
    if (settings == NULL) {
        mistakes_print(mistakes, stderr);
        abort();
    }
    mistakes_free(mistakes);
    return settings;
}

struct parser parser_of(const struct settings *settings, const struct dialect *dialect)
{
    static const uint8_t bytes[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    static struct account_key key;
    account_key_set(&key, bytes);
    struct parser parser = {
        .dialect = dialect,
        .settings = settings,
        .link = &settings->links[0],
        .network = &settings->networks[0],
        .link_index = 3,
        .key = &key,
    };
    return parser;
}

bool message_parse(const struct parser *parser, const uint8_t *bytes, size_t length,
    struct message *ret, struct parse_counts *counts)
{
    struct plans *plans = plans_new();
    const struct parse_counts counts_before = *counts;
    const struct message before = *ret;
    bool fine = message_from_bytes(parser, plans, bytes, length, ret, counts);
    for (int i = 0; i < 2; i++) { // by the steps of its plan, by its stencil
        struct parse_counts again_counts = counts_before;
        struct message again = before;
        if (message_from_bytes(parser, plans, bytes, length, &again, &again_counts) != fine ||
            memcmp(counts, &again_counts, sizeof(again_counts)) != 0 ||
            (fine && memcmp(ret, &again, sizeof(again)) != 0)) {
            fprintf(stderr, "a message of a known shape parses to something else\n");
            abort();
        }
    }
    plans_free(plans);
    return fine;
}
