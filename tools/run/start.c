#include "tools/run/start.h"

#include "config/log.h"

#include "tools/run/notify.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#define TEXT_MAX 256

static const char *const stage_words[] = {
    [START_SETTINGS] = "settings",
    [START_OUTPUTS] = "outputs",
    [START_PORTS] = "ports",
    [START_MEMORY] = "memory",
    [START_PRIVILEGES] = "privileges",
    [START_THREADS] = "threads",
    [START_READY] = "ready",
};

static bool says_stages;
static enum start_stage current;

void start_open(bool verbose)
{
    says_stages = verbose || isatty(STDERR_FILENO);
}

void start_enter(enum start_stage stage, const char *format, ...)
{
    char text[TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    current = stage;
    if (says_stages) {
        log_info("%s: %s", stage_words[stage], text);
    }
    notify("%sSTATUS=%s: %s", stage == START_READY ? "READY=1\n" : "", stage_words[stage], text);
}

void start_fail(const char *sentence)
{
    log_error("%s: %s", stage_words[current], sentence);
    notify("STATUS=stopped at %s: %s", stage_words[current], sentence);
}
