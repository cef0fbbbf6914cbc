"""Running a redactor over records, and counting what it found, masked and invented.

A redactor is a command that reads one {"text"} a line and writes one {"spans": [{"start", "end", "kind"}]} a line.
"""

import collections
import json
import subprocess

# The families in which tools' names of kinds are compared; what is not named here is its own family.
FAMILIES = {
    "EMAIL": "email email_address emailaddress",
    "IP": "ip ipv4 ipv6 ip_address ipaddress",
    "SSN": "ssn us_ssn us_itin usssn social_security_number",
    "IBAN": "iban iban_code ibancode",
    "CRYPTO": "bitcoin ethereum btc eth crypto crypto_wallet btc_address eth_address btcaddress ethaddress bitcoin_address ethereum_address cryptowallet",
    "CARD": "card credit_card creditcard credit_card_number cc",
    "PHONE": "phone phone_number phonenumber ukphonenumber uk_phone_number phone_unplanned",
    "NAME": "name person name_other",
}
FAMILY = {name: family for family, names in FAMILIES.items() for name in names.split()}
SECRET_WORDS = "key secret token password credential jwt cookie auth bearer private session entropy pem".split()
# What never counts towards quarantine, under the names that ours and other tools give it; every other kind is core.
NOT_CORE = set(
    "url domain domain_name date date_time postcode zip_code us_zip_code uk_postcode uuid guid age isbn md5_hash sha1_hash sha256_hash twitter".split()
)


def family(kind):
    kind = kind.lower().replace(" ", "_").replace("-", "_")
    if kind in FAMILY:
        return FAMILY[kind]
    return "SECRET" if any(word in kind for word in SECRET_WORDS) else kind.upper()


def run(command, records, offsets="byte"):
    """The spans found in each record, as (start, end, kind) in code points, and whether each goes to quarantine."""
    lines = "".join(json.dumps({"text": record["text"]}, ensure_ascii=False) + "\n" for record in records)
    done = subprocess.run(command, input=lines.encode(), stdout=subprocess.PIPE, check=True)
    answers = done.stdout.decode().splitlines()
    if len(answers) != len(records):
        raise SystemExit(f"{command[0]} was given {len(records)} lines and wrote {len(answers)}")
    found = []
    for record, line in zip(records, answers):
        answer = json.loads(line)
        place = (lambda at: at) if offsets == "char" or record["text"].isascii() else code_points(record["text"])
        spans = [(place(span["start"]), place(span["end"]), span["kind"]) for span in answer["spans"]]
        found.append((spans, answer.get("quarantine", False)))
    return found


def code_points(text):
    """From offsets in bytes to offsets in code points."""
    table, at = {0: 0}, 0
    for index, char in enumerate(text, 1):
        at += len(char.encode())
        table[at] = index
    return table.__getitem__


class Tally(collections.Counter):
    """Counts of one kind: values, found, covered, exact, false alarms."""

    def rate(self, what):
        return self[what] / self["values"] if self["values"] else None

    def precision(self):
        right = self["found"]
        return right / (right + self["false"]) if right + self["false"] else None


def seeded(records, found):
    """A tally for each kind that the records have, and samples of what was missed and of what was invented.

    Found: a finding of the same family overlaps the value. Covered: findings of any family hide every character of
    it. False: a finding that touches no value, counted against the family that it claims.
    """
    tallies, samples = collections.defaultdict(Tally), collections.defaultdict(list)
    alarms = collections.Counter()
    for record, (spans, _) in zip(records, found):
        text = record["text"]
        for value in record["spans"]:
            start, end, kind = value["start"], value["end"], value["kind"]
            touching = [span for span in spans if span[0] < end and span[1] > start]
            same = [span for span in touching if family(span[2]) == family(kind)]
            covered = set().union(*(range(*span[:2]) for span in touching)).issuperset(range(start, end))
            tally = tallies[kind]
            tally.update(values=1, found=bool(same), covered=covered, exact=any(span[:2] == (start, end) for span in same))
            if not covered:
                samples["missed", kind].append(around(text, start, end))
        for start, end, kind in spans:
            if not any(start < value["end"] and end > value["start"] for value in record["spans"]):
                alarms[family(kind)] += 1
                samples["invented", family(kind)].append(around(text, start, end))
    for kind, tally in tallies.items():
        tally["false"] = alarms[family(kind)]
    return dict(tallies), samples


def clean(records, found):
    """How many records have core findings, the most in one, and samples of them."""
    counts, samples, kinds = [], [], collections.Counter()
    for record, (spans, _) in zip(records, found):
        core = [span for span in spans if span[2].lower() not in NOT_CORE]
        counts.append(len(core))
        kinds.update(span[2] for span in core)
        samples += [f"{kind}: {around(record['text'], start, end)}" for start, end, kind in core]
    flagged = sum(count > 0 for count in counts)
    return {"records": len(records), "flagged": flagged, "most": max(counts, default=0), "kinds": kinds}, samples


def around(text, start, end):
    return repr(text[max(0, start - 30) : start] + "«" + text[start:end] + "»" + text[end : end + 12])
