"""The models that this server passes for at the addresses of OpenAI's API: `/v1/models`."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from assistant.answer import WriterName
from ui.api.openai_models import OpenAIModel, OpenAIModels
from ui.api.service import Served, Service, problems
from ui.documents import Document
from ui.problems import MEDIA_TYPE, Problem

router = APIRouter(prefix="/v1", tags=["openai"])

WRITERS: Mapping[str, WriterName] = {
    "paper-assistant": "auto",
    "paper-assistant-extractive": "extractive",
}
_BEGAN = int(time.time())
_OF_OPENAI = {
    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/OpenAIProblem"}}},
}


def errors(*more: int) -> dict[int | str, dict[str, Any]]:
    """The errors of a route for `/docs`. What is not valid is 400 here, as it is at OpenAI's."""
    return {
        status: {**said, **_OF_OPENAI} for status, said in problems(*more).items() if status != 422
    }


def embedding_model(service: Service) -> str:
    """The name of the library's embedder."""
    return str(service.library.embedder.model_name)


def unknown(name: str, *known: str) -> Problem:
    """What tells a client that there is no such model, and which there are."""
    shown = name[:100].encode("utf-8", "replace").decode()
    *others, last = known
    wanted = f"{', '.join(others)} or {last}" if others else last
    return Problem(
        404,
        f"There is no model '{shown}' here: ask for {wanted}.",
        param="model",
        code="model_not_found",
    )


@router.get("/models", response_model=OpenAIModels, responses=errors())
def models(service: Served) -> Response:
    """The models that chat, and the one that embeds, in OpenAI's shape."""
    return JSONResponse({"object": "list", "data": [_model(name) for name in _names(service)]})


@router.get("/models/{model_id:path}", response_model=OpenAIModel, responses=errors(404))
def model(service: Served, model_id: str) -> Response:
    """One of them."""
    names = _names(service)
    if model_id not in names:
        raise unknown(model_id, *names)
    return JSONResponse(_model(model_id))


def _names(service: Service) -> list[str]:
    return [*WRITERS, embedding_model(service)]


def _model(name: str) -> Document:
    return {"id": name, "object": "model", "created": _BEGAN, "owned_by": "paper-assistant"}
