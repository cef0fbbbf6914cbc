"""The files that make an export a bundle, made again from charter, manifest, rows and release (docs/DATASET.md)."""

import datetime
import pathlib
import unicodedata

import jinja2

import apart
import canonical
import cids
import columns
import dagjson
from described import Columns
from tally import same

SOURCE = pathlib.Path(__file__).resolve().parents[3] / "protocol/src/dataset/bundle"
TEXTS = ("ATTRIBUTION.md", "CITATION.cff", "DATASHEET.md", "LICENSE.md", "README.md", "RELEASE-NOTES.md", "croissant.json")
SIZES = ("n<1K", "1K<n<10K", "10K<n<100K", "100K<n<1M", "1M<n<10M", "10M<n<100M", "100M<n<1B", "1B<n<10B")
TASKS = {"question-answering": {"example"}, "text-generation": {"chat", "code", "correction", "example", "preference"},
         "translation": {"translation"}}
TURNING = {0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF, 0xFFFE, 0xFFFF}
CANARY_FIELD = {"name": "canary", "type": "sc:Text", "list": False, "parts": []}
MOST_CREDITS, MOST_LANGUAGES, MOST_RECORD_SETS = 500, 100, 256


def check(folder, charter, manifest, census, release_block, tally):
    """That each file of the bundle, and no other of these names, is here as it follows."""
    wanted = files(charter, manifest, census, release_block)
    for path, text in wanted.items():
        with tally.check(f"export: {path}"):
            same((folder / path).read_bytes().decode(), text)
    with tally.check("export: the files of the bundle"):
        legal = {f"LICENSES/{file.name}" for file in (folder / "LICENSES").glob("*")}
        same(legal, {path for path in wanted if path.startswith("LICENSES/")})
        for path in ("attribution.jsonl", "authors.jsonl", "release.json"):
            same((folder / path).exists(), path in wanted, path)


def files(charter, manifest, census, release_block):
    """The text of each file by its path; `charter` and `manifest` are the JSON of their files."""
    filled = facts(charter, manifest, census, release_block)
    texts = jinja2.Environment(
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, undefined=jinja2.StrictUndefined, autoescape=False
    )
    texts.filters |= {"line": line, "md": markdown, "quoted": quoted}
    made = {}
    for name in TEXTS:
        template = SOURCE / "texts" / f"{name.lower()}.jinja"
        made[name] = texts.from_string(template.read_text(encoding="utf-8")).render(filled)
    if census.rows:
        made["attribution.jsonl"] = "".join(dagjson.line(credit) + "\n" for credit in census.credits()[0])
    if census.names:
        named = [(author, name, str(profile)) for author, (_, profile, name) in sorted(census.names.items())]
        shown = [dict(zip(("author", "name", "profile"), one)) for one in named]
        made["authors.jsonl"] = "".join(dagjson.line(one) + "\n" for one in shown)
    if release_block:
        made["release.json"] = dagjson.page(dagjson.to_json(canonical.decode(release_block)))
    for licence in sorted({file["licence"] for file in manifest["files"]}):
        made[f"LICENSES/{licence}.txt"] = (SOURCE / f"licences/{licence}.txt").read_bytes().decode()
    return made


def facts(charter, manifest, census, release_block):
    """What the templates are filled with."""
    counts = census.counts()
    release = _released(release_block) if release_block else None
    spoken = sorted((one["value"] for one in counts["languages"]["values"]), key=str.encode)
    version = str(manifest["release"]["number"]) if release else manifest["state_root"]
    of = f"release {version} of {release['date']}" if release else f"state {version}"
    edition = f", edition {manifest['edition']}" if manifest["edition"] else ""
    kinds = {one["value"] for one in counts["kinds"]["values"]}
    lines, _ = census.credits()
    optional = dict.fromkeys(("flags", "purpose", "filter", "decontaminated", "copied"))
    optional |= {"views": [], "merged": [], "copies": []}
    merged = manifest.get("merged", [])
    return {
        "charter": charter,
        "manifest": optional | manifest,
        "counts": counts,
        "licences": _licences(manifest, census),
        "preferences": sorted({file["preference"] for file in manifest["files"]}, key=str.encode),
        "parquet": any(view["format"] == "parquet" for view in manifest.get("views", [])),
        "size": _size(manifest["rows"]),
        "tasks": [task for task, of_these in TASKS.items() if kinds & of_these],
        "languages": list(dict.fromkeys(tag.split("-")[0] for tag in spoken if _is_code(tag.split("-")[0])))[:MOST_LANGUAGES],
        "language_tags": [tag for tag in spoken if _is_tag(tag)][:MOST_LANGUAGES],
        "authors": _shown(lines, "author"),
        "sources": _shown(lines, "source"),
        "models": _shown(lines, "model"),
        **_described(manifest, census),
        "version": version,
        "cite": f"{charter['name']}: {of}{edition}. Commonwheel dataset of the community {manifest['community']}.",
        "release": release,
        "canary": apart.canary(cids.parse(manifest["community"])),
        "parts": sum(work["parts"] for work in merged),
        "unmerged": manifest["rows"] - sum(sum(work["of"].values()) for work in merged),
        "kept_apart": sum(file["rows"] for file in manifest["files"] if "split" in file),
    }


