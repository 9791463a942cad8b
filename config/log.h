// The log: one line a message on standard error. With the journal's <N> priority prefix when
// standard error is the journal (JOURNAL_STREAM is set). Never called per packet. Errors are said
// once, by the caller that knows the context, as one sentence that names the rule and quotes the
// offender.
#pragma once

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
