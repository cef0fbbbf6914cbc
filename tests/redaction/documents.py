"""Documentation full of numbers that belong to nobody, generated from a seed: versions, hashes, UUIDs, epochs, ISBNs.

A redactor must find nothing in any of it.
"""

import base64
import datetime
import random
import uuid

HEX = "0123456789abcdef"
NAMES = "aurora lumen delta-store quill parse-tree tinywire orbit kelp granite vector-io marrow sable".split()
WORDS = "parser cache index header timeout retry buffer socket schema token stream writer lexer build test cursor page chunk".split()
VERBS = "Fix Add Remove Rename Speed-up Document Test Split Move Simplify".split()


def documents(seed, count):
    """So many records, of all forms in turn."""
    chance = random.Random(seed)
    return [{"text": FORMS[n % len(FORMS)](Facts(chance)), "expect": "seeded", "spans": []} for n in range(count)]


class Facts:
    """Numbers such as tools write them."""

    def __init__(self, chance):
        self.chance = chance

    def pick(self, items):
        return self.chance.choice(items)

    def digits(self, n):
        return str(self.chance.randrange(10 ** (n - 1), 10**n))

    def hex(self, n):
        return "".join(self.pick(HEX) for _ in range(n))

    def uuid(self):
        return str(uuid.UUID(bytes=self.chance.randbytes(16), version=4))

    def version(self):
        r = self.chance.randrange
        forms = [f"{r(30)}.{r(40)}.{r(60)}", f"v{r(9)}.{r(30)}", f"{r(9)}.{r(20)}.{r(9)}-rc.{r(1, 6)}", f"{r(20, 27)}.{r(1, 13):02}.{r(9)}",
                 f"{r(1, 140)}.0.{r(1000, 9999)}.{r(10, 250)}", f"{r(1, 20)}.{r(9)}.{r(9)}+{self.hex(7)}", f"2.0.{r(1, 9)}.RELEASE"]  # fmt: skip
        return self.pick(forms)

    def day(self):
        return datetime.date(2015, 1, 1) + datetime.timedelta(days=self.chance.randrange(4000))

    def moment(self):
        return datetime.datetime(2015, 1, 1) + datetime.timedelta(seconds=self.chance.randrange(350_000_000))

    def epoch(self):
        return int((self.moment() - datetime.datetime(1970, 1, 1)).total_seconds())

    def isbn(self):
        first = self.pick(["978", "979"]) + f"{self.chance.randrange(10**9):09}"
        check = -sum(int(d) * (1, 3)[i % 2] for i, d in enumerate(first)) % 10
        whole = first + str(check)
        return self.pick([whole, f"{whole[:3]}-{whole[3]}-{whole[4:7]}-{whole[7:12]}-{whole[12]}", f"{whole[:3]} {whole[3]} {whole[4:8]} {whole[8:12]} {whole[12]}"])

    def isbn10(self):
        first = f"{self.chance.randrange(10**9):09}"
        check = -sum(int(d) * (10 - i) for i, d in enumerate(first)) % 11
        whole = first + "0123456789X"[check]
        return self.pick([whole, f"{whole[0]}-{whole[1:5]}-{whole[5:9]}-{whole[9]}"])

    def integrity(self):
        name, size = self.pick([("sha512", 64), ("sha256", 32), ("sha1", 20)])
        return f"{name}-{base64.b64encode(self.chance.randbytes(size)).decode()}"

    def lines(self, write, least=4, most=14):
        return "\n".join(write() for _ in range(self.chance.randint(least, most)))

    def subject(self):
        return f"{self.pick(VERBS)} the {self.pick(WORDS)} of {self.pick(NAMES)}"


def changelog(f):
    entry = lambda: f"## [{f.version()}] - {f.day()}\n\n" + f.lines(lambda: f"- {f.subject()} (#{f.digits(4)}, {f.hex(8)})", 2, 5) + "\n"
    return "# Changelog\n\n" + f.lines(entry, 2, 5)


def cargo_lock(f):
    entry = lambda: f'[[package]]\nname = "{f.pick(NAMES)}"\nversion = "{f.version()}"\nsource = "registry+https://registry.example.test/index"\nchecksum = "{f.hex(64)}"\n'
    return "version = 4\n\n" + f.lines(entry, 3, 8)


def npm_lock(f):
    entry = lambda: f'    "node_modules/{f.pick(NAMES)}": {{\n      "version": "{f.version()}",\n      "integrity": "{f.integrity()}",\n      "engines": {{"node": ">={f.version()}"}}\n    }},'
    return '{\n  "lockfileVersion": 3,\n  "packages": {\n' + f.lines(entry, 3, 8) + "\n  }\n}"


def yarn_lock(f):
    return f.lines(lambda: f'"{f.pick(NAMES)}@^{f.version()}":\n  version "{f.version()}"\n  resolved "https://registry.example.test/{f.pick(NAMES)}/-/a-{f.version()}.tgz#{f.hex(40)}"\n  integrity {f.integrity()}\n', 3, 7)


def requirements(f):
    return f.lines(lambda: f"{f.pick(NAMES)}=={f.version()} \\\n    --hash=sha256:{f.hex(64)} \\\n    --hash=sha256:{f.hex(64)}", 3, 8)


def git_log(f):
    return f.lines(lambda: f"{f.hex(f.pick([7, 8, 10, 40]))} {f.subject()}", 8, 25)


