// The subcommands: each parses its own arguments and returns the exit status of design's promise.
#pragma once

enum exit_status {
    EXIT_DONE = 0,
    EXIT_INPUT = 1, // the input or the settings are wrong
    EXIT_USAGE = 2,
    EXIT_INTERNAL = 3, // a fault of ours
};

int run_main(int argc, char **argv);
int replay_main(int argc, char **argv);
int check_main(int argc, char **argv);
int generate_main(int argc, char **argv);
int normals_main(int argc, char **argv);
int ledger_main(int argc, char **argv);
int evidence_main(int argc, char **argv);
int bench_main(int argc, char **argv);
