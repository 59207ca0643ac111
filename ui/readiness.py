"""Whether the server can do its work, and what is amiss: the answer of `/readyz`."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assistant.engine import CitedQueryEngine
    from store.library import Library
    from ui.settings import Settings

_PATIENCE = 2.0  # seconds that an endpoint has to answer
_BETWEEN = 30.0  # seconds from one look to the next
_OPENAI = "https://api.openai.com/v1"

Check = dict[str, Any]


class Endpoint:
    """An OpenAI-compatible endpoint, looked at now and then by a thread in the background.

    Looking is `GET /models`, which writes nothing and costs nothing.
    """

    def __init__(self, base_url: str, key: str | None) -> None:
        self._url = f"{base_url.rstrip('/')}/models"
        self._key = key
        self._lock = threading.Lock()
        self._looked = float("-inf")
        self._ok: bool | None = None
        self._why = "has yet to be asked"

    def state(self) -> tuple[bool | None, str]:
        """What the last look saw, without waiting: good, bad or None for not known yet, and why.

        Begins the next look when it is time.
        """
        with self._lock:
            if time.monotonic() - self._looked >= _BETWEEN:
                self._looked = time.monotonic()
                threading.Thread(target=self._look, name="look", daemon=True).start()
            return self._ok, self._why

    def _look(self) -> None:
        import httpx

        headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
        try:
            status = httpx.get(self._url, headers=headers, timeout=_PATIENCE).status_code
            # Not every server can list its models; one that says so is there all the same.
            ok = status < 500 and status not in (401, 403)
            why = "" if ok else f"failed with HTTP status {status}"
            if status in (401, 403):
                why = "refused the key"
        except httpx.TimeoutException:
            ok, why = False, f"did not answer within {_PATIENCE:g} seconds"
        except Exception:  # httpx.InvalidURL is no HTTPError; the thread must not end in a trace
            ok, why = False, "could not be reached"
        with self._lock:
            self._ok, self._why = ok, why


class Readiness:
    """Answers for `/readyz` from the parts as they are.

    `degraded` with a language model away is still 200: answers come, as quotes. A library that
    can't be read is 503.
    """

    def __init__(self, library: Library, settings: Settings) -> None:
        self._library = library
        self._settings = settings
        s = settings
        self._model = Endpoint(s.llm_base_url or _OPENAI, s.llm_api_key)
        self._embedder = Endpoint(s.embed_base_url, s.embed_api_key) if s.embed_base_url else None

    def answer(
        self, engine: CitedQueryEngine | None, page: bool, *, details: bool = True
    ) -> tuple[dict[str, Any], int]:
        """The body and the HTTP status. `details` are names, numbers and reasons: without them
        the body tells what is well and nothing about the library."""
        if engine is None:
            return {"status": "opening"}, 503
        checks = {
            "library": self._check_library(),
            "embedder": self._check_embedder(),
            "model": self._check_model(engine),
            "page": {"ok": page},
        }
        if not details:
            checks = {name: {"ok": check["ok"]} for name, check in checks.items()}
        well = all(check["ok"] is not False for name, check in checks.items() if name != "page")
        body = {"status": "ready" if well else "degraded", "page": page, "checks": checks}
        return body, 200 if checks["library"]["ok"] else 503

    def _check_library(self) -> Check:
        try:
            return {"ok": True, "papers": self._library.count()}
        except Exception as error:  # whatever it is, this is the place to tell
            return {"ok": False, "papers": None, "why": type(error).__name__}

    def _check_embedder(self) -> Check:
        if self._embedder is None:
            from store.minilm import MODEL

            return {"ok": True, "name": MODEL}
        ok, why = self._embedder.state()
        return {"ok": ok, "name": self._settings.embed_model, **_reason(why)}

    def _check_model(self, engine: CitedQueryEngine) -> Check:
        if engine.llm is None:
            return {"ok": True, "name": None, "why": "none is configured: answers are quotes"}
        ok, why = self._model.state()
        return {"ok": ok, "name": self._settings.llm_model, **_reason(why)}


def _reason(why: str) -> Check:
    return {"why": why} if why else {}
