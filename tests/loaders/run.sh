#!/usr/bin/env bash
# Loads exports with the programs that people load datasets with, and compares what they find with the rows:
#   tests/loaders/run.sh [EXPORT_DIR...]
# Installs what it needs under the target folder, never into the source tree. Besides the exports that are given it
# loads one with every view, one with rows that are kept apart and one with so many files that croissant.json describes
# them together, which a test of the node writes; and damaged copies of the first, which must be found out.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
repository="$(cd "$here/../.." && pwd)"
work="${CARGO_TARGET_DIR:-$repository/target}/loaders"
environment="$work/python"
export PYTHONDONTWRITEBYTECODE=1 PIP_DISABLE_PIP_VERSION_CHECK=1
export HF_HUB_OFFLINE=1 HF_HUB_DISABLE_TELEMETRY=1 HF_DATASETS_DISABLE_PROGRESS_BARS=1

if ! cmp --silent "$here/requirements.txt" "$environment/installed"; then
  python3 -m venv --clear "$environment"
  "$environment/bin/pip" install --quiet --requirement "$here/requirements.txt"
  cp "$here/requirements.txt" "$environment/installed"
fi
rm -rf "$work/exports" "$work/scratch"
mkdir -p "$work/scratch"
export HF_HOME="$work/scratch/huggingface"
COMMONWHEEL_EXPORTS="$work/exports" cargo test --quiet --manifest-path "$repository/Cargo.toml" --package commonwheel \
  --lib -- --exact verify::event_tests::a_state_and_its_releases_are_verified_as_what_they_are
"$environment/bin/python" "$here/load.py" --scratch "$work/scratch" --damage "$work/exports/with-views" "$work/exports/kept-apart" \
  "$work/exports/in-many-files" "$@"
# A torrent of each export that is given, by the program that was built, read by another that shares no code with it.
for folder in "$@"; do
  "${CARGO_TARGET_DIR:-$repository/target}/release/commonwheel" torrent --json --out "$work/scratch/export.torrent" --force \
    "$folder" >"$work/scratch/torrent.json"
  magnet="$("$environment/bin/python" -c 'import json, sys; print(json.load(open(sys.argv[1]))["magnet"])' "$work/scratch/torrent.json")"
  "$environment/bin/python" "$here/torrent.py" "$folder" "$work/scratch/export.torrent" "$magnet"
done
rm -rf "$work/scratch"
