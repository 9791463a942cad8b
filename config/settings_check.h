// Private to config/: what a settings file must say beyond its schema.
#pragma once

#include "config/settings.h"

// Resolves indices and checks everything that concerns more than one value. Values that already
// have their mistake are passed over. False when a mistake was found.
bool settings_check(struct settings *settings, struct mistakes *mistakes);
