"""The public test suites that lie beside the repository, scored by the program that lies there too.

The goals are each a group of rows: the group is written to a file of its own, so that the program's table has one line for it.
"""

import hashlib
import json
import pathlib
import subprocess
import sys

# Group: which rows, the least share found, the least share covered, the largest share of negatives with a false alarm.
GOALS = {
    "ip": (lambda r: r["kind"] == "IP" and not weak(r), 0.99, 0.99, 0),
    "iban": (lambda r: r["kind"] == "IBAN", 0.99, 0.99, 0.01),
    "card": (lambda r: r["kind"] == "CREDIT_CARD", 1, 1, 0),
    "bitcoin": (lambda r: r["kind"] == "BTC" and not other_coin(r) and not miswritten(r), 0.97, 0.97, 0),
    "ethereum": (lambda r: r["kind"] == "ETH" and not other_coin(r), 1, 1, None),
    "e-mail": (lambda r: r["kind"] == "EMAIL", 0.95, 0.95, 0.10),
    "ssn": (lambda r: r["kind"] == "SSN" and not weak(r), 1, 1, 0),
    "phone, E.164": (lambda r: example(r, "e164"), 0.995, 0.995, None),
    "phone, international": (lambda r: example(r, "intl"), 0.995, 0.995, None),
    "phone, national": (lambda r: example(r, "national"), 0.65, 0.65, None),
    "phone, matcher suite": (lambda r: matcher(r) and (r["expect"] == "none" or r.get("real_valid")), 0.95, 0.95, 0),
    "secrets, gitleaks": (lambda r: r["suite"] == "gitleaks", 0.95, None, 0.10),
    "secrets, detect-secrets": (lambda r: r["suite"] == "detect-secrets" and r["kind"] == "SECRET", 0.90, None, 0.10),
    # No goal; to see them.
    "government ids": (lambda r: r["kind"] == "GOVID" and not weak(r), None, None, None),
    "MAC addresses": (lambda r: r["kind"] == "MAC", None, None, None),
    "coordinates": (lambda r: r["kind"] == "GEO", None, None, None),
    "mobile phones, validator.js": (lambda r: r["suite"] == "validatorjs" and r["kind"] == "PHONE", None, None, None),
    "phones, Presidio": (lambda r: r["suite"] == "presidio" and r["kind"] == "PHONE", None, None, None),
    "tokens, validator.js and scrubadub": (lambda r: r["suite"] in ("validatorjs", "scrubadub") and r["kind"] == "SECRET", None, None, None),
}


def weak(row):
    return bool(row.get("weak"))


def other_coin(row):
    """Whether a negative of one coin is an address of the other, which the program cannot tell from a false alarm."""
    return row["expect"] == "none" and row["text"].startswith("0x") == (row["kind"] == "BTC")


def miswritten(row):
    """Whether a row calls a base58 address valid whose checksum does not hold: nobody could be paid there."""
    address = row["text"]
    if row["expect"] != "match" or address[:1] not in ("1", "3"):
        return False
    alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
    number = 0
    for sign in address:
        if sign not in alphabet:
            return False
        number = number * 58 + alphabet.index(sign)
    if number >= 1 << 200:
        return True
    payload = number.to_bytes(25, "big")
    return hashlib.sha256(hashlib.sha256(payload[:21]).digest()).digest()[:4] != payload[21:]


def example(row, sub):
    return row["suite"] == "libphonenumber-examples" and row.get("sub") == sub


def matcher(row):
    return row["suite"] == "libphonenumber"


def measure(shared, command, work, offsets="byte", show=0):
    """For each group its figures, and whether its goal is kept."""
    rows = []
    for path in sorted((shared / "data/redaction").glob("*.dev.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            rows.append(json.loads(line) | {"suite": path.name.removesuffix(".dev.jsonl")})
    files = []
    for number, (rule, *_) in enumerate(GOALS.values()):
        path = work / f"group-{number:02}.jsonl"
        chosen = [row for row in rows if rule(row)]
        if chosen:
            path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in chosen), encoding="utf-8")
            files.append(path)
    told = work / "suites.json"
    scorer = [sys.executable, shared / "tools/score_redaction.py", "--offsets", offsets, "--show-miss", str(show)]
    done = subprocess.run([*scorer, "--files", *files, "--json", told, "--", *command], stdout=subprocess.PIPE, check=True)
    if show:
        text = done.stdout.decode()
        for number, name in enumerate(GOALS):
            text = text.replace(f"group-{number:02}", f"{name[:8]:8}")
        print(text)
    return judge(json.loads(told.read_text())["rows"])


def judge(rows):
    results = {}
    for number, (name, (_, found, covered, false)) in enumerate(GOALS.items()):
        mine = [row for row in rows if row["file"] == f"group-{number:02}"]
        total = {key: sum(row.get(key, 0) for row in mine) for key in ("pos", "found", "posspan", "covered", "neg", "fp")}
        figures = {
            "values": total["pos"],
            "found": share(total["found"], total["pos"]),
            "covered": share(total["covered"], total["posspan"]),
            "negatives": total["neg"],
            "false": share(total["fp"], total["neg"]),
        }
        kept = at_least(figures["found"], found) and at_least(figures["covered"], covered) and at_most(figures["false"], false)
        results[name] = figures | {"goal": goal(found, covered, false), "kept": kept if found is not None else None}
    return results


def share(part, whole):
    return part / whole if whole else None


def at_least(figure, least):
    return figure is None or least is None or figure >= least


def at_most(figure, most):
    return figure is None or most is None or figure <= most


def goal(found, covered, false):
    if found is None:
        return ""
    return f"{'covered' if covered else 'found'} ≥ {found:g}" + (f", false ≤ {false:g}" if false is not None else "")
