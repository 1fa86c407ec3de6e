"""A row of the benchmarks' table: what was measured, and its bound."""

from dataclasses import dataclass

from benchmarks.timing import Comparison


@dataclass(frozen=True)
class Row:
    """A measured ratio, or a plain number, with its bound.

    relation: ">=" or "<=" between the two; empty where there is no bound.
    """

    what: str
    measured: Comparison | float
    relation: str = ""
    bound: float = 0

    @property
    def holds(self):
        value = getattr(self.measured, "ratio", self.measured)
        return {"": True, ">=": value >= self.bound, "<=": value <= self.bound}[self.relation]

    def __str__(self):
        if isinstance(self.measured, Comparison):
            ours, peer = self.measured.ours, self.measured.peer
            lowest, highest = peer.fastest / ours.slowest, peer.slowest / ours.fastest
            measured = f"{self.measured.ratio:8.2f}x (between {lowest:.2f} and {highest:.2f})"
        else:
            measured = f"{self.measured:8.3g}"
        verdict = "holds" if self.holds else "DOES NOT HOLD"
        bound = f"{self.relation} {self.bound:g}: {verdict}" if self.relation else ""
        return f"{self.what:56} {measured:38} {bound}".rstrip()
