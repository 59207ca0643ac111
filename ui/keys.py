"""Named keys for programs: what each may do, in one file from which no key can be read back."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, get_args

from filelock import FileLock
from pydantic import TypeAdapter, ValidationError

Scope = Literal["read", "write", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)  # each allows what those before it allow
FILE = "keys.json"  # in the library's folder
LONGEST_NAME = 60


class NoSuchKey(LookupError):
    """No key has that name."""


class BrokenKeys(ValueError):
    """The file of keys can't be read."""


@dataclass(frozen=True)
class NamedKey:
    """A key as it is kept. `made` is a UTC time in ISO 8601, `digest` what the key hashes to."""

    name: str
    scopes: tuple[Scope, ...]
    made: str
    digest: str = field(repr=False)

    @property
    def allowed(self) -> frozenset[str]:
        """The scopes, and those that they imply."""
        return frozenset(SCOPES[: max(map(SCOPES.index, self.scopes)) + 1])


@dataclass(frozen=True)
class _Kept:
    """The file's content."""

    salt: str
    keys: tuple[NamedKey, ...] = ()


_FORMAT = TypeAdapter(_Kept)


class Keys:
    """The keys of one library. Any process may change them, a running server sees it at once.

    Raises (from any method): BrokenKeys.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: tuple[int, int, int] | None = None  # what the file was when it was read
        self._kept = _Kept("")
        self._by_digest: dict[str, NamedKey] = {}

    def list(self) -> tuple[NamedKey, ...]:
        """All keys, the oldest first; none where there is no file."""
        self._look()
        return self._kept.keys

    def find(self, key: str) -> NamedKey | None:
        """The key's name and scopes, or None for what is no key (any more)."""
        self._look()
        digest = _digest(self._kept.salt, key)
        # How long the look-up takes tells of a salted hash only, of which nobody can choose a bit.
        found = self._by_digest.get(digest)
        return found if found and hmac.compare_digest(found.digest, digest) else None

    def make(self, name: str, scopes: Iterable[str]) -> str:
        """Makes a key and returns it: the only time that it can be seen.

        Raises:
            ValueError: the name is empty, taken or no plain text, or a scope is none.
        """
        name, wanted = _checked_name(name), _checked_scopes(scopes)
        with self._changing() as kept:
            if any(key.name == name for key in kept.keys):
                raise ValueError(
                    f"There is a key '{name}' already: choose another name, or revoke that one."
                )
            key = f"pa_{secrets.token_urlsafe(32)}"
            made = datetime.now(UTC).isoformat(timespec="seconds")
            salt = kept.salt or secrets.token_hex(16)
            new = NamedKey(name, wanted, made, _digest(salt, key))
            self._write(_Kept(salt, (*kept.keys, new)))
        return key

    def revoke(self, name: str) -> None:
        """Makes a key worthless; raises NoSuchKey where none has that name."""
        with self._changing() as kept:
            left = tuple(key for key in kept.keys if key.name != name)
            if len(left) == len(kept.keys):
                raise NoSuchKey(f"No key is named '{name}': 'assistant keys list' lists the names.")
            self._write(_Kept(kept.salt, left))

    @contextmanager
    def _changing(self) -> Iterator[_Kept]:
        """What is kept, which no other process changes meanwhile."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(self.path.with_suffix(".lock")):
            self._look()
            yield self._kept

    def _look(self) -> None:
        """Reads the file if it isn't the one that was read last."""
        try:
            state = self.path.stat()
            seen = (state.st_mtime_ns, state.st_size, state.st_ino)
            if seen != self._seen:
                self._take(_FORMAT.validate_json(self.path.read_bytes()))
                self._seen = seen
        except FileNotFoundError:
            self._seen = None
            self._take(_Kept(""))
        except (OSError, ValueError) as error:
            self._seen = None
            self._take(_Kept(""))
            raise BrokenKeys(
                f"The keys in {self.path} can't be read ({_reason(error)}): mend the file, or "
                "delete it and make the keys anew."
            ) from None

    def _take(self, kept: _Kept) -> None:
        by_digest = {key.digest: key for key in kept.keys}
        names = {key.name for key in kept.keys}
        if not len(kept.keys) == len(by_digest) == len(names):
            raise ValueError("two keys are the same")
        if not all(key.scopes for key in kept.keys):
            raise ValueError("a key has no scope")
        self._kept, self._by_digest = kept, by_digest

    def _write(self, kept: _Kept) -> None:
        """Puts a whole new file in the place of the old; only its owner can read it."""
        handle, part = tempfile.mkstemp(prefix=f"{FILE}.", dir=self.path.parent)  # mode 0600
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(_FORMAT.dump_json(kept, indent=2))
                file.flush()
                os.fsync(file.fileno())
            Path(part).replace(self.path)
        except BaseException:
            Path(part).unlink(missing_ok=True)
            raise


def _digest(salt: str, key: str) -> str:
    # One round is enough, and one salt for all lets a key be looked up by its hash: a key is 32
    # random bytes, which nobody can guess however quick the hash. Slow hashes and a salt each
    # are for passwords, which people choose.
    return hashlib.sha256(f"{salt}:{key}".encode("utf-8", "replace")).hexdigest()


def _checked_name(name: str) -> str:
    name = name.strip()
    if not name:
        raise ValueError("A key needs a name, by which it can be revoked.")
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise ValueError(f"The name of a key is plain text of up to {LONGEST_NAME} characters.")
    return name


def _checked_scopes(scopes: Iterable[str]) -> tuple[Scope, ...]:
    wanted = set(scopes)
    if unknown := sorted(wanted.difference(SCOPES)):
        raise ValueError(f"'{unknown[0]}' is no scope: choose {', '.join(SCOPES)}.")
    if not wanted:
        raise ValueError(f"A key needs a scope: choose {', '.join(SCOPES)}.")
    return tuple(scope for scope in SCOPES if scope in wanted)


def _reason(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        return f"{where}: {first['msg']}" if where else first["msg"]
    return str(getattr(error, "strerror", None) or error)
