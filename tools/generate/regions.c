// The region code that field 42 of a province's transactions carries: its capital's, the first code
// of the province in config/tables/regions.tsv (a test compares the two).
#include "tools/generate/scenario.h"

static const struct {
    uint8_t province;
    uint16_t region;
} capitals[] = {
    {11, 1000},
    {12, 1100},
    {13, 1210},
    {14, 1610},
    {15, 1910},
    {21, 2210},
    {22, 2410},
    {23, 2610},
    {31, 2900},
    {32, 3010},
    {33, 3310},
    {34, 3610},
    {35, 3910},
    {36, 4210},
    {37, 4510},
    {41, 4910},
    {42, 5210},
    {43, 5510},
    {44, 5810},
    {45, 6110},
    {46, 6410},
    {50, 6530},
    {51, 6510},
    {52, 7010},
    {53, 7310},
    {54, 7700},
    {61, 7910},
    {62, 8210},
    {63, 8510},
    {64, 8710},
    {65, 8810},
    {81, 1081},
    {82, 1082},
};

int province_capital_region(int64_t province)
{
    for (size_t i = 0; i < sizeof(capitals) / sizeof(capitals[0]); i++) {
        if (capitals[i].province == province) {
            return capitals[i].region;
        }
    }
    return 0;
}
