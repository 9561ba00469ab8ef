"""Commands of models and of who serves: train, evaluate, promote, rollback."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from tessera.cli.arguments import AsOf, Reason, SegmentId

if TYPE_CHECKING:
    from datetime import date

    import pandas as pd

    from training.promotion import Promotion

log = logging.getLogger(__name__)

BY_HAND = "command line"


def train(
    as_of: AsOf,
    segments: Annotated[
        list[str] | None, typer.Option("--segment", metavar="ID", help="Only these; repeat. Default: parent and all.")
    ] = None,
    strategy: Annotated[
        Literal["configured", "head", "anchored", "ranker", "shared", "calibrated", "reweighted", "hard", "ladder"],
        typer.Option(help="How a segment's challenger is made; configured: as its settings say."),
    ] = "configured",
    reason: Reason = BY_HAND,
    promote: Annotated[
        bool, typer.Option("--promote/--no-promote", help="May the champion alias move, if the proof holds?")
    ] = True,
) -> None:
    """Train models, prove and register them.

    The global model, then one challenger per segment, each proved on that segment's own users.

    With `--segment` only those are trained, on the live global champion. A segment that fails is named at the end;
    the others go on.

    Examples: `tessera train --as-of 2026-06-29`, `tessera train --as-of 2026-06-29 --segment s3 --no-promote`
    """
    from tessera import steps
    from tessera.cli.console import table, working
    from tessera.cli.segments import show_budget
    from tessera.cli.servers import require_mlflow

    require_mlflow()
    on = as_of.isoformat()
    planned = steps.plan_training(on, segments or ())
    show_budget(as_of)
    trained: list[dict[str, Any]] = []
    if not segments:
        with working(f"train the global model as of {on}"):
            trained.append(steps.train_global(on, reason, promote))
    for plan in planned:
        with working(f"train {plan['label']} as of {on}"):
            trained += _trained(plan, on, strategy, reason, promote)
    rows = [
        (t["segment_id"], f"v{t['version']}", _words(t["verdict"]), _yes(t["promoted"]), t["reason"]) for t in trained
    ]
    table(f"Trained as of {on}", ("Segment", "Version", "Verdict", "Promoted", "Why"), rows)
    steps.summarise_training(planned, trained)


def evaluate(
    as_of: AsOf,
    segment: Annotated[str | None, typer.Option("--segment", metavar="ID", help="In full, with every window.")] = None,
) -> None:
    """Show what the gate decided as of a day.

    Nothing is trained: `tessera train --no-promote` decides anew.

    Examples: `tessera evaluate --as-of 2026-06-29`, `tessera evaluate --as-of 2026-06-29 --segment s3`
    """
    from tessera.cli.console import show, table

    rows = _decisions(as_of, segment)
    headings = ("Segment", "Version", "Strategy", "Verdict", "Users", "Challenger", "Parent", "Difference", "Placebo")
    numbers = ("Users", "Challenger", "Parent", "Difference", "Placebo", "Control")
    lines = [_decision(row) for row in rows.to_dict("records")]
    table(f"Gate decisions as of {as_of}", (*headings, "Control", "Promoted"), lines, numbers)
    if segment is not None:
        _show_windows(rows.iloc[0])
    show("The whole account of each is the description of its version in MLflow; its tags gate.* hold the numbers.")


def promote(
    segment: SegmentId,
    version: Annotated[
        str, typer.Option("--version", metavar="NUMBER", help="The registered version that shall serve.")
    ],
    expected: Annotated[
        str | None,
        typer.Option(
            "--expected", metavar="NUMBER", help="The champion that you saw, 'none' for none. Default: the live one."
        ),
    ] = None,
    reason: Reason = BY_HAND,
) -> None:
    """Let a version serve its segment.

    The alias `champion` moves, if the champion still is the expected one.

    A version that is older than the champion, or was taken down before, is refused: moving the alias in MLflow's UI
    is the way to insist.

    Example: `tessera promote --segment s3 --version 4`
    """
    from tessera import steps

    name = _model(segment)
    seen = _champion(name) if expected is None else (None if expected == "none" else expected)
    _conclude(name, steps.promote(segment, version, seen, reason))


def rollback(segment: SegmentId, reason: Reason = BY_HAND) -> None:
    """Return to the champion before this one.

    Without one before, the parent serves the segment.

    Example: `tessera rollback --segment s3 --reason "complaints since Monday"`
    """
    from tessera import steps

    name = _model(segment)
    _conclude(name, steps.rollback(segment, reason))


def _trained(plan: dict[str, Any], on: str, strategy: str, reason: str, promote: bool) -> list[dict[str, Any]]:
    from tessera import steps

    try:
        return [steps.train_segment(plan["segment_id"], on, strategy, reason, promote)]
    except Exception:
        # one failing segment leaves the others finished and is named at the end
        log.exception("%s failed", plan["label"])
        return []


def _model(segment: str) -> str:
    from tessera.cli.servers import require_mlflow
    from training.versions import model_name

    require_mlflow()
    return model_name(segment)


def _champion(name: str) -> str | None:
    from tessera.settings import load
    from tessera.status import registry_of

    champion = registry_of(load()).champion(name)
    return champion.version if champion else None


def _conclude(name: str, promotion: Promotion) -> None:
    from tessera.cli.console import show

    show(f"{name}: {promotion.reason} ({promotion.outcome.replace('_', ' ')})")
    if not promotion.done:
        raise typer.Exit(1)


def _decisions(as_of: date, segment: str | None) -> pd.DataFrame:
    from tessera.errors import NotReadyError
    from tessera.settings import load
    from warehouse.store import Store
    from warehouse.windows import Window

    store = Store(load().lake)
    days = store.dates("gate_decisions")
    if as_of not in days:
        known = ", ".join(str(one) for one in days[-5:]) or "none"
        raise NotReadyError(f"nothing was decided as of {as_of}; days with decisions: {known}")
    rows = store.frame("gate_decisions", window=Window.day(as_of)).sort_values("segment_id", ignore_index=True)
    chosen = rows if segment is None else rows[rows["segment_id"] == segment]
    if chosen.empty:
        raise NotReadyError(f"no decision for '{segment}' as of {as_of}; decided: {', '.join(rows['segment_id'])}")
    return chosen


def _decision(row: dict[Any, Any]) -> tuple[str, ...]:
    return (
        row["segment_id"],
        f"v{row['model_version']}",
        row["strategy"],
        _words(row["verdict"]),
        f"{row['users']:,}",
        _number(row["challenger"]),
        _number(row["parent"]),
        f"{_number(row['difference'])} [{_number(row['lower'])}, {_number(row['upper'])}]",
        _number(row["placebo"]),
        _number(row["control"]),
        _yes(row["promoted"]),
    )


def _show_windows(row: pd.Series) -> None:
    from tessera.cli.console import show, table

    asked = f"{row['metric']}, {row['windows']} windows, margin {row['margin']:g}, p {_number(row['p_value'])}"
    show(f"{asked}: {row['reason']}")
    windows = json.loads(row["detail"]).get("windows", [])
    if windows:
        headings = tuple(windows[0])
        cells = [[_number(v) if isinstance(v, float) else str(v) for v in window.values()] for window in windows]
        table("By window", headings, cells, headings[1:])


def _number(value: float) -> str:
    return "–" if value != value else f"{value:.4f}"


def _words(verdict: str) -> str:
    return verdict.replace("_", " ")


def _yes(value: bool) -> str:
    return "yes" if value else "no"
