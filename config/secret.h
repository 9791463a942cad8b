// Secrets in files of their own: passwords, tokens. Never in the settings, never in an output.
#pragma once

#include <stdbool.h>
#include <stddef.h>

// The file's text without the newline at its end, as *ret of at most `size` bytes with the NUL. The
// file must be regular and readable by its owner only. False with one sentence, which has the path
// and never the secret. The caller wipes *ret (explicit_bzero).
bool secret_read(const char *path, char *ret, size_t size, char *error, size_t error_size);
// The same of a secret that another library reads itself.
bool secret_check(const char *path, char *error, size_t error_size);
