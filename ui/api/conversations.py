"""Conversations and feedback through the API."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import JSONResponse

from assistant.history import Conversation, UnknownConversation
from assistant.history_rows import Exchange
from assistant.markdown import conversation_markdown
from ui.api import models
from ui.api.service import CalledBy, Served, problems
from ui.documents import Document, answer_document
from ui.problems import Problem

router = APIRouter(prefix="/v1", tags=["conversations"])

ConversationId = Annotated[str, Path(max_length=100, description="A conversation's id.")]
_NONE = "There is no such conversation: GET /v1/conversations lists yours."


@router.get("/conversations", response_model=models.Conversations, responses=problems())
def list_conversations(
    service: Served,
    caller: CalledBy,
    text: Annotated[
        str, Query(max_length=500, description="Only those with this in a title or a turn.")
    ] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
) -> Response:
    """One's own conversations, the one that changed last first."""
    kept = service.conversations
    found = kept.list(caller.owner, text=text, limit=limit, offset=offset)
    total = kept.count(caller.owner, text=text)
    shown = [conversation_document(one) for one in found]
    return JSONResponse({"total": total, "conversations": shown})


@router.post(
    "/conversations",
    status_code=201,
    response_model=models.Conversation,
    responses={
        **problems(),
        201: {"headers": {"Location": {"schema": {"type": "string"}}}},
    },
)
def create(service: Served, caller: CalledBy) -> Response:
    """Begins a conversation; `POST /v1/ask` with its id asks in it."""
    made = service.conversations.create(caller.owner)
    return JSONResponse(
        conversation_document(made), 201, {"Location": f"/v1/conversations/{made.id}"}
    )


@router.get(
    "/conversations/{conversation_id}",
    response_model=models.WholeConversation,
    responses=problems(404),
)
def show(service: Served, conversation_id: ConversationId) -> Response:
    """A conversation whole. Ids can't be guessed: whoever was given one may read it."""
    found = service.conversations.get(conversation_id)
    if found is None:
        raise Problem(404, _NONE)
    history = [exchange_document(one) for one in service.conversations.exchanges(found.id)]
    return JSONResponse({**conversation_document(found), "history": history})


@router.get(
    "/conversations/{conversation_id}/markdown",
    response_class=Response,
    responses={**problems(404), 200: {"content": {"text/markdown": {}}}},
)
def as_markdown(service: Served, conversation_id: ConversationId) -> Response:
    """A conversation as Markdown with a list of references."""
    found = service.conversations.get(conversation_id)
    if found is None:
        raise Problem(404, _NONE)
    answers = [exchange.answer for exchange in service.conversations.exchanges(found.id)]
    return Response(
        conversation_markdown(found.title, answers), media_type="text/markdown; charset=utf-8"
    )


@router.patch(
    "/conversations/{conversation_id}",
    response_model=models.Conversation,
    responses=problems(404),
)
def rename(
    service: Served, caller: CalledBy, conversation_id: ConversationId, given: models.Rename
) -> Response:
    """Gives one's own conversation a title that stays."""
    found = _own(service, caller, conversation_id)
    try:
        service.conversations.rename(found.id, given.title)
    except ValueError as error:
        raise Problem(422, str(error)) from None
    return JSONResponse(conversation_document(_own(service, caller, conversation_id)))


@router.delete("/conversations/{conversation_id}", status_code=204, responses=problems(404))
def delete(service: Served, caller: CalledBy, conversation_id: ConversationId) -> Response:
    """Deletes one's own conversation."""
    service.conversations.delete(_own(service, caller, conversation_id).id)
    return Response(status_code=204)


@router.get("/feedback", response_model=models.Rated, responses=problems())
def feedback(service: Served, caller: CalledBy) -> Response:
    """One's own thumbs with the answers they are on, as rows of a questions file."""
    return JSONResponse({"feedback": list(service.conversations.rated(owner=caller.owner))})


@router.post("/feedback", status_code=204, responses=problems(404))
def rate(service: Served, caller: CalledBy, given: models.Feedback) -> Response:
    """Puts a thumb, with a note or without, on an answer of one's own conversation."""
    exchange = service.conversations.exchange(given.exchange)
    if exchange is None:
        raise Problem(404, "There is no such answer: it is the `exchange` that an answer names.")
    _own(service, caller, exchange.conversation_id)
    try:
        service.conversations.rate(exchange.id, given.thumb, given.note)
    except UnknownConversation as error:
        raise Problem(404, str(error)) from None
    return Response(status_code=204)


def _own(service: Served, caller: CalledBy, conversation_id: str) -> Conversation:
    found = service.conversations.get(conversation_id)
    if found is None or found.owner != caller.owner:
        raise Problem(404, _NONE)
    return found


def conversation_document(conversation: Conversation) -> Document:
    return {
        "id": conversation.id,
        "title": conversation.title,
        "made": conversation.made.isoformat(),
        "changed": conversation.changed.isoformat(),
        "exchanges": conversation.exchanges,
    }


def exchange_document(exchange: Exchange) -> dict[str, Any]:
    kept = {"conversation": exchange.conversation_id, "exchange": exchange.id}
    return {
        "id": exchange.id,
        "asked": exchange.asked.isoformat(),
        "answer": {**answer_document(exchange.answer), **kept},
        "thumb": exchange.thumb,
        "note": exchange.note,
    }
