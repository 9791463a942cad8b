// Bytes of one ISO 8583 message → struct message: one walk over the bitmap, offsets only, nothing
// copied.
#pragma once

#include "config/settings.h"

#include "dataplane/transactions/account.h"
#include "dataplane/transactions/dialect.h"
#include "dataplane/transactions/message.h"

// Messages that could not be used, each under its own name.
struct parse_counts {
    uint64_t messages; // parsed whole
    uint64_t bad_header, bad_mti, bad_bitmap, bad_field_length, unknown_field, left_over, too_short;
    uint64_t key_missing;   // parsed, but without a field of the pairing key
    uint64_t test_messages; // CUPS flag 0x81, 0x82: left out
    uint64_t over_table;    // a length above the table that fits the message: accepted
};

// What parsing needs to know of the link that a message came in on. One per link, made at start.
struct region_codes;
struct parser {
    const struct dialect *dialect;
    const struct settings *settings;
    const struct link_settings *link;
    const struct network_settings *network;
    uint16_t link_index;
    const struct account_key *key;
    struct region_codes *seen_codes; // by source of provinces; NULL: not kept. Shared by all
};

// What one worker remembers of the messages it has seen (plan.h): made zero, given to every call,
// shared with nobody. Parsing gives the same with and without what is in it.
struct plans;
struct plans *plans_new(void); // NULL when there is no memory
void plans_free(struct plans *plans);
// Forgets all of it, which must be done when a parser changes.
void plans_clear(struct plans *plans);

// Parses the message bytes (header included, framing not). Fills everything of *ret that comes from
// the bytes: key, account, amount, function, mti, code, kind, province, flags (ANSWER, REPEAT,
// REJECTED, NOTICE; FROM_OURS is given by the caller in ret->flags beforehand and enters the key),
// holder, original, link. False, counted, and *ret undefined when the bytes are not a message that
// can be used.
bool message_from_bytes(const struct parser *parser, struct plans *plans, const uint8_t *bytes,
    size_t length, struct message *ret, struct parse_counts *counts);

// The same, but for the account of most messages, which is set by accounts_hash. The bytes and *ret
// must stay until then.
struct accounts;
bool message_from_bytes_waiting(const struct parser *parser, struct plans *plans,
    const uint8_t *bytes, size_t length, struct message *ret, struct parse_counts *counts,
    struct accounts *accounts);
