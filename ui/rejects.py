"""The file of rejected records: each as JSON on a line, to be mended there and added again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import nullcontext, suppress
from dataclasses import replace
from datetime import datetime
from itertools import chain, count
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from store.errors import LibraryError

if TYPE_CHECKING:
    from store.adding import AddReport, Progress, Record
    from store.library import Library
    from store.paper import Rejected

_FOLDER = "rejected"  # in the library's
_NAME = re.compile(r"[0-9-]+\.jsonl")
_KEPT = 100  # characters of a rejected record that stay in memory


class RejectsFile:
    """Records that were rejected go into a file as they come; there is none until one comes.

    Without a path it lies in the library's folder, under the time of the first. With one it is
    hidden (".NAME.part", which is passed over in folders) until all is read, so that a command
    that was interrupted can be given again. Use as a context manager. Raises LibraryError where
    the path holds something already, as what somebody mended must not be lost, and (from `noting`)
    where the file can't be written.
    """

    def __init__(self, folder: Path, path: Path | None = None) -> None:
        self._folder = folder / _FOLDER
        if path is not None and path.is_file() and path.stat().st_size:
            raise LibraryError(
                f"{path} holds something already, which would be lost: name a new file with "
                "--rejects."
            )
        self._wanted = path
        special = path is not None and path.exists() and not path.is_file()  # as /dev/stdout
        self._part = _free(path) if path and not special else None
        self._file: IO[str] | None = None
        self.path: Path | None = None
        self.count = 0

    def __enter__(self) -> RejectsFile:
        return self

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        if self._file is None:
            return
        self._file.close()
        if error is None and self._part and self.path:
            self._part.replace(self.path)

    def noting(self, records: Iterable[Record]) -> Iterator[Record]:
        """The same records; what is in the file of those that were rejected is let go of here."""
        from store.paper import Rejected

        for record in records:
            if isinstance(record, Rejected) and record.source.position:
                self._write(record)
                record = replace(record, text=record.text[:_KEPT], fields="")
            yield record

    def _write(self, reject: Rejected) -> None:
        try:
            if self._file is None:
                self._open()
            assert self._file is not None
            self._file.write(json.dumps(_line(reject), ensure_ascii=False) + "\n")
            self._file.flush()  # an interrupt loses none
        except OSError as error:
            other = ", or name another file with --rejects" if self._wanted else ""
            raise LibraryError(
                f"The rejected records can't be written to {self.path} ({error.strerror}): free "
                f"the disk{other}."
            ) from error
        self.count += 1

    def _open(self) -> None:
        name = f"{datetime.now():%Y-%m-%d-%H%M%S}"
        names = chain([name], (f"{name}-{number}" for number in count(2)))
        while self._file is None:
            self.path = self._wanted or self._folder / f"{next(names)}.jsonl"
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with nullcontext() if self._wanted else suppress(FileExistsError):
                self._file = (self._part or self.path).open(
                    "w" if self._wanted else "x", encoding="utf-8", errors="replace"
                )


def _free(path: Path) -> Path:
    """A hidden name beside a file that nothing has: what an interrupted command left stays."""
    names = chain([f".{path.name}.part"], (f".{path.name}-{n}.part" for n in count(2)))
    return next(one for name in names if not (one := path.with_name(name)).exists())


def add_keeping(
    library: Library, records: Iterable[Record], progress: Progress | None = None
) -> tuple[AddReport, Path | None]:
    """Adds records as `Library.add` does; what was rejected is kept in a file of the library's
    folder, if anything was: the report, and that file."""
    with RejectsFile(library.settings.library) as rejects:
        report = library.add(rejects.noting(records), progress)
    return report, rejects.path


def kept_rejects(library: Library, name: str) -> Path | None:
    """The library's file of rejected records of that name, if there is one."""
    path = library.settings.library / _FOLDER / name
    return path if _NAME.fullmatch(name) and path.is_file() else None


def _line(reject: Rejected) -> dict[str, Any]:
    """A record's fields, what is missing left to be filled in, and where it was and why."""
    fields: dict[str, Any] = json.loads(reject.fields) if reject.fields else {}
    kept = {"title": "", "abstract": "", **fields}
    if not fields and reject.text:
        kept["text"] = reject.text
    place = {"file": reject.source.file, "position": reject.source.position}
    return {"rejected": reject.why, **kept, **place, "line": reject.source.line}
