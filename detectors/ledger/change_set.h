// Inside of a change set: what one tick adds, in the order in which it was added.
#pragma once

#include "detectors/ledger/ledger.h"

enum change_kind {
    CHANGE_INCIDENT,
    CHANGE_DUTY,
    CHANGE_DRAFT,
    CHANGE_FACT,
    CHANGE_FACT_TAKEN,
    CHANGE_EVENT,
    CHANGE_NOTE,
};

struct change {
    enum change_kind kind;
    char *id;   // of the incident, the draft or the fact; ce_id of an event
    char *name; // note: its kind; incident: event; duty: which; draft: its incident; event: topic
    char *key;  // event: key
    char *json; // content; event: headers
    char *text; // draft: text; event: value
    uint32_t sequence;
};

struct change_set {
    struct instant tick;
    bool again; // of ticks that were judged before: what the ledger has stays, without a word
    struct change *changes;
    size_t count, capacity;
    struct change_set *next; // in the ledger's queue
};
