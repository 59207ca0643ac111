"""Who comes in and for what: passwords, keys, scopes, sessions and owners."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from ui.access import VISITOR, Access, caller_of, scope_needed
from ui.keys import FILE, Keys
from ui.problems import MEDIA_TYPE

HTML = {"Accept": "text/html"}


async def _tell(request: Request) -> JSONResponse:
    caller = caller_of(request)
    told = {"name": caller.name, "scopes": sorted(caller.scopes), "owner": caller.owner}
    return JSONResponse({**told, "by_key": caller.by_key})


async def _alive(_: Request) -> JSONResponse:
    return JSONResponse({"status": "alive"})


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path / FILE)


def client(keys: Keys, password: str | None = None, local_token: str | None = None) -> TestClient:
    """A server that tells whom it took a caller for."""
    methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
    routes = [Route("/healthz", _alive), Route("/{path:path}", _tell, methods=methods)]
    app = Access(Starlette(routes=routes), password, keys, local_token)
    return TestClient(app, follow_redirects=False)


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def test_without_password_and_keys_everybody_may_do_everything(keys: Keys) -> None:
    asker = client(keys)
    everything = {"name": "anyone", "scopes": ["admin", "read", "write"], "by_key": False}
    assert asker.post("/v1/papers").json() == {**everything, "owner": "api"}
    assert asker.get("/metrics", headers=bearer("sk-none")).json()["name"] == "anyone"
    visitor = asker.get("/").cookies[VISITOR]
    assert asker.get("/v1/papers").json()["owner"] == visitor


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/v1/papers", "read"),
        ("HEAD", "/v1/papers", "read"),
        ("POST", "/v1/ask", "read"),
        ("POST", "/v1/chat/completions", "read"),
        ("DELETE", "/v1/conversations/7", "read"),
        ("PATCH", "/v1/conversations/7", "read"),
        ("POST", "/v1/feedback", "read"),
        ("POST", "/v1/papers", "write"),
        ("DELETE", "/v1/papers/7", "write"),
        ("QUERY", "/v1/papers", "write"),
        ("POST", "/v1/asking", "write"),
        ("POST", "/v1", "write"),
        ("POST", "/mcp", "read"),
        ("GET", "/docs", "read"),
        ("GET", "/metrics", "admin"),
        ("GET", "/", "admin"),
        ("GET", "/v10", "admin"),
        ("GET", "//v1/papers", "admin"),
        ("POST", "/gradio_api/call", "admin"),
    ],
)
def test_a_request_needs_the_scope_of_what_it_does(method: str, path: str, scope: str) -> None:
    assert scope_needed(method, path) == scope


def test_a_key_is_asked_for_as_soon_as_there_is_one(keys: Keys) -> None:
    asker = client(keys)
    assert asker.get("/v1/papers").status_code == 200
    key = keys.make("notebook", ("read",))
    for headers in ({}, bearer("pa_wrong"), bearer(""), {"X-API-Key": "pa_wrong"}):
        refused = asker.get("/v1/papers", headers=headers)
        assert refused.status_code == 401
        assert refused.headers["content-type"] == MEDIA_TYPE
        assert refused.headers["www-authenticate"] == "Bearer"
        assert "Authorization: Bearer" in refused.json()["detail"]
    told = {"name": "notebook", "scopes": ["read"], "owner": "key:notebook", "by_key": True}
    assert asker.get("/v1/papers", headers=bearer(key)).json() == told
    assert asker.get("/v1/papers", headers={"X-API-Key": key}).json() == told
    assert asker.get("/healthz").status_code == 200


def test_a_key_may_do_what_its_scopes_say(keys: Keys) -> None:
    asker = client(keys)
    by = {scope: bearer(keys.make(scope, (scope,))) for scope in ("read", "write", "admin")}
    refused = asker.post("/v1/papers", headers=by["read"])
    assert (refused.status_code, refused.headers["content-type"]) == (403, MEDIA_TYPE)
    assert refused.json()["scope"] == "write"
    assert "'write'" in refused.json()["detail"]
    assert 'scope="write"' in refused.headers["www-authenticate"]
    assert asker.post("/v1/ask", headers=by["read"]).status_code == 200
    assert asker.post("/v1/papers", headers=by["write"]).status_code == 200
    for path in ("/metrics", "/", "/gradio_api/info"):
        assert asker.get(path, headers=by["write"]).json()["scope"] == "admin"
        assert asker.get(path, headers=by["admin"]).status_code == 200
    assert asker.head("/v1/papers", headers=by["read"]).status_code == 200


def test_a_revoked_key_is_worthless_at_once_and_the_last_one_opens_nothing(keys: Keys) -> None:
    asker, key = client(keys), keys.make("notebook", ("admin",))
    assert asker.get("/v1/papers", headers=bearer(key)).status_code == 200
    keys.revoke("notebook")
    assert asker.get("/v1/papers", headers=bearer(key)).status_code == 401
    keys.path.unlink()
    assert asker.get("/v1/papers").status_code == 401
    assert client(keys).get("/v1/papers").status_code == 200


def test_keys_that_cannot_be_read_let_nobody_in(
    keys: Keys, caplog: pytest.LogCaptureFixture
) -> None:
    key = keys.make("notebook", ("admin",))
    plain, locked = client(keys), client(keys, "lighthouse", "token")
    whole = keys.path.read_bytes()
    keys.path.write_bytes(b"{")
    for asker in (plain, client(keys)):
        for headers in ({}, HTML, bearer(key)):
            assert asker.get("/v1/papers", headers=headers).status_code == 503
    assert locked.get("/v1/papers", headers=bearer(key)).status_code == 401
    assert locked.get("/v1/papers", headers=bearer("lighthouse")).status_code == 200
    assert locked.get("/v1/papers", headers=bearer("token")).status_code == 200
    assert len(caplog.records) == 3  # once a server, not once a request
    keys.path.write_bytes(whole)
    assert plain.get("/v1/papers", headers=bearer(key)).status_code == 200


@pytest.mark.parametrize("password", ["lighthouse", "Leuchtturm für alle"])
def test_the_password_lets_programs_do_everything(keys: Keys, password: str) -> None:
    asker = client(keys, password)
    assert asker.get("/v1/papers").status_code == 401
    headers = {"Authorization": f"Bearer {password}".encode()}
    told = asker.delete("/v1/papers/7", headers=headers)  # type: ignore[arg-type]  # raw bytes
    assert (told.json()["name"], told.json()["owner"]) == ("password", "api")


def test_a_browser_is_asked_for_the_password_once(keys: Keys) -> None:
    asker = client(keys, "lighthouse")
    form = asker.get("/", headers=HTML)
    assert (form.status_code, "Password of this library" in form.text) == (401, True)
    entered = asker.post("/enter", data={"password": "lighthouse"})
    assert (entered.status_code, entered.headers["location"]) == (303, "/")
    assert asker.get("/").json()["name"] == "password"
    for cookie in ("9" * 5000 + ".x", "1.x", "x", f"{9**12}.x"):
        asker.cookies.clear()
        asker.cookies.set("assistant_session", cookie)
        assert asker.get("/").status_code == 401


def test_the_page_opens_for_a_key_with_the_scope_admin_until_it_is_revoked(keys: Keys) -> None:
    admin, writer = keys.make("owner", ("admin",)), keys.make("writer", ("write",))
    asker = client(keys)
    form = asker.get("/", headers=HTML).text
    assert "Key with the scope admin of this library" in form
    refused = asker.post("/enter", data={"password": writer})
    assert (refused.status_code, "That is not a key" in refused.text) == (401, True)
    assert asker.post("/enter", data={"password": admin}).status_code == 303
    assert admin not in str(asker.cookies.jar)
    visitor = asker.get("/").cookies[VISITOR]
    told = asker.get("/v1/conversations").json()
    assert (told["name"], told["owner"], told["by_key"]) == ("owner", visitor, False)
    keys.revoke("owner")
    assert asker.get("/").status_code == 401


def test_the_local_token_is_never_asked_who_it_is(keys: Keys) -> None:
    keys.make("notebook", ("read",))
    told = client(keys, "lighthouse", "token").post("/v1/papers", headers=bearer("token"))
    assert (told.json()["name"], told.json()["owner"]) == ("local", "api")
    assert client(keys, None, "").get("/v1/papers", headers=bearer("")).status_code == 401


def test_a_browser_cannot_take_a_keys_name_for_its_own(keys: Keys) -> None:
    asker = client(keys, "lighthouse")
    headers = {**bearer("lighthouse"), "Cookie": f"{VISITOR}=key:notebook"}
    assert asker.get("/v1/conversations", headers=headers).json()["owner"] == "api"


def test_guessing_is_stopped_without_holding_up_who_has_a_key(keys: Keys) -> None:
    asker, key = client(keys, "lighthouse"), keys.make("notebook", ("read",))
    assert asker.post("/enter", data={"password": "lighthouse"}).status_code == 303
    session = dict(asker.cookies)
    asker.cookies.clear()
    tries = [asker.get("/v1/papers", headers=bearer(f"guess {n}")) for n in range(12)]
    assert [response.status_code for response in tries] == [401] * 10 + [429] * 2
    assert re.fullmatch("[1-9][0-9]?", tries[-1].headers["retry-after"])
    assert asker.get("/v1/papers", headers=bearer("lighthouse")).status_code == 429
    assert asker.post("/enter", data={"password": "lighthouse"}).status_code == 429
    assert asker.get("/v1/papers").status_code == 401
    assert asker.get("/v1/papers", headers=bearer(key)).status_code == 200
    asker.cookies.update(session)
    assert asker.get("/").status_code == 200
