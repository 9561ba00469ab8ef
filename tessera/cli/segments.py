"""Commands of single segments' settings."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from tessera.cli.arguments import day

if TYPE_CHECKING:
    import pandas as pd

    from tessera.membership import Membership
    from tessera.tuning import PlannedSegment

group = typer.Typer(no_args_is_help=True, help="What holds for single segments.")

_NUMBERS = ("Users", "Value", "Trials", "Seconds", "Diversity")


@group.callback()
def _group() -> None:
    """What holds for single segments."""


@group.command()
def settings(
    as_of: Annotated[
        date | None,
        typer.Option("--as-of", parser=day, metavar="DAY", help="The segments of this day; default: the newest."),
    ] = None,
) -> None:
    """Show what holds for every segment.

    Its effective settings and its share of the trials: from the installation's settings, the file
    `TESSERA_SEGMENTS_FILE` and its patterns that match the segment.

    Example: `tessera segments settings --as-of 2026-06-29`
    """
    from tessera.cli.console import show, table
    from tessera.segment_policies import load_policies
    from tessera.settings import load
    from tessera.tuning import plan_tuning

    membership = _membership(as_of)
    plan = plan_tuning(load(), membership)
    rows = [_row(planned) for planned in plan.values()]
    headings = ("Segment", "Name", "Users", "Value", "Trials", "Strategy", "Features", "Promotion", "Sampler")
    further = ("Seconds", "Half-lives", "Diversity", "From")
    table(f"Settings of segments as of {membership.as_of}", (*headings, *further), rows, _NUMBERS)
    idle = load_policies(load()).idle({planned.segment_id: planned.name for planned in plan.values()})
    if idle:
        show(f"These patterns match no segment of that day: {', '.join(idle)}")


def show_budget(as_of: date) -> None:
    """Print the budget that the plan of a day wrote."""
    from tessera.cli.console import table

    rows = _written(as_of)
    cells = [
        (
            row["segment_id"],
            row["name"],
            f"{row['users']:,}",
            f"{row['value']:g}",
            f"{row['trials']:,}",
            json.loads(row["settings"])["strategy"],
        )
        for row in rows.to_dict("records")
    ]
    total, floor, ceiling = (int(rows[name].iloc[0]) for name in ("total", "floor", "ceiling"))
    title = f"Trials as of {as_of}: {rows['trials'].sum():,} of {total:,}, {floor:,} to {ceiling:,} a segment"
    table(title, ("Segment", "Name", "Users", "Value", "Trials", "Strategy"), cells, _NUMBERS)


def _row(planned: PlannedSegment) -> tuple[str, ...]:
    policy = planned.policy
    return (
        planned.segment_id,
        planned.name,
        f"{planned.users:,}",
        f"{policy.value:g}",
        f"{planned.trials:,}",
        policy.strategy,
        ", ".join(policy.features),
        policy.promotion,
        policy.sampler,
        f"{policy.seconds:g}",
        ", ".join(f"{days:g}" for days in policy.half_lives),
        f"{policy.diversity:g}",
        ", ".join(planned.patterns) or "default",
    )


def _written(as_of: date) -> pd.DataFrame:
    from tessera.settings import load
    from tessera.tuning import TABLE
    from warehouse.store import Store
    from warehouse.windows import Window

    frame = Store(load().lake).frame(TABLE, window=Window.day(as_of))
    return frame.sort_values(["trials", "segment_id"], ascending=[False, True], ignore_index=True)


def _membership(as_of: date | None) -> Membership:
    from tessera.errors import NotReadyError
    from tessera.lake import LakeSource
    from tessera.membership import Membership
    from tessera.settings import load
    from warehouse.store import Store

    store = Store(load().lake)
    days = store.dates("segment_assignments")
    if as_of is None and not days:
        raise NotReadyError("nobody is assigned to a segment yet: run 'tessera segment --as-of DAY' first")
    return Membership(store, load(), LakeSource(store, load()), as_of or days[-1])
