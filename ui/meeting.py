"""Finds the server that has a library, so that commands can go through it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from store.errors import LibraryInUse
from store.library import Library
from ui.app import Failure
from ui.remote import RemoteDesk
from ui.settings import load_settings
from ui.terminal import working

if TYPE_CHECKING:
    from ui.settings import Settings

_STARTING = 30.0  # seconds in which a server gets ready; most take a third of it
_LOOK = 0.1


def running_server(flags: dict[str, Any], *, asks: bool, shown: bool) -> RemoteDesk | None:
    """The desk of the server that has the library which flags and settings name, if one has.

    `asks` and `shown` are those of `open_desk`. A server that has just started is waited for.
    Raises LibraryInUse where it doesn't get ready, and Failure where the flags or settings ask
    for what only a process of its own could do.
    """
    settings = load_settings(**flags)
    note = Library.announced(settings.library)
    if not note or "address" not in note:
        return None
    if not note.get("ready"):
        with working("Waiting for the server …", shown=shown):
            note = _ready(settings)
        if note is None:
            return None
    if asks:
        _check_writer(flags, settings, note)
    _check_embedder(settings, note)
    given = settings.model_fields_set
    return RemoteDesk(
        note["address"],
        note["token"],
        has_model=bool(note["model"]),
        top_k=settings.top_k if "top_k" in given else None,
        writer=settings.writer,
        largest=note["upload_limit"],
    )


def _ready(settings: Settings) -> dict[str, Any] | None:
    """The note of the server once it is ready; None if it goes away instead."""
    end = time.monotonic() + max(settings.lock_wait, _STARTING)
    while (note := Library.announced(settings.library)) and "address" in note:
        if note.get("ready"):
            return note
        if time.monotonic() > end:
            raise LibraryInUse(str(settings.library), Library.in_words(note))
        time.sleep(_LOOK)
    return None


def _check_writer(flags: dict[str, Any], settings: Settings, note: dict[str, Any]) -> None:
    model = note["model"]
    writes = f"{_named(note)} writes with{f' {model}' if model else 'out a language model'}"
    if (wanted := flags.get("llm_model")) and wanted != model:
        raise Failure(f"{writes}: leave --model out, or stop the server first.", 2)
    if settings.writer == "model" and not model:
        raise Failure(f"{writes}: leave --writer out, or start the server with --model.", 2)


def _check_embedder(settings: Settings, note: dict[str, Any]) -> None:
    for name, used in zip(("embed_model", "embed_base_url"), note["embedder"], strict=True):
        if name in settings.model_fields_set and getattr(settings, name) != used:
            raise Failure(
                f"{_named(note)} embeds with another '{name}': leave that setting out, or stop "
                "the server first.",
                2,
            )


def _named(note: dict[str, Any]) -> str:
    return f"The server of this library (process {note['pid']})"
