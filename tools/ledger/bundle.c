// The verdict bundle of an incident: everything that its verdict came from, so that
// `tapgrade replay --start-at counters` on it gives the same verdict. The settings with every file
// that they name, under names that lead nowhere else; what was known of normal business; and the
// counters of every second from the journal's keep before the incident to an hour behind its end.
// Not the key of the account hashes, no secret, and nothing of brokers.
#include "tools/ledger/bundle.h"

#include "config/log.h"
#include "config/memory.h"

#include "detectors/journal/journal.h"
#include "detectors/normals/store.h"

#include "tools/inputs.h"
#include "tools/ledger/scope.h"

#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AFTER_S       S_PER_HOUR // of its end
#define NAME_MAX_SIZE 512
#define INTO          "verdict/"

// A file of the settings and its name in the bundle: its own, so that those which name each other
// without a folder still do; with a number in front when another one has that.
struct member {
    char *path, *name;
};

struct bundle {
    struct folder *folder;
    const struct settings *settings;
    struct member *members;
    size_t count, capacity;
};

static bool name_is_taken(const struct bundle *bundle, const char *name)
{
    for (size_t i = 0; i < bundle->count; i++) {
        if (strcmp(bundle->members[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static void bundle_copy(const struct bundle *bundle, const char *name, const char *path)
{
    char into[NAME_MAX_SIZE + sizeof(INTO)];
    snprintf(into, sizeof(into), INTO "%s", name);
    if (!folder_copy(bundle->folder, into, path)) {
        log_warning("'%s' cannot be read and is not in the export", path);
    }
}

// The name of the file in the bundle, where it is from now on.
static const char *member_name(struct bundle *bundle, const char *path)
{
    char *real = realpath(path, NULL), name[NAME_MAX_SIZE];
    char *copy = memory_text(real != NULL ? real : path);
    for (size_t i = 0; i < bundle->count; i++) {
        if (strcmp(bundle->members[i].path, copy) == 0) {
            free(real);
            free(copy);
            return bundle->members[i].name;
        }
    }
    char *whole = memory_text(copy);
    snprintf(name, sizeof(name), "%s", basename(copy));
    for (int number = 2; name_is_taken(bundle, name); number++) {
        char *again = memory_text(whole);
        snprintf(name, sizeof(name), "%d-%s", number, basename(again));
        free(again);
    }
    bundle_copy(bundle, name, whole);
    bundle->members =
        memory_grow(bundle->members, bundle->count, &bundle->capacity, sizeof(*bundle->members));
    bundle->members[bundle->count] = (struct member){whole, memory_text(name)};
    free(real);
    free(copy);
    return bundle->members[bundle->count++].name;
}

static void text_set(char **text, const char *value)
{
    free(*text);
    *text = memory_text(value);
}

static void path_move(void *context, char **path)
{
    struct bundle *bundle = context;
    if (*path != NULL && **path != '\0') {
        char *resolved = settings_path(bundle->settings, *path);
        text_set(path, member_name(bundle, resolved));
        free(resolved);
    }
}

// Dialects name others of their folder.
static void rest_move(
    struct bundle *bundle, const char *settings_path, const struct mistakes *mistakes)
{
    size_t count;
    const char *const *files = mistakes_files(mistakes, &count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(files[i], settings_path) != 0) {
            (void)member_name(bundle, files[i]);
        }
    }
}

// What no verdict depends on, and what is nobody else's business.
static void secrets_leave(struct settings *settings)
{
    struct kafka_security_settings *security = &settings->kafka.security;
    char **const texts[] = {&security->authorities, &security->certificate, &security->key,
        &security->key_password, &security->user, &security->password,
        &settings->kafka.second_sink.target, &settings->kafka.second_sink.token,
        &settings->transactions.account_key_path, &settings->evidence.recipient_path,
        &settings->calls.target, &settings->calls.token, &settings->calls.authorities};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        text_set(texts[i], "");
    }
    for (size_t i = 0; i < settings->calls.roster_count; i++) {
        text_set(&settings->calls.roster[i].to, ""); // numbers of people
    }
    settings->calls.kind = CALLS_NONE;
    settings->kafka.enabled = false;
    text_set(&settings->kafka.brokers, "");
    security->protocol = KAFKA_PLAINTEXT;
    settings->kafka.second_sink.kind = SECOND_SINK_NONE;
    settings->evidence.ring_bytes = 0;
    settings->evidence.payload = false;
    settings->journal.bytes = 0;
    text_set(&settings->ledger.folder, "replay");
}

static void settings_put(struct bundle *bundle, const struct settings *settings)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = memory_stream(&text, &size);
    yaml_print(out, &settings_schema, settings, false);
    fclose(out);
    folder_put(bundle->folder, INTO "settings.yaml", text, size);
    free(text);
}

static bool counters_put(
    struct bundle *bundle, const char *journal, struct span span, int institution)
{
    char *text = NULL, error[1024];
    size_t size = 0, ticks = 0;
    FILE *out = memory_stream(&text, &size);
    struct counters counters;
    struct journal_reader *reader = journal_read(journal, bundle->settings);
    int got;
    while (reader != NULL && (got = journal_next(reader, &counters, error, sizeof(error))) != 0) {
        if (got < 0) {
            log_warning("%s", error);
            continue;
        }
        if (counters.tick.ns >= span.from.ns && counters.tick.ns <= span.to.ns) {
            if (institution >= 0) {
                scope_counters(bundle->settings, (uint16_t)institution, &counters);
            }
            counters_print(out, bundle->settings, &counters);
            ticks++;
        }
        counters_free(&counters);
    }
    journal_read_end(reader);
    fclose(out);
    if (ticks > 0) {
        folder_put(bundle->folder, INTO "counters.jsonl", text, size);
    }
    free(text);
    return ticks > 0;
}

static void normals_put(struct bundle *bundle, struct settings *settings, const char *journal,
    struct span span, bool scoped)
{
    char *path = journal_snapshot_of(journal, span.from);
    char *store = normals_store_path(settings);
    if (path == NULL && store != NULL && normals_store_exists(store)) {
        path = memory_text(store);
        log_warning("what was normal then is not kept: the export has what is normal now");
    }
    if (path != NULL) {
        char name[4608];
        snprintf(name, sizeof(name), "%s.bundle", path);
        // As one file, whole, also while a run writes it.
        bool copied = snapshot_take(path, name);
        if (scoped && !(copied && scope_normals(settings, name))) {
            log_warning("what was normal cannot be told apart from other institutions': it is not "
                        "in the export");
        } else {
            bundle_copy(bundle, "normals.sqlite", copied ? name : path);
        }
        if (copied) {
            remove(name);
        }
    }
    text_set(&settings->normals.store_path, path == NULL ? "" : "../normals.sqlite");
    free(store);
    free(path);
}

static struct span incident_span(const struct settings *settings, const json_t *incident)
{
    const char *first = json_string_value(json_object_get(incident, "first_suspected"));
    const char *ended = json_string_value(json_object_get(incident, "ended_at"));
    struct span span = {{INT64_MIN}, INSTANT_NEVER};
    if (first != NULL && instant_parse(first, &span.from)) {
        span.from = instant_add(span.from, -settings->journal.keep_ns);
    }
    if (ended != NULL && instant_parse(ended, &span.to)) {
        span.to = instant_add(span.to, AFTER_S * NS_PER_S);
    }
    return span;
}

// Whose incident it is, of several; -1: there is one only. What an export may hold is its alone.
static int institution_of_incident(const struct settings *settings, const json_t *incident)
{
    const char *id = json_string_value(json_object_get(incident, "network"));
    for (size_t i = 0; id != NULL && i < settings->network_count; i++) {
        if (settings->institution_count > 1 && strcmp(settings->networks[i].id, id) == 0) {
            return settings->networks[i].institution;
        }
    }
    return -1;
}

static void bundle_done(struct bundle *bundle)
{
    for (size_t i = 0; i < bundle->count; i++) {
        free(bundle->members[i].path);
        free(bundle->members[i].name);
    }
    free(bundle->members);
}

static void files_put(struct bundle *bundle, struct settings *settings, const char *settings_path,
    const struct mistakes *mistakes)
{
    inputs_each_path(settings, path_move, bundle);
    rest_move(bundle, settings_path, mistakes);
    text_set(&settings->drafts.templates, "."); // they are files that were read, too
    secrets_leave(settings);
    settings_put(bundle, settings);
}

static void rest_put(struct bundle *bundle, const char *settings_path, const char *journal,
    struct span span, bool scoped)
{
    struct mistakes *mistakes = mistakes_new();
    struct settings *settings = inputs_check(settings_path, mistakes);
    if (settings != NULL) {
        bundle->settings = settings;
        normals_put(bundle, settings, journal, span, scoped);
        files_put(bundle, settings, settings_path, mistakes);
    } else {
        mistakes_print(mistakes, stderr);
    }
    settings_free(settings);
    mistakes_free(mistakes);
}

void bundle_put(
    struct folder *folder, const char *settings_path, const char *journal, const json_t *incident)
{
    struct mistakes *mistakes = mistakes_new();
    struct settings *settings = inputs_check(settings_path, mistakes);
    struct bundle bundle = {.folder = folder, .settings = settings};
    char scoped[4352], error[512];
    mistakes_free(mistakes);
    if (settings == NULL) {
        return;
    }
    struct span span = incident_span(settings, incident);
    int institution = institution_of_incident(settings, incident);
    if (!counters_put(&bundle, journal, span, institution)) { // by names that still are the same
        log_warning("the journal does not reach back to this incident: the export has no counters");
    }
    if (institution < 0) {
        rest_put(&bundle, settings_path, journal, span, false);
    } else if (scope_settings(
                   settings, (uint16_t)institution, scoped, sizeof(scoped), error, sizeof(error))) {
        rest_put(&bundle, scoped, journal, span, true);
        remove(scoped);
    } else {
        log_warning("%s: the export has no settings", error);
    }
    bundle_done(&bundle);
    settings_free(settings);
}
