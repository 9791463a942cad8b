// To whom a report goes (art. 14), and how (art. 18).
#include "detectors/duties/duties.h"

#include <stdio.h>

#define PBOC "中国人民银行"

// Whose head office reports to the PBOC itself.
static bool is_direct(const struct institution_settings *institution)
{
    bool head_office = institution->level == LEVEL_HEAD_OFFICE;
    switch (institution->type) {
    case INSTITUTION_POLICY_BANK:
    case INSTITUTION_STATE_BANK:
    case INSTITUTION_POSTAL_BANK:
    case INSTITUTION_JOINT_STOCK_BANK:
    case INSTITUTION_PERSONAL_CREDIT: return head_office;
    case INSTITUTION_CITY_BANK:
    case INSTITUTION_PAYMENT: return head_office && institution->systemic;
    case INSTITUTION_PBOC_UNIT: return true;
    default: return false;
    }
}

const char *duty_report_to(
    const struct settings *settings, uint16_t network, char text[static REPORT_TO_MAX])
{
    const struct institution_settings *institution = institution_of(settings, network);
    const char *said = institution->report_to;
    if (said != NULL && said[0] != '\0') {
        snprintf(text, REPORT_TO_MAX, "%s", said);
    } else if (institution->type == INSTITUTION_SECURITIES) {
        snprintf(text, REPORT_TO_MAX, "中国证监会派出机构，由其通报%s", institution->domicile);
    } else {
        snprintf(text, REPORT_TO_MAX, "%s", is_direct(institution) ? PBOC : institution->domicile);
    }
    return text;
}

#define BIT(channel) (1u << (channel))

unsigned duty_channels(const struct settings *settings, const struct duty *duty)
{
    if (settings->networks[duty->network].secrecy == SECRECY_STATE) {
        return BIT(CHANNEL_WRITING); // other rules (art. 2): handled offline
    }
    unsigned allowed = BIT(CHANNEL_PHONE) | BIT(CHANNEL_IM) | BIT(CHANNEL_EMAIL) |
                       BIT(CHANNEL_FAX) | BIT(CHANNEL_SYSTEM);
    if (duty->kind >= DUTY_SUMMARY && duty->kind <= DUTY_REVISED) {
        allowed = BIT(CHANNEL_WRITING);
    } else if (duty->kind == DUTY_RISK_ANSWER) {
        allowed |= BIT(CHANNEL_WRITING);
    } else if (duty->kind == DUTY_LEDGER) {
        allowed = 0;
    }
    if (settings->networks[duty->network].secrecy == SECRECY_WORK) {
        allowed &= ~(BIT(CHANNEL_IM) | BIT(CHANNEL_EMAIL)); // no Internet channel
    }
    return allowed;
}
