#include "dataplane/json_writer.h"

void json_flush(struct json_writer *writer)
{
    if (writer->length > 0) {
        fwrite(writer->bytes, 1, writer->length, writer->out);
        writer->length = 0;
    }
}

void json_bytes(struct json_writer *writer, const char *bytes, size_t length)
{
    while (length > JSON_WRITER_BYTES - writer->length) {
        size_t part = JSON_WRITER_BYTES - writer->length;
        memcpy(writer->bytes + writer->length, bytes, part);
        writer->length += part;
        json_flush(writer);
        bytes += part;
        length -= part;
    }
    memcpy(writer->bytes + writer->length, bytes, length);
    writer->length += length;
}

void json_unsigned(struct json_writer *writer, uint64_t value)
{
    char digits[20];
    size_t at = sizeof(digits);
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    json_bytes(writer, digits + at, sizeof(digits) - at);
}

void json_signed(struct json_writer *writer, int64_t value)
{
    if (value < 0) {
        JSON_LITERAL(writer, "-");
    }
    json_unsigned(writer, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

static void digits_format(char *text, uint64_t value, size_t count)
{
    while (count > 0) {
        text[--count] = (char)('0' + value % 10);
        value /= 10;
    }
}

void json_digits(struct json_writer *writer, uint64_t value, size_t count)
{
    char digits[20];
    digits_format(digits, value, count < sizeof(digits) ? count : sizeof(digits));
    json_bytes(writer, digits, count < sizeof(digits) ? count : sizeof(digits));
}

void json_hex(struct json_writer *writer, uint64_t value)
{
    char digits[16];
    for (size_t i = sizeof(digits); i > 0; value >>= 4) {
        digits[--i] = "0123456789abcdef"[value & 15];
    }
    json_bytes(writer, digits, sizeof(digits));
}

// Year, month and day of a count of days since 1970-01-01, from 1677 to 2262 (all that an instant
// can hold). Counted in years from March, so that the leap day is the last of its year.
static void date_format(char text[static 10], int64_t days)
{
    int64_t from_era = days + 719468; // days since 0000-03-01
    int64_t era = from_era / 146097;
    int64_t day_of_era = from_era % 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    digits_format(text, (uint64_t)(year_of_era + era * 400 + (month <= 2)), 4);
    text[4] = '-';
    digits_format(text + 5, (uint64_t)month, 2);
    text[7] = '-';
    digits_format(text + 8, (uint64_t)(day_of_year - (153 * month_from_march + 2) / 5 + 1), 2);
}

void json_instant(struct json_writer *writer, struct instant at, size_t digits)
{
    char text[] = "\"1970-01-01T00:00:00.000000000";
    int64_t second = instant_second(at);
    int32_t of_day = shanghai_second_of_day(second);
    date_format(text + 1, (second + SHANGHAI_OFFSET_S - of_day) / S_PER_DAY);
    digits_format(text + 12, (uint64_t)(of_day / 3600), 2);
    digits_format(text + 15, (uint64_t)(of_day / 60 % 60), 2);
    digits_format(text + 18, (uint64_t)(of_day % 60), 2);
    digits_format(text + 21, (uint64_t)(at.ns - second * NS_PER_S), 9);
    json_bytes(writer, text, digits == 0 ? 20 : 30);
    JSON_LITERAL(writer, "+08:00\"");
}

static void json_escaped(struct json_writer *writer, uint8_t byte)
{
    char text[] = "\\u0000";
    text[4] = "0123456789abcdef"[byte >> 4];
    text[5] = "0123456789abcdef"[byte & 15];
    json_bytes(writer, text, 6);
}

void json_text(struct json_writer *writer, const char *text)
{
    JSON_LITERAL(writer, "\"");
    while (*text != '\0') {
        size_t plain = 0;
        while ((uint8_t)text[plain] >= ' ' && text[plain] != '"' && text[plain] != '\\') {
            plain++;
        }
        json_bytes(writer, text, plain);
        text += plain;
        if (*text != '\0') {
            json_escaped(writer, (uint8_t)*text++);
        }
    }
    JSON_LITERAL(writer, "\"");
}

void json_wire_text(struct json_writer *writer, const uint8_t *bytes, size_t length)
{
    JSON_LITERAL(writer, "\"");
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] >= ' ' && bytes[i] < 0x7f && bytes[i] != '"' && bytes[i] != '\\') {
            json_bytes(writer, (const char *)&bytes[i], 1);
        } else {
            json_escaped(writer, bytes[i]);
        }
    }
    JSON_LITERAL(writer, "\"");
}
