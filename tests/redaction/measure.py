"""Measures a redactor and compares it with the goals:

    measure.py [--write FILE] [--show N] [--offsets byte|char] [--report] [--only PART...] -- COMMAND ARGS...

COMMAND reads one {"text"} a line and writes one {"spans"} a line. Exits with 1 when a goal is missed, unless --report.
"""

import argparse
import json
import pathlib
import sys
import tempfile
import time

import chats
import clean
import documents
import score
import suites
import tables

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
SHARED = REPOSITORY.parent / "shared"
SEEDS = range(3)
CHATS_OF_A_LOCALE = 40
DOCUMENTS = 2200
# Kind of seeded values: the least share covered, the least precision.
SEEDED_GOALS = {kind: (0.99, 0.97) for kind in ("EMAIL", "IP", "SSN", "IBAN", "CRYPTO", "CREDIT_CARD", "SECRET")}
SEEDED_GOALS |= {"PHONE": (0.90, 0.95), "NAME": (0.85, 0.95)}
# Of clean records: the largest share with a core finding, the most in one record.
CLEAN_SHARE, CLEAN_MOST = 0.005, 5
PARTS = ["suites", "chats", "clean", "documents"]


def main():
    options = arguments()
    results, started = {}, time.monotonic()
    for part in options.only or PARTS:
        results[part] = globals()[f"measure_{part}"](options)
        print(f"    {part}: {time.monotonic() - started:.0f} s so far", file=sys.stderr)
    report = tables.report(results)
    print(report)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1))
    if options.write:
        tables.write(options.write, "measured", report)
    missed = [line for part in results.values() if part for line in part["missed"]]
    for line in missed:
        print(f"missed: {line}", file=sys.stderr)
    kept = sum(len(part["kept"]) for part in results.values() if part)
    print(f"{kept} passed, {len(missed)} failed")
    return 1 if missed and not options.report else 0


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", type=pathlib.Path, help="put the tables into this document, between its markers")
    parser.add_argument("--json", type=pathlib.Path, help="write every figure to this file")
    parser.add_argument("--show", type=int, default=0, help="show so many misses and false alarms of each kind")
    parser.add_argument("--offsets", choices=["byte", "char"], default="byte")
    parser.add_argument("--report", action="store_true", help="only report; a missed goal is no failure")
    parser.add_argument("--shared", type=pathlib.Path, default=SHARED, help="the folder of public suites and texts")
    parser.add_argument("--every", type=int, default=1, help="of text with nothing to find, take every so manyth record alone")
    parser.add_argument("--only", nargs="+", choices=PARTS)
    parser.add_argument("command", nargs="+")
    return parser.parse_args()


def measure_suites(options):
    """The public suites, if they are beside the repository."""
    if not (options.shared / "data/redaction").is_dir():
        print(f"    not measured: the public suites, because there is no {options.shared / 'data/redaction'}")
        return None
    with tempfile.TemporaryDirectory() as work:
        groups = suites.measure(options.shared, options.command, pathlib.Path(work), options.offsets, options.show)
    return judged({name: row["kept"] for name, row in groups.items()}, groups)


def measure_chats(options):
    """Seeded chats: all seeds and locales together, and the share covered by locale."""
    records = [chat | {"locale": locale} for seed in SEEDS for locale in chats.LOCALES for chat in chats.chats(seed, locale, CHATS_OF_A_LOCALE)]
    found = score.run(options.command, records, options.offsets)
    tallies, samples = score.seeded(records, found)
    show(options, samples)
    rows, kept = {}, {}
    for kind, tally in sorted(tallies.items()):
        covered, precision = tally.rate("covered"), tally.precision()
        rows[kind] = {"values": tally["values"], "found": tally.rate("found"), "covered": covered, "exact": tally.rate("exact"), "precision": precision}
        if goal := SEEDED_GOALS.get(kind):
            rows[kind]["goal"] = f"covered ≥ {goal[0]:g}, precision ≥ {goal[1]:g}"
            rows[kind]["kept"] = kept[kind] = covered >= goal[0] and (precision or 0) >= goal[1]
    by_locale = {}
    for locale in chats.LOCALES:
        mine = [(record, spans) for record, spans in zip(records, found) if record["locale"] == locale]
        part, _ = score.seeded(*zip(*mine))
        by_locale[locale] = {kind: tally.rate("covered") for kind, tally in part.items()}
    return judged(kept, rows) | {"by_locale": by_locale}


def measure_clean(options):
    """Prose and source code in which there is nothing to find."""
    rows, kept = {}, {}
    for name, (records, left_out) in clean.corpora(REPOSITORY, options.shared).items():
        records = records[:: options.every]
        row, samples = score.clean(records, score.run(options.command, records, options.offsets))
        show(options, {("invented", name): samples})
        row |= {"left_out": left_out, "share": row["flagged"] / row["records"], "kinds": dict(row["kinds"].most_common())}
        rows[name] = row
        kept[name] = row["share"] <= CLEAN_SHARE and row["most"] <= CLEAN_MOST
        row["kept"] = kept[name]
    return judged(kept, rows)


def measure_documents(options):
    """Versions, hashes, UUIDs, epochs and ISBNs: nothing may be found."""
    records = documents.documents(1, DOCUMENTS)[:: options.every]
    row, samples = score.clean(records, score.run(options.command, records, options.offsets))
    show(options, {("invented", "documents"): samples})
    row |= {"left_out": 0, "share": row["flagged"] / row["records"], "kinds": dict(row["kinds"].most_common()), "kept": row["flagged"] == 0}
    name = "versions, hashes, UUIDs, epochs, ISBNs"
    return judged({name: row["kept"]}, {name: row})


def judged(kept, rows):
    return {
        "rows": rows,
        "kept": [name for name, well in kept.items() if well],
        "missed": [f"{name}: {rows[name]}" for name, well in kept.items() if well is False],
    }


def show(options, samples):
    for what, texts in sorted(samples.items()) if options.show else ():
        for text in texts[: options.show]:
            print(*what, text)


if __name__ == "__main__":
    sys.exit(main())
