"""What can be downloaded from the page: papers, rejected records, a conversation, the thumbs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from urllib.parse import quote

from fastapi import APIRouter, Form, HTTPException, Request
from fastapi.responses import FileResponse, Response, StreamingResponse

from assistant.history import Conversations
from assistant.markdown import conversation_markdown
from store.exporting import FORMATS, export_papers
from store.library import Library
from store.paper import Paper
from ui.access import visitor_of
from ui.page.scope import Scope
from ui.page.shelf import order_of
from ui.rejects import kept_rejects

_AT_A_TIME = 500  # papers


def router(library: Library, conversations: Conversations) -> APIRouter:
    """The routes under /download."""
    routes = APIRouter(prefix="/download", include_in_schema=False)

    @routes.post("/papers")
    def download_papers(
        format: str = Form(),
        ids: str = Form(""),
        text: str = Form(""),
        order: str = Form(""),
        since: str = Form(""),
        until: str = Form(""),
        sources: tuple[str, ...] = Form(()),
        organisations: tuple[str, ...] = Form(()),
        papers: tuple[str, ...] = Form(()),
    ) -> Response:
        """The papers of these ids (with commas between), or all that hold the text and pass the
        filters, in the order of the table."""
        chosen = [one for one in ids.split(",") if one]
        try:
            filters = Scope.of(since, until, sources, organisations, papers).filters()
        except ValueError as error:
            raise HTTPException(422, str(error)) from None
        found = (
            _chosen(library, chosen) if chosen else library.matching(text, filters, order_of(order))
        )
        return _export(found, format)

    @routes.get("/conversation/{conversation_id}")
    def conversation(conversation_id: str) -> Response:
        """A conversation as Markdown; whoever knows its id may read it."""
        found = conversations.get(conversation_id)
        if found is None:
            raise HTTPException(404, "There is no such conversation.")
        answers = [exchange.answer for exchange in conversations.exchanges(conversation_id)]
        name = "".join(c if c.isalnum() else "-" for c in found.title)[:60].strip("-")
        return Response(
            conversation_markdown(found.title, answers),
            media_type="text/markdown; charset=utf-8",
            headers=as_file(f"{name or 'conversation'}.md"),
        )

    @routes.get("/list/{exchange_id}")
    def listed(exchange_id: str, format: str) -> Response:
        """All papers that an answer about the collection means; whoever knows the id of the
        question may have them."""
        exchange = conversations.exchange(exchange_id)
        if exchange is None:
            raise HTTPException(404, "There is no such answer.")
        return _export(_chosen(library, exchange.answer.meant), format)

    @routes.get("/rejected/{name}")
    def rejected(name: str) -> Response:
        """The records that an addition rejected, to be mended and added again."""
        found = kept_rejects(library, name)
        if found is None:
            raise HTTPException(404, "There is no such file of rejected records.")
        return FileResponse(found, media_type="application/jsonl", filename=f"rejected-{name}")

    @routes.get("/feedback")
    def feedback(request: Request) -> Response:
        """The visitor's own thumbs with their notes, one JSON document a line."""
        owner = visitor_of(request.cookies)
        lines = (
            json.dumps(row, ensure_ascii=False) + "\n" for row in conversations.rated(owner=owner)
        )
        return StreamingResponse(
            lines, media_type="application/jsonl", headers=as_file("feedback.jsonl")
        )

    return routes


def _export(papers: Iterator[Paper], format: str) -> Response:
    if format not in FORMATS:
        raise HTTPException(422, f"There is no format '{format}': {', '.join(FORMATS)}.")
    kind = FORMATS[format]
    return StreamingResponse(
        export_papers(papers, format),
        media_type=kind.media_type,
        headers=as_file(f"papers{kind.suffix}"),
    )


def _chosen(library: Library, ids: Sequence[str]) -> Iterator[Paper]:
    for start in range(0, len(ids), _AT_A_TIME):
        part = ids[start : start + _AT_A_TIME]
        found = library.get(part)
        yield from (found[one] for one in part if one in found)


def as_file(name: str) -> dict[str, str]:
    """Headers that have a browser keep what comes as a file of that name."""
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
