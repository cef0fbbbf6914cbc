"""Ordinary prose and source code with no personal data, in records of one message or one page.

Prose: the public question-and-answer and chat texts that lie beside the repository, and sentences written for this
test, in six languages, with the turns of phrase that look like an introduction and are none. Source: the Python
standard library, the crates that this repository is built from, and this repository. Real text holds real addresses
now and then, so records with a sign of personal data or of a secret are left out first: see `SIGNS`, which is written
without regard to what the redactor finds. How many were left out is told.
"""

import json
import os
import pathlib
import random
import re
import sysconfig
import tomllib

PAGE_LINES = 40
MOST_RECORDS = 3000
MOST_BYTES = 20_000
# What makes a record unfit as an example of text without personal data.
SIGNS = [
    (r"[\w.+-]@[\w-]+\.\w", "an e-mail address"),
    (r"(?<![\w.])\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?![\w.])", "an IPv4 address"),
    (r"(?<![\w:])(?:[0-9a-f]{1,4}:){2,7}:?[0-9a-f]{0,4}(?![\w:])|(?<![\w:])::[0-9a-f]{1,4}(?![\w:])", "an IPv6 address"),
    (r"://[^/\s:@]+:[^/\s@]+@", "a password in a URL"),
    (r"-----BEGIN [A-Z ]*PRIVATE KEY", "a private key"),
    (r"(?:passw(?:or)?d|passwd|secret|token|api_?key|credentials?)\w*[\"']?\s*(?:[:=]|=>)\s*[\"'][^\"'\s]{6,}", "a literal password or token"),
    (r"\+\d[\d\s().-]{7,}\d|\(\d{3}\)\s?\d{3}-\d{4}|\b\d{3}-\d{3}-\d{4}\b", "a telephone number"),
    (r"\b\d{3}-\d{2}-\d{4}\b", "a social security number"),
    (r"\b(?:\d{4}[ -]){3}\d{4}\b", "a card number"),
]
SIGN = re.compile("|".join(pattern for pattern, _ in SIGNS), re.IGNORECASE)


def corpora(repository, shared):
    """Name: (records, how many were left out). Those whose source is not on this machine are absent."""
    crates = dependencies(repository)
    named = {
        "prose: word problems": lines(shared / "data/gsm8k", "*.jsonl", lambda row: [row["question"], row["answer"]]),
        "prose: assistant chats": lines(shared / "data/oasst", "*tree*.jsonl", lambda row: messages(row["prompt"])),
        "prose: six languages": sentences(),
        "code: Python library": pages([pathlib.Path(sysconfig.get_paths()["stdlib"])], "*.py", ("test", "tests", "site-packages", "idle_test")),
        "code: Rust crates": pages(crates, "*.rs", ("tests", "benches", "examples")),
        "code: this repository": pages([repository], "*.rs", ("tests", "redact", "target", "examples", "benches")),
        "documents: of the crates": pages(crates, "*.md", ()),
        "documents: of this repository": pages([repository / "docs"], "*.md", ()),
    }
    return {name: fit(texts) for name, texts in named.items() if texts}


def dependencies(repository):
    """The folders of the crates that this repository is built from, as far as cargo has unpacked them."""
    home = pathlib.Path(os.environ.get("CARGO_HOME") or pathlib.Path.home() / ".cargo")
    packages = tomllib.loads((repository / "Cargo.lock").read_text())["package"]
    named = {f"{package['name']}-{package['version']}" for package in packages if "source" in package}
    return [path for path in sorted((home / "registry/src").glob("*/*/")) if path.name in named]


def fit(texts):
    kept = [{"text": text} for text in texts if not SIGN.search(text)]
    return sample(kept), len(texts) - len(kept)


def sample(items):
    """A fixed choice when there are more than needed."""
    if len(items) <= MOST_RECORDS:
        return items
    return random.Random(len(items)).sample(items, MOST_RECORDS)


def lines(folder, pattern, texts):
    rows = (json.loads(line) for path in sorted(folder.glob(pattern)) for line in path.open(encoding="utf-8"))
    return [text for row in rows for text in texts(row)]


def messages(message):
    """The texts of a message and of all replies to it."""
    return [message["text"], *(text for reply in message.get("replies", []) for text in messages(reply))]


def pages(folders, pattern, without):
    """The files below folders, in pages; without those in folders of these names, in hidden ones, and unit tests."""
    paths = []
    for folder in folders:
        for path in sorted(folder.rglob(pattern)):
            above = path.relative_to(folder).parts[:-1]
            if not any(part in without or part.startswith(".") for part in above) and path.stem not in ("tests", "test"):
                paths.append(path)
    found = []
    for path in sample(paths):
        whole = path.read_text(encoding="utf-8", errors="ignore").splitlines()
        for at in range(0, min(len(whole), 10 * PAGE_LINES), PAGE_LINES):
            page = "\n".join(whole[at : at + PAGE_LINES])
            if page.strip() and len(page) <= MOST_BYTES:
                found.append(page)
    return found


