// The values that every message is asked for, read where the walk found them. Private to
// transactions/.
#pragma once

#include "dataplane/transactions/iso8583.h"
#include "dataplane/transactions/walk.h"

// The hash of field 2, or of the account number in field 35; 0 without.
uint64_t account_from_walk(const struct parser *parser, const struct walk *walk);

// Digits of the account number, 0 without; *ret_field has them first: 2, or 35.
size_t account_digits(const struct walk *walk, int *ret_field);

// Field 4 as a number; 0 without.
uint64_t amount_from_walk(const struct walk *walk);

// Field 39: two characters of 1987 or three digits of 1993.
void code_from_walk(const struct walk *walk, struct message *ret);
