"""Counts what held and names what did not."""

import contextlib
import sys
import traceback


class Tally:
    """How many checks passed and failed."""

    def __init__(self):
        self.passed = self.failed = 0

    @contextlib.contextmanager
    def check(self, name):
        """Counts the block: passed when it ends, failed (and printed) when it raises."""
        try:
            yield
        except Exception as error:  # a check fails for whatever reason, and the others go on
            self.failed += 1
            where = traceback.extract_tb(error.__traceback__)[-1]
            at = f"{where.filename.rsplit('/', 1)[-1]}:{where.lineno}"
            print(f"FAILED {name}: {type(error).__name__} {error} ({at})", file=sys.stderr)
        else:
            self.passed += 1


def same(found, expected, what="value"):
    """Raises unless the two are equal."""
    if found != expected:
        raise AssertionError(f"{what}: expected {_brief(expected)}, found {_brief(found)}")


def _brief(value):
    text = repr(value)
    return text if len(text) <= 200 else text[:200] + "…"
