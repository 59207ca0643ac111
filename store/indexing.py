"""A library's two indexes, brought in step with its catalogue while papers come and go."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial

from store.adding import AddReport, Progress, Record
from store.catalog import Catalog
from store.changes import INDEXES
from store.courtesy import Courtesy
from store.encoding import Encoder
from store.following import follow_vectors, follow_words, words_lag
from store.intake import Intake, complete
from store.parts import Parts

_MANY = 500  # papers for whose vectors it is worth the second that other processes take to start
_PATIENCE = 20.0  # seconds in which what is being written is there, else it is left
_LOOK = 500  # records after which it is seen how many of them must be embedded


class Indexing:
    """Lets the word index and the vectors follow the catalogue, one thread at a time each.

    Raises (from any method) as `Library` does.
    """

    def __init__(
        self, catalog: Catalog, parts: Parts, encoder: Encoder, courtesy: Courtesy
    ) -> None:
        """A question that `courtesy` knows of goes before what is embedded."""
        self._catalog = catalog
        self._parts = parts
        self._encoder = encoder
        self._courtesy = courtesy
        self._turn = {"words": threading.Lock(), "vectors": threading.Lock()}
        self._under_way: set[Intake] = set()
        self._followed: Intake | None = None  # the one whose papers are being embedded

    def close(self) -> None:
        """Breaks off what is under way; the parts close once what is being written is there."""
        for intake in tuple(self._under_way):
            intake.break_off()
        ended = [turn for turn in self._turn.values() if turn.acquire(timeout=_PATIENCE)]
        try:
            self._parts.close()
        finally:
            for turn in ended:
                turn.release()

    def add(
        self,
        records: Iterable[Record],
        take_in: Callable[[Iterable[Record]], AddReport],
        progress: Progress | None = None,
    ) -> AddReport:
        """Has records taken into the catalogue, and the papers indexed: of many, the first are
        embedded while the others are read."""
        with ThreadPoolExecutor(1, "index") as beside, self._breakable(Intake()) as intake:
            indexing: Future[int] | None = None

            def watched() -> Iterator[Record]:
                nonlocal indexing
                for number, record in enumerate(records, 1):
                    intake.check()
                    yield record
                    if indexing or number % _LOOK:
                        continue
                    if self._catalog.changes.count("vectors") >= _MANY:
                        indexing = beside.submit(self.index, progress, intake)

            report = take_in(watched())
            intake.all_in()
            return replace(report, embedded=indexing.result() if indexing else self.index(progress))

    @contextmanager
    def _breakable(self, intake: Intake) -> Iterator[Intake]:
        """For the time of the block, closing the library breaks an intake off."""
        with intake:
            self._under_way.add(intake)
            try:
                yield intake
            finally:
                self._under_way.discard(intake)

    def index(self, progress: Progress | None = None, intake: Intake | None = None) -> int:
        """Brings the words and the vectors up to date, with what an `intake` takes in meanwhile;
        returns how many papers it embedded."""
        if intake is None:
            with self._breakable(complete()) as own:
                return self.index(progress, own)
        with ThreadPoolExecutor(1, "words") as beside:  # the words wait for the disk more than work
            words = beside.submit(self._words_of, intake)
            embedded = self.vectors(progress, intake)
            words.result()
        return embedded

    def anew(self) -> None:
        """Empties both indexes and has them begin from the catalogue."""
        with self._turn["vectors"], self._turn["words"], self._parts.opening:
            # Wiped before they are noted: an index that is found empty is made anew anyhow.
            self._parts.wipe()
            for name in INDEXES:
                self._catalog.changes.requeue(name)

    def _words_of(self, intake: Intake) -> None:
        while intake.coming:
            if words_lag(self._catalog):
                self.words()
            intake.rest()
        if not intake.broken_off:
            self.words()

    def words(self) -> None:
        """Makes every paper of the catalogue findable by its words; takes no time to speak of."""
        with self._turn["words"]:
            follow_words(self._catalog, self._parts.words)

    def vectors(self, progress: Progress | None = None, intake: Intake | None = None) -> int:
        """Embeds what has changed, and what an `intake` takes in meanwhile; returns how many
        papers that were. Where the papers of another intake are being embedded, these are with
        them, and nobody waits until all of those are read."""
        self._parts.own()
        intake, other = intake or complete(), self._followed
        if other is not None and other.coming and not intake.coming:
            return 0
        with self._turn["vectors"], ExitStack() as opened:
            if intake.broken_off:
                return 0
            coming = intake.coming
            if not (pending := self._catalog.changes.count("vectors")) and not coming:
                return 0
            self._followed = intake
            opened.callback(setattr, self, "_followed", None)
            workers = None
            if (coming or pending >= _MANY) and self._encoder.works_here:
                workers = opened.enter_context(self._parts.pieces.workers(self._courtesy.expected))
                # What is there now stays: Python needn't look through it for garbage again and
                # again.
                gc.freeze()
                opened.callback(gc.unfreeze)
            return follow_vectors(
                self._catalog,
                self._parts.vectors,
                self._encoder.chunk,
                partial(self._encoder.read, step=self._courtesy.step, workers=workers),
                self._parts.pieces,
                progress,
                ahead=2 if workers else 1,  # so that no worker waits while a part is written
                intake=intake,
            )
