"""One table of several redactors from the figures that measure.py wrote for each:

compare.py [--write FILE] FOLDER TOOL...
"""

import argparse
import json
import pathlib

import tables


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("tools", nargs="+")
    options = parser.parse_args()
    figures = {tool: json.loads((options.folder / f"{tool}.json").read_text()) for tool in options.tools}
    parts = [
        ("Seeded chats, share covered / precision:", "chats", lambda row: f"{tables.number(row['covered'])} / {tables.number(row['precision'])}"),
        ("Public test suites, share found / share of negatives with a false alarm:", "suites",
         lambda row: f"{tables.number(row['found'])} / {tables.number(row['false'])}"),
        ("Text with nothing personal, share of records with a finding that is no URL, domain, date, postcode, hash or UUID:", "clean", lambda row: f"{row['share']:.1%}"),
        ("Documentation full of numbers, the same share:", "documents", lambda row: f"{row['share']:.1%}"),
    ]  # fmt: skip
    text = "\n\n".join(f"{title}\n\n{beside(figures, part, cell)}" for title, part, cell in parts if any(f.get(part) for f in figures.values()))
    print(text)
    if options.write:
        tables.write(options.write, "compared", text)


def beside(figures, part, cell):
    """A row for each group, a column for each tool."""
    names = list(dict.fromkeys(name for result in figures.values() for name in (result.get(part) or {"rows": {}})["rows"]))
    rows = [[name, *(cell(result[part]["rows"][name]) if result.get(part) else "" for result in figures.values())] for name in names]
    return tables.table(["", *figures], rows)


if __name__ == "__main__":
    main()
