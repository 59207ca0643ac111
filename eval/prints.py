"""What a run was of, in a few digits: the library, the questions, the settings, the programs."""

from __future__ import annotations

import hashlib
import platform
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pydantic import BaseModel

from eval.places import in_checkout
from eval.questions import HERE
from eval.timing import machine

if TYPE_CHECKING:
    from store.library import Library

_PACKAGES = ("paper-assistant", "llama-index-core", "chromadb", "onnxruntime", "tantivy")
_SECRET = ("key", "password", "token", "secret")
_PAGE = 5000  # papers read at a time


@dataclass(frozen=True, slots=True)
class LibraryPrint:
    """Which library was measured: the digest changes with any paper's id or abstract."""

    papers: int
    embedder: str
    digest: str


@dataclass(frozen=True, slots=True)
class QuestionsPrint:
    """Which questions were asked: the digest changes with any byte of them."""

    name: str
    questions: int
    digest: str


def fingerprint(library: Library) -> LibraryPrint:
    """The print of a library as its catalogue has it, whatever order the papers came in."""
    from store.embedding import fingerprint_of

    lines = []
    for start in range(0, library.count(), _PAGE):
        for paper in library.catalog.list(offset=start, limit=_PAGE):
            lines.append(f"{paper.id} {digest_of([paper.abstract])}\n")
    return LibraryPrint(len(lines), fingerprint_of(library.embedder), digest_of(sorted(lines)))


def file_print(path: Path, questions: int) -> QuestionsPrint:
    """The print of a file of questions, of which so many were asked."""
    return QuestionsPrint(path.name, questions, digest_of([path.read_text("utf-8")]))


def digest_of(texts: Iterable[str]) -> str:
    """24 hexadecimal digits that tell lists of texts apart."""
    digest = hashlib.blake2b(digest_size=12)
    for text in texts:
        encoded = text.encode("utf-8", "replace")
        digest.update(len(encoded).to_bytes(8, "big") + encoded)
    return digest.hexdigest()


def versions() -> dict[str, str]:
    """What a figure may depend on beside the project's data: programs and the machine."""
    about = machine()
    found = {"python": about["python"]}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    if commit := _commit():
        found["commit"] = commit
    machine_kind = f"{platform.system()} {about['architecture']}"
    return found | {"platform": machine_kind, "cores": str(about["cores"])}


def without_secrets(settings: BaseModel, *left_out: str) -> dict[str, Any]:
    """Settings as JSON without keys, passwords and what an address says of a user."""
    kept = {}
    for name, value in settings.model_dump(mode="json", exclude=set(left_out)).items():
        if name.split("_")[-1] in _SECRET:
            continue
        if isinstance(value, str) and "://" in value:
            address = urlsplit(value)
            value = address._replace(netloc=address.netloc.rpartition("@")[2], query="").geturl()
        kept[name] = value
    return kept


def _commit() -> str:
    """The checkout's commit, marked where files differ from it; empty where there is none."""
    if not in_checkout():
        return ""
    command = ["git", "-C", str(HERE.parent), "describe", "--always", "--dirty", "--exclude=*"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
