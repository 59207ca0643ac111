"""Questions as a chat in OpenAI's shape: `/v1/chat/completions`, whole or streamed."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from sse_starlette import EventSourceResponse

from assistant.answer import Answer, Done, Restarted, Written
from assistant.tokens import count_tokens
from store.filters import Filters
from ui.api.answering import Question
from ui.api.openai_listing import WRITERS, errors, unknown
from ui.api.openai_models import ChatCompletion, ChatMessage, ChatRequest
from ui.api.openai_text import Content, question_and_turns
from ui.api.service import Served, Service
from ui.documents import Document, answer_document
from ui.problems import openai_error, problem_document, told

router = APIRouter(prefix="/v1", tags=["openai"])

_EVIDENCE = ("status", "citations", "nearest", "searched", "confidence", "writer", "notice")
_EVENT = {
    "type": "object",
    "required": ["data"],
    "properties": {
        "data": {
            "type": "string",
            "description": "A chunk as a JSON document, one with an `error` alone where something "
            "went wrong on the way, and at the end `[DONE]`.",
        }
    },
}
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The completion; with `stream`, its chunks.",
        "content": {"text/event-stream": {"schema": _EVENT}},
    }
}


@router.post(
    "/chat/completions",
    response_model=ChatCompletion,
    responses={**errors(400, 404), **_STREAM},
)
async def chat(service: Served, request: Request, asked: ChatRequest) -> Response:
    """Answers the last user message from the library, for clients of OpenAI's API.

    The content is Markdown: the sentences with their marks, then a list of the papers cited, then
    a notice in italics if there is one. `annotations` lead from each mark to its paper, and
    `assistant` holds the status, the quotes and the nearest papers as `/v1/ask` gives them.

    Streamed, each sentence is a chunk; the last with a choice has the `annotations` in its delta
    and `assistant` beside it, and all pieces together are the content. Only where a language
    model breaks off are they more: its sentences, a line in italics that it broke off, and then
    the answer without them.
    """
    if asked.model not in WRITERS:
        raise unknown(asked.model, *WRITERS)
    text, turns = await service.answering.run(
        partial(question_and_turns, asked.messages, service.library)
    )
    filters = asked.filters.filters() if asked.filters else Filters()
    question = Question(text, filters, turns, asked.top_k, WRITERS[asked.model])
    base = str(request.base_url).rstrip("/")
    if asked.stream:
        return EventSourceResponse(
            _streamed(service, question, request, asked, base), ping=15, sep="\n"
        )
    answer = await service.answering.whole(question, request)
    content = Content(base)
    for sentence in answer.sentences:
        content.sentence(sentence)
    content.end(answer)
    message = {
        "role": "assistant",
        "content": content.text,
        "refusal": None,
        "annotations": content.annotations(answer),
    }
    return JSONResponse(
        {
            **_frame("chat.completion", asked.model),
            "choices": [
                {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
            ],
            "usage": await service.answering.run(
                partial(_usage, asked.messages, answer, content.text)
            ),
            "assistant": _evidence(answer),
        }
    )


async def _streamed(
    service: Service, question: Question, request: Request, asked: ChatRequest, base: str
) -> AsyncIterator[dict[str, str]]:
    frame = _frame("chat.completion.chunk", asked.model)
    with_usage = bool(asked.stream_options and asked.stream_options.include_usage)
    if with_usage:
        frame["usage"] = None  # but for the last chunk
    content = Content(base)
    yield _chunk(frame, {"role": "assistant", "content": ""})
    try:
        async with aclosing(service.answering.events(question, request)) as events:
            async for event in events:
                if isinstance(event, Written):
                    yield _chunk(frame, {"content": content.sentence(event.sentence)})
                elif isinstance(event, Restarted):
                    yield _chunk(frame, {"content": content.break_off()})
                elif isinstance(event, Done):
                    answer = event.answer
                    yield _chunk(frame, {"content": content.end(answer)})
                    last = {"annotations": content.annotations(answer)}
                    yield _chunk(frame, last, "stop", assistant=_evidence(answer))
                    if with_usage:
                        usage = await service.answering.run(
                            partial(_usage, asked.messages, answer, content.text)
                        )
                        yield _data({**frame, "choices": [], "usage": usage})
    except Exception as error:
        problem = told(error)
        yield _data({"error": openai_error(problem_document(problem.status, problem.detail))})
    yield {"data": "[DONE]"}


def _frame(kind: str, model: str) -> Document:
    return {
        "id": f"chatcmpl-{secrets.token_hex(12)}",
        "object": kind,
        "created": int(time.time()),
        "model": model,
    }


def _chunk(
    frame: Document, delta: Document, finish: str | None = None, **more: Any
) -> dict[str, str]:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return _data({**frame, "choices": [choice], **more})


def _data(document: Document) -> dict[str, str]:
    return {"data": json.dumps(document, ensure_ascii=False)}


def _usage(messages: Sequence[ChatMessage], answer: Answer, content: str) -> Document:
    prompt = answer.tokens.prompt or sum(count_tokens(message.text) for message in messages)
    completion = count_tokens(content)
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
    }


def _evidence(answer: Answer) -> Document:
    document = answer_document(answer)
    return {name: document[name] for name in _EVIDENCE}
