"""What the library tab does: adding files with progress, looking through papers, removing."""

from __future__ import annotations

import json
import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_args

from markupsafe import Markup

from store.adding import AddReport, Record
from store.library import Library
from store.orders import Order
from store.paper import Opened, Source
from store.readers import read_file
from store.readers.base import Origin
from store.starter import STARTER, starter_papers
from ui.app import explained
from ui.page.cards import day
from ui.page.rendering import count, file_name, part
from ui.page.scope import Scope
from ui.rejects import add_keeping
from ui.showing import where

if TYPE_CHECKING:
    from store.paper import Paper

PASTED = "pasted text"
_PAGE = 25  # papers on a page of the table
_TICK = 0.3  # seconds between two words of progress
_TOLD = 25  # records between two while reading
_SHOWN_REJECTS = 20
ORDERS: tuple[str, ...] = get_args(Order)

log = logging.getLogger("assistant.page")


class Shelf:
    """The library tab's handlers, for any number of browsers."""

    def __init__(self, library: Library) -> None:
        self.library = library

    # --- looking --------------------------------------------------------------------------

    def browse(self, view: dict[str, Any] | None, scope: Scope) -> Markup:
        """A page of the table. `view` is what the browser asks: text, order, offset, scoped."""
        view = view or {}
        text = str(view.get("text") or "")
        order = order_of(view.get("order"))
        offset = view.get("offset")
        offset = max(0, offset) if isinstance(offset, int) else 0
        listed = scope if view.get("scoped") else Scope()
        filters = listed.filters()
        papers, total = self.library.browse(text, filters, order, offset, _PAGE)
        if not papers and offset:
            offset = max(0, (total - 1) // _PAGE * _PAGE)
            papers, total = self.library.browse(text, filters, order, offset, _PAGE)
        rows = [_row(paper) for paper in papers]
        fields = json.dumps(listed.pairs())
        return part(
            "shelf", "table", rows, total, text, fields, order, offset, _PAGE, self._waiting()
        )

    def _waiting(self) -> int:
        return self.library.pending("vectors")

    # --- adding ---------------------------------------------------------------------------

    def add_files(self, files: Sequence[str]) -> Iterator[Markup]:
        """Adds uploaded files, each known by its name alone."""
        yield from self._add(lambda: _records_of(files))

    def add_text(self, text: str) -> Iterator[Markup]:
        """Adds a page that was pasted."""
        if not text.strip():
            yield part("shelf", "notice", "Paste the text of a page first.")
            return
        yield from self._add(lambda: read_file(text.encode(), Origin(PASTED), named=True))

    def add_starter(self) -> Iterator[Markup]:
        yield from self._add(starter_papers)

    def _add(self, records: Callable[[], Iterable[Record]]) -> Iterator[Markup]:
        """Adds in a thread of its own, so that a page that is closed stops nothing."""
        adding = _Adding(self.library, records)
        while not adding.ended.wait(_TICK):
            yield part("shelf", "progress", adding.phase, adding.done, adding.total)
        if adding.failure is not None:
            yield part("shelf", "notice", explained(adding.failure)[0])
        elif adding.report is not None:
            yield self._report(adding.report, adding.rejects)

    def _report(self, report: AddReport, rejects: Path | None) -> Markup:
        sources = self.library.catalog.sources()
        starter = STARTER in sources and len(sources) > 1
        return report_of(report, rejects.name if rejects else "", starter=starter)

    # --- removing -------------------------------------------------------------------------

    def remove(self, ids: Sequence[str]) -> Markup:
        """Removes papers, and says how to undo it."""
        undo = self.library.remove_with_undo(ids)
        return part("shelf", "removed", undo.papers, undo.token)

    def remove_starter(self) -> Markup:
        undo = self.library.remove_source_with_undo(STARTER)
        return part("shelf", "removed", undo.papers, undo.token)

    def undo(self, token: str) -> Markup:
        """Brings back what was removed."""
        try:
            back = self.library.undo(token)
        except KeyError:
            return part("shelf", "notice", "There is nothing left to bring back.")
        return part("shelf", "notice", f"Back in the library: {count(back, 'paper')}.")


class _Adding:
    """Papers being added: how far it is, and what came of it."""

    def __init__(self, library: Library, records: Callable[[], Iterable[Record]]) -> None:
        self.phase, self.done, self.total = "Reading", 0, 0
        self.report: AddReport | None = None
        self.rejects: Path | None = None
        self.failure: Exception | None = None
        self.ended = threading.Event()
        self._library = library
        self._records = records
        threading.Thread(target=self._work, name="add", daemon=True).start()

    def _work(self) -> None:
        try:
            self.report, self.rejects = add_keeping(self._library, self._read(), self._embedded)
        except Exception as error:
            log.warning("Adding failed", exc_info=error)
            self.failure = error
        finally:
            self.ended.set()

    def _read(self) -> Iterator[Record]:
        number = 0
        for record in self._records():
            number += not isinstance(record, Opened)
            if number % _TOLD == 0:
                self.done = number
            yield record

    def _embedded(self, done: int, total: int) -> None:
        self.phase, self.done, self.total = "Embedding", done, total


def _records_of(files: Sequence[str]) -> Iterator[Record]:
    for file in files:
        path = Path(file)
        with path.open("rb") as stream:
            yield from read_file(stream, Origin(path.name), named=True)


def report_of(report: AddReport, rejects: str = "", *, starter: bool = False) -> Markup:
    """What adding did, as the command line tells it; `rejects` names the file of what was
    rejected, `starter` offers to take those papers out."""
    rejected = [where(one.source, one.why) for one in report.rejected]
    skipped = [where(Source(one.file), one.why) for one in report.skipped]
    formats = Counter(opened.format for opened in report.formats)
    lists = (rejected, rejects, skipped, _SHOWN_REJECTS)
    return part("shelf", "report", report, formats, *lists, starter)


def order_of(asked: object) -> Order:
    """The order that a browser asks for, or the usual one."""
    return cast("Order", asked if asked in ORDERS else "added")


def _row(paper: Paper) -> dict[str, Any]:
    """What the table shows of a paper."""
    names = dict.fromkeys(file_name(source.file) for source in paper.sources)
    return {
        "id": paper.id,
        "title": paper.title,
        "by": paper.byline,
        "organisation": paper.organisation or "",
        "day": day(paper),
        "upvotes": paper.upvotes,
        "files": ", ".join(names),
    }
