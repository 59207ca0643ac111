"""The desk of a running server, over HTTP."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from assistant.answer import Answer, Done, Event, Passage, Restarted, Turn, WriterName, Written
from assistant.surveying.values import Brief, Comparison, Table
from store.adding import AddReport, Progress, Record
from store.errors import LibraryError
from store.filters import Filters
from store.orders import Order
from store.paper import Opened, Paper, Rejected, Skipped
from ui.batches import batches, papers_of, together
from ui.desk import Listing, Removed
from ui.documents import Document
from ui.from_documents import (
    answer_of,
    paper_of_document,
    passage_of,
    report_of,
    retrieved_of,
    sentence_of,
)
from ui.surveyed import brief_of, comparison_of, table_of
from ui.wire import ServerAway, Wire

_PAGE = 1000  # papers in one listing
_IDS = 100  # ids in one address
_LONGEST_ID = 200
_LONGEST = 20_000  # characters of a question; the engine reads less and says so
_LARGEST = 64  # megabytes of one request
_LOOK = 1.0  # seconds between two looks at how far a job is, where somebody watches
_REST = 25.0  # the same where nobody does


class RemoteDesk:
    """The desk of the server at `address`, which lets in whoever knows `token`.

    `has_model` tells whether a language model may write there; `top_k` and `writer` are for
    questions that say nothing else; `largest` is the largest request it takes, in megabytes.

    Raises (from any method): see `Wire`.
    """

    def __init__(
        self,
        address: str,
        token: str,
        *,
        has_model: bool = False,
        top_k: int | None = None,
        writer: WriterName = "auto",
        largest: int = _LARGEST,
    ) -> None:
        self.has_model = has_model
        self._wire = Wire(address, token)
        self._top_k = top_k
        self._writer: WriterName = writer
        self._largest = min(largest, _LARGEST) * 1_000_000

    # --- asking ---------------------------------------------------------------------------

    def ask(
        self,
        question: str,
        *,
        filters: Filters = Filters(),
        turns: Sequence[Turn] = (),
        top_k: int | None = None,
        writer: WriterName = "auto",
    ) -> Answer:
        """The whole answer; a server keeps conversations itself, so it is sent no `turns`."""
        document = self._wire.post("/v1/ask", self._asked(question, filters, turns, top_k, writer))
        return answer_of(document, self._papers(document))

    def stream(
        self,
        question: str,
        *,
        filters: Filters = Filters(),
        turns: Sequence[Turn] = (),
        top_k: int | None = None,
        writer: WriterName = "auto",
    ) -> Iterator[Event]:
        body = {**self._asked(question, filters, turns, top_k, writer), "stream": True}
        return self._events(self._wire.events("/v1/ask", body))

    def _asked(
        self,
        question: str,
        filters: Filters,
        turns: Sequence[Turn],
        top_k: int | None,
        writer: WriterName,
    ) -> Document:
        if turns:
            raise ValueError("A running server keeps conversations itself: ask it without turns.")
        writer = self._writer if writer == "auto" else writer
        if writer == "model" and not self.has_model:
            raise ValueError(
                "No language model is configured: leave the writer out, or say 'extractive'."
            )
        return {
            "question": " ".join(question.split())[:_LONGEST],
            "filters": _within(filters),
            "top_k": top_k or self._top_k,
            "writer": writer,
        }

    def _events(self, events: Iterator[tuple[str, Document]]) -> Iterator[Event]:
        papers: dict[str, Paper] = {}
        for name, document in events:
            if name == "retrieved":
                papers = self._papers(document)
                yield retrieved_of(document, papers)
            elif name == "sentence":
                yield Written(sentence_of(document))
            elif name == "restarted":
                yield Restarted(document["notice"])
            elif name == "done":
                yield Done(answer_of(document, papers))
                return
        raise ConnectionError(
            "The server of this library stopped in the middle of an answer: ask again."
        )

    def _papers(self, document: Document) -> dict[str, Paper]:
        """The papers of passages whole, as the document of an answer only names them."""
        return self.get([one["paper_id"] for one in document["passages"]])

    def search(
        self, query: str, *, filters: Filters = Filters(), top_k: int | None = None
    ) -> tuple[Passage, ...]:
        body = {
            "query": " ".join(query.split())[:_LONGEST],
            "filters": _within(filters),
            "top_k": top_k or self._top_k,
        }
        return tuple(passage_of(one) for one in self._wire.post("/v1/search", body)["papers"])

    # --- surveying ------------------------------------------------------------------------

    def table(
        self,
        question: str,
        columns: Sequence[str] = (),
        *,
        filters: Filters = Filters(),
        top_k: int | None = None,
    ) -> Table:
        body = {"question": _short(question), "columns": list(columns), "top_k": top_k}
        return table_of(self._wire.post("/v1/table", self._surveyed(body, filters)))

    def compare(
        self, methods: Sequence[str], aspects: Sequence[str] = (), *, filters: Filters = Filters()
    ) -> Comparison:
        body = {"methods": list(methods), "aspects": list(aspects)}
        return comparison_of(self._wire.post("/v1/compare", self._surveyed(body, filters)))

    def brief(self, topic: str, *, filters: Filters = Filters(), top_k: int | None = None) -> Brief:
        body = {"topic": _short(topic), "top_k": top_k}
        return brief_of(self._wire.post("/v1/brief", self._surveyed(body, filters)))

    def _surveyed(self, body: Document, filters: Filters) -> Document:
        return {**body, "filters": _within(filters), "writer": self._writer}

    # --- looking --------------------------------------------------------------------------

    def count(self) -> int:
        return int(self._wire.get("/v1/papers", {"limit": 1})["total"])

    def list(self, text: str, filters: Filters, order: Order, offset: int, limit: int) -> Listing:
        asked = {"text": text, "order": order, **_query(filters)}
        papers: list[Paper] = []
        while True:
            page = {"offset": offset + len(papers), "limit": min(limit - len(papers), _PAGE)}
            document = self._wire.get("/v1/papers", {**asked, **page})
            papers += [paper_of_document(one) for one in document["papers"]]
            if len(papers) >= limit or not document["next"]:
                return Listing(tuple(papers), document["total"], self.count(), self.sources())

    def get(self, ids: Sequence[str]) -> dict[str, Paper]:
        wanted = [one for one in dict.fromkeys(ids) if 0 < len(one) <= _LONGEST_ID]
        found: dict[str, Paper] = {}
        for start in range(0, len(wanted), _IDS):
            some = {"ids": wanted[start : start + _IDS], "limit": _IDS}
            for one in self._wire.get("/v1/papers", some)["papers"]:
                found[one["id"]] = paper_of_document(one)
        return found

    def sources(self) -> dict[str, int]:
        found: dict[str, int] = self._wire.get("/v1/sources")["sources"]
        return found

    # --- changing -------------------------------------------------------------------------

    def remove(self, ids: Sequence[str]) -> Removed:
        return self._removed({"ids": list(ids)})

    def remove_source(self, source: str) -> Removed:
        return self._removed({"source": source})

    def _removed(self, what: Document) -> Removed:
        done = self._wire.post("/v1/papers/remove", what)
        return Removed(done["removed"], done["kept"], done["papers"], done["undo"])

    def add(self, records: Iterable[Record], progress: Progress | None = None) -> AddReport:
        """Adds records in as few requests as they fit into; the counts are those of all.

        No file is divided unless it must be: what a file says of a paper replaces what it said
        before, and the server takes each request for all that the files in it say now.
        """
        self._wire.reach()  # before any record is taken from a stream that can't be read again
        unread: list[Rejected] = []
        skipped: list[Skipped] = []
        formats: list[Opened] = []
        report = AddReport(0, 0, 0, 0, (), (), 0, 0)
        seen = [0, 0]  # (done, of how many) in the requests before

        def tell(done: int, total: int) -> None:
            if progress and total:
                progress(seen[0] + done, seen[1] + total)

        try:
            for batch in batches(papers_of(records, unread, skipped, formats), self._largest):
                job = self._job([data for _, data in batch], tell if progress else None)
                report = together(report, report_of(job["result"]), batch)
                seen = [seen[0] + job["progress"]["done"], seen[1] + job["progress"]["total"]]
        except ServerAway:
            raise ConnectionError(
                "The server of this library stopped: what was done is kept, and the same command "
                "goes on from there."
            ) from None
        return replace(
            report,
            read=report.read + sum(one.source.position > 0 for one in unread),
            rejected=(*unread, *report.rejected),
            skipped=tuple(skipped),
            formats=tuple(formats),
        )

    def _job(self, papers: Sequence[bytes], tell: Progress | None) -> Document:
        """Has papers added; returns the job once it is done."""
        body = b'{"papers": [' + b",".join(papers) + b"]}"
        job = self._wire.post("/v1/papers", body, Idempotency_Key=str(uuid.uuid4()))
        path = f"/v1/jobs/{job['id']}"
        while job["status"] in ("waiting", "running"):
            job = self._wire.get(path, {"wait": _LOOK if tell else _REST})
            if tell:
                tell(job["progress"]["done"], job["progress"]["total"])
        if job["status"] == "failed":
            raise LibraryError(job["error"])
        return job


def _short(text: str) -> str:
    return " ".join(text.split())[:_LONGEST]


def _within(filters: Filters) -> Document:
    """Filters as the body of a question has them."""
    return {
        "since": filters.since.isoformat() if filters.since else None,
        "until": filters.until.isoformat() if filters.until else None,
        "sources": list(filters.sources),
        "organisations": list(filters.organisations),
        "papers": list(filters.papers),
    }


def _query(filters: Filters) -> Document:
    """Filters as an address has them."""
    given = _within(filters)
    given["ids"] = given.pop("papers")
    return {name: value for name, value in given.items() if value}
