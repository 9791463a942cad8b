// Reading a ledger beside a process that writes it, or where nothing can be written.
#pragma once

#include <sqlite3.h>

#include <stdbool.h>
#include <stddef.h>

// A connection that only reads, with the function ledger_mark; the caller closes it. False with one
// sentence.
bool ledger_read(const char *path, sqlite3 **ret, char *error, size_t error_size);
