#!/usr/bin/env bash
# Measures the best known tools on the same texts as ours, and writes one table of all:
#   tests/redaction/compare.sh [--write docs/REDACTION.md] [--tools NAME...]
# Needs the release build of commonwheel. Takes some ten minutes and a gigabyte under the target folder; no part of CI.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
repository="$(cd "$here/../.." && pwd)"
target="${CARGO_TARGET_DIR:-$repository/target}"
work="$target/redaction"
export PYTHONDONTWRITEBYTECODE=1 PIP_DISABLE_PIP_VERSION_CHECK=1
shared="${SHARED:-$repository/../shared}"
tools=(commonwheel presidio datafog-core redact-core scrubadub detect-secrets betterleaks kingfisher)
write=()
while [[ $# -gt 0 ]]; do
  case "$1" in
    --write) write=(--write "$2") && shift 2 ;;
    --tools) shift && tools=("$@") && break ;;
    *) echo "expected --write FILE or --tools NAME...; found $1" >&2 && exit 2 ;;
  esac
done

if ! cmp --silent "$here/tools/requirements.txt" "$work/tools/installed"; then
  python3 -m venv --clear "$work/tools"
  "$work/tools/bin/pip" install --quiet --requirement "$here/tools/requirements.txt"
  cp "$here/tools/requirements.txt" "$work/tools/installed"
fi
cargo build --locked --quiet --release --manifest-path "$repository/tests/peers/Cargo.toml" --bin adapter
mkdir -p "$work/figures"
for tool in "${tools[@]}"; do
  case "$tool" in
    commonwheel) options=(--offsets byte) command=("${COMMONWHEEL:-$target/release/commonwheel}" redact --jsonl) ;;
    datafog-core | redact-core) options=(--offsets byte) command=("$target/release/adapter" "$tool") ;;
    *) options=(--offsets char) command=("$work/tools/bin/python" "$here/tools/adapter.py" "$tool") ;;
  esac
  echo "measuring $tool" >&2
  "$here/run.sh" "${options[@]}" --shared "$shared" --report --every 10 --json "$work/figures/$tool.json" -- "${command[@]}" >/dev/null
done
"$work/python/bin/python" "$here/compare.py" "${write[@]}" "$work/figures" "${tools[@]}"
