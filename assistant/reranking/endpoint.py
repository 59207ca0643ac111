"""A cross-encoder behind an HTTP rerank endpoint, of whichever of the two usual kinds."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Annotated, Any

import httpx
from llama_index.core.bridge.pydantic import Field, PrivateAttr, SecretStr
from pydantic import AliasChoices, BaseModel, FiniteFloat, TypeAdapter, ValidationError
from pydantic import Field as Given

from assistant.reranking.base import Judged, Rerank, RerankFailed

_PAUSES = (0.2, 0.6)  # seconds before the second and the third try
_LONGEST_PAUSE = 2.0  # an endpoint that asks for more is given up
_LARGEST = 4_000_000  # bytes of an answer
_WRONG_SHAPE = (400, 422)


class _Row(BaseModel):
    index: Annotated[int, Given(strict=True, ge=0)]
    score: Annotated[FiniteFloat, Given(validation_alias=AliasChoices("relevance_score", "score"))]


class _Results(BaseModel):
    rows: Annotated[list[_Row], Given(validation_alias=AliasChoices("results", "data"))]


_ANSWER: TypeAdapter[_Results | list[_Row]] = TypeAdapter(_Results | list[_Row])


class EndpointRerank(Rerank):
    """Asks `POST {base_url}/rerank`, which Cohere, Jina, vLLM, llama.cpp, LiteLLM, Infinity and
    Text Embeddings Inference serve; the last takes `texts` for `documents` and answers with a
    bare list. The first question finds out which of the two it is.

    LlamaIndex has a package for each vendor, most with the vendor's client (Cohere's needs its
    whole SDK); one small request serves them all. Safe to use from several threads.

        EndpointRerank(base_url="http://localhost:8080/v1", model="bge-reranker-v2-m3")
    """

    base_url: str = Field(description="Address that `/rerank` stands behind.")
    model: str | None = Field(default=None, description="The model's name, where it needs one.")
    api_key: SecretStr | None = Field(
        default=None, exclude=True, description="Sent as a bearer token."
    )
    timeout: float = Field(default=10.0, gt=0, description="Seconds, all tries together.")

    _texts_first: bool = PrivateAttr(default=False)
    _client: httpx.Client = PrivateAttr()

    def model_post_init(self, context: Any, /) -> None:
        super().model_post_init(context)
        key = self.api_key.get_secret_value() if self.api_key else ""
        self._client = httpx.Client(headers={"Authorization": f"Bearer {key}"} if key else {})

    def rank(self, question: str, texts: Sequence[str]) -> list[Judged]:
        end = time.monotonic() + self.timeout
        asked = {"query": question} | ({"model": self.model} if self.model else {})
        first = self._texts_first
        for as_texts in (first, not first):
            held: dict[str, object] = {"documents": list(texts), "top_n": len(texts)}
            if as_texts:
                held = {"texts": list(texts), "truncate": True}
            status, body = self._post(asked | held, end)
            if status == 200:
                judged = self._read(body, len(texts))
                self._texts_first = as_texts
                return judged
            if status not in _WRONG_SHAPE:
                break
        raise self._failed(_reason(status))

    def _post(self, asked: dict[str, object], end: float) -> tuple[int, bytes]:
        """Status and body of the last try. What may pass is tried again, if there is time."""
        pauses = iter(_PAUSES)
        while True:
            wait = 0.0
            try:
                status, wait, body = self._send(asked, end)
            except httpx.TimeoutException:
                raise self._failed("took too long") from None
            except (httpx.ReadError, httpx.RemoteProtocolError):
                status, body = 0, b""
            except (httpx.HTTPError, httpx.InvalidURL):
                raise self._failed("could not be reached") from None
            if status not in (0, 429) and status < 500:
                return status, body
            pause = max(next(pauses, float("inf")), wait)
            if pause > _LONGEST_PAUSE or time.monotonic() + pause >= end:
                return status, body
            time.sleep(pause)

    def _send(self, asked: dict[str, object], end: float) -> tuple[int, float, bytes]:
        """Status, the seconds that the endpoint asks to be left alone, and the body."""
        left = max(end - time.monotonic(), 0.001)
        url = self.base_url.rstrip("/").removesuffix("/rerank") + "/rerank"
        with self._client.stream("POST", url, json=asked, timeout=left) as response:
            body = b""
            for piece in response.iter_bytes():  # one that comes in drops must not go on for ever
                body += piece
                if time.monotonic() > end:
                    raise httpx.ReadTimeout("The answer is too slow.")
                if len(body) > _LARGEST:
                    break
            wait = response.headers.get("Retry-After", "")
            return response.status_code, float(wait) if wait.isdecimal() else 0.0, body

    def _read(self, body: bytes, count: int) -> list[Judged]:
        try:
            answer = _ANSWER.validate_json(body)
        except ValidationError:
            raise self._failed("gave an answer that can't be read") from None
        rows = answer.rows if isinstance(answer, _Results) else answer
        # A place that isn't there means that the endpoint counts in another way than we do, so
        # the places that are there can't be trusted either.
        if not rows or any(row.index >= count for row in rows):
            raise self._failed("gave an answer that can't be read")
        best: dict[int, float] = {}
        for row in sorted(rows, key=lambda row: -row.score):
            best.setdefault(row.index, row.score)
        return list(best.items())

    def _failed(self, reason: str) -> RerankFailed:
        # Not the address: the reader of an answer may be somebody who needn't know it.
        return RerankFailed(f"The reranker {self.model + ' ' if self.model else ''}{reason}.")


def _reason(status: int) -> str:
    if status in (401, 403):
        return "refused the key"
    if status == 429:
        return "is over its rate limit"
    if status == 404:
        return "is not known at its endpoint"
    return f"failed with HTTP status {status}" if status else "broke off"