def git_diff(f):
    hunk = lambda: f"diff --git a/src/{f.pick(WORDS)}.rs b/src/{f.pick(WORDS)}.rs\nindex {f.hex(7)}..{f.hex(7)} 100644\n@@ -{f.digits(3)},7 +{f.digits(3)},9 @@ fn {f.pick(WORDS)}()\n-    let {f.pick(WORDS)} = {f.digits(5)};\n+    let {f.pick(WORDS)} = 0x{f.hex(8)};"
    return f.lines(hunk, 2, 6)


def csv_of_ids(f):
    row = lambda: f"{f.uuid()},{f.digits(8)},{f.epoch()},{f.pick(WORDS)},{f.chance.random():.6f},{f.day()}"
    return "id,seq,created_at,label,score,day\n" + f.lines(row, 6, 20)


def json_events(f):
    return f.lines(lambda: f'{{"id": "{f.uuid()}", "ts": {f.epoch()}{f.digits(3)}, "trace_id": "{f.hex(32)}", "span_id": "{f.hex(16)}", "ms": {f.chance.random() * 900:.3f}, "v": "{f.version()}"}}', 4, 12)


def bibliography(f):
    entry = lambda: f"- *The {f.pick(WORDS).title()} and the {f.pick(WORDS).title()}*, {f.day().year}, {f.digits(3)} pp., ISBN {f.pick([f.isbn, f.isbn10])()}, doi:10.{f.digits(4)}/{f.pick(WORDS)}.{f.digits(6)}"
    return "## Further reading\n\n" + f.lines(entry, 4, 10)


def bibtex(f):
    return f.lines(lambda: f"@book{{{f.pick(WORDS)}{f.day().year},\n  title = {{On {f.pick(WORDS)}s}},\n  year = {{{f.day().year}}},\n  isbn = {{{f.isbn()}}},\n  issn = {{{f.digits(4)}-{f.digits(4)}}},\n  pages = {{{f.digits(3)}--{f.digits(4)}}}\n}}\n", 2, 6)


def epochs(f):
    return "Convert these for me, please:\n" + f.lines(lambda: f"{f.epoch()}{f.pick(['', f.digits(3), '.' + f.digits(6)])} is {f.moment().isoformat()}Z", 5, 15)


def build_log(f):
    line = lambda: f"[{f.moment().isoformat(sep=' ')}] {f.pick(['INFO', 'DEBUG', 'WARN'])} {f.pick(WORDS)}::{f.pick(WORDS)} built {f.pick(NAMES)} {f.version()} in {f.chance.random() * 60:.2f}s (pid {f.digits(5)}, 0x{f.hex(12)})"
    return f.lines(line, 6, 18)


def digests(f):
    return f.lines(lambda: f"{f.hex(f.pick([32, 40, 64, 128]))}  {f.pick(NAMES)}-{f.version()}.tar.gz", 5, 12)


def containers(f):
    return f.lines(lambda: f"FROM registry.example.test/{f.pick(NAMES)}:{f.version()}@sha256:{f.hex(64)}\nENV BUILD={f.digits(6)} REV={f.hex(40)}", 2, 5)


def matrix(f):
    row = lambda: f"| {f.pick(NAMES)} | {f.version()} | {f.version()} | {f.day()} | {f.digits(7)} | {f.chance.random() * 100:.1f} % |"
    return "| package | from | to | date | downloads | coverage |\n|---|---|---|---|---|---|\n" + f.lines(row, 5, 15)


def user_agents(f):
    agent = lambda: f"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{f.digits(3)}.0.{f.digits(4)}.{f.digits(3)} Safari/537.36"
    return "Strings that the parser must tell apart:\n\n" + f.lines(agent, 3, 6)


def numbers(f):
    row = lambda: " ".join(f.pick([f.digits(3), f.digits(5), f"{f.chance.gauss(0, 40):.4f}", f"{f.chance.random():.2e}", f.digits(2)]) for _ in range(8))
    return f.lines(row, 6, 16)


def hexdump(f):
    return f.lines(lambda: f"{f.hex(8)}  " + " ".join(f.hex(2) for _ in range(8)) + "  " + " ".join(f.hex(2) for _ in range(8)), 5, 12)


def oids(f):
    return f.lines(lambda: f"{f.pick(WORDS)}  OBJECT IDENTIFIER ::= 1.3.6.1.4.1.{f.digits(5)}.{f.digits(1)}.{f.digits(2)}", 4, 9)


def parts(f):
    row = lambda: f"{f.pick('ABCDEF')}{f.pick('XYZ')}-{f.digits(4)}-{f.digits(2)}  drawing {f.digits(6)}  qty {f.digits(2)}  {f.digits(3)}.{f.digits(2)} EUR"
    return "Part list\n" + f.lines(row, 5, 12)


def settings(f):
    line = lambda: f"{f.pick(WORDS)}_{f.pick(WORDS)} = {f.pick([f.digits(4), f.pick(WORDS), 'true', f.version(), '${' + f.pick(WORDS).upper() + '}', 'null'])}"
    return f"[{f.pick(WORDS)}]\n" + f.lines(line, 6, 15)


FORMS = [
    changelog, cargo_lock, npm_lock, yarn_lock, requirements, git_log, git_diff, csv_of_ids, json_events, bibliography, bibtex, epochs,
    build_log, digests, containers, matrix, user_agents, numbers, hexdump, oids, parts, settings,
]  # fmt: skip
