// Any bytes as a file of facts: what is accepted prints as what reads back the same, under the same
// id.
#include "detectors/facts/facts.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/pairing/rig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_again(const struct settings *settings, const struct fact *fact)
{
    struct fact again;
    char error[512], text[FACT_TEXT_MAX];
    json_t *json = fact_json(settings, fact);
    char *line = json_dumps(json, JSON_COMPACT);
    if (line == NULL || !fact_read(line, settings, &again, error, sizeof(error)) ||
        strcmp(again.id, fact->id) != 0 || strlen(fact_chinese(&again, text)) == 0) {
        abort();
    }
    json_t *shown = fact_shown_json(&again);
    if (json_object_get(shown, "by") != NULL || json_object_get(shown, "why") != NULL ||
        json_object_get(shown, "contact") != NULL || json_object_get(shown, "value") != NULL) {
        abort();
    }
    json_decref(shown);
    json_decref(json);
    free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct settings *settings;
    struct fact fact;
    char error[512];
    size_t line = 0;
    settings = settings == NULL ? rig_settings(16) : settings;
    FILE *in = size == 0 ? NULL : fmemopen((void *)(uintptr_t)data, size, "r");
    while (in != NULL && fact_scan(in, settings, &line, &fact, error, sizeof(error)) == 1) {
        check_again(settings, &fact);
    }
    if (in != NULL) {
        fclose(in);
    }
    return 0;
}
