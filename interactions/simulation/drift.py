"""One scripted change: of people, of the catalogue, of the season, or of the deliveries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final, Literal

from interactions.simulation.refusals import ScenarioError, refuse_words
from interactions.simulation.words import CATEGORIES, CHANNELS, DEVICES, TIERS
from warehouse.windows import Window

DriftKind = Literal[
    "taste",
    "mix",
    "catalogue",
    "price_shock",
    "season",
    "bot_wave",
    "missing_day",
    "doubled_day",
    "null_column",
    "renamed_value",
]
YEAR: Final = timedelta(weeks=52)  # after which a season comes again, on the same weekday
# what a kind cannot do without; whatever else it does not name takes no part in it
NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "taste": ("segment",),
    "mix": ("segment", "to"),
    "catalogue": (),
    "price_shock": ("factor",),
    "season": ("until", "categories"),
    "bot_wave": (),
    "missing_day": (),
    "doubled_day": (),
    "null_column": ("column",),
    "renamed_value": ("column", "value", "to"),
}
ONE_DAY: Final = ("missing_day", "doubled_day")
_NULLABLE: Final = ("session_id", "device", "channel", "country", "context")
_VALUES: Final[Mapping[str, tuple[str, ...]]] = {"device": DEVICES, "channel": CHANNELS}
_RARE: Final = {"rare": True}  # written to the truth only where it is set


@dataclass(frozen=True)
class Drift:
    """One scripted change, lasting from ``day`` to ``until`` (exclusive; None: to the end).

    Attributes:
        kind: of people: ``taste`` (the affinities of ``segment`` move to ``categories`` and ``tiers``), ``mix`` (users
            of ``segment`` move to the segment ``to`` for good). For everybody: ``catalogue`` (all affinities move, and
            the popularity of the items is dealt anew), ``price_shock`` (purchases cost ``factor`` times as much, and
            are rarer by as much; the catalogue still says the old price), ``season`` (as ``taste``, for everybody or
            for ``segment``, every 52 weeks). Of the data: ``bot_wave`` (accounts never seen before act round the
            clock), ``missing_day`` and ``doubled_day`` (a delivery does not come, or holds every row once more under
            a new id), ``null_column`` (``column`` is no longer filled), ``renamed_value`` (``value`` of ``column`` is
            called ``to``).
        day: the first day (UTC) on which it acts.
        strength: the share that it touches, in (0, 1]: of choices (taste, catalogue, season), of users (mix), of items
            (price_shock), of accounts per human user (bot_wave), of the rows of a delivery (the others).
        segment: the planted segment it happens to; None for everybody.
        categories, tiers: where the affinities move to; empty means they stay. Of a price shock: the categories that
            it is limited to, whatever their weight.
        to: for ``mix``, the segment that the users move to; for ``renamed_value``, the new name.
        until: the end; without it, ``missing_day`` and ``doubled_day`` last one day.
        ramp_days: days over which ``strength`` grows linearly to its full value (0: at once; not for ``mix``).
        factor: what a price shock multiplies prices by.
        column, value: the column of the deliveries, and the value that gets another name.
    """

    kind: DriftKind
    day: date
    strength: float
    segment: str | None = None
    categories: Mapping[str, float] = field(default_factory=dict)
    tiers: Mapping[str, float] = field(default_factory=dict)
    to: str | None = None
    until: date | None = None
    ramp_days: int = 0
    factor: float | None = field(default=None, metadata=_RARE)
    column: str | None = field(default=None, metadata=_RARE)
    value: str | None = field(default=None, metadata=_RARE)

    @property
    def end(self) -> date | None:
        """The first day on which it is over; None: it never is."""
        return self.day + timedelta(days=1) if self.until is None and self.kind in ONE_DAY else self.until

    def level(self, day: date) -> float:
        """How strongly it acts on ``day``: 0 before and after, ``strength`` once the ramp is over."""
        if self.kind == "season":
            day = self.day + (day - self.day) % YEAR
        if day < self.day or (self.end is not None and day >= self.end):
            return 0.0
        return self.strength * min(1.0, ((day - self.day).days + 1) / max(1, self.ramp_days))


def refuse_drift(drift: Drift, window: Window, segments: tuple[str, ...]) -> None:
    """Refuse a change that cannot happen in a simulation of ``window`` with these ``segments``.

    Raises:
        ScenarioError: names the field and what it expects.
    """
    where = f"drift '{drift.kind}' of {drift.day}"
    if drift.kind not in NEEDED:
        raise ScenarioError(f"{where}: 'kind' is one of {list(NEEDED)}")
    if drift.day not in window or not 0 < drift.strength <= 1:
        raise ScenarioError(f"{where}: 'day' must lie in {window} and 'strength' in (0, 1]")
    _refuse_absent(where, drift, segments)
    _refuse_times(where, drift)
    _refuse_values(where, drift)
    refuse_words(where, "categories", drift.categories, tuple(CATEGORIES))
    refuse_words(where, "tiers", drift.tiers, TIERS)


def _refuse_absent(where: str, drift: Drift, segments: tuple[str, ...]) -> None:
    needed = NEEDED[drift.kind]
    named = [("segment", drift.segment), ("to", drift.to if drift.kind == "mix" else None)]
    for name, segment in named:
        if (segment is not None or (name in needed and drift.kind in ("taste", "mix"))) and segment not in segments:
            raise ScenarioError(f"{where}: expected a segment out of {list(segments)} as '{name}'; found {segment!r}")
    absent = [name for name in needed if not getattr(drift, name)]
    odd = [name for name in ("factor", "column", "value") if name not in needed and getattr(drift, name) is not None]
    if absent or odd:
        raise ScenarioError(f"{where}: it needs {list(needed)}; absent: {absent}, without a meaning here: {odd}")


def _refuse_times(where: str, drift: Drift) -> None:
    if drift.kind == "mix" and drift.until is not None:
        raise ScenarioError(f"{where}: a mix drift is for good; leave 'until' out and move the users back by another")
    if drift.until is not None and drift.until <= drift.day:
        raise ScenarioError(f"{where}: 'until' must be after 'day'; found {drift.until}")
    if drift.kind == "season" and drift.until is not None and drift.until - drift.day >= YEAR:
        raise ScenarioError(f"{where}: a season ends within the year; found 'until' {drift.until}")


def _refuse_values(where: str, drift: Drift) -> None:
    if drift.factor is not None and (drift.factor <= 0 or drift.factor == 1):
        raise ScenarioError(f"{where}: 'factor' must be above 0 and not 1, which changes nothing; found {drift.factor}")
    known: Mapping[str, Any] = _VALUES if drift.kind == "renamed_value" else dict.fromkeys(_NULLABLE)
    if drift.column is not None and drift.column not in known:
        raise ScenarioError(f"{where}: 'column' is one of {list(known)}; found {drift.column!r}")
    if drift.value is not None and drift.value not in known[str(drift.column)]:
        raise ScenarioError(f"{where}: 'value' is one of {list(known[str(drift.column)])}; found {drift.value!r}")
