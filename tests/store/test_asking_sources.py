"""The client of online sources: how it waits, what it asks again, and what it says."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.sources.answers import json_of, xml_of
from store.sources.base import LONGEST_PAUSE, TRIES, Again, Client, NotThere, Site, SourceFailed
from tests.source_server import Said, SourceServer

HTML = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Hotel Nowhere</body></html>"


ANY_CLIENT = Client()


class Time:
    """A clock that goes on only by sleeping."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def client(time: Time, told: list[str]) -> Iterator[Client]:
    noon = datetime(2025, 11, 5, 12, tzinfo=UTC)
    with Client(
        timeout=0.3,
        clock=time.clock,
        sleep=time.sleep,
        tell=told.append,
        now=lambda: noon,
    ) as client:
        yield client


@pytest.fixture
def server() -> Iterator[SourceServer]:
    with SourceServer() as server:
        yield server


def ask(client: Client, server: SourceServer, path: str = "/q", every: float = 0) -> bytes:
    site = Site("Register", server.address, every)
    return client.ask(site, path, {"a": "b c&d"}, lambda data: data, asked="the query 'moss'")


def failure(client: Client, server: SourceServer) -> str:
    with pytest.raises(SourceFailed) as failed:
        ask(client, server)
    text = str(failed.value)
    assert text.startswith("Register ")
    assert text.endswith(".")
    return text


def test_an_answer_comes_and_the_site_is_told_who_asks(server: SourceServer, time: Time) -> None:
    server.on("/q", Said(b"moss"))
    with Client(contact="ada@lab.example", sleep=time.sleep) as client:
        assert ask(client, server) == b"moss"
    (asked,) = server.asked
    assert asked.params == {"a": "b c&d"}
    assert asked.headers["User-Agent"].startswith("paper-assistant/")
    assert asked.headers["User-Agent"].endswith(" (mailto:ada@lab.example)")


def test_requests_to_a_host_keep_their_distance(
    client: Client, server: SourceServer, time: Time
) -> None:
    server.on("/q", Said(b"moss"))
    ask(client, server, every=3)
    time.now += 1  # that something else took
    ask(client, server, every=3)
    time.now += 7
    ask(client, server, every=3)
    assert time.slept == [2]


def test_two_hosts_do_not_wait_for_each_other(
    client: Client, server: SourceServer, time: Time
) -> None:
    with SourceServer() as other:
        for one in (server, other):
            one.on("/q", Said(b"moss"))
            ask(client, one, every=3)
    assert time.slept == []


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_passing_trouble_is_asked_again(
    client: Client, server: SourceServer, time: Time, status: int
) -> None:
    server.on("/q", Said("Sorry", status), Said(b"moss"))
    assert ask(client, server) == b"moss"
    assert len(server.asked) == 2
    assert 1 <= time.slept[0] <= 1.5


