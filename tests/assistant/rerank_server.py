"""A small loopback rerank endpoint, of the kind of Cohere's or of Text Embeddings Inference's."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, Self

from llama_index.core.schema import NodeWithScore, TextNode
from pydantic import SecretStr

from assistant.reranking.base import Judged
from assistant.reranking.endpoint import EndpointRerank
from tests.broken_server import BrokenServer

Score = Callable[[str], float]
TEXTS = ["wind", "a longer text", "rain", "the longest text of all"]
BY_LENGTH = [3, 1, 0, 2]  # the order of a server whose scores are the lengths


class RerankServer:
    """Gives each text the score that `score` finds for it, the best first.

    `fails` are statuses that the first requests get instead; `answer` is a body that all others
    get. `most` is how many results it gives at most. A request without the key gets 401, one of
    the other shape 422. `requests` are the bodies that came.

        with RerankServer(len, shape="tei") as server:
            EndpointRerank(base_url=server.base_url)
    """

    api_key = "key-only-for-tests"

    def __init__(
        self,
        score: Score = len,
        shape: Literal["cohere", "tei"] = "cohere",
        *,
        fails: tuple[int, ...] = (),
        answer: str | None = None,
        most: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.requests: list[dict[str, Any]] = []
        self._score, self._shape, self._fails = score, shape, list(fails)
        self._answer, self._most, self._headers = answer, most, dict(headers or {})
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, self._handle))
        self.base_url = f"http://127.0.0.1:{self._http.server_port}/v1"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    def _handle(self, request: _Handler, asked: dict[str, Any]) -> None:
        self.requests.append(asked)
        if self._fails:
            request.answer(self._fails.pop(0), '{"message": "not now"}', self._headers)
            return
        if request.path != "/v1/rerank":
            request.answer(404, "{}")
            return
        if request.headers.get("Authorization") != f"Bearer {self.api_key}":
            request.answer(401, '{"message": "no such key"}')
            return
        texts = asked.get("documents" if self._shape == "cohere" else "texts")
        if texts is None or "query" not in asked:
            request.answer(422, '{"error": "missing field"}')
            return
        name = "relevance_score" if self._shape == "cohere" else "score"
        rows = [{"index": i, name: self._score(text)} for i, text in enumerate(texts)]
        rows = sorted(rows, key=lambda row: -row[name])[: self._most]
        body = json.dumps(rows if self._shape == "tei" else {"id": "1", "results": rows})
        request.answer(200, body if self._answer is None else self._answer)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, act: Callable[[_Handler, dict[str, Any]], None], *parts: Any) -> None:
        self._act = act
        super().__init__(*parts)

    def do_POST(self) -> None:
        self._act(self, json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def answer(self, status: int, body: str, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(body.encode()))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: Any) -> None: ...


def reranker(server: RerankServer | BrokenServer, **settings: Any) -> EndpointRerank:
    """Asks this server, with its key and little patience."""
    given: dict[str, Any] = {"api_key": SecretStr(RerankServer.api_key), "timeout": 5.0}
    return EndpointRerank(base_url=server.base_url, **(given | settings))


def places(judged: list[Judged]) -> list[int]:
    return [place for place, _ in judged]


def nodes(*texts: str) -> list[NodeWithScore]:
    return [
        NodeWithScore(node=TextNode(text=text, id_=str(n)), score=1 / (n + 1))
        for n, text in enumerate(texts)
    ]
