"""What is made of an operation (SPEC section 26)."""

import cids
import operations
from refused import Refused
from state import Held, Lineage

HOUR = 3600


class Judge:
    """A node that holds blocks, judging what comes at one moment."""

    def __init__(self, blocks, now_s):
        self._held, self._now_s = Held.of(blocks), now_s
        self._lineage = Lineage(self._held)
        self._held_ids = {cids.of_block(block) for block in blocks}
        self._said = {}  # what was said already: the id of the block that says it

    def take(self, data):
        """The outcome of an operation, which is then held if it was taken."""
        operation_id = cids.of_block(data)
        if operation_id in self._held_ids:
            return "known"
        try:
            operation = operations.read(data)
        except Refused as refusal:
            return "ignored:kind" if refusal.reason == "operation-unknown-kind" else refusal.reason
        if operation.community != self._lineage.community:
            return "refused:community"
        outcome = self._against(operation) or self._said_before(operation) or self._outside_the_window(operation)
        if outcome is None:
            self._held_ids.add(operation_id)
            self._said[_says(operation)] = operation_id
        return outcome or "taken"

    def _against(self, operation):
        if operation.proof:
            charter = self._lineage.charters.get(operation.proof.charter)
            named = charter and operation.proof.validator in charter.signing
            return None if named else "refused:voice" if charter else "ignored:charter"
        if operation.matter:
            return self._against_voices(operation)
        payload = operation.value["payload"]
        if operation.kind == "membership":
            return None if payload["sponsor"] in self._lineage.head.signing else "ignored:sponsor"
        record = payload["petition" if operation.kind == "support" else "record"]
        return None if record in self._held.headers else "ignored:record"

    def _against_voices(self, operation):
        matter = operation.matter
        charter = self._lineage.charters.get(matter.charter)
        if charter is None:
            return "ignored:charter"
        if operation.kind == "resolution":
            try:
                return operations.convinces(operation, charter)
            except Refused as refusal:
                return refusal.reason
        here = self._lineage.path if matter.successor else [self._lineage.head]
        if charter not in here:
            return "ignored:charter"
        voices = set(charter.signing)
        if matter.successor:
            voices |= {*charter.value["recovery"], *matter.successor.signing}
        return None if operation.signers[0] in voices else "refused:voice"

    def _said_before(self, operation):
        if operation.matter and operation.kind == "motion" and ("resolution", operation.matter.id) in self._said:
            return "known"
        before = self._said.get(_says(operation))
        replaces = operation.kind in ("resolution", "withdrawal") and before is not None and operation.id < before
        return "known" if before is not None and not replaces else None

    def _outside_the_window(self, operation):
        if operation.kind not in ("flag", "support", "membership"):
            return None
        age = (self._now_s - operation.value["payload"]["time"]) // HOUR
        numbers = self._lineage.head.value["numbers"]
        return None if -numbers["future_hours"] <= age <= numbers["past_hours"] else "ignored:time"


def _says(operation):
    """What an operation says, whatever its bytes."""
    if operation.proof:
        return "equivocation", operation.proof.charter, operation.proof.validator
    payload = operation.value["payload"]
    if operation.kind == "resolution":
        return "resolution", operation.matter.id
    if operation.kind == "motion":
        return "motion", operation.matter.id, operation.signers[0]
    if operation.kind == "withdrawal":
        return "withdrawal", payload["record"]
    return operation.kind, operation.signers[0], payload.get("record", payload.get("petition", payload.get("member")))
