"""Loads exports as people do, and compares what their tools find with the rows. See run.sh."""

import argparse
import pathlib
import shutil
import sys
import time

import bundles
import hub
import records
import tables
from exported import Export

# A check takes an export and a folder for what it needs besides, and fails by raising. To add a tool, add one here.
CHECKS = {**tables.CHECKS, **records.CHECKS, **hub.CHECKS, **bundles.CHECKS}


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("exports", nargs="*", type=pathlib.Path, metavar="EXPORT_DIR")
    arguments.add_argument("--damage", type=pathlib.Path, metavar="EXPORT_DIR", help="load it, and then damaged copies of it")
    arguments.add_argument("--scratch", type=pathlib.Path, required=True)
    asked = arguments.parse_args()
    wrong = 0
    for folder in [*([asked.damage] if asked.damage else []), *asked.exports]:
        wrong += load(Export(folder), asked.scratch)
    if asked.damage:
        wrong += damage(asked.damage, asked.scratch)
    print(f"loaders: {wrong} failed" if wrong else "loaders: all passed")
    return 1 if wrong else 0


def load(export, scratch):
    """Runs every check that the export has files for; returns how many failed."""
    wrong = 0
    for name, (needs, check) in CHECKS.items():
        if not export.has(needs):
            print(f"  {export.name}: {name}: skipped, there is no {needs}")
            continue
        began = time.monotonic()
        try:
            check(export, fresh(scratch))
        except Exception as error:  # whatever a tool raises is a failure, and the others go on
            wrong += 1
            print(f"FAILED {export.name}: {name}: {type(error).__name__} {str(error)[:400]}", file=sys.stderr)
        else:
            print(f"  {export.name}: {name}: {len(export.rows)} rows as they are, {time.monotonic() - began:.1f} s")
    return wrong


def damage(folder, scratch):
    """Runs each check on a copy in which one byte of the largest file that it reads is another one."""
    wrong = 0
    for name, (needs, check) in CHECKS.items():
        copy = scratch / "damaged"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(folder, copy)
        export = Export(copy)
        file = max(export.files(needs), key=lambda file: file.stat().st_size)
        data = bytearray(file.read_bytes())
        data[tables.middle_of_ids(file) if file.suffix == ".parquet" else len(data) // 2] ^= 0xFF
        file.write_bytes(data)
        try:
            check(export, fresh(scratch))
        except Exception as error:
            print(f"  damaged: {name}: found out: {type(error).__name__}")
        else:
            wrong += 1
            print(f"FAILED damaged: {name}: nothing was noticed in {file.name}", file=sys.stderr)
    return wrong


def fresh(scratch):
    """An empty folder for one check."""
    folder = scratch / "check"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


if __name__ == "__main__":
    sys.exit(main())
