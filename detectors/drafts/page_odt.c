// OpenDocument text (ISO/IEC 26300): a zip archive whose first member, `mimetype`, is stored as it
// is and has no extra field, so that its kind can be read at byte 38. All members are of
// 1980-01-01, so that the same text gives the same bytes.
#include "detectors/drafts/page_xml.h"

#include <errno.h>
#include <minizip/zip.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char mimetype[] = "application/vnd.oasis.opendocument.text";

static const char manifest[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<manifest:manifest xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\" "
    "manifest:version=\"1.2\">\n"
    "<manifest:file-entry manifest:full-path=\"/\" manifest:version=\"1.2\" "
    "manifest:media-type=\"application/vnd.oasis.opendocument.text\"/>\n"
    "<manifest:file-entry manifest:full-path=\"content.xml\" manifest:media-type=\"text/xml\"/>\n"
    "<manifest:file-entry manifest:full-path=\"styles.xml\" manifest:media-type=\"text/xml\"/>\n"
    "</manifest:manifest>\n";

#define NAMESPACES                                                                                 \
    " xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\""                           \
    " xmlns:style=\"urn:oasis:names:tc:opendocument:xmlns:style:1.0\""                             \
    " xmlns:table=\"urn:oasis:names:tc:opendocument:xmlns:table:1.0\""                             \
    " xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\""                               \
    " xmlns:fo=\"urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0\""                    \
    " office:version=\"1.2\""

#define FONT "fo:font-family=\"SimSun\" style:font-family-asian=\"SimSun\" "
#define PARAGRAPH(name, display, paragraph, text)                                                  \
    "<style:style style:name=\"" name "\" style:display-name=\"" display                           \
    "\" style:family=\"paragraph\"><style:paragraph-properties " paragraph                         \
    "/><style:text-properties " FONT text "/></style:style>\n"
#define SIZE(points) "fo:font-size=\"" points "pt\" style:font-size-asian=\"" points "pt\""
#define BOLD         " fo:font-weight=\"bold\" style:font-weight-asian=\"bold\""

static const char styles[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<office:document-styles" NAMESPACES
    ">\n<office:styles>\n" PARAGRAPH(
        "Title", "标题", "fo:text-align=\"center\" fo:margin-bottom=\"0.4cm\"", SIZE("18") BOLD)
        PARAGRAPH("Banner", "横幅", "fo:text-align=\"center\"",
            SIZE("12") BOLD " fo:color=\"#bb0000\"") PARAGRAPH("Heading", "小标题",
            "fo:margin-top=\"0.4cm\" fo:keep-with-next=\"always\"", SIZE("14") BOLD)
            PARAGRAPH("Rule", "分隔线", "fo:border-bottom=\"0.5pt solid #000000\"", SIZE("4"))
                PARAGRAPH("Text0", "正文", "fo:margin-left=\"0cm\"", SIZE("12"))
                    PARAGRAPH("Text2", "正文 2", "fo:margin-left=\"0.7cm\"", SIZE("12"))
                        PARAGRAPH("Text4", "正文 4", "fo:margin-left=\"1.4cm\"", SIZE("11"))
                            PARAGRAPH("Text6", "正文 6", "fo:margin-left=\"2.1cm\"",
                                SIZE("11")) "</office:styles>\n</office:document-styles>\n";

static const char *style_of(const struct page_line *line)
{
    switch (line->kind) {
    case PAGE_RULE: return "Rule";
    case PAGE_BANNER: return "Banner";
    case PAGE_TITLE: return "Title";
    case PAGE_HEADING: return "Heading";
    case PAGE_ROW:
    case PAGE_LABEL: return "Text0";
    case PAGE_TEXT: break;
    }
    return line->depth <= 3 ? "Text2" : line->depth <= 5 ? "Text4" : "Text6";
}

static void line_print(FILE *out, const struct page_line *line)
{
    bool title = line->kind == PAGE_TITLE, heading = title || line->kind == PAGE_HEADING;
    const char *tag = heading ? "text:h" : "text:p";
    fprintf(out, "<%s text:style-name=\"%s\"", tag, style_of(line));
    if (heading) {
        fprintf(out, " text:outline-level=\"%d\"", title ? 1 : 2);
    }
    fputs(">", out);
    xml_print(out, line->text, line->kind == PAGE_RULE ? 0 : line->length);
    fprintf(out, "</%s>\n", tag);
}

static void row_print(FILE *out, const struct page_line *line)
{
    struct page_line rest = *line, cell;
    fputs("<table:table-row>", out);
    while (page_cell(&rest, &cell)) {
        fputs("<table:table-cell office:value-type=\"string\"><text:p text:style-name=\"Text0\">",
            out);
        xml_print(out, cell.text, cell.length);
        fputs("</text:p></table:table-cell>", out);
    }
    fputs("</table:table-row>\n", out);
}

static size_t cell_count(const struct page_line *line)
{
    struct page_line rest = *line, cell;
    size_t count = 0;
    while (page_cell(&rest, &cell)) {
        count++;
    }
    return count;
}

// Rows that follow each other are one table. NULL: the end.
static bool table_edge_print(FILE *out, const struct page_line *line, bool table)
{
    bool row = line != NULL && line->kind == PAGE_ROW;
    if (row && !table) {
        fprintf(out, "<table:table><table:table-column table:number-columns-repeated=\"%zu\"/>\n",
            cell_count(line));
    } else if (!row && table) {
        fputs("</table:table>\n", out);
    }
    return row;
}

static char *content_make(const char *text, size_t *ret_size)
{
    char *content = NULL;
    struct page_reader reader = {.at = text};
    struct page_line line;
    FILE *out = open_memstream(&content, ret_size);
    if (out == NULL) {
        return NULL;
    }
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<office:document-content" NAMESPACES
          ">\n<office:body>\n<office:text>\n",
        out);
    bool table = false;
    while (page_next(&reader, &line)) {
        table = table_edge_print(out, &line, table);
        (table ? row_print : line_print)(out, &line);
    }
    table_edge_print(out, NULL, table);
    fputs("</office:text>\n</office:body>\n</office:document-content>\n", out);
    fclose(out);
    return content;
}

static bool member_write(zipFile zip, const char *name, const char *bytes, size_t size, bool stored)
{
    zip_fileinfo info = {.tmz_date = {.tm_mday = 1, .tm_year = 1980}};
    int method = stored ? 0 : Z_DEFLATED, level = stored ? 0 : Z_DEFAULT_COMPRESSION;
    return zipOpenNewFileInZip(zip, name, &info, NULL, 0, NULL, 0, NULL, method, level) == ZIP_OK &&
           zipWriteInFileInZip(zip, bytes, (unsigned)size) == ZIP_OK &&
           zipCloseFileInZip(zip) == ZIP_OK;
}

static bool members_write(zipFile zip, const char *content, size_t size)
{
    return member_write(zip, "mimetype", mimetype, sizeof(mimetype) - 1, true) &&
           member_write(zip, "content.xml", content, size, false) &&
           member_write(zip, "styles.xml", styles, sizeof(styles) - 1, false) &&
           member_write(zip, "META-INF/manifest.xml", manifest, sizeof(manifest) - 1, false);
}

bool page_odt(const char *path, const char *text, char *error, size_t error_size)
{
    size_t size = 0;
    if (access(path, F_OK) == 0) {
        snprintf(error, error_size, "'%s' is there already", path);
        return false;
    }
    char *content = content_make(text, &size);
    zipFile zip = content != NULL ? zipOpen64(path, APPEND_STATUS_CREATE) : NULL;
    bool good = zip != NULL && members_write(zip, content, size);
    good = (zip == NULL || zipClose(zip, NULL) == ZIP_OK) && good;
    if (!good) {
        snprintf(error, error_size, "'%s' cannot be written: %s", path,
            errno != 0 ? strerror(errno) : "no reason given");
        if (zip != NULL) {
            unlink(path);
        }
    }
    free(content);
    return good;
}
