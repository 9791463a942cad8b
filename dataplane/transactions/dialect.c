// Dialects: data files → struct dialect.
//
// Two kinds of file. A table (NAME.fields.yaml) has a row per field and may start from another
// table; a dialect (NAME.yaml) says how messages are framed and encoded, names its table, and may
// have rows of its own. Rows later in that chain replace earlier ones whole. After the last row
// every field is compiled into a field_step, which is all that the walk over a message needs.
//
// The chain is at most TABLES_DEEP long: a table that starts from itself is a mistake, not a loop.
#include "dataplane/transactions/dialect.h"

#include "dataplane/transactions/dialect_file.h"
#include "dataplane/transactions/header.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TABLES_DEEP       8
#define KEY_FIELD_LONGEST 99

static struct field_step step_from_field(const struct iso_field *field)
{
    static const uint8_t digits_of[] = {[FIXED] = 0, [LL] = 2, [LLL] = 3, [LLLL] = 4};
    uint8_t digits = digits_of[field->kind];
    bool bcd = field->length_form == DIGITS_BCD;
    return (struct field_step){
        .bytes = field->fixed_bytes,
        .longest = field->longest,
        .length_bytes = bcd ? (uint8_t)((digits + 1) / 2) : digits,
        .length_bcd = bcd && digits > 0,
        .halved = field->form == FORM_DIGITS && field->digits_bcd,
        .doubled = field->form == FORM_RAW && field->raw_as_hex,
    };
}

static uint16_t fixed_bytes_of(const struct iso_field *field)
{
    uint16_t length = field->longest;
    if (field->form == FORM_RAW) {
        return field->raw_as_hex ? (uint16_t)(2 * length) : length;
    }
    if (!field->digits_bcd) {
        return length;
    }
    if (field->form == FORM_SIGNED_DIGITS) {
        return (uint16_t)(1 + length / 2); // the sign is a byte, the other digits two a byte
    }
    return field->form == FORM_DIGITS ? (uint16_t)((length + 1) / 2) : length;
}

static int choose(int row, int dialect)
{
    return row == AS_DIALECT ? dialect : row;
}

static struct iso_field field_from_row(const struct field_row *row, const struct dialect_file *file)
{
    struct iso_field field = {
        .kind = (uint8_t)row->kind,
        .form = (uint8_t)row->form,
        .length_form = (uint8_t)choose(row->lengths, file->lengths),
        .longest = (uint16_t)row->length,
        .digits_bcd = choose(row->digits, file->digits) == DIGITS_BCD,
        .raw_as_hex = choose(row->binary, file->binary) == BINARY_HEX,
        .known = true,
    };
    // BCD with an odd count: a fixed number has its zero in front, a variable one behind.
    int align = choose(row->align, row->kind == FIXED ? ALIGN_RIGHT : ALIGN_LEFT);
    field.right_pad = align == ALIGN_LEFT;
    field.fixed_bytes = row->kind == FIXED ? fixed_bytes_of(&field) : 0;
    return field;
}

static void rows_apply(const struct field_row *rows, size_t count, const struct dialect_file *file,
    struct dialect *dialect, struct mistakes *mistakes)
{
    static const int64_t longest_of[] = {[FIXED] = 999, [LL] = 99, [LLL] = 999, [LLLL] = 9999};
    bool seen[ISO_FIELDS] = {false};
    for (size_t i = 0; i < count; i++) {
        const struct field_row *row = &rows[i];
        if (row->number < 2 || row->number >= ISO_FIELDS) {
            continue; // said by the reader
        }
        if (row->number == 65) {
            mistake_at(
                mistakes, &row->number, "field 65 announces the third bitmap: it has no row");
            continue;
        }
        if (seen[row->number]) {
            mistake_at(mistakes, &row->number, "field %d has two rows", (int)row->number);
        }
        if (row->length > longest_of[row->kind]) {
            mistake_at(mistakes, &row->length, "a field of this kind has a length up to %d, not %d",
                (int)longest_of[row->kind], (int)row->length);
        }
        seen[row->number] = true;
        dialect->fields[row->number] = field_from_row(row, file);
    }
}

