"""An answer with all that is measured of it, and a small app whose requests are observed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace

from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, PlainTextResponse, StreamingResponse
from starlette.types import Receive, Scope, Send

from assistant.answer import Answer, Passage, Scores, Tokens
from tests.assistant.any_answers import answered
from tests.ui.making import first_starter_papers
from ui.metrics import Metrics
from ui.observing import Observed, Observer
from ui.tracing import Tracing

QUESTION = "What did the lighthouse keeper's diary say of the fog?"
STAGES = {"understand": 1.0, "retrieve": 12.0, "select": 3.5, "write": 80.0}


def an_answer(*, writer: str = "gemma", refused: bool = False) -> Answer:
    """One that a model wrote on three papers with 900 and 40 tokens in 97 ms."""
    papers = list(first_starter_papers(3))
    said = [] if refused else [("It was thick [1].", 1, papers[0], papers[0].abstract[:20])]
    return replace(
        answered(QUESTION, *said),
        status="refused" if refused else "answered",
        passages=tuple(Passage(paper, Scores(1.0)) for paper in papers),
        writer=writer,
        timings_ms={**STAGES, "total": 97.0},
        tokens=Tokens(0, 0) if writer == "extractive" else Tokens(900, 40),
    )


class Broken(Exception):
    """What the app fails with."""


def observed_app(
    metrics: Metrics,
    *,
    tracing: Tracing | None = None,
    logs_questions: bool = False,
    streaming: Callable[[], AsyncIterator[str]] | None = None,
) -> FastAPI:
    """Routes as the server has them: a template, an answer, a stream, errors, a page below."""
    app = FastAPI()
    observer = Observer(metrics, tracing or Tracing(), logs_questions=logs_questions)

    @app.get("/v1/papers/{paper_id}")
    async def paper(paper_id: str, request: Request) -> dict[str, str]:
        request.state.caller = "harbour"
        return {"request_id": request.state.request_id}

    @app.post("/v1/ask")
    def ask(request: Request) -> dict[str, str]:
        observer.answered(an_answer(), 1_700_000_000_000_000_000, request.scope["state"])
        return {"status": "answered"}

    @app.get("/v1/stream")
    async def stream() -> StreamingResponse:
        assert streaming is not None
        return StreamingResponse(streaming())

    @app.get("/v1/fail")
    async def fail() -> None:
        raise Broken("the cellar is flooded")

    @app.get("/v1/told")
    async def told(request: Request) -> JSONResponse:
        observer.failed(Broken("the cellar is flooded"), request.scope["state"])
        return JSONResponse({}, 422)

    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"]["page"] = True
        status = 200 if scope["path"] in ("/", "/theme.css") else 404
        await PlainTextResponse("the page", status)(scope, receive, send)

    app.mount("/", page)
    app.add_middleware(Observed, metrics=metrics)
    return app
