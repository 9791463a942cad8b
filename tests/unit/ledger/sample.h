// What the tests of the ledger share: a file of its own for each test, and records to write.
#pragma once

#include "detectors/ledger/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define LARGER "{\"event\":\"escalated\",\"grade_code\":2}"
#define MAJOR  "{\"event\":\"escalated\",\"grade_code\":3}"

extern char path[64];
extern char error[512];
int path_make(void **state);
int path_remove(void **state);
#define TEST(name) cmocka_unit_test_setup_teardown(name, path_make, path_remove)

struct change_set *changes_of(const char *incident);
// Opens, writes, closes.
bool write_one(const char *incident);
// All kinds of entries, and rows of every table.
void ledger_fill(void);
int64_t number_of(const char *query);
int execute(const char *command, char *message, size_t size);
