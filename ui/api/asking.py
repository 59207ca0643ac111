"""Questions through the API: `/v1/ask`, whole or as events, and `/v1/search`."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from sse_starlette import EventSourceResponse

from assistant.answer import Answer, Done, Event, Restarted, Retrieved, Written
from assistant.history import Conversation
from assistant.history_rows import turns
from ui.api import models
from ui.api.answering import Question
from ui.api.service import CalledBy, Served, Service, problems
from ui.documents import (
    Document,
    answer_document,
    passage_document,
    retrieved_document,
    sentence_document,
)
from ui.problems import Problem, told

router = APIRouter(prefix="/v1", tags=["questions"])

NEW = "new"
_EVENT = {
    "type": "object",
    "required": ["event", "data"],
    "properties": {
        "event": {"enum": ["retrieved", "sentence", "restarted", "done", "error"]},
        "data": {"type": "string", "description": "A JSON document."},
    },
}
_EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The answer; with `stream`, its events.",
        "content": {"text/event-stream": {"schema": _EVENT}},
        "links": {
            "feedback": {
                "operationId": "conversations_rate",
                "requestBody": {"exchange": "$response.body#/exchange", "thumb": 1},
                "description": "A thumb on this answer.",
            },
            "conversation": {
                "operationId": "conversations_show",
                "parameters": {"conversation_id": "$response.body#/conversation"},
            },
        },
    }
}


@router.post("/ask", response_model=models.Answer, responses={**problems(404, 409), **_EVENTS})
async def ask(service: Served, caller: CalledBy, request: Request, asked: models.Ask) -> Response:
    """Answers a question from the library, every sentence with its citation.

    A refusal is an answer too: its `status` is "refused", it cites nothing and names the
    nearest papers. Streamed and whole, an answer is the same.
    """
    conversation = _conversation(service, asked.conversation, caller.owner)
    if asked.writer == "model" and service.engine.llm is None:
        raise Problem(409, "No language model is configured here: leave the writer out.")
    exchanges = service.conversations.exchanges(conversation.id) if conversation else []
    question = Question(
        asked.question, asked.filters.filters(), turns(exchanges), asked.top_k, asked.writer
    )
    if asked.stream:
        return EventSourceResponse(
            _streamed(service, question, request, conversation), ping=15, sep="\n"
        )
    answer = await service.answering.whole(question, request)
    return JSONResponse(await _document(service, answer, conversation))


@router.post("/search", response_model=models.Hits, responses=problems())
async def search(service: Served, sought: models.Search) -> Response:
    """The papers nearest to a question, with the parts of their scores."""
    find = partial(
        service.engine.find, sought.query, filters=sought.filters.filters(), top_k=sought.top_k
    )
    found = await service.answering.run(find)
    papers = [passage_document(passage) for passage in found.passages]
    return JSONResponse({"query": sought.query, "papers": papers})


async def _streamed(
    service: Service, question: Question, request: Request, conversation: Conversation | None
) -> AsyncIterator[dict[str, Any]]:
    try:
        async with aclosing(service.answering.events(question, request)) as events:
            async for event in events:
                if isinstance(event, Done):
                    whole = await _document(service, event.answer, conversation)
                    yield _event("done", whole)
                else:
                    yield _event(*_named(event))
    except Exception as error:
        problem = told(error)
        yield _event("error", {"status": problem.status, "detail": problem.detail})


def _named(event: Event) -> tuple[str, Document]:
    if isinstance(event, Retrieved):
        return "retrieved", retrieved_document(event)
    if isinstance(event, Written):
        return "sentence", sentence_document(event.sentence)
    assert isinstance(event, Restarted)
    return "restarted", {"notice": event.notice}


def _event(name: str, document: Document) -> dict[str, Any]:
    return {"event": name, "data": json.dumps(document, ensure_ascii=False)}


def _conversation(service: Service, given: str | None, owner: str) -> Conversation | None:
    """The conversation that a question goes on with; somebody else's in a copy."""
    if given is None:
        return None
    if given == NEW:
        return service.conversations.create(owner)
    found = service.conversations.get(given)
    if found is None:
        raise Problem(404, "There is no such conversation: 'new' begins one.")
    return found if found.owner == owner else service.conversations.copy(found.id, owner)


async def _document(
    service: Service, answer: Answer, conversation: Conversation | None
) -> Document:
    kept: Document = {"conversation": None, "exchange": None}
    if conversation is not None:
        record = partial(service.conversations.record, conversation.id, answer)
        exchange = await service.answering.run(record)
        kept = {"conversation": conversation.id, "exchange": exchange.id}
    return {**answer_document(answer), **kept}
