// A message as pairing needs it: half of a transaction, or a gap in what the tap saw. Private to
// dataplane/. 128 bytes: line 1 is what pairing and counting compare, line 2 what a person reads.
// Messages travel to the worker that owns the business key (exchange.h) and are paired in the order
// of (at, ordinal), which is the same for any number of workers.
#pragma once

#include "config/instant.h"
#include "config/tables.h"

#include <stddef.h>
#include <stdint.h>

enum message_flag {
    MESSAGE_ANSWER = 0x01,    // else a request
    MESSAGE_REPEAT = 0x02,    // the MTI's repeat bit (x1, x3) is set
    MESSAGE_FROM_OURS = 0x04, // sent by our side of the link
    MESSAGE_REJECTED =
        0x08,           // the centre sent the request back (CUPS reject header): an answer, failed
    MESSAGE_GAP = 0x10, // not a message: `amount` bytes of this direction were never seen, at `at`
    MESSAGE_NOTICE = 0x20,   // a notification: has no answer
    MESSAGE_REVERSES = 0x40, // not a message of its own: a reversal's word to its original, whose
                             // key it bears, so that it reaches that key's owner
};

struct endpoint {
    uint8_t address[16];
    uint16_t port;
};

struct message {
    // line 1
    struct instant at; // of the packet that made it whole
    uint64_t ordinal;  // packet ordinal * 65536 + place in the packet
    uint64_t key[2];  // keyed hash of link, message class, sender's side of the request and the key
                      // fields
    uint64_t account; // keyed hash of field 2; 0 without
    uint64_t amount;  // field 4 in minor units
    uint16_t link;
    uint16_t function; // of the network's table
    uint16_t mti;      // as a number: 0200 is 200
    uint16_t length;   // bytes on the stream
    int32_t code;      // response_code_number of field 39; -1 without
    uint8_t kind;      // enum kind
    uint8_t province;
    uint8_t flags;  // enum message_flag
    uint8_t holder; // enum holder
    // line 2
    struct endpoint source, destination; // of this message's packet
    union {
        uint64_t original[2]; // key of the request that a reversal names in field 90; 0 without
        uint64_t merchant;    // of other requests: keyed hash of field 42; 0 without
    };
    uint16_t unit;         // label of the network's units; of management: field 70, 0 without
    uint16_t counterparty; // label of the link's counterparties
    uint8_t code_text[RESPONSE_CODE_CHARACTERS]; // field 39, 0 behind its end
    uint8_t reserved[1];
};

_Static_assert(sizeof(struct message) == 128, "two cache lines");

// Messages by (at, ordinal): negative, zero or positive.
static inline int message_compare(const struct message *a, const struct message *b)
{
    if (a->at.ns != b->at.ns) {
        return a->at.ns < b->at.ns ? -1 : 1;
    }
    return a->ordinal < b->ordinal ? -1 : a->ordinal > b->ordinal;
}

// Where a stage puts its messages: `full` empties the array when it has no room left.
struct messages {
    struct message *items;
    size_t count, capacity;
    void (*full)(struct messages *messages);
    void *context;
};

// The next free place; it counts once messages_commit is called.
static inline struct message *messages_reserve(struct messages *messages)
{
    if (messages->count == messages->capacity) {
        messages->full(messages);
    }
    return &messages->items[messages->count];
}

static inline void messages_commit(struct messages *messages)
{
    messages->count++;
}
