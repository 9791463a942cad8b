// tapgrade ledger: what persons do with the ledger (台账, art. 25). A run reads and writes the same
// file meanwhile; rows that are put in here it notices within a second.
#include "tools/ledger/ledger.h"

#include "config/log.h"

#include "tools/commands.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int (*main)(int argc, char **argv);
    const char *arguments, *description;
} commands[] = {
    {"fact", ledger_fact_main, "-c SETTINGS KIND ...",
        "enter what traffic cannot show: a leak, a notice, 舆情, a word about a group"},
    {"list", ledger_list_main, "-c SETTINGS", "one line an incident, and one a fact"},
    {"show", ledger_show_main, "-c SETTINGS ID",
        "all that is recorded of an incident or a fact, as JSON lines"},
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void print_help(FILE *out)
{
    fputs("Usage: tapgrade ledger COMMAND [OPTION...]\n\n"
          "The ledger (台账, art. 25): append-only, hash-chained, kept at least 3 years.\n\n",
        out);
    for (size_t i = 0; i < COMMANDS; i++) {
        fprintf(out, "  %-5s %-21s %s\n", commands[i].name, commands[i].arguments,
            commands[i].description);
    }
    fputs("\n`tapgrade ledger COMMAND --help` teaches each.\n", out);
}

int ledger_main(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        print_help(stdout);
        return EXIT_DONE;
    }
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            return commands[i].main(argc - 1, argv + 1);
        }
    }
    fprintf(stderr, "tapgrade ledger: no such command: '%s'; `tapgrade ledger --help` lists them\n",
        argv[1]);
    return EXIT_USAGE;
}

int book_open(struct book *book)
{
    struct outputs outputs;
    struct mistakes *mistakes = mistakes_new();
    book->settings = settings_read(book->settings_path, mistakes);
    mistakes_print(mistakes, stderr);
    mistakes_free(mistakes);
    if (book->settings == NULL) {
        return EXIT_INPUT;
    }
    outputs_name(book->settings, book->settings->sensor, &outputs);
    int length = snprintf(book->path, sizeof(book->path), "%s",
        book->given_path != NULL ? book->given_path : outputs.ledger_path);
    if (length < 0 || (size_t)length >= sizeof(book->path)) {
        log_error("the path of the ledger is too long");
        return EXIT_INPUT;
    }
    return EXIT_DONE;
}

void book_close(struct book *book)
{
    settings_free(book->settings);
    book->settings = NULL;
}
