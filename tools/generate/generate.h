// `tapgrade generate`: synthetic ISO 8583 traffic from a scenario, as a capture with its truth.
// Shares no code with the parser: what it writes is a test of what the parser reads.
#pragma once

// argv[0] is the subcommand's name. Returns the exit status.
int generate_main(int argc, char **argv);
