"""Seeded chats of several turns, with personal values in many carriers, and where each value stands.

A record is {"text", "spans": [{"start", "end", "kind"}], "expect": "seeded", "language"}; offsets are code points.
"""

import random

from faker import Faker

from carriers import NAMES, OTHER_NAMES, SPOKEN, TECHNICAL
from documents import Facts
from values import Values, in_numbering_plan

LOCALES = {
    "en_US": "en", "en_GB": "en", "en_CA": "en", "en_AU": "en", "en_IN": "en", "de_DE": "de", "de_AT": "de", "fr_FR": "fr",
    "fr_CH": "fr", "es_ES": "es", "es_MX": "es", "pt_BR": "pt", "pt_PT": "pt", "it_IT": "it", "nl_NL": "nl", "pl_PL": "pl", "ja_JP": "ja",
}  # fmt: skip
KINDS = ["EMAIL", "IP", "SSN", "IBAN", "CRYPTO", "CARD", "SECRET", "PHONE", "NAME", "NAME", "NAME_OTHER"]
# Sentences with nothing personal, with numbers that are harmless.
FILLER = {
    "en": ["I have been trying this since Tuesday and the third attempt looked better.", "The order A-2024-00817 came to $1,249.50 in all.",
           "Python 3.12.4 and pip 24.0 are installed.", "The meeting moved from 14:30 to 16:00 on 2025-03-09.", "Could you explain that in simpler words?",
           "Commit 9f1c2ab7 fixed it, and version 2.14.0-rc.1 ships on Monday.", "Sure! Here are three steps:\n1. Open the settings.\n2. Choose Export.\n3. Wait about 20 seconds.",
           "It is 3,141.59 km from here, or 1,952 miles.", "```python\nfor i in range(10):\n    total += prices[i] * 1.19\n```", "ISBN 978-0-306-40615-7 is out of print.",
           "The ticket is 48213 and the room is B-204.", "I am not sure whether that is right.", "Thanks, that is clear now."],
    "de": ["Das versuche ich seit Dienstag, und beim dritten Mal sah es besser aus.", "Die Bestellung A-2024-00817 kostet 1.249,50 €.",
           "Der Termin ist am 09.03.2025 um 14:30 Uhr.", "Kannst du das einfacher erklären?", "Ich bin nicht sicher, ob das stimmt."],
    "fr": ["J'essaie depuis mardi, et la troisième fois c'était mieux.", "La commande A-2024-00817 coûte 1 249,50 €.",
           "Le rendez-vous est le 09/03/2025 à 14h30.", "Peux-tu l'expliquer plus simplement ?", "Je suis un peu perdu, désolé."],
    "es": ["Lo intento desde el martes y la tercera vez salió mejor.", "El pedido A-2024-00817 cuesta 1.249,50 €.",
           "La cita es el 09/03/2025 a las 14:30.", "¿Puedes explicarlo más fácil?", "Soy nueva en esto y no lo entiendo."],
    "pt": ["Tento desde terça e na terceira vez ficou melhor.", "O pedido A-2024-00817 custa R$ 1.249,50.",
           "A consulta é em 09/03/2025 às 14:30.", "Podes explicar de forma mais simples?", "Sou iniciante e ainda não entendi."],
    "it": ["Ci provo da martedì e la terza volta è andata meglio.", "L'ordine A-2024-00817 costa 1.249,50 €.",
           "L'appuntamento è il 09/03/2025 alle 14:30.", "Puoi spiegarlo in modo più semplice?", "Sono un po' confuso, scusa."],
    "nl": ["Ik probeer het al sinds dinsdag.", "De bestelling A-2024-00817 kost € 1.249,50.", "Kun je dat eenvoudiger uitleggen?"],
    "pl": ["Próbuję od wtorku.", "Zamówienie A-2024-00817 kosztuje 1249,50 zł.", "Czy możesz to wyjaśnić prościej?"],
    "ja": ["火曜日から試しています。", "注文 A-2024-00817 は 12,495 円です。", "もっと簡単に説明してください。"],
}  # fmt: skip


def chats(seed, locale, count):
    """So many chats of a locale; the same arguments give the same chats."""
    fake, chance = Faker(locale), random.Random(f"{seed} {locale}")
    fake.seed_instance(f"{seed} {locale}")
    values = Values(fake, chance)
    return [chat(values, chance, locale) for _ in range(count)]


