// What the ledger's subcommands share. Private to tools/ledger/.
#pragma once

#include "config/settings.h"

#include "tools/outputs.h"

struct book {
    const char *settings_path;
    const char *given_path; // --ledger; NULL: the sensor's own
    char path[OUTPUT_PATH_MAX];
    struct settings *settings;
};

// Reads the settings and finds the file. The exit status.
int book_open(struct book *book);
void book_close(struct book *book);

int ledger_fact_main(int argc, char **argv);
int ledger_list_main(int argc, char **argv);
int ledger_show_main(int argc, char **argv);