def release_block(blocks, release):
    """The resolution on a release, among the blocks of an archive."""
    for block in blocks:
        value = canonical.decode(block)
        if value.get("type") == "resolution" and cids.of_block(canonical.encode(value["payload"])) == release:
            return block
    return None


def line(text):
    """One line, without what turns the direction of what follows."""
    return "".join(_shown_as(char) for char in text)


def markdown(text):
    """One line of Markdown without markup."""
    return "".join("\\" + char if char.isascii() and _is_punctuation(char) else char for char in line(text))


def quoted(text):
    """One line between double quotes."""
    return '"' + line(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _shown_as(char):
    if char in "\u2028\u2029" or unicodedata.category(char) == "Cc":
        return " "
    return "\ufffd" if ord(char) in TURNING else char


def _is_punctuation(char):
    return char.isprintable() and not char.isalnum() and char != " "


def _released(block):
    payload = canonical.decode(block)["payload"]
    moment = datetime.datetime.fromtimestamp(payload["time"], datetime.timezone.utc)
    previous = payload.get("previous")
    return {
        "time": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "date": moment.strftime("%Y-%m-%d"),
        "count": payload["count"],
        "previous": previous and str(previous),
    }


def _with_canary(features, apart_too):
    return features and features + ([{"name": "canary", "dtype": "string"}] if apart_too else [])


def _licences(manifest, census):
    listed = []
    for licence in sorted({file["licence"] for file in manifest["files"]}):
        of_it = [file for file in manifest["files"] if file["licence"] == licence]
        columns, preferences, apart_too = Columns(), {}, any("split" in file for file in of_it)
        for file in of_it:
            columns.join(census.columns[file["path"]])
            preferences[file["preference"]] = preferences.get(file["preference"], 0) + file["rows"]
        listed.append(
            {
                "licence": licence,
                "config": licence.lower(),
                "rows": sum(file["rows"] for file in of_it),
                "files": len(of_it),
                "preferences": [{"value": one, "rows": preferences[one]} for one in sorted(preferences, key=str.encode)],
                "main": any("split" not in file for file in of_it),
                "apart": apart_too,
                "columns": _with_canary(columns.features(), apart_too),
            }
        )
    return listed


def _described(manifest, census):
    """What croissant.json says of the rows: of each file, or of all under a licence where these are many; and of columns."""
    of_columns = next((view["files"] for view in manifest.get("views", []) if view["format"] == "parquet"), [])
    together = len(manifest["files"]) > MOST_RECORD_SETS
    described = []
    for file in [] if together else manifest["files"]:
        record_set = {"id": file["path"].removeprefix("data/").removesuffix(".jsonl"),
                      "source": {"kind": "fileObject", "id": file["path"]},
                      "fields": census.columns[file["path"]].fields() + ([CANARY_FIELD] if "split" in file else [])}
        described.append(record_set | {key: file[key] for key in ("rows", "licence", "preference")} | {"apart": "split" in file})
    file_sets = []
    for begin, folder, ending, files in (("", "data", "jsonl", manifest["files"] if together else []),
                                         ("parquet/", "views/parquet", "parquet", of_columns)):
        for licence, is_apart in sorted({(file["licence"], "split" in file) for file in files}):
            mine = [file for file in files if (file["licence"], "split" in file) == (licence, is_apart)]
            side, month = ("/evaluation", "????-??-evaluation") if is_apart else ("", "????-??")
            file_sets.append({"id": f"{folder}/licence={licence}{side}", "ending": ending, "licence": licence, "apart": is_apart,
                              "includes": f"{folder}/licence={licence}/*/{month}.{ending}"})
            record_set = {"id": f"{begin}licence={licence}{side}", "source": {"kind": "fileSet", "id": file_sets[-1]["id"]},
                          "rows": sum(file["rows"] for file in mine), "licence": licence, "preference": None, "apart": is_apart}
            described.append(record_set | {"fields": _typed() if begin else _joined(mine, census, is_apart)})
    return {"column_files": of_columns, "file_sets": file_sets, "record_sets": described, "described_together": together}


def _joined(files, census, is_apart):
    """The fields of rows in several files."""
    joined = Columns()
    for file in files:
        joined.join(census.columns[file["path"]])
    return joined.fields() + ([CANARY_FIELD] if is_apart else [])


def _typed():
    """The fields of files of columns, the same in each."""
    types = {columns.TEXT: "sc:Text", columns.INTEGER: "sc:Integer", columns.BOOLEAN: "sc:Boolean", columns.TIME: "sc:DateTime"}
    return [
        {"name": name, "type": None if parts else types[kind], "list": is_list,
         "parts": [{"name": part, "type": types[of]} for part, of in parts]}
        for name, kind, is_list, parts in columns.fields()
    ]


def _size(rows):
    for power, size in enumerate(SIZES):
        if rows < 1000 * 10**power:
            return size
    return "10B<n<100B"


def _shown(lines, what):
    shown, everything = [], {}
    for one in lines:
        if one["what"] != what:
            continue
        everything[one["licence"]] = everything.get(one["licence"], 0) + 1
        if everything[one["licence"]] <= MOST_CREDITS:
            shown.append(one)
    return {"shown": shown, "all": everything}


def _is_code(tag):
    return 2 <= len(tag) <= 3 and tag.isascii() and tag.isalpha() and tag.islower()


def _is_tag(tag):
    formed = tag.isascii() and all(char.isalnum() or char == "-" for char in tag)
    return formed and "-" in tag
