"""Vectors in OpenAI's shape, from the library's own embedder: `/v1/embeddings`."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, cast

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from assistant.tokens import CL100K_MODEL, count_tokens, text_of_tokens
from ui.api.answering import ClientGone
from ui.api.openai_listing import embedding_model, errors, unknown
from ui.api.openai_models import Embeddings, EmbeddingsRequest
from ui.api.service import Served
from ui.documents import Document
from ui.problems import Problem

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

router = APIRouter(prefix="/v1", tags=["openai"])

_AT_A_TIME = 64  # texts between two looks whether a client still waits


@router.post("/embeddings", response_model=Embeddings, responses=errors(400, 404))
async def embeddings(service: Served, request: Request, asked: EmbeddingsRequest) -> Response:
    """The vectors of texts, as the library makes them of its papers."""
    name = embedding_model(service)
    if asked.model != name:
        raise unknown(asked.model, name)
    texts, tokens = await service.answering.run(partial(_texts, asked.input))
    data: list[Document] = []
    for at in range(0, len(texts), _AT_A_TIME):
        if await request.is_disconnected():
            raise ClientGone
        embed = partial(service.library.embed, texts[at : at + _AT_A_TIME])
        for vector in await service.answering.run(embed):
            if asked.dimensions not in (None, len(vector)):
                raise Problem(
                    400,
                    f"The vectors of {name} have {len(vector)} dimensions: leave 'dimensions' out.",
                    param="dimensions",
                )
            shown = _shown(vector, asked.encoding_format == "base64")
            data.append({"object": "embedding", "index": len(data), "embedding": shown})
    return JSONResponse(
        {
            "object": "list",
            "data": data,
            "model": name,
            "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
        }
    )


def _texts(
    given: str | Sequence[str] | Sequence[int] | Sequence[Sequence[int]],
) -> tuple[list[str], int]:
    """The texts, and how many tokens of cl100k_base they have."""
    if isinstance(given, str):
        texts = [given]
    elif isinstance(given[0], str):
        texts = list(cast("Sequence[str]", given))
    else:
        lists = given if isinstance(given[0], list) else [given]
        batches = cast("Sequence[Sequence[int]]", lists)
        return [text_of_tokens(tokens) for tokens in batches], sum(map(len, batches))
    return texts, sum(count_tokens(text, CL100K_MODEL) for text in texts)


def _shown(vector: NDArray[np.float32], as_base64: bool) -> list[float] | str:
    if as_base64:
        return base64.b64encode(vector.astype("<f4").tobytes()).decode("ascii")
    return cast("list[float]", vector.tolist())
