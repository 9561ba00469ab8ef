"""The command that calibrates: calibrate."""

from __future__ import annotations

import json
import math
from datetime import date
from typing import Annotated, Any

import typer

from tessera.cli.arguments import AsOf

HEADINGS = ("Segment", "Users", "Rows", "Past", "Factor", "False alarms a year", "at factor 1", "In the past", "Sees")


def calibrate(
    as_of: AsOf,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a segment instead.")] = False,
) -> None:
    """Calibrate every segment's drift limits.

    So that a quiet year raises few alarms: replays the segment's own past, as it was and as made-up years in which
    nothing moves. Says which shifts would still be seen. `tessera monitor` takes the newest calibration as of its day
    or before.

    Example: `tessera calibrate --as-of 2026-06-22`
    """
    from tessera import steps
    from tessera.cli.console import counting, show

    with counting(f"calibrate as of {as_of}", "segment") as advance:
        rows = steps.calibrate(as_of.isoformat(), advance)
    if as_json:
        for row in rows:
            typer.echo(json.dumps({name: _plain(value) for name, value in row.items()}))
        return
    _show(as_of, rows)
    show("Users, rows: of the newest week. Sees: the least share of events as other people's that is seen in a week.")


def _show(as_of: date, rows: list[dict[str, Any]]) -> None:
    from tessera.cli.console import table

    table(f"Calibration as of {as_of}", HEADINGS, [_line(row) for row in rows], HEADINGS[1:8])


def _line(row: dict[str, Any]) -> tuple[str, ...]:
    shift = row["smallest_shift"]
    return (
        row["segment_id"],
        f"{row['users']:,}",
        f"{row['rows']:,}",
        f"{row['blocks']} weeks",
        f"{row['factor']:.2f}",
        f"{row['false_alarms_per_year']:.2f}",
        f"{row['uncalibrated']:.2f}",
        f"{row['past_alarms']} in {row['past_days']} days",
        "too small to tell" if math.isnan(shift) else f"{shift:.0%} of the events",
    )


def _plain(value: object) -> object:
    return None if isinstance(value, float) and math.isnan(value) else value
