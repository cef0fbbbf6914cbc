"""The measured figures as tables in Markdown, and putting them into a document."""

import re


def report(results):
    """The tables of one redactor, for the parts that were measured."""
    parts = [TABLES[part](result) for part, result in results.items() if result]
    return "\n\n".join(parts)


def suites(result):
    rows = [[name, r["values"], number(r["found"]), number(r["covered"]), r["negatives"] or "-", number(r["false"]), r["goal"], verdict(r["kept"])]
            for name, r in result["rows"].items()]  # fmt: skip
    return "Public test suites:\n\n" + table(["group", "values", "found", "covered", "negatives", "false", "goal", ""], rows)


def chats(result):
    rows = [[name, r["values"], number(r["found"]), number(r["covered"]), number(r["exact"]), number(r["precision"]), r.get("goal", ""), verdict(r.get("kept"))]
            for name, r in result["rows"].items()]  # fmt: skip
    kinds = list(result["rows"])
    places = [[locale, *(number(part.get(kind)) for kind in kinds)] for locale, part in result["by_locale"].items()]
    return (
        "Seeded chats:\n\n" + table(["kind", "values", "found", "covered", "exact", "precision", "goal", ""], rows)
        + "\n\nShare covered, by locale:\n\n" + table(["locale", *kinds], places)
    )  # fmt: skip


def clean(result):
    rows = [[name, r["records"], r["left_out"], r["flagged"], f"{r['share']:.2%}", r["most"], kinds(r["kinds"]), verdict(r["kept"])]
            for name, r in result["rows"].items()]  # fmt: skip
    return "Text with nothing personal:\n\n" + table(["corpus", "records", "left out", "with a finding", "share", "most in one", "kinds", ""], rows)


def documents(result):
    return clean(result).replace("Text with nothing personal", "Documentation full of numbers")


TABLES = {"suites": suites, "chats": chats, "clean": clean, "documents": documents}


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def number(figure):
    return "-" if figure is None else f"{figure:.3f}"


def verdict(kept):
    return {None: "", True: "kept", False: "missed"}[kept]


def kinds(counts):
    return ", ".join(f"{count} {kind}" for kind, count in counts.items()) or "-"


def write(path, name, text):
    """Puts text between `<!-- name -->` and `<!-- /name -->` in a document; at its end when the markers are not there."""
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    old = path.read_text(encoding="utf-8") if path.exists() else "# Redaction\n"
    block = f"{begin}\n\n{text}\n\n{end}"
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    new = pattern.sub(lambda _: block, old) if pattern.search(old) else f"{old.rstrip()}\n\n{block}\n"
    path.write_text(new, encoding="utf-8")
