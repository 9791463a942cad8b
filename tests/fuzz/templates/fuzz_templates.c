// A template from a hostile hand: read, and printed with values that look like templates. What is
// printed is never longer than every piece of it with the longest value.
#include "config/template.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct template_name columns[] = {
    {.name = "i", .help = "item"}, {.name = "v", .help = "value"}, {0}};
static const struct template_name names[] = {
    {.name = "b", .help = "banner", .required = true},
    {.name = "e", .help = "empty"},
    {.name = "l", .help = "lines"},
    {.name = "r", .help = "rows", .columns = columns},
    {.name = "n", .help = "no rows", .columns = columns},
    {0},
};
static const char *const cells[] = {"{{b}}", "", "x", "{{/r}}"};
static const struct template_value values[] = {{.text = "{{#r}}"}, {.text = NULL},
    {.text = "1\n2\n"}, {.row_count = 2, .cells = cells}, {.row_count = 0}};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64], *text = NULL;
    size_t length = 0;
    int descriptor = memfd_create("template", MFD_CLOEXEC);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", descriptor);
    if (descriptor < 0 || write(descriptor, data, size) != (ssize_t)size) {
        abort();
    }
    struct mistakes *mistakes = mistakes_new();
    struct template *template = template_read(path, names, mistakes);
    if ((template != NULL) != (mistakes_count(mistakes) == 0)) {
        abort();
    }
    FILE *out = open_memstream(&text, &length);
    if (template != NULL) {
        template_print(out, template, values);
    }
    fclose(out);
    if (length > 2 * 6 * size + 16) {
        abort();
    }
    free(text);
    template_free(template);
    mistakes_free(mistakes);
    close(descriptor);
    return 0;
}
