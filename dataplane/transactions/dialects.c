#include "dataplane/transactions/dialects.h"

#include "dataplane/transactions/transactions.h"

#include <stdlib.h>
#include <string.h>

// A message that comes in pieces is kept until it is whole: one that `held_bytes` has no room for
// would be bad bytes whenever it does, and parsed whenever it does not.
static bool held_check(
    const struct settings *settings, const struct dialect *dialect, struct mistakes *mistakes)
{
    const struct framing *framing = &dialect->framing;
    int64_t longest = framing->longest + framing->skip_before + framing->length_bytes +
                      framing->skip_after + framing->trailer + framing->ends_with_etx;
    bool fits = longest <= settings->transactions.held_bytes;
    if (!fits) {
        mistake_at(mistakes, &settings->transactions.held_bytes,
            "held_bytes must not be less than the longest message of dialect \"%s\", %lld bytes "
            "with its framing, found %lld",
            dialect->name, (long long)longest, (long long)settings->transactions.held_bytes);
    }
    return fits;
}

struct dialect *dialect_of_link(
    const struct settings *settings, const struct link_settings *link, struct mistakes *mistakes)
{
    char *path = settings_path(settings, link->dialect_path);
    struct dialect *dialect = path == NULL ? NULL : dialect_read(path, mistakes);
    free(path);
    if (dialect != NULL && !held_check(settings, dialect, mistakes)) {
        dialect_free(dialect);
        return NULL;
    }
    return dialect;
}

// A file that several links name is read once. NULL after mistakes.
static const struct dialect *dialect_of(struct dialects *dialects, const struct settings *settings,
    const struct link_settings *link, struct mistakes *mistakes)
{
    char *path = settings_path(settings, link->dialect_path);
    const struct dialect *found = NULL;
    for (size_t i = 0; path != NULL && i < dialects->read_count && found == NULL; i++) {
        if (dialects->read[i]->path != NULL && strcmp(dialects->read[i]->path, path) == 0) {
            found = dialects->read[i];
        }
    }
    if (path != NULL && found == NULL) {
        struct dialect *made = dialect_of_link(settings, link, mistakes);
        if (made != NULL) {
            dialects->read[dialects->read_count++] = made;
        }
        found = made;
    }
    free(path);
    return found;
}

static bool key_of(
    struct dialects *dialects, const struct settings *settings, struct mistakes *mistakes)
{
    const char *given = settings->transactions.account_key_path;
    if (given == NULL || given[0] == '\0') {
        return account_key_read("", &dialects->key, mistakes);
    }
    char *path = settings_path(settings, given);
    bool ok = path != NULL && account_key_read(path, &dialects->key, mistakes);
    free(path);
    return ok;
}

static bool parsers_make(
    struct dialects *dialects, const struct settings *settings, struct mistakes *mistakes)
{
    bool ok = key_of(dialects, settings, mistakes);
    for (size_t i = 0; i < settings->link_count; i++) {
        const struct link_settings *link = &settings->links[i];
        struct parser *parser = &dialects->parsers[i];
        parser->dialect = dialect_of(dialects, settings, link, mistakes);
        parser->settings = settings;
        parser->link = link;
        parser->network = &settings->networks[link->network];
        parser->link_index = (uint16_t)i;
        parser->key = &dialects->key;
        parser->seen_codes =
            calloc(link->province_source_count + 1, sizeof(*parser->seen_codes)); // or none
        ok = ok && parser->dialect != NULL;
    }
    return ok;
}

struct dialects *dialects_new(const struct settings *settings, struct mistakes *mistakes)
{
    struct dialects *dialects = calloc(1, sizeof(*dialects));
    if (dialects == NULL) {
        return NULL;
    }
    dialects->parsers = calloc(settings->link_count + 1, sizeof(*dialects->parsers));
    dialects->read = calloc(settings->link_count + 1, sizeof(struct dialect *));
    dialects->parser_count = settings->link_count;
    if (dialects->parsers == NULL || dialects->read == NULL ||
        !parsers_make(dialects, settings, mistakes)) {
        dialects_free(dialects);
        return NULL;
    }
    return dialects;
}

void dialects_free(struct dialects *dialects)
{
    if (dialects == NULL) {
        return;
    }
    for (size_t i = 0; i < dialects->read_count; i++) {
        dialect_free(dialects->read[i]);
    }
    for (size_t i = 0; dialects->parsers != NULL && i < dialects->parser_count; i++) {
        free(dialects->parsers[i].seen_codes);
    }
    account_key_done(&dialects->key);
    free(dialects->parsers);
    free(dialects->read);
    free(dialects);
}

size_t dialects_misfits(const struct dialects *dialects, struct region_misfit *ret, size_t most)
{
    size_t count = 0;
    for (size_t i = 0; i < dialects->parser_count; i++) {
        const struct parser *parser = &dialects->parsers[i];
        const struct link_settings *link = parser->link;
        for (size_t s = 0; parser->seen_codes != NULL && s < link->province_source_count; s++) {
            const struct province_source *source = &link->province_sources[s];
            if (count < most && region_codes_judge(&parser->seen_codes[s],
                                    &parser->settings->regions, source->codes, &ret[count])) {
                ret[count].link = (uint16_t)i;
                ret[count++].field = source->field;
            }
        }
    }
    return count;
}
