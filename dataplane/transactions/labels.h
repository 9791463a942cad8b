// What the bank's own tables say of a message: its unit, its counterparty; and what management is
// about. Private to transactions/.
#pragma once

#include "dataplane/transactions/iso8583.h"
#include "dataplane/transactions/walk.h"

// The label of the first field of the table that is there and has a row; LABEL_OTHER when none has,
// LABEL_NONE when no field is there.
uint16_t label_from_walk(const struct label_table *table, const struct walk *walk);

// Fills unit and counterparty of a message whose kind is known.
void labels_from_walk(const struct parser *parser, const struct walk *walk, struct message *ret);
