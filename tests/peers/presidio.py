"""Presidio's recognizers that work by pattern, without a language model, timed:

    presidio.py default|all

The default English registry, or those of all countries. The first line of stdin is a list of texts in JSON; each
further line is how many of them to do, and is answered with the seconds of processor time."""

import inspect
import json
import logging
import sys
import time
import warnings


def main():
    warnings.filterwarnings("ignore")
    logging.disable(logging.CRITICAL)
    from presidio_analyzer import EntityRecognizer, PatternRecognizer, RecognizerRegistry, predefined_recognizers

    if sys.argv[1] == "all":
        classes = [kind for _, kind in inspect.getmembers(predefined_recognizers, inspect.isclass)]
        made = [kind() for kind in classes if issubclass(kind, PatternRecognizer) and kind is not PatternRecognizer]
    else:
        registry = RecognizerRegistry()
        registry.load_predefined_recognizers(languages=["en"])
        made = registry.recognizers
    recognizers = [recognizer for recognizer in made if isinstance(recognizer, PatternRecognizer)]
    texts = json.loads(sys.stdin.readline())
    for line in sys.stdin:
        start = time.process_time()
        for text in texts[: int(line)]:
            found = [result for recognizer in recognizers for result in recognizer.analyze(text, recognizer.supported_entities, None)]
            redact(text, EntityRecognizer.remove_duplicates(found))
        print(time.process_time() - start, flush=True)


def redact(text, found):
    """The text with the kind of each finding in its place."""
    parts, at = [], 0
    for result in sorted(found, key=lambda result: result.start):
        if result.start >= at:
            parts += [text[at : result.start], f"<{result.entity_type}>"]
            at = result.end
    return "".join(parts) + text[at:]


if __name__ == "__main__":
    main()
