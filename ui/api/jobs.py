"""Adding papers as jobs: one after the other, each with its progress and its report."""

from __future__ import annotations

import logging
import queue
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from store.adding import AddReport, Record
from store.library import Library
from ui.app import explained
from ui.documents import Document, add_document
from ui.problems import Problem
from ui.rejects import add_keeping

Status = Literal["waiting", "running", "done", "failed"]
_KEPT = 1000  # jobs that can be looked at, and idempotency keys that are known

log = logging.getLogger("assistant.jobs")


@dataclass
class Job:
    """Papers on their way; `done` of `total` papers have their vectors."""

    id: str
    owner: str
    status: Status = "waiting"
    done: int = 0
    total: int = 0
    report: AddReport | None = None
    rejects: Path | None = None
    error: str | None = None
    made: datetime = field(default_factory=lambda: datetime.now(UTC))
    finished: datetime | None = None
    ended: threading.Event = field(default_factory=threading.Event)

    def document(self) -> Document:
        return {
            "id": self.id,
            "status": self.status,
            "progress": {"done": self.done, "total": self.total},
            "result": self._result(),
            "error": self.error,
            "made": self.made.isoformat(timespec="milliseconds"),
            "finished": self.finished.isoformat(timespec="milliseconds") if self.finished else None,
        }

    def _result(self) -> Document | None:
        if self.report is None:
            return None
        kept = f"/v1/jobs/{self.id}/rejects" if self.rejects else None
        return {**add_document(self.report), "rejects_file": kept}


class Jobs:
    """Adds records to a library in a thread of its own, in the order in which they came."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._keys: OrderedDict[tuple[str, str], tuple[bytes, str]] = OrderedDict()
        self._lock = threading.Lock()
        self._waiting: queue.SimpleQueue[tuple[Job, Iterable[Record]] | None] = queue.SimpleQueue()
        self._closing = False
        threading.Thread(target=self._work, name="jobs", daemon=True).start()

    def close(self) -> None:
        """Takes no more; what is under way is gone on with by the next start."""
        self._closing = True
        self._waiting.put(None)

    def add(
        self,
        owner: str,
        records: Callable[[], Iterable[Record]],
        *,
        key: str | None = None,
        fingerprint: bytes = b"",
    ) -> Job:
        """A job that adds records, or the one that the same `key` began before.

        Raises Problem (409) where the key was given with another body, told by its fingerprint.
        """
        with self._lock:
            if key and (known := self._keys.get((owner, key))):
                if known[0] != fingerprint:
                    raise Problem(
                        409,
                        "This Idempotency-Key came with another body before: use a new key for "
                        "new papers.",
                    )
                if (job := self._jobs.get(known[1])) is not None:
                    return job
            job = Job(secrets.token_urlsafe(12), owner)
            self._jobs[job.id] = job
            if key:
                self._keys[owner, key] = (fingerprint, job.id)
            for kept in (self._jobs, self._keys):
                while len(kept) > _KEPT:
                    kept.popitem(last=False)
        self._waiting.put((job, records()))
        return job

    def get(self, job_id: str) -> Job | None:
        with self._lock:
            return self._jobs.get(job_id)

    def of(self, owner: str, limit: int) -> list[Job]:
        """Somebody's latest jobs, the newest first."""
        with self._lock:
            return [job for job in reversed(self._jobs.values()) if job.owner == owner][:limit]

    def _work(self) -> None:
        while (next_one := self._waiting.get()) is not None and not self._closing:
            self._do(*next_one)

    def _do(self, job: Job, records: Iterable[Record]) -> None:
        def tell(done: int, total: int) -> None:
            job.done, job.total = done, total

        job.status = "running"
        try:
            job.report, job.rejects = add_keeping(self._library, records, tell)
            job.status = "done"
        except Exception as error:
            job.error, job.status = explained(error)[0], "failed"
            if not self._closing:
                log.exception("A job failed")
        finally:
            job.finished = datetime.now(UTC)
            job.ended.set()
