// DPDK's telemetry socket, for whoever has numbers to show: commands under a name of ours, one JSON
// object or list as the answer. Nothing that includes this needs DPDK's headers.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct telemetry_answer;

// An answer is either names with values, or a list of texts; all in ASCII, as DPDK 22.11 garbles
// every other byte.
void telemetry_number(struct telemetry_answer *answer, const char *name, uint64_t value);
void telemetry_text(struct telemetry_answer *answer, const char *name, const char *value);
void telemetry_item(struct telemetry_answer *answer, const char *value);

// Answers `parameter` (what stands behind the command's comma; NULL: nothing). False when there is
// no such thing. In the telemetry's thread: it may read only what is written whole, or never.
typedef bool telemetry_command(
    void *context, const char *parameter, struct telemetry_answer *answer);

// After ports_open. False when the command cannot be taken in.
bool telemetry_register(
    const char *path, const char *help, telemetry_command *command, void *context);
// Waits for an answer that is under way; from then on all commands of ours are refused. To be
// called before their contexts go.
void telemetry_end(void);
