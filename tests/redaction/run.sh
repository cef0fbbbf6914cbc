#!/usr/bin/env bash
# Measures the redactor and fails when a goal is missed:
#   tests/redaction/run.sh [OPTION...] [-- COMMAND...]
# Options are those of measure.py: --write docs/REDACTION.md, --show 5, --only chats, --report, ...
# COMMAND is any redactor that reads {"text"} and writes {"spans"}, a line each; `commonwheel redact --jsonl` without one.
# Installs what it needs under the target folder, never into the source tree.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
repository="$(cd "$here/../.." && pwd)"
target="${CARGO_TARGET_DIR:-$repository/target}"
environment="$target/redaction/python"
export PYTHONDONTWRITEBYTECODE=1 PIP_DISABLE_PIP_VERSION_CHECK=1

options=()
while [[ $# -gt 0 && "$1" != -- ]]; do
  options+=("$1")
  shift
done
[[ $# -gt 0 ]] && shift
command=("$@")
[[ $# -gt 0 ]] || command=("$target/release/commonwheel" redact --jsonl)

if ! cmp --silent "$here/requirements.txt" "$environment/installed"; then
  python3 -m venv --clear "$environment"
  "$environment/bin/pip" install --quiet --requirement "$here/requirements.txt"
  cp "$here/requirements.txt" "$environment/installed"
fi
exec "$environment/bin/python" "$here/measure.py" ${options[0]+"${options[@]}"} -- "${command[@]}"
