// A draft for every duty that began, became firm, or whose incident rose: each is a version of its
// own, with the duty's sequence number in its id. A network whose affairs are state secrets
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
    drafts->drafts =
        memory_grow(drafts->drafts, drafts->count, &drafts->capacity, sizeof(*drafts->drafts));
    struct draft *draft = &drafts->drafts[drafts->count++];
    *draft = (struct draft){.duty = duty};
    snprintf(draft->id, sizeof(draft->id), "%s/%s/%u", duty->subject, duty->key, duty->sequence);
    draft->document = brief_json(settings, draft->id, duty);
    draft->text = brief_text(settings, draft->id, duty);
}

// The brief, when it begins or what it says changes. Reminders and persons' moves need no draft.
static bool is_drafted(const struct duty *duty)
{
    bool brief = duty->kind == DUTY_BRIEF || duty->kind == DUTY_BRIEF_ATTENTION;
    return brief && (duty->event == DUTY_BEGAN || duty->event == DUTY_CHANGED);
}

size_t drafts_from_duties(struct drafts *drafts, const struct duty *duties, size_t count,
    struct instant tick, const struct draft **ret)
{
    (void)tick; // the incident carries it as `at`
    drafts_drop(drafts);
    for (size_t i = 0; i < count; i++) {
        uint16_t network = duties[i].network;
        if (!is_drafted(&duties[i])) {
            continue;
        }
        if (drafts->settings->networks[network].secrecy == SECRECY_STATE) {
            log_warning(
                "incident %s: handle offline, no draft is written (art. 18)", duties[i].subject);
        } else {
            draft_add(drafts, &duties[i]);
        }
    }
    *ret = drafts->drafts;
    return drafts->count;
}
