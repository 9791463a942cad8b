// A draft for every duty that began, became firm, or whose incident rose: each is a version of its
// own, with the incident's sequence number in its id. A network whose affairs are state secrets
// gets none (art. 2, 18): the log says that it must be handled offline, and nothing more.
#include "config/log.h"
#include "config/memory.h"

#include "detectors/drafts/brief.h"
#include "detectors/drafts/drafts.h"

#include <stdio.h>
#include <stdlib.h>

struct drafts {
    const struct settings *settings;
    struct draft *drafts; // of this tick
    size_t count, capacity;
};

struct drafts *drafts_new(const struct settings *settings)
{
    struct drafts *drafts = memory_zeroed(1, sizeof(*drafts));
    drafts->settings = settings;
    return drafts;
}

static void drafts_drop(struct drafts *drafts)
{
    for (size_t i = 0; i < drafts->count; i++) {
        json_decref(drafts->drafts[i].document);
        free(drafts->drafts[i].text);
    }
    drafts->count = 0;
}

void drafts_free(struct drafts *drafts)
{
    if (drafts != NULL) {
        drafts_drop(drafts);
        free(drafts->drafts);
        free(drafts);
    }
}

static void draft_add(struct drafts *drafts, const struct duty *duty)
{
    const struct settings *settings = drafts->settings;
    const struct incident *incident = duty->incident;
    drafts->drafts =
        memory_grow(drafts->drafts, drafts->count, &drafts->capacity, sizeof(*drafts->drafts));
    struct draft *draft = &drafts->drafts[drafts->count++];
    *draft = (struct draft){.duty = duty};
    snprintf(draft->id, sizeof(draft->id), "%s/%s/%u", incident->id, duty_keys[duty->kind],
        incident->sequence);
    draft->document = brief_json(settings, draft->id, duty);
    draft->text = brief_text(settings, draft->id, duty);
}

size_t drafts_from_duties(struct drafts *drafts, const struct duty *duties, size_t count,
    struct instant tick, const struct draft **ret)
{
    (void)tick; // the incident carries it as `at`
    drafts_drop(drafts);
    for (size_t i = 0; i < count; i++) {
        uint16_t network = duties[i].incident->network;
        if (drafts->settings->networks[network].secrecy == SECRECY_STATE) {
            log_warning("incident %s: handle offline, no draft is written (art. 18)",
                duties[i].incident->id);
        } else {
            draft_add(drafts, &duties[i]);
        }
    }
    *ret = drafts->drafts;
    return drafts->count;
}
