"""Papers in as few requests as they fit into, and the reports on them as one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace

from store.adding import AddReport, Record
from store.paper import Opened, Paper, Rejected, Skipped
from ui.documents import record_document

_BATCH = 4_000_000  # bytes of papers after which the next file goes into another request
_MOST = 100_000  # papers in one request

Batch = list[tuple[Paper, bytes]]  # with the JSON of each


def papers_of(
    records: Iterable[Record],
    rejected: list[Rejected],
    skipped: list[Skipped],
    formats: list[Opened],
) -> Iterator[Paper]:
    """The papers among records; what else there is goes into the three lists."""
    for record in records:
        if isinstance(record, Paper):
            yield record
        elif isinstance(record, Rejected):
            rejected.append(record)
        elif isinstance(record, Opened):
            formats.append(record)
        else:
            skipped.append(record)


def batches(papers: Iterable[Paper], largest: int) -> Iterator[Batch]:
    """Papers with their JSON, in lists that each fit into a request; at least one, be it empty."""
    batch: Batch = []
    size = 0
    for paper in papers:
        data = json.dumps(record_document(paper), ensure_ascii=False).encode("utf-8", "replace")
        other_file = bool(batch) and _file(batch[-1][0]) != _file(paper)
        full = size + len(data) + 100 > largest or len(batch) == _MOST
        if batch and (full or (other_file and size >= min(_BATCH, largest))):
            yield batch
            batch, size = [], 0
        batch.append((paper, data))
        size += len(data) + 1
    yield batch


def _file(paper: Paper) -> str:
    return paper.sources[0].file if paper.sources else ""


def _found(reject: Rejected, batch: Batch) -> Rejected:
    """A record that the server rejected, with the place where it was read here."""
    number = reject.source.position
    paper = batch[number - 1][0] if 0 < number <= len(batch) else None
    return replace(reject, source=paper.sources[0]) if paper and paper.sources else reject


def together(before: AddReport, part: AddReport, batch: Batch) -> AddReport:
    """Both together; `part` is what became of a batch."""
    return AddReport(
        read=before.read + part.read,
        new=before.new + part.new,
        updated=before.updated + part.updated,
        unchanged=before.unchanged + part.unchanged,
        rejected=(*before.rejected, *(_found(one, batch) for one in part.rejected)),
        skipped=(),
        papers=part.papers,
        embedded=before.embedded + part.embedded,
    )
