"""The one way in which a reader says no."""


class Refused(Exception):
    """Bytes or text that break a rule; `reason` is its name in docs/SPEC.md section 1."""

    def __init__(self, reason):
        super().__init__(reason)
        self.reason = reason


def demand(holds, reason):
    """Refuses with `reason` unless it holds."""
    if not holds:
        raise Refused(reason)
