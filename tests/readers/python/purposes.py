"""The use that an export was written for: why a record has no row (docs/DATASET.md)."""

import preferences
from tally import same


def named(stated):
    """The use that a manifest names, with the signals; `None` when it names none."""
    said = stated.get("purpose")
    return said and (said["use"], said["honours"])


class ForUse:
    """A use, with the signals that are honoured, and what was counted."""

    def __init__(self, stated):
        self.stated = stated
        same(stated["use"] in preferences.USES, True, "a known use")
        known = [signal for signal in preferences.SIGNALS if signal in stated["honours"]]
        same(stated["honours"], known, "known signals in order, each once")
        self.counts = dict.fromkeys(("unknown", "refused", "unhonoured", "kept_apart"), 0)
        self.failed_chats, self.relied_on = 0, {}

    def against(self, header):
        """The reason against a record, if there is one; what is not said is not allowed."""
        choice, signal = self._said(header)
        if choice is None:
            return "unknown"
        if choice == "y" or signal in self.stated["honours"]:
            return None
        return "unhonoured" if signal else "refused"

    def _said(self, header):
        """What is said of the use, and under which signal a refusal does not hold."""
        said = [part for part in header["preference"].split(", ") if part.startswith(f"{self.stated['use']}=")]
        choice, _, signal = said[0].partition("=")[2].partition(";exceptions=") if said else (None, "", "")
        return choice, signal

    def check_row(self, header, body):
        """That a row may be used so."""
        same(self.against(header), None, "what is against a row")
        self.failed_chats += (body["kind"], body.get("label")) == ("chat", "fail")
        _, signal = self._said(header)
        if signal:
            self.relied_on[signal] = self.relied_on.get(signal, 0) + 1

    def against_split(self, is_apart):
        """The reason against a record for where it lies: nothing that is kept apart for evaluation is for training."""
        return "kept_apart" if is_apart and self.stated["use"] == "train-ai" else None

    def account(self, without_row, headers, elsewhere, draw):
        """Takes out of the records without row those that may not be used so; `elsewhere` is counted by others."""
        left = []
        for one in without_row:
            header = headers[one]
            why = None if elsewhere(header) else self.against(header) or self.against_split(draw.splits(header))
            if why:
                self.counts[why] += 1
            else:
                left.append(one)
        return left

    def said(self):
        """What the manifest says of it."""
        rows = {"relied_on": dict(sorted(self.relied_on.items())), "failed_chats": self.failed_chats}
        return {"use": self.stated["use"], "honours": self.stated["honours"], **self.counts, **rows}
