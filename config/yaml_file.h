// Private to config/: a file as a libyaml document.
#pragma once

#include "config/yaml.h"

#include <yaml.h>

// False, with mistakes, when the file cannot be read or is not one plain YAML document. The caller
// deletes the document.
bool yaml_file_load(const char *path, yaml_document_t *ret, struct mistakes *mistakes);
