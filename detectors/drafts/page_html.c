#include "detectors/drafts/page_xml.h"

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"zh-CN\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
    "'unsafe-inline'\">\n";
static const char style[] =
    "<style>\nbody { max-width: 46em; margin: 2em auto; font-family: serif; line-height: 1.6 }\n"
    "h1 { text-align: center }\np { margin: 0.2em 0 }\n"
    "p.banner { text-align: center; font-weight: bold; color: #b00 }\n"
    "p.d2 { margin-left: 2em }\np.d4 { margin-left: 3em }\np.d6 { margin-left: 4em }\n"
    "table { margin-left: 2em; border-collapse: collapse }\n"
    "td { border: 1px solid #999; padding: 0 0.5em }\n</style>\n";

static void element_print(
    FILE *out, const char *open, const struct page_line *line, const char *close)
{
    fputs(open, out);
    xml_print(out, line->text, line->length);
    fprintf(out, "</%s>\n", close);
}

static const char *text_open(size_t depth)
{
    return depth <= 3 ? "<p class=\"d2\">" : depth <= 5 ? "<p class=\"d4\">" : "<p class=\"d6\">";
}

static void row_print(FILE *out, const struct page_line *line)
{
    struct page_line rest = *line, cell;
    fputs("<tr>", out);
    while (page_cell(&rest, &cell)) {
        element_print(out, "<td>", &cell, "td");
    }
    fputs("</tr>\n", out);
}

// Rows that follow each other are one table.
static bool table_edge_print(FILE *out, bool row, bool table)
{
    fputs(row == table ? "" : row ? "<table>\n" : "</table>\n", out);
    return row;
}

static void line_print(FILE *out, const struct page_line *line)
{
    switch (line->kind) {
    case PAGE_RULE: fputs("<hr>\n", out); break;
    case PAGE_BANNER: element_print(out, "<p class=\"banner\">", line, "p"); break;
    case PAGE_TITLE: element_print(out, "<h1>", line, "h1"); break;
    case PAGE_HEADING: element_print(out, "<h2>", line, "h2"); break;
    case PAGE_LABEL: element_print(out, "<p>", line, "p"); break;
    case PAGE_ROW: row_print(out, line); break;
    case PAGE_TEXT: element_print(out, text_open(line->depth), line, "p"); break;
    }
}

static void title_print(FILE *out, const char *text)
{
    struct page_reader reader = {.at = text};
    struct page_line line;
    while (page_next(&reader, &line)) {
        if (line.kind == PAGE_TITLE) {
            element_print(out, "<title>", &line, "title");
        }
    }
}

void page_html(FILE *out, const char *text)
{
    struct page_reader reader = {.at = text};
    struct page_line line;
    fputs(head, out);
    title_print(out, text);
    fprintf(out, "%s</head>\n<body>\n", style);
    bool table = false;
    while (page_next(&reader, &line)) {
        table = table_edge_print(out, line.kind == PAGE_ROW, table);
        line_print(out, &line);
    }
    table_edge_print(out, false, table);
    fputs("</body>\n</html>\n", out);
}
