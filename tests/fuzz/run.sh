#!/usr/bin/env bash
# Fuzzes the redactor with libFuzzer, guided by coverage, on stable Rust:
#   tests/fuzz/run.sh [SECONDS [LIBFUZZER_OPTION...]]
#   tests/fuzz/run.sh 0 FILE           runs one input again
# First it counts the work for texts that are made to be slow. Then it begins with the texts of tests/fuzz/seeds.txt and builds on
# them with those of tests/fuzz/words.txt. A failure prints the input, escaped, and keeps it. Every input is made up,
# so printing it shows nobody's data. Needs a C++ compiler, for libFuzzer itself.
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

# Builds a program in a folder of its own: no other build has its flags. With --target they are for the program alone,
# and not for what runs while it is built.
build() {
  local program="$1" flags="$2"
  shift 2
  RUSTFLAGS="$flags" CARGO_TARGET_DIR="$target/$program" \
    cargo build --locked --quiet --release --target "$host" --manifest-path "$here/Cargo.toml" --bin "$program" "$@"
}

build fuzz "$guiding" --features libfuzzer-sys
fuzz="$target/fuzz/$host/release/fuzz"
if ((seconds == 0)); then
  exec "$fuzz" "$@"
fi

build linear "$counting"
echo "fuzz: growth of work"
"$target/linear/$host/release/linear" "$here/words.txt"

echo "fuzz: $seconds s"
found="$target/corpus" failures="$target/failures"
rm -rf "$found"
mkdir -p "$found" "$failures"
# One file for each text between the lines of three hyphens.
awk -v folder="$found" '/^---$/ { n++; next } { print > (folder "/seed-" n + 0) }' "$here/seeds.txt"
# At most 5 s and 1 GiB for one input of 4 KiB: far above what it needs.
"$fuzz" "$found" -dict="$here/words.txt" -max_total_time="$seconds" -max_len=4096 -timeout=5 -rss_limit_mb=1024 -seed=1 \
  -print_final_stats=1 -artifact_prefix="$failures/" "$@" 2>&1 | { grep -vE $'^#[0-9]+\t(NEW|REDUCE|RELOAD)|NEW_FUNC|^WARNING: Failed to find function|^"|^######' || true; }
