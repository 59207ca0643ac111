"""Requests to the server of a library, by the standard library alone: a client library would
take longer to import than the server takes to answer. No proxy is ever asked."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Any
from urllib.parse import urlencode, urlsplit

from store.errors import LibraryError
from ui.app import Failure
from ui.documents import Document

_CONNECT = 5.0  # seconds
_ANSWER = 600.0  # seconds between two signs of life; a language model may take its time
_BUSY = 429
_TRIES = 5  # of a request that is told to come again later
_LONGEST_PAUSE = 60.0  # seconds
_STOPPED = "The server of this library stopped before it had answered: run the same command again."


class ServerAway(ConnectionError):
    """Nobody listens there, so nothing was asked."""

    def __init__(self) -> None:
        super().__init__("The server of this library is gone: run the same command again.")


class Wire:
    """Speaks with one server.

    Raises (from any method): ServerAway; ConnectionError where the server stops in the middle of
    a request; LibraryError for trouble with its library and Failure for what else it refuses,
    both in its own words.
    """

    def __init__(self, address: str, token: str) -> None:
        parts = urlsplit(address)
        self._host, self._port = parts.hostname or "", parts.port or 80
        # A server on loopback goes by few names, and this is one whatever its address.
        self._headers = {"Host": "localhost", "Authorization": f"Bearer {token}"}

    def reach(self) -> None:
        """Sees that somebody listens."""
        self._connected().close()

    def get(self, path: str, query: Mapping[str, Any] | None = None) -> Document:
        """A document; lists in the query become parameters that repeat."""
        return self._whole("GET", f"{path}?{urlencode(query or {}, doseq=True)}", b"", {})

    def post(self, path: str, body: Document | bytes, **headers: str) -> Document:
        """What comes back for a JSON body; `headers` have `_` for `-`."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._whole("POST", path, data, named)

    def events(self, path: str, body: Document) -> Iterator[tuple[str, Document]]:
        """The server-sent events, each with its name, that come back for a JSON body.

        The request is sent at once; closing the iterator ends it.
        """
        connection = self._connected()
        try:
            with _stopping():
                data = json.dumps(body).encode()
                response = self._sent(connection, "POST", path, data, {})
                problem = b"" if response.status < 400 else response.read()
            if response.status >= 400:
                raise _refused(response.status, problem)
        except BaseException:
            connection.close()
            raise
        return self._read_events(connection, response)

    def _read_events(
        self, connection: HTTPConnection, response: HTTPResponse
    ) -> Iterator[tuple[str, Document]]:
        with closing(connection):
            name, data = "", ""
            while True:
                with _stopping():
                    line = response.readline()
                    if not line:
                        return
                    field, _, value = line.decode().rstrip("\r\n").partition(":")
                    if field == "event":
                        name = value.strip()
                    elif field == "data":
                        data += value
                    document = json.loads(data) if not (field or value) and data else None
                if document is not None:
                    if name == "error":
                        raise _explained(document["status"], document["detail"])
                    yield name, document
                    name, data = "", ""

    def _whole(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Document:
        for tries in range(1, _TRIES + 1):
            with closing(self._connected()) as connection, _stopping():
                response = self._sent(connection, method, path, body, headers)
                status, data = response.status, response.read()
                pause = min(float(response.headers.get("Retry-After", 1)), _LONGEST_PAUSE)
            if status != _BUSY or tries == _TRIES:
                break
            time.sleep(pause)
        if status >= 400:
            raise _refused(status, data)
        with _stopping():
            found: Document = json.loads(data)
        return found

    def _connected(self) -> HTTPConnection:
        connection = HTTPConnection(self._host, self._port, timeout=_CONNECT)
        try:
            connection.connect()
        except OSError:
            raise ServerAway from None
        connection.sock.settimeout(_ANSWER)
        return connection

    def _sent(
        self,
        connection: HTTPConnection,
        method: str,
        path: str,
        body: bytes,
        headers: dict[str, str],
    ) -> HTTPResponse:
        kind = {"Content-Type": "application/json"} if body else {}
        connection.request(method, path, body or None, {**self._headers, **kind, **headers})
        return connection.getresponse()


@contextmanager
def _stopping() -> Iterator[None]:
    """Makes one sentence of all the ways in which a server can stop in the middle."""
    try:
        yield
    except TimeoutError:
        raise ConnectionError(
            f"The server of this library did not answer within {_ANSWER:.0f} seconds: see what it "
            "is doing, and run the same command again."
        ) from None
    except (OSError, HTTPException, ValueError):
        raise ConnectionError(_STOPPED) from None


def _refused(status: int, data: bytes) -> Exception:
    try:
        detail = str(json.loads(data)["detail"])
    except (ValueError, KeyError, TypeError):
        detail = f"The server of this library refused with HTTP status {status}."
    return _explained(status, detail)


def _explained(status: int, detail: str) -> Exception:
    return LibraryError(detail) if status == 503 else Failure(detail)
