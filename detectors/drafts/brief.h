// The brief 事发简要报告 of art. 19(1): its items, and its two forms.
#pragma once

#include "detectors/drafts/drafts.h"

enum brief_item {
    ITEM_GRADE,
    ITEM_ONSET,
    ITEM_CLASSIFICATION,
    ITEM_NETWORK,
    ITEM_MLPS,
    ITEM_SITES,
    ITEM_INSTITUTION,
    ITEM_REPORTED_AT,
    ITEM_REPORTER,
    ITEM_CONTACT,
    BRIEF_ITEMS,
};

enum item_state { ITEM_FILLED, ITEM_CONFIRM, ITEM_MISSING };

struct item {
    const char *name;      // in the words of art. 19
    const char *key;       // in JSON
    const char *filled_by; // machine, settings, person
    enum item_state state;
    char value[512]; // empty when missing
};

void brief_items(
    const struct settings *settings, const struct duty *duty, struct item ret[static BRIEF_ITEMS]);
// brief_json.c: a new reference.
json_t *brief_json(const struct settings *settings, const char *id, const struct duty *duty);
// brief_text.c: the Chinese document; caller frees.
char *brief_text(const struct settings *settings, const char *id, const struct duty *duty);

#define BRIEF_BANNER "机器草稿,须人工核实"
// Whether any network that it is about is a 工作秘密 (art. 18(1)).
bool brief_is_secret(const struct settings *settings, const struct incident *incident);
#define BRIEF_SECRET "涉及工作秘密,不得通过互联网渠道报告(第十八条第一款)"

// What was assumed where the bank has not said: "全部时段按高峰", "仅按尝试量". At most four, NULL
// at the end.
struct basis_texts {
    const char *texts[7]; // up to the first NULL
};
struct basis_texts brief_basis(const struct settings *settings, const struct incident *incident);
