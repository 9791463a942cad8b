#include "config/tsv.h"

#include "config/file.h"

#include <stdlib.h>
#include <string.h>

#define TSV_BYTES_MAX ((size_t)64 << 20)

// The next line without its end, ended by NUL; NULL at the end.
static char *line_next(struct tsv *tsv)
{
    char *line = tsv->next, *end = tsv->text + tsv->length;
    if (line == end) {
        return NULL;
    }
    char *stop = memchr(line, '\n', (size_t)(end - line));
    tsv->next = stop == NULL ? end : stop + 1;
    stop = stop == NULL ? end : stop;
    if (stop > line && stop[-1] == '\r') {
        stop--;
    }
    *stop = '\0';
    tsv->line++;
    return line;
}

bool tsv_open(struct tsv *tsv, const char *path, const char *header, struct mistakes *mistakes)
{
    size_t size;
    char *text = (char *)file_read(path, TSV_BYTES_MAX, &size, mistakes);
    *tsv = (struct tsv){.text = text, .next = text, .length = size, .path = path, .columns = 1};
    if (text == NULL) {
        return false;
    }
    if (memchr(text, '\0', size) != NULL) {
        mistake(mistakes, path, 0, 0, "holds a NUL character");
        tsv_close(tsv);
        return false;
    }
    if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        tsv->next += 3;
    }
    const char *line = line_next(tsv);
    if (line == NULL || strcmp(line, header) != 0) {
        mistake(mistakes, path, 1, 1, "the first line must be \"%s\" (tabs between)", header);
        tsv_close(tsv);
        return false;
    }
    for (const char *tab = header; (tab = strchr(tab, '\t')) != NULL; tab++) {
        tsv->columns++;
    }
    return true;
}

int tsv_next(struct tsv *tsv, char *cells[static TSV_CELLS_MAX], struct mistakes *mistakes)
{
    char *line;
    do {
        line = line_next(tsv);
        if (line == NULL) {
            return 0;
        }
    } while (*line == '\0');
    size_t count = 0;
    for (char *cell; (cell = strsep(&line, "\t")) != NULL; count++) {
        if (count < TSV_CELLS_MAX) {
            cells[count] = cell;
        }
    }
    if (count != tsv->columns) {
        mistake(mistakes, tsv->path, tsv->line, 1, "a line must have %zu cells, found %zu",
            tsv->columns, count);
        return -1;
    }
    return 1;
}

void tsv_close(struct tsv *tsv)
{
    free(tsv->text);
    *tsv = (struct tsv){0};
}
