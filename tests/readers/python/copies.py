"""What one community copied from another: why a record may not be copied (SPEC section 10, docs/DATASET.md).

Classes of high risk are those that a ruleset finds, which this reader does not have: it takes the copy's word."""

from tally import same


class Copying:
    """For whom an export was copied, under the charter that leads."""

    def __init__(self, stated, path, to):
        same(to is None or stated["to"] == to, True, "the community beside whose export it lies")
        same(stated["charter"], str(path[-1].id), "the charter that lets it be copied")
        federation = path[-1].value["customs"]["federation"]
        (self.terms,) = [one for one in federation if str(one["community"]) == stated["to"]]
        self.stated = stated

    def against(self, header):
        """The reason against a record that its header shows, if any."""
        if header["licence"] not in self.terms["licences"]:
            return "licence"
        allowed = header["preference"].split(", ")
        return None if all(f"{use}=y" in allowed for use in self.terms.get("uses", [])) else "use"

    def check_row(self, header, body):
        """That nothing that can be told here is against a row."""
        same(self.against(header), None, "what is against a copied row")
        same("kinds" not in self.terms or body["kind"] in self.terms["kinds"], True, "its kind may be copied")

    def left_out_by_body(self):
        """How many are said to be left out for what their bodies say."""
        return self.stated["left_out"]["kind"] + self.stated["left_out"]["class"]

    def account(self, without_row, headers):
        """What the copy says of itself, and the records that it could hold by their headers and does not."""
        against = {one: self.against(headers[one]) for one in without_row}
        open_to_it = [one for one in without_row if against[one] is None]
        said = self.stated["left_out"]
        same("kinds" in self.terms or said["kind"] == 0, True, "left out for the kind")
        counted = {why: list(against.values()).count(why) for why in ("licence", "use")}
        counted |= {"kind": said["kind"], "class": said["class"]}
        return {"to": self.stated["to"], "charter": self.stated["charter"], "left_out": counted}, open_to_it
