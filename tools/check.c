// tapgrade check: settings → every mistake in one go, or the settings printed back.
#include "config/settings.h"

#include "tools/commands.h"
#include "tools/inputs.h"

#include <argp.h>
#include <stdio.h>

struct arguments {
    bool print;
    const char *path;
};

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case 'p': arguments->print = true; return 0;
    case ARGP_KEY_ARG:
        if (arguments->path != NULL) {
            argp_error(state, "one SETTINGS file only, not also '%s'", value);
        }
        arguments->path = value;
        return 0;
    case ARGP_KEY_END:
        if (arguments->path == NULL) {
            argp_error(state, "a SETTINGS file is missing");
        }
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    {"print", 'p', NULL, 0, "print the settings back, with every key's unit, range and meaning", 0},
    {0},
};

static const struct argp argp = {options, parse_option, "SETTINGS",
    "Reads a settings file with everything it names (dialects, tables, rule books, normals) and "
    "lists every "
    "mistake as file:line:column.\v"
    "Example: tapgrade check config/tapgrade.yaml\n"
    "Exit status: 0 no mistake, 1 mistakes, 2 usage.",
    NULL, NULL, NULL};

static void print_number(size_t count, const char *noun)
{
    printf("%zu %s%s, ", count, noun, count == 1 ? "" : "s");
}

// What is allowed to be empty, and what it then means for every grade.
static void print_assumptions(const struct network_settings *network)
{
    if (network->normals_path[0] == '\0') {
        printf(
            "  network \"%s\": normals is empty: a loss is of what was attempted, until a volume "
            "is learned\n",
            network->id);
    }
    if (network->peak_hours_count == 0) {
        printf("  network \"%s\": peak_hours is empty: every hour counts as peak, until 28 full "
               "days were seen or a year is imported\n",
            network->id);
    }
}

static void print_verdict(const char *path, const struct settings *settings)
{
    printf("%s: ", path);
    print_number(settings->network_count, "network");
    print_number(settings->link_count, "link");
    puts("no mistake");
    for (size_t i = 0; i < settings->network_count; i++) {
        print_assumptions(&settings->networks[i]);
    }
    int64_t missing = inputs_missing_year(settings);
    if (missing != 0) {
        printf("  calendars: the notice of %lld is missing: its days are Monday to Friday\n",
            (long long)missing);
    }
}

int check_main(int argc, char **argv)
{
    struct arguments arguments = {0};
    argv[0] = (char[]){"tapgrade check"};
    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);

    struct mistakes *mistakes = mistakes_new();
    struct settings *settings = inputs_check(arguments.path, mistakes);
    if (settings != NULL) {
        inputs_check_secrets(settings, mistakes);
    }
    mistakes_print(mistakes, stderr);
    size_t count = mistakes_count(mistakes);
    if (settings != NULL && count == 0 && arguments.print) {
        yaml_print(stdout, &settings_schema, settings, true);
    } else if (settings != NULL && count == 0) {
        print_verdict(arguments.path, settings);
    }
    settings_free(settings);
    mistakes_free(mistakes);
    return count == 0 ? EXIT_DONE : EXIT_INPUT;
}
