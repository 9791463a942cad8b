// What field 39 says: one look-up in an array by the code's number.
#include "config/tables.h"

#include <stdlib.h>
#include <string.h>

static const struct choice verdicts[] = {
    {"succeeded", VERDICT_SUCCEEDED},
    {"declined", VERDICT_DECLINED},
    {"failed", VERDICT_FAILED},
    {"pending", VERDICT_PENDING},
    {"planned", VERDICT_PLANNED},
    {"excluded", VERDICT_EXCLUDED},
    {"throttled", VERDICT_THROTTLED},
    {0},
};

static const struct field code_fields[] = {
    {.name = "code",
        .type = FIELD_TEXT,
        FIELD_AT(struct response_code, code),
        .help = "Two characters (1987) or three (1993)"},
    {.name = "meaning",
        .type = FIELD_TEXT,
        FIELD_AT(struct response_code, meaning),
        .help = "Meaning, for people"},
    {.name = "verdict",
        .type = FIELD_CHOICE,
        FIELD_AT(struct response_code, verdict),
        .choices = verdicts,
        .help = "What it says of the business"},
    {.name = "degraded",
        .type = FIELD_BOOLEAN,
        FIELD_AT(struct response_code, degraded),
        .optional = true,
        .help = "Approved although a party failed"},
};

static const struct schema code_schema = {
    .size = sizeof(struct response_code), FIELDS(code_fields)};

static const struct field codes_fields[] = {
    {.name = "name",
        .type = FIELD_TEXT,
        FIELD_AT(struct response_codes, name),
        .help = "Name of the table"},
    {.name = "unlisted",
        .type = FIELD_CHOICE,
        FIELD_AT(struct response_codes, unlisted),
        .choices = verdicts,
        .help = "Verdict of a code that is not in the table"},
    {.name = "codes",
        .type = FIELD_RECORDS,
        FIELD_LIST(struct response_codes, codes, code_count),
        .schema = &code_schema,
        .help = "The codes"},
};

const struct schema response_codes_schema = {
    .size = sizeof(struct response_codes), FIELDS(codes_fields)};

static int character_number(uint8_t character)
{
    if (character >= '0' && character <= '9') {
        return character - '0';
    }
    uint8_t folded = character | 0x20;
    return folded >= 'a' && folded <= 'z' ? folded - 'a' + 10 : -1;
}

int response_code_number(const uint8_t *text, size_t length)
{
    int number = length == RESPONSE_CODE_CHARACTERS ? 36 * 36 : 0, digits = 0;
    if (length != 2 && length != RESPONSE_CODE_CHARACTERS) {
        return -1;
    }
    for (size_t i = 0; i < length; i++) {
        int digit = character_number(text[i]);
        if (digit < 0) {
            return -1;
        }
        digits = digits * 36 + digit;
    }
    return number + digits;
}

static bool code_index(struct mistakes *mistakes, struct response_codes *codes, size_t index)
{
    const struct response_code *code = &codes->codes[index];
    if (code->code == NULL) {
        return false;
    }
    int number = response_code_number((const uint8_t *)code->code, strlen(code->code));
    if (number < 0) {
        mistake_at(mistakes, &code->code,
            "code must be two or three letters or digits, found \"%.20s\"", code->code);
        return false;
    }
    if (codes->index[number] != 0) {
        mistake_at(mistakes, &code->code, "duplicate code \"%s\"", code->code);
        return false;
    }
    codes->index[number] = (uint16_t)(index + 1);
    return true;
}

static bool codes_index(struct mistakes *mistakes, struct response_codes *codes)
{
    bool good = true;
    if (codes->code_count == 0 || codes->code_count > RESPONSE_CODE_NUMBERS) {
        mistake_at(mistakes, &codes->codes, "codes must be 1 to %d, found %zu",
            RESPONSE_CODE_NUMBERS, codes->code_count);
        return false;
    }
    codes->index = calloc(RESPONSE_CODE_NUMBERS, sizeof(codes->index[0]));
    if (codes->index == NULL) {
        mistake_at(mistakes, &codes->codes, "not enough memory");
        return false;
    }
    for (size_t i = 0; i < codes->code_count; i++) {
        good &= code_index(mistakes, codes, i);
    }
    return good;
}

bool response_codes_read(const char *path, struct response_codes *ret, struct mistakes *mistakes)
{
    bool good = yaml_read(path, &response_codes_schema, ret, mistakes);
    if (mistakes_path_of(mistakes, &ret->codes) != NULL) {
        good = codes_index(mistakes, ret) && good;
    }
    return good;
}

void response_codes_free(struct response_codes *codes)
{
    if (codes != NULL) {
        free(codes->index);
        yaml_free(&response_codes_schema, codes);
    }
}

const struct response_code *response_code_find(const struct response_codes *codes, int number)
{
    if (number < 0 || number >= RESPONSE_CODE_NUMBERS || codes->index == NULL ||
        codes->index[number] == 0) {
        return NULL;
    }
    return &codes->codes[codes->index[number] - 1];
}
