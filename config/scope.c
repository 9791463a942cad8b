#include "config/scope.h"

#include "config/settings.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

bool scope_network(struct scope_check *check, char *const *id, struct scope *scope)
{
    for (size_t i = 0; i < check->settings->network_count; i++) {
        const char *known = check->settings->networks[i].id;
        if (known != NULL && strcmp(known, *id) == 0) {
            scope->network = (uint16_t)i;
            return true;
        }
    }
    SCOPE_REFUSE(check, id, "unknown network \"%.80s\"", *id);
    return false;
}

void scope_functions(
    struct scope_check *check, char *const *functions, size_t count, struct scope *scope)
{
    const struct function_table *table = &check->settings->networks[scope->network].functions;
    memset(scope->functions, count == 0 ? 0xff : 0, sizeof(scope->functions));
    for (size_t i = 0; i < count && table->rows != NULL; i++) { // else it has mistakes of its own
        size_t function = 0;
        while (function < table->function_count &&
               strcmp(table->functions[function].id, functions[i]) != 0) {
            function++;
        }
        if (function == table->function_count) {
            SCOPE_REFUSE(
                check, &functions[i], "the network has no function \"%.80s\"", functions[i]);
            continue;
        }
        scope->functions[function / 64] |= UINT64_C(1) << (function % 64);
    }
}

void scope_provinces(
    struct scope_check *check, char *const *provinces, size_t count, struct scope *scope)
{
    memset(scope->provinces, count == 0 ? 0xff : 0, sizeof(scope->provinces));
    for (size_t i = 0; i < count; i++) {
        const char *text = provinces[i];
        bool digits =
            strlen(text) == 2 && isdigit((unsigned char)text[0]) && isdigit((unsigned char)text[1]);
        int province = digits ? atoi(text) : 0;
        if (!digits || !province_is_known((uint8_t)province)) {
            SCOPE_REFUSE(check, &provinces[i],
                "\"%.80s\" is no province's two-digit code (GB/T 2260) such as 32", text);
            continue;
        }
        scope->provinces[province / 8] |= (uint8_t)(1u << (province % 8));
    }
}