def sentences():
    """Paragraphs of the sentences of each language, in a fixed order."""
    chance = random.Random(2)
    return ["\n".join(chance.sample(group, 4)) for group in SENTENCES.values() for _ in range(100)]


# Where "I am" is no introduction and a closing has no name; German writes its nouns with capitals.
SENTENCES = {
    "en": ["I am not sure what you mean.", "I'm Looking for a recipe with lentils.", "I am Happy to help!", "My name is not on the list, is that a problem?",
           "Best regards are not enough in a condolence letter.", "Regards,\n\nPS: the second page is missing.", "Sincerely sorry for the delay.",
           "I'm Canadian and my neighbour is German.", "I am the oldest of four.", "What does the name Margaret mean?", "This is Python, not Ruby.", "I'm on Windows 11.",
           "I am a nurse at a hospital in the North.", "My name is hard to spell.", "Chapter 12, page 345, lines 10-20.", "Call me later, or tomorrow at 5.",
           "We sold 1,204,500 units in 2023 and 998,000 in 2024.", "I am Legend is a novel.", "The score was 21-19, 17-21, 15-13.", "I am Canadian, by the way."],
    "de": ["Ich bin Lehrer und suche Übungen.", "Ich bin Anfänger.", "Ich bin Vegetarierin, geht das Rezept ohne Fleisch?", "Ich bin Ende Mai im Urlaub.", "Ich bin Mitglied im Verein.",
           "Mein Name ist leider falsch geschrieben.", "Ich heiße das nicht gut.", "Viele Grüße gehen auch ohne Komma.", "Ich bin Berliner, sagte der Präsident.",
           "Mit freundlichen Grüßen\n\nAnlage: Rechnung", "Der Zug fährt um 14:35 Uhr von Gleis 7.", "Die Heizung kostet 1.234,56 € im Jahr 2024.", "Ich bin Student im dritten Semester.",
           "Ich bin Fan von Musik aus Island.", "Liebe Grüße an alle!", "Ich bin Mutter von zwei Kindern."],
    "fr": ["Je suis Française et j'habite au bord de la mer.", "Je suis végétarienne.", "Je suis en retard.", "Mon nom est mal écrit sur la facture.", "Je m'appelle souvent moi-même pour tester la ligne.",
           "Cordialement invité, il est venu.", "Bien à vous de choisir.", "Je suis directrice d'école.", "Le train part à 14 h 35 de la voie 7.", "Cordialement,\n\nPJ : deux photos",
           "Je suis Parisien depuis dix ans.", "La version 3.12.4 coûte 1 234,56 €.", "Je suis Charlie était un slogan.", "Il a 21 ans et en paraît 30."],
    "es": ["Soy vegetariana y busco una receta.", "Soy de Sevilla.", "Soy ingeniera en una fábrica.", "Mi nombre está mal escrito.", "Me llamo la atención a mí misma.", "Saludos desde la playa.",
           "Atentamente escuchamos el discurso.", "Soy Española y hablo inglés.", "El tren sale a las 14:35 de la vía 7.", "Saludos,\n\nP. D.: falta la página dos.",
           "Soy madre de dos hijos.", "Cuesta 1.234,56 € en 2024.", "Soy estudiante de tercero.", "Un saludo a todos."],
    "pt": ["Sou professora e procuro exercícios.", "Eu sou Brasileiro.", "Eu sou vegetariana desde 2015.", "Meu nome está errado na conta.", "Abraços para todos!", "Sou de Lisboa.",
           "Atenciosamente ouvimos o discurso.", "Eu sou mãe de dois filhos.", "O trem sai às 14:35 da plataforma 7.", "Abraços,\n\nPS: falta a página dois.", "Custa R$ 1.234,56 em 2024.",
           "Eu sou estudante do terceiro ano.", "Chamo-me à atenção por isso."],
    "it": ["Sono Italiana e vivo al mare.", "Sono vegetariano, va bene?", "Sono insegnante in una scuola.", "Il mio nome è scritto male.", "Saluti dalla spiaggia.", "Un saluto a tutti.",
           "Sono stanco di aspettare.", "Cordiali saluti,\n\nAllegato: fattura", "Il treno parte alle 14:35 dal binario 7.", "Costa 1.234,56 € nel 2024.", "Sono madre di due figli.",
           "Sono studente al terzo anno.", "Mi chiamo fuori da questa storia."],
}  # fmt: skip
