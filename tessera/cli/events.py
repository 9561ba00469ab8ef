"""Commands from events to segments: simulate, ingest, features, segment."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tessera.cli.arguments import AsOf, End, Folder, Start, day

if TYPE_CHECKING:
    import pandas as pd

    from interactions.simulation import Scenario
    from warehouse.store import Store

_SHOWN_TRAITS = 4


def simulate(
    out: Folder,
    scenario: Annotated[str, typer.Argument(help="`demo`, or a scenario file (YAML).")] = "demo",
    users: Annotated[int | None, typer.Option(min=1, help="Human users.")] = None,
    items: Annotated[int | None, typer.Option(min=1, help="Items.")] = None,
    days: Annotated[int | None, typer.Option(min=1, help="Days, up to the scenario's end.")] = None,
    events: Annotated[int | None, typer.Option(min=1, help="About this many events.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Equal seeds give equal rows.")] = None,
) -> None:
    """Make up events whose truth is known.

    Segments and a drift are planted in them; the truth is written beside them.

    Example: `tessera simulate --out shop --users 2000 --events 100000`
    """
    from interactions.simulation import simulate as write
    from tessera.cli.console import show, working

    changes = {"users": users, "items": items, "days": days, "events": events, "seed": seed}
    wanted = _scenario(scenario, changes)
    with working(f"simulate {wanted.days} days of {wanted.users} users into {out}"):
        truth = write(out, wanted, _log())
    show(f"{truth.events:,} events of {wanted.window} in {out}; the truth is in {out / 'truth'}")


def ingest(start: Start, end: End) -> None:
    """Take the events of some days into the lake.

    From `--start` to before `--end`, validated, deduplicated and rolled up; running it again changes nothing.

    Example: `tessera ingest --start 2026-04-06 --end 2026-06-29`
    """
    from tessera import steps
    from tessera.cli.console import show, working

    with working(f"ingest from {start} to before {end}"):
        report = steps.ingest(start.isoformat(), end.isoformat())
    show(
        "received {received:,} = accepted {accepted:,} + quarantined {quarantined:,} + duplicates {duplicates:,}; "
        "{late:,} late".format(**report)
    )
    if report["reopened"]:
        show("reopened " + ", ".join(report["reopened"]))


def features(
    as_of: Annotated[
        date | None, typer.Option("--as-of", parser=day, metavar="DAY", help="Compute and write as of this day.")
    ] = None,
    listed: Annotated[bool, typer.Option("--list", help="Show the registry of features.")] = False,
    user: Annotated[str | None, typer.Option(help="Show this user's features.")] = None,
) -> None:
    """Compute features as of a day, or list them.

    Examples: `tessera features --list`, `tessera features --as-of 2026-06-29 --user u000042`
    """
    from tessera import steps
    from tessera.cli.console import show, working

    if listed:
        _show_registry()
    if as_of is None:
        if not listed:
            raise typer.BadParameter("say --as-of DAY to compute, or --list to see the registry")
        return
    with working(f"features as of {as_of}"):
        counts = steps.features(as_of.isoformat())
    show(f"as of {as_of}: {counts['users']:,} users, {counts['items']:,} items")
    if user is not None:
        _show_user(as_of, user)


def segment(
    as_of: AsOf,
    compare: Annotated[
        bool, typer.Option("--compare", help="Measure ways to segment instead; writes no table.")
    ] = False,
    heads: Annotated[bool, typer.Option("--heads", help="With --compare: also train heads on each. Costly.")] = False,
    candidates: Annotated[Path | None, typer.Option(help="With --compare: a TOML file of candidates.")] = None,
    out: Annotated[Path | None, typer.Option(help="With --compare: write the figures here (JSON).")] = None,
) -> None:
    """Find the segments and who belongs to them.

    Shows each segment in force as of a day with its size and profile. With `--compare`, measures history bands alone,
    K-Means, hierarchical clusters and each known demographic (or your own candidates) by how stable they are, by what
    they tell beyond the history, and with `--heads` by what heads gain on them.

    Examples: `tessera segment --as-of 2026-06-29`, `tessera segment --as-of 2026-06-29 --compare --out compared.json`
    """
    from tessera.cli.console import working

    if compare:
        from tessera.cli.comparison import show_comparison

        show_comparison(as_of, candidates, heads, out)
        return
    with working(f"segments as of {as_of}"):
        _show_segments(as_of)


def _show_segments(as_of: date) -> None:
    from tessera import steps
    from tessera.cli.console import table

    assigned = steps.assign(as_of.isoformat())
    living = _living(assigned["fitted_as_of"])
    rows = [_line(row, assigned["users"]) for row in living.to_dict("records")]
    headings = ("Segment", "Name", "Band", "Users", "What distinguishes it (segment, everybody)")
    table(f"Segments as of {as_of}, fitted as of {assigned['fitted_as_of']}", headings, rows, ("Users",))


def _scenario(name: str, changes: Mapping[str, int | None]) -> Scenario:
    from dataclasses import replace

    from interactions.simulation import Scenario, load_scenario

    chosen = Scenario.demo() if name == "demo" else load_scenario(Path(name))
    given: dict[str, Any] = {key: value for key, value in changes.items() if value is not None}
    return replace(chosen, **given)


def _log() -> Any:
    import logging

    return logging.getLogger(__name__).info


def _store() -> Store:
    from tessera.settings import load
    from warehouse.store import Store

    return Store(load().lake)


def _show_registry() -> None:
    from interactions.features import FEATURES
    from tessera.cli.console import table

    rows = [(f.entity, f.name, f.kind, f.source, "yes" if f.taste else "", f.meaning) for f in FEATURES]
    table(f"{len(rows)} features", ("Of", "Name", "Kind", "Source", "Taste", "Meaning"), rows)


def _show_user(as_of: date, user: str) -> None:
    from tessera.cli.console import table
    from tessera.errors import TesseraError
    from warehouse.windows import Window

    frame = _store().frame("user_features", window=Window.day(as_of))
    rows = frame[frame["user_id"] == user]
    if rows.empty:
        raise TesseraError(f"no user '{user}' with events before {as_of}: {len(frame)} others are known")
    values = rows.iloc[0].drop(["as_of", "user_id"])
    table(f"{user} as of {as_of}", ("Feature", "Value"), [(str(n), _plain(v)) for n, v in values.items()])


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _living(fitted_as_of: str) -> pd.DataFrame:
    from warehouse.windows import Window

    return _store().frame("segments", window=Window.day(date.fromisoformat(fitted_as_of)))


def _line(row: Mapping[Any, Any], users: Mapping[str, int]) -> tuple[str, ...]:
    traits = sorted(json.loads(row["profile"]), key=lambda trait: -abs(trait["z"]))
    words = "; ".join(_trait(trait) for trait in traits[:_SHOWN_TRAITS])
    return (row["segment_id"], row["name"], row["band"], f"{users.get(row['segment_id'], 0):,}", words or "–")


def _trait(trait: Mapping[str, Any]) -> str:
    name = trait["feature"] + (f" {trait['level']}" if trait["level"] is not None else "")
    return f"{name} {trait['mean']:.3g} ({trait['overall']:.3g})"
