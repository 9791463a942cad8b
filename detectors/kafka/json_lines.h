// The file sink: every message as one line. A line that the file has already is not written again,
// so that a run that starts anew, or sees the same traffic again, doubles nothing.
#pragma once

#include "detectors/kafka/kafka.h"

struct json_lines;

// Opens for appending, or empties when `anew`. A last line without an end, of a process that was
// killed, is taken out: its message comes again with the next one. NULL: errno says why.
struct json_lines *json_lines_open(const char *path, bool anew);
void json_lines_add(struct json_lines *lines, const struct event *event);
// False: not all of it could be written, and errno says why; the rest waits for the next call.
bool json_lines_flush(struct json_lines *lines);
// May be NULL. False as above.
bool json_lines_close(struct json_lines *lines);
