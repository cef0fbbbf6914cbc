"""The rows of an export as works under one licence each (docs/DATASET.md, *Merged*), made again from the rows."""

import partitions
import preferences
from tally import same

# Creative Commons' table of what may be remixed: what stands before may go into what stands after it.
REMIXABLE = ("CC0-1.0", "CC-BY-4.0", "CC-BY-SA-4.0")


class Merged:
    """The works that the rows become."""

    def __init__(self, folder, stored):
        """`stored` is what the manifest says of each file of rows."""
        self.works = []
        groups = {}
        for file in stored:
            mixes = file["licence"] in REMIXABLE
            groups.setdefault("mixed" if mixes else file["licence"], []).append(file)
        for files in groups.values():
            self.works.append(_Work(folder, files))
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


class _Work:
    def __init__(self, folder, files):
        licences = {file["licence"] for file in files}
        self.licence = next((one for one in reversed(REMIXABLE) if one in licences), min(licences))
        self.preference = preferences.of_all([file["preference"] for file in files])
        self.of = {one: sum(file["rows"] for file in files if file["licence"] == one) for one in sorted(licences)}
        self.files, self.told = {}, {}
        before = f'{{"work_licence":"{self.licence}","work_preference":"{self.preference}",'.encode()
        for file in files:
            path = f"merged/{self.licence}/{file['path'].rpartition('/')[2]}"
            rows, data = self.files.get(path, (0, b""))
            lines = (folder / file["path"]).read_bytes().split(b"\n")[:-1]
            data += b"".join(before + line.removeprefix(b"{") + b"\n" for line in lines)
            self.files[path] = (rows + len(lines), data)
            self.told[path] = {key: file[key] for key in ("month", "split") if key in file}

    def said(self):
        files = []
        for path, (rows, data) in sorted(self.files.items()):
            terms = {"licence": self.licence, "preference": self.preference}
            files.append({"path": path, **terms, **self.told[path], **partitions.measured(rows, data)})
        return {"licence": self.licence, "preference": self.preference, "of": self.of, "files": files}
