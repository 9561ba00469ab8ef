"""The answer to ``tessera segment --compare``: a table for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

_HEADINGS = (
    "Segmentation",
    "Segments",
    "Smallest",
    "Stability",
    "Over all",
    "Beyond history",
    "Placebo",
    "Heads",
)
_MEANING = (
    "Stability: adjusted Rand index of bootstraps. Over all (users), beyond history (the user's history band): nats an "
    "event of the 14 held-out days, ± one standard error; placebo: the same segments dealt at random in each band. "
    "Heads: mean NDCG@10 difference to the parent on the gate windows."
)


def show_comparison(as_of: date, candidates: Path | None, heads: bool, out: Path | None) -> None:
    """Measure, print the table, write ``out``."""
    from tessera import steps
    from tessera.cli.console import show, table, working

    with working(f"segmentations compared as of {as_of}"):
        found = steps.compare_segmentations(as_of.isoformat(), str(candidates) if candidates else None, heads)
    table(f"Segmentations as of {as_of}", _HEADINGS, _lines(found), _HEADINGS[1:])
    show(_MEANING)
    if out is not None:
        out.write_text(json.dumps({"as_of": as_of.isoformat(), "segmentations": found}, indent=1), encoding="utf-8")
        show(f"figures in {out}")


def _lines(rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    return [
        (
            row["name"],
            str(row["segments"]),
            f"{row['smallest']:,}",
            f"{row['stability']:.2f}",
            f"{row['over_everybody']:+.4f}",
            f"{row['beyond_history']:+.4f} ± {row['error']:.4f}",
            f"{row['placebo']:+.4f} ± {row['placebo_error']:.4f}",
            "" if row["head_gain"] is None else f"{row['head_gain']:+.4f}",
        )
        for row in rows
    ]
