#include "detectors/grades/shelf.h"

#include "config/memory.h"

#include <stdlib.h>

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

struct shelf *shelf_read(const struct settings *settings, struct mistakes *mistakes)
{
    const struct grades_settings *grades = &settings->grades;
    struct shelf *shelf = memory_zeroed(1, sizeof(*shelf));
    bool good = true;
    shelf->read = memory_zeroed(grades->rulebook_count + 1, sizeof(struct rulebook *));
    shelf->judging = memory_zeroed(grades->rulebook_count + 1, sizeof(struct rulebook *));
    shelf->not_covered = memory_zeroed(grades->rulebook_count + 1, sizeof(struct rulebook *));
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
    if (!good) {
        shelf_free(shelf);
        return NULL;
    }
    return shelf;
}

struct shelf *shelf_free(struct shelf *shelf)
{
    struct shelf *older = shelf->older;
    for (size_t i = 0; i < shelf->read_count; i++) {
        rulebook_free(shelf->read[i]);
    }
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
    bool differs = one->read_count != other->read_count;
    for (size_t i = 0; !differs && i < one->read_count; i++) {
        yaml_compare(&rulebook_schema, one->read[i], other->read[i], on_difference, &differs);
    }
    return !differs;
}

const struct rulebook *shelf_book(const struct shelf *shelf, size_t network, size_t i)
{
    (void)network;
    return shelf->judging[i];
}
