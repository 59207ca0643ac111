"""Papers as a request brings them: JSON records, or files."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date as Date
from itertools import chain

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException

from store.adding import Record
from store.paper import Source
from store.readers import read_file
from store.readers.base import Origin, ReaderError
from store.readers.column_names import ColumnNames
from store.readers.fields import paper_of
from ui.api.dates import DATE, first_day
from ui.problems import Problem

FROM_PROGRAMS = "added by a program"
_MOST = 100_000  # records in one request
_LONGEST_NAME = 300
MOST_COLUMNS = 100


@dataclass(frozen=True, slots=True)
class Given:
    """Records to be read once, and a fingerprint of the body they stand in."""

    records: Callable[[], Iterator[Record]]
    fingerprint: bytes


async def read_papers(request: Request) -> Given:
    """What a request brings. Raises Problem where its body is nothing of the kind."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        return _from_json(await request.body())
    if kind == "multipart/form-data":
        return await _from_form(request)
    raise Problem(
        415, "Send papers as application/json, or files of papers as multipart/form-data."
    )


def _from_json(body: bytes) -> Given:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise Problem(400, 'The body is no JSON: send {"papers": […]}.') from None
    if not isinstance(document, dict) or not isinstance(document.get("papers"), list):
        raise Problem(422, "The body needs a list of records under 'papers'.")
    if unknown := set(document) - {"papers", "source"}:
        raise Problem(422, f"Nothing is known of {_shown(unknown)}: leave it out.")
    source, records = document.get("source", FROM_PROGRAMS), document["papers"]
    if not isinstance(source, str) or not 0 < len(source) <= _LONGEST_NAME:
        raise Problem(422, f"'source' must be text of 1 to {_LONGEST_NAME} characters.")
    if len(records) > _MOST:
        raise Problem(422, f"At most {_MOST:,} records fit into one request: send several.")
    name = label(source)
    return Given(
        lambda: (paper_of(one, Source(name, number)) for number, one in enumerate(records, 1)),
        hashlib.blake2b(body).digest(),
    )


async def _from_form(request: Request) -> Given:
    try:
        form = await request.form(max_files=1000, max_fields=MOST_COLUMNS + 10)
    except (MultiPartException, ValueError, KeyError):
        raise Problem(400, "The body is no multipart/form-data: send files as `files`.") from None
    try:
        uploads = [one for one in form.getlist("files") if isinstance(one, UploadFile)]
        saved = _saved(form.get("saved"))
        told = form.getlist("columns")
        columns = _columns(told)
        if unknown := set(form) - {"files", "saved", "columns"}:
            raise Problem(422, f"Nothing is known of {_shown(unknown)}: leave it out.")
        if not uploads or len(uploads) != len(form.getlist("files")):
            raise Problem(422, "There is no file here: send one or more as `files`.")
        # Read here, as the request's files are gone when the job's turn comes.
        files = [(label(one.filename or "upload"), await one.read()) for one in uploads]
    finally:
        await form.close()
    digest = hashlib.blake2b(repr((saved, told) if told else saved).encode())
    for name, data in files:
        digest.update(hashlib.blake2b(name.encode()).digest() + hashlib.blake2b(data).digest())
    return Given(
        lambda: chain.from_iterable(
            read_file(data, Origin(name, saved), named=True, columns=columns)
            for name, data in files
        ),
        digest.digest(),
    )


def _saved(given: object) -> Date | None:
    if given is None:
        return None
    if not isinstance(given, str) or not re.fullmatch(DATE, given):
        raise Problem(422, "'saved' is no date: write it as 2025-11-05.")
    return first_day(given)


def _columns(given: Sequence[object]) -> ColumnNames:
    if len(given) > MOST_COLUMNS:
        raise Problem(422, f"At most {MOST_COLUMNS} columns can be named.")
    try:
        return ColumnNames.parse(str(one) for one in given)
    except ReaderError as error:
        raise Problem(422, str(error)) from None


def label(name: str) -> str:
    """A file's name as a label: its last part, without what can't be shown. Never a path."""
    last = re.split(r"[/\\]", name)[-1]
    plain = "".join(c for c in last.encode("utf-8", "replace").decode() if c.isprintable())
    return plain.strip(" .")[:_LONGEST_NAME] or "upload"


def _shown(names: set[str]) -> str:
    return ", ".join(repr(name[:60]) for name in sorted(names)[:3])
