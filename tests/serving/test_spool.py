from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from serving import spool as module
from serving.spool import Spool, append_durably

DAY = date(2026, 2, 15)


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    spool = Spool(tmp_path)
    yield spool
    spool.close()


def lines(folder: Path, day: date = DAY) -> list[str]:
    found = (folder / "events" / f"date={day}").glob("*.jsonl")
    return [line for path in found for line in path.read_text().splitlines()]


def test_lines_lie_in_the_folder_of_their_arrival_day(tmp_path: Path, spool: Spool) -> None:
    spool.append(DAY, ['{"n": 1}', '{"n": 2}']).result(5)
    spool.append(date(2026, 2, 16), ['{"n": 3}']).result(5)
    assert lines(tmp_path) == ['{"n": 1}', '{"n": 2}']
    assert lines(tmp_path, date(2026, 2, 16)) == ['{"n": 3}']


def test_many_writers_lose_and_tear_nothing(tmp_path: Path, spool: Spool) -> None:
    waiting = [spool.append(DAY, [json.dumps({"n": n, "pad": "x" * 300})]) for n in range(500)]
    for each in waiting:
        each.result(10)
    assert sorted(json.loads(line)["n"] for line in lines(tmp_path)) == list(range(500))


def test_what_waits_is_flushed_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: list[int] = []
    real = os.fsync
    monkeypatch.setattr(module.os, "fsync", lambda handle: (flushed.append(handle), real(handle)))
    spool = Spool(tmp_path)
    waiting = [spool.append(DAY, [f'{{"n": {n}}}']) for n in range(200)]
    for each in waiting:
        each.result(10)
    spool.close()
    assert 0 < len(flushed) < 200


def test_closing_writes_what_waits(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    for n in range(50):
        spool.append(DAY, [f'{{"n": {n}}}'])
    spool.close()
    assert len(lines(tmp_path)) == 50


def test_half_a_line_of_a_killed_process_costs_only_itself_f1(tmp_path: Path) -> None:
    path = tmp_path / "api.jsonl"
    append_durably(path, b'{"n": 1}\n')
    path.write_bytes(path.read_bytes() + b'{"n": 2, "tor')
    append_durably(path, b'{"n": 3}\n')
    assert path.read_text().splitlines() == ['{"n": 1}', '{"n": 2, "tor', '{"n": 3}']


def test_a_full_disk_is_told_to_the_sender_and_leaves_no_half_line_f2(
    tmp_path: Path, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool.append(DAY, ['{"n": 1}']).result(5)
    real = os.write

    def full(handle: int, content: bytes) -> int:
        if len(content) > 5:
            return real(handle, content[:5])
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(module.os, "write", full)
        with pytest.raises(OSError, match="No space"):
            spool.append(DAY, ['{"n": 2}']).result(5)
    spool.append(DAY, ['{"n": 3}']).result(5)
    assert lines(tmp_path) == ['{"n": 1}', '{"n": 3}']


def test_events_since_a_day_are_read_back_without_torn_lines(tmp_path: Path, spool: Spool) -> None:
    for day, n in ((date(2026, 2, 14), 1), (DAY, 2), (date(2026, 2, 16), 3)):
        spool.append(day, [f'{{"n": {n}}}']).result(5)
    path = next((tmp_path / "events" / f"date={DAY}").iterdir())
    path.write_bytes(path.read_bytes() + b'5\n{"n": 9, "t')
    found: list[dict[str, Any]] = sorted(spool.since(DAY), key=lambda row: row["n"])
    assert found == [{"n": 2}, {"n": 3}]
