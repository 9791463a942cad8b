#!/usr/bin/env bash
# Every kind of message against the schemas that are shipped.
# Usage: test_messages.sh PRINT_EVENTS VALIDATE SCHEMAS_FOLDER
set -euo pipefail
"$1" 2>/dev/null | python3 "$2" "$3" --every-kind