def chat(values, chance, locale):
    language = LOCALES[locale]
    text = Text(locale)
    for turn in range(chance.randint(2, 7)):
        style = STYLES[chance.randrange(len(STYLES))] if turn == 0 else style
        text.add(style[turn % 2])
        parts = chance.randint(1, 4)
        for part in range(parts):
            if chance.random() < 0.55:
                text.add(filler(language, chance))
            else:
                kind = chance.choice(KINDS)
                text.carry(kind, carrier(kind, language, chance), values)
            text.add(chance.choice([" ", " ", "\n"]) if part + 1 < parts else "\n\n")
    return text.record(language)


def filler(language, chance):
    """A sentence with nothing personal."""
    if chance.random() < 0.25:
        return chance.choice(NUMBERED)(Facts(chance))
    return chance.choice(FILLER[language if chance.random() < 0.7 else "en"])


# Numbers that belong to nobody, as they stand in chats.
NUMBERED = [
    lambda f: f"Invoice INV-{f.digits(6)} of {f.day()} is over {f.digits(4)}.{f.digits(2)} EUR.",
    lambda f: f"Order {f.digits(8)} shipped, parcel {f.pick('CLR')}X{f.digits(9)}DE.",
    lambda f: f"It crashes in {f.version()} and not in {f.version()}, since {f.hex(8)}.",
    lambda f: f"The request {f.uuid()} took {f.digits(4)} ms at {f.epoch()}.",
    lambda f: f"Ticket #{f.digits(5)}, room {f.digits(3)}, at {f.moment().time().isoformat('minutes')}.",
    lambda f: f"The book is {f.isbn()}, pages {f.digits(2)}-{f.digits(3)}.",
    lambda f: f"We counted {f.digits(1)},{f.digits(3)},{f.digits(3)} rows and {f.digits(3)} {f.digits(3)} errors.",
    lambda f: f"sha256:{f.hex(64)}",
    lambda f: f"Flight LH{f.digits(4)} leaves on {f.day().strftime('%d.%m.%Y')} at gate {f.digits(2)}.",
    lambda f: f"x = [{f.digits(3)}, {f.digits(3)}, {f.digits(4)}, {f.digits(2)}.{f.digits(6)}]",
]

# How the turns of the person and of the assistant begin.
STYLES = [("User: ", "Assistant: "), ("", ""), ("### Human\n", "### Assistant\n"), ("> ", ""), ("[10:42] me: ", "[10:43] bot: "), ("**Q** ", "**A** ")]


def carrier(kind, language, chance):
    """What stands around a value: a sentence in the language, or something technical."""
    if kind in ("NAME", "NAME_OTHER"):
        table = NAMES if kind == "NAME" else OTHER_NAMES
        return chance.choice(table.get(language, table["en"]))
    if chance.random() < 0.5:
        return chance.choice(SPOKEN[language][kind])
    return chance.choice(TECHNICAL[kind])


class Text:
    """A text under construction that knows where its values stand."""

    def __init__(self, locale):
        self.parts, self.length, self.spans, self.locale = [], 0, [], locale

    def add(self, part):
        self.parts.append(part)
        self.length += len(part)

    def carry(self, kind, carrier, values):
        before, after = carrier.split("§")
        # A closing ends its line, and a sentence that begins a letter begins one.
        value = getattr(values, MAKERS[kind](values.chance))()
        self.add(("\n" if "\n" in before or before.endswith("§") else "") + before)
        self.spans.append({"start": self.length, "end": self.length + len(value), "kind": self.kind(kind, value)})
        self.add(value)
        self.add(after or ("\n" if "\n" in before else ""))

    def kind(self, kind, value):
        if kind == "PHONE" and not in_numbering_plan(value, self.locale[3:]):
            return "PHONE_UNPLANNED"
        return {"CARD": "CREDIT_CARD"}.get(kind, kind)

    def record(self, language):
        return {"text": "".join(self.parts), "spans": self.spans, "expect": "seeded", "language": language}


MAKERS = {
    "CRYPTO": lambda chance: chance.choice(["bitcoin", "bitcoin", "ethereum"]),
    "NAME_OTHER": lambda chance: "name",
} | {kind: (lambda chance, kind=kind: kind.lower()) for kind in KINDS if kind not in ("CRYPTO", "NAME_OTHER")}
