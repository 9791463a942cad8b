#include "detectors/json_scan.h"

#include <stdarg.h>
#include <stdio.h>

bool refuse(const struct scan *scan, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(scan->error, scan->error_size, format, arguments);
    va_end(arguments);
    for (char *at = scan->error; *at != '\0'; at++) {
        if ((unsigned char)*at < ' ' || *at == 0x7f) {
            *at = '?';
        }
    }
    return false;
}
