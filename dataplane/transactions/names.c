#include "dataplane/transactions/transactions.h"

const char *const outcome_names[] = {
    [OUTCOME_OPEN] = "open",
    [OUTCOME_SUCCEEDED] = "succeeded",
    [OUTCOME_DECLINED] = "declined",
    [OUTCOME_FAILED] = "failed",
    [OUTCOME_UNANSWERED] = "unanswered",
    [OUTCOME_UNOBSERVED] = "unobserved",
    [OUTCOME_EXCLUDED] = "excluded",
    [OUTCOME_THROTTLED] = "throttled",
    [OUTCOME_LATE] = "late",
    [OUTCOME_DUPLICATE] = "duplicate",
    [OUTCOME_REVERSED] = "reversed",
};
