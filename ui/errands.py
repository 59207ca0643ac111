"""What fetching does: asks an online source, adds what comes, and says what became of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ui.app import Failure, flags_of
from ui.opening import open_desk

if TYPE_CHECKING:
    from store.adding import AddReport, Progress
    from store.sources.running import Batch, Named, Search
    from store.sources.state import Fetched
    from ui.desk import Desk
    from ui.rejects import RejectsFile
    from ui.settings import Settings


class Errand:
    """One run of `fetch`: what all its commands do, once it is known what is asked for."""

    def __init__(
        self,
        ctx: typer.Context,
        library: Path | None,
        restart: bool,
        save: Path | None,
        as_json: bool,
    ) -> None:
        self._flags = flags_of(ctx, library)
        self._owner = ctx.command_path
        self._restart = restart
        self._save = save
        self._shown = not as_json
        self._rejects: RejectsFile

    def do(self, make: Callable[[Settings], Search | Named], site: str, most: int = 0) -> None:
        """Fetches what `make` makes, the first `most` of a search; shows what became of it."""
        from store.sources.base import Client
        from store.sources.running import Named, collect, follow, waiting
        from store.sources.state import Fetched
        from ui.rejects import RejectsFile
        from ui.settings import load_settings
        from ui.terminal import say

        settings = load_settings(**self._flags)
        try:
            wanted = make(settings)
        except ValueError as error:
            raise Failure(str(error), 2) from None
        if self._save:
            _writable(self._save)
        with ExitStack() as opened:
            desk = opened.enter_context(
                open_desk(self._flags, self._owner, asks=False, shown=self._shown)
            )
            self._rejects = opened.enter_context(RejectsFile(settings.library))
            state = opened.enter_context(closing(Fetched(settings.library)))
            client = opened.enter_context(
                Client(
                    contact=settings.contact,
                    timeout=settings.fetch_timeout,
                    tell=say if self._shown else lambda _: None,
                )
            )
            if isinstance(wanted, Named):
                sources = {wanted.source_of(item) for item in wanted.items}
                self._forget(sources, desk, state)
                before = len(wanted.items) - len(waiting(wanted, state))
                report, _ = self._add(desk, collect(wanted, client, state), site)
                note = f"{before} of {len(wanted.items)} fetched before" if before else ""
                note = note and f"{note}: --restart fetches them anew."
            else:
                self._forget({wanted.source}, desk, state)
                report, last = self._add(desk, follow(wanted, client, state, most), site)
                note = _about(last, site, wanted.most)
        self._show(report, note, self._rejects.path)

    def _forget(self, sources: Iterable[str], desk: Desk, state: Fetched) -> None:
        """Forgets what was fetched, if that is wanted or the papers were removed since."""
        held = desk.sources()
        for source in sources:
            if self._restart or source not in held:
                state.forget(source)

    def _add(
        self, desk: Desk, batches: Iterator[Batch], site: str
    ) -> tuple[AddReport, Batch | None]:
        """Adds batches as they come; an interrupt or a failure keeps those that came.

        With the report comes the batch that tells most of the whole.
        """
        from store.adding import AddReport
        from store.sources.base import SourceFailed
        from ui import terminal
        from ui.batches import together

        report = AddReport(0, 0, 0, 0, (), (), desk.count(), 0)
        last: Batch | None = None
        further: Batch | None = None  # the last that isn't only a look at what is newer
        try:
            with terminal.progress_bar(
                "Fetching", before=f"Asking {site}", shown=self._shown
            ) as tell:
                for batch in batches:
                    if self._save:
                        _keep(self._save, batch.raw)
                    records = self._rejects.noting(batch.records)
                    part = desk.add(records, _within(tell, last.done if last else 0, batch))
                    report, last = together(report, part, []), batch
                    further = further if batch.newer else batch
                    if batch.wanted:
                        tell(batch.done, batch.wanted)
        except KeyboardInterrupt:
            text = "Interrupted: what was done is kept, and the same command goes on from there."
            raise Failure(text, 130) from None
        except SourceFailed as error:
            if last is None:
                raise
            raise Failure(
                f"{error} What came before is kept ({terminal.counted(report.new, 'new paper')}), "
                "and the same command goes on from there."
            ) from None
        return report, further or last

    def _show(self, report: AddReport, note: str, rejects: Path | None) -> None:
        from ui import terminal

        if self._shown:
            from ui.showing import show_report

            show_report(report, rejects)
            if note:
                terminal.say(note)
        else:
            from ui.documents import add_document

            kept = str(rejects) if rejects else None
            terminal.print_json({**add_document(report), "rejects_file": kept})
        if any(reject.source.position == 0 for reject in report.rejected):
            raise typer.Exit(3)


def _about(last: Batch | None, site: str, most: int) -> str:
    """What there is to say of a search besides the counts; `most` are given at all."""
    if last is None or not last.total:
        return f"{site} finds nothing for this: try other words."
    if last.newer:
        return "Only what is newer than the last time was looked for: --restart fetches all anew."
    if last.done < min(last.total, most):
        return (
            f"{site} has {last.total} papers for this: --max {min(last.total, most)} fetches all."
        )
    if last.done < last.total:
        return f"{site} has {last.total} papers for this, and gives the newest {most} at the most."
    return ""


def _within(tell: Progress, before: int, batch: Batch) -> Progress:
    """Progress within a batch, told as progress of the whole."""

    def part(done: int, total: int) -> None:
        if total and batch.wanted:
            tell(before + (batch.done - before) * done // total, batch.wanted)

    return part


def _writable(file: Path) -> None:
    """Raises Failure where answers can't be kept in this file."""
    from zipfile import is_zipfile

    try:
        if file.exists() and file.stat().st_size and not is_zipfile(file):
            raise Failure(f"{file} is there already and no .zip file: name another.", 2)
        with file.open("ab"):
            pass
    except OSError as error:
        raise Failure(
            f"{file} can't be written ({error.strerror}): name another file.", 2
        ) from None


def _keep(file: Path, raw: Iterable[tuple[str, bytes]]) -> None:
    """Puts answers behind those that the file has; it is whole after each."""
    from zipfile import ZIP_DEFLATED, ZipFile

    with ZipFile(file, "a", ZIP_DEFLATED) as archive:
        for number, (ending, data) in enumerate(raw, len(archive.namelist()) + 1):
            archive.writestr(f"{number:05}{ending}", data)
