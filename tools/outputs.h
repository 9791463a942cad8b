// The files that a verdict leaves: ledgers and JSON lines, in the settings' ledger folder.
#pragma once

#include "config/settings.h"

#include "tools/run/privileges.h"

#define OUTPUT_PATH_MAX 4200

struct outputs {
    char ledger_path[OUTPUT_PATH_MAX], json_lines_path[OUTPUT_PATH_MAX];
    char journal_folder[OUTPUT_PATH_MAX]; // of a run
};

// Makes the folder when it is missing (mode 0750). False after one sentence in the log when nothing
// can be written there.
bool outputs_check(const struct settings *settings);
// The same for a run that becomes another user: what is made belongs to that user, who must be able
// to write there, also the files of an earlier run. False with one sentence. Before the first
// thread.
bool outputs_make(
    const struct settings *settings, const struct user *user, char *error, size_t error_size);
// <folder>/<name>.sqlite, .jsonl and .journal. Of several institutions each has its ledger beside
// it: ledger_path_of.
void outputs_name(const struct settings *settings, const char *name, struct outputs *ret);
