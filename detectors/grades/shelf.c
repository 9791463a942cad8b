#include "detectors/grades/shelf.h"

#include "config/memory.h"

#include <stdlib.h>
#include <string.h>

static bool book_add(struct shelf *shelf, const char *path, struct mistakes *mistakes)
{
    struct rulebook *book = rulebook_read(path, mistakes);
    if (book == NULL) {
        return false;
    }
    shelf->read[shelf->read_count++] = book;
    if (book->verified) {
        shelf->judging[shelf->count++] = book;
    } else {
        shelf->not_covered[shelf->not_covered_count++] = book;
    }
    return true;
}

static bool books_read(
    struct shelf *shelf, const struct settings *settings, struct mistakes *mistakes)
{
    const struct grades_settings *grades = &settings->grades;
    bool good = true;
    for (size_t i = 0; i < grades->rulebook_count; i++) {
        char *path = settings_path(settings, grades->rulebook_paths[i]);
        good &= book_add(shelf, path, mistakes);
        if (good && i == 0 && shelf->count == 0) {
            mistake_at(mistakes, &shelf->read[0]->verified,
                "the first rule book grades the incident: it must be verified");
            good = false;
        }
        free(path);
    }
    return good;
}

// Each network that the overlay is for has its base by it from here on.
static bool overlay_apply(struct shelf *shelf, const struct settings *settings,
    const struct overlay *overlay, struct mistakes *mistakes)
{
    bool good = true, found = false;
    for (size_t i = 0; i < shelf->count; i++) {
        if (strcmp(shelf->judging[i]->id, overlay->base) != 0) {
            continue;
        }
        found = true;
        for (size_t n = 0; n < settings->network_count && good; n++) {
            const struct rulebook **book = &shelf->of_network[n * shelf->count + i];
            if (overlay_concerns(overlay, &settings->networks[n])) {
                struct rulebook *merged = overlay_merge(*book, overlay, mistakes);
                good = merged != NULL;
                if (good) {
                    shelf->merged[shelf->merged_count++] = merged;
                    *book = merged;
                }
            }
        }
    }
    if (!found) {
        mistake_at(mistakes, &overlay->base, "no rule book \"%.80s\" judges", overlay->base);
    }
    return good && found;
}

static bool overlays_read(
    struct shelf *shelf, const struct settings *settings, struct mistakes *mistakes)
{
    const struct grades_settings *grades = &settings->grades;
    bool good = true;
    for (size_t i = 0; i < grades->overlay_count; i++) {
        char *path = settings_path(settings, grades->overlay_paths[i]);
        struct overlay *overlay = overlay_read(path, settings, mistakes);
        free(path);
        good &= overlay != NULL;
        if (overlay != NULL) {
            shelf->overlays[shelf->overlay_count++] = overlay;
            good &= overlay_apply(shelf, settings, overlay, mistakes);
        }
    }
    return good;
}

struct shelf *shelf_read(const struct settings *settings, struct mistakes *mistakes)
{
    size_t books = settings->grades.rulebook_count, overlays = settings->grades.overlay_count;
    struct shelf *shelf = memory_zeroed(1, sizeof(*shelf));
    shelf->read = memory_zeroed(books + 1, sizeof(struct rulebook *));
    shelf->judging = memory_zeroed(books + 1, sizeof(struct rulebook *));
    shelf->not_covered = memory_zeroed(books + 1, sizeof(struct rulebook *));
    shelf->overlays = memory_zeroed(overlays + 1, sizeof(struct overlay *));
    bool good = books_read(shelf, settings, mistakes);
    size_t count = settings->network_count * shelf->count;
    shelf->of_network = memory_zeroed(count + 1, sizeof(struct rulebook *));
    shelf->merged = memory_zeroed(count * overlays + 1, sizeof(struct rulebook *));
    for (size_t i = 0; i < count; i++) {
        shelf->of_network[i] = shelf->judging[i % shelf->count];
    }
    if (!overlays_read(shelf, settings, mistakes) || !good) {
        shelf_free(shelf);
        return NULL;
    }
    return shelf;
}

struct shelf *shelf_free(struct shelf *shelf)
{
    struct shelf *older = shelf->older;
    for (size_t i = 0; i < shelf->merged_count; i++) {
        overlay_merged_free(shelf->merged[i]);
    }
    for (size_t i = 0; i < shelf->overlay_count; i++) {
        overlay_free(shelf->overlays[i]);
    }
    for (size_t i = 0; i < shelf->read_count; i++) {
        rulebook_free(shelf->read[i]);
    }
    free(shelf->merged);
    free(shelf->of_network);
    free(shelf->overlays);
    free(shelf->read);
    free(shelf->judging);
    free(shelf->not_covered);
    free(shelf);
    return older;
}

static void on_difference(void *context, const char *key, bool live)
{
    (void)key, (void)live;
    *(bool *)context = true;
}

bool shelf_is_same(const struct shelf *one, const struct shelf *other)
{
    bool differs =
        one->read_count != other->read_count || one->overlay_count != other->overlay_count;
    for (size_t i = 0; !differs && i < one->read_count; i++) {
        yaml_compare(&rulebook_schema, one->read[i], other->read[i], on_difference, &differs);
    }
    for (size_t i = 0; !differs && i < one->overlay_count; i++) {
        yaml_compare(
            &overlay_schema, one->overlays[i], other->overlays[i], on_difference, &differs);
    }
    return !differs;
}

const struct rulebook *shelf_book(const struct shelf *shelf, size_t network, size_t i)
{
    return shelf->of_network[network * shelf->count + i];
}
