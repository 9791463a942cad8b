#include "tools/inputs.h"

#include "config/memory.h"
#include "config/secret.h"

#include "dataplane/transactions/dialects.h"

#include "detectors/drafts/drafts.h"
#include "detectors/grades/grades.h"
#include "detectors/normals/normals.h"

#include <xxhash.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void check_dialects(const struct settings *settings, struct mistakes *mistakes)
{
    for (size_t i = 0; i < settings->link_count; i++) {
        dialect_free(dialect_of_link(settings, &settings->links[i], mistakes));
    }
}

struct settings *inputs_check(const char *path, struct mistakes *mistakes)
{
    struct settings *settings = settings_read(path, mistakes);
    if (settings == NULL) {
        return NULL;
    }
    check_dialects(settings, mistakes);
    grades_free(grades_new(settings, mistakes));
    normals_free(normals_new(settings, mistakes));
    drafts_free(drafts_new(settings, mistakes));
    return settings;
}

void inputs_check_secrets(const struct settings *settings, struct mistakes *mistakes)
{
    const struct calls_settings *calls = &settings->calls;
    char error[512];
    if (calls->kind != CALLS_WEBHOOK) {
        return;
    }
    if (calls->token[0] != '\0' && !secret_check(calls->token, error, sizeof(error))) {
        mistake_at(mistakes, &calls->token, "token: %s", error);
    }
    if (calls->authorities[0] != '\0' && access(calls->authorities, R_OK) != 0) {
        mistake_at(mistakes, &calls->authorities, "authorities: '%s' cannot be read: %s",
            calls->authorities, strerror(errno));
    }
}

int64_t inputs_missing_year(const struct settings *settings)
{
    return calendar_missing_year(&settings->calendars.calendar, date_of_second(time(NULL)));
}

static bool is_input(const char *path)
{
    return strcmp(path, "-") == 0;
}

static bool is_file(const char *path)
{
    struct stat found;
    return !is_input(path) && (stat(path, &found) != 0 || S_ISREG(found.st_mode));
}

bool inputs_are_files(char *const captures[], size_t count, char *error, size_t error_size)
{
    for (size_t i = 0; i < count; i++) {
        if (!is_file(captures[i])) {
            snprintf(error, error_size,
                "'%s' is no file: a verdict is named by a digest of its captures, which are read "
                "twice for it",
                captures[i]);
            return false;
        }
    }
    return true;
}

static bool copy(FILE *from, FILE *to)
{
    char buffer[1 << 16];
    size_t got;
    while ((got = fread(buffer, 1, sizeof(buffer), from)) > 0) {
        if (fwrite(buffer, 1, got, to) != got) {
            return false;
        }
    }
    return !ferror(from) && fflush(to) == 0;
}

bool inputs_spool(char **ret_path, FILE **ret_spool, char *error, size_t error_size)
{
    static char name[32];
    *ret_spool = NULL;
    if (is_file(*ret_path)) {
        return true;
    }
    FILE *from = is_input(*ret_path) ? stdin : fopen(*ret_path, "re"), *spool = tmpfile();
    if (from == NULL || spool == NULL || !copy(from, spool)) {
        snprintf(error, error_size, "%s: %s", *ret_path, strerror(errno));
    } else {
        snprintf(name, sizeof(name), "/proc/self/fd/%d", fileno(spool));
        *ret_path = name;
        *ret_spool = spool;
    }
    if (from != NULL && from != stdin) {
        fclose(from);
    }
    if (spool != NULL && *ret_spool == NULL) {
        fclose(spool);
    }
    return *ret_spool != NULL;
}

static void digest_format(XXH128_hash_t hash, char *text, size_t size)
{
    snprintf(text, size, "%016llx%016llx", (unsigned long long)hash.high64,
        (unsigned long long)hash.low64);
}

bool input_digest(const char *path, char text[static SOURCE_TEXT_MAX])
{
    char buffer[1 << 14];
    size_t got;
    XXH3_state_t *state = XXH3_createState();
    FILE *in = fopen(path, "re");
    if (state == NULL) {
        abort(); // out of memory
    }
    XXH3_128bits_reset(state);
    while (in != NULL && (got = fread(buffer, 1, sizeof(buffer), in)) > 0) {
        XXH3_128bits_update(state, buffer, got);
    }
    bool good = in != NULL && !ferror(in);
    if (in != NULL) {
        fclose(in);
    }
    digest_format(XXH3_128bits_digest(state), text, SOURCE_TEXT_MAX);
    XXH3_freeState(state);
    return good;
}

struct source_digest {
    pthread_t thread;
    bool started;        // and not waited for
    atomic_bool stopped; // nobody will wait
    char **paths;
    size_t count;
    char *settings_text;
    size_t settings_length;
    XXH3_state_t *state;
    char failed[512]; // a sentence, or empty
};

static void add_path(struct source_digest *digest, char *path)
{
    digest->paths = realloc(digest->paths, (digest->count + 1) * sizeof(*digest->paths));
    if (digest->paths == NULL || path == NULL) {
        abort(); // out of memory at start
    }
    digest->paths[digest->count++] = path;
}

