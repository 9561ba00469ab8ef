"""What the monitor calls each scripted change of the simulator: a confusion table.

    python -m benchmarks.drift_confusion [--seeds 20] [--first 400] [--kinds taste mix] [--detail]

Every world (:mod:`benchmarks.drift_worlds`) is monitored on the third and on the seventh day after its change, by the
product's own functions on watched events and assignments, composed as `tessera.monitored_day` does:
trouble found and healed, popularity, samples, mix, measurement, last year's season, verdicts. Ingestion and K-Means are
left out: the planted segments, a tenth of the users misplaced, stand for the segmentation. Distances come from
:mod:`monitoring.distances`, which a test holds equal to Evidently's.

A world counts as recognised only if exactly the planted cause is found, and nothing beside it: a taste drift in
its segment and no other, a price shock by the column ``paid``, broken data by its kind and column, a season and
nothing at all by silence. Days are watched until drift is called; trouble with the data is healed and watched on.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import date, timedelta

import pandas as pd

from benchmarks.drift_worlds import AFTER, DAY, KINDS, World, make_world
from benchmarks.plain_drift import without_evidently
from benchmarks.reporting import finish, say, show
from monitoring.drift import measure_all
from monitoring.mix import measure_mix
from monitoring.movers import without_movers
from monitoring.popularity import with_popularity
from monitoring.samples import SegmentSample, plan_windows, segment_samples
from monitoring.seasons import YEAR, with_season, year_before
from monitoring.settings import DriftSettings
from monitoring.trouble import Trouble, find_troubles, without_suspects, without_trouble
from monitoring.verdicts import Verdict, judge, judge_mix
from warehouse.windows import Window

SETTINGS = DriftSettings(sample_rows=3000)  # larger samples see smaller moves and cost more: see drift.md
CHAMPION = DAY - timedelta(days=3)
CHECKED = (3, AFTER)  # days from the change on which the monitor runs
NOTHING = ("none", "season")
REPORTED_FROM = 400  # seeds below were used to develop the recogniser, and are never reported


def table(seeds: int, first: int = REPORTED_FROM, kinds: Sequence[str] = KINDS, detail: bool = False) -> pd.DataFrame:
    """The confusion table: planted kinds in rows, what was found in columns, worlds counted."""
    with without_evidently():
        found = [(kind, recognise(kind, seed, detail)) for kind in kinds for seed in range(first, first + seeds)]
    return confusion_of(found, kinds)


def confusion_of(found: Sequence[tuple[str, str]], kinds: Sequence[str]) -> pd.DataFrame:
    """Pairs of (planted, found) counted, the columns in the order of ``kinds``."""
    planted, said = (pd.Series(list(side)) for side in zip(*found, strict=True))
    counted: pd.DataFrame = pd.crosstab(planted, said)
    known = [_wanted(kind) for kind in kinds]
    columns = [*dict.fromkeys(known), *sorted(set(counted.columns) - set(known))]
    whole: pd.DataFrame = counted.reindex(index=list(kinds), columns=columns, fill_value=0)
    return whole


def diagonal(confusion: pd.DataFrame) -> float:
    """The share of worlds that were called what they are."""
    right = sum(confusion.loc[kind, _wanted(kind)] for kind in confusion.index)
    return float(right / confusion.to_numpy().sum())


def recognise(kind: str, seed: int, detail: bool = False) -> str:
    """What the monitor says of one world."""
    world = make_world(kind, seed)
    said: dict[str, str] = {}
    for days in CHECKED:
        as_of = DAY + timedelta(days=days)
        today = monitored(world, as_of)
        said |= {name: f"{as_of}: {why}" for name, why in today.items() if name not in said}
        if any(not name.startswith("data:") for name in today):
            break
    if detail:
        say(f"{kind} {seed}: {world.drift}\n" + "\n".join(f"    {name}: {why}" for name, why in said.items()))
    return " + ".join(sorted({_called(name, world) for name in said})) or "nothing"


def monitored(world: World, as_of: date) -> dict[str, str]:
    """The findings of one day and why: ``data:kind:column``, ``mix``, ``catalogue``, ``price`` or a segment."""
    windows = plan_windows(as_of, SETTINGS, CHAMPION)
    troubles, samples = _samples(world, windows)
    current = tuple(trouble for trouble in troubles if trouble.touches(windows[1]))
    found = {f"data:{trouble.kind}:{trouble.column}": trouble.reason for trouble in current}
    mix = _mix(world, as_of, current)
    if mix.verdict == "drift" and not current:
        found["mix"] = mix.reason
        samples = _samples(world, windows, moving=True)[1]
    measurements = measure_all(samples, SETTINGS)
    if any(m.drifted for m in measurements.values()) and world.events["ts"].min() < windows[0].start_ts - YEAR:
        last_year = _samples(world, (year_before(windows[0]), year_before(windows[1])))[1]
        measurements = with_season(measurements, measure_all(last_year, SETTINGS), SETTINGS)
    for segment, verdict in judge(measurements, SETTINGS).items():
        if verdict.verdict == "drift":
            paid = any(row.feature == "paid" for row in measurements[segment].drifted)
            shared = "price" if paid else "catalogue"
            found[shared if verdict.cause == "catalogue" else segment] = f"{segment} {verdict.cause}: {verdict.reason}"
    return found


def _samples(
    world: World, windows: tuple[Window, Window], moving: bool = False
) -> tuple[tuple[Trouble, ...], dict[str, SegmentSample]]:
    span = Window(windows[0].start - timedelta(days=SETTINGS.reference_days), windows[1].end)
    events = world.events[world.events["ts"].between(span.start_ts, span.end_ts, inclusive="left")]
    troubles = find_troubles(events, span, SETTINGS.trouble)
    healed = with_popularity(without_trouble(events, troubles), windows, SETTINGS)
    before, after = (without_suspects(world.assigned(window.end), troubles) for window in windows)
    assigned = without_movers((before, after)) if moving else (before, after)
    return troubles, segment_samples(healed, windows, assigned, SETTINGS)


def _mix(world: World, as_of: date, troubles: tuple[Trouble, ...]) -> Verdict:
    windows = plan_windows(as_of, SETTINGS)
    sides = [without_suspects(world.assigned(window.end), troubles) for window in windows]
    frames = [side.rename("segment_id").rename_axis("user_id").reset_index() for side in sides]
    return judge_mix(measure_mix(frames[0], frames[1], SETTINGS), SETTINGS)


def _called(name: str, world: World) -> str:
    """A finding as a column of the table."""
    planted = world.drift
    if name.startswith("data:"):
        _, kind, column = name.split(":")
        right = planted is not None and (kind, column) == (planted.kind, planted.column or "")
        return kind if right or planted is None or planted.kind != kind else f"{kind} elsewhere"
    if name in ("mix", "catalogue"):
        return name
    if name == "price":
        return "price_shock"
    own = planted is not None and planted.kind == "taste" and planted.segment == name
    return "taste" if own else "taste elsewhere"


def _wanted(kind: str) -> str:
    return "nothing" if kind in NOTHING else kind


def main() -> None:
    """Parse the command line, simulate, monitor, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20, help="worlds of each kind")
    parser.add_argument("--first", type=int, default=REPORTED_FROM, help="the first seed")
    parser.add_argument("--kinds", nargs="*", default=list(KINDS), choices=KINDS)
    parser.add_argument("--detail", action="store_true", help="say what was found in every world, and why")
    asked = parser.parse_args()
    confusion = table(asked.seeds, asked.first, asked.kinds, asked.detail)
    rows = [{"planted": kind, **row} for kind, row in confusion.to_dict("index").items()]
    protocol = f"seeds {asked.first} to {asked.first + asked.seeds - 1}; {diagonal(confusion):.1%} on the diagonal"
    show("What is recognised", rows, protocol)
    finish({"worlds": int(confusion.to_numpy().sum()), "diagonal": round(diagonal(confusion), 4)})


if __name__ == "__main__":
    main()
