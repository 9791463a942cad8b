#include "config/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_MAX_BYTES 2048

// systemd sets JOURNAL_STREAM to "device:inode" of the stream; only then the prefix is understood.
static bool is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    unsigned long long device, inode;
    struct stat status;
    return stream != NULL && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
           fstat(STDERR_FILENO, &status) == 0 && status.st_dev == device && status.st_ino == inode;
}

static void log_line(int priority, const char *word, const char *format, va_list arguments)
{
    char line[LINE_MAX_BYTES];
    int prefix = is_journal() ? snprintf(line, sizeof(line), "<%d>", priority)
                              : snprintf(line, sizeof(line), "tapgrade: %s", word);
    char *text = line + prefix;
    size_t room = sizeof(line) - (size_t)prefix - 1; // one for the line's end
    if (vsnprintf(text, room, format, arguments) < 0) {
        *text = '\0';
    }
    for (char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f) {
            *c = '?'; // one message is one line, whatever it quotes
        }
    }
    strcat(text, "\n");
    fputs(line, stderr); // one call: lines of several threads do not mix
}

void log_error(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    log_line(3, "error: ", format, arguments);
    va_end(arguments);
}

void log_warning(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    log_line(4, "warning: ", format, arguments);
    va_end(arguments);
}

void log_info(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    log_line(6, "", format, arguments);
    va_end(arguments);
}
