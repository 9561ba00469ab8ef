"""What the verdicts ask for: which segments to retrain, whether the parent, whether to cluster again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from monitoring.verdicts import Verdict


@dataclass(frozen=True)
class Actions:
    """The least that answers the verdicts."""

    retrain_segments: tuple[str, ...] = ()
    retrain_parent: bool = False
    recluster: bool = False

    @property
    def any(self) -> bool:
        """Whether there is anything to do, and so to write about."""
        return bool(self.retrain_segments) or self.retrain_parent or self.recluster


def plan_actions(verdicts: Mapping[str, Verdict], mix: Verdict | None = None) -> Actions:
    """Behaviour retrains that segment, catalogue the parent (once, not every segment), mix clusters again."""
    return Actions(
        retrain_segments=tuple(s for s in sorted(verdicts) if _drifted(verdicts[s], "behaviour")),
        retrain_parent=any(_drifted(v, "catalogue") for v in verdicts.values()),
        recluster=mix is not None and _drifted(mix, "mix"),
    )


def _drifted(verdict: Verdict, cause: str) -> bool:
    return verdict.verdict == "drift" and verdict.cause == cause
