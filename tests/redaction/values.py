"""Personal values and secrets for seeded chats: Faker's where it has them, otherwise made here from the formats'
public descriptions. None is anybody's; the same seed and locale give the same values."""

import hashlib
import string

import phonenumbers

DIGITS, LOWER, UPPER = string.digits, string.ascii_lowercase, string.ascii_uppercase
ALNUM = DIGITS + LOWER + UPPER
HEX = "0123456789abcdef"
URLSAFE = ALNUM + "-_"
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
# Characters of an IBAN by country (IBAN registry), for the countries of the locales.
IBAN_LENGTH = dict(GB=22, DE=22, AT=20, FR=27, CH=21, ES=24, PT=25, BR=29, IT=27, NL=18, PL=28, SE=24)


class Values:
    """Values of each kind from one Faker and one source of chance."""

    def __init__(self, fake, chance):
        self.fake, self.chance = fake, chance

    def email(self):
        fake = self.fake
        choices = [fake.email, fake.ascii_email, fake.company_email, fake.ascii_free_email, fake.safe_email]
        value = self.chance.choice(choices)()
        if self.chance.random() < 0.15:
            local, domain = value.split("@")
            value = f"{local}+{fake.word().lower() if fake.word().isascii() else 'lists'}@{domain}"
        return value.upper() if self.chance.random() < 0.03 else value

    def ip(self):
        return self.fake.ipv4() if self.chance.random() < 0.7 else self.ipv6()

    def ipv6(self):
        full = self.fake.ipv6()
        return full if self.chance.random() < 0.6 else ":".join(full.split(":")[:3]) + "::" + full.split(":")[7]

    def ssn(self):
        """A US number: area 001 to 665 or 667 to 899, no group of zeros. Faker's is of the locale, so made here."""
        area = self.chance.choice([n for n in range(1, 900) if n != 666])
        return f"{area:03}-{self.chance.randint(1, 99):02}-{self.chance.randint(1, 9999):04}"

    def iban(self):
        """Faker's, if its country's length is right; Faker pads some locales wrongly, and those are asked again elsewhere."""
        value = self.fake.iban()
        if IBAN_LENGTH.get(value[:2]) != len(value):
            value = german_iban(self.chance)
        if self.chance.random() < 0.5:
            value = " ".join(value[i : i + 4] for i in range(0, len(value), 4))
        return value

    def card(self):
        value = self.fake.credit_card_number()
        shape = self.chance.random()
        if len(value) == 16 and shape < 0.5:
            value = (" " if shape < 0.35 else "-").join(value[i : i + 4] for i in range(0, 16, 4))
        if len(value) == 15 and value[:2] in ("34", "37") and shape < 0.4:
            value = f"{value[:4]} {value[4:10]} {value[10:]}"
        return value

    def bitcoin(self):
        form = self.chance.choice(["p2pkh", "p2sh", "v0", "v0long", "v1", "testnet"])
        take = self.chance.randbytes
        if form in ("p2pkh", "p2sh"):
            return base58check((b"\x00" if form == "p2pkh" else b"\x05") + take(20))
        version, size = {"v0": (0, 20), "v0long": (0, 32), "v1": (1, 32), "testnet": (0, 20)}[form]
        return segwit("tb" if form == "testnet" else "bc", version, take(size))

    def ethereum(self):
        return "0x" + "".join(self.chance.choice(HEX) for _ in range(40))

    def phone(self):
        return self.fake.phone_number()

    def name(self):
        """A given name, or given and family name, or as Faker writes names in full, titles included."""
        fake, form = self.fake, self.chance.random()
        if form < 0.25:
            return fake.first_name()
        if form < 0.8:
            return f"{fake.first_name()} {fake.last_name()}"
        return fake.name()

    def secret(self):
        """A provider's token, known by its prefix."""
        prefix, alphabet, length, suffix = self.chance.choice(TOKENS)
        return prefix + "".join(self.chance.choice(alphabet) for _ in range(length)) + suffix


# Prefix, alphabet, characters after the prefix, ending: from the providers' documentation of their token formats.
TOKENS = [
    ("ghp_", ALNUM, 36, ""),
    ("gho_", ALNUM, 36, ""),
    ("github_pat_", ALNUM, 22, "_" + "x7Qm2" * 11 + "aB9k"),
    ("glpat-", URLSAFE, 20, ""),
    ("AKIA", UPPER + "234567", 16, ""),
    ("ASIA", UPPER + "234567", 16, ""),
    ("AIza", URLSAFE, 35, ""),
    ("xoxb-2048316795-4096632590-", ALNUM, 24, ""),
    ("xoxp-2048316795-4096632590-", ALNUM, 24, ""),
    ("sk_live_", ALNUM, 24, ""),
    ("rk_live_", ALNUM, 24, ""),
    ("sk_test_", ALNUM, 24, ""),
    ("SG.", URLSAFE, 22, "." + "hR4_tY7-wQ" * 4 + "m2K"),
    ("npm_", ALNUM, 36, ""),
    ("hf_", LOWER + UPPER, 34, ""),
    ("dckr_pat_", URLSAFE, 27, ""),
    ("shpat_", HEX, 32, ""),
    ("sk-ant-api03-", URLSAFE, 93, "AA"),
    ("sk-proj-", ALNUM, 48, ""),
    ("dop_v1_", HEX, 64, ""),
    ("hvs.", URLSAFE, 95, ""),
    ("lin_api_", ALNUM, 40, ""),
    ("pypi-AgEIcHlwaS5vcmc", URLSAFE, 70, ""),
    ("glsa_", ALNUM, 32, "_1f9c03ab"),
]


def in_numbering_plan(number, region):
    """Whether a number exists in the plan of its country, or of the region that it is written in."""
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number, region))
    except phonenumbers.NumberParseException:
        return False


def german_iban(chance):
    account = "".join(chance.choice(DIGITS) for _ in range(18))
    check = 98 - int(account + "131400") % 97
    return f"DE{check:02}{account}"


def base58check(payload):
    """Base58 with the first four bytes of a double SHA-256 behind it."""
    payload += hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
    number, text = int.from_bytes(payload, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = BASE58[digit] + text
    return "1" * (len(payload) - len(payload.lstrip(b"\x00"))) + text


def segwit(prefix, version, program):
    """A segregated-witness address: bech32 for version 0 (BIP 173), bech32m for later ones (BIP 350)."""
    words = [version] + regroup(program)
    expanded = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    constant = 1 if version == 0 else 0x2BC830A3
    checksum = polymod(expanded + words + [0] * 6) ^ constant
    words += [checksum >> 5 * (5 - i) & 31 for i in range(6)]
    return prefix + "1" + "".join(BECH32[word] for word in words)


def regroup(data):
    """Bytes as groups of five bits, padded with zeros."""
    bits = "".join(f"{byte:08b}" for byte in data)
    bits += "0" * (-len(bits) % 5)
    return [int(bits[i : i + 5], 2) for i in range(0, len(bits), 5)]


def polymod(words):
    generator = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
    state = 1
    for word in words:
        top = state >> 25
        state = (state & 0x1FFFFFF) << 5 ^ word
        for i, term in enumerate(generator):
            state ^= term if top >> i & 1 else 0
    return state
