// The command line: one table of subcommands drives dispatch and help.
#include "config/log.h"
#include "config/memory.h"

#include "dataplane/packets/packets.h"

#include "tools/commands.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct command {
    const char *name;
    int (*main)(int argc, char **argv);
    const char *arguments;
    const char *description;
} commands[] = {
    {"run", run_main, "-c SETTINGS [-- EAL OPTIONS]", "grade what comes in on DPDK ports, live"},
    {"replay", replay_main, "-c SETTINGS CAPTURE...",
        "grade what captures hold; same capture, same verdict"},
    {"generate", generate_main, "SCENARIO.yaml -o FILE",
        "write synthetic traffic; same seed, same bytes"},
    {"check", check_main, "[--print] SETTINGS", "find every mistake of a settings file in one go"},
    {"normals", normals_main, "import | export | show ...", "what is normal, and the peak hours"},
    {"ledger", ledger_main, "duties | draft | sent | ...",
        "what is due, and what persons do about it (台账)"},
    {"evidence", evidence_main, "key | open ...", "read the frames that a run has kept encrypted"},
    {"bench", bench_main, "[ROW]", "measure speed as ratios against a reference"},
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void print_help(FILE *out)
{
    fprintf(out, "Usage: tapgrade COMMAND [OPTION...]\n\n"
                 "Watches payment traffic, grades outages by the PBOC rule (令〔2025〕第4号) and "
                 "drafts the report.\n\n");
    for (size_t i = 0; i < COMMANDS; i++) {
        fprintf(out, "  %-9s %-28s %s\n", commands[i].name, commands[i].arguments,
            commands[i].description);
    }
    fprintf(out, "\n`tapgrade COMMAND --help` teaches each. Exit status: 0 done, 1 input or "
                 "settings are wrong,\n"
                 "2 usage, 3 internal fault.\n");
}

// A file that is opened must not become standard output because that was closed: what is in the way
// cannot be used for what it stands for.
static void reserve_standard_files(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0) {
            (void)open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
        }
    }
}

static int run(const struct command *command, int argc, char **argv)
{
    int status = command->main(argc, argv);
    if ((fflush(stdout) != 0 || ferror(stdout)) && status == EXIT_DONE) {
        log_error("standard output cannot be written");
        status = EXIT_INPUT;
    }
    return status;
}

int main(int argc, char **argv)
{
    memory_forbid_dumps();
    setenv("ARGP_HELP_FMT", "no-dup-args-note", 0); // what it says is true of every GNU program
    reserve_standard_files();
    packet_hash_draw();
    if (argc < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        print_help(stdout);
        return EXIT_DONE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("tapgrade " TAPGRADE_VERSION);
        return EXIT_DONE;
    }
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            return run(&commands[i], argc - 1, argv + 1);
        }
    }
    fprintf(stderr, "tapgrade: no such command: '%s'; `tapgrade --help` lists them\n", argv[1]);
    return EXIT_USAGE;
}
