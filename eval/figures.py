"""One measured figure with its mark, and the table of all of them."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

_SIGNS = {">=": operator.ge, "<=": operator.le, "<": operator.lt}
_SAID = {True: "reached", False: "**missed**", None: ""}


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of a report.

    `what` reads "ours / other", both counted in `unit`; `ratio` is ours by the other. `mark`
    names which of these is to reach what ("ratio >= 0.85"). A measurement that could not run
    has none of them, and its `note` says what to do. `more` is for whoever looks closer.
    """

    name: str
    what: str
    unit: str
    mark: str = ""
    ours: float | None = None
    other: float | None = None
    ratio: float | None = None
    note: str = ""
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def reached(self) -> bool | None:
        """Whether the mark is; None without a mark or a figure."""
        if not self.mark:
            return None
        name, sign, limit = self.mark.split()
        value: float | None = getattr(self, name)
        return None if value is None else bool(_SIGNS[sign](value, float(limit)))

    def document(self) -> dict[str, Any]:
        return asdict(self) | {"reached": self.reached}


def markdown(document: Mapping[str, Any]) -> str:
    """The table of a benchmark's document, with a line on the machine and the notes below."""
    rows = [
        "| | what | ours | other | ratio | by CPU seconds | mark | |",
        "| --- | --- | ---: | ---: | ---: | ---: | --- | --- |",
    ]
    for f in document["figures"]:
        cells = [
            f["name"],
            f["what"],
            _amount(f["ours"], f["unit"]),
            _amount(f["other"], f["unit"]),
            _amount(f["ratio"]),
            _amount(f["more"].get("cpu_ratio")),
            f["mark"],
            "not run" if f["ours"] is None else _SAID[f["reached"]],
        ]
        rows.append(f"| {' | '.join(cells)} |")
    m = document["machine"]
    about = f"{document['papers']} papers; {m['cores']} cores, Python {m['python']}"
    if m["load"] is not None:
        about += f", load {m['load']} before"
    if document["quick"]:
        about += "; a quick run, which shows that everything works and not how fast it is"
    notes = [f"{f['name']}: {f['note']}" for f in document["figures"] if f["note"]]
    return "\n".join([*rows, "", f"{about}.", *notes])


def _amount(value: float | None, unit: str = "") -> str:
    if value is None:
        return ""
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:.{digits}f} {unit}".rstrip()