static bool table_path(const char *dialect_path, const char *base, char *path, size_t size)
{
    static const char fine[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
    if (base[0] == '\0' || base[0] == '.' || base[strspn(base, fine)] != '\0') {
        return false;
    }
    const char *slash = strrchr(dialect_path, '/');
    int folder = slash == NULL ? 0 : (int)(slash - dialect_path + 1);
    int length = snprintf(path, size, "%.*s%s.fields.yaml", folder, dialect_path, base);
    return length > 0 && (size_t)length < size;
}

// Applies the rows of table `base` after those of the tables it starts from.
static void table_apply(char *const *base, int depth, const struct dialect_file *file,
    struct dialect *dialect, struct mistakes *mistakes)
{
    if (*base == NULL || (*base)[0] == '\0') {
        return;
    }
    char path[4096];
    if (depth == TABLES_DEEP) {
        mistake_at(mistakes, base, "tables start from each other more than %d deep: '%s'",
            TABLES_DEEP, *base);
    } else if (!table_path(dialect->path, *base, path, sizeof(path))) {
        mistake_at(mistakes, base,
            "a table is named by letters, digits, '-', '.' and '_', and lies in the same folder, "
            "not '%s'",
            *base);
    } else {
        struct table_file table = {0};
        if (yaml_read(path, &table_schema, &table, mistakes)) {
            table_apply(&table.base, depth + 1, file, dialect, mistakes);
            rows_apply(table.rows, table.row_count, file, dialect, mistakes);
        }
        yaml_free(&table_schema, &table);
    }
}

static void framing_check(const struct framing *framing, struct mistakes *mistakes)
{
    static const int64_t most[] = {
        [LENGTH_ASCII] = 6, [LENGTH_HEX] = 6, [LENGTH_BINARY] = 4, [LENGTH_BCD] = 4};
    if (framing->form == LENGTH_NONE) {
        if (!framing->ends_with_etx || framing->length_bytes != 0) {
            mistake_at(mistakes, &framing->form,
                "a framing without a length needs ends_with_etx: true and length_bytes: 0");
        }
        return;
    }
    if (framing->length_bytes < 1 || framing->length_bytes > most[framing->form]) {
        mistake_at(mistakes, &framing->length_bytes,
            "a length of this form has 1 to %d bytes, not %d", (int)most[framing->form],
            (int)framing->length_bytes);
    }
    if (framing->ends_with_etx) {
        mistake_at(mistakes, &framing->ends_with_etx,
            "ends_with_etx is for a framing without a length; count the 0x03 as trailer: 1");
    }
    int64_t before = framing->skip_before + framing->length_bytes + framing->skip_after;
    if (framing->counted_before > before) {
        mistake_at(mistakes, &framing->counted_before,
            "the length counts %d bytes in front of the message, where only %d are",
            (int)framing->counted_before, (int)before);
    }
}

// Why a field cannot be part of a pairing key; NULL when it can.
static const char *key_field_fault(const struct dialect *dialect, int64_t number)
{
    static const uint8_t card_data[] = {2, 14, 34, 35, 36, 45, 52, 55};
    const struct iso_field *field = &dialect->fields[number];
    if (!field->known) {
        return "it is not in the table";
    }
    if (memchr(card_data, (int)number, sizeof(card_data)) != NULL) {
        return "it holds card data";
    }
    if (field->kind > LL || field->longest > KEY_FIELD_LONGEST) {
        return "it may be longer than 99";
    }
    return NULL;
}

static void key_apply(const struct dialect *dialect, int64_t *const *numbers, size_t count,
    uint8_t ret[static 8], size_t *ret_count, struct mistakes *mistakes)
{
    if (count > 8) {
        mistake_at(mistakes, numbers, "a key has at most 8 fields, not %zu", count);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        int64_t number = (*numbers)[i];
        if (number < 2 || number >= ISO_FIELDS) {
            continue; // said by the reader
        }
        const char *fault = key_field_fault(dialect, number);
        if (fault != NULL) {
            mistake_at(
                mistakes, &(*numbers)[i], "field %d cannot be in the key: %s", (int)number, fault);
        }
        ret[(*ret_count)++] = (uint8_t)number;
    }
}

static void keys_apply(
    const struct dialect_file *file, struct dialect *dialect, struct mistakes *mistakes)
{
    if (file->key_count == 0) {
        mistake_at(mistakes, &file->key, "the key needs at least one field");
    }
    key_apply(dialect, &file->key, file->key_count, dialect->key_fields, &dialect->key_field_count,
        mistakes);
    key_apply(dialect, &file->management_key, file->management_key_count,
        dialect->management_key_fields, &dialect->management_key_field_count, mistakes);
    if (file->batch_in_key && (!dialect->fields[60].known || dialect->fields[60].kind == FIXED)) {
        mistake_at(mistakes, &file->batch_in_key,
            "batch_in_key needs field 60 of variable length in the table");
    }
}

static void steps_compile(struct dialect *dialect)
{
    for (int number = 2; number < ISO_FIELDS; number++) {
        if (dialect->fields[number].known) {
            dialect->steps[number] = step_from_field(&dialect->fields[number]);
            dialect->known[(number - 1) / 64] |= UINT64_C(1) << ((number - 1) % 64);
        }
    }
}

static struct frame_bounds frame_bounds_of(const struct dialect *dialect)
{
    const struct framing *framing = &dialect->framing;
    size_t before = (size_t)(framing->skip_before + framing->length_bytes + framing->skip_after);
    size_t trailer = (size_t)framing->trailer;
    if (framing->form == LENGTH_NONE) {
        return (struct frame_bounds){.shortest = SIZE_MAX};
    }
    return (struct frame_bounds){.before = before,
        .trailer = trailer,
        .shortest = before + dialect->shortest + trailer,
        .longest = before + (size_t)framing->longest + trailer};
}

static struct dialect *dialect_from_file(
    const char *path, struct dialect_file *file, struct mistakes *mistakes)
{
    struct dialect *dialect = calloc(1, sizeof(*dialect));
    if (dialect == NULL || (dialect->path = strdup(path)) == NULL) {
        mistake(mistakes, path, 0, 0, "there is not enough memory");
        free(dialect);
        return NULL;
    }
    dialect->framing = file->framing;
    dialect->header = (enum message_header)file->header;
    dialect->mti = (enum digits)file->mti;
    dialect->bitmap = (enum bitmap_form)file->bitmap;
    dialect->batch_in_key = file->batch_in_key;
    dialect->shortest = message_shortest(dialect);
    dialect->mti_at = message_mti_at(dialect);
    dialect->frame = frame_bounds_of(dialect);
    framing_check(&file->framing, mistakes);
    table_apply(&file->base, 0, file, dialect, mistakes);
    rows_apply(file->rows, file->row_count, file, dialect, mistakes);
    keys_apply(file, dialect, mistakes);
    steps_compile(dialect);
    dialect->name = file->name;
    file->name = NULL;
    return dialect;
}

struct dialect *dialect_read(const char *path, struct mistakes *mistakes)
{
    struct dialect_file file = {0};
    size_t before = mistakes_count(mistakes);
    struct dialect *dialect = NULL;
    if (yaml_read(path, &dialect_schema, &file, mistakes)) {
        dialect = dialect_from_file(path, &file, mistakes);
    }
    yaml_free(&dialect_schema, &file);
    if (mistakes_count(mistakes) != before) {
        dialect_free(dialect);
        return NULL;
    }
    return dialect;
}

void dialect_free(struct dialect *dialect)
{
    if (dialect != NULL) {
        free(dialect->name);
        free(dialect->path);
        free(dialect);
    }
}
