"""Small loopback servers that fail in the ways no real server fails on demand."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, Self

Mode = Literal["hang", "break_off", "refuse", "garbage", "rate_limit", "slow"]
_BUSY = {"error": {"message": "Too many requests.", "type": "rate_limit_error", "code": "429"}}
_FAILED = {"error": {"message": "The server had an error.", "type": "server_error", "code": "500"}}
_EVENT = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "broken"}


class BrokenServer:
    """A chat endpoint that goes wrong as `mode` says, whatever it is asked.

    `hang` takes the request and never answers; `break_off` streams two pieces and drops the
    connection; `refuse` is status 500; `garbage` is status 200 with a page of HTML; `rate_limit`
    is status 429 that asks for a second's wait; `slow` streams `text`, a word each 50 ms; once
    it is closed, nobody listens at its address. `requests` counts what was asked, `sent` the
    streamed pieces that were taken.

        with BrokenServer("slow") as server:
            openai.OpenAI(base_url=server.base_url, api_key="any")
    """

    def __init__(self, mode: Mode, text: str = "word " * 40) -> None:
        self.requests = self.sent = 0
        self._text = text
        self._act: Callable[[_Handler], None] = getattr(self, f"_{mode}")
        self._counting = threading.Lock()
        self._closing = threading.Event()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, self._handle))
        self.base_url = f"http://127.0.0.1:{self._http.server_port}/v1"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._http.shutdown()
        self._http.server_close()

    def _handle(self, request: _Handler) -> None:
        with self._counting:
            self.requests += 1
        self._act(request)

    def _hang(self, _: _Handler) -> None:
        self._closing.wait()

    def _break_off(self, request: _Handler) -> None:
        self._stream(request, ["The method ", "is "])  # and no end of the chunked body

    def _refuse(self, request: _Handler) -> None:
        request.answer(500, "application/json", json.dumps(_FAILED))

    def _garbage(self, request: _Handler) -> None:
        request.answer(200, "text/html", "<!doctype html><title>Hello</title><h1>It works!</h1>")

    def _rate_limit(self, request: _Handler) -> None:
        request.answer(429, "application/json", json.dumps(_BUSY), {"Retry-After": "1"})

    def _slow(self, request: _Handler) -> None:
        if self._stream(request, [f"{word} " for word in self._text.split()], pause=0.05):
            request.chunk("data: [DONE]\n\n")
            request.chunk("")

    def _stream(self, request: _Handler, pieces: list[str], pause: float = 0) -> bool:
        """Whether every piece went out; false once the client or the server has gone."""
        request.begin(200, "text/event-stream", {"Transfer-Encoding": "chunked"})
        for piece in pieces:
            choice = {"index": 0, "delta": {"role": "assistant", "content": piece}}
            data = json.dumps({**_EVENT, "choices": [choice]})
            if self._closing.wait(pause) or not request.chunk(f"data: {data}\n\n"):
                return False
            self.sent += 1
        return True


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # chunked bodies, so that a client can tell a broken one

    def __init__(self, act: Callable[[_Handler], None], *parts: Any) -> None:
        self._act = act
        super().__init__(*parts)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._act(self)
        self.close_connection = True

    do_GET = do_POST  # noqa: N815

    def begin(self, status: int, kind: str, more: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Connection": "close", **more}.items():
            self.send_header(name, value)
        self.end_headers()

    def answer(self, status: int, kind: str, body: str, more: dict[str, str] | None = None) -> None:
        self.begin(status, kind, {"Content-Length": str(len(body)), **(more or {})})
        self.wfile.write(body.encode())

    def chunk(self, text: str) -> bool:
        """Sends a piece of a chunked body, the empty one being its end; false if nobody reads."""
        try:
            self.wfile.write(f"{len(text.encode()):x}\r\n{text}\r\n".encode())
        except OSError:
            return False
        return True

    def log_message(self, *_: Any) -> None: ...