def test_pauses_grow_and_tries_end(client: Client, server: SourceServer, time: Time) -> None:
    server.on("/q", Said("Sorry", 503))
    text = failure(client, server)
    assert f"HTTP status 503), {TRIES} times in a row" in text
    assert len(server.asked) == TRIES
    assert [round(s // (2**n)) for n, s in enumerate(time.slept)] == [1, 1, 1, 1]


def test_a_tried_again_request_keeps_its_distance_too(
    client: Client, server: SourceServer, time: Time
) -> None:
    server.on("/q", Said("Sorry", 503), Said(b"moss"))
    ask(client, server, every=10)
    assert sum(time.slept) == pytest.approx(10)


def test_the_wait_that_a_site_asks_for_is_kept_and_told(
    client: Client, server: SourceServer, time: Time, told: list[str]
) -> None:
    date = "Wed, 05 Nov 2025 12:00:40 GMT"
    server.on(
        "/q",
        Said("", 429, {"Retry-After": "1"}),
        Said("", 503, {"Retry-After": date}),
        Said("", 503, {"Retry-After": "Wed, 05 Nov 2025 11:00:00 GMT"}),  # long past
        Said(b"moss"),
    )
    assert ask(client, server) == b"moss"
    assert time.slept == [1, 40, 0]
    assert told == ["Register has a trouble of its own (HTTP status 503): waiting 40 seconds …"]


def test_a_strange_wish_to_wait_is_passed_over(
    client: Client, server: SourceServer, time: Time
) -> None:
    server.on("/q", Said("", 429, {"Retry-After": "a while"}), Said(b"moss"))
    assert ask(client, server) == b"moss"
    assert 1 <= time.slept[0] <= 1.5


def test_a_site_that_wants_a_long_rest_gets_it(
    client: Client, server: SourceServer, time: Time
) -> None:
    server.on("/q", Said("", 429, {"Retry-After": str(int(LONGEST_PAUSE) * 20)}))
    assert "wants to be left alone for 60 minutes" in failure(client, server)
    assert (len(server.asked), time.slept) == (1, [])


def test_what_is_not_there_is_named(client: Client, server: SourceServer) -> None:
    with pytest.raises(NotThere, match="Register doesn't have the query 'moss'"):
        ask(client, server)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("status", "words"),
    [(403, "refuses to answer"), (401, "refuses to answer"), (400, "the query 'moss'")],
)
def test_other_refusals_are_not_asked_again(
    client: Client, server: SourceServer, status: int, words: str
) -> None:
    server.on("/q", Said("No", status))
    assert words in failure(client, server)
    assert len(server.asked) == 1


def test_an_answer_that_breaks_off_is_asked_again(client: Client, server: SourceServer) -> None:
    server.on("/q", Said(b"mo", fault="short"), Said(b"mo", fault="drop"), Said(b"moss"))
    assert ask(client, server) == b"moss"
    server.on("/q", Said(b"mo", fault="drop"))
    assert "broke off in the middle of an answer" in failure(client, server)


def test_a_silent_site_is_asked_again(client: Client, server: SourceServer) -> None:
    server.on("/q", Said(fault="hang"), Said(b"moss"))
    assert ask(client, server) == b"moss"


def test_an_answer_of_damaged_bytes_is_asked_again(client: Client, server: SourceServer) -> None:
    server.on("/q", Said(b"not gzip", headers={"Content-Encoding": "gzip"}), Said(b"moss"))
    assert ask(client, server) == b"moss"


def test_an_answer_that_never_ends_is_not_read_to_its_end(
    client: Client, server: SourceServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.sources.base.LARGEST", 1 << 20)
    server.on("/q", Said(b"x" * (1 << 21)))
    assert "more than 1 MB at once" in failure(client, server)


def test_redirects_are_followed_and_wait_their_turn(
    client: Client, server: SourceServer, time: Time
) -> None:
    server.on("/q", Said("", 301, {"Location": "/there"}))
    server.on("/there", Said("", 307, {"Location": f"{server.address}/here"}))
    server.on("/here", Said(b"moss"))
    assert ask(client, server, every=3) == b"moss"
    assert time.slept == [3, 3]


def test_redirects_end(client: Client, server: SourceServer) -> None:
    server.on("/q", Said("", 302, {"Location": "/r"}))
    server.on("/r", Said("", 302, {"Location": "/q"}))
    assert "from one address to the next without end" in failure(client, server)
    assert len(server.asked) == 6


@pytest.mark.parametrize(
    "there",
    [
        "file:///etc/passwd",
        "ftp://127.0.0.1/x",
        "mailto:ada@lab.example",
        "",
    ],
)
def test_redirects_lead_nowhere_but_to_the_web(
    client: Client, server: SourceServer, there: str
) -> None:
    server.on("/q", Said("", 302, {"Location": there}))
    assert "none of the web's" in failure(client, server)


def test_a_web_page_is_no_answer(client: Client, server: SourceServer) -> None:
    site = Site("Register", server.address)
    server.on("/q", Said(HTML))
    with pytest.raises(SourceFailed, match=r"a web page instead of JSON.* login page"):
        client.ask(site, "/q", {}, lambda data: json_of(site, data), asked="moss")
    assert len(server.asked) == 1


def test_half_a_document_is_asked_again(client: Client, server: SourceServer) -> None:
    site = Site("Register", server.address)
    server.on("/q", Said(b'{"a": [1, 2'), Said({"a": [1, 2]}))
    answer = client.ask(site, "/q", {}, lambda data: json_of(site, data), asked="moss")
    assert answer == {"a": [1, 2]}


def test_nobody_at_the_address_is_told_at_once(client: Client, time: Time) -> None:
    with SourceServer() as server:
        pass
    assert "can't be reached at 127.0.0.1" in failure(client, server)
    assert time.slept == []


def test_a_site_that_goes_away_on_the_way_is_waited_for(client: Client, time: Time) -> None:
    with SourceServer() as server:
        server.on("/q", Said(b"moss"))
        ask(client, server)
    assert "can't be reached any more" in failure(client, server)
    assert len(time.slept) == TRIES - 1


def test_a_computer_without_network_says_so(
    client: Client, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    site = Site("Register", "https://register.invalid")
    with pytest.raises(SourceFailed, match=r"its name is not found.* is online"):
        client.ask(site, "/q", {}, lambda data: data, asked="moss")
    assert time.slept == []


def test_a_broken_certificate_is_told_apart(client: Client, server: SourceServer) -> None:
    site = Site("Register", server.address.replace("http:", "https:"))  # it speaks no TLS
    with pytest.raises(SourceFailed, match=r"certificate of 127.0.0.1 is not accepted"):
        client.ask(site, "/q", {}, lambda data: data, asked="moss")


@given(st.text() | st.integers().map(str) | st.datetimes().map(format_datetime))
@settings(max_examples=100, deadline=None)
def test_any_wish_to_wait_is_a_time_or_none(text: str) -> None:
    after = ANY_CLIENT._after(text)
    assert after is None or after >= 0


@given(st.binary() | st.text(alphabet='<>{}[]&;!?"a0 ', max_size=60).map(str.encode))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_an_answer_or_one_of_two_errors(data: bytes) -> None:
    for parse in (json_of, xml_of):
        with suppress(Again, SourceFailed):
            parse(Site("Register", "http://127.0.0.1"), data)


def test_what_is_wrong_with_an_answer_may_be_asked_again(
    client: Client, server: SourceServer
) -> None:
    server.on("/q", Said(b"empty"), Said(b"moss"))

    def parse(data: bytes) -> bytes:
        if data == b"empty":
            raise Again("gave an empty page")
        return data

    site = Site("Register", server.address)
    assert client.ask(site, "/q", {}, parse, asked="moss") == b"moss"