void inputs_each_path(
    struct settings *settings, void (*each)(void *context, char **path), void *context)
{
    for (size_t i = 0; i < settings->network_count; i++) {
        each(context, &settings->networks[i].functions_path);
        each(context, &settings->networks[i].response_codes_path);
        each(context, &settings->networks[i].units_path);
        each(context, &settings->networks[i].holders_path);
        each(context, &settings->networks[i].merchants_path);
        each(context, &settings->networks[i].normals_path);
    }
    for (size_t i = 0; i < settings->link_count; i++) {
        each(context, &settings->links[i].dialect_path);
        each(context, &settings->links[i].province_overrides_path);
        each(context, &settings->links[i].counterparties_path);
    }
    for (size_t i = 0; i < settings->grades.rulebook_count; i++) {
        each(context, &settings->grades.rulebook_paths[i]);
    }
    for (size_t i = 0; i < settings->grades.overlay_count; i++) {
        each(context, &settings->grades.overlay_paths[i]);
    }
    for (size_t i = 0; i < settings->calendars.year_count; i++) {
        each(context, &settings->calendars.year_paths[i]);
    }
    each(context, &settings->calendars.bank_days_path);
    each(context, &settings->drafts.classification_path);
    each(context, &settings->regions_path);
}

struct digest_paths {
    struct source_digest *digest;
    const struct settings *settings;
};

static void add_setting(void *context, char **path)
{
    const struct digest_paths *paths = context;
    if (*path != NULL && **path != '\0') {
        add_path(paths->digest, settings_path(paths->settings, *path));
    }
}

static void add_paths(struct source_digest *digest, const struct settings *settings)
{
    struct digest_paths paths = {digest, settings};
    inputs_each_path((struct settings *)(uintptr_t)settings, add_setting, &paths);
}

// The settings as text, without what no verdict depends on.
static void add_settings_text(struct source_digest *digest, const struct settings *settings)
{
    struct settings verdict = *settings;
    char nothing[] = "";
    verdict.kafka = (struct kafka_settings){.brokers = nothing, .topic_prefix = nothing};
    verdict.ledger = (struct ledger_settings){.folder = nothing};
    verdict.calls =
        (struct calls_settings){.target = nothing, .token = nothing, .authorities = nothing};
    verdict.journal = (struct journal_settings){0};
    verdict.evidence = (struct evidence_settings){.recipient_path = nothing};
    verdict.normals.store_path = nothing; // what it holds counts
    FILE *out = memory_stream(&digest->settings_text, &digest->settings_length);
    yaml_print(out, &settings_schema, &verdict, false);
    fclose(out);
}

// The length closes each part, so that bytes cannot move from one file to the next unnoticed.
static bool hash_file(struct source_digest *digest, const char *path, uint8_t *buffer, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : 0;
    uint64_t total = 0;
    while (fd >= 0 && !digest->stopped && (got = read(fd, buffer, size)) > 0) {
        XXH3_128bits_update(digest->state, buffer, (size_t)got);
        total += (uint64_t)got;
    }
    if (got < 0) {
        snprintf(digest->failed, sizeof(digest->failed), "%s: %s", path, strerror(errno));
    }
    if (fd >= 0) {
        close(fd);
    }
    XXH3_128bits_update(digest->state, &total, sizeof(total));
    return got == 0;
}

static void *hash_all(void *context)
{
    struct source_digest *digest = context;
    size_t size = 1 << 18; // stays in the second-level cache
    uint8_t *buffer = malloc(size);
    if (buffer == NULL) {
        abort();
    }
    XXH3_128bits_update(digest->state, digest->settings_text, digest->settings_length);
    for (size_t i = 0; i < digest->count && hash_file(digest, digest->paths[i], buffer, size);
         i++) {
    }
    free(buffer);
    return NULL;
}

struct source_digest *source_digest_start(
    const struct settings *settings, char *const captures[], size_t count)
{
    struct source_digest *digest = calloc(1, sizeof(*digest));
    if (digest == NULL || (digest->state = XXH3_createState()) == NULL) {
        abort();
    }
    XXH3_128bits_reset(digest->state);
    add_settings_text(digest, settings);
    for (size_t i = 0; i < count; i++) {
        add_path(digest, strdup(captures[i]));
    }
    add_paths(digest, settings);
    digest->started = pthread_create(&digest->thread, NULL, hash_all, digest) == 0;
    if (!digest->started) {
        hash_all(digest);
    }
    return digest;
}

static void digest_join(struct source_digest *digest)
{
    if (digest->started) {
        pthread_join(digest->thread, NULL);
        digest->started = false;
    }
}

bool source_digest_wait(
    struct source_digest *digest, const char *normals, char *text, size_t text_size)
{
    digest_join(digest);
    XXH3_128bits_update(digest->state, normals, strlen(normals));
    if (digest->failed[0] != '\0') {
        snprintf(text, text_size, "%s", digest->failed);
        return false;
    }
    digest_format(XXH3_128bits_digest(digest->state), text, text_size);
    return true;
}

bool source_with_facts(
    const char *source, const char *facts_path, char text[static SOURCE_TEXT_MAX])
{
    char both[2 * SOURCE_TEXT_MAX], facts[SOURCE_TEXT_MAX] = "";
    if (facts_path == NULL) {
        snprintf(text, SOURCE_TEXT_MAX, "%s", source);
        return true;
    }
    bool read = input_digest(facts_path, facts);
    int length = snprintf(both, sizeof(both), "%s%s", source, facts);
    digest_format(XXH3_128bits(both, (size_t)length), text, SOURCE_TEXT_MAX);
    return read;
}

void source_digest_free(struct source_digest *digest)
{
    if (digest == NULL) {
        return;
    }
    digest->stopped = true;
    digest_join(digest);
    for (size_t i = 0; i < digest->count; i++) {
        free(digest->paths[i]);
    }
    free(digest->paths);
    free(digest->settings_text);
    XXH3_freeState(digest->state);
    free(digest);
}
