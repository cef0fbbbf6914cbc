#!/usr/bin/env bash
# Reads the test vectors, an export and the folders of stores with programs that share no code with the node:
#   tests/readers/run.sh [EXPORT_DIR] [STORE_DIR...]
# Installs what they need under the target folder, never into the source tree. Besides the export that is given they
# read those of a community to which everything has happened, which a test of the node writes for them, with the benchmarks that
# one of them was compared with beside them.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
repository="$(cd "$here/../.." && pwd)"
vectors="$repository/tests/vectors"
work="${CARGO_TARGET_DIR:-$repository/target}/readers"
export PYTHONDONTWRITEBYTECODE=1 PIP_DISABLE_PIP_VERSION_CHECK=1

main() {
  mkdir -p "$work"
  local exports=(${1:+"$1"})
  shift $(($# > 0))
  write_exports
  exports+=("$work/exports"/*)
  read_with_python
  read_with_node "$@"
}

write_exports() {
  rm -rf "$work/exports" "$work/benchmarks"
  COMMONWHEEL_EXPORTS="$work/exports" cargo test --quiet --manifest-path "$repository/Cargo.toml" --package commonwheel \
    --lib -- --exact verify::event_tests::a_state_and_its_releases_are_verified_as_what_they_are
}

read_with_python() {
  local environment="$work/python"
  if [[ ! -x "$environment/bin/pip" ]]; then
    python3 -m venv --clear "$environment"
  fi
  "$environment/bin/pip" install --quiet --requirement "$here/python/requirements.txt"
  echo "readers: Python"
  "$environment/bin/python" "$here/python/read.py" --benchmarks "$work/benchmarks" "${exports[@]}"
}

# Node looks for packages beside the program that imports them, so the program goes where the packages are.
read_with_node() {
  local environment="$work/js"
  mkdir -p "$environment"
  cp "$here"/js/*.js "$here"/js/package.json "$environment/"
  if ! cmp --silent "$here/js/package-lock.json" "$environment/installed"; then
    cp "$here/js/package-lock.json" "$environment/"
    (cd "$environment" && npm ci --no-audit --no-fund --ignore-scripts --loglevel=error)
    cp "$here/js/package-lock.json" "$environment/installed"
  fi
  echo "readers: Node"
  node "$environment/read.js" "$vectors" "${exports[@]/#/--export=}" "$@"
}

main "$@"
