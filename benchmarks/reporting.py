"""What all benchmarks share: the cost of a piece of work, a readable table, the last line of JSON, the data folder.

    from benchmarks.reporting import Cost, data_folder, finish, measured, say, show

The table and the progress are for people; the last line of standard output is one JSON object for programs. A
benchmark exits with 0 when it measured, whatever the figures.
"""

from __future__ import annotations

import json
import math
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

DEFAULT_DATA = Path(os.environ.get("DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
_BEGAN = time.monotonic()
T = TypeVar("T")


@dataclass
class Cost:
    """Wall and CPU seconds of this process and its finished children; filled when the work ends."""

    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0

    def figures(self, prefix: str = "") -> dict[str, float]:
        """``wall_seconds`` and ``cpu_seconds``, rounded, for the JSON."""
        return {
            f"{prefix}wall_seconds": round(self.wall_seconds, 3),
            f"{prefix}cpu_seconds": round(self.cpu_seconds, 3),
        }


@contextmanager
def timed() -> Iterator[Cost]:
    """Time a ``with`` block; read the cost after it."""
    cost = Cost()
    wall, cpu = time.perf_counter(), _cpu()
    try:
        yield cost
    finally:
        cost.wall_seconds, cost.cpu_seconds = time.perf_counter() - wall, _cpu() - cpu


def measured(work: Callable[[], T]) -> tuple[T, Cost]:
    """The value of ``work()`` and what it cost."""
    with timed() as cost:
        value = work()
    return value, cost


def peak_memory_mb() -> float:
    """Most resident memory so far, of this process or of its largest finished child."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return round(max(resource.getrusage(kind).ru_maxrss for kind in kinds) / 1024, 1)


def say(line: str) -> None:
    """Progress with the seconds since the start."""
    print(f"{time.monotonic() - _BEGAN:7.1f} s  {line}", flush=True)


def data_folder(name: str, files: Sequence[str] = (), root: Path | None = None) -> Path:
    """The folder ``name`` of the data root; ends the program with advice when it, or one of ``files``, is missing."""
    folder = (root or DEFAULT_DATA) / name
    missing = [file for file in ("", *files) if not (folder / file).exists()]
    if missing:
        sys.exit(
            f"this benchmark needs {folder / missing[0]}, which does not exist.\n"
            "The data are not part of the repository (licences): name the folder that holds them, as in make DATA=…"
        )
    return folder


def show(title: str, rows: Sequence[Mapping[Any, Any]], protocol: str = "") -> None:
    """Print rows of equal keys as a table; the protocol stands under it."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, caption=protocol or None, title_justify="left", caption_justify="left")
    names = list(dict.fromkeys(name for row in rows for name in row))
    for name in names:
        numeric = all(isinstance(row.get(name), int | float | None) for row in rows)
        table.add_column(name, justify="right" if numeric else "left")
    for row in rows:
        table.add_row(*(_cell(row.get(name)) for name in names))
    Console(width=None if sys.stdout.isatty() else 160).print(table)


def finish(figures: Mapping[str, Any]) -> None:
    """Print the figures with the peak memory, the whole run's wall seconds and the cores as the last line."""
    whole = {
        "peak_rss_mb": peak_memory_mb(),
        "total_wall_seconds": round(time.monotonic() - _BEGAN, 1),
        "total_cpu_seconds": round(_cpu(), 1),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
    }
    print(json.dumps(_plain({**whole, **figures}), allow_nan=False), flush=True)


def _cpu() -> float:
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4f}" if abs(value) < 10 else f"{value:,.1f}"
    return str(value)


def _plain(value: Any) -> Any:
    """JSON's own types: numpy scalars unwrapped, NaN and infinities as null."""
    if isinstance(value, Mapping):
        return {str(name): _plain(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, bool | int | str) else str(value)
