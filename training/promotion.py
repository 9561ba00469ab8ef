"""The one writer of promotions: MLflow's aliases have no compare-and-set, so a lock and a ledger stand before them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, Protocol

from filelock import FileLock

from training.ledger import By, Ledger, Move
from training.versions import GLOBAL, Version, model_name

Outcome = Literal["moved", "already", "conflict", "older", "taken_down", "held", "nothing_before"]


@dataclass(frozen=True)
class Promotion:
    """What became of an asked move: ``moved`` and ``already`` mean that ``champion`` is as asked for."""

    outcome: Outcome
    champion: str | None
    reason: str

    @property
    def done(self) -> bool:
        """Whether the champion now is the one that was asked for."""
        return self.outcome in ("moved", "already")


class Aliases(Protocol):
    """What the promoter needs of MLflow."""

    def champion(self, name: str) -> Version | None:
        """The version that serves."""
        ...

    def version(self, name: str, version: str) -> Version:
        """One version."""
        ...

    def point(self, name: str, version: str | None) -> None:
        """Move the alias."""
        ...


class Promoter:
    """Moves champions one at a time, each checked against the champion that the caller saw.

    A person may move the alias in MLflow at any time and wins: the next move notices it, records an ``override``
    and is refused where it expected another champion. A version that was rolled back, withdrawn or moved away by a
    person is never promoted again by a repeated run.

    A person's move is also *held*: for some days the machine may not replace it. Days are counted in the data's time,
    the only clock there is, from the as-of of the first run that meets the move.
    """

    def __init__(self, aliases: Aliases, ledger: Ledger) -> None:
        self._aliases = aliases
        self._ledger = ledger
        self._lock = ledger.path.with_name(f".{ledger.path.name}.lock")

    def promote(
        self, name: str, version: str, expected: str | None, reason: str = "", hold_days: int | None = None
    ) -> Promotion:
        """Make ``version`` the champion of ``name``.

        Args:
            name: the registered model.
            version: the proved version.
            expected: the champion when the gate decided; another one by now is a conflict.
            reason: kept in the ledger.
            hold_days: how long a person's move is held against the machine, which asks; ``None``: a person asks.
        """
        by: By = "person" if hold_days is None else "machine"
        with self._locked():
            current = self._reconciled(name)
            held = None if current is None else current.version
            if held == version:
                return Promotion("already", held, f"version {version} already serves")
            refusal = self._refusal(name, version, expected, current)
            if refusal is not None:
                return refusal
            as_of = self._aliases.version(name, version).as_of
            kept = self._held(name, as_of, hold_days or 0)
            if kept:
                return Promotion("held", held, kept)
            return self._move(Move(name, "promote", version, held, as_of.isoformat(), reason, by))

    def held(self, name: str, as_of: date, hold_days: int) -> str:
        """Why the machine may not move the champion of ``name`` as of a day, in words; empty when it may."""
        with self._locked():
            self._reconciled(name)
            return self._held(name, as_of, hold_days)

    def rollback(self, name: str, reason: str = "") -> Promotion:
        """Return to the champion before the current one; a segment without one falls back to its parent."""
        with self._locked():
            current = self._reconciled(name)
            held = None if current is None else current.version
            before = _stack(self._ledger.moves(name))[:-1]
            target = before[-1] if before else None
            if held is None or (target is None and name == model_name(GLOBAL)):
                return Promotion("nothing_before", held, f"{name} has no earlier champion to roll back to")
            return self._move(Move(name, "rollback", target, held, reason=reason, by="person"))

    def withdraw(self, name: str, expected: str | None, reason: str = "") -> Promotion:
        """Delete the champion alias, so that the parent serves, if the champion still is ``expected``."""
        with self._locked():
            current = self._reconciled(name)
            held = None if current is None else current.version
            if held is None:
                return Promotion("already", None, f"{name} has no champion")
            if held != expected:
                return _conflict(held, expected)
            return self._move(Move(name, "withdraw", None, held, reason=reason))

    def _locked(self) -> FileLock:
        self._lock.parent.mkdir(parents=True, exist_ok=True)
        return FileLock(self._lock, timeout=120)

    def _refusal(self, name: str, version: str, expected: str | None, current: Version | None) -> Promotion | None:
        held = None if current is None else current.version
        if held != expected:
            return _conflict(held, expected)
        if version in _taken_down(self._ledger.moves(name)):
            return Promotion("taken_down", held, f"version {version} was taken down before: move the alias by hand")
        as_of = self._aliases.version(name, version).as_of
        if current is not None and "as_of" in current.tags and as_of < current.as_of:
            return Promotion("older", held, f"as of {as_of} is older than the champion's {current.as_of}")
        return None

    def _held(self, name: str, as_of: date, hold_days: int) -> str:
        last = next(reversed(self._ledger.moves(name)), None)
        if hold_days == 0 or last is None or last.by != "person":
            return ""
        # a run over an older past meets it too, and must not end the hold early
        seen = last.seen or max(as_of.isoformat(), last.as_of or "")
        if last.seen is None:
            self._ledger.see(name, seen)
        until = date.fromisoformat(seen) + timedelta(days=hold_days)
        chosen = f"version {last.version}" if last.version else "the parent"
        return f"a person chose {chosen}, which is held until {until}" if as_of < until else ""

    def _move(self, move: Move) -> Promotion:
        self._ledger.intend(move)
        self._aliases.point(move.name, move.version)
        self._ledger.settle(move.name, confirmed=True)
        served = f"version {move.version} serves" if move.version else "the parent serves"
        return Promotion("moved", move.version, f"{served} instead of {move.previous or 'the parent'}")

    def _reconciled(self, name: str) -> Version | None:
        """The live champion, after the ledger has caught up with a died writer or with a person."""
        current = self._aliases.champion(name)
        held = None if current is None else current.version
        pending = self._ledger.pending(name)
        if pending is not None:
            self._ledger.settle(name, confirmed=held == pending.version)
        moves = self._ledger.moves(name)
        known = moves[-1].version if moves else None
        if held != known:
            as_of = current.tags.get("as_of") if current else None
            self._ledger.intend(Move(name, "override", held, known, as_of, "moved in MLflow", "person"))
            self._ledger.settle(name, confirmed=True)
        return current


def _conflict(held: str | None, expected: str | None) -> Promotion:
    words = f"expected the champion {expected or 'none'}, found {held or 'none'}: decide again against that one"
    return Promotion("conflict", held, words)


def _stack(moves: list[Move]) -> list[str | None]:
    """The champions so far, with those that were rolled back taken off."""
    stack: list[str | None] = []
    for move in moves:
        if move.kind == "rollback":
            stack = stack[:-1]
        else:
            stack.append(move.version)
    return stack


def _taken_down(moves: list[Move]) -> set[str]:
    down: set[str] = set()
    for move in moves:
        if move.kind != "promote" and move.previous is not None:
            down.add(move.previous)
        if move.version is not None:
            down.discard(move.version)
    return down
