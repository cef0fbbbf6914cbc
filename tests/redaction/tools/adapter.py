"""Other redactors behind the same door: {"text"} a line in, {"spans"} a line out, offsets in code points.

    adapter.py presidio|scrubadub|detect-secrets|betterleaks|kingfisher

Each as it comes, without a language model: what it finds out of the box, at its own thresholds.
"""

import json
import logging
import pathlib
import sys
import tempfile
import warnings


def presidio():
    """The recognizers of the default English registry that work by pattern or library; the one by model is left out."""
    from presidio_analyzer import EntityRecognizer, RecognizerRegistry

    registry = RecognizerRegistry()
    registry.load_predefined_recognizers(languages=["en"])
    recognizers = [recognizer for recognizer in registry.recognizers if recognizer.name != "SpacyRecognizer"]

    def find(text):
        results = []
        for recognizer in recognizers:
            results += recognizer.analyze(text, recognizer.supported_entities, None) or []
        return [(r.start, r.end, r.entity_type) for r in EntityRecognizer.remove_duplicates(results)]

    return find


def scrubadub():
    """The default detectors."""
    import scrubadub as library

    scrubber = library.Scrubber()
    return lambda text: [(filth.beg, filth.end, filth.type) for filth in scrubber.iter_filth(text)]


def detect_secrets():
    """All plugins and filters of the default settings, over a file; what a finding names is looked up in its line."""
    from detect_secrets.core.scan import scan_file
    from detect_secrets.settings import default_settings

    folder = tempfile.TemporaryDirectory()
    path = pathlib.Path(folder.name) / "text.txt"

    def find(text):
        path.write_text(text, encoding="utf-8", newline="")
        lines = text.split("\n")
        starts = [0]
        for line in lines:
            starts.append(starts[-1] + len(line) + 1)
        with default_settings():
            secrets = [(secret.line_number - 1, secret.secret_value) for secret in scan_file(str(path))]
        return [span for line, value in secrets for span in within(lines[line], value, "SECRET", starts[line])]

    find.folder = folder  # kept until the end
    return find


def betterleaks():
    """The successor of gitleaks, with its default rules."""
    import betterleaks as library

    def find(text):
        return [span for finding in library.scan_string(text) for span in within(text, finding.match.value, "SECRET")]

    return find


def kingfisher():
    """The bundled rules, detection only: nothing is asked of any provider."""
    from kingfisher_sdk import Scanner

    scanner = Scanner()
    return lambda text: [span for finding in scanner.scan(text) for span in within(text, finding.secret, "SECRET")]


def within(text, value, kind, offset=0):
    """Every place where a value stands in a text."""
    found, at = [], text.find(value) if value else -1
    while at >= 0:
        found.append((offset + at, offset + at + len(value), kind))
        at = text.find(value, at + len(value))
    return found


def main():
    warnings.filterwarnings("ignore")
    logging.disable(logging.CRITICAL)
    tools = {"presidio": presidio, "scrubadub": scrubadub, "detect-secrets": detect_secrets, "betterleaks": betterleaks, "kingfisher": kingfisher}
    find = tools[sys.argv[1]]()
    for line in sys.stdin:
        spans = [{"start": start, "end": end, "kind": kind} for start, end, kind in find(json.loads(line)["text"])]
        print(json.dumps({"spans": spans}))


if __name__ == "__main__":
    main()
