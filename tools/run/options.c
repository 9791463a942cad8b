#include "tools/run/options.h"

#include "tools/commands.h"

#include <argp.h>
#include <string.h>

enum option_key { OPTION_DURATION = 0x100, OPTION_CLOCK, OPTION_STOP_AFTER, OPTION_USER };

static const struct argp_option known[] = {
    {"config", 'c', "SETTINGS", 0, "the settings file", 0},
    {"duration", OPTION_DURATION, "TIME", 0, "end after this time, such as 90s or 2h", 0},
    {"user", OPTION_USER, "USER[:GROUP]", 0,
        "once the ports are open, be this user, who owns the ledger, instead of root", 0},
    {"clock", OPTION_CLOCK, "wall|packets", 0, "what moves time; packets: their own stamps alone",
        0},
    {"stop-after", OPTION_STOP_AFTER, "STAGE", 0,
        "print the records of counters or a later stage as JSON lines, write no ledger", 0},
    {"verbose", 'v', NULL, 0, "say the stages of the start, as on a terminal", 0},
    {0},
};

static enum stage stage_parse(const char *name, struct argp_state *state)
{
    for (int stage = STAGE_COUNTERS; stage < STAGES; stage++) {
        if (strcmp(stage_names[stage], name) == 0) {
            return (enum stage)stage;
        }
    }
    argp_error(state, "--stop-after is counters or a later stage, not '%s'", name);
    return STAGES;
}

static enum port_clock clock_parse(const char *name, struct argp_state *state)
{
    if (strcmp(name, "wall") != 0 && strcmp(name, "packets") != 0) {
        argp_error(state, "--clock is wall or packets, not '%s'", name);
    }
    return strcmp(name, "wall") == 0 ? CLOCK_WALL : CLOCK_PACKETS;
}

static void eal_options_take(struct run_options *options, struct argp_state *state)
{
    if (state->quoted != state->next) {
        argp_error(state, "'%s': what is for DPDK stands behind --", state->argv[state->next]);
    }
    options->eal_options = state->argv + state->next;
    options->eal_count = (size_t)(state->argc - state->next);
    state->next = state->argc;
}

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    struct run_options *options = state->input;
    switch (key) {
    case 'c': options->settings_path = value; return 0;
    case 'v': options->verbose = true; return 0;
    case OPTION_USER: options->user_name = value; return 0;
    case OPTION_CLOCK: options->clock = clock_parse(value, state); return 0;
    case OPTION_STOP_AFTER:
        options->stop_after = stage_parse(value, state);
        options->prints_records = true;
        return 0;
    case OPTION_DURATION:
        if (!duration_parse(value, &options->duration_ns) || options->duration_ns < NS_PER_MS) {
            argp_error(state, "--duration is a time such as 90s or 2h, not '%s'", value);
        }
        return 0;
    case ARGP_KEY_ARGS: eal_options_take(options, state); return 0;
    case ARGP_KEY_END:
        if (options->settings_path == NULL) {
            argp_error(state, "-c SETTINGS is missing");
        }
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {known, parse_option, "[-- EAL OPTIONS]",
    "Grades what comes in on every DPDK port that the EAL options give, until SIGINT or SIGTERM, "
    "then prints one JSON object. SIGHUP reads the settings again. docs/operation.md has more.\v"
    "Examples:\n"
    "  tapgrade run -c tapgrade.yaml --user tapgrade -- -l 2 -a 0000:3b:00.0\n"
    "  tapgrade run -c tapgrade.yaml -- --no-huge --no-pci \\\n"
    "      --vdev net_af_packet0,iface=eth1",
    NULL, NULL, NULL};

void run_options_parse(int argc, char **argv, struct run_options *ret)
{
    *ret = (struct run_options){.clock = CLOCK_WALL, .stop_after = STAGE_KAFKA};
    static char name[] = "tapgrade run";
    argv[0] = name;
    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&argp, argc, argv, 0, NULL, ret);
}
