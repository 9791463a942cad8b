// To whom a report goes (art. 14), and how (art. 18).
#include "detectors/duties/duties.h"

#include <stdio.h>

#define PBOC "中国人民银行"

// Whose head office reports to the PBOC itself.
static bool is_direct(const struct duties_settings *duties)
{
    switch (duties->institution_type) {
    case INSTITUTION_POLICY_BANK:
    case INSTITUTION_STATE_BANK:
    case INSTITUTION_POSTAL_BANK:
    case INSTITUTION_JOINT_STOCK_BANK:
    case INSTITUTION_PERSONAL_CREDIT: return duties->level == LEVEL_HEAD_OFFICE;
    case INSTITUTION_CITY_BANK:
    case INSTITUTION_PAYMENT: return duties->level == LEVEL_HEAD_OFFICE && duties->systemic;
    case INSTITUTION_PBOC_UNIT: return true;
    default: return false;
    }
}

const char *duty_report_to(const struct settings *settings, char text[static REPORT_TO_MAX])
{
    const struct duties_settings *duties = &settings->duties;
    const char *said = settings->institution.report_to;
    if (said != NULL && said[0] != '\0') {
        snprintf(text, REPORT_TO_MAX, "%s", said);
    } else if (duties->institution_type == INSTITUTION_SECURITIES) {
        snprintf(text, REPORT_TO_MAX, "中国证监会派出机构，由其通报%s", duties->domicile);
    } else {
        snprintf(text, REPORT_TO_MAX, "%s", is_direct(duties) ? PBOC : duties->domicile);
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
