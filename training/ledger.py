"""The promotion ledger: every move of a champion, in order, written before it happens and confirmed after it did."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

Kind = Literal["promote", "rollback", "withdraw", "override"]
By = Literal["machine", "person"]


@dataclass(frozen=True)
class Move:
    """One move of the alias ``champion`` of ``name`` from ``previous`` to ``version`` (``None``: no champion).

    ``override`` is a move that somebody made in MLflow and the ledger noticed afterwards. ``seen`` is the as-of of the
    first run of the machine that met a person's move: the day from which it is held.
    """

    name: str
    kind: Kind
    version: str | None
    previous: str | None
    as_of: str | None = None
    reason: str = ""
    by: By = "machine"
    seen: str | None = None


class Ledger:
    """An append-only file of JSON lines; callers hold the promotion lock while they write.

    A move is two lines, the intent and its outcome (``confirmed`` or ``abandoned``): a crash in between is seen
    by the next writer, who looks at MLflow and settles it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def intend(self, move: Move) -> None:
        """Write down a move that is about to be made."""
        self._append({"state": "intended", **asdict(move)})

    def settle(self, name: str, confirmed: bool) -> None:
        """Write down whether the last intended move of ``name`` happened."""
        self._append({"state": "confirmed" if confirmed else "abandoned", "name": name})

    def see(self, name: str, as_of: str) -> None:
        """Write down as of when the machine met the last confirmed move of ``name``."""
        self._append({"state": "seen", "name": name, "as_of": as_of})

    def moves(self, name: str) -> list[Move]:
        """The confirmed moves of ``name``, oldest first."""
        return self._read(name)[0]

    def pending(self, name: str) -> Move | None:
        """The move of ``name`` that was intended and never settled: its writer died."""
        return self._read(name)[1]

    def _read(self, name: str) -> tuple[list[Move], Move | None]:
        confirmed: list[Move] = []
        pending: Move | None = None
        for line in self._lines():
            if line["name"] != name:
                continue
            state = line.pop("state")
            if state == "intended":
                pending = Move(**line)
                continue
            if state == "seen":
                confirmed[-1:] = [replace(move, seen=line["as_of"]) for move in confirmed[-1:]]
                continue
            if state == "confirmed" and pending is not None:
                confirmed.append(pending)
            pending = None
        return confirmed, pending

    def _lines(self) -> list[dict[str, Any]]:
        if not self.path.exists():
            return []
        # the last piece is empty, or a line that a crash cut off before its end
        complete = self.path.read_text().split("\n")[:-1]
        return [json.loads(line) for line in complete if line.startswith("{") and line.endswith("}")]

    def _append(self, line: dict[str, str | None]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        written = self.path.read_bytes() if self.path.exists() else b""
        torn = bool(written) and not written.endswith(b"\n")
        with self.path.open("a") as file:
            file.write(("\n" if torn else "") + json.dumps(line, sort_keys=True) + "\n")
            file.flush()
            os.fsync(file.fileno())
