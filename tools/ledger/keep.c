// tapgrade ledger verify, tapgrade ledger backup.
#include "config/log.h"

#include "detectors/ledger/ledger.h"

#include "tools/commands.h"
#include "tools/ledger/ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPTION_HEAD = 0x100, OPTION_TO };

struct arguments {
    struct book book;
    struct ledger_head kept; // --head; count 0: none
    const char *to;          // backup
    bool copies;
};

// NUMBER:HASH, as verify and backup print it.
static void head_scan(struct arguments *arguments, const char *text, struct argp_state *state)
{
    char *end;
    arguments->kept.count = strtoll(text, &end, 10);
    if (end == text || *end != ':' || arguments->kept.count < 1 ||
        strlen(end + 1) != sizeof(arguments->kept.hash) - 1 ||
        strspn(end + 1, "0123456789abcdef") != strlen(end + 1)) {
        argp_error(state, "--head is NUMBER:HASH as `ledger verify` prints it, not '%.100s'", text);
    }
    memcpy(arguments->kept.hash, end + 1, sizeof(arguments->kept.hash));
}

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case OPTION_HEAD: head_scan(arguments, value, state); return 0;
    case ARGP_KEY_ARG:
        if (!arguments->copies || arguments->to != NULL) {
            argp_error(state, "too much: '%.80s'", value);
        }
        arguments->to = value;
        return 0;
    case ARGP_KEY_END:
        if (arguments->copies && arguments->to == NULL) {
            argp_error(state, "a FILE is missing");
        }
        break;
    default: break;
    }
    return book_option(&arguments->book, key, value, state);
}

static const struct argp_option verify_options[] = {
    BOOK_OPTIONS,
    {"head", OPTION_HEAD, "NUMBER:HASH", 0,
        "the ledger must hold this entry too, as kept elsewhere", 1},
    {0},
};

static const struct argp verify_argp = {verify_options, parse_option, "-c SETTINGS",
    "Reads all of a ledger, also while a run writes it: whether any byte of what it says was "
    "changed "
    "since it was written, a row is gone, or its end was cut off. Prints where its chain ends: "
    "keep "
    "that elsewhere.\v"
    "Exit status 0: nothing was changed; 1: one sentence names the first thing that does not "
    "fit.\n\n"
    "Example:\n"
    "  tapgrade ledger verify -c my/tapgrade.yaml",
    NULL, NULL, NULL};

static const struct argp_option backup_options[] = {BOOK_OPTIONS, {0}};

static const struct argp backup_argp = {backup_options, parse_option, "-c SETTINGS FILE",
    "Copies a ledger to FILE, where none may be, while a run writes; with its head in FILE-head. "
    "The "
    "copy is verified; nothing is left when it does not fit.\v"
    "Example, for a timer, once a day:\n"
    "  tapgrade ledger backup -c my/tapgrade.yaml /backup/ledger-$(date +%F).sqlite\n\n"
    "To read it: --ledger FILE with every reading command.",
    NULL, NULL, NULL};

static int said(bool good, const struct ledger_head *head, const char *error)
{
    if (!good) {
        log_error("%s", error);
        return EXIT_INPUT;
    }
    printf("%lld:%s\n", (long long)head->count, head->hash);
    return EXIT_DONE;
}

int ledger_verify_main(int argc, char **argv)
{
    struct arguments arguments = {0};
    struct ledger_head head = {0};
    char error[512];
    book_parse(&verify_argp, argv[0], argc, argv, &arguments);
    int status = book_open(&arguments.book);
    if (status == EXIT_DONE) {
        bool good = ledger_verify(arguments.book.path, &head, error, sizeof(error)) &&
                    (arguments.kept.count == 0 ||
                        ledger_holds(arguments.book.path, &arguments.kept, error, sizeof(error)));
        status = said(good, &head, error);
    }
    book_close(&arguments.book);
    return status;
}

int ledger_backup_main(int argc, char **argv)
{
    struct arguments arguments = {.copies = true};
    struct ledger_head head = {0};
    char error[512];
    book_parse(&backup_argp, argv[0], argc, argv, &arguments);
    int status = book_open(&arguments.book);
    if (status == EXIT_DONE) {
        bool good = ledger_backup(arguments.book.path, arguments.to, &head, error, sizeof(error));
        status = said(good, &head, error);
    }
    book_close(&arguments.book);
    return status;
}
