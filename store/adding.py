"""What adding takes in: records into the catalogue, and a report of what they were."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from store.catalog import Catalog
from store.paper import Opened, Paper, Rejected, Skipped

_SHOWN = 200  # characters of a rejected record that a report holds

Record = Paper | Rejected | Skipped | Opened
Progress = Callable[[int, int], None]  # (done, of how many)


@dataclass(frozen=True, slots=True)
class AddReport:
    """What adding did.

    `read` counts records, `new`, `updated` and `unchanged` the different papers among them,
    `papers` all that the library now holds and `embedded` those whose vectors were made.
    `formats` says what each file was read as.
    """

    read: int
    new: int
    updated: int
    unchanged: int
    rejected: tuple[Rejected, ...]
    skipped: tuple[Skipped, ...]
    papers: int
    embedded: int
    formats: tuple[Opened, ...] = ()


def take_in(catalog: Catalog, records: Iterable[Record]) -> AddReport:
    """Puts records into the catalogue; nothing of them is embedded yet."""
    papers = 0
    rejected: list[Rejected] = []
    skipped: list[Skipped] = []
    formats: list[Opened] = []

    def accepted() -> Iterator[Paper]:
        nonlocal papers
        for record in records:
            if isinstance(record, Paper):
                papers += 1
                yield record
            elif isinstance(record, Rejected):
                rejected.append(replace(record, text=record.text[:_SHOWN], fields=""))
            elif isinstance(record, Opened):
                formats.append(record)
            else:
                skipped.append(record)

    tally = Counter(catalog.put(accepted()).values())
    return AddReport(
        read=papers + sum(reject.source.position > 0 for reject in rejected),
        new=tally["new"],
        updated=tally["updated"],
        unchanged=tally["unchanged"],
        rejected=tuple(rejected),
        skipped=tuple(skipped),
        papers=catalog.count(),
        embedded=0,
        formats=tuple(formats),
    )
