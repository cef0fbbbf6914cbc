"""Reads the test vectors, and the exports given as arguments, by docs/SPEC.md and docs/DATASET.md alone."""

import argparse
import pathlib
import sys

import benchmarks
import export
import rehearsal
import vectors
from tally import Tally

VECTORS = pathlib.Path(__file__).resolve().parents[2] / "vectors"


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("exports", nargs="*", type=pathlib.Path, metavar="EXPORT_DIR")
    arguments.add_argument("--benchmarks", type=pathlib.Path, metavar="DIR", help="files with which rows are compared, by their names")
    tally = Tally()
    vectors.run(VECTORS, tally)
    rehearsal.run(tally)
    benchmarks.run(tally)
    asked = arguments.parse_args()
    given = sorted(asked.benchmarks.iterdir()) if asked.benchmarks else ()
    for folder in asked.exports:
        export.run(folder, tally, benchmarks=given)
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
