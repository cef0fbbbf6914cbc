"""The rows of an export as works under one licence each (docs/DATASET.md, *Merged*), made again from the rows."""

import json

import partitions
import preferences
from described import entries
from tally import same

ALL = ("Apache-2.0", "CC-BY-4.0", "CC-BY-SA-4.0", "CC0-1.0", "MIT")
# Creative Commons' table of what may be remixed: what stands before may go into what stands after it.
REMIXABLE = ("CC0-1.0", "CC-BY-4.0", "CC-BY-SA-4.0")


class Merged:
    """The works that the rows become."""

    def __init__(self, folder, stored):
        """`stored` is what the manifest says of each file of rows."""
        self.works = []
        groups = {}
        for file in stored:
            lines = (folder / file["path"]).read_bytes().split(b"\n")[:-1]
            bound = [(line, licence) for line in lines if (licence := _binding(json.loads(line))) is not None]
            mixes = file["licence"] in REMIXABLE
            if bound:
                groups.setdefault("mixed" if mixes else file["licence"], []).append((file, bound))
        for files in groups.values():
            self.works.append(_Work(files))
        self.works.sort(key=lambda work: work.licence)

    def said(self):
        """What the manifest says of them."""
        return [work.said() for work in self.works]

    def check(self, folder, tally):
        """That each file, and no other, is here as it follows from the rows."""
        wanted = {path: data for work in self.works for path, data in work.files.items()}
        here = {file.relative_to(folder).as_posix() for file in (folder / "merged").rglob("*") if file.is_file()}
        with tally.check("export: the files of merged works"):
            same(sorted(here), sorted(wanted))
        for path, (_, data) in wanted.items():
            with tally.check(f"export: {path}"):
                same((folder / path).read_bytes(), data)


def _binding(row):
    """The licence that a work must have for a row; nothing where no work can hold it."""
    rights = [entries(right) for right in row["rights"]] if isinstance(row.get("rights"), list) else []
    parts = [right.get("licence") for right in rights if right is not None and right.get("by") == "third-party"]
    known = {one.lower(): one for one in ALL}
    named = [known.get(part.lower()) if isinstance(part, str) else None for part in parts]
    if None in named:
        return None
    all_of = {row["licence"], *named} - ({"CC0-1.0"} - {row["licence"]})
    if len(all_of) == 1:
        return all_of.pop()
    return max(all_of, key=REMIXABLE.index) if all_of <= set(REMIXABLE) else None


class _Work:
    def __init__(self, files):
        licences = {licence for _, bound in files for _, licence in bound}
        self.licence = next((one for one in reversed(REMIXABLE) if one in licences), min(licences))
        self.preference = preferences.of_all([file["preference"] for file, _ in files])
        counts = [(file["licence"], licence) for file, bound in files for _, licence in bound]
        self.of = {one: sum(licence == one for _, licence in counts) for one in sorted(licences)}
        self.parts = sum(own != licence for own, licence in counts)
        self.files, self.told = {}, {}
        before = f'{{"work_licence":"{self.licence}","work_preference":"{self.preference}",'.encode()
        for file, bound in files:
            path = f"merged/{self.licence}/{file['path'].rpartition('/')[2]}"
            rows, data = self.files.get(path, (0, b""))
            data += b"".join(before + line.removeprefix(b"{") + b"\n" for line, _ in bound)
            self.files[path] = (rows + len(bound), data)
            self.told[path] = {key: file[key] for key in ("month", "split") if key in file}

    def said(self):
        files = []
        for path, (rows, data) in sorted(self.files.items()):
            terms = {"licence": self.licence, "preference": self.preference}
            files.append({"path": path, **terms, **self.told[path], **partitions.measured(rows, data)})
        return {"licence": self.licence, "preference": self.preference, "of": self.of, "parts": self.parts, "files": files}
