#!/usr/bin/env bash
# Fuzzes the redactor and the importers with libFuzzer, guided by coverage, on stable Rust:
#   tests/fuzz/run.sh [SECONDS [LIBFUZZER_OPTION...]]      so many seconds each
#   tests/fuzz/run.sh 0 FILE                               runs one input again, of redact-… or import-…
# Meanwhile it counts the work for texts that are made to be slow. The redactor's begins with the texts of tests/fuzz/seeds.txt and
# builds on them with those of tests/fuzz/words.txt; the importers' begins with an item of every format, and builds on it with the
# names and texts in it. A failure prints the input, escaped, and keeps it. Every input is made up, so printing it shows
# nobody's data. Needs a C++ compiler, for libFuzzer itself.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
repository="$(cd "$here/../.." && pwd)"
seconds="${1:-60}"
shift $(($# > 0))
target="${CARGO_TARGET_DIR:-$repository/target}/fuzz"
host="$(rustc -vV | sed -n 's/^host: //p')"
# LLVM's own instrumentation, which stable rustc passes on: a call at every branch; or counters and compared values for
# libFuzzer to follow.
counting="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=3 -Cllvm-args=-sanitizer-coverage-trace-pc"
guiding="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters"
guiding+=" -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares"
found="$target/corpus" failures="$target/failures"

main() {
  if ((seconds == 0)); then
    build fuzz "$guiding" --bin fuzz --bin import --features libfuzzer-sys
    case "$(basename "${1:?expected a FILE}")" in
      import-*) exec "$(program fuzz import)" "$@" ;;
      *) exec "$(program fuzz fuzz)" "$@" ;;
    esac
  fi
  rm -rf "$found"
  mkdir -p "$found/redact" "$found/import" "$failures"
  # One file for each text between the lines of three hyphens.
  awk -v folder="$found/redact" '/^---$/ { n++; next } { print > (folder "/seed-" n + 0) }' "$here/seeds.txt"

  echo "fuzz: building"
  both build_counting build_guided
  echo "fuzz: growth of work, and $seconds s of each fuzzer"
  both redactor_growth others "$@"
}

build_counting() { build linear "$counting" --bin linear --bin import_linear; }

build_guided() { build fuzz "$guiding" --bin fuzz --bin import --features libfuzzer-sys; }

# Counting the redactor's work takes as long as all the rest.
redactor_growth() { named redact "$(program linear linear)" "$here/words.txt"; }

others() {
  named import "$(program linear import_linear)" "$found/import" "$found/import.txt" &&
    named import look import import "$found/import.txt" "$@" &&
    named redact look fuzz redact "$here/words.txt" "$@"
}

# Builds programs in a folder of their own: no other build has its flags. With --target they are for the programs alone,
# and not for what runs while they are built.
build() {
  local folder="$1" flags="$2"
  shift 2
  RUSTFLAGS="$flags" CARGO_TARGET_DIR="$target/$folder" \
    cargo build --locked --quiet --release --target "$host" --manifest-path "$here/Cargo.toml" "$@"
}

program() { echo "$target/$1/$host/release/$2"; }

# Runs two of these functions at the same time, the second with what follows; shows the output of one after the other, and fails
# if one does.
both() {
  local failed=0
  "$1" >"$found/first.log" 2>&1 &
  local other=$!
  "${@:2}" >"$found/second.log" 2>&1 || failed=$?
  wait "$other" || failed=$?
  cat "$found/first.log" "$found/second.log"
  return "$failed"
}

# Runs a command, whose output is shown behind a name.
named() {
  local name="$1"
  shift
  "$@" 2>&1 | sed "s/^/$name: /"
}

# Runs a fuzzer: at most 5 s and 1 GiB for one input of 4 KiB, far above what it needs.
look() {
  local program="$1" name="$2" words="$3"
  shift 3
  "$(program fuzz "$program")" "$found/$name" -dict="$words" -max_total_time="$seconds" -max_len=4096 -timeout=5 \
    -rss_limit_mb=1024 -seed=1 -print_final_stats=1 -artifact_prefix="$failures/$name-" "$@" 2>&1 |
    { grep -vE $'^#[0-9]+\t(NEW|REDUCE|RELOAD)|NEW_FUNC|^WARNING: Failed to find function|^"|^######' || true; }
}

main "$@"
