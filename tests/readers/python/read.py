"""Reads the test vectors, and the exports given as arguments, by docs/SPEC.md and docs/DATASET.md alone."""

import argparse
import pathlib
import sys

import export
import rehearsal
import vectors
from tally import Tally

VECTORS = pathlib.Path(__file__).resolve().parents[2] / "vectors"


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("exports", nargs="*", type=pathlib.Path, metavar="EXPORT_DIR")
    tally = Tally()
    vectors.run(VECTORS, tally)
    rehearsal.run(tally)
    for folder in arguments.parse_args().exports:
        export.run(folder, tally)
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
