"""Events that arrive over HTTP, kept durably in the layout of deliveries, so that ingest reads them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from datetime import date
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any

from serving.sealed import sync_folder

_BATCH = 512
_Job = tuple[date, bytes, Future[None]]


class Spool:
    """Appends to ``<folder>/events/date=YYYY-MM-DD/api-<process>.jsonl``, the day being that of arrival.

    One thread writes; everything that waits is written by one append and one flush to the disk (group commit).
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "events"
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread = Thread(target=self._run, name="event-spool", daemon=True)
        self._thread.start()

    def append(self, day: date, lines: Sequence[str]) -> Future[None]:
        """Queue JSON lines of one delivery day; the future is done when they are on the disk.

        The future carries ``OSError`` where the disk refused them: then none of the batch may be relied on.
        """
        done: Future[None] = Future()
        self._jobs.put((day, "".join(f"{line}\n" for line in lines).encode(), done))
        return done

    def since(self, day: date) -> Iterator[dict[str, Any]]:
        """The events that arrived on or after ``day``, in no particular order; torn lines are left out."""
        for path in sorted(self._folder.glob("date=*/api-*.jsonl")):
            if path.parent.name >= f"date={day.isoformat()}":
                yield from _rows(path)

    def close(self) -> None:
        """Write what waits, then stop."""
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            batch, last = [job], False
            while len(batch) < _BATCH and not self._jobs.empty():
                following = self._jobs.get()
                if following is None:
                    last = True
                    break
                batch.append(following)
            for day in sorted({day for day, _, _ in batch}):
                self._commit(day, [job for job in batch if job[0] == day])
            if last:
                return

    def _commit(self, day: date, jobs: Sequence[_Job]) -> None:
        try:
            append_durably(self._path(day), b"".join(content for _, content, _ in jobs))
        except OSError as error:
            for _, _, done in jobs:
                done.set_exception(error)
            return
        for _, _, done in jobs:
            done.set_result(None)

    def _path(self, day: date) -> Path:
        # one file a process: appends of two processes never interleave
        return self._folder / f"date={day.isoformat()}" / f"api-{os.getpid()}.jsonl"


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open("rb") as lines:
        for line in lines:
            with suppress(ValueError, TypeError):
                yield dict(json.loads(line))


def append_durably(path: Path, content: bytes) -> None:
    """Append whole lines and flush them to the disk; a failed append leaves the file as it was.

    Raises:
        OSError: the disk is full, read-only or gone.
    """
    fresh = not path.exists()
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        _append(handle, content)
    finally:
        os.close(handle)
    if fresh:
        sync_folder(path.parent)


def _append(handle: int, content: bytes) -> None:
    size = os.fstat(handle).st_size
    # a process killed inside a write leaves half a line: close it, so that only that one is quarantined
    torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
    content = b"\n" + content if torn else content
    try:
        while content:
            content = content[os.write(handle, content) :]
        os.fsync(handle)
    except OSError:
        os.ftruncate(handle, size)
        raise
