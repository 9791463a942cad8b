// Private to drafts/: text between tags.
#pragma once

#include "detectors/drafts/page.h"

// Escaped; what XML has no place for becomes a blank.
static inline void xml_print(FILE *out, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        switch (text[i]) {
        case '&': fputs("&amp;", out); break;
        case '<': fputs("&lt;", out); break;
        case '>': fputs("&gt;", out); break;
        case '"': fputs("&quot;", out); break;
        default: fputc((unsigned char)text[i] < ' ' || text[i] == 0x7f ? ' ' : text[i], out);
        }
    }
}
