#include "config/columns.h"

#include <stdbool.h>
#include <stdint.h>

// East Asian wide characters as far as names and sentences of ours hold them: CJK punctuation,
// ideographs, full-width forms, and the ideographs outside the first plane.
static bool is_wide(uint32_t character)
{
    return (character >= 0x2e80 && character <= 0xa4cf) ||
           (character >= 0xac00 && character <= 0xd7a3) ||
           (character >= 0xf900 && character <= 0xfaff) ||
           (character >= 0xff01 && character <= 0xff60) ||
           (character >= 0x20000 && character <= 0x3fffd);
}

static uint32_t character_next(const uint8_t **text)
{
    uint32_t first = *(*text)++;
    uint32_t character = first < 0xe0 ? first & 0x1f : first < 0xf0 ? first & 0x0f : first & 0x07;
    if (first < 0x80) {
        return first;
    }
    while ((**text & 0xc0) == 0x80) {
        character = character << 6 | (*(*text)++ & 0x3f);
    }
    return character;
}

size_t columns_of(const char *text)
{
    size_t columns = 0;
    for (const uint8_t *at = (const uint8_t *)text; *at != '\0';) {
        columns += is_wide(character_next(&at)) ? 2 : 1;
    }
    return columns;
}

void columns_print(FILE *out, const char *text, size_t columns)
{
    size_t used = columns_of(text);
    fprintf(out, "%s%*s", text, used < columns ? (int)(columns - used) : 1, "");
}
