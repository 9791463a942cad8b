// The ledger's words, for people. Private to tools/ledger/.
#pragma once

#include "config/instant.h"

#include <jansson.h>

// Of a state of a duty or of an incident; what is not known here is given as it is.
const char *duty_state_word(const char *state);
const char *incident_state_word(const char *state);
// "电子邮件 email" of a channel (art. 18); "" of "".
#define CHANNEL_WORD_MAX 64
const char *channel_word(const char *channel, char text[static CHANNEL_WORD_MAX]);
// "2026-03-10 11:30:00" of an instant as the ledger writes it, in Beijing time; "" of "".
const char *time_word(const char *instant, char text[static INSTANT_TEXT_MAX]);
// "还有 1:02:03", "超时 0:10:00"; days from 48 h on.
#define COUNTDOWN_MAX 48
const char *countdown_word(struct instant due, struct instant now, char text[static COUNTDOWN_MAX]);
// "" when it is absent.
const char *json_word(const json_t *object, const char *key);
