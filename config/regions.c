// Region digits → province.
//
// The table has the codes in force; merchant ids live longer. A code that is not in the table takes
// the province of its first two digits (protocols: computed from the table, every prefix but 65, 66
// and 68 lies in one province; those are Chongqing or Sichuan and need the full code).
#include "config/tables.h"
#include "config/tsv.h"

#include <string.h>

static const char *const province_names[PROVINCES] = {
    [PROVINCE_NATIONAL] = "全国性机构",
    [11] = "北京市",
    [12] = "天津市",
    [13] = "河北省",
    [14] = "山西省",
    [15] = "内蒙古自治区",
    [21] = "辽宁省",
    [22] = "吉林省",
    [23] = "黑龙江省",
    [31] = "上海市",
    [32] = "江苏省",
    [33] = "浙江省",
    [34] = "安徽省",
    [35] = "福建省",
    [36] = "江西省",
    [37] = "山东省",
    [41] = "河南省",
    [42] = "湖北省",
    [43] = "湖南省",
    [44] = "广东省",
    [45] = "广西壮族自治区",
    [46] = "海南省",
    [50] = "重庆市",
    [51] = "四川省",
    [52] = "贵州省",
    [53] = "云南省",
    [54] = "西藏自治区",
    [61] = "陕西省",
    [62] = "甘肃省",
    [63] = "青海省",
    [64] = "宁夏回族自治区",
    [65] = "新疆维吾尔自治区",
    [71] = "台湾省",
    [81] = "香港特别行政区",
    [82] = "澳门特别行政区",
};

static const struct {
    uint8_t from, to; // the first two digits of a PBOC code
    uint8_t province;
} prefixes[] = {
    {10, 10, 11},
    {11, 11, 12},
    {12, 15, 13},
    {16, 18, 14},
    {19, 20, 15},
    {21, 23, 21},
    {24, 25, 22},
    {26, 27, 23},
    {29, 29, 31},
    {30, 31, 32},
    {33, 34, 33},
    {36, 37, 34},
    {39, 40, 35},
    {42, 43, 36},
    {45, 47, 37},
    {49, 51, 41},
    {52, 54, 42},
    {55, 56, 43},
    {58, 60, 44},
    {61, 63, 45},
    {64, 64, 46},
    {67, 67, 51},
    {69, 69, 50},
    {70, 71, 52},
    {73, 75, 53},
    {77, 78, 54},
    {79, 80, 61},
    {82, 83, 62},
    {85, 85, 63},
    {87, 87, 64},
    {88, 90, 65},
};

bool province_is_known(uint8_t province)
{
    return province < PROVINCES && province_names[province] != NULL;
}

const char *province_name(uint8_t province)
{
    return province_is_known(province) ? province_names[province] : "未知";
}

// Exactly `count` digits; -1 when they are not.
static int digits_number(const char *text, size_t count)
{
    int number = 0;
    if (strlen(text) != count) {
        return -1;
    }
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9') {
            return -1;
        }
        number = number * 10 + (*text - '0');
    }
    return number;
}

// 0 with a mistake when the cell is no province.
static uint8_t province_cell(const struct tsv *tsv, const char *cell, struct mistakes *mistakes)
{
    int province = digits_number(cell, 2);
    if (province < 0 || !province_is_known((uint8_t)province)) {
        mistake(mistakes, tsv->path, tsv->line, 0,
            "a province must be two digits of GB/T 2260, found \"%.20s\"", cell);
        return PROVINCE_UNKNOWN;
    }
    return (uint8_t)province;
}

static bool region_row(
    const struct tsv *tsv, char *const *cells, struct regions *ret, struct mistakes *mistakes)
{
    int code = digits_number(cells[0], 4);
    uint8_t province = province_cell(tsv, cells[2], mistakes);
    if (code < 0) {
        mistake(mistakes, tsv->path, tsv->line, 1,
            "a region code must be four digits, found \"%.20s\"", cells[0]);
    } else if (ret->pboc_listed[code]) {
        mistake(mistakes, tsv->path, tsv->line, 1, "duplicate region code %04d", code);
    } else if (province != PROVINCE_UNKNOWN) {
        ret->pboc[code] = province;
        ret->pboc_listed[code] = true;
        return true;
    }
    return false;
}

static void prefixes_apply(struct regions *regions)
{
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        for (int code = prefixes[i].from * 100; code < (prefixes[i].to + 1) * 100; code++) {
            if (!regions->pboc_listed[code]) {
                regions->pboc[code] = prefixes[i].province;
            }
        }
    }
}

bool regions_read(const char *path, struct regions *ret, struct mistakes *mistakes)
{
    struct tsv tsv;
    char *cells[TSV_CELLS_MAX];
    bool good = true;
    *ret = (struct regions){0};
    if (!tsv_open(&tsv, path, "region_code\tcity\tprovince_gbt2260\tprovince_name", mistakes)) {
        return false;
    }
    for (int got; (got = tsv_next(&tsv, cells, mistakes)) != 0;) {
        good &= got > 0 && region_row(&tsv, cells, ret, mistakes);
    }
    tsv_close(&tsv);
    prefixes_apply(ret);
    for (uint8_t province = 1; province < PROVINCES; province++) {
        ret->province[province] = province_is_known(province) && province != PROVINCE_NATIONAL;
    }
    return good;
}
