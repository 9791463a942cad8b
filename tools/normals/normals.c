// tapgrade normals: what is normal and when peak is, for persons.
#include "tools/normals/normals.h"

#include "config/log.h"

#include <argp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum option_key { OPTION_NETWORK = 0x100, OPTION_YEAR, OPTION_BY, OPTION_ON, OPTION_YEARS };

static const struct argp_option options[] = {
    {"config", 'c', "SETTINGS", 0, "the settings file; it names the store", 0},
    {"date", 'd', "DATE", 0, "show, export: of this day, such as 2026-01-31; today without", 0},
    {"years", OPTION_YEARS, NULL, 0, "export: the years' volumes instead of the days'", 0},
    {"network", OPTION_NETWORK, "ID", 0, "approve: the network", 0},
    {"year", OPTION_YEAR, "YEAR", 0, "approve: the full calendar year whose volumes count", 0},
    {"by", OPTION_BY, "NAME", 0, "approve: who approves (art. 6)", 0},
    {"on", OPTION_ON, "DATE", 0, "approve: when; today without", 0},
    {0},
};

static int64_t date_option(const char *text, struct argp_state *state)
{
    int64_t date = 0;
    if (!date_parse(text, &date)) {
        argp_error(state, "a date is such as 2026-01-31, not '%s'", text);
    }
    return date;
}

static int64_t year_option(const char *text, struct argp_state *state)
{
    char *end;
    long year = strtol(text, &end, 10);
    if (*end != '\0' || year < 2000 || year > 9998) {
        argp_error(state, "--year is a year such as 2025, not '%s'", text);
    }
    return year;
}

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    struct request *request = state->input;
    switch (key) {
    case 'c': request->settings_path = value; return 0;
    case 'd':
    case OPTION_ON: request->date = date_option(value, state); return 0;
    case OPTION_YEARS: request->years = true; return 0;
    case OPTION_NETWORK: request->network = value; return 0;
    case OPTION_YEAR: request->year = year_option(value, state); return 0;
    case OPTION_BY: request->by = value; return 0;
    case ARGP_KEY_ARG:
        if (request->file != NULL) {
            argp_error(state, "one FILE only, not also '%s'", value);
        }
        request->file = value;
        return 0;
    case ARGP_KEY_END:
        if (request->settings_path == NULL) {
            argp_error(state, "-c SETTINGS is missing");
        }
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const char explanation[] =
    "What is normal: the volume that a network, function and province would have had, by which a "
    "loss is measured, and the peak hours (art. 31(3)). The bank's table wins; what the sensor has "
    "learned stands where there is none, and is the cross-check.\v"
    "  import   the bank's own table into the store. By its header the file is one of\n"
    "             network,function,province,hour,normal_per_hour   normal volumes\n"
    "             network,year,hour,intents                        a year, for peak hours\n"
    "           A network's volumes are replaced as a whole. Mistakes: file:line, all at once.\n"
    "  export   what was learned, as CSV that import reads; --years: the years' volumes\n"
    "  show     a line a cell with its course over 24 h, peak hours marked\n"
    "  approve  freezes the peak hours of a full year under a name, once and for all\n\n"
    "A running sensor takes imports and approvals on SIGHUP.\n\n"
    "Examples:\n"
    "  tapgrade normals import -c s.yaml core-2025.csv\n"
    "  tapgrade normals approve -c s.yaml --network pay --year 2025 --by 张三";

static const struct argp argp = {options, parse_option, "[FILE]", explanation, NULL, NULL, NULL};

static const struct {
    const char *name;
    int (*main)(struct request *request);
    bool has_file;
} commands[] = {
    {"import", normals_import, true},
    {"export", normals_export, false},
    {"show", normals_show, false},
    {"approve", normals_approve, false},
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

int normals_fail(const char *format, ...)
{
    char sentence[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof(sentence), format, arguments);
    va_end(arguments);
    log_error("%s", sentence);
    return EXIT_INPUT;
}

struct normals *normals_of_store(struct request *request)
{
    char digest[NORMALS_DIGEST_TEXT_MAX];
    struct normals *normals = normals_new(request->settings, request->mistakes);
    bool good = normals != NULL;
    if (good && request->path != NULL && normals_store_exists(request->path)) {
        good = normals_load(normals, request->path, digest, request->mistakes);
    }
    if (!good) {
        normals_free(normals);
        return NULL;
    }
    return normals;
}

static int run(struct request *request, int (*command)(struct request *request))
{
    request->settings = settings_read(request->settings_path, request->mistakes);
    if (request->settings == NULL) {
        return EXIT_INPUT;
    }
    request->path = normals_store_path(request->settings);
    if (request->date == DATE_NONE) {
        request->date = date_of_second(time(NULL));
    }
    return command(request);
}

int normals_main(int argc, char **argv)
{
    struct request request = {.date = DATE_NONE};
    size_t which = 0;
    argp_err_exit_status = EXIT_USAGE;
    while (argc > 1 && which < COMMANDS && strcmp(argv[1], commands[which].name) != 0) {
        which++;
    }
    if (argc > 1 && which == COMMANDS && argv[1][0] != '-') {
        fprintf(stderr,
            "tapgrade normals: no such command: '%s'; they are import, export, show and approve\n",
            argv[1]);
        return EXIT_USAGE;
    }
    bool named = argc > 1 && which < COMMANDS;
    char **rest = named ? argv + 1 : argv;
    rest[0] = (char[]){"tapgrade normals"};
    argp_parse(&argp, named ? argc - 1 : argc, rest, 0, NULL, &request);
    if (!named || commands[which].has_file != (request.file != NULL)) {
        fprintf(stderr, "tapgrade normals: %s; `tapgrade normals --help` teaches it\n",
            !named                     ? "one of import, export, show and approve is missing"
            : commands[which].has_file ? "a FILE is missing"
                                       : "only import takes a FILE");
        return EXIT_USAGE;
    }
    request.mistakes = mistakes_new();
    int status = run(&request, commands[which].main);
    mistakes_print(request.mistakes, stderr);
    free(request.path);
    settings_free(request.settings);
    mistakes_free(request.mistakes);
    return status;
}
