// Text of standard input as a web page on standard output, and as an OpenDocument file.
#include "detectors/drafts/page.h"

#include <stdlib.h>

int main(int argc, char **argv)
{
    static char text[1 << 20];
    char error[512];
    size_t length = fread(text, 1, sizeof(text) - 1, stdin);
    text[length] = '\0';
    if (argc != 2 || !page_odt(argv[1], text, error, sizeof(error))) {
        fprintf(stderr, "%s\n", argc == 2 ? error : "usage: print_pages FILE");
        return 1;
    }
    page_html(stdout, text);
    return 0;
}
