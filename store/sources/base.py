"""A polite client: it takes its time, asks again where that helps, and says what went wrong."""

from __future__ import annotations

import random
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, version
from types import TracebackType
from typing import TYPE_CHECKING, NoReturn, TypeVar

if TYPE_CHECKING:
    import httpx
    from tenacity import RetryCallState

_T = TypeVar("_T")
TRIES = 5
LONGEST_PAUSE = 180.0  # seconds that a site may ask to wait; for more the command ends
LARGEST = 64 * 1024 * 1024  # bytes of one answer
_REDIRECTS = 5
_CONNECT = 10.0  # seconds
_WHOLE = 10  # times the timeout that one answer may take, drop by drop
_FIRST_PAUSE, _LAST_PAUSE = 1.0, 60.0  # seconds between two tries
_TOLD = 5.0  # seconds; a longer pause is told
_BUSY = {408, 425, 429, 500, 502, 503, 504}
_MOVED = {301, 302, 303, 307, 308}


class SourceFailed(ConnectionError):
    """An online source didn't give what it was asked for; one sentence that says what to do."""


class NotThere(SourceFailed):
    """The source doesn't have what it was asked for."""


class Again(Exception):
    """What went wrong may not do so twice; `why` goes on from the site's name."""

    def __init__(self, why: str, after: float | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.after = after  # seconds that the site asks to wait


@dataclass(frozen=True, slots=True)
class Site:
    """A site as it is asked: its name in sentences, its address, and the least number of seconds
    between two requests to one host."""

    name: str
    address: str
    every: float = 1.0


class Client:
    """Asks sites, in turn and never faster than they want; use it in a `with`.

    `contact` is an e-mail address that sites are told, `timeout` how many seconds one may be
    silent; `tell` gets a sentence before a longer pause.
    """

    def __init__(
        self,
        *,
        contact: str | None = None,
        timeout: float = 30.0,
        tell: Callable[[str], None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        import httpx

        self.contact = contact
        self._timeout = timeout
        self._tell = tell
        self._clock = clock
        self._sleep = sleep
        self._now = now
        self._asked: dict[str, float] = {}  # host: when it was asked last
        self._reached: set[str] = set()  # hosts that have answered
        # Redirects are followed by hand: each step waits its turn, and leads to http(s) only.
        self._http = httpx.Client(
            timeout=httpx.Timeout(timeout, connect=min(_CONNECT, timeout)),
            headers={"User-Agent": _name(contact), "Accept-Encoding": "gzip"},
            follow_redirects=False,
        )

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def ask(
        self,
        site: Site,
        path: str,
        params: Mapping[str, str],
        parse: Callable[[bytes], _T],
        *,
        asked: str,
    ) -> _T:
        """What `parse` makes of the answer; it may raise Again for an answer that isn't whole.

        `asked` names what is asked for in the sentence of an error.

        Raises SourceFailed, and NotThere for status 404.
        """
        import httpx
        from tenacity import Retrying, retry_if_exception_type, stop_after_attempt

        address = httpx.URL(site.address.rstrip("/") + path)
        url = address.copy_merge_params(dict(params)) if params else address
        attempts = Retrying(
            retry=retry_if_exception_type(Again),
            stop=stop_after_attempt(TRIES),
            wait=lambda state: self._pause(site, state),
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return attempts(lambda: parse(self._answer(site, url, asked)))
        except Again as last:
            raise SourceFailed(
                f"{site.name} {last.why}, {TRIES} times in a row: run the same command again later."
            ) from None

    def _pause(self, site: Site, state: RetryCallState) -> float:
        """Seconds until the next try: as many as the site asks for, else ever longer."""
        error = state.outcome.exception() if state.outcome else None
        assert isinstance(error, Again)
        tried = state.attempt_number
        grown = min(_FIRST_PAUSE * 2 ** (tried - 1), _LAST_PAUSE)
        seconds = grown + random.uniform(0, grown / 2) if error.after is None else error.after
        if seconds >= _TOLD:
            self._tell(f"{site.name} {error.why}: waiting {seconds:.0f} seconds …")
        return seconds

    def _answer(self, site: Site, url: httpx.URL, asked: str) -> bytes:
        import httpx

        for _ in range(_REDIRECTS + 1):
            self._wait_turn(url.netloc.decode(), site.every)
            with self._sentences(site, url), self._http.stream("GET", url) as response:
                self._reached.add(url.netloc.decode())
                if response.status_code not in _MOVED:
                    self._judge(site, response, asked)
                    return self._read(site, response)
                there = response.headers.get("Location", "")
            try:
                url = url.join(there) if there else httpx.URL("")
            except (httpx.InvalidURL, ValueError):
                url = httpx.URL("")
            if url.scheme not in ("http", "https") or not url.host:
                raise _astray(site)
        raise SourceFailed(
            f"{site.name} sends from one address to the next without end: check its address with "
            "'assistant config', or try later."
        )

    def _wait_turn(self, host: str, every: float) -> None:
        last = self._asked.get(host)
        if last is not None and (left := last + every - self._clock()) > 0:
            self._sleep(left)
        self._asked[host] = self._clock()

    def _judge(self, site: Site, response: httpx.Response, asked: str) -> None:
        """Raises for every status but 200."""
        status = response.status_code
        if status == 200:
            return
        if status in _BUSY:
            after = self._after(response.headers.get("Retry-After", ""))
            why = "is asked too often" if status == 429 else "has a trouble of its own"
            if after is not None and after > LONGEST_PAUSE:
                raise SourceFailed(
                    f"{site.name} {why} (HTTP status {status}) and wants to be left alone for "
                    f"{after / 60:.0f} minutes: run the same command again then."
                )
            raise Again(f"{why} (HTTP status {status})", after)
        if status in (404, 410):
            raise NotThere(f"{site.name} doesn't have {asked}: check how it is written.")
        if status in (401, 403):
            raise SourceFailed(
                f"{site.name} refuses to answer (HTTP status {status}, asked for {asked}): it may "
                "block this network; name your e-mail address in the setting 'contact', and try "
                "again later."
            )
        raise SourceFailed(
            f"{site.name} can't do anything with {asked} (HTTP status {status}): check how it is "
            "written."
        )

    def _after(self, given: str) -> float | None:
        """Seconds to wait as a header `Retry-After` has them: a number or a date."""
        if given.strip().isdecimal():
            return float(given[:9])  # so many digits are some years
        try:
            when = parsedate_to_datetime(given)
        except (ValueError, OverflowError):
            return None
        when = when if when.tzinfo else when.replace(tzinfo=UTC)
        return max(0.0, (when - self._now()).total_seconds())

    def _read(self, site: Site, response: httpx.Response) -> bytes:
        parts: list[bytes] = []
        size, end = 0, self._clock() + _WHOLE * self._timeout
        for part in response.iter_bytes():
            size += len(part)
            if size > LARGEST:
                raise SourceFailed(
                    f"{site.name} sends more than {LARGEST >> 20} MB at once, which no answer of "
                    "its kind has: check its address with 'assistant config'."
                )
            if self._clock() > end:
                raise Again("is too slow")
            parts.append(part)
        return b"".join(parts)

    @contextmanager
    def _sentences(self, site: Site, url: httpx.URL) -> Iterator[None]:
        """Makes Again or a sentence of all that the network can do."""
        import httpx

        known = url.netloc.decode() in self._reached
        try:
            yield
        except httpx.ConnectTimeout as error:
            if not known:  # who was never reached is most likely out of reach
                _out_of_reach(site, url, error)
            raise Again("can't be reached any more") from None
        except httpx.TimeoutException:
            raise Again(f"did not answer within {self._timeout:.0f} seconds") from None
        except (httpx.ConnectError, httpx.ProxyError, httpx.UnsupportedProtocol) as error:
            if not known:
                _out_of_reach(site, url, error)
            raise Again("can't be reached any more") from None
        except httpx.InvalidURL:  # httpx reads where a redirect leads before it is followed
            raise _astray(site) from None
        except (httpx.TransportError, httpx.DecodingError):
            raise Again("broke off in the middle of an answer") from None


def _astray(site: Site) -> SourceFailed:
    return SourceFailed(
        f"{site.name} sends on to an address that is none of the web's: check its own with "
        "'assistant config'."
    )


def _out_of_reach(site: Site, url: httpx.URL, error: Exception) -> NoReturn:
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, socket.gaierror | ssl.SSLError):
        cause = cause.__cause__ or cause.__context__
    if isinstance(cause, ssl.SSLError):
        raise SourceFailed(
            f"{site.name} can't be asked, as the certificate of {url.host} is not accepted "
            f"({getattr(cause, 'verify_message', '') or cause.reason or cause}): check this "
            "computer's clock, and whether a proxy stands between."
        ) from None
    why = "its name is not found" if cause is not None else str(error) or "no answer"
    raise SourceFailed(
        f"{site.name} can't be reached at {url.host} ({why}): check that this computer is online, "
        "and run the same command again."
    ) from None


def _name(contact: str | None) -> str:
    try:
        number = version("paper-assistant")
    except PackageNotFoundError:
        number = "0"
    return f"paper-assistant/{number}{f' (mailto:{contact})' if contact else ''}"
